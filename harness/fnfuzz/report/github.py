"""Annotations for GitHub actions: a workflow command for each finding, on standard output or in a file for it.

``::error file=FILE,line=LINE,title=TITLE::MESSAGE``, ``::warning`` for what does not fail the run, ``::notice`` for
what the baseline lets pass. GitHub shows ten of each in a step, so the findings that fail the run come first. The
escapes are those of https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from pathlib import Path

from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.model import ReportContext
from fnfuzz.report.places import Places
from fnfuzz.report.story import Story
from fnfuzz.report.visible import cut_middle, visible
from fnfuzz.report.whole import WholeReport
from fnfuzz.report.wording import event_lines
from fnfuzz.rules import RULES

__all__ = ["GitHub", "command", "github_reporter"]

LONGEST = 1000
LINES = 12
"""So many lines of the event that was sent."""


def github_reporter(context: ReportContext, path: Path | None) -> WholeReport:
    """Writes annotations to ``path``, or to standard output at the end."""
    return WholeReport(context, path, GitHub(context))


class GitHub:
    """Renders the commands."""

    def __init__(self, context: ReportContext) -> None:
        self._context = context
        self._places: Places | None = None

    def __call__(self, story: Story) -> str:
        if story.started is None:
            return ""
        if self._places is None:
            self._places = Places(story.started.app)
        findings = sorted(story.ranked(), key=lambda finding: not self._context.fails(finding))
        lines = [self._line(finding, self._places) for finding in findings]
        if story.finished is not None and story.finished.ended in ("not-started", "lost"):
            lines.insert(0, command("error", visible(story.finished.error), title="fnfuzz: the handler does not run"))
        return "".join(f"{line}\n" for line in lines)

    def _line(self, finding: Finding, places: Places) -> str:
        identity, standing = finding.identity, self._context.standing(finding)
        kind = "error" if self._context.fails(finding) else "notice" if standing.kind == "known" else "warning"
        where = visible(identity.function) or "the app"
        parts = [cut_middle(visible(finding.message), LONGEST)]
        sent = [line for event in finding.minimal[-1:] for line in event_lines(event)]
        if sent:
            parts += ["", "Sent:", *(f"  {line}" for line in sent[:LINES])]
        again = visible(self._context.cases.reproduce(finding))
        parts += ["", f"Fix: {RULES[identity.rule].remedy}", f"Again: {again}"]
        if str(standing):
            parts.append(f"Baseline: {visible(str(standing))}")
        place = places.of(finding)
        title = f"{identity.rule} in {where}"
        return command(kind, "\n".join(parts), file=place.file, line=str(place.line or 1), title=title)


def command(kind: str, message: str, **properties: str) -> str:
    """One workflow command, on one line whatever is in it."""
    told = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{kind} {told}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
