"""A finding as the console tells it, as plain text for the formats that have room for it."""

from __future__ import annotations

import io
from pathlib import Path

from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.finding_text import print_finding
from fnfuzz.report.model import ReportContext
from fnfuzz.report.page import Page

__all__ = ["FindingTexts"]


class FindingTexts:
    """Makes the text of each finding once for each of its states."""

    def __init__(self, context: ReportContext) -> None:
        self._context = context
        self._made: dict[str, tuple[Finding, Path | None, str]] = {}

    def of(self, finding: Finding, root: Path | None) -> str:
        """Lines that are safe to look at; ``root`` is the app's folder."""
        known = self._made.get(finding.id)
        if known is None or known[0] is not finding or known[1] != root:
            out = io.StringIO()
            print_finding(Page(out, False), finding, self._context.cases.reproduce(finding), root=root)
            self._made[finding.id] = known = finding, root, out.getvalue().rstrip("\n")
        return known[2]
