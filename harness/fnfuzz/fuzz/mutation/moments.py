"""Forms of dates and times as messages and comments write them (``YYYY-MM-DD``, ``HH:MM``), and some that have them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

__all__ = ["FORM", "moments"]

PART = "YYYY|YY|MMM?|DD|HH|SS|ZZ?"
FORM: Final = rf"(?:(?:{PART})(?:[-/.: T_]|(?=[A-Z]))){{1,6}}(?:{PART})(?![A-Z])"
"""A pattern, for letters of any size."""

MEANT: Final[Mapping[str, str]] = {
    "YYYY": "%Y",
    "YY": "%y",
    "MMM": "%b",
    "MM": "%m",
    "DD": "%d",
    "HH": "%H",
    "SS": "%S",
    "ZZ": "+0000",
    "Z": "Z",
}
MINUTES: Final = re.compile(r"(HH[^A-Z]?)MM|MM(?=[^A-Z]?SS)")
"""Months stand beside years and days."""

MOMENTS: Final[Sequence[datetime]] = (
    datetime(2024, 2, 29, 12),
    datetime(2025, 3, 11, 7, 30, 15),
    datetime(2025, 10, 26, 23, 59, 59),
)


def moments(form: str) -> tuple[str, ...]:
    """Some dates or times that have a form which matches ``FORM``."""
    text = MINUTES.sub(lambda found: f"{found[1] or ''}%M", form.upper())
    text = re.sub(rf"(?<!%)(?:{PART})", lambda found: MEANT[found[0]], text)
    return tuple(dict.fromkeys(moment.strftime(text) for moment in MOMENTS))
