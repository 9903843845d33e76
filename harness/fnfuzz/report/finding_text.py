"""A finding as a compiler would tell it: what is broken, sent, received, what follows from it, how to mend it."""

from __future__ import annotations

from fnfuzz.fuzz.finding import Confirmed, Finding
from fnfuzz.report.marks import marked_event, matter_lines
from fnfuzz.report.page import Page
from fnfuzz.report.visible import cut_middle, visible
from fnfuzz.report.wording import event_lines, observed_lines, outcome_lines
from fnfuzz.rules import RULES, Severity

__all__ = ["STYLES", "print_brief", "print_finding", "print_short"]

STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow"}

_SURENESS: dict[Confirmed, str] = {
    "always": "",
    "sequence": "shows only after the events before it",
    "unstable": "was seen, but did not come again",
    "suspected": "was seen, and not tried again yet",
    "files": "read from the app's files",
    "start": "shown by the start of the handler",
    "probe": "shown by an experiment",
}


def print_finding(page: Page, finding: Finding, reproduce: str) -> None:
    """Everything that is known about a finding."""
    rule = RULES[finding.identity.rule]
    _title(page, finding)
    page.prose(_where(finding), indent=2)
    page.prose(visible(finding.message), "bold", indent=2)
    page.line()
    _evidence(page, finding)
    page.block("why", [rule.reason])
    page.block("fix", [rule.remedy])
    page.block("note", [visible(note) for note in finding.notes])
    page.parts(("  again      ", "cyan"), (visible(reproduce), "bold"))
    page.line()


def print_short(page: Page, finding: Finding, reproduce: str) -> None:
    """A finding in a few lines, for warnings."""
    _title(page, finding)
    page.prose(f"{_where(finding)}: {visible(finding.message)}", indent=2)
    page.block("matters", matter_lines(finding.explanation)[:1])
    page.block("fix", [RULES[finding.identity.rule].remedy])
    page.parts(("  again      ", "cyan"), (visible(reproduce), "bold"))
    page.line()


def print_brief(page: Page, finding: Finding, more: str = "") -> None:
    """A finding on one line."""
    where = ", ".join(part for part in (visible(finding.identity.function), _spot(finding)) if part)
    text = f" {where}: {visible(finding.message)}{more}" if where else f" {visible(finding.message)}{more}"
    page.parts((f"{finding.severity}[{finding.identity.rule}]", STYLES[finding.severity]), (text, ""))


def _title(page: Page, finding: Finding) -> None:
    rule = RULES[finding.identity.rule]
    page.parts((f"{rule.severity}[{rule.id}]", STYLES[rule.severity]), (f" broken rule: {rule.title}", "bold"))


def _where(finding: Finding) -> str:
    identity = finding.identity
    contract = finding.exchange.function.contract if finding.exchange is not None else ""
    kind = ", ".join(part for part in (identity.trigger, contract) if part)
    place = (
        (f"{visible(identity.function)} ({kind})" if kind else visible(identity.function))
        if identity.function
        else "the app"
    )
    back = f"was fixed on {finding.regressed[:10]} and is back" if finding.regressed else ""
    return ", ".join(part for part in (place, _spot(finding), _SURENESS[finding.confirmed], back) if part)


def _spot(finding: Finding) -> str:
    """Where it shows, which tells findings of one rule apart."""
    return cut_middle(visible(finding.identity.place), 120)


def _evidence(page: Page, finding: Finding) -> None:
    for number, event in enumerate(finding.minimal, 1):
        label = "sent" if len(finding.minimal) == 1 else f"sent {number}"
        last = number == len(finding.minimal)
        page.block(label, marked_event(event, finding.explanation if last else ()))
    page.block("matters", matter_lines(finding.explanation))
    exchange = finding.exchange
    if exchange is not None:
        if not finding.minimal:
            page.block("sent", event_lines(exchange.event), exact=True)
        page.block("came back", observed_lines(exchange.observed), exact=True)
    page.block("it said", [visible(line) for line in finding.trace], "dim", exact=True)
    if exchange is not None:
        page.block("the host", outcome_lines(exchange.outcome, exchange.event))
