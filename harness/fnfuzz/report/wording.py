"""Events, requests, answers and the host's conclusions in plain words, as lines that are safe on a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from fnfuzz.contracts.model import CallerReply, HostOutcome, HttpReply, LineReply, LineRequest, Observed, Request
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent
from fnfuzz.report.visible import cut_middle, payload_lines, size, visible

__all__ = [
    "duration",
    "event_lines",
    "many",
    "memory",
    "observed_lines",
    "outcome_lines",
    "request_lines",
    "stream_lines",
]

_TITLE = 300
"""Characters of a header, name or address that are shown."""


def duration(seconds: float) -> str:
    """A time in words: ``0.4 ms``, ``35 ms``, ``3.2 s``, ``30 min``."""
    if seconds < 0.01:
        return f"{seconds * 1000:.1f} ms"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.1f} s".replace(".0 s", " s")
    return f"{seconds / 60:g} min" if seconds < 7200 else f"{seconds / 3600:g} h"


def memory(size: int) -> str:
    """Bytes in words: ``812 KiB``, ``45 MiB``, ``1.3 GiB``."""
    if size < 1024**2:
        return f"{size / 1024:.0f} KiB"
    return f"{size / 1024**2:.0f} MiB" if size < 1024**3 else f"{size / 1024**3:.1f} GiB"


def event_lines(event: Event) -> list[str]:
    """What was sent, without anything that a contract adds; keys that hold their default are left out."""
    match event:
        case HttpEvent():
            return _http(event)
        case QueueEvent():
            return _queue(event)
        case BlobEvent():
            return _blob(event)
        case TimerEvent():
            late = ", past due" if event.past_due else ""
            return [
                f"timer, due {_short(event.due)}{late}",
                *_payload("payload", event.payload.encode("utf-8", "surrogatepass")),
            ]
        case RawEvent():
            return _payload("event", event.body, empty="event of 0 bytes")


def request_lines(request: Request) -> list[str]:
    """A request as it goes over the wire, the body cut in its middle."""
    if isinstance(request, LineRequest):
        return [*payload_lines(request.line, limit=1200), f"({size(len(request.line) + 1)} with the line feed)"]
    head, _, body = request.to_bytes().partition(b"\r\n\r\n")
    lines = [_short(line) for line in head.decode("utf-8", "surrogateescape").split("\r\n")]
    return [*lines, "", *payload_lines(body, limit=1200, most=24)]


def observed_lines(observed: Observed, *, brief: bool = False) -> list[str]:
    """What came back: answer, fault, end of the process; ``brief`` leaves out headers that every server adds."""
    lines: list[str] = []
    if isinstance(observed.reply, HttpReply):
        lines += _http_reply(observed.reply, observed.elapsed, brief=brief)
    elif isinstance(observed.reply, LineReply):
        lines += _line_reply(observed.reply, observed.elapsed)
    if observed.fault is not None:
        lines.append(f"{observed.fault.kind}: {_short(observed.fault.message)}")
        lines += [f"  {line}" for line in payload_lines(observed.fault.raw, limit=300)]
    if observed.exit is not None:
        lines.append(f"the process ended: {observed.exit}")
    return lines or ["nothing"]


def outcome_lines(outcome: HostOutcome, event: Event) -> list[str]:
    """What the real host makes of it, and who notices."""
    lines = [_fate(outcome)]
    if outcome.caller is not None:
        lines += _caller(outcome.caller)
    if outcome.delivery:
        thing = "blob" if isinstance(event, BlobEvent) else "message" if isinstance(event, QueueEvent) else "event"
        lines.append(_DELIVERY[outcome.delivery].format(thing=thing))
    for output in outcome.outputs:
        name = f"output {_short(output.binding)} ({_short(output.type)})"
        for payload in output.payloads:
            lines += _payload(f"{name} writes", payload, empty=f"{name} writes 0 bytes")
    if outcome.result is not None:
        lines += _payload("the result is", outcome.result, empty="the result is empty")
    lines += [f"log: {_short(text)}" for text in outcome.logs[:6]]
    return lines


def stream_lines(data: bytes, most: int = 8) -> list[str]:
    """The last lines of a log, escaped; blank ones left out."""
    lines = [line for line in data.decode("utf-8", "surrogateescape").split("\n") if line.strip()]
    return [_short(line.rstrip("\r")) for line in lines[-most:]]


_DELIVERY = {
    "deleted": "the {thing} counts as done",
    "redelivered": "the {thing} is delivered again",
    "poisoned": "the {thing} was tried for the last time and is put aside as poison",
    "lost": "the {thing} is lost: it is never delivered again",
}


def _fate(outcome: HostOutcome) -> str:
    error = cut_middle(visible(outcome.error), 400)
    if outcome.status == "completed":
        return "the invocation completes"
    if outcome.status == "failed":
        return f"the invocation fails: {error}" if error else "the invocation fails"
    until = (
        "for ever, no limit is set"
        if outcome.until is None
        else f"until the host gives up after {duration(outcome.until)}"
    )
    return f"the invocation hangs {until}" + (f": {error}" if error else "")


def _caller(caller: CallerReply) -> list[str]:
    headers = [f"  {line}" for line in _headers(caller.headers)]
    if not caller.body:
        return [f"the HTTP caller gets {caller.status} without a body", *headers]
    body = [f"  {line}" for line in payload_lines(caller.body)]
    return [f"the HTTP caller gets {caller.status} and {size(len(caller.body))}", *headers, *body]


def _http(event: HttpEvent) -> list[str]:
    query = f"?{urlencode(event.query, errors='surrogatepass')}" if event.query else ""
    lines = [_short(f"{event.method} {event.path}{query}"), *_headers(event.headers)]
    return [*lines, *_payload("body", event.body, empty="no body")]


def _queue(event: QueueEvent) -> list[str]:
    lines = _payload("message", event.message, empty="message of 0 bytes")
    if event.dequeue_count != 1:
        lines.append(f"delivered for the {event.dequeue_count}. time")
    lines += [f"attribute {line}" for line in _headers(event.attributes)]
    return lines


def _blob(event: BlobEvent) -> list[str]:
    lines = [
        f'blob "{_short(event.name)}", {_short(event.content_type)}',
        *_payload("content", event.content, empty="content of 0 bytes"),
    ]
    return [*lines, *(f"metadata {line}" for line in _headers(event.metadata))]


_USUAL = ("server", "date", "connection", "keep-alive", "x-powered-by")
"""Headers by which no finding is explained."""


def _http_reply(reply: HttpReply, elapsed: float, *, brief: bool) -> list[str]:
    lines = [
        f"HTTP/{_short(reply.version)} {reply.status} {_short(reply.reason)}".rstrip() + f", after {duration(elapsed)}"
    ]
    headers = [pair for pair in reply.headers if not (brief and _is_usual(reply, *pair))]
    return [*lines, *_headers(headers), *_payload("body", reply.body, empty="no body")]


def _is_usual(reply: HttpReply, name: str, value: str) -> bool:
    return name.lower() in _USUAL or (name.lower() == "content-length" and value == str(len(reply.body)))


def _line_reply(reply: LineReply, elapsed: float) -> list[str]:
    lines = [f"{len(reply.lines)} line{'' if len(reply.lines) == 1 else 's'} on stdout, after {duration(elapsed)}"]
    for number, line in enumerate(reply.lines[:8]):
        mark = "answer" if number == reply.answer else "no answer"
        lines += [f"{number + 1} ({mark}): {text}" for text in payload_lines(line)]
    if len(reply.lines) > 8:
        lines.append(f"... {len(reply.lines) - 8:,} lines left out ...")
    lines += [f"without a line feed: {text}" for text in payload_lines(reply.partial, limit=300)]
    lines += [f"written before the request: {text}" for text in payload_lines(reply.stale, limit=300)]
    return lines


def _headers(pairs: Iterable[tuple[str, str]], most: int = 16) -> list[str]:
    lines = [_short(f"{name}: {value}") for name, value in pairs]
    if len(lines) > most:
        return [*lines[:most], f"... {len(lines) - most:,} more left out ..."]
    return lines


def _payload(name: str, data: bytes, empty: str = "") -> list[str]:
    if not data:
        return [empty] if empty else []
    return [f"{name}, {size(len(data))}:", *(f"  {line}" for line in payload_lines(data))]


def _short(text: str) -> str:
    return cut_middle(visible(text), _TITLE)


def many(number: int, word: str) -> str:
    """``1 case``, ``2,000 cases``."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"
