"""Ways into a handler that asks for words of its own: in the variable parts of its routes, and in headers."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Sequence
from dataclasses import replace
from itertools import islice

from fnfuzz.events import HttpEvent
from fnfuzz.fuzz.behaviour import signature
from fnfuzz.fuzz.seeding import filled_paths, of_methods
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.marks import Slot, filled, header_names
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trials import was_rejected
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.fuzz.words.routes import VARIES, is_example
from fnfuzz.host import Exchange

__all__ = ["NO_WORD", "fitting", "open_ways", "source_values"]

VALUES = 160
"""Words of the source that are tried in one place."""

SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*")
NO_WORD = "yqzxwvkjhgfd"
"""A word that means nothing to any handler."""

MOST_CLIMBS, HEADERS = 4, 12
FOR_PLACES = 0.5
"""Of the time for ways in: for the paths that the source's patterns match."""

FIRST_MATCHES = 24


def open_ways(stage: Stage, source: FunctionSource) -> Generator[RunEvent, None, None]:
    """Where routes have something that varies, or headers are asked for: the words of the source there, as far as one
    of them leads on. What is taken is learnt as any other event.
    """
    if source.function.trigger != "http":
        return
    seeds = [event for event in source.load_seeds() if isinstance(event, HttpEvent) and event.method != "HEAD"]
    yield from _enter(stage.part(FOR_PLACES), source, seeds)
    headers = header_names(source.words)
    for event in _plain(source, seeds):
        if (not headers and VARIES not in event.path.split("/")) or _is_entered(source, event):
            continue
        base = (yield from stage.case(source, event)) if stage.allows() else None
        if base is not None and was_rejected(source, base) and _status(base) != 405:
            yield from _climb(stage, source, event, base, headers)


def _enter(stage: Stage, source: FunctionSource, seeds: Sequence[HttpEvent]) -> Generator[RunEvent, None, None]:
    """An event of each method at every path with words of the source."""
    methods = of_methods(seeds)
    for path in filled_paths(source.function, source.words):
        for event in methods:
            if not stage.allows():
                return
            yield from stage.case(source, replace(event, path=path))


def _is_entered(source: FunctionSource, event: HttpEvent) -> bool:
    """Was something taken already where the words of the source stand in this path?"""
    varies = VARIES in event.path.split("/")
    return varies and any(way.method == event.method and is_example(way.path, event.path) for way in source.ways())


def _plain(source: FunctionSource, seeds: Sequence[HttpEvent]) -> list[HttpEvent]:
    """One seed for each route and method."""
    found: dict[tuple[str, str], HttpEvent] = {}
    for event in seeds:
        if event.path.rstrip("/") in source.words.paths or VARIES in event.path.split("/"):
            found.setdefault((event.method, event.path), event)
    return sorted(found.values(), key=lambda event: VARIES not in event.path.split("/"))


def _climb(
    stage: Stage, source: FunctionSource, event: HttpEvent, base: Exchange, headers: Sequence[str]
) -> Generator[RunEvent, None, None]:
    """From one refusal to the next one, until the event is taken or no word changes anything."""
    segments = [Slot("segment", at) for at, text in enumerate(event.path.split("/")) if text == VARIES]
    groups = [[slot] for slot in segments]
    if headers:
        groups.append([Slot("header", name) for name in headers[:HEADERS]])
    for _ in range(MOST_CLIMBS):
        for group in groups:
            step = yield from _step(stage, source, event, base, group)
            if step is not None:
                groups = [other for other in groups if other is not group]
                break
        else:
            return
        event, base = step
        if not was_rejected(source, base):
            return


def _step(
    stage: Stage, source: FunctionSource, event: HttpEvent, base: Exchange, group: Sequence[Slot]
) -> Generator[RunEvent, None, tuple[HttpEvent, Exchange] | None]:
    """The first word in these places that is answered in another way than one without any meaning."""
    usual = {signature(base)}
    for value in (NO_WORD, *fitting(source_values(source.words), group[0])):
        if not stage.allows():
            return None
        changed = filled(event, dict.fromkeys(group, value))
        exchange = yield from stage.case(source, changed)
        if exchange is None or not isinstance(changed, HttpEvent):
            return None
        if value == NO_WORD:
            usual.add(signature(exchange))
        elif signature(exchange) not in usual and _status(exchange) < 500:
            return (yield from _with_one(stage, source, event, group, value, exchange)) or (changed, exchange)
    return None


def _with_one(
    stage: Stage, source: FunctionSource, event: HttpEvent, group: Sequence[Slot], value: str, whole: Exchange
) -> Generator[RunEvent, None, tuple[HttpEvent, Exchange] | None]:
    """The same answer with one of the places only."""
    for slot in group if len(group) > 1 else ():
        if not stage.allows():
            return None
        changed = filled(event, {slot: value})
        exchange = yield from stage.case(source, changed)
        if exchange is not None and isinstance(changed, HttpEvent) and signature(exchange) == signature(whole):
            return changed, exchange
    return None


def _status(exchange: Exchange) -> int:
    answer = answer_of(exchange)
    return answer.status if answer is not None else 0


# -- words


def source_values(words: Dictionary) -> list[str]:
    """Texts of the source that could be values: what its patterns match and the keys of its tables first."""
    told = dict.fromkeys((*words.matches[:FIRST_MATCHES], *words.keys, *words.matches, *words.names, *words.texts))
    return list(
        islice((text for text in told if text.isprintable() and 0 < len(text) <= 32 and "/" not in text), VALUES)
    )


def fitting(values: Iterable[str], slot: Slot) -> list[str]:
    """Those that can stand in such a place as they are."""
    if slot.kind == "segment":
        return [text for text in values if SEGMENT.fullmatch(text)]
    if slot.kind == "header":
        return [text for text in values if text.isascii() and text == text.strip()]
    return list(values)
