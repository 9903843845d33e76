"""The run for people: findings as they come, each once, and a summary."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TextIO

from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    HandlerStarted,
    KnownTried,
    Noted,
    PhaseStarted,
    ProbeFinished,
    Progressed,
    RunEvent,
    RunFinished,
    RunStarted,
)
from fnfuzz.report.conformance import print_table
from fnfuzz.report.finding_text import print_brief, print_finding, print_short
from fnfuzz.report.known_text import print_known
from fnfuzz.report.live import LiveLine
from fnfuzz.report.model import ReportContext, ReportError
from fnfuzz.report.page import Page
from fnfuzz.report.summary import print_summary
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import duration, many

__all__ = ["ConsoleReporter"]


class ConsoleReporter:
    """Prints to ``context.out``, or to a file. A terminal also gets a line that tells how far the run is."""

    def __init__(self, context: ReportContext, path: Path | None = None) -> None:
        self.context = context
        self.path = path
        self.page = Page(context.out, context.colour)
        self._file: TextIO | None = None
        self._live = LiveLine(self.page)
        self._started: RunStarted | None = None
        self._told: set[str] = set()
        self._probes: list[ProbeFinished] = []
        self._late: list[Finding] = []
        self._moved_told = False

    @property
    def quiet(self) -> bool:
        """One line for each finding, and one at the end?"""
        return self.context.verbosity < 0

    @property
    def verbose(self) -> bool:
        """Phases, probes and all details of warnings too?"""
        return self.context.verbosity > 0

    def start(self) -> None:
        """Open the file, if there is one. Raises ReportError."""
        if self.path is not None:
            try:
                self._file = self.path.open("w", encoding="utf-8")
            except OSError as error:
                raise ReportError(
                    f"{self.path}: the report cannot be written: {error.strerror or error}; name another file"
                ) from error
            self.page = Page(self._file, False)
            self._live = LiveLine(self.page)

    def handle(self, event: RunEvent) -> None:
        """Print what belongs to one event."""
        match event:
            case RunStarted():
                self._begin(event)
            case HandlerStarted():
                ready = f"handler ready after {duration(event.seconds)} on port {event.port}"
                self._say(ready if event.port else "handler started, driven over stdin and stdout")
            case PhaseStarted() if self.verbose:
                self._say(f"phase: {visible(event.phase)}")
            case ProbeFinished():
                self._probe(event)
            case Progressed():
                self._progress(event)
            case Noted():
                self._say(f"note: {visible(event.text)}")
            case FindingSuspected() if self.page.is_terminal and not self.quiet:
                identity = event.finding.identity
                self._live.draw(f"examining: {identity.rule} in {visible(identity.function)}")
            case KnownTried() if not self.quiet:
                self._live.clear()
                print_known(self.page, event)
            case FindingFound():
                self._found(event.finding)
            case RunFinished():
                self._end(event)

    def finish(self) -> None:
        """Give the terminal back and close the file."""
        self._live.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self, event: RunStarted) -> None:
        self._started = event
        if self.quiet:
            return
        self.page.prose(visible(event.app.reason))
        if event.app.functions:
            driven = (f"{item.name} ({item.trigger}, {item.contract})" for item in event.app.functions)
            self.page.prose(visible(f"functions: {', '.join(driven)}"))
        limits = [duration(event.max_time)] if event.max_time is not None else []
        limits += [f"{event.max_cases:,} cases"] if event.max_cases is not None else []
        if not self.context.table:
            self.page.line(
                f"seed {event.seed}, {'at most ' + ' and '.join(limits) if limits else 'no limit; end with Ctrl-C'}"
            )
        for reason in event.skipped:
            self.page.prose(f"left out: {visible(reason)}")

    def _probe(self, event: ProbeFinished) -> None:
        self._probes.append(event)
        if self.verbose and not self.context.table:
            verdict = ", ".join(event.broken) or (f"skipped: {visible(event.skipped)}" if event.skipped else "ok")
            where = visible(event.function) or "the app"
            self.page.line(f"probe {where}: {visible(event.title)}: {verdict} ({duration(event.seconds)})")
        elif self.page.is_terminal and not self.quiet:
            self._live.draw(f"probes: {len(self._probes)} done, last: {visible(event.title)}")

    def _progress(self, event: Progressed) -> None:
        if self.quiet or not self.page.is_terminal:
            return
        speed = event.cases / event.elapsed if event.elapsed > 0.001 else 0.0
        self._live.draw(
            f"{visible(event.phase)}: {many(event.cases, 'case')} in {event.elapsed:.0f} s ({speed:,.0f}/s), "
            f"{many(event.behaviours, 'behaviour')}, {many(event.restarts, 'restart')}, "
            f"{many(event.findings, 'finding')}"
        )

    def _found(self, finding: Finding) -> None:
        if self.context.table:
            self._late.append(finding)
        else:
            self._finding(finding)

    def _finding(self, finding: Finding) -> None:
        if finding.id in self._told:
            return
        reproduce = self.context.cases.reproduce(finding)
        self._live.clear()
        self._tell_moved()
        if self.quiet:
            print_brief(self.page, finding)
        else:
            self._print(finding, reproduce)
        self._told.add(finding.id)

    def _print(self, finding: Finding, reproduce: str) -> None:
        if not self._told:
            self.page.line()
        further = self.context.cases.shrink(finding)
        if further:
            note = f"the search for a smaller event ended early; `{further}` goes on with it"
            finding = replace(finding, notes=(*finding.notes, note))
        full = finding.severity == "error" or self.verbose
        (print_finding if full else print_short)(self.page, finding, reproduce)

    def _end(self, event: RunFinished) -> None:
        self._live.clear()
        if self.context.table and not self.quiet:
            self.page.line()
            print_table(self.page, self._probes)
        for finding in (*self._late, *event.findings):
            self._finding(finding)
        print_summary(self.page, event, self._started, self.context)

    def _tell_moved(self) -> None:
        if self.context.cases.moved and not self._moved_told:
            self._moved_told = True
            self.page.prose(f"note: {visible(self.context.cases.moved)}")

    def _say(self, text: str) -> None:
        if not self.quiet:
            self._live.clear()
            self.page.prose(text)
