"""What pages say of commands and options is what the program has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from tools.docs.pages import ROOT, page_name, pages

from fnfuzz.cli import fnfuzz

CODE = re.compile(r"`([^`\n]+)`")


def command_after(marker: str) -> str:
    """The shell command in the block of README.md behind ``<!-- marker -->``."""
    found = re.search(rf"<!-- {marker} -->\n```sh\n(.+)\n```", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert found
    return found.group(1)


def test_the_two_commands_of_the_readme_are_single_lines_that_ci_can_take() -> None:
    assert command_after("demo").endswith("--max-time 10")
    assert "pytest" in command_after("tests")
    assert "README.md" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def options_of(command: click.Command) -> set[str]:
    return {name for item in command.params for name in (*item.opts, *item.secondary_opts)} | {"--help", "-h"}


def all_commands(group: click.Group) -> Iterator[click.Command]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from all_commands(command)


ALL_OPTIONS = set().union(*(options_of(command) for command in all_commands(fnfuzz)), {"--version"})


def wrong_words(text: str) -> str:
    """What is wrong with a command line that a page names; options of other programs come after ``--`` or a pipe."""
    line = re.split(r" -- | \| |\)|; | && |<", text.replace("[", " ").replace("]", " "))[0]
    try:
        words = shlex.split(line)[1:]
    except ValueError:
        words = line.split()[1:]
    command: click.Command = fnfuzz
    while words and isinstance(command, click.Group) and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return "" if words[0].isupper() else f"{text}: there is no {words[0]}"
        command, words = found, words[1:]
    known = options_of(command) | {"--version"}
    gone = [word for word in words if re.match(r"--[a-z]", word) and word.split("=")[0] not in known]
    return f"{text}: {', '.join(gone)}" if gone else ""


@pytest.mark.parametrize("page", pages(), ids=page_name)
def test_commands_and_options_in_the_text_exist(page: Path) -> None:
    text = re.sub(
        r"^( *)(`{3,})[^\n]*\n.*?^\1\2\s*$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    codes = CODE.findall(text)
    wrong = [wrong_words(code) for code in codes if code.startswith("fnfuzz ")]
    assert [line for line in wrong if line] == []
    alone = {code.split("=")[0].split()[0] for code in codes if re.match(r"--[a-z]", code)}
    assert alone - ALL_OPTIONS - OTHERS == set()


OTHERS = {"--strict", "--fnfuzz-accept", "--fnfuzz-app", "--keep-alive", "--target", "--workerId"}
"""Options of pytest, gunicorn, pip and the Functions host."""


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("fnfuzz run . --max-time 5m", False),
        ("fnfuzz corpus export --format har", False),
        ("fnfuzz record -- ./handler --port 7", False),
        ("fnfuzz rum", True),
        ("fnfuzz run --no-such", True),
        ("fnfuzz COMMAND --help", False),
    ],
)
def test_wrong_commands_are_noticed(text: str, wrong: bool) -> None:
    assert bool(wrong_words(text)) is wrong
