"""Experiments on how a handler reads events: framing, media type, size, bytes, batches (alibaba-fc.md 3.2, 6)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import orjson

from fnfuzz.app.model import App, Function
from fnfuzz.checks.experiment import nonce, patience, status
from fnfuzz.checks.fc_trials import (
    Change,
    answer_text,
    body_of,
    breach,
    completed,
    crashed,
    deliver,
    marked_event,
    own_breaches,
)
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.fc_events import BRIDGED
from fnfuzz.contracts.fc_samples import SAMPLES
from fnfuzz.contracts.model import Framing, HttpRequest
from fnfuzz.events import Event, QueueEvent, RawEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["FC_EVENT_PROBES"]

MIB = 1024 * 1024
LARGE: Mapping[str, tuple[int, ...]] = {"raw": (MIB, 8 * MIB), "mns-queue": (120_000,)}
"""Bytes by form: InvokeFunction takes 32 MB, a batch of an asynchronous event source 128 KB (alibaba-fc.md 4.2)."""

QUICK = 0.5
"""Seconds; a handler that took longer for one size is not asked for the next."""

KILLED = (-9, 137)
TEXT = b"order-17 paid"
BINARY = b"\x00\x01\xff\xfe\x80 \xc3( \xe2\x82 \r\n\xf0\x9f\x98 "
UNICODE = "Gr\u00fc\u00dfe \u6f22\u5b57 \U0001f600 ".encode()

# -- media type and framing


def framed(framing: Framing) -> Change:
    """The same request, its body chunked or with Content-Length."""
    return lambda request: replace(request, framing=framing)


def as_json(request: HttpRequest) -> HttpRequest:
    """The same request as application/json, which the host never sends."""
    headers = tuple((n, "application/json" if n.lower() == "content-type" else v) for n, v in request.headers)
    return replace(request, headers=headers, framing="length")


def misread(host: Host, function: Function, trial: Change, control: Change) -> tuple[Exchange, str] | None:
    """Two events, each in both forms: one that shows that ``trial`` is read worse than ``control``, and how."""
    marks = nonce("read", 1), nonce("read", 2) * 2
    events = [marked_event(function, mark) for mark in marks]
    read = [deliver(host, function, event, control) for event in events]
    if any(crashed(exchange) for exchange in read):
        return None
    limit = patience(host, function, max(exchange.observed.elapsed for exchange in read))
    tried = [deliver(host, function, event, trial, limit=limit) for event in events]
    if all(exchange.observed.timed_out for exchange in tried):
        return tried[0], "hang"
    if all(crashed(exchange) for exchange in tried):
        return tried[0], "crash"
    if any(crashed(exchange) for exchange in tried):
        return None
    if all(completed(exchange) for exchange in read) and not any(completed(exchange) for exchange in tried):
        return tried[0], "refused"
    return (tried[0], "not read") if _blind(marks, read, tried) else None


def _blind(marks: tuple[str, ...], read: list[Exchange], tried: list[Exchange]) -> bool:
    """Do the answers follow the event in one form and not in the other?"""
    if all(mark.encode() in body_of(exchange) for mark, exchange in zip(marks, read, strict=True)):
        if not any(mark.encode() in body_of(exchange) for mark, exchange in zip(marks, tried, strict=True)):
            return True
        return all(_as_on_the_wire(exchange) in body_of(exchange) for exchange in tried)
    return answer_text(read[0]) != answer_text(read[1]) and answer_text(tried[0]) == answer_text(tried[1])


def _as_on_the_wire(exchange: Exchange) -> bytes:
    """The body with the sizes of its chunks, as no handler should see it."""
    assert isinstance(exchange.request, HttpRequest)
    return b"%x\r\n%b\r\n0\r\n" % (len(exchange.request.body), exchange.request.body)


def reads_octet_stream(host: Host, function: Function) -> Iterator[Breach]:
    """An event is read although its type is application/octet-stream."""
    shown = deliver(host, function, typical_event(function), framed("length"))
    refused = list(own_breaches(shown, "rejects-octet-stream"))
    if refused:
        yield from refused
        return
    found = misread(host, function, framed("length"), as_json)
    if found is not None:
        exchange, how = found
        message = f"As application/octet-stream, the host's only type, an event is {READ[how]}; as JSON it is read."
        yield breach("rejects-octet-stream", message, how, exchange)


def reads_chunked(host: Host, function: Function) -> Iterator[Breach]:
    """A chunked event is read as one with Content-Length is."""
    found = misread(host, function, framed("chunked"), framed("length"))
    if found is not None:
        exchange, how = found
        message = f"Sent chunked, an event is {READ[how]}; with Content-Length it is read."
        yield breach("rejects-chunked-event", message, how, exchange)


READ = {
    "hang": "never answered",
    "crash": "answered with a failure",
    "refused": "refused",
    "not read": "not read",
}


# -- size and content


def answers_empty(host: Host, function: Function) -> Iterator[Breach]:
    """No bytes at all, in both framings."""
    if crashed(deliver(host, function, typical_event(function))):
        return
    for framing in ("length", "chunked"):
        change = framed("chunked" if framing == "chunked" else "length")
        limit = patience(host, function)
        shown = deliver(host, function, _payload(function, b""), change, limit=limit)
        if shown.observed.timed_out:
            shown = deliver(host, function, _payload(function, b""), change)
        found = list(own_breaches(shown, "rejects-empty-event"))
        yield from found
        if found:
            return


def takes_large(host: Host, function: Function) -> Iterator[Breach]:
    """Events of the sizes that the host delivers, where a small one of the same shape is answered."""
    for size in LARGE[function.form]:
        if crashed(deliver(host, function, _sized(host, function, 0))):
            return
        shown = deliver(host, function, _sized(host, function, size))
        found = _too_large(function, shown, size)
        if found is not None:
            again = _too_large(function, deliver(host, function, _sized(host, function, size)), size)
            if again is not None and not crashed(deliver(host, function, _sized(host, function, 0))):
                yield found
            return
        if shown.observed.elapsed > QUICK or crashed(shown):
            return


def _too_large(function: Function, exchange: Exchange, size: int) -> Breach | None:
    known = next(own_breaches(exchange, "rejects-large-event"), None)
    gone = exchange.observed.exit
    if known is not None or not crashed(exchange) or (gone is not None and gone.code in KILLED):
        return known
    if exchange.observed.timed_out and (function.timeout is None or exchange.observed.limit < function.timeout):
        return None
    fault = exchange.observed.fault
    how = str(gone) if gone else fault.kind if fault else f"status {status(exchange)}"
    message = f"An event of {size} bytes fails ({how}); a small one of the same shape is answered."
    return breach("rejects-large-event", message, how, exchange)


def _sized(host: Host, function: Function, size: int) -> Event:
    if function.form == "raw":
        note = {"note": "x" * size} if size else {}
        return RawEvent(body=orjson.dumps({"id": "7", "name": "mira", **note}))
    message = _envelope(host, function)
    count = max(1, size // (len(orjson.dumps(message)) + 1))
    return RawEvent(body=orjson.dumps([message] * count))


def keeps_bytes(host: Host, function: Function) -> Iterator[Breach]:
    """A handler that gives the event back gives back every byte of it."""
    for mark in (nonce("echo", 1), nonce("echo", 2) * 2):
        if body_of(deliver(host, function, _payload(function, mark.encode()))) != mark.encode():
            return
    payload = (BINARY if function.form == "raw" else UNICODE) + nonce("echo", 3).encode()
    for _ in range(2):
        shown = deliver(host, function, _payload(function, payload))
        if not completed(shown) or not _is_damaged(payload, body_of(shown)):
            return
    message = "A handler that answers with the event itself changed its bytes; it reads or writes them as text."
    yield breach("event-bytes-corrupted", message, "echo", shown)


def _is_damaged(sent: bytes, received: bytes) -> bool:
    """Is ``received`` what wrong decoding makes of ``sent``? Another answer to bytes that are no text is no damage."""
    if received == sent:
        return False
    if "\ufffd".encode() in received:
        return True
    images = [sent.decode("utf-8", "ignore").encode(), sent.replace(b"\0", b""), sent.replace(b"\r\n", b"\n")]
    for name in ("latin-1", "cp1252", "utf-8"):
        text = sent.decode(name, "replace")
        images += [text.encode(), text.encode("ascii", "replace"), text.encode("ascii", "ignore")]
    return received in images


def answers_any_bytes(host: Host, function: Function) -> Iterator[Breach]:
    """Text that is no JSON, and where the caller may send it, bytes that are no text."""
    if crashed(deliver(host, function, typical_event(function))):
        return
    told = set()
    for payload in (TEXT, BINARY, SAMPLES["tablestore-cbor"]) if function.form == "raw" else (TEXT,):
        shown = deliver(host, function, _payload(function, payload))
        for found in own_breaches(shown, "non-json-event-crash"):
            if found.violation.place not in told:
                told.add(found.violation.place)
                yield found


def carries_any_text(app: App, function: Function) -> bool:
    """Can the trigger deliver something that is no JSON?"""
    return function.form in ("raw", "mns-topic-stream")


def _payload(function: Function, payload: bytes) -> Event:
    return QueueEvent(message=payload) if function.form == "mns-topic-stream" else RawEvent(body=payload)


# -- batches


def takes_batches(host: Host, function: Function) -> Iterator[Breach]:
    """The forms in which one event source may deliver the same message, by settings outside the code."""
    usual = typical_event(function)
    if crashed(deliver(host, function, usual)):
        return
    for name, body in batch_forms(_envelope(host, function)).items():
        shown = None
        for _ in range(2):
            shown = deliver(host, function, RawEvent(body=body))
            if not crashed(shown) or crashed(deliver(host, function, usual)):
                break
        else:
            message = f"The same message as {name}, as other settings deliver it, makes the handler fail."
            yield breach("batch-shape-crash", message, name, shown)


def batch_forms(envelope: object) -> dict[str, bytes]:
    """One message as an object, in an array of objects, and in an array of JSON texts (alibaba-fc.md 6.8)."""
    return {
        "one object": orjson.dumps(envelope),
        "an array of objects": orjson.dumps([envelope]),
        "an array of two objects": orjson.dumps([envelope, envelope]),
        "an array of JSON texts": orjson.dumps([orjson.dumps(envelope).decode()]),
    }


def _envelope(host: Host, function: Function) -> object:
    """The CloudEvent of one ordinary message of this queue."""
    request = host.encode(function, typical_event(function), host.delivery())
    assert isinstance(request, HttpRequest)
    document = json.loads(request.body)
    return document[0] if isinstance(document, list) else document


FC_EVENT_PROBES: tuple[Probe, ...] = (
    Probe(
        name="octet-stream",
        title="Reads application/octet-stream",
        rules=("rejects-octet-stream",),
        contracts=("fc-event",),
        run=reads_octet_stream,
        seconds=30.0,
    ),
    Probe(
        name="chunked",
        title="Reads chunked events",
        rules=("rejects-chunked-event",),
        contracts=("fc-event",),
        run=reads_chunked,
        seconds=30.0,
    ),
    Probe(
        name="empty-event",
        title="Answers an empty event",
        rules=("rejects-empty-event",),
        contracts=("fc-event",),
        run=answers_empty,
        applies=carries_any_text,
        seconds=30.0,
    ),
    Probe(
        name="any-bytes",
        title="Answers events that are not JSON",
        rules=("non-json-event-crash",),
        contracts=("fc-event",),
        run=answers_any_bytes,
        applies=carries_any_text,
    ),
    Probe(
        name="bytes",
        title="Gives bytes back unchanged",
        rules=("event-bytes-corrupted",),
        contracts=("fc-event",),
        run=keeps_bytes,
        applies=carries_any_text,
    ),
    Probe(
        name="large-event",
        title="Takes large events",
        rules=("rejects-large-event",),
        contracts=("fc-event",),
        run=takes_large,
        applies=lambda app, function: function.form in LARGE,
        seconds=60.0,
    ),
    Probe(
        name="batches",
        title="Takes every batch form",
        rules=("batch-shape-crash",),
        contracts=("fc-event",),
        run=takes_batches,
        applies=lambda app, function: function.form in BRIDGED,
    ),
)
