"""The order of recording over several segments: by the time at which each request began, and by place without one."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, islice
from operator import le
from typing import TypeAlias

__all__ = ["Places", "in_order"]

Places: TypeAlias = Sequence[int]
"""Places of records in one segment, rising."""


def in_order(times: Sequence[array[int]], chosen: Sequence[Places]) -> Iterator[tuple[int, int]]:
    """(segment, place) of the ``chosen`` records of each segment. ``times`` has one for every record, 0 when unknown:
    such a record stays behind the one before it.
    """
    known = [array("q", accumulate(column, _latest)) if 0 in column else column for column in times]
    if _is_sorted(known):
        for segment, places in enumerate(chosen):
            for place in places:
                yield segment, place
        return
    together = sorted(
        column[place] << 64 | segment << 32 | place
        for segment, (column, places) in enumerate(zip(known, chosen, strict=True))
        for place in places
    )
    for item in together:
        yield item >> 32 & 0xFFFFFFFF, item & 0xFFFFFFFF


def _latest(before: int, at: int) -> int:
    return at or before


def _is_sorted(columns: Iterable[array[int]]) -> bool:
    latest = 0
    for column in columns:
        if column and (column[0] < latest or not all(map(le, column, islice(column, 1, None)))):
            return False
        latest = column[-1] if column else latest
    return True
