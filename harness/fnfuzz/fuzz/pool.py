"""Events that are worth mutating: each showed something new, or got further than others."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from fnfuzz.app.model import Function
from fnfuzz.events import Event, HttpEvent, TimerEvent
from fnfuzz.fuzz.behaviour import Signature
from fnfuzz.fuzz.learnt import Kept
from fnfuzz.fuzz.trees.tree import Tree, payload, to_tree

__all__ = ["Pool", "Worth", "weight"]

MOST = 400
MOST_BYTES = 16 * 1024 * 1024
"""The mutable events together, as bytes of payload; trees take some ten times as much."""

RARELY = {"HEAD": 4.0}
"""What a method shows less than others: HEAD does what GET does."""

REFUSED = 2.0
"""What an event that was turned away shows less than others."""

NEWEST, NEWEST_SHARE = 8, 0.15
"""One of so many newest events is mutated in this share of the cases."""


@dataclass(slots=True)
class Worth:
    """An event as it is mutated. ``dullness`` is how much less than others it is worth that."""

    tree: Tree
    base: Event
    seen: Signature
    rejected: bool
    chosen: int
    dullness: float


@dataclass(slots=True)
class Pool:
    """For one function. What is left to chance is drawn from the ``random`` that is given."""

    function: Function
    bytes: int = 0
    _items: list[Worth] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self._items)

    def keep(self, kept: Kept, random: Random) -> None:
        """Take an event; a full pool lets go of any other."""
        event = kept.event
        dull = RARELY.get(event.method, 1.0) if isinstance(event, HttpEvent) else 1.0
        dull *= REFUSED if kept.rejected else 1.0
        tree = to_tree(event, self.function)
        self._items.append(Worth(tree, event, kept.seen, kept.rejected, kept.chosen, dull))
        self.bytes += weight(event)
        while len(self._items) > MOST or (self.bytes > MOST_BYTES and len(self._items) > 1):
            self.bytes -= weight(self._items.pop(random.randrange(len(self._items) - 1)).base)

    def turn_away(self, refused: Callable[[Signature], bool]) -> set[Event]:
        """Those of these behaviours were turned away, as is known now."""
        away = [item for item in self._items if not item.rejected and refused(item.seen)]
        for item in away:
            item.rejected = True
            item.dullness *= REFUSED
        return {item.base for item in away}

    def choose(self, seen: Mapping[Signature, int], random: Random) -> Worth:
        """The event to mutate next: the best of a few at random, or one of the newest. ``seen`` tells how often each
        behaviour was shown.
        """
        items = self._items

        def energy(item: Worth) -> float:
            # Less is better: what was mutated seldom, shows a rare behaviour, and was not turned away.
            return (item.chosen + 1.0) * math.sqrt(seen.get(item.seen, 1)) * item.dullness

        if random.random() < NEWEST_SHARE:
            best = items[-1 - int(random.random() * min(len(items), NEWEST))]
        else:
            best = min((items[int(random.random() * len(items))] for _ in range(3)), key=energy)
        best.chosen += 1
        return best

    def any(self, random: Random) -> Worth:
        """One at random."""
        return random.choice(self._items)

    def ranked(self, seen: Mapping[Signature, int], count: int) -> list[tuple[Event, bool]]:
        """At most ``count`` events of different behaviours, those that the handler took before those that it turned
        away, rare ones first; each with: was it turned away?
        """
        # What was kept for another reason than its behaviour has none.
        ranked = [item for item in self._items if item.seen]
        ranked.sort(key=lambda item: (item.rejected, seen.get(item.seen, 0)))
        return list({item.seen: (item.base, item.rejected) for item in reversed(ranked)}.values())[::-1][:count]

    def state(self) -> tuple[Kept, ...]:
        """All of them, for another process to go on with."""
        return tuple(Kept(item.base, item.seen, item.rejected, item.chosen) for item in self._items)


def weight(event: Event) -> int:
    """The bytes of the event's payload."""
    return len(event.payload if isinstance(event, TimerEvent) else payload(event))
