"""The client's request as the host's web server holds it: its URL, its query, its headers in the server's order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from urllib.parse import quote

import orjson

from fnfuzz.contracts.dotnet import fold
from fnfuzz.events import HttpEvent, Pairs
from fnfuzz.frozen import quick_dataclass

__all__ = ["HOST", "ClientHeaders", "client_headers", "content_type", "grouped", "header_groups", "query_text", "url"]

HOST = "localhost:7071"
"""Where Core Tools listens; the Host of a client that names none."""

LONGEST_KEPT = 256
"""Characters of a text whose percent-encoding is kept."""

UNRESERVED = re.compile(r"[A-Za-z0-9_.~-]*")

FIRST = ("accept", "connection", "host", "user-agent")
KNOWN = (
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "access-control-request-headers",
    "access-control-request-method",
    "authorization",
    "baggage",
    "cache-control",
    "content-type",
    "cookie",
    "correlation-context",
    "date",
    "expect",
    "from",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "max-forwards",
    "origin",
    "pragma",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "referer",
    "request-id",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "translate",
    "upgrade",
    "upgrade-insecure-requests",
    "via",
    "warning",
    "content-length",
)
RANKS = {name: rank for rank, name in enumerate((*FIRST, *KNOWN))}
"""Kestrel lists the headers that it knows first, in this order, then the others as they came."""


def grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The values of each name, names without regard to case, the first spelling and place of each kept."""
    groups: dict[str, list[str]] = {}
    spelling: dict[str, str] = {}
    for name, value in pairs:
        groups.setdefault(spelling.setdefault(fold(name), name), []).append(value)
    return groups


def header_groups(event: HttpEvent) -> dict[str, list[str]]:
    """All header values by name, with Host and, for a body, Content-Length filled in."""
    groups = grouped(event.headers)
    if fold("host") not in map(fold, groups):
        groups["Host"] = [HOST]
    if event.body:
        groups["Content-Length"] = [str(len(event.body))]
    return {name: groups[name] for name in sorted(groups, key=_rank)}


@quick_dataclass(frozen=True)
class ClientHeaders:
    """What the host makes of a client's headers: the Host among them, and JSON of all, each value apart or joined."""

    host: str
    apart: orjson.Fragment
    joined: orjson.Fragment


CLIENTS_KEPT, LONGEST_HEADERS = 256, 4096
CLIENTS: dict[tuple[Pairs, int], ClientHeaders] = {}
"""Clients send the same headers again and again."""


def client_headers(event: HttpEvent) -> ClientHeaders:
    """The client's headers as ``header_groups`` has them, in JSON."""
    key = event.headers, len(event.body)
    known = CLIENTS.get(key)
    if known is not None:
        return known
    groups = header_groups(event)
    apart = orjson.dumps(groups)
    joined = orjson.dumps({name: ",".join(values) for name, values in groups.items()})
    host = next(values[0] for name, values in groups.items() if len(name) == 4 and name.lower() == "host")
    found = ClientHeaders(host, orjson.Fragment(apart), orjson.Fragment(joined))
    if len(apart) <= LONGEST_HEADERS:
        if len(CLIENTS) >= CLIENTS_KEPT:
            CLIENTS.clear()
        CLIENTS[key] = found
    return found


def content_type(headers: Pairs) -> str:
    """The media type that the client declared, lower case and without parameters, or an empty text."""
    for name, value in headers:
        if len(name) == 12 and name.lower() == "content-type":
            return value.partition(";")[0].strip().lower()
    return ""


def query_text(pairs: Iterable[tuple[str, str]]) -> str:
    """``?`` and the percent-encoded query, or an empty text."""
    text = "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)
    return f"?{text}" if text else ""


def url(event: HttpEvent, host: str) -> str:
    """The absolute URL that the host shows."""
    return f"http://{host}{event.path}{query_text(event.query)}"


def _encoded(text: str) -> str:
    if UNRESERVED.fullmatch(text):
        return text
    return _quoted(text) if len(text) <= LONGEST_KEPT else quote(text, safe="")


@lru_cache(maxsize=1024)
def _quoted(text: str) -> str:
    return quote(text, safe="")


@lru_cache(maxsize=1024)
def _rank(name: str) -> int:
    return RANKS.get(name.lower(), len(RANKS))
