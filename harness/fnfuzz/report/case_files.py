"""The findings of all runs on disk: each is written the moment it is found, and read again by the next run.

``<state folder>/findings/<id>.json`` holds what is known of each finding (see ``cases``), ``findings/fixed`` those that
are fixed: kept, but tried no more.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import fnfuzz
from fnfuzz.events import Event
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.ledger import better
from fnfuzz.fuzz.plan import KnownCase
from fnfuzz.fuzz.shrinking.shrink import size
from fnfuzz.fuzz.stream import FindingFound, FindingSuspected, KnownTried, RunEvent, RunFinished
from fnfuzz.report.cases import Case, CaseError, case_bytes, known_case, read_case
from fnfuzz.report.files import write_whole
from fnfuzz.rules import RULES

__all__ = ["STATE_FOLDER", "AppWords", "CaseFiles", "Known", "case_of", "nearest", "unknown_rule"]

STATE_FOLDER = ".fnfuzz"
MAX_KNOWN = 100
"""So many case files are tried again, the newest ones."""

MAX_FIXED = 1000
MAX_BYTES = 32 * 1024 * 1024
"""No case of ours is larger."""

STALE = 60.0
"""Seconds after which a half-written file is nobody's any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppWords:
    """How the user named the app: ``app``, ``options``, ``functions``, and the ``command`` after ``--``."""

    app: str = "."
    options: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    """The options that choose the configuration."""

    def line(self, name: str, *more: str) -> str:
        """A command line for a shell that runs ``fnfuzz NAME`` on the same app."""
        chosen = [] if name == "invoke" else [word for item in self.functions for word in ("--function", item)]
        tail = ("--", *self.command) if self.command else ()
        return shlex.join(("fnfuzz", name, self.app, *more, *self.options, *self.config, *chosen, *tail))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What earlier runs left: cases to try, ids and times of fixed ones, and a line on each file that is of no use."""

    cases: tuple[KnownCase, ...] = ()
    fixed: dict[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class CaseFiles:
    """Keeps the case of each finding of a run under ``folder``; takes in the run's events as reporters do, but before
    them.

    Where ``folder`` cannot be written, a temporary folder takes its place and ``moved`` says why.
    """

    def __init__(self, folder: Path, words: AppWords) -> None:
        self.folder = folder
        self.words = words
        self.moved = ""
        self._findings: dict[str, Finding] = {}
        self._before: dict[str, FindingSuspected] = {}
        self._earlier: dict[str, Case | None] = {}
        """What earlier runs knew of each finding."""

        self._retried: set[str] = set()
        self._written: dict[str, Case] = {}
        self._paths: dict[str, Path | None] = {}

    # -- before the run

    def load(self) -> Known:
        """What earlier runs found, errors first."""
        cases: dict[str, Case] = {}
        notes: list[str] = []
        for path in _newest(self.folder / "findings", MAX_KNOWN):
            try:
                case = _read(path)
                if not case.rule:
                    raise CaseError("tells of no finding")
                if case.rule not in RULES:
                    raise CaseError(unknown_rule(case.rule))
                key = case.identity.id
                if key not in cases:
                    cases[key] = case
                    _named(path, f"{key}.json")
            except (OSError, CaseError) as error:
                notes.append(f"{nearest(path)} is left alone, it cannot be read: {_reason(error)}")
        ranked = sorted(
            cases.values(), key=lambda case: (RULES[case.rule].severity != "error", len(case.events), case.identity.id)
        )
        return Known(cases=tuple(known_case(case) for case in ranked), fixed=self._fixed(), notes=tuple(notes))

    def _fixed(self) -> dict[str, str]:
        found = {}
        for path in _newest(self.folder / "findings" / "fixed", MAX_FIXED):
            with contextlib.suppress(OSError, CaseError):
                case = _read(path)
                if case.state == "fixed" and case.rule:
                    found[case.identity.id] = case.fixed
        return found

    # -- during the run

    def start(self) -> None:
        """Take away what a killed run left half-written."""
        with contextlib.suppress(OSError):
            for path in (self.folder / "findings").glob(".*.tmp"):
                if time.time() - path.stat().st_mtime > STALE:
                    path.unlink(missing_ok=True)

    def handle(self, event: RunEvent) -> None:
        """Write down what an event tells of a finding."""
        match event:
            case FindingSuspected():
                self._before.setdefault(event.finding.id, event)
                self.keep(event.finding)
            case FindingFound():
                self.keep(event.finding)
            case KnownTried():
                self._tried(event)
            case RunFinished():
                for finding in event.findings:
                    self._findings.pop(finding.id, None)
                    self.keep(finding)

    def finish(self) -> None:
        """Everything was written when it happened."""

    def keep(self, finding: Finding) -> Path | None:
        """The finding's case file, written where it tells something new; None where no event is needed, or nothing can
        be written.
        """
        if not _needs_event(finding):
            return None
        finding = better(self._findings.get(finding.id), finding)
        self._findings[finding.id] = finding
        case = self._case(finding)
        last = self._written.get(finding.id)
        if last is None or replace(last, last_seen=case.last_seen) != case:
            self._written[finding.id] = case
            self._paths[finding.id] = self._write(f"{finding.id}.json", case)
            with contextlib.suppress(OSError):
                (self.folder / "findings" / "fixed" / f"{finding.id}.json").unlink(missing_ok=True)
        return self._paths[finding.id]

    def reproduce(self, finding: Finding) -> str:
        """The command line that shows the finding again."""
        path = self._paths.get(finding.id)
        return self.words.line("check") if path is None else self.words.line("invoke", "--event", nearest(path))

    def left_earlier(self, id: str) -> bool:
        """Did an earlier run leave a finding with this id here, and did it not turn out to be fixed?"""
        case = self._before_this_run(id)
        return case is not None and case.state not in ("fixed", "moved")

    def first_seen(self, id: str) -> str:
        """When a finding of this run was seen first, as ISO 8601 text; empty for one without a case."""
        case = self._written.get(id)
        return case.first_seen if case is not None else ""

    def shrink(self, finding: Finding) -> str:
        """The command line that goes on with the search for a smaller case; empty where that ended by itself."""
        path = self._paths.get(finding.id)
        if path is None or not finding.cut_short:
            return ""
        return shlex.join(("fnfuzz", "shrink", nearest(path), *self.words.config))

    def _tried(self, event: KnownTried) -> None:
        """Keep what it shows now; put away what is fixed, or shows something else."""
        old, shown = event.case.identity.id, event.finding
        if event.verdict != "not tried":
            self._retried.add(old)
        if shown is not None:
            self.keep(shown)
        if event.verdict == "fixed":
            self._put_away(old, state="fixed", fixed=now_text())
        elif shown is not None and shown.id != old:
            self._put_away(old, state="moved", moved_to=shown.id)

    def _put_away(self, id: str, **changes: str) -> None:
        case = self._before_this_run(id)
        if case is None or not self._write(f"fixed/{id}.json", replace(case, **changes)):  # type: ignore[arg-type] # texts
            return
        with contextlib.suppress(OSError):
            (self.folder / "findings" / f"{id}.json").unlink(missing_ok=True)

    def _case(self, finding: Finding) -> Case:
        """The finding as a case; the smaller one of an earlier run stays unless it was tried in vain."""
        earlier, suspected = self._before_this_run(finding.id), self._before.get(finding.id)
        case = case_of(finding, self.words, earlier, suspected.before if suspected is not None else ())
        if earlier is None or finding.id in self._retried or earlier.state in ("fixed", "moved"):
            return case
        if _rank(case) <= _rank(earlier):
            return case
        same = ("events", "functions", "state", "confirmed", "explanation", "passing", "before")
        return replace(case, **{name: getattr(earlier, name) for name in same})

    def _before_this_run(self, id: str) -> Case | None:
        """What an earlier run wrote of a finding; a file that cannot be read makes room under another name."""
        if id in self._earlier:
            return self._earlier[id]
        self._earlier[id] = None
        for path in (self.folder / "findings" / f"{id}.json", self.folder / "findings" / "fixed" / f"{id}.json"):
            try:
                self._earlier[id] = _read(path)
                break
            except CaseError:
                with contextlib.suppress(OSError):
                    path.replace(path.with_suffix(".damaged"))
            except OSError:
                continue
        return self._earlier[id]

    def _write(self, name: str, case: Case) -> Path | None:
        data = case_bytes(case)
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


def case_of(
    finding: Finding, words: AppWords, earlier: Case | None = None, before: tuple[tuple[str, Event], ...] = ()
) -> Case:
    """The finding as a case, with what was known of it ``earlier``; ``before`` stays as long as it never came again."""
    now, identity = now_text(), finding.identity
    return Case(
        finding.minimal,
        function=identity.function,
        rule=identity.rule,
        place=identity.place,
        functions=finding.functions,
        message=finding.message,
        trigger=identity.trigger,
        state=_state(finding),
        confirmed=finding.confirmed,
        explanation=finding.explanation,
        passing=finding.passing,
        original=(earlier.original if earlier else None) or finding.original,
        before=before if finding.confirmed in ("suspected", "unstable") else (),
        count=finding.count + (earlier.count if earlier else 0),
        first_seen=(earlier.first_seen if earlier else "") or now,
        last_seen=now,
        fixed=earlier.fixed if earlier else "",
        fnfuzz=fnfuzz.__version__,
        app=os.path.abspath(words.app),  # noqa: PTH100 # links stay as the user wrote them
        options=words.options,
        command=words.command,
    )


def unknown_rule(rule: str) -> str:
    """What to tell of a case whose rule is not in the catalogue."""
    if "/" in rule:
        return f"rule: {rule!r} is that of an extension which is not loaded; name its file with --extension"
    return f"rule: {rule!r} is unknown to fnfuzz {fnfuzz.__version__}; update fnfuzz"


def now_text() -> str:
    """The time of day in UTC, ISO 8601 to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _state(finding: Finding) -> str:
    if finding.confirmed in ("suspected", "unstable"):
        return finding.confirmed
    return "shrinking cut short" if finding.cut_short else "confirmed"


def _rank(case: Case) -> tuple[bool, int, list[tuple[int, int, str]], bool]:
    """Sure ones first, then smaller ones."""
    unsure = case.confirmed in ("suspected", "unstable")
    return unsure, len(case.events), [size(event) for event in reversed(case.events)], case.cut_short


def _needs_event(finding: Finding) -> bool:
    return bool(finding.minimal) and finding.confirmed not in ("files", "start", "probe")


def _read(path: Path) -> Case:
    """Raises OSError and CaseError."""
    with path.open("rb") as file:
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise CaseError(f"is larger than {MAX_BYTES:,} bytes")
    return read_case(data)


def _newest(folder: Path, most: int) -> Iterator[Path]:
    """The case files in a folder, at most so many, the newest first."""
    dated = []
    with contextlib.suppress(OSError):
        for path in folder.glob("*.json"):
            with contextlib.suppress(OSError):
                if path.is_file() and not path.name.startswith("."):
                    dated.append((-path.stat().st_mtime, path))
    yield from (path for _, path in sorted(dated)[:most])


def _named(path: Path, name: str) -> None:
    """Give a case file the name that fits it, if there is none of that name."""
    if path.name != name and not path.with_name(name).exists():
        with contextlib.suppress(OSError):
            path.rename(path.with_name(name))


def _reason(error: OSError | CaseError) -> str:
    return (error.strerror or str(error)) if isinstance(error, OSError) else str(error)


def _put(folder: Path, name: str, data: bytes) -> Path:
    path = folder / "findings" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        ignore.write_bytes(b"*\n")
    write_whole(path, data)
    return path


def nearest(path: Path) -> str:
    """The path as it is named from the current folder, when it lies below."""
    full, here = path.absolute(), Path.cwd()
    return os.fspath(full.relative_to(here) if full.is_relative_to(here) else full)
