"""The events that a run begins with: of the sources of events, at the paths of the handler's own routes, in the formats
that it reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain, islice

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.feeds import SEEDS_NAME, Source
from fnfuzz.fuzz.mutation.formed import formed
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["at_places", "drawn_events", "elsewhere", "filled_paths", "of_methods", "seed_events"]

SEEDS, DRAWN = 50, 120
PATH_EVENTS = 14
"""How many of the seeds are tried at each path that the sources name."""

EACH_CHOSEN = 6
"""Texts of the source's tables for one parameter of the path."""

PLACES = 24
"""So many paths with words of the source in them get one event of each method."""


def seed_events(
    function: Function, words: Dictionary, sources: Mapping[str, Source], recorded: Sequence[Event], seed: int
) -> tuple[Event, ...]:
    """A plain one, recorded ones, then those of every source named ``seeds``, good ones in the formats that the
    function's source reads, and some of them all at its own paths.
    """
    plain: tuple[Event, ...] = (
        typical_event(function),
        *recorded,
        *events_from(SEEDS_NAME, sources, function, SEEDS, seed),
    )
    plain = (*plain, *formed(plain, function, words))
    own = in_turn((at_places(plain, function, words), elsewhere(plain, function, words)))
    return tuple(dict.fromkeys((*plain, *own)))


def drawn_events(function: Function, sources: Mapping[str, Source], seed: int) -> tuple[Event, ...]:
    """The examples that all sources but the seeds draw for one function, which takes long."""
    names = (name for name in sources if name != SEEDS_NAME)
    return tuple(event for name in names for event in events_from(name, sources, function, DRAWN, seed))


def events_from(name: str, sources: Mapping[str, Source], function: Function, count: int, seed: int) -> Iterator[Event]:
    """The events of one source, of the function's own trigger only."""
    source = sources.get(name)
    events = source(function, count, seed) if source else ()
    return (event for event in events if event.trigger == function.trigger)


def elsewhere(events: Iterable[Event], function: Function, words: Dictionary) -> Iterator[Event]:
    """Where the route leaves the path open: some of the events, each at all paths that the handler's source names."""
    paths = tuple(reached(words.paths, function))
    for event in unlike([event for event in events if isinstance(event, HttpEvent)])[:PATH_EVENTS]:
        yield from (replace(event, path=path) for path in paths)


def at_places(events: Iterable[Event], function: Function, words: Dictionary) -> Iterator[Event]:
    """One event of each method at paths with words of the source: where the route leaves the path open, at those that
    the source's own routes match; else with texts that its patterns match for the parameters.
    """
    kept = of_methods(event for event in events if isinstance(event, HttpEvent))
    for path in islice(filled_paths(function, words), PLACES):
        yield from (replace(event, path=path) for event in kept)


def of_methods(events: Iterable[HttpEvent]) -> list[HttpEvent]:
    """The first event of each method that does something of its own."""
    found: dict[str, HttpEvent] = {}
    for event in events:
        found.setdefault(event.method, event)
    return [event for method, event in found.items() if method not in ("HEAD", "OPTIONS")]


def filled_paths(function: Function, words: Dictionary) -> Iterator[str]:
    """Paths that reach the function, with words of the source where something varies."""
    if function.trigger != "http":
        return
    yield from reached(words.places, function)
    route = route_of(function)
    names = [part.name for part in route.parameters if not part.rest]
    usual = {part.name: part.sample() for part in route.parameters}
    told = {name.lower(): texts for name, texts in words.choices}
    chosen = in_turn([{name: text} for text in told.get(name.lower(), ())[:EACH_CHOSEN]] for name in names)
    matching = (dict.fromkeys(names, text) for text in words.matches if names)
    for values in chain(chosen, matching):
        if (path := route.path(usual | values)) is not None:
            yield path


def reached(paths: Iterable[str], function: Function) -> Iterator[str]:
    """Those of the handler's own paths that the host sends to the function, where its route leaves the path open."""
    if function.trigger != "http" or not any(part.rest for part in route_of(function).parameters):
        return
    prefix = f"/{function.route_prefix.strip('/')}" if function.route_prefix and function.contract != "fc-web" else ""
    for path in paths:
        full = path if path.startswith(prefix + "/") else prefix + path
        if route_of(function).values(full) is not None:
            yield full


def unlike(events: Iterable[HttpEvent]) -> list[HttpEvent]:
    """The first event of each method, of each set of parameters, of each media type with or without a body."""
    found: dict[object, HttpEvent] = {}
    for event in events:
        media = next((value for name, value in event.headers if name.lower() == "content-type"), "")
        found.setdefault((event.method, tuple(name for name, _ in event.query), bool(event.body), media), event)
    return list(found.values())
