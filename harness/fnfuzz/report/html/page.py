"""The page as a whole: its head, its sections in their order, and the links between them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files

import fnfuzz
from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.html.course import answers_table, course, latencies
from fnfuzz.report.html.elements import Child, Html, document, element, join, style_sheet
from fnfuzz.report.html.findings import finding_list, finding_section
from fnfuzz.report.html.overview import app_name, overview, verdict
from fnfuzz.report.html.registers import conformance, functions_table, ignored_table, known_table, notes
from fnfuzz.report.model import ReportContext
from fnfuzz.report.story import Story

__all__ = ["POLICY", "Page"]

POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""Nothing is loaded, run or sent, whatever stands in the page."""

MAX_SECTIONS = 100
"""Findings with a section of their own, errors first."""

MAX_LISTED = 1000
FEW = 5
"""So many cases are needed for a plot to say anything."""


class Page:
    """Makes the page from what is known of a run; the section of a finding is made anew only when it changes."""

    def __init__(self, context: ReportContext) -> None:
        self.context = context
        self.begun = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._sections: dict[str, tuple[Finding, str, Html]] = {}

    def render(self, story: Story) -> str:
        """The whole page, in ASCII."""
        findings = story.ranked()
        told = findings[:MAX_SECTIONS]
        driven = story.last.cases >= FEW
        sections: list[tuple[str, str, list[Child]]] = [
            ("findings", "Findings", self._listed(findings)),
            ("course", "How the run went", list(course(story)) if driven else []),
            ("latency", "Time of the answers", list(latencies(story.functions)) if driven else []),
            ("answers-section", "Statuses", list(answers_table(story.functions)) if driven else []),
            ("details", "Each finding", [self._section(finding, story) for finding in told]),
            ("known", "Known findings", list(known_table(story, {finding.id for finding in told}))),
            ("ignored", "Ignored", list(ignored_table(story))),
            ("conformance", "Conformance", list(conformance(story, told))),
            ("functions", "Functions", list(functions_table(story.functions))),
            ("notes", "Notes", list(notes(story))),
        ]
        shown = [section for section in sections if section[2]]
        links = [element("li", element("a", title, href=f"#{name}")) for name, title, _ in shown]
        body = [
            element("a", "To the findings", href="#findings", class_="skip"),
            element(
                "header",
                element("p", "fnfuzz report", class_="kind"),
                element("h1", app_name(story)),
                join(overview(story, self.context, self.begun), "\n"),
                class_="top",
            ),
            element("nav", element("ul", links), aria_label="Sections"),
            element("main", join((_whole(*section) for section in shown), "\n")),
            element("footer", f"fnfuzz {fnfuzz.__version__}. This page loads nothing and runs no script."),
        ]
        return str(document(self._head(story), body))

    def _head(self, story: Story) -> list[Html]:
        _, words = verdict(story, self.context)
        return [
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=POLICY),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("meta", name="referrer", content="no-referrer"),
            element("meta", name="robots", content="noindex"),
            element("meta", name="format-detection", content="telephone=no, date=no, address=no, email=no"),
            element("title", f"{app_name(story)}: {words} - fnfuzz"),
            _style(),
        ]

    def _listed(self, findings: list[Finding]) -> list[Child]:
        if not findings:
            return [element("p", "None.", class_="dim")]
        shown: list[Child] = [*finding_list(findings[:MAX_LISTED], MAX_SECTIONS, self.context)]
        if len(findings) > MAX_SECTIONS:
            shown.append(
                element("p", f"The first {MAX_SECTIONS} are told in full; the JSON report has all.", class_="dim")
            )
        return shown

    def _section(self, finding: Finding, story: Story) -> Html:
        standing = str(self.context.standing(finding))
        known = self._sections.get(finding.id)
        if known is None or known[0] is not finding or known[1] != standing:
            root = story.started.app.root if story.started is not None else None
            section = finding_section(finding, standing, self.context.cases, root)
            known = self._sections[finding.id] = finding, standing, section
        return known[2]


def _whole(name: str, title: str, inside: list[Child]) -> Html:
    heading = element("h2", title, id=f"{name}-title")
    return element("section", heading, join(inside, "\n"), id=name, aria_labelledby=f"{name}-title")


@cache
def _style() -> Html:
    return style_sheet(files(__package__).joinpath("style.css").read_text(encoding="utf-8"))
