"""An event as a tree of plain values, for mutation and shrinking, and back.

The tree holds only what a client, a sender or the platform can really vary, so whatever is done to it stays legal:
framing, ids and envelopes are not in it. Bytes are parsed as far as they can be (JSON, form, text), and ``to_event``
writes them back in the same format.

http:  {"method", "path": {name: text}, "query": [[k, v]], "headers": [[k, v]], "body": Payload}
queue: {"message": Payload, "dequeue_count"}      blob: {"name", "content": Payload, "content_type", "metadata"}
raw:   {"body": Payload}                          timer: {"past_due", "payload"}
A Payload is {"json": value}, {"form": [[k, v]]}, {"text": text} or {"bytes": bytes}.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode

import orjson

from fnfuzz.app.model import Function
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent

__all__ = ["METHODS", "Path", "Tree", "drop", "leaves", "put", "to_event", "to_tree"]

Tree: TypeAlias = dict[str, Any]
Path: TypeAlias = tuple[str | int, ...]

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS")
PARAMETER = re.compile(r"\{(\*?)(\w+)(?::[^}?]*)?(\?)?\}")
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
FIELD_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?\Z|\Z")
BLOB_NAME = re.compile(r"[^\x00-\x1f\x7f\\]{1,1024}\Z")
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
MAX_MESSAGE = 48 * 1024
MAX_JSON_DEPTH = 200


def to_tree(event: Event, function: Function) -> Tree:
    """The parts of ``event`` that may vary for ``function``."""
    match event:
        case HttpEvent():
            return {
                "method": event.method,
                "path": _path_values(function, event.path),
                "query": [list(pair) for pair in event.query],
                "headers": [list(pair) for pair in event.headers],
                "body": payload_tree(event.body, {k.lower(): v for k, v in event.headers}.get("content-type", "")),
            }
        case QueueEvent():
            return {"message": payload_tree(event.message, ""), "dequeue_count": event.dequeue_count}
        case BlobEvent():
            return {
                "name": event.name,
                "content": payload_tree(event.content, ""),
                "content_type": event.content_type,
                "metadata": [list(pair) for pair in event.metadata],
            }
        case TimerEvent():
            return {"past_due": event.past_due, "payload": event.payload}
        case RawEvent():
            return {"body": payload_tree(event.body, "")}


def to_event(tree: Tree, base: Event, function: Function) -> Event | None:
    """The event that ``tree`` describes, or None when no host could deliver it. ``base`` gives what the tree leaves
    out.
    """
    try:
        return _BUILDERS[base.trigger](tree, base, function)
    except (UnicodeError, TypeError, ValueError, KeyError, RecursionError):
        return None


def _http(tree: Tree, base: Event, function: Function) -> Event | None:
    assert isinstance(base, HttpEvent)
    method = tree["method"]
    if method not in (function.methods or METHODS):
        return None
    headers = tuple((str(k), str(v)) for k, v in tree["headers"])
    for name, value in headers:
        if (
            not TOKEN.match(name)
            or not FIELD_VALUE.match(value)
            or (name.lower() in NOT_FROM_CLIENTS and (name, value) not in base.headers)
        ):
            return None
    body = payload_bytes(tree["body"])
    if body and method in ("GET", "HEAD", "OPTIONS"):
        body = b""
    query = tuple((_encodable(k), _encodable(v)) for k, v in tree["query"])
    if sum(len(k) + len(v) for k, v in query) > 3000 or sum(len(k) + len(v) for k, v in headers) > 6000:
        return None
    path = _path_text(function, tree["path"], base.path)
    return replace(base, method=method, path=path, query=query, headers=headers, body=body) if path else None


def _queue(tree: Tree, base: Event, function: Function) -> Event | None:
    assert isinstance(base, QueueEvent)
    message = payload_bytes(tree["message"])
    message.decode("utf-8")
    count = tree["dequeue_count"]
    if len(message) > MAX_MESSAGE or not isinstance(count, int) or not 1 <= count <= function.max_dequeue_count:
        return None
    return replace(base, message=message, dequeue_count=count)


def _blob(tree: Tree, base: Event, function: Function) -> Event | None:
    assert isinstance(base, BlobEvent)
    name = tree["name"]
    if not BLOB_NAME.match(name) or name.endswith((".", "/")) or name.startswith("/"):
        return None
    metadata = tuple((str(k), str(v)) for k, v in tree["metadata"])
    if any(not re.fullmatch(r"[A-Za-z_]\w*", k, re.ASCII) or not FIELD_VALUE.match(v) for k, v in metadata):
        return None
    if not FIELD_VALUE.match(tree["content_type"]):
        return None
    content = payload_bytes(tree["content"])
    return replace(base, name=name, content=content, content_type=tree["content_type"], metadata=metadata)


def _timer(tree: Tree, base: Event, function: Function) -> Event | None:
    assert isinstance(base, TimerEvent)
    return replace(base, past_due=bool(tree["past_due"]), payload=_encodable(tree["payload"]))


def _raw(tree: Tree, base: Event, function: Function) -> Event | None:
    assert isinstance(base, RawEvent)
    return replace(base, body=payload_bytes(tree["body"]))


_BUILDERS: Mapping[str, Callable[[Tree, Event, Function], Event | None]] = {
    "http": _http,
    "queue": _queue,
    "blob": _blob,
    "timer": _timer,
    "raw": _raw,
}


def _encodable(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("text wanted")
    value.encode("utf-8")
    return value


def payload_tree(data: bytes, content_type: str) -> Tree:
    """Bytes, parsed as far as they can be."""
    if not data:
        return {"text": ""}
    if data[:1] in b'{["-0123456789tfn \r\n\t':
        try:
            return {"json": orjson.loads(data)}
        except orjson.JSONDecodeError:
            pass
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return {"bytes": data}
    if "form-urlencoded" in content_type:
        return {"form": [list(pair) for pair in parse_qsl(text, keep_blank_values=True)]}
    return {"text": text}


def payload_bytes(tree: Tree) -> bytes:
    """The inverse of ``payload_tree``."""
    (kind, value), *_ = tree.items()
    if kind == "json":
        return orjson.dumps(value)
    if kind == "form":
        return urlencode([(_encodable(k), _encodable(v)) for k, v in value]).encode("ascii")
    if kind == "text":
        return _encodable(value).encode("utf-8")
    if not isinstance(value, bytes):
        raise TypeError("bytes wanted")
    return value


# -- the path: only route parameters vary


def _route(function: Function) -> str:
    if function.contract == "fc-web":
        return function.route or "{*path}"
    prefix = f"{function.route_prefix.strip('/')}/" if function.route_prefix.strip("/") else ""
    return prefix + (function.route or function.name).strip("/")


def _path_values(function: Function, path: str) -> dict[str, str]:
    route = _route(function)
    names = [match.group(2) for match in PARAMETER.finditer(route)]
    if not names:
        return {}
    position, pattern = 0, ""
    for match in PARAMETER.finditer(route):
        pattern += re.escape(route[position : match.start()]) + (r"(.*)" if match.group(1) else r"([^/]*)")
        position = match.end()
    found = re.fullmatch(pattern + re.escape(route[position:]), path.lstrip("/"), re.IGNORECASE | re.DOTALL)
    values = found.groups() if found else ("",) * len(names)
    return {
        name: unquote_to_bytes(value).decode("utf-8", "surrogateescape")
        for name, value in zip(names, values, strict=True)
    }


def _path_text(function: Function, values: Mapping[str, str], old: str) -> str | None:
    route = _route(function)
    if not PARAMETER.search(route):
        return old

    def part(match: re.Match[str]) -> str:
        text = values.get(match.group(2), "")
        safe = "/" if match.group(1) else ""
        return quote(text.encode("utf-8", "surrogateescape"), safe=safe)

    path = "/" + PARAMETER.sub(part, route)
    segments = path.split("/")[1:]
    # Clients and hosts resolve dots, refuse NUL, and an empty parameter is another route.
    inner = segments[:-1] if PARAMETER.search(route.rsplit("/", 1)[-1]) and "*" in route else segments
    if (
        any(item in (".", "..") for item in segments)
        or "%00" in path
        or (len(path) > 1 and any(not item for item in inner))
    ):
        return None
    return path if len(path) <= 2000 else None


# -- walking


def leaves(value: Any, path: Path = ()) -> list[tuple[Path, Any]]:
    """Every value in the tree with its path, containers before what is in them."""
    found: list[tuple[Path, Any]] = [(path, value)] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += leaves(item, (*path, index))
    return found


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
