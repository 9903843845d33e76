"""azure-stdio: one JSON object a line on stdin, one a line on stdout (azure-functions.md 8).

The real Functions host never does this; tutorials describe handlers that expect it. Requests have the five members
method, url, headers, query and body. Values that come more than once are joined, of a header with ``, `` and of a query
with ``,`` as in the Query of the real host (azure-functions.md 3.3). What is not UTF-8 goes as base64 with the header
``content-transfer-encoding: base64``.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache, partial
from typing import Any, Final
from urllib.parse import quote

import orjson

from fnfuzz.app.model import ContractId, Function
from fnfuzz.contracts.azure_client import query_text
from fnfuzz.contracts.azure_fate import Failure, delivered, lost
from fnfuzz.contracts.azure_patterns import BlobPattern
from fnfuzz.contracts.model import (
    CallerReply,
    Delivery,
    HostOutcome,
    LineReply,
    LineRequest,
    Observed,
    Output,
    Verdict,
    Violation,
    is_busy,
)
from fnfuzz.contracts.stdio_lines import read_answer
from fnfuzz.contracts.stdio_shape import Shaped, payload, shape
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, TimerEvent

__all__ = ["NONCE_HEADER", "AzureStdio"]

NONCE_HEADER: Final = "x-fnfuzz-id"
LONGEST_KEPT: Final = 2048
"""Bytes of a line of which is kept what it says."""

BLOB_STORE: Final = "http://127.0.0.1:10000/devstoreaccount1"
NEVER: Final = "0001-01-01T00:00:00+00:00"
"""When a timer that fires for the first time fired last."""


class AzureStdio:
    """The line protocol, in the dialect of five members, ``status`` and a text for a body."""

    __slots__ = ()

    @property
    def id(self) -> ContractId:
        """``azure-stdio``."""
        return "azure-stdio"

    def encode(self, function: Function, event: Event, delivery: Delivery) -> LineRequest:
        """One line of compact JSON (azure-functions.md 8.1).

        Raises ValueError for raw events and for texts with half of a surrogate pair.
        """
        build = _BUILDERS.get(type(event))
        if build is None:
            raise ValueError(f"azure-stdio carries no {event.trigger} events")
        request = build(function, event)
        if delivery.nonce:
            request["headers"][NONCE_HEADER] = delivery.nonce
        try:
            return LineRequest(orjson.dumps(request))
        except TypeError as error:
            raise ValueError(f"the event has no JSON form in UTF-8: {error}") from error

    def decode(self, function: Function, event: Event, delivery: Delivery, observed: Observed) -> Verdict:
        """What a line-protocol host makes of ``observed`` (azure-functions.md 8.1, 8.2). Never raises."""
        head = isinstance(event, HttpEvent) and event.method == "HEAD"
        line = _only_line(observed)
        plain = _faultless(line, head) if line and not delivery.nonce else None
        if plain is not None:
            return Verdict(_outcome(function, event, delivery, plain))
        answer = read_answer(observed)
        if answer.members is None:
            return Verdict(_failed(function, event, delivery, answer.error, hangs=answer.hangs), answer.violations)
        shaped = shape(answer.members, sent=partial(_sent, event), head=head)
        crossed = tuple(_crossed(answer.members, event, delivery))
        violations = (*answer.violations, *crossed, *shaped.violations, *_server_error(event, shaped))
        error = answer.error or (crossed[0].message if crossed else "") or shaped.error
        if error:
            return Verdict(_failed(function, event, delivery, error, hangs=answer.hangs), violations)
        return Verdict(_outcome(function, event, delivery, shaped), violations)


def _only_line(observed: Observed) -> bytes:
    """The answer where nothing is to be seen but one short line; empty otherwise."""
    reply = observed.reply
    if observed.fault is not None or observed.exit is not None or not isinstance(reply, LineReply):
        return b""
    if not reply.is_answer_alone or len(reply.lines[0]) > LONGEST_KEPT:
        return b""
    return reply.lines[0]


@lru_cache(maxsize=256)
def _faultless(line: bytes, head: bool) -> Shaped | None:
    """What a line says of which no rule says anything, whatever the event was; handlers give few different ones."""
    answer = read_answer(Observed(reply=LineReply((line,), 0)))
    if answer.members is None or answer.violations or answer.error:
        return None
    shaped = shape(answer.members, sent=bytes, head=head)
    return None if shaped.violations or shaped.error or shaped.status >= 500 else shaped


def _http(function: Function, event: HttpEvent) -> dict[str, Any]:
    headers = _joined(((name.lower(), value) for name, value in event.headers), ", ")
    return {
        "method": event.method,
        "url": event.path + query_text(event.query),
        "headers": headers,
        "query": _joined(iter(event.query), ","),
        "body": _text(event.body, headers) if event.body else None,
    }


def _queue(function: Function, event: QueueEvent) -> dict[str, Any]:
    headers = {
        "content-type": "text/plain",
        "x-trigger": "queue",
        "x-function": function.name,
        "x-message-id": event.id,
        "x-dequeue-count": str(event.dequeue_count),
        "x-insertion-time": event.inserted.replace("+00:00", "Z"),
    }
    return _posted(f"/queue/{quote(function.source or function.name)}", headers, {}, event.message)


def _blob(function: Function, event: BlobEvent) -> dict[str, Any]:
    pattern = _pattern(function.source)
    path = f"{pattern.container}/{quote(event.name)}"
    headers = {
        "content-type": event.content_type,
        "content-length": str(len(event.content)),
        "x-trigger": "blob",
        "x-function": function.name,
        "x-blob-uri": f"{BLOB_STORE}/{path}",
    }
    query = dict(pattern.placeholders(event.name)) or {"name": event.name}
    return _posted(f"/blob/{path}", headers, query, event.content)


def _timer(function: Function, event: TimerEvent) -> dict[str, Any]:
    """The timer object of azure-functions.md 3.6 as body, that of a first firing."""
    status = {"Last": NEVER, "Next": event.due, "LastUpdated": NEVER}
    timer = {"Schedule": {"AdjustForDST": True}, "ScheduleStatus": status, "IsPastDue": event.past_due}
    headers = {"content-type": "application/json", "x-trigger": "timer", "x-function": function.name}
    return _posted(f"/timer/{quote(function.name)}", headers, {}, orjson.dumps(timer))


_BUILDERS: Mapping[type, Callable[[Function, Any], dict[str, Any]]] = {
    HttpEvent: _http,
    QueueEvent: _queue,
    BlobEvent: _blob,
    TimerEvent: _timer,
}


def _posted(url: str, headers: dict[str, str], query: dict[str, str], body: bytes) -> dict[str, Any]:
    return {"method": "POST", "url": url, "headers": headers, "query": query, "body": _text(body, headers)}


def _joined(pairs: Iterator[tuple[str, str]], separator: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        found[name] = f"{found[name]}{separator}{value}" if name in found else value
    return found


def _text(content: bytes, headers: dict[str, str]) -> str:
    """The content as text, or as base64, which ``headers`` then say."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        headers["content-transfer-encoding"] = "base64"
        return base64.b64encode(content).decode("ascii")


@lru_cache(maxsize=64)
def _pattern(source: str) -> BlobPattern:
    return BlobPattern.of(source)


def _failed(function: Function, event: Event, delivery: Delivery, error: str, *, hangs: bool) -> HostOutcome:
    return lost(function, event, delivery, Failure(error, hangs=hangs), function.timeout)


def _outcome(function: Function, event: Event, delivery: Delivery, shaped: Shaped) -> HostOutcome:
    """A caller gets any status; for a message or a blob only 2xx means done."""
    if isinstance(event, HttpEvent):
        return HostOutcome(status="completed", caller=CallerReply(shaped.status, shaped.headers, shaped.body))
    if not 200 <= shaped.status < 300:
        return _failed(function, event, delivery, f"The handler answered with status {shaped.status}.", hangs=False)
    return HostOutcome(status="completed", outputs=_outputs(function, shaped.body), delivery=delivered(event))


def _outputs(function: Function, body: bytes) -> tuple[Output, ...]:
    """The declared outputs in a body ``{"Outputs": {...}}``; a list gives one payload for each element."""
    try:
        outputs = orjson.loads(body).get("Outputs") if b'"Outputs"' in body else None
    except (ValueError, AttributeError):
        return ()
    if not isinstance(outputs, dict):
        return ()
    return tuple(
        Output(binding.name, binding.type, _payloads(outputs[binding.name]))
        for binding in function.outputs
        if outputs.get(binding.name) is not None
    )


def _payloads(value: Any) -> tuple[bytes, ...]:
    elements = value if isinstance(value, list) else [value]
    return tuple(payload(element) for element in elements)


def _server_error(event: Event, shaped: Shaped) -> Iterator[Violation]:
    busy = isinstance(event, HttpEvent) and is_busy(shaped.status, shaped.headers)
    if shaped.status >= 500 and not busy:
        said = shaped.body[:200].decode("utf-8", "backslashreplace")
        message = f"The handler answered with status {shaped.status}: {said!r}."
        yield Violation("server-error", message, f"status {shaped.status}")


def _sent(event: Event) -> bytes:
    """Every text of the event that an answer may echo."""
    if isinstance(event, HttpEvent):
        return b"\0".join((event.body, *_bytes(event.query), *_bytes(event.headers)))
    if isinstance(event, QueueEvent):
        return event.message
    return event.content if isinstance(event, BlobEvent) else b""


def _bytes(pairs: Pairs) -> Iterator[bytes]:
    return (text.encode("utf-8", "replace") for pair in pairs for text in pair)


def _crossed(members: dict[str, Any], event: Event, delivery: Delivery) -> Iterator[Violation]:
    """An answer that echoes nonces, but not this request's; an event with such a header of its own decides nothing."""
    echoed = set(_nonces(members, 0)) if delivery.nonce else set()
    if echoed and delivery.nonce not in echoed and NONCE_HEADER.encode() not in _sent(event).lower():
        yield Violation("line-wrong-request", f"The answer echoes the {NONCE_HEADER} of another request.", NONCE_HEADER)


def _nonces(value: Any, depth: int) -> Iterator[str]:
    """The values of every x-fnfuzz-id in ``value``, also in JSON text, a few levels deep."""
    if isinstance(value, str) and NONCE_HEADER in value.lower() and depth < 8:
        value = _parsed(value)
    if isinstance(value, dict) and depth < 8:
        for name, inner in value.items():
            if isinstance(inner, str) and name.lower() == NONCE_HEADER:
                yield inner
            else:
                yield from _nonces(inner, depth + 1)
    elif isinstance(value, list) and depth < 8:
        for inner in value:
            yield from _nonces(inner, depth + 1)


def _parsed(text: str) -> Any:
    try:
        return orjson.loads(text)
    except ValueError:
        return None
