"""Variants of an event with words that nothing else holds, so that its data is known wherever it turns up."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import orjson

from fnfuzz.app.model import Function
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.sequences.answer import shallow
from fnfuzz.fuzz.trees.tree import payload
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.fuzz.words.routes import VARIES

__all__ = [
    "Slot",
    "filled",
    "formed_slots",
    "free_slots",
    "holds",
    "mark",
    "named_slots",
    "told_by",
    "told_slots",
    "varying",
    "with_id",
    "word_for",
]

MARKABLE = re.compile(r"[^\W\d_][\w .'-]{0,600}")
"""Free text, as names are; no dates, numbers, addresses."""

MOST_MARKS, MOST_NAMED = 12, 24
MAX_FORMED, TELLING = 64, 6
"""Characters of a text whose form is kept, letters and digits of a word that is one event's own."""

LETTERS = "bcdfghjklmnpqrstvwxz"
HEADER = re.compile(r"[A-Za-z]{1,20}(?:-[A-Za-z0-9]{1,20}){1,4}")
KNOWN_HEADER = re.compile(
    r"(?i)(?:accept|content|transfer|keep|user|proxy|if|access|sec|cache|set|last|www|upgrade|x-fc|x-azure|x-ms"
    r"|x-forwarded|x-request|utf)-.*"
)
NAME = re.compile(r"[A-Za-z][\w-]{0,24}")

Kind: TypeAlias = Literal["segment", "query", "header", "payload"]


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in an event for a text. ``at`` is the number of the path's segment, the name of a parameter or a header,
    or the way to a leaf of the JSON payload. Where not any word is taken, a word has the form of ``like``.
    """

    kind: Kind
    at: Any
    like: str = field(default="", compare=False)


def mark(label: str, number: int) -> str:
    """A word of small letters that no answer holds by chance and that is part of no other one."""
    digest = hashlib.blake2b(f"{label} {number}".encode(), digest_size=12).digest()
    return "y" + "".join(LETTERS[byte % len(LETTERS)] for byte in digest)


def word_for(slot: Slot, label: str, number: int) -> str:
    """A mark, or in a place that wants a form other letters and digits where the text of that form has some."""
    if not slot.like:
        return mark(label, number)
    digest = hashlib.blake2b(f"{label} {number}".encode(), digest_size=MAX_FORMED).digest()
    return "".join(_other(char, byte) for char, byte in zip(slot.like, digest, strict=False))


def _other(char: str, byte: int) -> str:
    if char.isdecimal():
        return str(1 + byte % 9)
    letter = LETTERS[byte % len(LETTERS)]
    return (letter.upper() if char.isupper() else letter) if char.isalpha() else char


def told_by(word: str) -> bool:
    """Is it long enough to tell of which event it is, wherever it turns up?"""
    return sum(map(str.isalnum, word)) >= TELLING


def formed_slots(event: Event) -> list[Slot]:
    """Places of texts that may have to be of a form."""
    told = [(slot, text) for slot, text in told_slots(event) if slot.kind in ("query", "payload")]
    return [replace(slot, like=text) for slot, text in told if len(text) <= MAX_FORMED and any(map(str.isalnum, text))]


def free_slots(event: Event, function: Function, routes: Iterable[str] = ()) -> list[Slot]:
    """Where free texts stand in the event, and in its path what varies, also by the handler's own ``routes``."""
    varies = {VARIES}
    places: set[int] = set()
    if isinstance(event, HttpEvent) and function.trigger == "http":
        varies.update((route_of(function).values(event.path) or {}).values())
        places = {at for route in routes for at in varying(route, event.path)}
    free = (slot for slot, text in told_slots(event) if _is_free(slot, text, varies) or _is_in(slot, places))
    return list(free)[:MOST_MARKS]


def _is_in(slot: Slot, places: Collection[int]) -> bool:
    return slot.kind == "segment" and slot.at in places


def varying(route: str, path: str) -> list[int]:
    """The numbers of the path's segments that vary by the route; none where the path does not end with it."""
    told, parts = route.split("/")[1:], path.split("/")
    first = len(parts) - len(told)
    if first < 1 or any(word not in (VARIES, part) for word, part in zip(told, parts[first:], strict=True)):
        return []
    return [first + at for at, word in enumerate(told) if word == VARIES]


def told_slots(event: Event) -> list[tuple[Slot, str]]:
    """All places with a text, headers that every request has left out."""
    found: list[tuple[Slot, str]] = []
    if isinstance(event, HttpEvent):
        segments = event.path.split("/")
        found += [(Slot("segment", at), text) for at, text in enumerate(segments) if text]
        found += [(Slot("query", name), text) for name, text in event.query]
        found += [(Slot("header", name), text) for name, text in event.headers if _is_own_header(name)]
    try:
        value = orjson.loads(payload(event))
    except ValueError:
        return found
    return found + [(Slot("payload", way), text) for way, text in _leaves(value, ())] if shallow(value) else found


def named_slots(event: Event, words: Dictionary) -> list[Slot]:
    """Parameters and headers that the handler's source names and the event does not have."""
    if not isinstance(event, HttpEvent):
        return []
    there = {name.lower() for name, _ in (*event.query, *event.headers)}
    names = [name for name in dict.fromkeys((*words.asked, *words.names)) if name.lower() not in there]
    headers = [Slot("header", name) for name in header_names(words) if name.lower() not in there]
    return [
        *(Slot("query", name) for name in [name for name in names if NAME.fullmatch(name)][:MOST_NAMED]),
        *headers[:MOST_MARKS],
    ]


def header_names(words: Dictionary) -> list[str]:
    """Names of headers of the application's own."""
    named = dict.fromkeys((*words.headers, *words.asked, *words.names, *words.texts))
    return [name for name in named if HEADER.fullmatch(name) and _is_own_header(name)]


def filled(event: Event, texts: Mapping[Slot, str]) -> Event:
    """The event with these texts in these places."""
    if isinstance(event, HttpEvent):
        segments = event.path.split("/")
        segments = [texts.get(Slot("segment", at), text) for at, text in enumerate(segments)]
        event = replace(
            event,
            path="/".join(segments),
            query=_pairs(event.query, "query", texts),
            headers=_pairs(event.headers, "header", texts),
        )
    if any(slot.kind == "payload" for slot in texts):
        value = orjson.loads(payload(event))
        by_way = {slot.at: text for slot, text in texts.items() if slot.kind == "payload"}
        event = _with_payload(event, orjson.dumps(_in_value(value, (), lambda way, old: by_way.get(way, old))))
    return event


def with_id(event: Event, label: str) -> Event:
    """The event with a message id of its own, where it has one."""
    return replace(event, id=_guid(label)) if isinstance(event, QueueEvent) else event


def holds(value: Any, words: Sequence[str]) -> bool:
    """Is one of the words anywhere in ``value``, in any case of letters?"""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = text.lower()
    return any(word in text for word in words)


def _with_payload(event: Event, data: bytes) -> Event:
    match event:
        case HttpEvent() | RawEvent():
            return replace(event, body=data)
        case QueueEvent():
            return replace(event, message=data)
        case BlobEvent():
            return replace(event, content=data)
    return event


def _is_free(slot: Slot, text: str, varies: Collection[str]) -> bool:
    if slot.kind == "segment":
        return text in varies
    return slot.kind in ("query", "payload") and bool(MARKABLE.fullmatch(text))


def _is_own_header(name: str) -> bool:
    return "-" in name and not KNOWN_HEADER.fullmatch(name)


def _pairs(pairs: tuple[tuple[str, str], ...], kind: Kind, texts: Mapping[Slot, str]) -> tuple[tuple[str, str], ...]:
    """The pairs with other values, and behind them those that are new."""
    there = {name for name, _ in pairs}
    new = [(slot.at, text) for slot, text in texts.items() if slot.kind == kind and slot.at not in there]
    return (*((name, texts.get(Slot(kind, name), text)) for name, text in pairs), *new)


def _leaves(value: Any, way: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], str]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*way, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _leaves(item, (*way, at))
    elif isinstance(value, str):
        yield way, value


def _in_value(value: Any, way: tuple[Any, ...], put: Callable[[tuple[Any, ...], str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _in_value(item, (*way, key), put) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_value(item, (*way, at), put) for at, item in enumerate(value)]
    return put(way, value) if isinstance(value, str) else value


def _guid(label: str) -> str:
    digest = hashlib.blake2b(label.encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
