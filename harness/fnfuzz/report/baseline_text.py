"""What the baseline says of a run's findings, in words for the console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.model import ReportContext
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import many

__all__ = ["baseline_lines", "standing_counts", "standing_note"]

FEW = 10

_WORDS = {"known": "known", "expired": "expired"}


def standing_counts(findings: Iterable[Finding], context: ReportContext) -> str:
    """`` (2 known, 1 expired)``; empty where there is nothing to say."""
    number: Counter[str] = Counter(context.standing(finding).kind for finding in findings)
    told = [f"{number[kind]:,} {word}" for kind, word in _WORDS.items() if number[kind]]
    return f" ({', '.join(told)})" if told else ""


def standing_note(finding: Finding, context: ReportContext) -> str:
    """What the baseline says of a finding that is in it; empty for one that is not."""
    standing = context.standing(finding)
    return str(standing) if standing.entry is not None else ""


def baseline_lines(context: ReportContext) -> list[str]:
    """What was written, and what is gone."""
    standings = context.standings
    if standings is None:
        return []
    gone = standings.gone()
    lines = [visible(standings.written)] if standings.written else []
    lines += [visible(f"gone: {item.rule} in {item.function or 'the app'} ({item.id})") for item in gone[:FEW]]
    lines += [f"gone: {many(len(gone) - FEW, 'more finding')}"] if len(gone) > FEW else []
    if gone and standings.kept is not None and not standings.kept.update:
        lines.append("--update-baseline takes out what is gone")
    return lines
