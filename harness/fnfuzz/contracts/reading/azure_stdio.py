"""A line of azure-stdio read back (azure-functions.md 8.1).

What a line does not carry: everything of the delivery but its nonce; of http the spelling of header names, and values
of one name come joined; of a message ``expires``, ``pop_receipt`` and attributes; of a blob ``modified`` and metadata;
of a timer the payload. A client's own ``x-fnfuzz-id``, put last, is taken for the nonce; a body of text that a client
says is base64 stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_patterns import BlobPattern
from fnfuzz.contracts.azure_stdio import NONCE_HEADER
from fnfuzz.contracts.model import Delivery, LineRequest
from fnfuzz.contracts.reading.model import NoInvocationError
from fnfuzz.contracts.reading.wire import FRAMING, base64_content, document, target_parts, text_members, whole
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, TimerEvent

__all__ = ["members_of", "read_azure_stdio"]

ENCODING = "content-transfer-encoding"


def members_of(request: LineRequest) -> dict[str, Any]:
    """The members of a line, header names in lower case. Raises NoInvocationError for a line that is no request."""
    members = document(request.line)
    if not isinstance(members, dict) or not isinstance(members.get("url"), str):
        raise NoInvocationError("the line is no JSON object with a url")
    headers = {name.lower(): value for name, value in text_members(members.get("headers"))}
    return {**members, "headers": headers}


def read_azure_stdio(function: Function, members: Mapping[str, Any]) -> tuple[Event, Delivery]:
    """The event in ``members``, and a delivery with the nonce that comes as last header, if one does."""
    headers: dict[str, str] = dict(members["headers"])
    nonce = headers.pop(NONCE_HEADER) if next(reversed(headers), "") == NONCE_HEADER else ""
    reader = _READERS.get(function.trigger)
    if reader is None:
        raise NoInvocationError(f"{function.trigger} of {function.name} has no event")
    body = _body(members.get("body"), headers)
    return reader(function, {**members, "headers": headers}, body), Delivery(nonce=nonce)


def _body(body: object, headers: dict[str, str]) -> bytes:
    """The body as bytes; the header that says base64 is taken away where the host put it."""
    if body is None:
        return b""
    if not isinstance(body, str):
        raise NoInvocationError("the body is no text")
    content = base64_content(body) if headers.get(ENCODING) == "base64" else None
    if content is None or _is_text(content):
        return body.encode("utf-8")
    if next(reversed(headers)) == ENCODING:
        del headers[ENCODING]
    return content


def _is_text(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _http(function: Function, members: Mapping[str, Any], body: bytes) -> Event:
    path, query = target_parts(members["url"])
    headers = tuple(pair for pair in members["headers"].items() if pair[0] not in FRAMING)
    return HttpEvent(
        method=str(members.get("method") or "GET"),
        path=path,
        query=query or text_members(members.get("query")),
        headers=headers,
        body=body,
    )


def _queue(function: Function, members: Mapping[str, Any], body: bytes) -> Event:
    headers, usual = members["headers"], QueueEvent()
    inserted = headers.get("x-insertion-time", usual.inserted)
    return QueueEvent(
        message=body,
        id=headers.get("x-message-id", usual.id),
        dequeue_count=whole(headers.get("x-dequeue-count"), 1),
        inserted=f"{inserted[:-1]}+00:00" if inserted.endswith("Z") else inserted,
    )


def _blob(function: Function, members: Mapping[str, Any], body: bytes) -> Event:
    path = members["url"].removeprefix("/blob/")
    container = BlobPattern.of(function.source).container
    within = path.removeprefix(f"{container}/") if function.source else path.partition("/")[2]
    kind = members["headers"].get("content-type", "application/octet-stream")
    return BlobEvent(name=unquote(within) or "blob", content=body, content_type=kind)


def _timer(function: Function, members: Mapping[str, Any], body: bytes) -> Event:
    timer = document(body)
    if not isinstance(timer, dict):
        raise NoInvocationError("the body holds no timer")
    status = timer.get("ScheduleStatus")
    due = status.get("Next") if isinstance(status, dict) else None
    return TimerEvent(due=due if isinstance(due, str) else TimerEvent().due, past_due=timer.get("IsPastDue") is True)


_READERS: Mapping[str, Callable[[Function, Mapping[str, Any], bytes], Event]] = {
    "http": _http,
    "queue": _queue,
    "blob": _blob,
    "timer": _timer,
}
