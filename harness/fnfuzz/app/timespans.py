"""The time spans of .NET configuration: ``[days.]hh:mm[:ss[.fraction]]``, or a number of days."""

from __future__ import annotations

import re

from fnfuzz.app.sections import Section

__all__ = ["seconds"]

_CLOCK = re.compile(r"(?:(\d{1,7})\.)?(\d{1,7}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?")
_DAYS = re.compile(r"\d{1,7}")


def seconds(section: Section, name: str, default: float) -> float:
    """The time span under ``name`` in seconds. Raises AppError for anything else."""
    text = section.text(name).strip()
    if not text:
        return default
    if _DAYS.fullmatch(text):
        return int(text) * 86400.0
    match = _CLOCK.fullmatch(text)
    expected = 'a time span such as "00:05:00" (hours, minutes, seconds)'
    if match is None:
        raise section.wrong(name, expected)
    days, hours, minutes, rest = (int(part or 0) for part in match.groups()[:4])
    if hours > 23:
        # .NET reads 24:00:00 as 24 days: hours that are too large for a clock are days, and all else moves one place.
        days, hours, minutes, rest = days + hours, minutes, rest, 0
    if hours > 23 or minutes > 59 or rest > 59:
        raise section.wrong(name, expected)
    return days * 86400.0 + hours * 3600 + minutes * 60 + rest + float(f"0.{match[5] or 0}")
