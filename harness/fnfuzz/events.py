"""The canonical trigger events, independent of any contract.

An event holds what a user, a sender or the platform really varies: a client's request, a message,
a blob. What a contract adds around it (envelopes, ids, framing) belongs to the contract.
Every event is a frozen value, hashable, and survives ``to_data`` and ``from_data`` unchanged.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, ClassVar, TypeAlias

from fnfuzz.frozen import quick_dataclass

__all__ = [
    "EVENT_TYPES",
    "BlobEvent",
    "Event",
    "EventDataError",
    "HttpEvent",
    "Pairs",
    "QueueEvent",
    "RawEvent",
    "TimerEvent",
    "from_data",
    "to_data",
]

Pairs: TypeAlias = tuple[tuple[str, str], ...]
"""Ordered name and value pairs; a name may come more than once."""


class EventDataError(ValueError):
    """Plain data that is not an event; the message names the key and what was expected there."""


@quick_dataclass(frozen=True, kw_only=True)
class HttpEvent:
    """A client's request as it reaches the platform.

    ``path`` is percent-encoded and begins with ``/``, with the route prefix in it (``/api/hello``);
    ``query`` holds decoded pairs; ``headers`` keep the client's spelling and order and never
    carry framing (Content-Length, Transfer-Encoding), which each contract derives from ``body``.
    """

    trigger: ClassVar[str] = "http"
    method: str = "GET"
    path: str = "/"
    query: Pairs = ()
    headers: Pairs = ()
    body: bytes = b""


@quick_dataclass(frozen=True, kw_only=True)
class QueueEvent:
    """One message of a queue or topic. Times are ISO 8601 texts; ``expires`` is None for never."""

    trigger: ClassVar[str] = "queue"
    message: bytes = b""
    id: str = "4a0e6b1c-7c55-4d0e-8f0b-b2f3e1a9c001"
    dequeue_count: int = 1
    inserted: str = "2025-03-11T09:15:01+00:00"
    expires: str | None = "2025-03-18T09:15:01+00:00"
    pop_receipt: str = "AgAAAAMAAAAAAAAAsX9fZ4mS2wE="
    attributes: Pairs = ()


@quick_dataclass(frozen=True, kw_only=True)
class BlobEvent:
    """A blob or object that was written. ``name`` is its path inside the container or bucket."""

    trigger: ClassVar[str] = "blob"
    name: str = "blob.txt"
    content: bytes = b""
    content_type: str = "application/octet-stream"
    metadata: Pairs = ()
    modified: str = "2025-03-11T09:14:58+00:00"


@quick_dataclass(frozen=True, kw_only=True)
class TimerEvent:
    """A timer that fires. ``due`` is the ISO 8601 time of this firing; ``payload`` is FC's text."""

    trigger: ClassVar[str] = "timer"
    due: str = "2025-03-11T09:15:00+00:00"
    past_due: bool = False
    payload: str = ""


@quick_dataclass(frozen=True, kw_only=True)
class RawEvent:
    """Bytes handed to a function by an API call (Function Compute's InvokeFunction)."""

    trigger: ClassVar[str] = "raw"
    body: bytes = b""


Event: TypeAlias = HttpEvent | QueueEvent | BlobEvent | TimerEvent | RawEvent

EVENT_TYPES: Mapping[str, type[Event]] = {
    kind.trigger: kind for kind in (HttpEvent, QueueEvent, BlobEvent, TimerEvent, RawEvent)
}


def to_data(event: Event) -> dict[str, Any]:
    """Plain data of ``event``: JSON types only, ``trigger`` first.

    Bytes that are UTF-8 appear as text under their own key, others as base64 under ``<key>_base64``.
    """
    data: dict[str, Any] = {"trigger": event.trigger}
    for field in fields(event):
        value = getattr(event, field.name)
        if isinstance(value, bytes):
            try:
                data[field.name] = value.decode("utf-8")
            except UnicodeDecodeError:
                data[f"{field.name}_base64"] = base64.b64encode(value).decode("ascii")
        elif isinstance(value, tuple):
            data[field.name] = [list(pair) for pair in value]
        else:
            data[field.name] = value
    return data


def from_data(data: object) -> Event:
    """The event that ``to_data`` described; missing keys take their defaults.

    Raises EventDataError for anything else, naming the key.
    """
    if not isinstance(data, Mapping):
        raise EventDataError(f"an event is an object, not {type(data).__name__}")
    trigger = data.get("trigger", "http")
    kind = EVENT_TYPES.get(trigger) if isinstance(trigger, str) else None
    if kind is None:
        known = ", ".join(EVENT_TYPES)
        raise EventDataError(f"trigger: {trigger!r} is none of {known}")
    values: dict[str, Any] = {}
    readers = {field.name: _READERS[str(field.type)] for field in fields(kind)}
    for key, value in data.items():
        if key == "trigger":
            continue
        name = key.removesuffix("_base64") if isinstance(key, str) else ""
        if name not in readers or (name != key and readers[name] is not _read_bytes):
            raise EventDataError(f"{key}: a {trigger} event has no such key; it has {', '.join(readers)}")
        if name in values:
            raise EventDataError(f"{key}: given twice, as text and as base64")
        values[name] = _read_base64(key, value) if name != key else readers[name](key, value)
    return kind(**values)


def _read_base64(key: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise EventDataError(f"{key}: expected base64 text, not {type(value).__name__}")
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EventDataError(f"{key}: not base64: {error}") from error


def _read_bytes(key: str, value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    return _read_text(key, value).encode("utf-8")


def _read_text(key: str, value: object) -> str:
    if not isinstance(value, str):
        raise EventDataError(f"{key}: expected text, not {type(value).__name__}")
    try:
        value.encode("utf-8")
    except UnicodeEncodeError as error:
        raise EventDataError(f"{key}: holds half of a surrogate pair, which no host can send") from error
    return value


def _read_optional_text(key: str, value: object) -> str | None:
    return None if value is None else _read_text(key, value)


def _read_count(key: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise EventDataError(f"{key}: expected a whole number, not {value!r}")
    return value


def _read_flag(key: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise EventDataError(f"{key}: expected true or false, not {value!r}")
    return value


def _read_pairs(key: str, value: object) -> Pairs:
    if isinstance(value, Mapping):
        value = [[name, text] for name, text in value.items()]
    if not isinstance(value, (list, tuple)):
        raise EventDataError(f"{key}: expected a list of [name, value] pairs, not {type(value).__name__}")
    pairs = []
    for at, pair in enumerate(value):
        if not isinstance(pair, (list, tuple)) or len(pair) != 2:
            raise EventDataError(f"{key}[{at}]: expected a [name, value] pair, not {pair!r}")
        pairs.append((_read_text(f"{key}[{at}][0]", pair[0]), _read_text(f"{key}[{at}][1]", pair[1])))
    return tuple(pairs)


_READERS: Mapping[str, Callable[[str, object], Any]] = {
    "str": _read_text,
    "bytes": _read_bytes,
    "int": _read_count,
    "bool": _read_flag,
    "str | None": _read_optional_text,
    "Pairs": _read_pairs,
}
