"""What `fnfuzz init` writes: keys for pytest's ini file, a test file, and cases that are kept as regression tests."""

from __future__ import annotations

import difflib
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from fnfuzz.app import App, Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.cli.ini_file import IniFile, Value
from fnfuzz.cli.stops import Stop
from fnfuzz.config import ConfigError, find_config
from fnfuzz.config.files import FILE_NAME
from fnfuzz.config.initial import initial
from fnfuzz.corpus.mark import MARK
from fnfuzz.events import EVENT_TYPES, Event
from fnfuzz.report.cases import Case, case_bytes
from fnfuzz.report.files import write_whole
from fnfuzz.report.wording import many

__all__ = ["Change", "app_keys", "case_changes", "config_file", "diff", "test_file", "write"]

TEST_FILE: Final = "test_fnfuzz.py"
CASES_FOLDER: Final = "fnfuzz_cases"
DEEPEST: Final = 3
"""Folders below that of the ini file in which a corpus is looked for."""


@dataclass(frozen=True, slots=True)
class Change:
    """A file as it is to be; ``old`` is what it holds now, None where there is none. ``about`` is for people."""

    path: Path
    new: str
    old: str | None
    about: str


def app_keys(ini: IniFile, words: str) -> dict[str, Value]:
    """What the ini file lacks to name the app by ``words``. Raises Stop if it names another one."""
    known = ini.values.get("fnfuzz_app")
    if known is None:
        return {"fnfuzz_app": words}
    if known != words:
        raise Stop(f"{ini.path} has fnfuzz_app = {known} already; change it there if {words} is meant")
    return {}


def test_file(ini: IniFile, app: App) -> Change | None:
    """A file with a test for each function; None if there is a file of that name."""
    path = _tests(ini) / TEST_FILE
    if path.exists():
        return None
    functions = [item for item in app.functions if item.trigger in EVENT_TYPES]
    corpora = [_relative(folder, ini.path.parent) for folder in _uncollected(ini)]
    text = "".join(_test_lines(functions, corpora))
    return Change(path, text, None, many(len(functions) + len(corpora), "test"))


def config_file(folder: Path, app: App, known: Mapping[str, object]) -> Change | None:
    """A fnfuzz.toml that sets what is ``known``, by key; None where one counts already. Raises Stop."""
    try:
        if find_config(folder) is not None:
            return None
    except ConfigError as error:
        raise Stop(error.lines[0]) from error
    names = [item.name for item in app.functions]
    return Change(folder / FILE_NAME, initial(known, *names[:1]), None, "the configuration, with what most people want")


def case_changes(ini: IniFile, cases: Sequence[tuple[str, Case]]) -> tuple[dict[str, Value], list[Change]]:
    """Keys that the ini file lacks, and a file for each case, which is named by its source.

    Raises Stop for what is no finding.
    """
    root = ini.path.parent
    named = ini.values.get("fnfuzz_cases")
    texts = shlex.split(named) if isinstance(named, str) else list(named or ())
    kept = [root / text for text in texts if ".fnfuzz" not in Path(text).parts and not text.endswith(".json")]
    if texts and not kept:
        raise Stop(
            f"{ini.path}: fnfuzz_cases names no folder that is kept under version control; "
            f"add {_relative(_tests(ini) / CASES_FOLDER, root)} to it"
        )
    folder = kept[0] if kept else _tests(ini) / CASES_FOLDER
    keys: dict[str, Value] = {} if kept else {"fnfuzz_cases": [_relative(folder, root)]}
    return keys, [_case_change(folder, source, case) for source, case in cases]


def diff(change: Change, folder: Path) -> str:
    """The change as a unified diff."""
    name = _relative(change.path, folder)
    old = "/dev/null" if change.old is None else f"a/{name}"
    lines = difflib.unified_diff(
        (change.old or "").splitlines(keepends=True), change.new.splitlines(keepends=True), old, f"b/{name}"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def write(change: Change) -> None:
    """Carry it out, at one stroke. Raises Stop."""
    try:
        change.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(change.path, change.new.encode("utf-8"))
    except OSError as error:
        raise Stop(f"{change.path} cannot be written: {error.strerror or error}") from error


def _tests(ini: IniFile) -> Path:
    paths = _test_paths(ini)
    return paths[0] if paths else ini.path.parent / "tests"


def _test_paths(ini: IniFile) -> list[Path]:
    told = ini.values.get("testpaths", [])
    texts = shlex.split(told) if isinstance(told, str) else [text for text in told if isinstance(text, str)]
    return [ini.path.parent / text for text in texts if not set(text) & set("*?[")]


def _uncollected(ini: IniFile) -> Iterator[Path]:
    """Corpora that pytest does not come by."""
    paths = _test_paths(ini)
    if not paths:
        return
    for depth in range(1, DEEPEST + 1):
        for mark in sorted(ini.path.parent.glob("/".join(["[!.]*"] * depth + [MARK]))):
            if not any(mark.is_relative_to(path) for path in paths):
                yield mark.parent


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder)).as_posix()


def _test_lines(functions: Sequence[Function], corpora: Sequence[str]) -> Iterator[str]:
    events = [typical_event(function) for function in functions]
    kinds = sorted({type(event).__name__ for event in events})
    yield '"""The function app, with fnfuzz as its host."""\n'
    if corpora:
        yield "\nimport pytest\n"
    if kinds:
        yield f"\nfrom fnfuzz.events import {', '.join(kinds)}\n"
    names: set[str] = set()
    for function, event in zip(functions, events, strict=True):
        name = _new_name(function.name, names)
        yield f"\n\ndef test_{name}_takes_a_typical_event(fnfuzz_host):\n"
        yield f"    event = {_source(event)}\n"
        yield f"    exchange = fnfuzz_host.invoke({function.name!a}, event)\n"
        yield "    assert exchange.completed\n    assert not exchange.errors\n"
    for corpus in corpora:
        yield f"\n\n@pytest.mark.fnfuzz_corpus({corpus!a})\n"
        yield f"def test_{_new_name(Path(corpus).name, names)}_is_answered_as_recorded(fnfuzz_record):\n"
        yield "    fnfuzz_record.check()\n"


def _new_name(text: str, names: set[str]) -> str:
    word = re.sub(r"\W+", "_", text, flags=re.ASCII).strip("_").lower()[:60] or "function"
    name, number = word, 1
    while name in names:
        number += 1
        name = f"{word}_{number}"
    names.add(name)
    return name


def _source(event: Event) -> str:
    """Python source that makes the event."""
    usual = type(event)()
    given = [item.name for item in fields(event) if getattr(event, item.name) != getattr(usual, item.name)]
    inner = "".join(f"        {name}={getattr(event, name)!a},\n" for name in given)
    return f"{type(event).__name__}(\n{inner}    )" if given else f"{type(event).__name__}()"


def _case_change(folder: Path, source: str, case: Case) -> Change:
    if not case.rule:
        raise Stop(f"{source} tells of no finding: it names no rule; name a case file of `fnfuzz run`")
    stem = re.sub(r"[^A-Za-z0-9_]+", "-", f"{case.function}-{case.rule}-{case.identity.id}").strip("-")
    path = folder / f"{stem}.json"
    # Where the app lies is told by the ini file: the case goes where the repository goes.
    text = case_bytes(replace(case, app="", options=(), command=())).decode("ascii")
    old = path.read_text("utf-8", "replace") if path.is_file() else None
    return Change(path, text, old, f"fails while {case.rule} is broken")
