"""Times as the platforms write them: ISO 8601, UTC, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

__all__ = ["instants", "iso", "iso_times", "lifetimes"]

_FIRST, _LAST = datetime(2020, 1, 1), datetime(2037, 12, 31)
_EDGES = (
    datetime(2024, 2, 29, 23, 59, 59),
    datetime(2025, 12, 31, 23, 59, 59),
    datetime(2025, 3, 30, 1, 0, 0),  # clocks go forward in Europe
    datetime(2025, 10, 26, 1, 0, 0),  # and back
)


def iso(instant: datetime) -> str:
    """``2025-03-11T09:15:01+00:00`` for a naive UTC ``instant``."""
    return instant.replace(microsecond=0, tzinfo=UTC).isoformat()


def instants() -> SearchStrategy[datetime]:
    """Naive UTC times between 2020 and 2037, to the second, with edges of the calendar among them."""
    seconds = st.integers(0, int((_LAST - _FIRST).total_seconds()))
    return st.one_of(seconds.map(lambda s: _FIRST + timedelta(seconds=s)), st.sampled_from(_EDGES))


def iso_times() -> SearchStrategy[str]:
    """Texts such as ``2025-03-11T09:15:01+00:00``."""
    return instants().map(iso)


def lifetimes(*, longest: timedelta) -> SearchStrategy[tuple[str, str]]:
    """Pairs of ISO texts, the second 1 s to ``longest`` after the first."""
    seconds = st.integers(1, int(longest.total_seconds()))
    return st.tuples(instants(), seconds).map(lambda life: (iso(life[0]), iso(life[0] + timedelta(seconds=life[1]))))
