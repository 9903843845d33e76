"""A finding as a compiler would tell it: what is broken and where, what was sent and received, how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.text import Text

from fnfuzz.events import Event
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.report.carets import underlined
from fnfuzz.report.marks import free_parts, marked_lines, matter_lines, telling_lines
from fnfuzz.report.page import Page
from fnfuzz.report.source_line import SourceLine, source_line, without_root
from fnfuzz.report.verdict_words import SURENESS
from fnfuzz.report.visible import cut_middle, visible
from fnfuzz.report.wording import event_lines, observed_lines, outcome_lines
from fnfuzz.rules import RULES, Severity

__all__ = ["STYLES", "brief", "print_brief", "print_finding", "print_short", "spot"]

STYLES: dict[Severity, str] = {"error": "bold red", "warning": "bold yellow"}
LABELS = "cyan"


def print_finding(
    page: Page, finding: Finding, reproduce: str, *, root: Path | None = None, known_rule: bool = False
) -> None:
    """Everything that is known about a finding. ``root`` is the app's folder, by which a line of its source is found;
    with ``known_rule`` the reason and the remedy were told before and are not told again.
    """
    _headline(page, finding)
    source = source_line(finding, root)
    _where(page, finding, source, reproduce)
    page.line()
    _evidence(page, finding, root, source)
    _rule(page, finding, known_rule=known_rule)
    page.block("note", [visible(note) for note in finding.notes])
    _again(page, reproduce)
    page.line()


def print_short(
    page: Page, finding: Finding, reproduce: str, *, root: Path | None = None, known_rule: bool = False
) -> None:
    """A finding in a few lines, for warnings."""
    _headline(page, finding)
    _where(page, finding, source_line(finding, root), reproduce)
    page.block("matters", matter_lines(finding.explanation)[:1])
    if not known_rule:
        page.block("fix", [RULES[finding.identity.rule].remedy])
    _again(page, reproduce)
    page.line()


def print_brief(page: Page, finding: Finding, more: str = "") -> None:
    """A finding on one line."""
    page.console.print(page.fitting(brief(finding)).append(more), soft_wrap=True)


def brief(finding: Finding) -> Text:
    """Severity, rule, place and message."""
    where = ", ".join(part for part in (visible(finding.identity.function), spot(finding)) if part)
    message = cut_middle(visible(finding.message), 300)
    text = f" {where}: {message}" if where else f" {message}"
    return Text.assemble((f"{finding.severity}[{finding.identity.rule}]", STYLES[finding.severity]), text)


def spot(finding: Finding) -> str:
    """Where it shows, which tells findings of one rule apart."""
    return cut_middle(visible(finding.identity.place), 120)


def _headline(page: Page, finding: Finding) -> None:
    head = f"{finding.severity}[{finding.identity.rule}]:"
    page.headline(head, f" {cut_middle(visible(finding.message), 600)}", STYLES[finding.severity])


def _where(page: Page, finding: Finding, source: SourceLine | None, reproduce: str) -> None:
    """The arrow: the line of the source if it is known, then function, trigger and contract, and how sure it is."""
    if source is not None:
        kind = f", {visible(source.kind)}" if source.kind else ""
        page.parts(("  --> ", LABELS), (f"{visible(str(source))}{kind}", ""))
        if source.text and not any(source.text in line for line in finding.trace):
            page.parts((f"{source.line:>7} | ", LABELS), (cut_middle(visible(source.text), 160), ""))
    # That it comes again is what a reader expects.
    sureness = SURENESS[finding.confirmed] if finding.confirmed != "always" else ""
    parts = [_function(finding), "" if source is not None else spot(finding), sureness]
    if finding.count > 1:
        parts.append(f"seen {finding.count:,} times")
    if finding.id not in reproduce:
        parts.append(f"id {finding.id}")
    if finding.regressed:
        parts.append(f"was fixed on {finding.regressed[:10]} and is back")
    text = ", ".join(part for part in parts if part)
    for number, line in enumerate(page.wrapped(text, 6)):
        arrow = "  --> " if source is None and not number else "      "
        page.parts((arrow, LABELS), (line, ""))


def _function(finding: Finding) -> str:
    identity = finding.identity
    if not identity.function:
        return "the app"
    contract = finding.exchange.function.contract if finding.exchange is not None else ""
    kind = ", ".join(part for part in (identity.trigger, contract) if part)
    return f"{visible(identity.function)} ({kind})" if kind else visible(identity.function)


def _evidence(page: Page, finding: Finding, root: Path | None, source: SourceLine | None) -> None:
    told: list[Part] = []
    for number, event in enumerate(finding.minimal, 1):
        label = "sent" if len(finding.minimal) == 1 else f"sent {number}"
        if number < len(finding.minimal):
            page.block(label, event_lines(event), exact=True)
        else:
            told = _sent(page, label, event, finding.explanation)
    page.block("matters", telling_lines([part for part in finding.explanation if part not in told]))
    free = free_parts(finding.explanation)
    page.block("no matter", [f"{free}: any value fails"] if free else [])
    exchange = finding.exchange
    if exchange is not None:
        if not finding.minimal:
            page.block("sent", event_lines(exchange.event), exact=True)
        page.block("came back", observed_lines(exchange.observed, brief=True), exact=True)
    page.block("it said", _said(finding.trace, root), "dim", exact=True)
    if exchange is not None:
        page.block("the host", outcome_lines(exchange.outcome, exchange.event))


def _sent(page: Page, label: str, event: Event, parts: Sequence[Part]) -> list[Part]:
    """The event with what matters underlined; the parts of which that tells."""
    lines, told = underlined(marked_lines(event, parts), page.room)
    page.block(label, lines)
    return told


def _said(trace: Sequence[str], root: Path | None) -> list[str]:
    """A trace without the marks below its lines, which are folded away from what they mark."""
    return [visible(without_root(line, root)) for line in trace if line.strip(" ^~")]


def _rule(page: Page, finding: Finding, *, known_rule: bool) -> None:
    rule = RULES[finding.identity.rule]
    if known_rule:
        page.block("why, fix", [f"as told above; `fnfuzz rules {rule.id}` tells it again"])
        return
    page.block("rule", [f"{rule.title}."])
    page.block("why", [rule.reason])
    page.block("fix", [rule.remedy])


def _again(page: Page, reproduce: str) -> None:
    page.parts(("  again      ", LABELS), (visible(reproduce), "bold"))
