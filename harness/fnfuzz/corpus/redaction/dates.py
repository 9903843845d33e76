"""Days for days: a date of birth becomes another day of 1900 to 2099, written the same way."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from fnfuzz.corpus.redaction.permutation import Permutation

__all__ = ["moved_day"]

FIRST: Final = date(1900, 1, 1).toordinal()
DAYS: Final = date(2100, 1, 1).toordinal() - FIRST
LAYOUTS: Final = (
    re.compile(r"(?P<y>[0-9]{4})(?P<a>[-/.]?)(?P<m>[0-9]{2})(?P=a)(?P<d>[0-9]{2})(?![0-9])"),
    re.compile(r"(?P<d>[0-9]{2})(?P<a>[-.])(?P<m>[0-9]{2})(?P=a)(?P<y>[0-9]{4})(?![0-9])"),
    re.compile(r"(?P<m>[0-9]{2})(?P<a>/)(?P<d>[0-9]{2})(?P=a)(?P<y>[0-9]{4})(?![0-9])"),
)


def moved_day(permutation: Permutation, text: str) -> str | None:
    """``text`` with the day at its beginning exchanged, or None where it does not begin with one."""
    for layout in LAYOUTS:
        match = layout.match(text)
        if match is None:
            continue
        try:
            day = date(int(match["y"]), int(match["m"]), int(match["d"])).toordinal() - FIRST
        except ValueError:
            continue
        if 0 <= day < DAYS:
            other = date.fromordinal(FIRST + permutation.below("day", day, DAYS))
            parts = {"y": f"{other.year:04}", "m": f"{other.month:02}", "d": f"{other.day:02}"}
            spans = sorted((match.span(name), new) for name, new in parts.items())
            (a, first), (b, second), (c, third) = spans
            return first + text[a[1] : b[0]] + second + text[b[1] : c[0]] + third + text[c[1] :]
    return None
