"""Event sources that are registered: installed ones under the entry points ``fnfuzz.events``, and those of extensions.

What others make is looked at: an event of the wrong shape, or one that no host can deliver, is left out, and that is
told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, replace
from fnmatch import fnmatchcase
from functools import partial
from importlib.metadata import EntryPoint
from itertools import chain, islice
from typing import Any, TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.events import EVENT_TYPES, BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, from_data, to_data
from fnfuzz.extensions.force import Feed, in_force
from fnfuzz.extensions.fuse import Fuse
from fnfuzz.extensions.loading import home_of, installed, resolved
from fnfuzz.fuzz.trees.tree import PAYLOADS, to_event, to_tree

__all__ = ["SEEDS_NAME", "Source", "event_sources", "legal_event", "of_shape"]

Source: TypeAlias = Callable[[Function, int, int], Iterable[Event]]
GROUP = "fnfuzz.events"
SEEDS_NAME = "seeds"
"""The source whose events a run begins with; those of extensions are among them. All others are drawn from."""

OURS = "fnfuzz"
"""The distribution whose events need no look."""

PATIENCE = 60.0
"""Seconds that an installed source may take for one function."""


def event_sources() -> dict[str, Source]:
    """The event sources by name, in name order; several of one name together. Raises ExtensionError."""
    found: dict[str, list[Source]] = {}
    own = in_force()
    if own.feeds:
        found[SEEDS_NAME] = [partial(_of_feed, feed) for feed in own.feeds]
    for entry in installed(GROUP):
        found.setdefault(entry.name, []).append(_of_entry(entry))
    return {name: found[name][0] if len(found[name]) == 1 else _together(found[name]) for name in sorted(found)}


def _together(sources: Sequence[Source]) -> Source:
    return lambda function, count, seed: chain.from_iterable(source(function, count, seed) for source in sources)


def _of_entry(entry: EntryPoint) -> Source:
    source: Source = resolved(entry)
    if entry.dist is not None and entry.dist.name == OURS:
        return source
    name = f"installed event source {entry.name} of {entry.dist.name if entry.dist is not None else entry.value}"
    fuse = Fuse(name, home_of(entry), in_force().notices, PATIENCE)
    return partial(_made, source, fuse)


def _of_feed(feed: Feed, function: Function, count: int, seed: int) -> Iterator[Event]:
    if feed.pattern == function.trigger or fnmatchcase(function.name, feed.pattern):
        return _made(feed.target, feed.fuse, function, count, seed)
    return iter(())


def _made(target: Callable[..., Any], fuse: Fuse, function: Function, count: int, seed: int) -> Iterator[Event]:
    """The legal events of a source that is not ours."""
    for item in fuse.call(_listed, target, function, count, seed) or ():
        event = legal_event(item, _plain(item, function), function)
        if isinstance(event, str):
            fuse.nonsense(f"an event for {function.name} is left out: {event}")
        else:
            yield event


def _listed(target: Callable[..., Any], function: Function, count: int, seed: int) -> list[Any]:
    return list(islice(target(function, count, seed) or (), count))


def _plain(event: Any, function: Function) -> Event:
    """What ``event`` is compared with: everyday values where a sender varies them, its own elsewhere."""
    match event:
        case QueueEvent():
            return replace(event, message=b"", dequeue_count=1)
        case BlobEvent():
            everyday = BlobEvent()
            typical = typical_event(function)
            name = typical.name if isinstance(typical, BlobEvent) else everyday.name
            return replace(event, name=name, content=b"", content_type=everyday.content_type, metadata=())
        case RawEvent():
            return RawEvent()
        case HttpEvent():
            typical = typical_event(function)
            return typical if isinstance(typical, HttpEvent) else HttpEvent()
    return event if type(event) in EVENT_TYPES.values() else typical_event(function)


def legal_event(made: object, base: Event, function: Function) -> Event | str:
    """``made`` as an event that a host can deliver to ``function``, or why it is none.

    The law is that of our own mutants: what a sender cannot vary has to be as in ``base``.
    """
    if type(made) not in EVENT_TYPES.values():
        return f"{type(made).__name__} is no event"
    event = of_shape(made)
    if isinstance(event, str):
        return event
    if event.trigger != function.trigger or type(base) is not type(event):
        return f"it is a {event.trigger} event, the function is fed by {function.trigger}"
    tree = to_tree(event, function)
    for key in PAYLOADS:
        if key in tree:
            tree[key] = {"bytes": getattr(event, key)}
    able = to_event(tree, base, function)
    if able == event:
        return event
    if able is None:
        return "no host can deliver it to this function"
    wrong = [field.name for field in fields(event) if getattr(event, field.name) != getattr(able, field.name)]
    return f"no host can deliver it with this {' and '.join(wrong)}"


def of_shape(made: Any) -> Event | str:
    """The event with values of its own types, so that lists of pairs become tuples; or why it is none."""
    try:
        event = from_data(to_data(made))
        pairs = {field.name: getattr(made, field.name) for field in fields(made)}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        return f"it is no event of its kind: {error}"[:300]
    wrong = [name for name, value in pairs.items() if not _same(value, getattr(event, name))]
    return f"it is no event of its kind: wrong type of {' and '.join(wrong)}" if wrong else event


def _same(value: object, read: object) -> bool:
    if isinstance(read, tuple) and isinstance(value, (list, tuple)):
        return tuple(tuple(pair) for pair in value) == read
    return type(value) is type(read) and value == read
