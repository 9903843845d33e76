"""Writes into the pages what their commands print now. What was left out before, with ``...``, is left out again."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from tools.docs.comparing import without_progress

__all__ = ["refreshed"]

GAP = "..."
ALIKE = 0.6


def refreshed(shown: Sequence[str], printed: str) -> list[str]:
    """``printed`` as lines, cut to the stretches that ``shown`` has between its lines ``...``.

    A stretch begins at the line most like its first one, and ends at the line most like its last one. Raises
    LookupError, which names the line, when there is none; then someone has to look.
    """
    printed = without_progress(printed)
    lines = printed.expandtabs().rstrip("\n").split("\n") if printed.strip() else []
    lines = [line.rstrip() for line in lines]
    if GAP not in [line.strip() for line in shown]:
        return lines
    stretches = _stretches(shown)
    told: list[str] = []
    at = 0
    for number, stretch in enumerate(stretches):
        if number:
            told.append(GAP)
        if not stretch:
            continue
        first = at if number == 0 else _like(stretch[0], lines, at)
        last = len(lines) - 1 if number == len(stretches) - 1 else _like(stretch[-1], lines, first, len(stretch) + 40)
        told += lines[first : last + 1]
        at = last + 1
    return told


def _stretches(shown: Sequence[str]) -> list[list[str]]:
    stretches: list[list[str]] = [[]]
    for line in shown:
        if line.strip() == GAP:
            stretches.append([])
        elif line.strip():  # blank lines are like each other, and say nothing of a place
            stretches[-1].append(line)
    return stretches


def _like(line: str, lines: Sequence[str], start: int, most: int | None = None) -> int:
    """The number of the line most like ``line``, of equal ones the first."""
    end = len(lines) if most is None else min(len(lines), start + most)
    ranked = [(difflib.SequenceMatcher(None, line, lines[at]).ratio(), -at) for at in range(start, end)]
    best, number = max(ranked, default=(0.0, 0))
    if best < ALIKE:
        raise LookupError(f"nothing like {line!r} is printed any more")
    return -number
