"""GitLab's code quality report: a JSON list that the widget of a merge request compares with that of its target.

Each finding has ``description``, ``check_name`` (the rule), ``fingerprint`` (its id), ``severity`` (major for errors,
minor for warnings, info for what the baseline lets pass) and ``location`` (``path`` relative to the repository,
``lines.begin``).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.model import ReportContext
from fnfuzz.report.places import Places
from fnfuzz.report.plain_data import dumps
from fnfuzz.report.story import Story
from fnfuzz.report.visible import cut_middle, visible
from fnfuzz.report.whole import WholeReport

__all__ = ["CodeQuality", "codequality_reporter"]

LONGEST = 500


def codequality_reporter(context: ReportContext, path: Path | None) -> WholeReport:
    """Writes the list to ``path``, or to standard output at the end."""
    return WholeReport(context, path, CodeQuality(context))


class CodeQuality:
    """Renders the list."""

    def __init__(self, context: ReportContext) -> None:
        self._context = context
        self._places: Places | None = None

    def __call__(self, story: Story) -> str:
        if story.started is None:
            return "[]\n"
        if self._places is None:
            self._places = Places(story.started.app)
        places = self._places
        return dumps([self._issue(finding, places) for finding in story.ranked()]) + "\n"

    def _issue(self, finding: Finding, places: Places) -> dict[str, Any]:
        place, where = places.of(finding), visible(finding.identity.function) or "the app"
        known = self._context.standing(finding).kind == "known"
        return {
            "description": f"{where}: {cut_middle(visible(finding.message), LONGEST)}",
            "check_name": finding.identity.rule,
            "fingerprint": finding.id,
            "severity": "info" if known else "major" if finding.severity == "error" else "minor",
            "location": {"path": place.file, "lines": {"begin": place.line or 1}},
        }
