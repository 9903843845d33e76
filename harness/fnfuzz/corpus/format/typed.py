"""Usual records out of their packed rows at once: msgspec looks at each type while it reads.

What it refuses (a reference to a large body, half of a surrogate pair, damage) is for ``record_of`` to read, or to say
what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from fnfuzz.corpus.format.rows import EVENTS, PARTS, SENT, Part, are_times
from fnfuzz.corpus.model import Record

__all__ = ["usual_record"]

LONGEST: Final = 65536
"""Bytes of a row. Room is made for as many items as a list says that it has, which must not be more than are there."""


def _struct(name: str, fields: Sequence[tuple[str, Any]], tag: str | None = None) -> Any:
    # A row is an array, the tag of a part its first item.
    return msgspec.defstruct(name, fields, array_like=True, forbid_unknown_fields=True, tag=tag)


def _making(part: Part) -> Callable[[Any], Any]:
    """Makes the object of what was read, written out: to collect its fields first takes three times as long."""
    arguments = ", ".join(f"{name}=read.{name}" for name in part.fields)
    made: Callable[[Any], Any] = eval(f"lambda read: kind({arguments})", {"kind": part.kind})
    return made


_STRUCTS: Final = {
    part.name: _struct(part.name, [(name, field.type) for name, field in part.fields.items()], part.name)
    for part in PARTS.values()
}
_MADE: Final = {_STRUCTS[name]: _making(part) for name, part in PARTS.items()} | {type(None): lambda read: None}
_REQUESTS: Final = (_STRUCTS["request"], _STRUCTS["line"])


def _one_of(*names: str) -> Any:
    kind: Any = None
    for name in names:
        kind = _STRUCTS[name] | kind
    return kind


_exchange: Final = msgspec.msgpack.Decoder(
    _struct(
        "Exchange",
        [
            ("contract", str),
            ("function", str),
            ("sent", _one_of(*SENT)),
            ("reply", _one_of("reply", "lines")),
            ("fault", _one_of("fault")),
            ("exit", _one_of("exit")),
        ],
    )
).decode
_circumstances: Final = msgspec.msgpack.Decoder(
    _struct(
        "Circumstances",
        [
            ("event", _one_of(*EVENTS)),
            ("delivery", _one_of("delivery")),
            ("at", int),
            ("elapsed", int),
            ("connection", int),
            ("number", int),
        ],
    )
).decode


def usual_record(exchange: bytes, circumstances: bytes) -> Record | None:
    """The record; None where the rows need a closer look."""
    if len(exchange) > LONGEST or len(circumstances) > LONGEST:
        return None
    try:
        read, rest = _exchange(exchange), _circumstances(circumstances)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    at, elapsed, connection, number = rest.at, rest.elapsed, rest.connection, rest.number
    is_request = type(read.sent) in _REQUESTS
    if not are_times(at, elapsed, connection, number) or (rest.event is not None and not is_request):
        return None
    sent, made = _MADE[type(read.sent)](read.sent), _MADE
    return Record(
        contract=read.contract,
        function=read.function,
        event=made[type(rest.event)](rest.event) if is_request else sent,
        delivery=made[type(rest.delivery)](rest.delivery),
        request=sent if is_request else None,
        reply=made[type(read.reply)](read.reply),
        fault=made[type(read.fault)](read.fault),
        exit=made[type(read.exit)](read.exit),
        at=at,
        elapsed=elapsed,
        connection=connection,
        number=number,
    )
