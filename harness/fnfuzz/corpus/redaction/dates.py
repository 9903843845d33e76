"""Days for days: a date of birth becomes another day of the same generation, written the same way."""

from __future__ import annotations

import re
from bisect import bisect_right
from datetime import date
from typing import Final

from fnfuzz.corpus.redaction.permutation import Permutation

__all__ = ["moved_day"]

GENERATIONS: Final = tuple(date(year, 1, 1).toordinal() for year in (1900, 1950, 2005, *range(2020, 2101)))
"""Where each begins: what was valid as a date of birth stays so, as somebody of age stays of age."""

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
            day = date(int(match["y"]), int(match["m"]), int(match["d"])).toordinal()
        except ValueError:
            continue
        if GENERATIONS[0] <= day < GENERATIONS[-1]:
            at = bisect_right(GENERATIONS, day)
            first, days = GENERATIONS[at - 1], GENERATIONS[at] - GENERATIONS[at - 1]
            other = date.fromordinal(first + permutation.below(f"day {first}", day - first, days))
            parts = {"y": f"{other.year:04}", "m": f"{other.month:02}", "d": f"{other.day:02}"}
            spans = sorted((match.span(name), new) for name, new in parts.items())
            (a, one), (b, second), (c, third) = spans
            return one + text[a[1] : b[0]] + second + text[b[1] : c[0]] + third + text[c[1] :]
    return None
