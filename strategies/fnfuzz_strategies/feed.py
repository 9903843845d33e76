"""What fnfuzz itself draws from this package, through the entry points ``fnfuzz.events``.

An event source is a function of (function, count, seed) that yields legal events for that function; anybody may
register another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import blob_name, http_path
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent
from fnfuzz_strategies.contract_forms import events_for
from fnfuzz_strategies.drawing import draw_many
from fnfuzz_strategies.realistic import samples
from fnfuzz_strategies.seeds import seeds

__all__ = ["drawn_for", "seeds_for"]

REALISTIC_SHARE = 4


def seeds_for(function: Function, count: int, seed: int) -> Iterator[Event]:
    """The hand-picked events of the trigger, moved to the function's route or path."""
    for event in seeds(function.trigger)[:count]:
        yield from _moved(event, function)


def drawn_for(function: Function, count: int, seed: int) -> Iterator[Event]:
    """Hypothesis examples for diversity, and a few realistic events on Faker.

    Realistic ones only for a function whose route or path has no strategy.
    """
    realistic = max(1, count // REALISTIC_SHARE)
    for event in samples(function.trigger, count=realistic, seed=seed):
        yield from _moved(event, function)
    try:
        events = events_for(function)
    except ValueError:
        return
    yield from draw_many(events, count - realistic, seed)


def _moved(event: Event, function: Function) -> Iterator[Event]:
    match event:
        case HttpEvent():
            if not function.methods or event.method in function.methods:
                yield replace(event, path=http_path(function))
            elif event.body:
                yield from (
                    replace(event, path=http_path(function), method=method)
                    for method in function.methods
                    if method in ("POST", "PUT", "PATCH")
                )
        case BlobEvent():
            yield replace(event, name=blob_name(function, event.name))
        case QueueEvent() if event.dequeue_count > function.max_dequeue_count:
            yield replace(event, dequeue_count=function.max_dequeue_count)
        case _:
            yield event
