"""Rounds of all small changes of the events that showed something new, the likeliest of the newest first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.mutation.boundaries import changes
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["Begun", "Rounds", "merged_rounds"]

Begun: TypeAlias = tuple[Event, bool, int]
"""An event, whether the handler turned it away, and how many of its changes were told."""

MAX_ROUNDS, CHANGES = 60, 1500
FRESH, FRESH_SHARE = 500, 0.85
"""So many changes of each event, the likeliest ones, are this share of the events while there are any."""

SHARE = 0.4
"""Of the events, while other changes are left."""

TAKEN_SHARE = 0.8
"""Of the fresh ones, those of events that the handler took."""


@dataclass(slots=True)
class _Round:
    event: Event
    rejected: bool
    told: int = 0
    changes: Iterator[Event] | None = None


@dataclass(slots=True)
class Rounds:
    """All small changes of each of some events; of ``share`` (number, of) workers each takes others."""

    function: Function
    words: Dictionary
    seed: int
    share: tuple[int, int] = (0, 1)
    _open: list[_Round] = field(default_factory=list)

    def begin(self, event: Event, rejected: bool) -> None:
        """Take an event that showed something new, while there is room."""
        if len(self._open) < MAX_ROUNDS:
            self._open.append(_Round(event, rejected))

    def turn_away(self, events: Collection[Event]) -> None:
        """These events were refused, as is known now."""
        for item in self._open:
            item.rejected = item.rejected or item.event in events

    def next_change(self, random: Random, is_needless: Callable[[Event], bool]) -> tuple[Event, Event | None] | None:
        """The next small change of one of the events, mostly of a new one, and the event if the handler took it; None
        when it is the turn of others.
        """
        number, of = self.share
        while self._open:
            fresh = [item for item in self._open if item.told < FRESH]
            if random.random() >= (FRESH_SHARE if fresh else SHARE):
                return None
            chosen = self._fresh(fresh, random) if fresh else self._any(random)
            if chosen.changes is None:
                whole = changes(chosen.event, self.function, self.words, self.seed)
                chosen.changes = islice(whole, number + chosen.told * of, CHANGES, of)
            for event in chosen.changes:
                chosen.told += 1
                if not is_needless(event):
                    return event, None if chosen.rejected else chosen.event
            self._open = [item for item in self._open if item is not chosen]
        return None

    def _fresh(self, fresh: Sequence[_Round], random: Random) -> _Round:
        """Mostly of an event that the handler took; the one of which the fewest changes were told."""
        taken = [item for item in fresh if not item.rejected]
        return min(taken if taken and random.random() < TAKEN_SHARE else fresh, key=lambda item: item.told)

    def _any(self, random: Random) -> _Round:
        return self._open[len(self._open) - 1 - int(len(self._open) * random.random() ** 2)]

    def state(self) -> tuple[Begun, ...]:
        """The rounds that are not at their end."""
        return tuple((item.event, item.rejected, item.told) for item in self._open)

    def resume(self, begun: Sequence[Begun], share: tuple[int, int]) -> None:
        """Go on from what ``state`` gave, with this worker's share."""
        self.share = share
        self._open = [_Round(*item) for item in begun]


def merged_rounds(base: Sequence[Begun], ends: Sequence[Sequence[Begun]]) -> tuple[Begun, ...]:
    """The rounds that nobody has ended, each as far as the slowest worker came with its share; then new ones."""
    told = [{event: count for event, _, count in end} for end in ends]
    begun = [
        (event, rejected, min(each[event] for each in told))
        for event, rejected, _ in base
        if all(event in each for each in told)
    ]
    known = {event for event, _, _ in base}
    new = {event: rejected for end in ends for event, rejected, _ in end if event not in known}
    return (*begun, *((event, rejected, 0) for event, rejected in new.items()))[:MAX_ROUNDS]
