"""A record as text for people and for ``git diff``: one record always gives the same lines, safe on any terminal."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final
from urllib.parse import urlencode

import orjson

from fnfuzz.contracts.model import Fault, HttpReply, HttpRequest, LineReply
from fnfuzz.corpus.json_layout import laid_out
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.plain import iso_time
from fnfuzz.corpus.shape import status, trigger
from fnfuzz.corpus.unkept import unkept
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent

__all__ = ["record_lines", "record_title"]

_LARGEST_JSON: Final = 4 * 1024 * 1024
_BASE64_WIDTH: Final = 96
_UNSAFE: Final = re.compile(r"[^ -~]")


def record_title(id: str, record: Record) -> str:
    """One line: id, function, contract, trigger, what was asked, how it was answered."""
    words = (
        id[:12],
        record.function or "-",
        record.contract or "-",
        trigger(record) or "-",
        _asked(record),
        status(record),
    )
    return _safe("  ".join(words))


def record_lines(id: str, record: Record, *, whole: bool = False, limit: int = 65536) -> Iterator[str]:
    """The record line by line: a heading, then what was sent behind ``>`` and what came back behind ``<``.

    JSON is laid out with one member a line, what is not UTF-8 comes as base64; of a body ``limit`` bytes are shown, or
    with ``whole`` all of it.
    """
    most = None if whole else limit
    yield _safe(f"record {id}")
    yield from (_safe(f"{name}: {value}") for name, value in _circumstances(record))
    yield ""
    yield from (f"> {line}".rstrip() for line in _sent(record, most))
    yield ""
    answer = list(_answered(record, most)) or ["(no answer was recorded)"]
    yield from (f"< {line}".rstrip() for line in answer)


def _circumstances(record: Record) -> Iterator[tuple[str, str]]:
    if record.function:
        yield "function", record.function
    if record.contract:
        yield "contract", record.contract
    if record.event is not None:
        yield "trigger", record.event.trigger
    if record.at:
        yield "at", iso_time(record.at)
    if record.at or record.elapsed:
        yield "took", f"{record.elapsed / 1000:.3f} ms"
    if record.number:
        yield "place", f"{record.number}" + (f" on connection {record.connection}" if record.connection else "")
    if record.delivery is not None:
        attempt = f", attempt {record.delivery.attempt}" if record.delivery.attempt else ""
        yield "delivery", f"{record.delivery.id} at {record.delivery.now}{attempt}"


def _asked(record: Record) -> str:
    match record.request, record.event:
        case HttpRequest() as request, _:
            return f"{request.method} {request.target}"
        case _, HttpEvent() as event:
            return f"{event.method} {event.path}"
        case _, BlobEvent() as event:
            return event.name
        case _, QueueEvent() as event:
            return event.id
        case _, TimerEvent() as event:
            return event.due
    return "-"


def _sent(record: Record, most: int | None) -> Iterator[str]:
    request = record.request
    if isinstance(request, HttpRequest):
        large = unkept(record.fault, "request")
        framing = {
            "chunked": (("Transfer-Encoding", "chunked"),),
            "length": (("Content-Length", str(large.size if large else len(request.body))),),
        }
        yield _safe(f"{request.method} {request.target} HTTP/1.1")
        yield from _headers((*request.headers, *framing.get(request.framing or "", ())))
        yield from _body(request.body, most) if large is None else ("", f"({large.size:,} bytes, not kept)")
    elif request is not None:
        yield from _payload(request.line, most)
    elif record.event is not None:
        yield from _event(record.event, most)
    else:
        yield "(nothing)"


def _event(event: Event, most: int | None) -> Iterator[str]:
    match event:
        case HttpEvent():
            query = f"?{urlencode(event.query, errors='surrogatepass')}" if event.query else ""
            yield _safe(f"{event.method} {event.path}{query}")
            yield from _headers(event.headers)
            yield from _body(event.body, most)
        case QueueEvent():
            yield _safe(f"message {event.id}")
            yield _safe(
                f"delivered {event.dequeue_count} times, inserted {event.inserted}, expires {event.expires or 'never'}"
            )
            yield from _headers(event.attributes)
            yield from _body(event.message, most)
        case BlobEvent():
            yield _safe(f"blob {event.name}")
            yield _safe(f"{event.content_type}, modified {event.modified}")
            yield from _headers(event.metadata)
            yield from _body(event.content, most)
        case TimerEvent():
            yield _safe(f"due {event.due}" + (", past due" if event.past_due else ""))
            yield from _body(event.payload.encode("utf-8", "surrogatepass"), most)
        case RawEvent():
            yield from _payload(event.body, most)


def _answered(record: Record, most: int | None) -> Iterator[str]:
    reply = record.reply
    if isinstance(reply, HttpReply):
        yield _safe(f"HTTP/{reply.version} {reply.status} {reply.reason}")
        yield from _headers(reply.headers)
        yield from _body(reply.body, most)
    elif reply is not None:
        yield from _lines(reply, most)
    if record.fault is not None:
        yield from _fault(record.fault, most)
    if record.exit is not None:
        yield f"! the process ended: {record.exit}"


def _lines(reply: LineReply, most: int | None) -> Iterator[str]:
    if reply.stale:
        yield from ("stale: " + line for line in _payload(reply.stale, most))
    for number, line in enumerate(reply.lines):
        yield from _payload(line, most) if number == reply.answer else ("log: " + text for text in _plain(line, most))
    if reply.partial:
        yield from ("without a line end: " + line for line in _plain(reply.partial, most))


def _fault(fault: Fault, most: int | None) -> Iterator[str]:
    yield _safe(f"! {fault.kind}: {fault.message}")
    yield from ("! " + line for line in _plain(fault.raw, most) if fault.raw)


def _headers(pairs: Pairs) -> Iterator[str]:
    return (_safe(f"{name}: {value}") for name, value in pairs)


def _body(data: bytes, most: int | None) -> Iterator[str]:
    if data:
        yield ""
        yield from _payload(data, most)


def _payload(data: bytes, most: int | None) -> Iterator[str]:
    """JSON laid out, anything else as ``_plain``."""
    if data[:1] in (b"{", b"[") and len(data) <= (most or _LARGEST_JSON) and _is_json(data):
        yield from map(_safe, laid_out(data.decode("utf-8")))
    else:
        yield from _plain(data, most)


def _plain(data: bytes, most: int | None) -> Iterator[str]:
    shown = data if most is None else data[:most]
    try:
        # A cut may go through the last character.
        text = shown.decode("utf-8") if shown is data else shown.decode("utf-8", "ignore")
        if len(text.encode("utf-8")) < len(shown) - 3:
            raise ValueError
        yield from map(_safe, text.split("\n"))
    except ValueError:
        yield f"(base64 of {len(data):,} bytes)"
        coded = base64.b64encode(shown).decode("ascii")
        yield from (coded[at : at + _BASE64_WIDTH] for at in range(0, len(coded), _BASE64_WIDTH))
    if len(shown) < len(data):
        yield f"({len(data) - len(shown):,} of {len(data):,} bytes are not shown; BLAKE2b {_digest(data)})"


def _digest(data: bytes) -> str:
    return blake2b(data, digest_size=8).hexdigest()


def _is_json(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


def _safe(text: str) -> str:
    """``text`` on one line, with an escape for everything that a terminal could act on or that cannot be seen."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    letter = match[0]
    return letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii")
