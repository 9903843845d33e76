"""The list of findings, and a section for each that tells everything that is known about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.case_files import CaseFiles
from fnfuzz.report.html.difference import difference
from fnfuzz.report.html.elements import Child, Html, element, join
from fnfuzz.report.html.evidence import (
    block,
    came_back,
    first_event,
    folded,
    logs,
    outcome,
    parts_table,
    sent,
    shrinking,
)
from fnfuzz.report.html.scales import spent
from fnfuzz.report.html.tables import badge
from fnfuzz.report.marks import matter_lines
from fnfuzz.report.model import ReportContext
from fnfuzz.report.source_line import SourceLine, source_line
from fnfuzz.report.verdict_words import SURENESS
from fnfuzz.report.visible import cut_middle
from fnfuzz.rules import RULES, Rule

__all__ = ["anchor", "finding_list", "finding_section", "prose"]

MAX_TEXT = 1000
"""Characters of a message, a note or a place that are shown."""


def anchor(finding_id: str) -> str:
    """The id of a finding's section."""
    return f"finding-{finding_id}"


def finding_list(findings: Sequence[Finding], told: int, context: ReportContext) -> list[Html]:
    """One entry for each finding, a link where it has a section of its own: the first ``told`` of them."""
    items = []
    for number, finding in enumerate(findings):
        rule = RULES[finding.identity.rule]
        title = prose(rule.title)
        name = element("a", title, href=f"#{anchor(finding.id)}") if number < told else title
        standing = context.standing(finding)
        where = " · ".join(
            part for part in (cut_middle(finding.identity.function, 160) or "the app", _place(finding)) if part
        )
        items.append(
            element(
                "li",
                badge(finding.severity, finding.severity),
                element("div", element("b", name), element("span", where, class_="where"), class_="entry"),
                element("span", standing.kind if standing.entry else _times(finding.count), class_="dim seen"),
            )
        )
    return [element("ol", items, class_="found")] if items else []


def finding_section(finding: Finding, standing: str, cases: CaseFiles, root: Path | None) -> Html:
    """The whole finding. ``root`` is the app's folder, by which a line of its source is found; ``standing``
    says whether it was known.
    """
    rule, exchange = RULES[finding.identity.rule], finding.exchange
    title = f"{anchor(finding.id)}-title"
    answer: list[Child] = []
    if exchange is not None:
        answer = [_part("What came back", came_back(exchange)), _part("What the host makes of it", outcome(exchange))]
    return element(
        "article",
        _head(finding, title),
        element("p", cut_middle(finding.message, MAX_TEXT), class_="message"),
        _facts(finding, standing),
        _source(source_line(finding, root)),
        element("div", _part("What was sent", _sent(finding)), element("div", answer), class_="sides"),
        _compared(finding),
        _part("What it said", logs(finding)),
        _advice(rule),
        _part("Notes", [_prose(cut_middle(note, MAX_TEXT)) for note in finding.notes]),
        _part("See it again", _commands(finding, cases)),
        element("p", ["Source: ", rule.source], element("a", "Back to the list", href="#findings"), class_="dim foot"),
        id=anchor(finding.id), class_=finding.severity, aria_labelledby=title,
    )  # fmt: skip


def _advice(rule: Rule) -> Html:
    why, how = element("p", prose(rule.reason)), element("p", prose(rule.remedy))
    return element("div", _part("Why it matters", why), _part("How to mend it", how), class_="sides advice")


def _head(finding: Finding, title: str) -> Html:
    rule = RULES[finding.identity.rule]
    tags: list[Child] = [
        badge(finding.severity, finding.severity),
        " ",
        element("code", rule.id),
        " ",
        element("code", finding.id),
    ]
    name: list[Child] = [element("span", "Broken rule: ", class_="dim"), prose(rule.title)]
    return element("header", element("p", tags, class_="tags"), element("h3", name, id=title))


def _facts(finding: Finding, standing: str) -> Html:
    identity, exchange = finding.identity, finding.exchange
    kind = ", ".join(part for part in (identity.trigger, exchange.function.contract if exchange else "") if part)
    first = f"after {spent(finding.first_seconds)}" if finding.first_seconds else ""
    facts = {
        "Function": f"{identity.function or 'the app'}{f' ({kind})' if kind else ''}",
        "Place": _place(finding),
        "Seen": _times(finding.count),
        "First": ", ".join(
            part for part in (f"case {finding.first_case:,}" if finding.first_case else "", first) if part
        ),
        "How sure": SURENESS[finding.confirmed],
        "Standing": standing,
        "Back": f"was fixed on {finding.regressed[:10]}" if finding.regressed else "",
    }
    pairs = [
        element("div", element("dt", name), element("dd", cut_middle(fact, MAX_TEXT)))
        for name, fact in facts.items()
        if fact
    ]
    return element("dl", pairs, class_="facts")


def _source(place: SourceLine | None) -> Html | None:
    """The line of the handler's source, where it can be read."""
    if place is None or not place.text:
        return None
    return block([[element("span", f"{place}  ", class_="dim"), cut_middle(place.text, 200)]], "source")


def _sent(finding: Finding) -> list[Child]:
    shown = sent(finding)
    if not shown:
        return [_prose("No event is needed to see it.")]
    return [*shown, *first_event(finding)]


def _compared(finding: Finding) -> list[Html | None]:
    explained: list[Child] = []
    if finding.explanation:
        lines = [element("li", cut_middle(line, MAX_TEXT)) for line in matter_lines(finding.explanation)]
        explained = [
            element("ul", lines),
            folded("each part that was changed, and what then happened", parts_table(finding)),
        ]
    near: list[Child] = []
    if finding.passing is not None and finding.minimal:
        legend = "− is only in the event that fails, + only in the one that passes."
        near = [difference(finding.minimal[-1], finding.passing), element("p", legend, class_="dim small")]
    path = shrinking(finding)
    return [
        _part("What matters in it", explained),
        _part("The nearest event that passes", near),
        _part("How it became so small", path),
    ]


def _commands(finding: Finding, cases: CaseFiles) -> list[Child]:
    further = cases.shrink(finding)
    shown: list[Child] = [block([cases.reproduce(finding)], "command")]
    if further:
        shown += [
            _prose("The search for a smaller event ended early; this goes on with it:"),
            block([further], "command"),
        ]
    return shown


def _part(title: str, inside: Child) -> Html | None:
    if isinstance(inside, list) and not any(item is not None for item in inside):
        return None
    return element("section", element("h4", title), inside)


def prose(text: str) -> Html:
    """A text of the catalogue, in which what stands between backticks is code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return join([text])
    return join(element("code", part) if number % 2 else part for number, part in enumerate(parts))


def _prose(text: str) -> Html:
    return element("p", text)


def _place(finding: Finding) -> str:
    return cut_middle(finding.identity.place, 160)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"
