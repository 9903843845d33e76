"""The end of a run in a few lines: how it ended, how much was tried, what was found, what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import FunctionTally, RunFinished, RunStarted
from fnfuzz.report.baseline_text import baseline_lines, standing_counts
from fnfuzz.report.finding_text import STYLES, spot
from fnfuzz.report.model import ReportContext
from fnfuzz.report.page import Page
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import duration, many

__all__ = ["ENDINGS", "counts", "most_important_first", "print_summary"]

FEW = 5
"""So many findings can be looked over without a list of them."""

ENDINGS = {
    "done": "done, nothing was left to do",
    "time": "the time is used up",
    "cases": "the number of cases is used up",
    "interrupted": "interrupted",
    "not-started": "the handler could not be started",
    "lost": "the handler could not be kept alive",
}
_UNSTARTED = ("not-started", "lost")


def counts(event: RunFinished) -> str:
    """``2 errors, 1 warning``."""
    number = Counter(finding.severity for finding in event.findings)
    return ", ".join(many(number[severity], severity) for severity in ("error", "warning"))


def _ignored(event: RunFinished) -> str:
    return f"; {many(len(event.ignored), 'finding')} ignored by configuration" if event.ignored else ""


def print_summary(page: Page, event: RunFinished, started: RunStarted | None, context: ReportContext) -> None:
    """The whole summary, or one line when quiet."""
    speed = f" ({event.cases / event.duration_s:,.0f}/s)" if event.cases and event.duration_s >= 0.001 else ""
    total = f"{many(event.cases, 'case')}{speed}"
    told = f"{counts(event)}{standing_counts(event.findings, context)}{_ignored(event)}"
    if context.verbosity < 0:
        page.line(f"{told}; {total}; {ENDINGS[event.ended]}{f': {visible(event.error)}' if event.error else ''}")
        return
    more = f"{many(event.behaviours, 'behaviour')}, {many(event.restarts, 'restart')}"
    page.line(f"{ENDINGS[event.ended]} after {duration(event.duration_s)}: {total}, {more}")
    if event.error:
        page.prose(visible(event.error), "bold red")
        page.block("it said", [visible(line) for line in event.stderr], "dim")
    _functions(page, event.functions)
    if len(event.findings) > FEW:
        page.line()
        _list(page, most_important_first(event.findings))
        page.line()
    failed = any(context.fails(item) for item in event.findings) or event.ended in _UNSTARTED
    page.line(told, "bold red" if failed else "bold yellow" if event.findings else "bold green")
    page.block("baseline", baseline_lines(context))
    page.block("next", _next(event, started, context))


def most_important_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors first; of these what the start shows, then what is sure, what ends the process, hangs, fails."""
    return sorted(findings, key=_importance)


def _importance(finding: Finding) -> tuple[bool, bool, bool, int]:
    exchange = finding.exchange
    if exchange is None:
        fate = 3
    elif exchange.observed.exit is not None:
        fate = 0
    else:
        fate = {"hung": 1, "failed": 2}.get(exchange.outcome.status, 3)
    unsure = finding.confirmed in ("unstable", "suspected")
    return finding.severity != "error", finding.confirmed not in ("start", "files"), unsure, fate


def _list(page: Page, findings: Iterable[Finding]) -> None:
    rows = [
        (item.severity, item.identity.rule, visible(item.identity.function) or "the app", spot(item), item.id)
        for item in findings
    ]
    page.table(("", "rule", "function", "where", "id"), rows, {str(word): style for word, style in STYLES.items()})


def _functions(page: Page, tallies: tuple[FunctionTally, ...]) -> None:
    if not any(tally.cases for tally in tallies):
        return
    rows = [("function", "trigger", "contract", "cases", "turned away", "mean")]
    rows += [
        (
            visible(tally.name),
            visible(tally.trigger),
            tally.contract,
            f"{tally.cases:,}",
            _share(tally),
            duration(tally.mean_seconds),
        )
        for tally in tallies
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    for at, row in enumerate(rows):
        left = [text.ljust(width) for text, width in zip(row[:3], widths[:3], strict=True)]
        right = [text.rjust(width) for text, width in zip(row[3:], widths[3:], strict=True)]
        page.line("  " + "  ".join(left + right), "dim" if at == 0 else "")


def _share(tally: FunctionTally) -> str:
    return f"{100 * tally.rejected / tally.cases:.0f} %" if tally.cases else "-"


def _next(event: RunFinished, started: RunStarted | None, context: ReportContext) -> list[str]:
    if event.ended in _UNSTARTED:
        command = " ".join(visible(word) for word in started.app.command) if started is not None else ""
        return [f"start it by hand and look at what it says: {command}"]
    words = context.cases.words
    if event.findings:
        lines = ["mend the first one, then give its `again` command: it says FIXED or STILL FAILING"]
        if started is not None and event.cases and not context.table:
            again = words.line("run", "--seed", str(started.seed), "--max-cases", str(event.cases))
            lines.append(visible(f"the same run again: {again}"))
        return lines
    if event.ended == "time":
        return [visible(f"more time finds more: {words.line('run', '--max-time', '5m')}")]
    return []
