"""Which findings of a run are new, which are known, and which of them fail it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from fnfuzz.app.model import App
from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    KnownTried,
    ProbeFinished,
    RunEvent,
    RunFinished,
    RunStarted,
)
from fnfuzz.report.baseline import BaselineError, Entry, FailOn, Standing, write_baseline
from fnfuzz.report.case_files import CaseFiles
from fnfuzz.report.model import ReportError

__all__ = ["Kept", "Standings", "matched", "today"]

LINE = re.compile(r":\d+$")
"""The end of a place in source: lines move with every change above them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A baseline in use: its file, its entries, and whether the run is to bring it up to date."""

    path: Path
    entries: tuple[Entry, ...] = ()
    update: bool = False


class Standings:
    """Takes in the run's events as reporters do, but before them, and tells how each finding stands.

    A finding that is in the baseline under another line of the same file, or whose case stood for the known one until
    now, counts as the known one, as long as that does not come itself.
    """

    def __init__(self, cases: CaseFiles, fail_on: FailOn = "error", kept: Kept | None = None, day: str = "") -> None:
        self.fail_on = fail_on
        self.kept = kept
        self._cases = cases
        self._day = day or today()
        self._found: dict[str, Identity] = {}
        self._became: dict[str, str] = {}
        """The id that a case shows now, and the one that it stood for."""

        self._matched: dict[str, Entry] | None = None
        self._app: App | None = None
        self._fixed: set[str] = set()
        self._passed: dict[tuple[str, str], bool] = {}
        """What probes say of a rule and function: did all of them that ran see it respected?"""

        self._finished: RunFinished | None = None
        self._failed: BaselineError | None = None
        self.written = ""
        """What was done to the baseline's file, in words."""

    # -- as reporters ask

    def of(self, finding: Finding) -> Standing:
        """How a finding stands, as far as the run has come."""
        self._saw(finding)
        if self.kept is None:
            earlier = self._became.get(finding.id, finding.id)
            return Standing("earlier") if self._cases.left_earlier(earlier) else Standing("new")
        entry = self._matches().get(finding.id)
        if entry is None:
            return Standing("new")
        return Standing("expired" if entry.expired(self._day) else "known", entry)

    def fails(self, finding: Finding) -> bool:
        """Does this finding fail the run?"""
        kind = self.of(finding).kind
        if kind == "known" or self.fail_on == "none" or (kind == "new" and self.kept is not None and self.kept.update):
            return False
        if self.fail_on == "warning":
            return True
        return finding.severity == "error" and not (self.fail_on == "new" and kind == "earlier")

    def gone(self) -> tuple[Entry, ...]:
        """The entries of which this run shows that nothing is left; that one did not come shows nothing."""
        if self.kept is None:
            return ()
        came = {entry.id for entry in self._matches().values()}
        return tuple(entry for entry in self.kept.entries if entry.id not in came and self._is_gone(entry))

    # -- as the run tells

    def start(self) -> None:
        """Nothing is opened."""

    def handle(self, event: RunEvent) -> None:
        """Take in one event; the last one brings the baseline up to date, if that is asked for."""
        match event:
            case RunStarted():
                self._app = event.app
            case FindingSuspected() | FindingFound():
                self._saw(event.finding)
            case KnownTried():
                self._tried(event)
            case ProbeFinished() if not event.skipped:
                for rule in event.rules:
                    key = rule, event.function
                    self._passed[key] = self._passed.get(key, True) and rule not in event.broken
            case RunFinished():
                for finding in event.findings:
                    self._saw(finding)
                self._finished = event
                self._update(event)

    def finish(self) -> None:
        """Raises ReportError when the baseline could not be written."""
        if self._failed is not None:
            raise ReportError(f"--baseline {self._failed}") from self._failed

    def _saw(self, finding: Finding) -> None:
        if finding.id not in self._found:
            self._found[finding.id] = finding.identity
            self._matched = None

    def _tried(self, event: KnownTried) -> None:
        old = event.case.identity.id
        if event.finding is not None and event.finding.id != old:
            self._became[event.finding.id] = old
            self._matched = None
        if event.finding is not None:
            self._saw(event.finding)
        if event.verdict == "fixed":
            self._fixed.add(old)

    # -- the baseline

    def _matches(self) -> Mapping[str, Entry]:
        if self._matched is None:
            entries = self.kept.entries if self.kept is not None else ()
            self._matched = matched(entries, self._found.values(), self._became)
        return self._matched

    def _is_gone(self, entry: Entry) -> bool:
        if entry.id in self._fixed:
            return True
        if self._app is None or self._cases.words.functions:
            return False
        if entry.function and self._app.functions:
            names = {item.name for item in self._app.functions}
            if entry.function not in names:
                return True
        if entry.confirmed == "files":
            return self._finished is not None
        return entry.confirmed == "probe" and self._passed.get((entry.rule, entry.function), False)

    def _update(self, event: RunFinished) -> None:
        if self.kept is None or not self.kept.update:
            return
        if event.ended in ("not-started", "lost"):
            self.written = f"{self.kept.path} was left as it is, since the handler did not run"
            return
        gone = {entry.id for entry in self.gone()}
        came = self._matches()
        entries = [entry for entry in self.kept.entries if entry.id not in gone]
        renewed = [self._renewed(finding, came.get(finding.id)) for finding in event.findings]
        replaced = {came[finding.id].id for finding in event.findings if finding.id in came}
        new = sum(finding.id not in came for finding in event.findings)
        try:
            changed = write_baseline(self.kept.path, [*(e for e in entries if e.id not in replaced), *renewed])
        except BaselineError as error:
            self._failed = error
            return
        counts = f"{new:,} new, {len(gone):,} gone, {len(replaced):,} seen again"
        self.written = f"{self.kept.path} {'was written' if changed else 'holds all of it already'}: {counts}"

    def _renewed(self, finding: Finding, entry: Entry | None) -> Entry:
        identity = finding.identity
        if entry is None:
            first = self._cases.first_seen(finding.id)[:10] or self._day
            entry = Entry(id=finding.id, rule=identity.rule, first_seen=first)
        return replace(
            entry,
            id=finding.id,
            function=identity.function,
            place=identity.place,
            confirmed=finding.confirmed,
            last_seen=self._day,
        )


def matched(
    entries: Sequence[Entry], found: Iterable[Identity], became: Mapping[str, str] | None = None
) -> dict[str, Entry]:
    """Which entry each found id stands for. Each entry is used once; ``became`` as in Standings."""
    left = {entry.id: entry for entry in entries}
    result: dict[str, Entry] = {}
    strangers: list[Identity] = []
    identities = {identity.id: identity for identity in found}
    for key, identity in identities.items():
        if key in left:
            result[key] = left.pop(key)
        else:
            strangers.append(identity)
    for identity in strangers:
        old = (became or {}).get(identity.id)
        if old in left:
            result[identity.id] = left.pop(old)
    shifted: dict[_Spot, list[Entry]] = {}
    for entry in sorted(left.values(), key=lambda entry: _line(entry.place)):
        shifted.setdefault((entry.rule, entry.function, LINE.sub("", entry.place)), []).append(entry)
    for identity in sorted(strangers, key=lambda identity: _line(identity.place)):
        if identity.id not in result and LINE.search(identity.place):
            candidates = shifted.get((identity.rule, identity.function, LINE.sub("", identity.place)))
            if candidates:
                result[identity.id] = candidates.pop(0)
    return result


_Spot: TypeAlias = tuple[str, str, str]


def _line(place: str) -> int:
    match = LINE.search(place)
    return int(match[0][1:][:9]) if match else 0


def today() -> str:
    """The day in UTC, as 2026-12-31."""
    return datetime.now(UTC).strftime("%Y-%m-%d")
