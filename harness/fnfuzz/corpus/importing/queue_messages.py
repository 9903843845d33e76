"""Messages of Azure queues as tools export them: storage queues (poison queues too) and Service Bus dead letters.

The names of the members differ by tool (az, Storage Explorer, the REST API, the SDKs), in case and underscores most of
all; a table of all of them is enough. Of a Service Bus message body, ids, counts, times and application properties are
taken; sessions, sequence numbers and the dead letter's reason have no place in an event.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fnfuzz.corpus.importing.documents import WRAPPERS, documents, sample_of
from fnfuzz.corpus.importing.json_stream import json_bytes
from fnfuzz.corpus.importing.model import NO_ID, Options, Tally, Unfit, converted
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.source import utf8
from fnfuzz.corpus.importing.times import iso, micros
from fnfuzz.corpus.model import Record
from fnfuzz.events import Pairs, QueueEvent

__all__ = ["decoded", "looks_service_bus", "looks_storage", "read_service_bus", "read_storage"]

NAMES: Mapping[str, tuple[str, ...]] = {
    "message": ("content", "messagetext", "body", "text", "message", "messagebody"),
    "id": ("messageid", "id"),
    "dequeue_count": ("dequeuecount", "deliverycount"),
    "inserted": ("insertiontime", "insertedon", "enqueuedtimeutc", "enqueuedtime"),
    "expires": ("expirationtime", "expireson", "expiresatutc", "expiresat"),
    "pop_receipt": ("popreceipt", "locktoken"),
    "attributes": ("applicationproperties", "userproperties", "customproperties", "properties"),
}
STORAGE_MARKS = frozenset(("insertiontime", "insertedon", "popreceipt", "dequeuecount"))
BUS_MARKS = frozenset(("enqueuedtimeutc", "enqueuedtime", "deliverycount", "sequencenumber", "locktoken"))
TEXT = re.compile(r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*")
DECODED = "messages were base64 and are decoded (--message-encoding none keeps them)"


def looks_storage(sample: Sample) -> str:
    """A text, and what only storage queues have."""
    return _looks(sample, STORAGE_MARKS, "messages of an Azure storage queue")


def looks_service_bus(sample: Sample) -> str:
    """A body, and what only Service Bus has."""
    return _looks(sample, BUS_MARKS, "messages of Service Bus")


def _looks(sample: Sample, marks: frozenset[str], what: str) -> str:
    for prefix in ("", *(f"{name}." for name in WRAPPERS)):
        names = {_plain(name.removeprefix(prefix)): name for name in sample.members if name.startswith(prefix)}
        found = [names[mark] for mark in sorted(marks) if mark in names]
        if found and any(name in names for name in NAMES["message"]):
            return f"its first value has {' and '.join(found[:2])}: {what}"
    return ""


def read_storage(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """One record for each message of a storage queue."""

    def convert(value: Any, options: Options) -> Iterator[Record]:
        message, was_base64 = decoded(_members(value)["message"], options.encoding)
        if was_base64:
            tally.note(DECODED)
        yield _record(value, message, options)

    yield from converted(_values(path), convert, options, tally)


def read_service_bus(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """One record for each message of Service Bus; bodies are taken as they are."""
    yield from converted(_values(path), _bus_message, options, tally)


def decoded(content: object, encoding: str) -> tuple[bytes, bool]:
    """The message in ``content``, and whether it was base64. Raises Unfit for wrong base64.

    With ``auto`` it was, if it is canonical base64 of UTF-8 text without control characters.
    """
    if not isinstance(content, str):
        return (b"" if content is None else _buffer(content)), False
    if encoding == "none":
        return utf8(content), False
    try:
        message = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        if encoding == "base64":
            raise Unfit("a message that is no base64") from error
        return utf8(content), False
    if encoding == "base64" or _is_plain(message, content):
        return message, bool(content)
    return utf8(content), False


def _is_plain(message: bytes, content: str) -> bool:
    try:
        text = message.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return TEXT.fullmatch(text) is not None and base64.b64encode(message).decode("ascii") == content


def _bus_message(value: Any, options: Options) -> Iterable[Record]:
    return [_record(value, decoded(_members(value)["message"], "none")[0], options)]


def _values(path: Path) -> Iterator[tuple[str, Any]]:
    """The messages, also those that stand in a list that a member holds."""
    sample = sample_of(path)
    holders = [name.partition(".") for name in sample.members if sample.kind == "object"]
    held = [first for first, _, name in holders if first in WRAPPERS and _plain(name) in NAMES["message"]]
    return documents(path, held[0]) if held else documents(path)


def _record(value: Any, message: bytes, options: Options) -> Record:
    members = _members(value)
    usual = QueueEvent()
    expires = members.get("expires")
    count = members.get("dequeue_count")
    event = QueueEvent(
        message=message,
        id=_string(members.get("id"), NO_ID),
        # A peeked message was perhaps never handed out; the host's first delivery counts 1.
        dequeue_count=max(1, count) if isinstance(count, int) and count < 2**31 else 1,
        inserted=iso(members.get("inserted")) or usual.inserted,
        expires=iso(expires),
        pop_receipt=_string(members.get("pop_receipt"), usual.pop_receipt),
        attributes=_pairs(members.get("attributes")),
    )
    return Record(function=options.function, event=event, at=micros(members.get("inserted")))


def _members(value: Any) -> dict[str, Any]:
    """The members by our names; the first of several names that is there."""
    if not isinstance(value, dict):
        raise Unfit("no object with a message")
    plain = {_plain(name): member for name, member in value.items()}
    found = {ours: next((plain[name] for name in names if name in plain), None) for ours, names in NAMES.items()}
    if not any(name in plain for name in NAMES["message"]):
        raise Unfit("an object without a message's text")
    return found


def _buffer(value: Any) -> bytes:
    """Node's way to write bytes, or any other value as JSON."""
    if isinstance(value, dict) and value.get("type") == "Buffer" and isinstance(value.get("data"), list):
        try:
            return bytes(value["data"])
        except (ValueError, TypeError) as error:
            raise Unfit("a Buffer that holds no bytes") from error
    return json_bytes(value)


def _pairs(value: object) -> Pairs:
    if not isinstance(value, dict):
        return ()
    return tuple(
        (name, item if isinstance(item, str) else json_bytes(item).decode("utf-8")) for name, item in value.items()
    )


def _string(value: object, otherwise: str) -> str:
    return value if isinstance(value, str) and value else otherwise


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()
