"""Events that were taken, by what they name: together they have every member and parameter that does no harm."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

from fnfuzz.events import BlobEvent, Event, HttpEvent
from fnfuzz.fuzz.behaviour import Signature
from fnfuzz.fuzz.learnt import MAX_TOLD, Told
from fnfuzz.fuzz.trees.tree import payload
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["Telling"]

MOST_BYTES, MAX_NAMES = 2048, 64
"""Bytes of an event that is kept for what it names, and so many names."""

MEMBER = re.compile(rb'"([^"\\]{1,40}+)"\s?:\s?(?=[^\s"{\[ntf0-9]|"[^"]|[1-9]\d{3})')
FIELD = re.compile(rb"(?:^|&)([\w.-]{1,40})=[^&]")
"""Names whose values say something that an answer could tell again. One expression for both would take twice as
long: it could not look for quotes alone.
"""


class Telling:
    """For one function, whose source has ``words``."""

    def __init__(self, words: Dictionary) -> None:
        self._named = frozenset(name.encode() for name in (*words.asked, *words.names))
        self._told: dict[Told, dict[bytes, Event]] = {}

    def note(self, event: Event, seen: Signature) -> None:
        """Keep an event that was taken, if it has a name which no earlier one of its behaviour and path had."""
        data = payload(event)
        if len(data) > MOST_BYTES:
            return
        key = seen, event.path if isinstance(event, HttpEvent) else ""
        known = self._told.get(key)
        if known is None:
            if len(self._told) >= MAX_TOLD:
                return
            known = self._told[key] = {}
        if len(known) >= min(MAX_NAMES, len(self._named)):
            return
        fields = FIELD.findall(data) if b"=" in data else ()
        for name in (*MEMBER.findall(data), *fields, *_parameters(event)):
            if name not in known and name in self._named:
                known[name] = event

    def events(self, count: int) -> list[Event]:
        """At most ``count`` events that together have all names which events of their behaviour had: those with a
        payload and of behaviours with many names first, of each behaviour in turn.
        """
        rows = [(len(told), _telling_most(told)) for told in self._told.values() if told]
        rows.sort(key=lambda row: (bool(payload(row[1][0])), row[0]), reverse=True)
        return list(islice(in_turn(events for _, events in rows), count))

    def state(self) -> dict[Told, dict[bytes, Event]]:
        """What is kept, for another process to go on with."""
        return {key: dict(told) for key, told in self._told.items()}

    def resume(self, told: Mapping[Told, Mapping[bytes, Event]]) -> None:
        """Go on from a state."""
        self._told = {key: dict(events) for key, events in told.items()}


def _telling_most(told: Mapping[bytes, Event]) -> list[Event]:
    """The events, those that are kept for many names first."""
    return [event for event, _ in Counter(told.values()).most_common()]


def _parameters(event: Event) -> Iterator[bytes]:
    """The names of what is not in the payload."""
    pairs = event.query if isinstance(event, HttpEvent) else event.metadata if isinstance(event, BlobEvent) else ()
    return (name.encode("utf-8", "replace") for name, _ in pairs)
