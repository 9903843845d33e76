"""What a reporter is, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TextIO, runtime_checkable

from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.report.baseline import Standing
from fnfuzz.report.case_files import CaseFiles

if TYPE_CHECKING:
    from fnfuzz.report.standing import Standings

__all__ = ["ReportContext", "ReportError", "Reporter", "TellsEnding"]


class ReportError(Exception):
    """A report that cannot be made or written; the message says which and what to do next."""


class Reporter(Protocol):
    """Turns the stream of a run into something to look at. ``start`` comes first, ``finish`` always and last.

    ``start`` and ``finish`` raise ReportError; ``handle`` never raises for what is in an event.
    """

    def start(self) -> None:
        """Open what is written to."""

    def handle(self, event: RunEvent) -> None:
        """Take in one event of the stream."""

    def finish(self) -> None:
        """Close; the report must be complete now, however the run ended."""


@runtime_checkable
class TellsEnding(Protocol):
    """A reporter that says at once that a run is about to end because the user wants it to."""

    def ending(self) -> None:
        """Called between two events, or while the next one is awaited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContext:
    """``cases`` and ``standings`` take in every event of the run before any reporter does.

    ``verbosity`` is -1 for quiet, 0, or 1 for all details. ``colour`` False forbids it, else the
    stream decides.

    ``out`` takes what is meant for people. ``table`` says that the conformance table is wanted, with the findings
    behind it. Without ``standings`` every finding is new, and errors fail the run.
    """

    cases: CaseFiles
    out: TextIO
    verbosity: int = 0
    colour: bool | None = None
    table: bool = False
    standings: Standings | None = None

    def standing(self, finding: Finding) -> Standing:
        """Is it known?"""
        return self.standings.of(finding) if self.standings is not None else Standing("new")

    def fails(self, finding: Finding) -> bool:
        """Does it fail the run?"""
        return self.standings.fails(finding) if self.standings is not None else finding.severity == "error"
