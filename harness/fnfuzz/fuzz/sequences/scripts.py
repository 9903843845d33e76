"""What is sent one after another on one instance: steps, and the scripts that are made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal

from fnfuzz.events import Event, QueueEvent
from fnfuzz.fuzz.sequences.noise import Baseline
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.turns import in_turn

__all__ = ["IN_A_ROW", "Item", "Script", "Step", "scripts"]

ORDERS = 4
"""Shuffled orders of all items."""

REST = 1.2
"""Seconds: longer than what handlers that look at the clock once a second would notice."""

IN_A_ROW = 3
MOST_DELIVERIES = 5


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """An event that stands for a behaviour of its function. ``rejected`` when a fresh instance turns it away or fails
    on it; ``marks`` are words that only this event holds. Items of one ``family`` differ in their data only.
    """

    source: FunctionSource
    event: Event
    rejected: bool
    baseline: Baseline
    marks: tuple[str, ...] = ()
    family: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """send: deliver ``event``. leave: a client that sends it and goes away at once. rest: wait a while."""

    kind: Literal["send", "leave", "rest"]
    item: Item
    event: Event
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class Script:
    """``name`` tells the kind. ``redelivers`` when every step but the first is the same message once more. ``keyed``
    when the events have data in common by which a handler may know the thing that both speak of.
    """

    name: str
    steps: tuple[Step, ...] = field(default=())
    redelivers: bool = False
    keyed: bool = False


def scripts(items: Sequence[Item], random: Random, *, aborts: bool, rests: bool) -> Iterator[Script]:
    """The scripts, the most telling first, kinds in turn; the same for the same items and ``random``."""
    kinds = [_again(items), _there_and_back(items), _after_failure(items), _redelivered(items), _orders(items, random)]
    if aborts:
        kinds.append(_after_leaving(items))
    if rests:
        kinds.append(_after_rest(items))
    yield from in_turn(kinds)


def _send(item: Item) -> Step:
    return Step("send", item, item.event)


def _again(items: Sequence[Item]) -> Iterator[Script]:
    for item in items:
        yield Script("again", (_send(item),) * IN_A_ROW)


def _there_and_back(items: Sequence[Item]) -> Iterator[Script]:
    """Neighbours first: variants of one event are neighbours."""
    for distance in range(1, len(items)):
        for one, other in zip(items, items[distance:], strict=False):
            yield Script("there and back", (_send(one), _send(other), _send(one)))


def _after_failure(items: Sequence[Item]) -> Iterator[Script]:
    good = [item for item in items if not item.rejected]
    for bad in (item for item in items if item.rejected):
        for item in good[:2]:
            yield Script("after a failure", (_send(bad), _send(item)))


def _redelivered(items: Sequence[Item]) -> Iterator[Script]:
    for item in items:
        again = tuple(_deliveries(item))
        if again and not item.rejected:
            yield Script("redelivery", (_send(item), *again), redelivers=True)


def _deliveries(item: Item) -> Iterator[Step]:
    """The further deliveries of one message (azure-functions.md 5.4, alibaba-fc.md 4.2)."""
    function, event = item.source.function, item.event
    most = min(MOST_DELIVERIES, function.max_dequeue_count)
    if isinstance(event, QueueEvent):
        for count in range(event.dequeue_count + 1, most + 1):
            again = replace(event, dequeue_count=count, pop_receipt=f"AgAAAAMAAAAAAAAAs{count}9fZ4mS2wE=")
            yield Step("send", item, again, attempt=count - 1)
    elif function.trigger == "blob" or function.contract == "fc-event":
        yield Step("send", item, event, attempt=1)


def _orders(items: Sequence[Item], random: Random) -> Iterator[Script]:
    if len(items) < 2:
        return
    yield Script("in turn", tuple(map(_send, reversed(items))))
    for _ in range(ORDERS):
        shuffled = list(items) * 2
        random.shuffle(shuffled)
        yield Script("in turn", tuple(map(_send, shuffled)))


def _after_leaving(items: Sequence[Item]) -> Iterator[Script]:
    for one, other in zip(items, [*items[1:], *items[:1]], strict=True):
        yield Script("after a client left", (Step("leave", one, one.event), _send(other)))


def _after_rest(items: Sequence[Item]) -> Iterator[Script]:
    if items:
        first, last = items[0], items[-1]
        yield Script("after a rest", (_send(first), Step("rest", first, first.event), _send(first), _send(last)))
