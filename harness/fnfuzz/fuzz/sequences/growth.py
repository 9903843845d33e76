"""Do memory, threads and descriptors grow with the number of events? (alibaba-fc.md 4.2, docs/design.md, sequences)

One event in batches, over and over: pools, caches and collectors of garbage take their room in the first ones and stop;
a leak goes on. It has to go on in a fresh instance once more.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

from fnfuzz.contracts.model import Violation
from fnfuzz.drivers.usage import Usage, room_of, usage_of
from fnfuzz.events import Event
from fnfuzz.fuzz.behaviour import Signature, signature
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.scripts import Item
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.host import StartFailed

__all__ = ["BATCHES", "LEAST", "LOOK", "SUSPECT", "Grown", "Look", "grown", "grows", "look", "wavering"]

BATCHES = 4
"""After one to warm up."""

LEAST, MOST = 60, 4000
"""Events of one batch. A time budget sets their number; where cases are counted it is the least."""

LOOK, LOOK_WARM, LOOK_LEAST = 30, 3, 12
"""Events of a quick look at threads and descriptors, those before it, and how many of them say something at least."""

LOOK_SECONDS = 0.4
SUSPECT = 20
"""Events of one batch where a quick look showed something, and seconds are few."""

HANDLES = 0.08
"""Descriptors or threads for each event."""

MEMORY = 512
"""Bytes for each event."""

EVEN = 0.6
"""Each batch adds at least this part of what the batches add on the average."""

GIVEN_BACK = 1.0
"""Seconds in which a handler gives back what it closes a little late."""

LONGER = 3
"""Memory has to grow on over so many more batches in the second round."""


WAVERING = 4
"""So many changes of mind about the same event are no limit that was reached, nor a thing that is known by now."""


@dataclass(frozen=True, slots=True)
class Look:
    """Are there more threads or descriptors after some events than before, and was their answer now this, now that?"""

    grows: bool = False
    wavers: bool = False


@dataclass(frozen=True, slots=True)
class Grown:
    """What each event leaves behind, on the average: ``what`` is memory, threads or descriptors."""

    what: str
    each: float


def look(stage: Stage, source: FunctionSource, event: Event) -> Generator[RunEvent, None, Look]:
    """A quick look at what the same event does some times in a row."""
    process = stage.process
    end = time.monotonic() + LOOK_SECONDS
    before: Usage | None = None
    seen: list[Signature] = []
    while process is not None and len(seen) < LOOK + LOOK_WARM and (len(seen) <= LOOK_WARM or time.monotonic() < end):
        if len(seen) == LOOK_WARM:
            before = usage_of(process)
        exchange = (yield from stage.case(source, event)) if stage.allows() else None
        if exchange is None or answer_of(exchange) is None:
            return Look()
        seen.append(signature(exchange, source.words.phrases))
    counted = len(seen) - LOOK_WARM
    if process is None or before is None or counted < LOOK_LEAST:
        return Look(wavers=wavering(seen))
    after = usage_of(process)
    most = max(after.threads - before.threads, after.descriptors - before.descriptors)
    return Look(most >= max(2.0, HANDLES * counted), wavering(seen))


def wavering(seen: Sequence[object]) -> bool:
    """Were the same events answered now in one way, now in another, and then in the first one again?"""
    return sum(one != other for one, other in itertools.pairwise(seen)) >= WAVERING


def grows(stage: Stage, item: Item, *, memory: bool) -> Generator[RunEvent, None, None]:
    """Batches of one event as cases of the run; what seems to grow is looked at again in a fresh instance. Without
    ``memory`` batches are short: threads and descriptors show at once.
    """
    process = stage.process
    if process is None:
        return
    least = LEAST if memory else SUSPECT
    began = time.monotonic()
    if not (yield from _batch(stage, item, least)):
        return
    each = (time.monotonic() - began) / least
    size = least if stage.cases is not None or not memory else _size(stage.seconds / (BATCHES + 1), each)
    if size < least or not stage.allows(BATCHES * size):
        return
    seen = [usage_of(process)]
    for _ in range(BATCHES):
        if not (yield from _batch(stage, item, size)):
            return
        seen.append(usage_of(process))
    found = grown(seen, size, room_of(process) if memory else None)
    if any(one.what != "memory" for one in found):
        # Each thread and descriptor has memory of its own.
        found = [one for one in found if one.what != "memory"]
    if found:
        again = _again(stage, item, size, memory=any(one.what == "memory" for one in found))
        for one in found:
            if one.what in again:
                yield from stage.report(_violation(item, one), [(item, item.event)], None, "always")


def grown(seen: Sequence[Usage], size: int, room: int | None) -> list[Grown]:
    """What grows evenly over all batches of ``size`` events; memory above ``room`` bytes only, and not for None."""
    found = []
    for what in ("descriptors", "threads"):
        steps = [getattr(later, what) - getattr(earlier, what) for earlier, later in itertools.pairwise(seen)]
        if min(steps) >= HANDLES * size:
            found.append(Grown(what, sum(steps) / len(steps) / size))
    steps = [later.memory - earlier.memory for earlier, later in itertools.pairwise(seen)]
    total = sum(steps)
    usual = total / len(steps)
    if room is not None and total >= room and usual >= MEMORY * size and min(steps) >= EVEN * usual:
        found.append(Grown("memory", usual / size))
    return found


def _size(seconds: float, each: float) -> int:
    return min(MOST, int(seconds / max(each, 1e-5)))


def _batch(stage: Stage, item: Item, size: int) -> Generator[RunEvent, None, bool]:
    """Did one and the same instance answer all of them?"""
    answered = yield from stage.answered([(item.source, item.event)] * size)
    if answered:
        stage.rest(0.02)
    return answered


def _again(stage: Stage, item: Item, size: int, *, memory: bool) -> set[str]:
    """What grows in a fresh instance as well, memory over more batches, and is not given back a moment later."""
    if not stage.fresh():
        return set()
    host, process = stage.trials.host, stage.process
    if process is None:
        return set()
    seen: list[Usage] = []
    for _ in range(1 + BATCHES + (LONGER if memory else 0)):
        lease = stage.lease
        for _ in range(size):
            try:
                host.invoke(item.source.function, item.event)
            except StartFailed:
                return set()
            if stage.lease != lease:
                return set()
        stage.rest(0.02)
        seen.append(usage_of(process))
    found = {one.what for one in grown(seen, size, room_of(process) if memory else None)}
    if found - {"memory"}:
        stage.rest(GIVEN_BACK)
        after, enough = usage_of(process), HANDLES * size * BATCHES
        found -= {what for what in found if what != "memory" and _left(seen, after, what) < enough}
    return found


def _left(seen: Sequence[Usage], after: Usage, what: str) -> float:
    return float(getattr(after, what) - getattr(seen[0], what))


def _violation(item: Item, found: Grown) -> Violation:
    function = item.source.function
    which = "events that are turned away or fail" if item.rejected else "such events"
    left = (
        f"{found.each / 10.24:.0f} KiB of memory" if found.what == "memory" else f"{100 * found.each:.0f} {found.what}"
    )
    message = f"100 {which} leave about {left} behind, and it does not stop."
    handles = function.contract.startswith("fc") and found.what != "memory"
    rule = "fd-or-thread-growth" if handles else "resource-growth"
    place = "threads and processes" if handles and found.what == "threads" else found.what
    return Violation(rule, message, place)
