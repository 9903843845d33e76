"""Which one of many events leaves threads or descriptors open? Halves of them on a fresh instance tell."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from fnfuzz.drivers.usage import usage_of
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.streaming import Chosen

__all__ = ["leaving"]

WARM = 32
"""Events that open what a handler opens once."""

SENT = 2.2
"""As often each event is sent in the worst case, on the average."""

SURE = 2
"""So many more: the other half need not be looked at."""

CLOSED = 0.01
"""Seconds in which a handler ends what it does not leave."""


def leaving(stage: Stage, events: Sequence[Chosen]) -> Generator[RunEvent, None, Chosen | None]:
    """The event after which most is left, as cases of the run; None where none leaves anything, or there is no time."""
    if not events or not stage.allows(WARM, 1) or not stage.fresh():
        return None
    if (yield from _left(stage, events[:WARM])) is None:
        return None
    events = events[-_affordable(stage, events) :]
    while len(events) > 1:
        middle = len(events) // 2
        halves = events[:middle], events[middle:]
        left: list[int] = []
        for half in halves:
            more = yield from _left(stage, half)
            if more is None:
                return None
            left.append(more)
            if more >= SURE:
                break
        if max(left) < 1:
            return None
        events = halves[left.index(max(left))]
    return events[0]


def _affordable(stage: Stage, events: Sequence[Chosen]) -> int:
    """So many events can be halved down to one."""
    if stage.cases is not None:
        return max(1, int((stage.cases - stage.trials.cases) / SENT))
    each = max(source.mean_seconds for source, _ in events)
    return max(1, int(stage.seconds / (SENT * max(each, 1e-5))))


def _left(stage: Stage, events: Sequence[Chosen]) -> Generator[RunEvent, None, int | None]:
    """So many more threads and descriptors are there after these events; None when the instance did not last."""
    process = stage.process
    if process is None:
        return None
    before = usage_of(process).handles
    if not (yield from stage.answered(events)):
        return None
    stage.rest(CLOSED)
    return usage_of(process).handles - before
