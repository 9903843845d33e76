"""Whether an event can reach one function: what a platform can send at all, and what its route or path lets through."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

from tests.strategies.legality import is_legal

from fnfuzz.app.model import Function
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent

__all__ = ["reaches"]

WHOLE = r"-?[0-9]{1,19}"
PATTERNS = {
    "/api/items/{id}": r"/api/items/[^/]+",
    "/api/items/{id?}": r"/api/items(/[^/]+)?",
    "/api/items/{id:int}": rf"/api/items/{WHOLE}",
    "/api/items/{id:int:min(10)}/{note:alpha?}": r"/api/items/[1-9][0-9]{1,18}(/[A-Za-z]+)?",
    "/api/items/{code:regex(^[a-z]{{3}}$)}": r"/api/items/[A-Za-z]{3}",
    "/api/items/{code:length(2,5)}": r"/api/items/([^/%]|(%[0-9A-F]{2})+){2,5}",
    "/api/by-day/{day:datetime}": r"/api/by-day/\d{4}-\d\d-\d\d",
    "/api/files/{name}.{ext}": r"/api/files/[^/]+\.[^/]+",
    "/api/{kind=all}": r"/api(/[^/]+)?",
    "/api/v1/{*rest}": r"/api/v1(/.*)?",
    "/api/{**rest}": r"/api(/.*)?",
    "/{*path}": r"/.*",
}
"""Written by hand for the routes of ``functions.ROUTES``."""


def reaches(event: Event, function: Function) -> bool:
    """Whether the platform can deliver ``event`` to ``function``."""
    match event:
        case HttpEvent():
            return is_legal(_plain(event)) and _routed(event, function)
        case BlobEvent():
            pattern = {"uploads/{name}": r".*", "uploads/in/{name}.csv": r"in/.*\.csv"}.get(function.source, r".*")
            named = re.fullmatch(pattern, event.name, re.DOTALL) is not None
            return is_legal(event) and named and _stored(event, function)
        case QueueEvent() if function.form.startswith("mns"):
            return is_legal(event) and not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", event.message.decode())
        case _:
            return is_legal(event)


def _stored(event: BlobEvent, function: Function) -> bool:
    """Metadata that the function's own store takes: no hyphens in Azure, no underscores in OSS."""
    wrong = "_" if function.contract.startswith("fc-") else "-"
    return not any(wrong in name for name, _ in event.metadata)


def _plain(event: HttpEvent) -> HttpEvent:
    """Without what the strategies never draw: Host, a slash at the end, bytes that are no UTF-8."""
    path = event.path[:-1] if len(event.path) > 1 and event.path.endswith("/") else event.path
    path = re.sub(r"(?:%[89A-F][0-9A-F])+", lambda found: _readable(found.group()), path)
    return replace(event, path=path, headers=tuple(pair for pair in event.headers if pair[0] != "Host"))


def _readable(escapes: str) -> str:
    try:
        bytes.fromhex(escapes.replace("%", "")).decode("utf-8")
    except UnicodeDecodeError:
        return "a"
    return escapes


def _routed(event: HttpEvent, function: Function) -> bool:
    if function.methods and event.method not in function.methods:
        return False
    prefix = "" if function.contract == "fc-web" or not function.route_prefix else f"/{function.route_prefix}"
    route = f"{prefix}/{function.route or function.name}"
    pattern = PATTERNS.get(route, re.escape(quote(route)))
    return re.fullmatch(pattern, event.path) is not None and [name for name, _ in event.headers].count("Host") <= 1
