"""Events of recorded corpora to begin with: real ones are nearer to what a handler takes than any that are made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Final

from fnfuzz.app.model import Function
from fnfuzz.contracts.route_template import route_of
from fnfuzz.corpus import Corpus
from fnfuzz.corpus.behaviours import Behaviours
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.plan import Recorded
from fnfuzz.fuzz.sources import weight
from fnfuzz.fuzz.trees.tree import to_event, to_tree

__all__ = ["recorded_events", "recorded_for"]

LOOKED_AT: Final = 20_000
"""Records of each corpus that are looked at, the first ones."""

KEPT: Final = 50
"""Events of each function and trigger, no two with the same behaviours."""

MOST_KINDS: Final = 200
LARGEST: Final = 256 * 1024
"""Bytes of an event's payload."""


def recorded_events(corpora: Iterable[Corpus]) -> tuple[Recorded, ...]:
    """Events of the corpora that show something no earlier one did, in the order of recording. Raises CorpusError."""
    told, seen, counts = Behaviours(), set[str](), Counter[tuple[str, str]]()
    found: list[Recorded] = []
    for corpus in corpora:
        for _, record in islice(corpus.items(), LOOKED_AT):
            event = record.event
            if event is None or weight(event) > LARGEST:
                continue
            kind = record.function, event.trigger
            shown = set(told.of(record))
            if shown <= seen or counts[kind] >= KEPT or (kind not in counts and len(counts) >= MOST_KINDS):
                continue
            seen |= shown
            counts[kind] += 1
            found.append((record.function, event))
    return tuple(found)


def recorded_for(function: Function, functions: Sequence[Function], recorded: Iterable[Recorded]) -> tuple[Event, ...]:
    """The events that a host could deliver to ``function``: those recorded of one of its name, and where it alone has
    its trigger those of functions that the app does not have.
    """
    names = {item.name for item in functions}
    only = sum(item.trigger == function.trigger for item in functions) == 1
    fitting = (event for name, event in recorded if name == function.name or (only and name not in names))
    return tuple(dict.fromkeys(event for event in fitting if _is_for(event, function)))


def _is_for(event: Event, function: Function) -> bool:
    if event.trigger != function.trigger:
        return False
    if isinstance(event, HttpEvent):
        methods = function.methods
        if route_of(function).values(event.path) is None or (methods and event.method not in methods):
            return False
    return to_event(to_tree(event, function), event, function) is not None
