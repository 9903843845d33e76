"""Times as other tools write them, as the ISO 8601 texts that events hold and the microseconds of records."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = ["iso", "micros"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
AMERICAN = "%m/%d/%Y %I:%M:%S %p"
"""How Event Hubs Capture writes times."""

MILLISECONDS = 10**11
"""Numbers above it count milliseconds, not seconds: as seconds they would be later than the year 5138."""


def iso(value: object) -> str | None:
    """``value`` in UTC with its offset, or None for what is no time."""
    moment = _moment(value)
    return None if moment is None else moment.isoformat()


def micros(value: object) -> int:
    """Microseconds since 1970, or 0 for what is no time."""
    moment = _moment(value)
    return 0 if moment is None else max(0, (moment - EPOCH) // timedelta(microseconds=1))


def _moment(value: object) -> datetime | None:
    try:
        moment = _parsed(value)
        if moment is None or not 1 < moment.year < 9999:
            return None
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError, TypeError):
        return None


def _parsed(value: object) -> datetime | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return EPOCH + timedelta(seconds=value / 1000 if abs(value) > MILLISECONDS else value)
    if not isinstance(value, str) or not 8 <= len(value) <= 64:
        return None
    if value.isascii() and value.isdigit():
        return _parsed(int(value))
    if "/" in value:
        return datetime.strptime(value, AMERICAN)
    return parsedate_to_datetime(value) if "," in value else datetime.fromisoformat(value)
