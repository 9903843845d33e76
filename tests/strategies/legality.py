"""What a client, a sender or the platform can really send, written down without the strategies' own code."""

from __future__ import annotations

import base64
import string
import unicodedata
from datetime import datetime
from urllib.parse import quote, unquote_to_bytes

from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent

_TOKEN = set(string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~")
_PCHAR = set(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/%")
_OF_THE_CONNECTION = {
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-connection", "te", "trailer",
    "transfer-encoding", "upgrade",
}  # fmt: skip
_HEAD_LIMIT, _TARGET_LIMIT = 8 * 1024, 4 * 1024  # alibaba-fc.md 3.4


def is_legal(event: Event) -> bool:
    """Whether ``event`` can come out of a real platform."""
    match event:
        case HttpEvent():
            return _http(event)
        case QueueEvent():
            return _queue(event)
        case BlobEvent():
            return _blob(event)
        case TimerEvent():
            return is_iso_time(event.due) and isinstance(event.past_due, bool) and "\x00" not in event.payload
        case RawEvent():
            return len(event.body) <= 32 * 1024 * 1024


def is_iso_time(text: str) -> bool:
    """An ISO 8601 time with an offset, to the second."""
    moment = datetime.fromisoformat(text)
    return moment.tzinfo is not None and moment.microsecond == 0 and moment.isoformat() == text


def is_xml_char(ch: str) -> bool:
    """XML 1.0, production Char."""
    code = ord(ch)
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def is_legal_path(path: str) -> bool:
    """Begins with a slash, only RFC 3986 path characters, whole escapes of UTF-8, no segment that a server rewrites."""
    if not path.startswith("/") or not set(path) <= _PCHAR:
        return False
    escapes = path.split("%")[1:]
    if not all(len(text) >= 2 and set(text[:2]) <= set(string.hexdigits) for text in escapes):
        return False
    decoded = unquote_to_bytes(path).decode("utf-8")
    segments = decoded[1:].split("/") if decoded != "/" else []
    return all(segment not in ("", ".", "..") for segment in segments) and not any(_is_control(ch) for ch in decoded)


def _http(event: HttpEvent) -> bool:
    names = [name.lower() for name, _ in event.headers]
    target = len(event.path) + sum(len(quote(name)) + len(quote(value)) + 2 for name, value in event.query)
    return (
        event.method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
        and is_legal_path(event.path)
        and all(name for name, _ in event.query)
        and all(_is_header(name, value) for name, value in event.headers)
        and not _OF_THE_CONNECTION & set(names)
        and not any(name.startswith(("x-fc-", "x-azure-functions-", "x-ms-")) for name in names)
        and names.count("content-type") <= 1
        and sum(len(name) + len(value) + 4 for name, value in event.headers) < _HEAD_LIMIT
        and target < _TARGET_LIMIT
        and (not event.body or event.method not in ("GET", "HEAD", "OPTIONS"))
        and len(event.body) <= 104_857_600
    )


def _is_header(name: str, value: str) -> bool:
    clean = all(0x20 <= ord(ch) <= 0x7E for ch in value) and value == value.strip()
    return bool(name) and set(name) <= _TOKEN and clean


def _queue(event: QueueEvent) -> bool:
    text = event.message.decode("utf-8")
    base64.b64decode(event.pop_receipt, validate=True)
    in_time = event.expires is None or datetime.fromisoformat(event.expires) > datetime.fromisoformat(event.inserted)
    return (
        len(event.message if all(is_xml_char(ch) for ch in text) else base64.b64encode(event.message)) <= 64 * 1024
        and 1 <= event.dequeue_count <= 5
        and is_iso_time(event.inserted)
        and (event.expires is None or is_iso_time(event.expires))
        and in_time
        and bool(event.id)
    )


def _blob(event: BlobEvent) -> bool:
    segments = event.name.removesuffix("/").split("/")
    names = [name for name, _ in event.metadata]
    return (
        1 <= len(event.name) <= 1024
        and len(event.name.encode("utf-8")) <= 1023
        and all(segment and not segment.endswith(".") for segment in segments)
        and not any(_is_control(ch) or ch in "\\\ufffe\uffff" for ch in event.name)
        and (all(map(_names_in_azure, names)) or all(map(_names_in_oss, names)))
        and len(set(names)) == len(names)
        and all(value.isascii() and value.isprintable() for _, value in event.metadata)
        and is_iso_time(event.modified)
        and "/" in event.content_type
    )


def _names_in_azure(name: str) -> bool:
    return name.isidentifier() and name.isascii() and name == name.lower()


def _names_in_oss(name: str) -> bool:
    return bool(name) and set(name) <= set(string.ascii_lowercase + string.digits + "-")


def _is_control(ch: str) -> bool:
    return unicodedata.category(ch) in ("Cc", "Cs")
