"""Records as plain data: tuples of texts, bytes and numbers, in a fixed order for each kind of part.

A record is two rows. The *exchange* row says what was sent and answered: ``(contract, function, request or event,
reply, fault, exit)``. The *circumstances* row holds the rest: ``(event, delivery, at, elapsed, connection, number)``,
where the event is None if the exchange row has it. A part is None or ``(name, field, ...)`` as in PARTS.

This is schema 1. A change of PARTS or of the rows is schema 2, and needs an entry in ``migrations``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from operator import attrgetter, itemgetter
from typing import Any, Final, TypeAlias, get_args

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
from fnfuzz.events import BlobEvent, HttpEvent, QueueEvent, RawEvent, TimerEvent

__all__ = ["LONG", "Row", "RowError", "circumstances_row", "exchange_row", "record_of", "sizes"]

Row: TypeAlias = tuple[Any, ...]

LONG: Final = 8192
"""Bytes longer than this are kept beside the records; lists longer than this are packed one by one."""

LARGEST_TIME: Final = 2**62
"""Microseconds, for every time and duration."""


class RowError(ValueError):
    """Plain data that is no record; the message names the part and the field."""


@dataclass(frozen=True, slots=True)
class _Part:
    """How one class is written: its fields in order, who reads each, and which of them can be long."""

    name: str
    kind: type
    names: tuple[str, ...]
    readers: tuple[Callable[[Any, Load], Any], ...]
    values: Callable[[Any], tuple[Any, ...]]
    long: tuple[int, ...]
    plain: Callable[[Row], Row]
    """Takes the fields out of a row that are as they should be if they have the right ``types``."""

    types: tuple[type, ...]
    made: Callable[[Row], Any]
    """The object of a row's fields."""

    careful: tuple[tuple[int, Callable[[Any, Load], Any]], ...]
    """Who reads each of the others."""


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
    # All at once, since this is done for every record: the limit is a power of two.
    if not 0 <= at | elapsed | connection | number < LARGEST_TIME:
        raise RowError(f"at, elapsed, connection and number are from 0 to {LARGEST_TIME - 1}")
    event = record.event if record.request is not None else None
    return (_written(event, keep), _written(record.delivery, keep), at, elapsed, connection, number)


def _written(value: Any, keep: Keep) -> Row | None:
    return None if value is None else _WRITERS[type(value)](value, keep)


def _writer(part: _Part) -> Callable[[Any, Keep], Row]:
    """What writes one class. This is done for every part of every record, so it looks for the usual case first."""
    tag, values, long = (part.name,), part.values, part.long

    def write(value: Any, keep: Keep) -> Row:
        row = values(value)
        for at in long:
            if len(row[at]) > LONG:
                return shortened(row, keep)
        return tag + row

    def shortened(row: Row, keep: Keep) -> Row:
        return tag + tuple([keep(item) if at in long else item for at, item in enumerate(row)])

    # Of a few lines each can be long.
    return write if _lines not in part.readers else lambda value, keep: shortened(values(value), keep)


def record_of(exchange: Any, circumstances: Any, load: Load) -> Record:
    """The record of two rows. Raises RowError for anything that no record is written as."""
    contract, function, sent, reply, fault, ended = _row(exchange, "exchange")
    event, delivery, at, elapsed, connection, number = _row(circumstances, "circumstances")
    if {type(at), type(elapsed), type(connection), type(number)} != {int} or not (
        0 <= at | elapsed | connection | number < LARGEST_TIME
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
    if len(value) != len(part.names) + 1:
        raise RowError(f"{part.name}: expected {len(part.names)} fields, not {len(value) - 1}")
    items = value[1:]
    # All plain values with one look: this is done for every part of every record.
    if tuple(map(type, part.plain(items))) == part.types:
        careful = part.careful
    else:
        careful = tuple(enumerate(part.readers))
    for at, reader in careful:
        try:
            item = reader(items[at], load)
        except RowError as error:
            raise RowError(f"{part.name}.{part.names[at]}: {error}") from error
        if item is not items[at]:
            items = (*items[:at], item, *items[at + 1 :])
    return part.made(items)


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


def _one_of(*words: str | None) -> Callable[[Any, Load], Any]:
    def read(value: Any, load: Load) -> Any:
        if (value is not None and type(value) is not str) or value not in words:
            raise RowError(f"{value!r:.40} is unknown")
        return value

    return read


def _part(name: str, kind: type, /, **readers: Callable[[Any, Load], Any]) -> _Part:
    assert {field.name for field in fields(kind)} == set(readers), name
    long = tuple(at for at, reader in enumerate(readers.values()) if reader in (_bytes, _pairs, _lines))
    getter = attrgetter(*readers)
    # attrgetter gives a tuple for two names and more, and the bare value for one.
    values = getter if len(readers) > 1 else lambda value: (getter(value),)
    each = tuple(enumerate(readers.values()))
    plain = [(at, _TYPES[reader]) for at, reader in each if reader in _TYPES]
    return _Part(
        name,
        kind,
        tuple(readers),
        tuple(readers.values()),
        values,
        long,
        _taking([at for at, _ in plain]),
        tuple([type_ for _, type_ in plain]),
        _making(kind, tuple(readers)),
        tuple((at, reader) for at, reader in each if reader not in _TYPES),
    )


def _making(kind: type, names: Sequence[str]) -> Callable[[Row], Any]:
    """What makes a ``kind`` of a row, written out: a call with a dictionary made for it takes four times as long."""
    arguments = ", ".join(f"{name}=row[{at}]" for at, name in enumerate(names))
    made: Callable[[Row], Any] = eval(f"lambda row: kind({arguments})", {"kind": kind})
    return made


def _taking(places: Sequence[int]) -> Callable[[Row], Row]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda row: tuple([row[at] for at in places])


_TYPES: Final[Mapping[Callable[[Any, Load], Any], type]] = {_text: str, _bytes: bytes, _number: int, _flag: bool}


_FRAMING = _one_of(*get_args(Framing))

PARTS: Final[Mapping[str, _Part]] = {
    part.name: part
    for part in (
        _part("http", HttpEvent, method=_text, path=_text, query=_pairs, headers=_pairs, body=_bytes),
        _part(
            "queue",
            QueueEvent,
            message=_bytes,
            id=_text,
            dequeue_count=_number,
            inserted=_text,
            expires=_optional_text,
            pop_receipt=_text,
            attributes=_pairs,
        ),
        _part("blob", BlobEvent, name=_text, content=_bytes, content_type=_text, metadata=_pairs, modified=_text),
        _part("timer", TimerEvent, due=_text, past_due=_flag, payload=_text),
        _part("raw", RawEvent, body=_bytes),
        _part(
            "request",
            HttpRequest,
            method=_text,
            target=_text,
            headers=_pairs,
            body=_bytes,
            framing=_one_of(None, *get_args(Framing)),
        ),
        _part("line", LineRequest, line=_bytes),
        _part(
            "reply",
            HttpReply,
            status=_number,
            reason=_text,
            headers=_pairs,
            body=_bytes,
            version=_text,
            keep_alive=_flag,
        ),
        _part("lines", LineReply, lines=_lines, answer=_optional_number, partial=_bytes, stale=_bytes),
        _part("fault", Fault, kind=_one_of(*get_args(FaultKind)), message=_text, raw=_bytes),
        _part("exit", Exit, code=_number),
        _part("delivery", Delivery, id=_text, now=_text, attempt=_number, framing=_FRAMING, port=_number, nonce=_text),
    )
}

EVENTS: Final = ("http", "queue", "blob", "timer", "raw")
SENT: Final = ("request", "line", *EVENTS)

_WRITERS: Final = {part.kind: _writer(part) for part in PARTS.values()}
_PAYLOADS: Final = {
    name: 1 + PARTS[name].names.index(field)
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
