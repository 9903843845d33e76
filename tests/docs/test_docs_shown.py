"""Every command that a page shows is run, in order, as its reader would; what it prints is what the page shows.

``python -m tools.docs`` writes into the pages what their commands print now.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools.docs.comparing import plain, same
from tools.docs.pages import Command, Fence, commands_of, page_name, pages, steps
from tools.docs.refreshing import refreshed
from tools.docs.walking import walk

NOT_RUN = {
    ("docs/index.md", "pip install fnfuzz"),
    ("docs/tutorials/azure-functions.md", "python3 -m venv .venv && . .venv/bin/activate"),
    ("docs/tutorials/azure-functions.md", "pip install fnfuzz"),
    ("docs/tutorials/function-compute.md", "python3 -m venv .venv && . .venv/bin/activate"),
    ("docs/tutorials/function-compute.md", "pip install fnfuzz"),
    ("docs/extending.md", "fnfuzz run ./my-function-app --extension fnfuzz_ext.py"),
    ("docs/extending.md", "fnfuzz run --extension fnfuzz_ext.py --contract shop-rpc -- python handler.py"),
    ("docs/extending.md", "fnfuzz run ./my-function-app --extension fnfuzz_ext.py --report csv=findings.csv"),
    ("docs/record.md", "fnfuzz record --corpus /data/orders --key /etc/fnfuzz.key -- ./handler"),
    ("docs/how-to/record-from-a-host.md", "func start"),
    (
        "docs/how-to/record-from-a-host.md",
        """curl -d '{"article": "pen", "quantity": 2}' http://localhost:7071/api/price""",
    ),
    (
        "docs/how-to/record-from-a-host.md",
        """az storage message put --queue-name orders --content '{"article": "pen", "quantity": 2}' \\\n"""
        "  --connection-string UseDevelopmentStorage=true",
    ),
    ("docs/how-to/record-from-a-host.md", "s deploy"),
    ("docs/how-to/record-from-a-host.md", """s invoke -e '{"days": 30}'"""),
    (
        "docs/import.md",
        "az storage message peek --queue-name orders-poison --num-messages 32 --account-name shop > orders-poison.json",
    ),
}
"""All that cannot run here: it installs, publishes, or needs a host, an account or a service."""

RUN_BY_CI = {"README.md": 2}
"""Fences of commands that ``.ci/run`` takes out of the page and runs."""

SHELLS = {"sh", "bash", "shell", "shell-session"}
SLOW = {"docs/tutorials/azure-functions.md", "docs/tutorials/function-compute.md", "docs/how-to/languages.md"}


def fences(page: Path) -> list[Fence]:
    return [step for step in steps(page) if isinstance(step, Fence)]


def shown(page: Path) -> list[Command]:
    return [item for fence in fences(page) if fence.language == "console" for item in commands_of(fence)]


WITH_COMMANDS = [
    pytest.param(page, id=page_name(page), marks=[pytest.mark.slow] if page_name(page) in SLOW else [])
    for page in pages()
    if shown(page)
]


@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_commands_print_what_the_page_shows(page: Path) -> None:
    missing = []
    for outcome in walk(page):
        if outcome.printed is None:
            missing.append(outcome.needs)
            continue
        place = f"{page_name(page)}:{outcome.command.first}"
        assert same(outcome.command.shown, outcome.printed), (
            f"{place}: $ {outcome.command.text}\nprints now\n{outcome.printed}\n"
            f"(`python -m tools.docs {page_name(page)}` writes it into the page)"
        )
    if missing:
        print(f"{page_name(page)}: commands that need {', '.join(sorted(set(missing)))} were not run")


def test_what_is_not_run_is_known() -> None:
    found = {
        (page_name(page), command.text)
        for page in pages()
        for fence in fences(page)
        if fence.not_run and fence.language == "console"
        for command in commands_of(fence)
    }
    assert found == NOT_RUN


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_commands_stand_in_console_fences(page: Path) -> None:
    """So that none escapes; scripts that are files have a title."""
    name = page_name(page)
    if name == "docs/reference/commands.md":
        return  # the examples there are those of the help
    asked = re.compile(r"^(?:\$ )?(?:fnfuzz|pytest|pip|git|func|python3? -m) ", re.MULTILINE)
    escaped = [
        fence.first
        for fence in fences(page)
        if fence.language in {*SHELLS, "", "text"} and not fence.title and asked.search("\n".join(fence.lines))
    ]
    scripts = [fence for fence in fences(page) if fence.language in SHELLS and not fence.title]
    if name in RUN_BY_CI:
        assert len(scripts) == RUN_BY_CI[name]
    else:
        assert escaped == []


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_fences_are_closed_and_have_a_language(page: Path) -> None:
    lines = page.read_text(encoding="utf-8").split("\n")
    for fence in fences(page):
        assert fence.last < len(lines), f"line {fence.first}: never closed"
        assert fence.language, f"line {fence.first}: no language"


# -- the tool itself


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("2 errors; 30 cases (9/s)", "2 errors; 31 cases (1,200/s)"),
        ("ready after 70 ms on port 33135", "ready after 1.2 s on port 4711"),
        ("a\n...\nz", "a\nb\nc\nz"),
        ("...\nz", "z"),
        ("Date: Sat, 21 Nov 2026 14:53:31 GMT", "Date: Sun, 01 Jan 2023 00:00:00 GMT"),
        ("x = f(y)\n    ^^^^", "x = f(y)\n    ~^^^"),
        ("folded\n   here", "folded here"),
    ],
)
def test_what_varies_does_not_count(shown: str, printed: str) -> None:
    assert same(shown.split("\n"), printed)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [("2 errors", "3 errors"), ("status 500", "status 501"), ("", "something"), ("a\n...\nz", "a\nb\nc")],
)
def test_what_does_not_vary_counts(shown: str, printed: str) -> None:
    assert not same(shown.split("\n"), printed)
    assert plain(shown) != plain(printed)


def test_what_was_left_out_is_left_out_again() -> None:
    old = ["one 1", "...", "  middle of it", "more", "...", "the last 3"]
    assert refreshed(old, "one 2\nx\ny\n  middle of that\nmore!\nz\nthe last 4\n") == [
        "one 2",
        "...",
        "  middle of that",
        "more!",
        "...",
        "the last 4",
    ]


def test_a_stretch_that_is_gone_is_told() -> None:
    with pytest.raises(LookupError, match="middle"):
        refreshed(["a", "...", "the middle of it", "...", "z"], "a\nb\nc\nz\n")


def test_output_that_no_command_prints_is_refused(tmp_path: Path) -> None:
    fence = Fence(pages()[0], "console", "", ("hello",), 0, 1)
    with pytest.raises(ValueError, match="no command"):
        commands_of(fence)


def test_a_command_may_go_on_in_the_next_line() -> None:
    fence = Fence(pages()[0], "console", "", ("$ a \\", ">   b", "out", "$ c"), 10, 14)
    assert [(item.text, item.shown, item.first, item.last) for item in commands_of(fence)] == [
        ("a \\\n  b", ("out",), 12, 13),
        ("c", (), 14, 14),
    ]
