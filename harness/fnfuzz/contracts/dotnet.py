"""How .NET turns values into text: numbers, dates, booleans, base64, names without regard to case.

The host runs with the invariant culture, and, as on its Linux images, in UTC (azure-functions.md 3.1, 5.1, 5.2).
"""

from __future__ import annotations

import binascii
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

__all__ = ["Date", "base64_bytes", "fold", "number_text", "read_date", "scalar_text", "second", "timespan"]

MARGINS = (-4, 15)
"""Decimal exponents between which a double is written without ``E``."""

ISO_DATE = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,7}))?(?:(Z)|([+-])(\d\d):?(\d\d))?", re.ASCII
)
MICROSOFT_DATE = re.compile(r"/Date\((-?\d{1,15})(?:[+-]\d{4})?\)/", re.ASCII)
WHOLE_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
WITHOUT_BLANKS = str.maketrans("", "", " \t\r\n")


@dataclass(frozen=True, slots=True)
class Date:
    """A text that Newtonsoft.Json takes for a date: as the invariant culture writes it, and as JSON does."""

    culture: str
    iso: str


def read_date(text: str) -> Date | None:
    """The date that ``text`` becomes in the host, or None for text that stays text (azure-functions.md 5.1)."""
    if len(text) < 9 or (text[0] != "/" and text[10:11] != "T"):
        return None
    match = ISO_DATE.fullmatch(text)
    try:
        return _iso_date(match) if match else _microsoft_date(text)
    except (ValueError, OverflowError):
        return None


def number_text(value: float) -> str:
    """A double as ``ToString`` of .NET writes it: shortest digits that read back, ``1E+15`` from fifteen zeros on."""
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    negative, digits, power = Decimal(repr(value)).as_tuple()
    assert isinstance(power, int)
    text = "".join(map(str, digits)).lstrip("0")
    power += len(text) - len(text.rstrip("0"))
    text = text.rstrip("0")
    sign = "-" if negative else ""
    if not text:
        return f"{sign}0"
    exponent = len(text) + power - 1
    if MARGINS[0] <= exponent < MARGINS[1]:
        return f"{sign}{_plain(text, power)}"
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    return f"{sign}{text[0]}{fraction}E{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def scalar_text(value: str | float | None) -> str:
    """A JSON scalar as the text that .NET makes of it: null is empty, true is ``True``, a date is culture text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "True" if value else "False"
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, int):
        return str(value)
    date = read_date(value)
    return value if date is None else date.culture


def base64_bytes(text: str) -> bytes | None:
    """What .NET decodes ``text`` to, or None if it is not base64; blanks and line breaks do not count."""
    text = text.translate(WITHOUT_BLANKS)
    return binascii.a2b_base64(text) if BASE64.fullmatch(text) else None


@lru_cache(maxsize=4096)
def fold(name: str) -> str:
    """``name`` as .NET's OrdinalIgnoreCase compares it: one character for one, no other letter equals an ASCII one."""
    return name.upper() if name.isascii() else "".join(map(_upper, name))


@lru_cache(maxsize=64)
def second(text: str) -> str:
    """An ISO 8601 time cut to the second, its offset kept; text that is no such time comes back as it is."""
    if WHOLE_SECOND.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat(timespec="seconds")


def timespan(seconds: float) -> str:
    """A duration as .NET writes it: ``00:30:00``, ``1.00:00:00``, ``00:00:01.5000000``."""
    span = timedelta(seconds=seconds)
    minutes, rest = divmod(span.seconds, 60)
    days = f"{span.days}." if span.days else ""
    fraction = f".{span.microseconds * 10:07d}" if span.microseconds else ""
    return f"{days}{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}{fraction}"


def _iso_date(match: re.Match[str]) -> Date:
    year, month, day, hour, minute, second_, fraction, zulu, sign, hours, minutes = match.groups()
    moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second_))
    zone = zulu or ""
    if sign:
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        moment += -offset if sign == "+" else offset
        zone = "+00:00"
    return _date(moment, (fraction or "").rstrip("0"), zone)


def _microsoft_date(text: str) -> Date | None:
    match = MICROSOFT_DATE.fullmatch(text)
    if match is None:
        return None
    seconds, milliseconds = divmod(int(match[1]), 1000)
    moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return _date(moment, f"{milliseconds:03d}".rstrip("0"), "Z")


def _date(moment: datetime, fraction: str, zone: str) -> Date:
    iso = f"{moment.isoformat()}{f'.{fraction}' if fraction else ''}{zone}"
    return Date(f"{moment.month:02d}/{moment.day:02d}/{moment.year:04d} {moment.time().isoformat()}", iso)


def _plain(digits: str, power: int) -> str:
    if power >= 0:
        return digits + "0" * power
    if -power < len(digits):
        return f"{digits[:power]}.{digits[power:]}"
    return f"0.{digits.rjust(-power, '0')}"


def _upper(letter: str) -> str:
    upper = letter.upper()
    return letter if len(upper) != 1 or (upper.isascii() and not letter.isascii()) else upper
