"""Which records are asked for."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from fnfuzz.corpus.format.kinds import Kind, Kinds
from fnfuzz.corpus.ordering import Places
from fnfuzz.corpus.shape import status_class

__all__ = ["Filter", "microseconds"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Filter:
    """``kind`` holds what a record's kind must be, by its field; times are microseconds since 1970, None for any."""

    kind: tuple[tuple[str, str], ...]
    status: str | None
    shape: str | None
    since: int | None
    until: int | None

    @classmethod
    def of(
        cls,
        contract: str | None,
        function: str | None,
        trigger: str | None,
        status: str | int | None,
        shape: str | None,
        since: datetime | int | None,
        until: datetime | int | None,
    ) -> Filter:
        """The filter that ``Corpus.items`` describes."""
        named = (("contract", contract), ("function", function), ("trigger", trigger))
        return cls(
            tuple((name, value) for name, value in named if value is not None),
            None if status is None else str(status),
            shape,
            microseconds(since),
            microseconds(until),
        )

    def places(self, times: array[int], kinds: Callable[[], Kinds]) -> Places:
        """The places of a segment's records that pass; ``kinds`` is called only if they are needed."""
        places: Places = range(len(times))
        if self.kind or self.status is not None or self.shape is not None:
            known = kinds()
            fitting = [self.takes(kind) for kind in known.kinds]
            places = array("I", (place for place, which in enumerate(known.which) if fitting[which]))
        if self.since is not None or self.until is not None:
            low, high = self.since or 1, 2**63 if self.until is None else self.until
            places = array("I", (place for place in places if low <= times[place] < high and times[place]))
        return places

    def takes(self, kind: Kind) -> bool:
        """Do records of this kind pass, apart from their times?"""
        return (
            all(getattr(kind, name) == value for name, value in self.kind)
            and (self.status is None or self.status in (kind.status, status_class(kind.status)))
            and (self.shape is None or (kind.shape != "" and kind.shape.startswith(self.shape)))
        )


def microseconds(time: datetime | int | None) -> int | None:
    """Microseconds since 1970; a time without a zone is UTC."""
    if time is None or isinstance(time, int):
        return time
    aware = time if time.tzinfo is not None else time.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)
