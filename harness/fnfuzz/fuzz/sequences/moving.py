"""Does an event that has one part more than another change what that other one gets?

Not only words of an event may stay behind: a price that is set for this once, a table that is sorted in its place, a
limit that is raised. So the event without the part is asked twice, then comes the whole one, then the other again.
"""

from __future__ import annotations

from collections.abc import Generator
from itertools import islice

from fnfuzz.events import Event
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.noise import learn
from fnfuzz.fuzz.sequences.omissions import LeftOut, only_named, parts_of
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trees.places import without
from fnfuzz.fuzz.trees.tree import to_event, to_tree
from fnfuzz.fuzz.trials import was_rejected

__all__ = ["moved"]

MOST_PARTS = 16
"""Of one event, each for a fresh instance."""


def moved(stage: Stage, source: FunctionSource, event: Event) -> Generator[RunEvent, None, LeftOut | None]:
    """The event, and itself without one of its parts, after which the latter has another answer than before."""
    tree = only_named(to_tree(event, source.function), source.words)
    whole = to_event(tree, event, source.function)
    if whole is None:
        return None
    for part in islice(parts_of(tree), MOST_PARTS):
        less = without(tree, (part,))
        lean = to_event(less, event, source.function) if less is not None else None
        if lean is None:
            continue
        if not stage.allows(1, 1):
            return None
        exchange = yield from stage.case(source, lean)
        if exchange is None or answer_of(exchange) is None or was_rejected(source, exchange):
            continue
        if _moves(stage, source, whole, lean):
            return LeftOut(whole, lean, ())
    return None


def _moves(stage: Stage, source: FunctionSource, whole: Event, lean: Event) -> bool:
    answers = [answer_of(item) for item in stage.replay_events(source.function, (lean, lean, whole, lean))]
    told = [answer for answer in answers if answer is not None]
    usual = learn(told[:2]) if len(told) == 4 else None
    return usual is not None and bool(usual.unlike(told[3], 3))
