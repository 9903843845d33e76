"""Case files: the smallest event or sequence of each finding, kept beside the app, and the command that shows it again.

A case file is JSON: ``{"schema": "fnfuzz.case/1", "function": str, "rule": str, "place": str, "message": str,
"functions": [str, ...], "events": [EVENT, ...]}``; ``functions`` names the function of each event of a sequence.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from fnfuzz.events import Event, EventDataError, from_data, to_data
from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.files import write_whole

__all__ = ["CASE_SCHEMA", "AppWords", "Case", "CaseError", "CaseFiles", "read_case"]

CASE_SCHEMA = "fnfuzz.case/1"
STATE_FOLDER = ".fnfuzz"


class CaseError(ValueError):
    """Text that is neither an event nor a case; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One event, or several for one instance in this order. ``function`` and ``rule`` are empty for a plain event.

    ``functions`` names the function of each event, where a sequence needs that.
    """

    events: tuple[Event, ...]
    function: str = ""
    rule: str = ""
    place: str = ""
    functions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppWords:
    """How the user named the app: ``app``, ``options``, ``functions``, and the ``command`` after ``--``."""

    app: str = "."
    options: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    def line(self, name: str, *more: str) -> str:
        """A command line for a shell that runs ``fnfuzz NAME`` on the same app."""
        chosen = [] if name == "invoke" else [word for item in self.functions for word in ("--function", item)]
        tail = ("--", *self.command) if self.command else ()
        return shlex.join(("fnfuzz", name, self.app, *more, *self.options, *chosen, *tail))


class CaseFiles:
    """Saves the case of each finding once, under ``<folder>/findings/<id>.json``.

    Where ``folder`` cannot be written, a temporary folder takes its place and ``moved`` says why.
    """

    def __init__(self, folder: Path, words: AppWords) -> None:
        self.folder = folder
        self.words = words
        self.moved = ""
        self._saved: dict[str, Path | None] = {}

    def save(self, finding: Finding) -> Path | None:
        """The finding's case file, written when it is new; None where no event is needed or nothing can be written."""
        if not _needs_event(finding):
            return None
        if finding.id not in self._saved:
            data = json.dumps(_case_data(finding), indent=2).encode("ascii") + b"\n"
            self._saved[finding.id] = self._write(f"{finding.id}.json", data)
        return self._saved[finding.id]

    def reproduce(self, finding: Finding) -> str:
        """The command line that shows the finding again."""
        path = self.save(finding)
        return self.words.line("check") if path is None else self.words.line("invoke", "--event", _nearest(path))

    def _write(self, name: str, data: bytes) -> Path | None:
        try:
            return _put(self.folder, name, data)
        except OSError as error:
            if self.moved:
                return None
            self.moved = f"{self.folder} cannot be written ({error.strerror or error})"
        try:
            self.folder = Path(tempfile.mkdtemp(prefix="fnfuzz-"))
            self.moved += f"; cases are kept in {self.folder}, --state names another folder"
            return _put(self.folder, name, data)
        except OSError:
            return None


def read_case(text: str | bytes) -> Case:
    """The case in ``text``: a case file, one event, or a list of events. Raises CaseError."""
    try:
        data = json.loads(text)
    except UnicodeDecodeError as error:
        raise CaseError(f"is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise CaseError(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise CaseError("is nested too deeply") from error
    if isinstance(data, Mapping) and "schema" in data:
        return _read_case_file(data)
    return Case(_read_events(data if isinstance(data, list) else [data]))


def _read_case_file(data: Mapping[str, object]) -> Case:
    if data["schema"] != CASE_SCHEMA:
        raise CaseError(
            f"schema: {data['schema']!r} is not {CASE_SCHEMA!r}; update fnfuzz, or name a case file of `fnfuzz run`"
        )
    events = data.get("events")
    if not isinstance(events, list):
        raise CaseError("events: expected a list of events")
    function, rule, place = (data.get(key) or "" for key in ("function", "rule", "place"))
    if not (isinstance(function, str) and isinstance(rule, str) and isinstance(place, str)):
        raise CaseError("function, rule and place: expected texts")
    functions = data.get("functions") or []
    if not isinstance(functions, list) or not all(isinstance(name, str) for name in functions):
        raise CaseError("functions: expected a list of names")
    if functions and len(functions) != len(events):
        raise CaseError("functions: expected one name for each event")
    return Case(_read_events(events), function, rule, place, tuple(functions))


def _read_events(items: list[object]) -> tuple[Event, ...]:
    if not items:
        raise CaseError("holds no event")
    try:
        return tuple(from_data(item) for item in items)
    except EventDataError as error:
        raise CaseError(str(error)) from error


def _needs_event(finding: Finding) -> bool:
    return bool(finding.minimal) and finding.confirmed not in ("files", "start", "probe")


def _case_data(finding: Finding) -> dict[str, object]:
    identity = finding.identity
    return {
        "schema": CASE_SCHEMA,
        "function": identity.function,
        "rule": identity.rule,
        "place": identity.place,
        "message": finding.message,
        "functions": list(finding.functions),
        "events": [to_data(event) for event in finding.minimal],
    }


def _put(folder: Path, name: str, data: bytes) -> Path:
    findings = folder / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_bytes(b"*\n")
    path = findings / name
    write_whole(path, data)
    return path


def _nearest(path: Path) -> str:
    """The path as it is named from the current folder, when it lies below."""
    full, here = path.absolute(), Path.cwd()
    return os.fspath(full.relative_to(here) if full.is_relative_to(here) else full)
