"""Data and Metadata read back: which event the Functions host wrapped (azure-functions.md 3).

What the envelope does not carry, or not in full:

* http: the order of headers of different names, the spelling of a name that comes again, and framing headers; a Host
  that is Core Tools' own is taken for none. Of a body that is shown as text and is not UTF-8, one is given back that
  looks the same and has the same length.
* queue: bytes of a message that are not UTF-8 (U+FFFD stands for them, unless dataType is binary), attributes,
  fractions of seconds, and every property that a member of the message overwrites; 9999-12-31T23:59:59 is never.
* blob: fractions of seconds, and all but the last of metadata of one name.
* timer: the payload, and the time where the schedule has no status: then that of the delivery stands for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit

import orjson

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_client import HOST, content_type
from fnfuzz.contracts.azure_envelope import NEVER, VISIBILITY
from fnfuzz.contracts.azure_patterns import PARAMETER, BlobPattern
from fnfuzz.contracts.azure_values import BOMS, hoisted, text_of
from fnfuzz.contracts.dotnet import fold, second
from fnfuzz.contracts.model import Delivery, HttpRequest
from fnfuzz.contracts.reading.model import NoInvocationError
from fnfuzz.contracts.reading.wire import (
    FRAMING,
    UNREADABLE,
    base64_content,
    document,
    exact_time,
    framing_of,
    header,
    port_of,
    target_parts,
    text_members,
    whole,
)
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, TimerEvent

__all__ = ["ID_HEADER", "Parts", "parts_of", "read_azure_http"]

ID_HEADER = "x-azure-functions-invocationid"
ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")
DEFAULT_NAMES = {"http": "req"}

Parts: TypeAlias = tuple[dict[str, Any], dict[str, Any]]
"""Data, and Metadata with folded names."""


def parts_of(request: HttpRequest) -> Parts:
    """The two members of the envelope. Raises NoInvocationError for a request without one."""
    body = document(request.body)
    data, metadata = (body.get("Data"), body.get("Metadata")) if isinstance(body, dict) else (None, None)
    if request.method != "POST" or not isinstance(data, dict) or not isinstance(metadata, dict):
        raise NoInvocationError("no POST with Data and Metadata as JSON")
    return data, {fold(name): value for name, value in metadata.items()}


def read_azure_http(function: Function, request: HttpRequest, parts: Parts) -> tuple[Event, Delivery]:
    """The event of a request whose envelope is ``parts``, and its delivery; all of the latter is on the wire.

    Raises NoInvocationError for an envelope that does not fit the function's trigger.
    """
    data, metadata = parts
    reader = _READERS.get(function.trigger)
    if reader is None:
        raise NoInvocationError(f"{function.trigger} of {function.name} has no event")
    value = _trigger_value(function, data)
    if function.trigger == "queue":
        metadata = _own(_message(function, value), metadata, binary=_is_binary(function))
    return reader(function, value, metadata), _delivery(request, metadata)


def _trigger_value(function: Function, data: Mapping[str, Any]) -> Any:
    trigger = function.trigger_binding
    name = function.trigger_name or (trigger.name if trigger else "") or DEFAULT_NAMES.get(function.trigger, "")
    if name in data:
        return data[name]
    if not data:
        raise NoInvocationError("Data is empty")
    return next(iter(data.values()))


def _delivery(request: HttpRequest, metadata: Mapping[str, Any]) -> Delivery:
    told = {}
    if identity := header(request.headers, ID_HEADER):
        told["id"] = identity
    system = metadata.get("SYS")
    if now := exact_time(system.get("UtcNow") if isinstance(system, dict) else None) or _handed_out(metadata):
        told["now"] = now
    retry = metadata.get("RETRYCONTEXT")
    attempt = whole(retry.get("RetryCount"), 0) if isinstance(retry, dict) else 0
    return Delivery(**told, attempt=attempt, framing=framing_of(request), port=port_of(request))


def _handed_out(metadata: Mapping[str, Any]) -> str | None:
    """The second in which a message was handed out, by the time until which it is hidden."""
    visible = exact_time(metadata.get("NEXTVISIBLETIME"))
    try:
        return (datetime.fromisoformat(visible[:19]) - VISIBILITY).isoformat() + "Z" if visible else None
    except OverflowError:
        return None


def _http(function: Function, data: Any, metadata: Mapping[str, Any]) -> Event:
    if not isinstance(data, dict) or not isinstance(data.get("Url"), str):
        raise NoInvocationError("Data has no HTTP request")
    groups = _header_groups(data.get("Headers"))
    headers = tuple((name, value) for name, values in groups.items() for value in values)
    host = next((value for name, value in headers if name.lower() == "host"), "")
    length = next((value for name, value in headers if name.lower() == "content-length"), "")
    headers = tuple(pair for pair in headers if pair[0].lower() not in FRAMING and pair != ("Host", HOST))
    url = data["Url"]
    origin = ORIGIN.match(url)
    start = len(f"http://{host}") if url.startswith(f"http://{host}/") else origin.end() if origin else 0
    path, query = target_parts(url[start:])
    return HttpEvent(
        method=str(data.get("Method") or "GET"),
        path=path,
        query=query,
        headers=headers,
        body=_body(data.get("Body"), headers, whole(length, 0)),
    )


def _header_groups(value: object) -> dict[str, list[str]]:
    """All values of each name; older hosts give one text instead of a list."""
    groups = value if isinstance(value, dict) else {}
    return {
        name: [str(item) for item in values] if isinstance(values, list) else [str(values)]
        for name, values in groups.items()
        if values is not None
    }


def _body(value: object, headers: Pairs, length: int) -> bytes:
    if value is None:
        return b""
    if not isinstance(value, str):
        return orjson.dumps(value)
    media = content_type(headers)
    if media == "application/octet-stream" or "multipart/" in media:
        content = base64_content(value)
        if content is not None:
            return content
    candidates = (body for body in _bodies(value, length) if len(body) == length and text_of(body) == value)
    return next(candidates, value.encode("utf-8"))


def _bodies(text: str, length: int) -> Iterator[bytes]:
    """Bodies that a host may have shown as ``text``: plain, with a byte order mark, with bytes that are no UTF-8."""
    plain = text.encode("utf-8")
    yield plain
    for bom, encoding in BOMS:
        yield bom + text.encode(encoding)
        if text.endswith("\ufffd"):
            yield from (bom + text[:-1].encode(encoding) + half for half in HALVES)
    yield _with_bad_bytes(plain, len(plain) - length)


HALVES = (b"\0", b"\0\0", b"\0\0\0", b"\xd8\0\0", b"\0\xd8\0")
"""What a last character in UTF-16 or UTF-32 may be that is cut off: it looks like U+FFFD too."""


def _with_bad_bytes(plain: bytes, excess: int) -> bytes:
    """Shorter by ``excess`` bytes: a U+FFFD has three, one bad byte or a cut-off character of two looks like it."""
    mark = b"\xef\xbf\xbd"
    if excess <= 0 or excess > 2 * plain.count(mark):
        return plain
    singles, doubles = divmod(excess, 2)
    return plain.replace(mark, b"\xff", singles).replace(mark, b"\xe2\x82", doubles)


def _queue(function: Function, data: Any, own: Mapping[str, Any]) -> Event:
    told: dict[str, Any] = {}
    for name, key in (("id", "ID"), ("pop_receipt", "POPRECEIPT")):
        if isinstance(text := _unquoted(own.get(key)), str):
            told[name] = text
    if isinstance(inserted := own.get("INSERTIONTIME"), str):
        told["inserted"] = inserted
    if isinstance(expires := own.get("EXPIRATIONTIME"), str):
        told["expires"] = None if expires == NEVER else expires
    count = whole(_unquoted(own.get("DEQUEUECOUNT")), 1)
    return QueueEvent(message=_message(function, data), dequeue_count=count, **told)


def _own(message: bytes, metadata: dict[str, Any], *, binary: bool) -> dict[str, Any]:
    """The metadata that no member of the message has overwritten; a binary message has no members."""
    if binary:
        return metadata
    foreign = {fold(name) for name, _ in hoisted(message.decode("utf-8", "replace"))}
    return {name: value for name, value in metadata.items() if name not in foreign}


def _is_binary(function: Function) -> bool:
    trigger = function.trigger_binding
    return trigger is not None and trigger.data_type == "binary"


def _message(function: Function, data: Any) -> bytes:
    content = base64_content(data) if isinstance(data, str) and _is_binary(function) else None
    return _text_message(data) if content is None else content


def _text_message(data: Any) -> bytes:
    """A message out of its JSON text; what is none stays as it is."""
    if not isinstance(data, str):
        return b"" if data is None else orjson.dumps(data)
    text = document(data)
    return (text if isinstance(text, str) else data).encode("utf-8")


def _blob(function: Function, data: Any, metadata: Mapping[str, Any]) -> Event:
    properties = metadata.get("PROPERTIES")
    properties = properties if isinstance(properties, dict) else {}
    told: dict[str, str] = {}
    if isinstance(kind := properties.get("ContentType"), str):
        told["content_type"] = kind
    if isinstance(modified := properties.get("LastModified"), str):
        told["modified"] = modified
    own = properties.get("Metadata")
    return BlobEvent(
        name=_blob_name(function, metadata),
        content=_content(data),
        metadata=text_members(own if isinstance(own, dict) else metadata.get("METADATA")),
        **told,
    )


def _content(data: Any) -> bytes:
    if not isinstance(data, str):
        raise NoInvocationError("Data has no blob content")
    content = base64_content(data)
    return _text_message(data) if content is None else content


def _blob_name(function: Function, metadata: Mapping[str, Any]) -> str:
    """From the blob's address; from the values of the path's placeholders where there is none."""
    where = _unquoted(metadata.get("URI"))
    if isinstance(where, str) and "://" in where:
        return _name_in(where, BlobPattern.of(function.source).container)
    rest = function.source.strip("/").partition("/")[2]
    return PARAMETER.sub(lambda match: str(_unquoted(metadata.get(fold(match[1])))), rest) or "blob"


def _name_in(where: str, container: str) -> str:
    """The path below the container; an emulator's address has the account's name before it."""
    try:
        host, path = urlsplit(where).netloc, where.split("://", 1)[1].partition("/")[2]
    except ValueError as error:
        raise NoInvocationError("the blob's address cannot be read") from error
    segments = path.partition("?")[0].split("/")
    depths = (1, 2) if ".blob." in host else (2, 1)
    depth = next((at for at in depths if len(segments) > at and segments[at - 1] == container), depths[0])
    return unquote("/".join(segments[depth:])) or "blob"


def _timer(function: Function, data: Any, metadata: Mapping[str, Any]) -> Event:
    if not isinstance(data, dict):
        raise NoInvocationError("Data has no timer")
    status = data.get("ScheduleStatus")
    due = status.get("Next") if isinstance(status, dict) else None
    if not isinstance(due, str):
        system = metadata.get("SYS")
        now = exact_time(system.get("UtcNow") if isinstance(system, dict) else None)
        due = second(f"{now[:19]}+00:00") if now else TimerEvent().due
    return TimerEvent(due=due, past_due=data.get("IsPastDue") is True)


def _unquoted(value: object) -> object:
    """A value of Metadata out of its JSON text."""
    inner = document(value) if isinstance(value, str) else value
    return value if inner is UNREADABLE else inner


_READERS: Mapping[str, Callable[[Function, Any, Mapping[str, Any]], Event]] = {
    "http": _http,
    "queue": _queue,
    "blob": _blob,
    "timer": _timer,
}
