"""The conformance table: one line for each experiment and function, with the rules that it saw broken."""

from __future__ import annotations

from collections.abc import Sequence

from fnfuzz.fuzz.stream import ProbeFinished
from fnfuzz.report.page import Page
from fnfuzz.report.visible import visible
from fnfuzz.rules import RULES

__all__ = ["print_table"]

_STYLES = {"ok": "green", "ERROR": "bold red", "warning": "bold yellow", "skipped": "dim"}


def print_table(page: Page, probes: Sequence[ProbeFinished]) -> None:
    """Prints the table; nothing for no probes."""
    if probes:
        page.table(("function", "check", "verdict", "rules"), [_row(probe) for probe in probes], _STYLES)
        page.line()


def _row(probe: ProbeFinished) -> tuple[str, str, str, str]:
    word = _verdict(probe)
    rules = visible(probe.skipped) if word == "skipped" else ", ".join(probe.broken)
    return visible(probe.function) or "the app", visible(probe.title), word, rules


def _verdict(probe: ProbeFinished) -> str:
    if probe.broken:
        return "ERROR" if any(RULES[rule].severity == "error" for rule in probe.broken) else "warning"
    return "skipped" if probe.skipped else "ok"
