"""What a reporter is, and what it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, TextIO

from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.report.case_files import CaseFiles

__all__ = ["ReportContext", "ReportError", "Reporter"]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportContext:
    """``cases`` takes in every event of the run before any reporter does.

    ``verbosity`` is -1 for quiet, 0, or 1 for all details. ``colour`` False forbids it, else the
    stream decides.

    ``out`` takes what is meant for people. ``strict`` says that warnings fail the run, ``table`` that the conformance
    table is wanted, with the findings behind it.
    """

    cases: CaseFiles
    out: TextIO
    verbosity: int = 0
    colour: bool | None = None
    strict: bool = False
    table: bool = False
