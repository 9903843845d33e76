"""Threads and descriptors of the live instance over a run: do more and more of them stay open?"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from fnfuzz.drivers.usage import usage_of
from fnfuzz.fuzz.triage import Case

__all__ = ["Handles", "is_due"]

WARM = 64
"""So many events of an instance open what a handler opens once."""

MORE = 8
"""So many more since then are worth a search for the event that leaves them."""


class Handles:
    """Looks after 64, 128, 256 ... events of one instance: that costs nothing, and a run that is repeated case by case
    looks at the same cases.
    """

    def __init__(self) -> None:
        self.left_by: tuple[Case, ...] = ()
        """Events between two looks, with more left open after them than before; the last such events of the run."""

        self._warm = self._last = 0

    def after(self, number: int, process: int, tail: Sequence[Case]) -> None:
        """Event ``number`` of the instance that ``process`` leads was the last one of ``tail``."""
        if not is_due(number):
            return
        now = usage_of(process).handles
        if number == WARM:
            self._warm = self._last = now
        if now - self._warm >= MORE and now - self._last >= MORE // 2:
            self.left_by = tuple(islice(tail, max(0, len(tail) - number // 2), None))
        self._last = now


def is_due(number: int) -> bool:
    """Is it time for a look after event ``number`` of an instance?"""
    return number >= WARM and not number & (number - 1)
