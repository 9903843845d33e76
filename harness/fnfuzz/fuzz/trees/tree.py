"""An event as a tree of plain values, for mutation and shrinking, and back.

The tree holds only what a client, a sender or the platform can really vary, so whatever is done to it stays legal:
framing, ids and envelopes are not in it. Bytes are parsed as far as they can be (JSON, form, text), and ``to_event``
writes them back in the same format.

http:  {"method", "path": {name: text}, "query": [[k, v]], "headers": [[k, v]], "body": Payload}
queue: {"message": Payload, "dequeue_count"}      blob: {"name", "content": Payload, "content_type", "metadata"}
raw:   {"body": Payload}                          timer: {"past_due"}, on Function Compute {"payload"}
A Payload is {"json": value}, {"form": [[k, v]]}, {"text": text} or {"bytes": bytes}.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, urlencode

import orjson

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_patterns import BlobPattern
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent

__all__ = [
    "BODILESS",
    "METHODS",
    "PAYLOADS",
    "Path",
    "Tree",
    "drop",
    "in_json",
    "is_pairs",
    "is_value",
    "leaves",
    "parse_json",
    "payload",
    "put",
    "to_event",
    "to_tree",
    "with_ending",
    "with_header",
]

Tree: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
BODILESS = ("GET", "HEAD", "OPTIONS")
PAYLOADS = ("body", "message", "content")
"""The keys of trees whose value is a Payload."""

TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
FIELD_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?\Z")
METADATA_NAME = re.compile(r"[a-z_][a-z0-9_]*\Z")
OSS_METADATA_NAME = re.compile(r"[a-z0-9-]+\Z")
"""Object Storage Service takes letters, digits and hyphens behind ``x-oss-meta-``, Azure only identifiers."""

MEDIA_TYPE = re.compile(r"[!-.0-~]+/[!-~](?:[ -~]*[!-~])?\Z")
BLOB_NAME = re.compile(r"[^\x00-\x1f\x7f-\x9f\\\ud800-\udfff\ufffe\uffff]+\Z")
NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NOT_FROM_CLIENTS = frozenset(
    (
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "te",
        "trailer",
        "upgrade",
        "expect",
        "proxy-connection",
        "host",
    )
)
OF_THE_PLATFORM = ("x-fc-", "x-azure-functions-", "x-ms-")
ONCE = frozenset(("content-type", "host"))
MAX_MESSAGE = 48 * 1024
"""Bytes of a queue message: 64 KiB after base64."""

MAX_PAYLOAD = 1024 * 1024
MAX_TARGET = 4000
MAX_HEADERS = 7 * 1024
"""Characters of path and query, and of all headers: the least of the platforms' limits (alibaba-fc.md 3.4)."""

UNRESERVED = b"/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Bytes that stand for themselves in a query."""

MAX_HEADER_COUNT = 64
MAX_BLOB_NAME = 1023
MAX_METADATA = 8000
MAX_JSON_DEPTH = 200
MAX_JSON_ITEMS = 20_000
"""JSON that is deeper or longer is varied as text: trees are walked by recursion, and whole for each change."""


def to_tree(event: Event, function: Function) -> Tree:
    """The parts of ``event`` that may vary for ``function``."""
    match event:
        case HttpEvent():
            return {
                "method": event.method,
                "path": route_of(function).values(event.path) or {},
                "query": [list(pair) for pair in event.query],
                "headers": [list(pair) for pair in event.headers],
                "body": payload_tree(event.body, {k.lower(): v for k, v in event.headers}.get("content-type", "")),
            }
        case QueueEvent():
            return {"message": payload_tree(event.message), "dequeue_count": event.dequeue_count}
        case BlobEvent():
            return {
                "name": event.name,
                "content": payload_tree(event.content),
                "content_type": event.content_type,
                "metadata": [list(pair) for pair in event.metadata],
            }
        case TimerEvent():
            # The text of the configuration is in the event of Function Compute only, the delay in Azure's only.
            return {"payload": event.payload} if function.contract == "fc-event" else {"past_due": event.past_due}
        case RawEvent():
            return {"body": payload_tree(event.body)}


def to_event(tree: Tree, base: Event, function: Function, known: Tree | None = None) -> Event | None:
    """The event that ``tree`` describes, or None when no host could deliver it. ``base`` gives what the tree leaves
    out. ``known`` is the tree of ``base``, if it is there: parts of it that ``tree`` shares are not looked at again.
    """
    try:
        return _BUILDERS[base.trigger](tree, base, function, known or {})
    except (UnicodeError, TypeError, ValueError, KeyError, RecursionError):
        return None


def _http(tree: Tree, base: Event, function: Function, known: Tree) -> Event | None:
    assert isinstance(base, HttpEvent)
    method, path, query, headers, body = tree["method"], base.path, base.query, base.headers, base.body
    if method != base.method and method not in (function.methods or METHODS):
        return None
    if tree["path"] and tree["path"] is not known.get("path") and tree["path"] != route_of(function).values(path):
        path = route_of(function).path(tree["path"]) or ""
    if tree["query"] is not known.get("query"):
        query = _pairs(tree["query"])
    if tree["headers"] is not known.get("headers"):
        headers = _pairs(tree["headers"])
    legal = (
        bool(path)
        and ((query == base.query and path == base.path) or _is_query(query, len(path)))
        and (headers == base.headers or _are_headers(headers, base.headers))
    )
    if not legal:
        return None
    if method in BODILESS:
        body = b""
    elif tree["body"] is not known.get("body") or base.method in BODILESS:
        body = _bounded(tree["body"], base.body, MAX_PAYLOAD)
    return HttpEvent(method=method, path=path, query=query, headers=headers, body=body)


def _is_query(query: Pairs, path_length: int) -> bool:
    data = "".join([f"{name}{value}" for name, value in query]).encode("utf-8")
    # Each of the others takes three characters.
    size = len(data) + 2 * (len(data.translate(None, UNRESERVED)) + len(query))
    return path_length + size < MAX_TARGET and all(name for name, _ in query)


def _are_headers(headers: Pairs, already: Pairs) -> bool:
    """``already`` are those of an event that came from a client: they may stay, whatever they are."""
    names = [name.lower() for name, _ in headers]
    return (
        len(headers) <= MAX_HEADER_COUNT
        and sum(len(name) + len(value) + 4 for name, value in headers) < MAX_HEADERS
        and all(names.count(name) <= 1 for name in ONCE)
        and all(_is_header(*pair) or pair in already for pair in headers)
    )


@lru_cache(maxsize=512)
def _is_header(name: str, value: str) -> bool:
    lower = name.lower()
    ours = lower in NOT_FROM_CLIENTS or lower.startswith(OF_THE_PLATFORM)
    return not ours and TOKEN.match(name) is not None and FIELD_VALUE.match(value) is not None


def _queue(tree: Tree, base: Event, function: Function, known: Tree) -> Event | None:
    assert isinstance(base, QueueEvent)
    message, count = base.message, tree["dequeue_count"]
    if tree["message"] is not known.get("message"):
        message = _bounded(tree["message"], base.message, MAX_MESSAGE)
        text = message.decode("utf-8")
        # Azure's clients send base64; a message of MNS travels as it is, inside XML.
        if function.form.startswith("mns") and NOT_XML.search(text):
            return None
    if not isinstance(count, int) or not 1 <= count <= function.max_dequeue_count:
        return None
    # Written out: many times as quick as a copy by the names of all fields.
    return QueueEvent(
        message=message,
        id=base.id,
        dequeue_count=count,
        inserted=base.inserted,
        expires=base.expires,
        pop_receipt=base.pop_receipt,
        attributes=base.attributes,
    )


def _blob(tree: Tree, base: Event, function: Function, known: Tree) -> Event | None:
    assert isinstance(base, BlobEvent)
    name, media_type, metadata, content = tree["name"], tree["content_type"], base.metadata, base.content
    if tree["metadata"] is not known.get("metadata"):
        metadata = _pairs(tree["metadata"])
    legal = (
        (name == base.name or _is_blob_name(name, function.source))
        and (media_type == base.content_type or (len(media_type) <= 256 and MEDIA_TYPE.match(media_type)))
        and (metadata == base.metadata or _is_metadata(metadata, function))
    )
    if not legal:
        return None
    if tree["content"] is not known.get("content"):
        content = _bounded(tree["content"], base.content, MAX_PAYLOAD)
    return replace(base, name=name, content=content, content_type=media_type, metadata=metadata)


def _is_blob_name(name: str, source: str) -> bool:
    """Legal in Azure Storage and in OSS, and one that the function's path lets through."""
    segments = name.split("/")
    tidy = all(segment and not segment.endswith(".") for segment in segments)
    legal = tidy and len(name.encode("utf-8")) <= MAX_BLOB_NAME and BLOB_NAME.match(name) is not None
    return legal and ("/" not in source or _blob_pattern(source).regex.fullmatch(name) is not None)


_blob_pattern = lru_cache(maxsize=64)(BlobPattern.of)


def _is_metadata(pairs: Pairs, function: Function) -> bool:
    names = {name for name, _ in pairs}
    legal = OSS_METADATA_NAME if function.contract.startswith("fc-") else METADATA_NAME
    return (
        len(names) == len(pairs)
        and all(legal.match(name) and FIELD_VALUE.match(value) for name, value in pairs)
        and sum(len(name) + len(value) for name, value in pairs) <= MAX_METADATA
    )


def _timer(tree: Tree, base: Event, function: Function, known: Tree) -> Event | None:
    assert isinstance(base, TimerEvent)
    payload = _encodable(tree.get("payload", base.payload))
    if "\x00" in payload or len(payload) > MAX_MESSAGE:
        return None
    return replace(base, past_due=bool(tree.get("past_due", base.past_due)), payload=payload)


def _raw(tree: Tree, base: Event, function: Function, known: Tree) -> Event | None:
    assert isinstance(base, RawEvent)
    return RawEvent(body=_bounded(tree["body"], base.body, MAX_PAYLOAD))


_BUILDERS: Mapping[str, Callable[[Tree, Event, Function, Tree], Event | None]] = {
    "http": _http,
    "queue": _queue,
    "blob": _blob,
    "timer": _timer,
    "raw": _raw,
}


def _pairs(items: Any) -> Pairs:
    return tuple((_encodable(name), _encodable(value)) for name, value in items)


def _encodable(value: Any) -> str:
    _encoded(value)
    text: str = value
    return text


def _encoded(value: object) -> bytes:
    if not isinstance(value, str):
        raise TypeError("text wanted")
    return value.encode("utf-8")


def _bounded(payload: Tree, already: bytes, limit: int) -> bytes:
    """The payload's bytes, no more than ``limit``, or than the event had ``already``; raises ValueError for more."""
    data = payload_bytes(payload)
    if len(data) > max(limit, len(already)):
        raise ValueError("too large")
    return data


def payload(event: Event) -> bytes:
    """The bytes that the sender wrote; empty for an event that has none."""
    match event:
        case HttpEvent() | RawEvent():
            return event.body
        case QueueEvent():
            return event.message
        case BlobEvent():
            return event.content
    return b""


def payload_tree(data: bytes, content_type: str = "") -> Tree:
    """Bytes, parsed as far as they can be."""
    if not data:
        return {"text": ""}
    if data[:1] in b'{["-0123456789tfn \r\n\t':
        try:
            return {"json": parse_json(data)}
        except ValueError:
            pass
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return {"bytes": data}
    pairs = parse_qsl(text, keep_blank_values=True) if "form-urlencoded" in content_type else []
    return {"form": [list(pair) for pair in pairs]} if pairs else {"text": text}


def parse_json(data: bytes) -> Any:
    """The value of JSON text; raises ValueError for what is none, and for what is too deep or too long to vary."""
    if data.count(b",") > MAX_JSON_ITEMS or _depth(data) > MAX_JSON_DEPTH:
        raise ValueError("too large")
    return orjson.loads(data)


JSON_TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
ONE_KIND = bytes.maketrans(b"{}", b"[]")


def _depth(data: bytes) -> int:
    """How deep JSON text is nested, as far as it is too deep; 0 where a look at the number of brackets is enough."""
    if data.count(b"[") + data.count(b"{") <= MAX_JSON_DEPTH:
        return 0
    brackets = JSON_TEXT.sub(b"", data).translate(ONE_KIND, NO_BRACKETS)
    depth = 0
    # Each turn takes away the innermost ones.
    while brackets and depth <= MAX_JSON_DEPTH:
        brackets, before = brackets.replace(b"[]", b""), brackets
        if brackets == before:
            break
        depth += 1
    return depth


def payload_bytes(tree: Tree) -> bytes:
    """The inverse of ``payload_tree``."""
    (kind, value), *_ = tree.items()
    if kind == "json":
        return orjson.dumps(value)
    if kind == "form":
        return urlencode(_pairs(value)).encode("ascii")
    if kind == "text":
        return _encoded(value)
    if not isinstance(value, bytes):
        raise TypeError("bytes wanted")
    return value


# -- walking


def in_json(path: Path) -> bool:
    """Is this the root of a JSON payload or something in it?"""
    return len(path) >= 2 and path[1] == "json"


def is_value(path: Path) -> bool:
    """Is it part of JSON, or the value of a pair that is no header?"""
    return in_json(path) or (len(path) > 2 and path[-1] == 1 and is_pairs(path[:-2]) and path[0] != "headers")


def is_pairs(path: Path) -> bool:
    """Is this a list of names and values?"""
    return path in (("query",), ("headers",), ("metadata",)) or (len(path) == 2 and path[1] == "form")


def leaves(value: Any, most: int = sys.maxsize) -> list[tuple[Path, Any]]:
    """Every value in the tree with its path, containers before what is in them; the first ``most`` of them."""
    found: list[tuple[Path, Any]] = []
    _gather(value, (), found, most)
    return found


def _gather(value: Any, path: Path, found: list[tuple[Path, Any]], most: int) -> None:
    if isinstance(value, dict):
        within: Iterable[tuple[str | int, Any]] = value.items()
    elif isinstance(value, list):
        within = enumerate(value)
    else:
        return
    for key, item in within:
        if len(found) >= most:
            return
        here = (*path, key)
        found.append((here, item))
        if isinstance(item, dict | list):
            _gather(item, here, found, most)


def put(tree: Tree, path: Path, new: Any) -> Tree:
    """A copy of ``tree`` with ``new`` at ``path``; only the containers on the way are copied."""
    changed: Tree = _put(tree, path, new)
    return changed


def _put(value: Any, path: Path, new: Any) -> Any:
    if not path:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _put(value[path[0]], path[1:], new)
    return copy


def with_header(tree: Tree, name: str, value: str) -> Tree:
    """A copy of a tree that has headers, with this one behind all of other names."""
    others = [pair for pair in tree["headers"] if pair[0].lower() != name.lower()]
    return {**tree, "headers": [*others, [name, value]]}


def with_ending(tree: Tree, ending: str) -> Tree:
    """A copy of the tree of a named object whose name ends so instead."""
    return {**tree, "name": (tree["name"].rpartition(".")[0] or tree["name"]) + ending}


def drop(tree: Tree, path: Path) -> Tree:
    """A copy of ``tree`` without the member or item at ``path``."""
    changed: Tree = _drop(tree, path)
    return changed


def _drop(value: Any, path: Path) -> Any:
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    if len(path) == 1:
        del copy[path[0]]
    else:
        copy[path[0]] = _drop(value[path[0]], path[1:])
    return copy
