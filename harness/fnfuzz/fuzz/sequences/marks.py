"""Variants of an event with words that nothing else holds, so that its data is known wherever it turns up."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson

from fnfuzz.checks.experiment import nonce
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent

__all__ = ["holds", "marked"]

MARKABLE = re.compile(r"[^\W\d_][\w .'-]{0,60}")
"""Free text, as names are; no dates, numbers, addresses."""

MOST_MARKS = 12


class _Words:
    def __init__(self, label: str) -> None:
        self.label = label
        self.used: list[str] = []

    def instead_of(self, text: str) -> str:
        if len(self.used) >= MOST_MARKS or not MARKABLE.fullmatch(text):
            return text
        word = nonce(self.label, len(self.used))
        self.used.append(word)
        return word


def marked(event: Event, label: str) -> tuple[Event, tuple[str, ...]]:
    """``event`` with words of its own in place of its free texts, and an id of its own; and those words."""
    words = _Words(label)
    put = words.instead_of
    match event:
        case HttpEvent():
            query = tuple((name, put(text)) for name, text in event.query)
            event = replace(event, query=query, body=_in_payload(event.body, put))
        case QueueEvent():
            event = replace(event, id=_guid(label), message=_in_payload(event.message, put))
        case BlobEvent():
            event = replace(event, content=_in_payload(event.content, put))
        case RawEvent():
            event = replace(event, body=_in_payload(event.body, put))
    return event, tuple(words.used)


def holds(value: Any, words: tuple[str, ...]) -> bool:
    """Is one of the words anywhere in ``value``, in any case of letters?"""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    text = text.lower()
    return any(word in text for word in words)


def _in_payload(data: bytes, put: Callable[[str], str]) -> bytes:
    """The texts of a JSON payload replaced; any other payload is left as it is."""
    try:
        value = orjson.loads(data)
    except ValueError:
        return data
    changed = _in_value(value, put)
    return data if changed == value else orjson.dumps(changed)


def _in_value(value: Any, put: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {key: _in_value(item, put) for key, item in value.items()}
    if isinstance(value, list):
        return [_in_value(item, put) for item in value]
    return put(value) if isinstance(value, str) else value


def _guid(label: str) -> str:
    digest = hashlib.blake2b(label.encode(), digest_size=16).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}"
