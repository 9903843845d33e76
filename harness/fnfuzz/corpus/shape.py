"""The shape of a record: what kind of event got what kind of answer, with every value left out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import parse_qsl

import orjson

from fnfuzz.contracts.model import HttpReply, HttpRequest, LineReply
from fnfuzz.corpus.model import Record
from fnfuzz.events import BlobEvent, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent

__all__ = ["SHAPE_LIMIT", "member_name", "shape", "status", "status_class", "trigger"]

SHAPE_LIMIT: Final = 65536
"""Bytes of a payload that is looked into; a longer one is only ``large``."""

_DEPTH: Final = 12
_WIDTH: Final = 64
_VALUE: Final = re.compile(r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?=.*\d)[0-9a-fA-F]{12,}|.*[@%].*", re.DOTALL)
"""A name or a part of a path that is a value: a number, a GUID, a hash, something escaped."""

_LONGEST_NAME: Final = 40
"""A longer one is a value too."""

_FORM: Final = "application/x-www-form-urlencoded"


def shape(record: Record) -> str:
    """12 hex digits: a hash of function, trigger, the structure of the event, and the class of the status."""
    seen = (record.function, trigger(record), _structure(record), status_class(status(record)))
    return _whole(seen)


def trigger(record: Record) -> str:
    """``http``, ``queue``, ...; empty where the request could not be read back as an event."""
    return record.event.trigger if record.event is not None else ""


def status(record: Record) -> str:
    """How it was answered: a status such as ``404``, ``answered`` (a line without one), a fault such as ``timeout``,
    ``exited``, or ``unanswered``.
    """
    if record.fault is not None:
        return record.fault.kind
    match record.reply:
        case HttpReply():
            return str(record.reply.status)
        case LineReply() if record.reply.answer is not None:
            return _line_status(record.reply, record.reply.answer)
    return "exited" if record.exit is not None else "unanswered"


def status_class(status: str) -> str:
    """``4xx`` for 404; anything that is no status as it is."""
    return f"{status[0]}xx" if len(status) == 3 and status.isdigit() else status


def _line_status(reply: LineReply, answer: int) -> str:
    line = reply.lines[answer] if 0 <= answer < len(reply.lines) else b""
    members = _parsed(line) if len(line) <= SHAPE_LIMIT else None
    told = members.get("status", members.get("statusCode")) if isinstance(members, dict) else None
    return str(told) if isinstance(told, int) and not isinstance(told, bool) and 100 <= told <= 999 else "answered"


def _structure(record: Record) -> object:
    if record.event is not None:
        return _STRUCTURES[type(record.event)](record.event)
    if isinstance(record.request, HttpRequest):
        request = record.request
        path, _, query = request.target.partition("?")
        return _web(
            request.method, path, tuple(parse_qsl(query, keep_blank_values=True)), request.headers, request.body
        )
    return _payload(record.request.line) if record.request is not None else None


def _web(method: str, path: str, query: Pairs, headers: Pairs, body: bytes) -> object:
    kind = next((value for name, value in headers if name.lower() == "content-type"), "")
    kind = kind.partition(";")[0].strip().lower()
    return (method, _route(path), _names(query), kind, _payload(body, kind))


def _names(pairs: Pairs) -> tuple[str, ...]:
    return tuple(sorted({member_name(name) for name, _ in pairs})[:_WIDTH])


def _route(path: str) -> str:
    return "/".join([member_name(step) for step in path.split("/")])


def member_name(name: str) -> str:
    """``name``, or ``{}`` where it is a value: a number, a GUID, a hash, something long or escaped."""
    return "{}" if len(name) > _LONGEST_NAME else _short_name(name)


@lru_cache(maxsize=4096)
def _short_name(name: str) -> str:
    return "{}" if _VALUE.fullmatch(name) else name


_STRUCTURES: Final[Mapping[type, Callable[[Any], object]]] = {
    HttpEvent: lambda event: _web(event.method, event.path, event.query, event.headers, event.body),
    QueueEvent: lambda event: (
        _payload(event.message),
        _names(event.attributes),
        event.expires is None,
        event.dequeue_count > 1,
    ),
    BlobEvent: lambda event: (
        event.name.rpartition(".")[2][:12] if "." in event.name else "",
        event.content_type,
        _names(event.metadata),
        _payload(event.content),
    ),
    TimerEvent: lambda event: (event.past_due, _payload(event.payload.encode("utf-8", "surrogatepass"))),
    RawEvent: lambda event: _payload(event.body),
}


def _payload(data: bytes, kind: str = "") -> object:
    if not data:
        return "empty"
    if len(data) > SHAPE_LIMIT:
        return "large"
    if kind == _FORM:
        return ("form", _names(tuple(parse_qsl(data.decode("latin-1"), keep_blank_values=True))))
    parsed = _parsed(data)
    if parsed is not None:
        return _value(parsed, _DEPTH)
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "binary"
    return "text"


def _parsed(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return None


def _value(value: Any, depth: int) -> str:
    """Of an object its names and their structures, of an array the structures in it, of anything else its kind."""
    kind = _KINDS.get(type(value))
    if kind is not None:
        return kind
    if not depth:
        return "deep"
    if isinstance(value, dict):
        return _object(tuple(value), tuple([_value(item, depth - 1) for item in value.values()]))
    return _array(frozenset([_value(item, depth - 1) for item in value]))


_KINDS: Final = {str: "string", int: "number", float: "number", bool: "bool", type(None): "null"}


# The same structures come again and again in a corpus, and most of the work is done once for each.
@lru_cache(maxsize=512)
def _object(names: tuple[str, ...], structures: tuple[str, ...]) -> str:
    members = {member_name(name): structure for name, structure in zip(names, structures, strict=True)}
    return _hashed(("object", *sorted(members.items())[:_WIDTH]))


@lru_cache(maxsize=512)
def _array(structures: frozenset[str]) -> str:
    return _hashed(("array", *sorted(structures)[:_WIDTH]))


def _hashed(structure: object) -> str:
    return blake2b(repr(structure).encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


_whole: Final = lru_cache(maxsize=4096)(_hashed)
"""Whole shapes come again and again, too; their parts are kept by names."""
