"""Which events are sent one after another: one for each way through the handler, and what differs from it in its data.

What the handler treats alike is found by trying: free texts are replaced by words that nothing else holds, parameters
that the source names are added, and words of the source are exchanged for others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, replace

from fnfuzz.checks import typical_event
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.behaviour import signature
from fnfuzz.fuzz.pool import weight
from fnfuzz.fuzz.sequences.answer import Text, answer_of
from fnfuzz.fuzz.sequences.marks import (
    Slot,
    filled,
    formed_slots,
    free_slots,
    holds,
    named_slots,
    told_by,
    told_slots,
    varying,
    with_id,
    word_for,
)
from fnfuzz.fuzz.sequences.openings import NO_WORD, fitting, source_values
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trees.tree import payload
from fnfuzz.fuzz.trials import was_rejected
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.host import Exchange

__all__ = ["Candidate", "behaviours", "enlarged", "representatives", "twins", "variants"]

LARGEST = 64 * 1024
"""Bytes of an event that is sent again and again."""

LOOKED_AT = 300
"""Events of different behaviours that representatives are chosen from."""

SIZES = (20 * 1024, 80 * 1024)
"""Bytes of padding: above the usual limits for what is kept in memory, 16 and 64 KiB."""

REFUSED = 2
"""Events that are turned away, where others are taken."""

ALIKE = 3
"""So many other words that are taken are tried in fresh instances."""

MOST_TEXTS = 20
"""Places of an event that says much, in which words of its own are tried."""

MOST_FORMED = 6
"""Places in which words of a form are tried."""

PLACES = 3
LIFECYCLE = ("/initialize", "/pre-stop", "/pre-freeze")
"""Paths of an instance's own life (alibaba-fc.md 3)."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """``marks`` are words that only this event holds; those of one ``family`` differ in their data only."""

    source: FunctionSource
    event: Event
    marks: tuple[str, ...] = ()
    family: int = 0


# -- one for each way


def representatives(source: FunctionSource, count: int) -> list[tuple[Event, bool]]:
    """At most ``count`` events and whether they were turned away: for each method and route one that was taken, then
    one that was turned away, then others of different behaviours.
    """
    usual = typical_event(source.function)
    taken_ones, refused = _ranked(source)
    ways = [event for event in source.ways() if weight(event) <= LARGEST]
    taken: list[Event] = [*ways, *taken_ones]
    if usual not in refused and (usual in taken or not taken):
        taken.insert(0, usual)
    elif usual in refused:
        refused.insert(0, usual)
    good = _of_each_way(source, _without_head(taken))
    bad = _of_each_way(source, refused)
    first = [*good, *bad[:1]] if len(good) < count else [*good[: count - 1], *bad[:1]]
    others = bad[1:REFUSED] if taken else bad[1:]
    chosen = list(dict.fromkeys((*first, *in_turn((taken_ones, others)))))[:count]
    turned_away = set(refused)
    return [(event, event in turned_away) for event in chosen]


def behaviours(source: FunctionSource, count: int) -> list[tuple[Event, bool]]:
    """At most ``count`` events and whether they were turned away: representatives, then one of each behaviour, those
    that were taken and those that were turned away by turns.
    """
    taken, refused = _ranked(source)
    others = in_turn([[(event, True) for event in refused], [(event, False) for event in taken]])
    return list(dict.fromkeys((*representatives(source, count // 2), *others)))[:count]


def _ranked(source: FunctionSource) -> tuple[list[Event], list[Event]]:
    """Events of different behaviours that are not too large: those that were taken, those that were turned away."""
    known = [(event, rejected) for event, rejected in source.ranked(LOOKED_AT) if weight(event) <= LARGEST]
    return [event for event, rejected in known if not rejected], [event for event, rejected in known if rejected]


def _of_each_way(source: FunctionSource, events: Iterable[Event]) -> list[Event]:
    """The first event of each method and route: each route once before a second method of any, those of long routes
    first, as a bare ``/`` is a greeting mostly, and what the platform itself asks for last.
    """
    found: dict[tuple[str, str], Event] = {}
    for event in events:
        found.setdefault(_way(source, event), event)
    methods: Counter[str] = Counter()
    ranked = []
    for (_, route), event in found.items():
        ranked.append((methods[route], route in LIFECYCLE, -_steps(event), event))
        methods[route] += 1
    return [event for *_, event in sorted(ranked, key=lambda item: item[:3])]


def _steps(event: Event) -> int:
    return len([part for part in event.path.split("/") if part]) if isinstance(event, HttpEvent) else 0


def _way(source: FunctionSource, event: Event) -> tuple[str, str]:
    """The method, and the route as the source writes it, with what varies left out."""
    if not isinstance(event, HttpEvent):
        return "", ""
    path = event.path.rstrip("/") or "/"
    if path in source.words.paths:
        return event.method, path
    return event.method, next((route for route in source.words.paths if varying(route, path)), path)


def _without_head(events: Sequence[Event]) -> list[Event]:
    """HEAD and OPTIONS only where nothing else is taken."""
    told = [event for event in events if not isinstance(event, HttpEvent) or event.method not in ("HEAD", "OPTIONS")]
    return told or list(events)


# -- the same with other data


def variants(
    stage: Stage, source: FunctionSource, event: Event, label: str, family: int, *, both: bool
) -> Generator[RunEvent, None, list[Candidate]]:
    """The event with words of its own, ``both`` with two sets of them; or with another word of the source, where that
    makes another answer.
    """
    alone = [Candidate(source, event, (), family)]
    if not stage.allows(2):
        return alone
    base = yield from stage.case(source, event)
    if base is None:
        return alone
    slots = yield from _own_slots(stage, source, event, base, f"{label} try")
    found = [_with_words(source, event, slots, f"{label} {name}", family) for name in ("one", "other")[: 1 + both]]
    if both and not was_rejected(source, base):
        other = yield from _sibling(stage, source, found[0].event, base)
        if other is not None:
            words = tuple(word for word in found[0].marks if holds(_text(other), (word,)))
            found[1:1] = [Candidate(source, other, words, family)]
    return list({item.event: item for item in found}.values())


def twins(
    stage: Stage, source: FunctionSource, event: Event, label: str
) -> Generator[RunEvent, None, tuple[Candidate, Candidate] | None]:
    """The event twice, each with words of its own where the handler takes any; None when there is no time for it."""
    base = (yield from stage.case(source, event)) if stage.allows(2) else None
    if base is None:
        return None
    texts = [slot for slot, _ in told_slots(event) if slot.kind in ("payload", "query")][:MOST_TEXTS]
    slots = yield from _taken(stage, source, event, base, texts, f"{label} try")
    slots += yield from _formed(stage, source, event, base, slots, f"{label} try")
    one, other = (_with_words(source, event, slots, f"{label} {name}", 0) for name in ("one", "other"))
    return one, other


def _with_words(source: FunctionSource, event: Event, slots: Sequence[Slot], label: str, family: int) -> Candidate:
    words = [word_for(slot, label, number) for number, slot in enumerate(slots)]
    changed = filled(event, dict(zip(slots, words, strict=True)))
    return Candidate(source, with_id(changed, label), tuple(word.lower() for word in words if told_by(word)), family)


def _own_slots(
    stage: Stage, source: FunctionSource, event: Event, base: Exchange, label: str
) -> Generator[RunEvent, None, list[Slot]]:
    """Places where the handler takes any word."""
    slots = yield from _taken(stage, source, event, base, free_slots(event, source.function, source.words.paths), label)
    if was_rejected(source, base):
        return slots
    slots += yield from _formed(stage, source, event, base, slots, label)
    named = named_slots(event, source.words)
    if not named or not stage.allows(2):
        return slots
    changed = _with_words(source, event, [*slots, *named], label, 0)
    exchange = yield from stage.case(source, changed.event)
    answer = answer_of(exchange) if exchange is not None else None
    if exchange is None or answer is None or not _alike(source, base, exchange):
        return slots
    # What does not show again says nothing, and only makes the event longer.
    said = (*answer.headers.values(), answer.body.text if isinstance(answer.body, Text) else answer.body)
    words = changed.marks[len(changed.marks) - len(named) :]
    return [*slots, *(slot for slot, word in zip(named, words, strict=True) if holds(said, (word,)))]


def _formed(
    stage: Stage, source: FunctionSource, event: Event, base: Exchange, known: Sequence[Slot], label: str
) -> Generator[RunEvent, None, list[Slot]]:
    """Other places, where the handler takes any word of the same form."""
    slots = [slot for slot in formed_slots(event) if slot not in known]
    return (yield from _taken(stage, source, event, base, slots[:MOST_FORMED], label))


def _taken(
    stage: Stage, source: FunctionSource, event: Event, base: Exchange, slots: Sequence[Slot], label: str
) -> Generator[RunEvent, None, list[Slot]]:
    """Those of the places that take a word; all at once if that is possible."""
    good: list[Slot] = []
    for group in (slots, *((slot,) for slot in slots if len(slots) > 1)):
        if not group or not stage.allows():
            break
        exchange = yield from stage.case(source, _with_words(source, event, group, label, 0).event)
        if exchange is not None and _alike(source, base, exchange):
            good += group
            if group is slots:
                break
    return good


def _alike(source: FunctionSource, one: Exchange, other: Exchange) -> bool:
    """Did the handler take both in the same way, or both well?"""
    phrases = source.words.phrases
    if signature(one, phrases) == signature(other, phrases):
        return True
    left, right = answer_of(one), answer_of(other)
    if left is None or right is None or left.status != right.status or one.violations or other.violations:
        return False
    if not one.outcome.status == other.outcome.status == "completed":
        return False
    return not (was_rejected(source, one) or was_rejected(source, other))


def _sibling(
    stage: Stage, source: FunctionSource, event: Event, base: Exchange
) -> Generator[RunEvent, None, Event | None]:
    """Where a word of the source stands, another one that is taken as well and makes another answer; in a header or a
    parameter first, as caches leave those out of their keys.
    """
    values = source_values(source.words)
    known = {value.lower() for value in values}
    places = [(slot, text) for slot, text in told_slots(event) if text.lower() in known]
    places = [(slot, text) for slot, text in places if not _is_fixed(source, slot, event)]
    places.sort(key=lambda place: ("header", "query", "payload", "segment").index(place[0].kind))
    for slot, text in places[:PLACES]:
        others = [value for value in fitting(values, slot) if value.lower() != text.lower()]
        taken = yield from _taken_words(stage, source, event, base, slot, others)
        # What the live instance says is not asked: it may give back what it has given before.
        usual = (yield from _fresh(stage, source, event)) if taken else None
        for value in taken if usual is not None else ():
            changed = filled(event, {slot: value})
            exchange = yield from _fresh(stage, source, changed)
            if exchange is not None and _alike(source, base, exchange) and _said(exchange) != _said(usual):
                return changed
    return None


def _taken_words(
    stage: Stage, source: FunctionSource, event: Event, base: Exchange, slot: Slot, values: Sequence[str]
) -> Generator[RunEvent, None, list[str]]:
    """Some of the words that the handler takes in this place; none where it takes every one."""
    taken: list[str] = []
    unknown = (yield from stage.case(source, filled(event, {slot: NO_WORD}))) if stage.allows() else None
    if unknown is None or _alike(source, base, unknown):
        return []
    for value in values:
        if not stage.allows() or len(taken) >= ALIKE:
            break
        exchange = yield from stage.case(source, filled(event, {slot: value}))
        if exchange is not None and _alike(source, base, exchange):
            taken.append(value)
    return taken


def _fresh(stage: Stage, source: FunctionSource, event: Event) -> Generator[RunEvent, None, Exchange | None]:
    if not stage.allows(1, 1) or not stage.fresh():
        return None
    return (yield from stage.case(source, event))


def _is_fixed(source: FunctionSource, slot: Slot, event: Event) -> bool:
    """Is the segment a part of a route, not a value?"""
    if slot.kind != "segment" or not isinstance(event, HttpEvent):
        return False
    return any(event.path.split("/")[slot.at] in route.split("/") for route in source.words.paths)


def _said(exchange: Exchange | None) -> object:
    answer = answer_of(exchange) if exchange is not None else None
    return None if answer is None else answer.body


def _text(event: Event) -> str:
    place = f"{event.path} {event.query} {event.headers}" if isinstance(event, HttpEvent) else ""
    return place + payload(event).decode("utf-8", "replace")


# -- large ones


def enlarged(event: Event) -> list[Event]:
    """The event with a payload of 20 and 80 KiB: space behind JSON, which means nothing, else more of the same."""
    data = payload(event)
    if not data or (isinstance(event, HttpEvent) and event.method in ("GET", "HEAD", "OPTIONS")):
        return []
    filler = b" " if data.lstrip()[:1] in (b"{", b"[", b'"') else data[-1:]
    return [_padded(event, filler * size) for size in SIZES]


def _padded(event: Event, more: bytes) -> Event:
    name = next(name for name in ("body", "message", "content") if hasattr(event, name))
    return replace(event, **{name: getattr(event, name) + more})
