"""Records as plain data: tuples of texts, bytes and numbers, in a fixed order for each kind of part.

A record is two rows. The *exchange* row says what was sent and answered: ``(contract, function, request or event,
reply, fault, exit)``. The *circumstances* row holds the rest: ``(event, delivery, at, elapsed, connection, number)``,
where the event is None if the exchange row has it. A part is None or ``(name, field, ...)`` as in PARTS.

This is schema 1. A change of PARTS or of the rows is schema 2, and needs an entry in ``migrations``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Final, Literal, TypeAlias, get_args

from fnfuzz.contracts.model import (
    Delivery,
    Exit,
    Fault,
    FaultKind,
    Framing,
    HttpReply,
    HttpRequest,
    LineReply,
    LineRequest,
)
from fnfuzz.corpus.model import Record
from fnfuzz.events import BlobEvent, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent

__all__ = [
    "EVENTS",
    "LONG",
    "PARTS",
    "SENT",
    "Part",
    "Row",
    "RowError",
    "are_times",
    "circumstances_row",
    "exchange_row",
    "record_of",
    "sizes",
]

Row: TypeAlias = tuple[Any, ...]

LONG: Final = 8192
"""Bytes longer than this are kept beside the records; lists longer than this are packed one by one."""

LARGEST_TIME: Final = 2**62
"""Microseconds, for every time and duration."""


class RowError(ValueError):
    """Plain data that is no record; the message names the part and the field."""


@dataclass(frozen=True, slots=True)
class Field:
    """What one field may hold: as a type, and who reads it or says what is wrong with it."""

    type: Any
    read: Callable[[Any, Load], Any]


@dataclass(frozen=True, slots=True)
class Part:
    """How one class is written: its fields in order."""

    name: str
    kind: type
    fields: Mapping[str, Field]

    @property
    def long(self) -> tuple[int, ...]:
        """The places of those that can be long."""
        return tuple(at for at, field in enumerate(self.fields.values()) if field in (BYTES, PAIRS, LINES))


Load: TypeAlias = Callable[[Any], bytes]
"""Gives the bytes that a part holds: those that are there, or those that a reference stands for."""

Keep: TypeAlias = Callable[[Any], Any]
"""What is written for something long: bytes, pairs or lines."""


def exchange_row(record: Record, keep: Keep) -> Row:
    """What was sent and answered; ``keep`` is asked for a stand-in for everything long."""
    sent = record.request if record.request is not None else record.event
    return (
        record.contract,
        record.function,
        _written(sent, keep),
        _written(record.reply, keep),
        None if record.fault is None else _written(record.fault, keep),
        None if record.exit is None else _written(record.exit, keep),
    )


def circumstances_row(record: Record, keep: Keep) -> Row:
    """Everything that is not in the exchange row. Raises RowError for a time that is out of bounds."""
    at, elapsed, connection, number = record.at, record.elapsed, record.connection, record.number
    if not are_times(at, elapsed, connection, number):
        raise RowError(f"at, elapsed, connection and number are from 0 to {LARGEST_TIME - 1}")
    event = record.event if record.request is not None else None
    return (_written(event, keep), _written(record.delivery, keep), at, elapsed, connection, number)


def are_times(at: int, elapsed: int, connection: int, number: int) -> bool:
    """Are these four within bounds?"""
    # All at once, since this is done for every record: the limit is a power of two.
    return 0 <= at | elapsed | connection | number < LARGEST_TIME


def _written(value: Any, keep: Keep) -> Row | None:
    return None if value is None else _WRITERS[type(value)](value, keep)


def _writer(part: Part) -> Callable[[Any, Keep], Row]:
    """What writes one class. This is done for every part of every record, so it looks for the usual case first."""
    tag, long = (part.name,), part.long
    getter = attrgetter(*part.fields)
    # attrgetter gives a tuple for two names and more, and the bare value for one.
    values = getter if len(part.fields) > 1 else lambda value: (getter(value),)

    def write(value: Any, keep: Keep) -> Row:
        row = values(value)
        for at in long:
            if len(row[at]) > LONG:
                return shortened(row, keep)
        return tag + row

    def shortened(row: Row, keep: Keep) -> Row:
        return tag + tuple([keep(item) if at in long else item for at, item in enumerate(row)])

    # Of a few lines each can be long.
    return write if LINES not in part.fields.values() else lambda value, keep: shortened(values(value), keep)


def record_of(exchange: Any, circumstances: Any, load: Load) -> Record:
    """The record of two rows. Raises RowError for anything that no record is written as."""
    contract, function, sent, reply, fault, ended = _row(exchange, "exchange")
    event, delivery, at, elapsed, connection, number = _row(circumstances, "circumstances")
    if {type(at), type(elapsed), type(connection), type(number)} != {int} or not are_times(
        at, elapsed, connection, number
    ):
        raise _wrong_time(at, elapsed, connection, number)
    first = _read(sent, SENT, load)
    is_request = isinstance(first, HttpRequest | LineRequest)
    if event is not None and not is_request:
        raise RowError("circumstances: an event, though the exchange holds no request")
    return Record(
        contract=_text(contract, load),
        function=_text(function, load),
        event=_read(event, EVENTS, load) if is_request else first,
        delivery=_read(delivery, ("delivery",), load),
        request=first if is_request else None,
        reply=_read(reply, ("reply", "lines"), load),
        fault=_read(fault, ("fault",), load),
        exit=_read(ended, ("exit",), load),
        at=at,
        elapsed=elapsed,
        connection=connection,
        number=number,
    )


def sizes(exchange: Row, length: Callable[[Any], int]) -> tuple[int, int]:
    """Bytes of payload sent and answered; ``length`` of bytes, or of what stands for them."""
    return _payload(exchange[2], length), _payload(exchange[3], length)


def _payload(part: Any, length: Callable[[Any], int]) -> int:
    if part is None:
        return 0
    held = part[_PAYLOADS[part[0]]]
    return length(held) if part[0] != "lines" else sum(length(line) + 1 for line in held)


def _row(value: Any, what: str) -> Row:
    if type(value) is not tuple or len(value) != 6:
        raise RowError(f"{what}: expected a row of six")
    return value


def _read(value: Any, allowed: tuple[str, ...], load: Load) -> Any:
    if value is None:
        return None
    if type(value) is not tuple or not value or value[0] not in allowed:
        raise RowError(f"expected a part that is one of {', '.join(allowed)}")
    part = PARTS[value[0]]
    if len(value) != len(part.fields) + 1:
        raise RowError(f"{part.name}: expected {len(part.fields)} fields, not {len(value) - 1}")
    items = {}
    for (name, field), item in zip(part.fields.items(), value[1:], strict=True):
        try:
            items[name] = field.read(item, load)
        except RowError as error:
            raise RowError(f"{part.name}.{name}: {error}") from error
    return part.kind(**items)


def _text(value: Any, load: Load) -> str:
    if type(value) is not str:
        raise RowError(f"expected text, not {type(value).__name__}")
    return value


def _optional_text(value: Any, load: Load) -> str | None:
    return None if value is None else _text(value, load)


def _bytes(value: Any, load: Load) -> bytes:
    return value if type(value) is bytes else load(value)


def _number(value: Any, load: Load) -> int:
    if type(value) is not int:
        raise RowError(f"expected a whole number, not {type(value).__name__}")
    return value


def _optional_number(value: Any, load: Load) -> int | None:
    return None if value is None else _number(value, load)


def _wrong_time(*values: Any) -> RowError:
    name, value = next(
        (name, value)
        for name, value in zip(("at", "elapsed", "connection", "number"), values, strict=True)
        if type(value) is not int or not 0 <= value < LARGEST_TIME
    )
    return RowError(f"{name}: expected a whole number from 0 to {LARGEST_TIME - 1}, not {value!r:.40}")


def _flag(value: Any, load: Load) -> bool:
    if type(value) is not bool:
        raise RowError(f"expected true or false, not {type(value).__name__}")
    return value


def _pairs(value: Any, load: Load) -> tuple[tuple[str, str], ...]:
    if type(value) is not tuple:
        raise RowError(f"expected pairs of texts, not {type(value).__name__}")
    for pair in value:
        if type(pair) is not tuple or len(pair) != 2 or type(pair[0]) is not str or type(pair[1]) is not str:
            raise RowError("expected pairs of texts")
    return value


def _lines(value: Any, load: Load) -> tuple[bytes, ...]:
    if type(value) is not tuple:
        raise RowError(f"expected lines, not {type(value).__name__}")
    return tuple(_bytes(line, load) for line in value)


def _one_of(*words: str | None) -> Field:
    def read(value: Any, load: Load) -> Any:
        if (value is not None and type(value) is not str) or value not in words:
            raise RowError(f"{value!r:.40} is unknown")
        return value

    return Field(Literal[words], read)


TEXT: Final = Field(str, _text)
TEXT_OR_NONE: Final = Field(str | None, _optional_text)
BYTES: Final = Field(bytes, _bytes)
NUMBER: Final = Field(int, _number)
NUMBER_OR_NONE: Final = Field(int | None, _optional_number)
FLAG: Final = Field(bool, _flag)
PAIRS: Final = Field(Pairs, _pairs)
LINES: Final = Field(tuple[bytes, ...], _lines)
FRAMING: Final = _one_of(*get_args(Framing))
FRAMING_OR_NONE: Final = _one_of(None, *get_args(Framing))
FAULT: Final = _one_of(*get_args(FaultKind))


def _part(name: str, kind: type, /, **written: Field) -> Part:
    assert {field.name for field in fields(kind)} == set(written), name
    return Part(name, kind, written)


PARTS: Final[Mapping[str, Part]] = {
    part.name: part
    for part in (
        _part("http", HttpEvent, method=TEXT, path=TEXT, query=PAIRS, headers=PAIRS, body=BYTES),
        _part(
            "queue",
            QueueEvent,
            message=BYTES,
            id=TEXT,
            dequeue_count=NUMBER,
            inserted=TEXT,
            expires=TEXT_OR_NONE,
            pop_receipt=TEXT,
            attributes=PAIRS,
        ),
        _part("blob", BlobEvent, name=TEXT, content=BYTES, content_type=TEXT, metadata=PAIRS, modified=TEXT),
        _part("timer", TimerEvent, due=TEXT, past_due=FLAG, payload=TEXT),
        _part("raw", RawEvent, body=BYTES),
        _part(
            "request",
            HttpRequest,
            method=TEXT,
            target=TEXT,
            headers=PAIRS,
            body=BYTES,
            framing=FRAMING_OR_NONE,
        ),
        _part("line", LineRequest, line=BYTES),
        _part(
            "reply",
            HttpReply,
            status=NUMBER,
            reason=TEXT,
            headers=PAIRS,
            body=BYTES,
            version=TEXT,
            keep_alive=FLAG,
        ),
        _part("lines", LineReply, lines=LINES, answer=NUMBER_OR_NONE, partial=BYTES, stale=BYTES),
        _part("fault", Fault, kind=FAULT, message=TEXT, raw=BYTES),
        _part("exit", Exit, code=NUMBER),
        _part("delivery", Delivery, id=TEXT, now=TEXT, attempt=NUMBER, framing=FRAMING, port=NUMBER, nonce=TEXT),
    )
}

EVENTS: Final = ("http", "queue", "blob", "timer", "raw")
SENT: Final = ("request", "line", *EVENTS)

_WRITERS: Final = {part.kind: _writer(part) for part in PARTS.values()}
_PAYLOADS: Final = {
    name: 1 + list(PARTS[name].fields).index(field)
    for name, field in (
        ("http", "body"),
        ("queue", "message"),
        ("blob", "content"),
        ("timer", "payload"),
        ("raw", "body"),
        ("request", "body"),
        ("line", "line"),
        ("reply", "body"),
        ("lines", "lines"),
    )
}
