"""What became of a finding of an earlier run, in one line."""

from __future__ import annotations

from collections.abc import Mapping

from fnfuzz.fuzz.stream import KnownTried, Verdict
from fnfuzz.report.page import Page
from fnfuzz.report.verdict_words import MEANINGS
from fnfuzz.report.visible import cut_middle, visible

__all__ = ["print_known"]

_WORDS: Mapping[Verdict, tuple[str, str]] = {
    "still failing": ("STILL FAILING", "bold red"),
    "unstable": ("UNSTABLE", "bold yellow"),
    "fixed": ("FIXED", "bold green"),
    "not seen": ("not seen", ""),
    "not tried": ("not tried", ""),
}


def print_known(page: Page, event: KnownTried) -> None:
    """The verdict, the finding, and where it shows."""
    (word, style), meaning = _WORDS[event.verdict], MEANINGS[event.verdict]
    identity = event.case.identity
    where = ", ".join(part for part in (visible(identity.function), cut_middle(visible(identity.place), 120)) if part)
    more = [meaning] if meaning else []
    if event.finding is not None and event.finding.id != identity.id:
        more.append(f"elsewhere than before, now {event.finding.id}")
    if event.case.regressed and event.finding is not None:
        more.append(f"was fixed on {event.case.regressed[:10]}")
    if event.reason:
        more.append(visible(event.reason))
    page.parts(
        ("known ", "dim"),
        (f"{word:<13} ", style),
        (f"{identity.rule} {where} ({identity.id})", ""),
        (f": {'; '.join(more)}" if more else "", ""),
    )
