"""All dates of an event moved by the same number of days, so that what lies between them stays: onto the days on which
calendars are peculiar.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from itertools import islice
from random import Random
from typing import Final

from fnfuzz.fuzz.trees.tree import Path, Tree, is_value, leaves, put
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["moved"]

DATE: Final = re.compile(
    r"(?<![0-9])([0-9]{4})-([0-9]{2})-([0-9]{2})(?![0-9])|(?<![0-9])([0-9]{2})\.([0-9]{2})\.([0-9]{4})"
)
"""Years first, or days first with dots; other forms do not say what is what."""

DAYS: Final = tuple(
    date.fromisoformat(text)
    for text in (
        *("2024-10-27", "2024-03-31", "2024-02-29", "2024-12-31", "2025-11-02", "2025-03-09"),
        *("1970-01-01", "1969-12-31", "2038-01-19", "2100-02-28", "1900-02-28", "9999-12-30", "0001-01-02"),
        *("2024-10-26", "2024-03-30", "2024-02-28", "2024-12-30", "2025-11-01", "2025-03-08"),
    )
)
"""Summer time ends and begins in Europe and America, leap days and days that are none, the ends of years and of what
numbers hold; then the days before them.
"""

MAX_DATES = 200
LONGEST = 50_000
"""Characters of a text that dates are looked for in."""


def moved(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """``tree`` with the first of its dates on each of the days, and all others as far from it as they were."""
    texts = ((path, value) for path, value in leaves(tree, 2000) if isinstance(value, str) and _may_vary(path))
    dated = ((path, value) for path, value in texts if len(value) <= LONGEST and DATE.search(value))
    found = list(islice(dated, MAX_DATES))
    first = next((day for _, value in found for match in DATE.finditer(value) if (day := _day(match))), None)
    if first is None:
        return
    for day in DAYS:
        there = partial(_moved, by=day - first)
        other = tree
        for path, value in found:
            other = put(other, path, DATE.sub(there, value))
        yield other


def _may_vary(path: Path) -> bool:
    return is_value(path) or path[-1] == "text"


def _day(match: re.Match[str]) -> date | None:
    year, month, day = (match[1], match[2], match[3]) if match[1] else (match[6], match[5], match[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _moved(match: re.Match[str], by: timedelta) -> str:
    day = _day(match)
    try:
        there = day + by if day is not None else None
    except OverflowError:
        there = None
    if there is None:
        return match[0]
    return there.isoformat() if match[1] else f"{there.day:02d}.{there.month:02d}.{there.year:04d}"
