"""The run for people: findings as they come, one line each, and at the end all that is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

from rich.text import Text

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
from fnfuzz.report.baseline_text import standing_note
from fnfuzz.report.conformance import print_table
from fnfuzz.report.finding_text import STYLES, brief, print_brief, print_finding, print_short
from fnfuzz.report.known_text import print_known
from fnfuzz.report.live import LiveArea
from fnfuzz.report.model import ReportContext, ReportError
from fnfuzz.report.page import Page
from fnfuzz.report.progress import Pace
from fnfuzz.report.screen import ENDING, RunScreen
from fnfuzz.report.summary import most_important_first, print_summary
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import duration, many

__all__ = ["ConsoleReporter"]


class ConsoleReporter:
    """Prints to ``context.out``, or to a file. A terminal also gets a small screen that tells how far the run is, a log
    a line now and then.
    """

    def __init__(self, context: ReportContext, path: Path | None = None) -> None:
        self.context = context
        self.path = path
        self._file: TextIO | None = None
        self._started: RunStarted | None = None
        self._found: dict[str, Finding] = {}
        self._told: set[str] = set()
        self._rules_told: set[str] = set()
        self._probes: list[ProbeFinished] = []
        self._moved_told = False
        self._show_on(Page(context.out, context.colour))

    def _show_on(self, page: Page) -> None:
        self.page = page
        self._area = LiveArea(page)
        self._screen = RunScreen(ascii_only=page.is_ascii)
        self._pace = Pace(drawn=page.is_terminal)

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
            self._show_on(Page(self._file, False))

    def handle(self, event: RunEvent) -> None:
        """Print what belongs to one event."""
        self._screen.handle(event)
        if isinstance(event, RunFinished):
            self._area.clear()
            self._end(event)
            return
        if not isinstance(event, Progressed):
            with self._area.above():
                self._tell(event)
        self._show(at_once=isinstance(event, (RunStarted, PhaseStarted, FindingSuspected)))

    def ending(self) -> None:
        """The user has asked for the end; it comes as soon as what goes on can be left."""
        self._screen.ending()
        if self.page.is_terminal:
            self._show(at_once=True)
        elif not self.quiet:
            self.page.line(ENDING)

    def finish(self) -> None:
        """Tell what was not told, give the terminal back and close the file."""
        self._area.clear()
        self._details(list(self._found.values()))
        if self._file is not None:
            self._file.close()
            self._file = None

    def _show(self, *, at_once: bool = False) -> None:
        """The screen, or a line in a log, if it is time for it."""
        if self.quiet or self.path is not None:
            return
        if self.page.is_terminal:
            if at_once or self._pace.due():
                width, height = self.page.console.size
                self._area.draw(self._screen.lines(width - 1, height))
        elif self._pace.due():
            self.page.line(self._screen.plain())

    def _tell(self, event: RunEvent) -> None:
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
            case Noted():
                self._say(f"note: {visible(event.text)}")
            case KnownTried() if not self.quiet:
                print_known(self.page, event)
            case FindingFound():
                self._came(event.finding)

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
        if self.verbose and not self.context.table and not self.quiet:
            verdict = ", ".join(event.broken) or (f"skipped: {visible(event.skipped)}" if event.skipped else "ok")
            where = visible(event.function) or "the app"
            self.page.line(f"probe {where}: {visible(event.title)}: {verdict} ({duration(event.seconds)})")

    def _came(self, finding: Finding) -> None:
        """One line for a finding, when it comes first."""
        is_new = finding.id not in self._found
        self._found[finding.id] = finding
        if not is_new:
            return
        self._tell_moved()
        if self.quiet:
            self._told.add(finding.id)
            print_brief(self.page, finding, self._known(finding))
        elif not self.context.table:
            word = "known " if self._lets_pass(finding) else "found "
            line = self.page.fitting(Text.assemble((word, "dim"), brief(finding)))
            if self.page.is_terminal:
                line.truncate(self.page.console.width, overflow="crop" if self.page.is_ascii else "ellipsis")
            self.page.console.print(line, soft_wrap=True)

    def _end(self, event: RunFinished) -> None:
        if self.context.table and not self.quiet:
            self.page.line()
            print_table(self.page, self._probes)
        # The last word on a finding is that of the end, with its count.
        self._found |= {finding.id: finding for finding in event.findings}
        self._details(list(self._found.values()))
        print_summary(self.page, event, self._started, self.context)

    def _details(self, findings: Sequence[Finding]) -> None:
        """All that is known of the findings that were not told yet; errors first, the most important of them first."""
        left = [item for item in most_important_first(findings) if item.id not in self._told]
        passed = [item for item in left if self._lets_pass(item) and not self.verbose]
        left = [item for item in left if item not in passed]
        if left and not self.quiet and not self.context.table:
            self.page.line()
        kinds = list(dict.fromkeys(item.severity for item in left))
        for severity in kinds:
            group = [item for item in left if item.severity == severity]
            if len(kinds) > 1 and not self.quiet:
                self.page.line(f"--- {many(len(group), severity)} ---", STYLES[severity])
                self.page.line()
            for finding in group:
                self._detail(finding)
        if passed and not self.quiet:
            self.page.line(f"--- {len(passed):,} known ---", "dim")
        for finding in passed:
            self._told.add(finding.id)
            print_brief(self.page, finding, self._known(finding))

    def _lets_pass(self, finding: Finding) -> bool:
        return self.context.standing(finding).kind == "known"

    def _known(self, finding: Finding) -> str:
        note = standing_note(finding, self.context)
        return f" ({visible(note)})" if note else ""

    def _detail(self, finding: Finding) -> None:
        self._told.add(finding.id)
        self._tell_moved()
        if self.quiet:
            print_brief(self.page, finding, self._known(finding))
            return
        note = standing_note(finding, self.context)
        finding = replace(finding, notes=(*finding.notes, note)) if note else finding
        reproduce = self.context.cases.reproduce(finding)
        further = self.context.cases.shrink(finding)
        if further:
            note = f"the search for a smaller event ended early; `{further}` goes on with it"
            finding = replace(finding, notes=(*finding.notes, note))
        full = finding.severity == "error" or self.verbose
        rule = finding.identity.rule
        root = self._started.app.root if self._started is not None else None
        (print_finding if full else print_short)(
            self.page, finding, reproduce, root=root, known_rule=rule in self._rules_told
        )
        self._rules_told.add(rule)

    def _tell_moved(self) -> None:
        if self.context.cases.moved and not self._moved_told:
            self._moved_told = True
            self.page.prose(f"note: {visible(self.context.cases.moved)}")

    def _say(self, text: str) -> None:
        if not self.quiet:
            self.page.prose(text)
