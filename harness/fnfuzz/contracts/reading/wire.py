"""The small parts that all readers share: headers, targets, JSON, times, ids."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote_plus

import orjson

from fnfuzz.contracts.model import Framing, HttpRequest
from fnfuzz.events import Pairs

__all__ = [
    "FRAMING",
    "UNREADABLE",
    "base64_content",
    "document",
    "exact_time",
    "framing_of",
    "guid",
    "header",
    "port_of",
    "query_pairs",
    "stand_in",
    "target_parts",
    "text_members",
    "whole",
    "without",
]

FRAMING = frozenset({"content-length", "transfer-encoding"})
STAND_IN_LIMIT = 1024 * 1024
"""Bytes; for a larger object the stand-in is cut."""

ILLEGAL_IN_PATH = re.compile(r"[^\x21-\x7e]")
PATH_SAFE = "/%:@!$&'()*+,;=~-._?#[]|^`\"<>\\{}"
PORT = re.compile(r":(\d{1,5})$")
WHOLE_NUMBER = re.compile(r"\d{1,9}", re.ASCII)
LAST_YEAR = 9998
"""Hosts add minutes and days to a time; later years leave no room for that."""


class _Unreadable:
    def __repr__(self) -> str:
        return "UNREADABLE"


UNREADABLE = _Unreadable()
"""What ``document`` gives for text that is no JSON."""


def header(headers: Pairs, name: str) -> str | None:
    """The last value of ``name`` (lower case), or None; what a host adds comes behind what a client sent."""
    return next((value for key, value in reversed(headers) if key.lower() == name), None)


def without(headers: Pairs, *names: str) -> Pairs:
    """The headers without those of ``names`` (lower case) and without framing."""
    dropped = FRAMING.union(names)
    return tuple(pair for pair in headers if pair[0].lower() not in dropped)


def target_parts(target: str) -> tuple[str, Pairs]:
    """Path and query of a request target; what no path may hold is percent-encoded."""
    path, _, query = target.partition("?")
    if not path.startswith("/"):
        path = f"/{path}"
    if ILLEGAL_IN_PATH.search(path):
        path = quote(path.encode("utf-8", "surrogateescape"), safe=PATH_SAFE)
    return path, query_pairs(query)


def query_pairs(query: str) -> Pairs:
    """The decoded pairs of a query; a plus is a blank, as for all hosts here."""
    pairs = (part.partition("=") for part in query.split("&") if part)
    return tuple((unquote_plus(name), unquote_plus(value)) for name, _, value in pairs)


def document(text: str | bytes) -> Any:
    """The JSON value of ``text``, or UNREADABLE."""
    try:
        return orjson.loads(text)
    except (orjson.JSONDecodeError, UnicodeEncodeError):
        return UNREADABLE


def text_members(value: object) -> Pairs:
    """The members of an object as pairs of texts; values that are no text become JSON, nulls are left out."""
    if not isinstance(value, Mapping):
        return ()
    return tuple(
        (name, member if isinstance(member, str) else orjson.dumps(member).decode("utf-8"))
        for name, member in value.items()
        if member is not None
    )


def base64_content(text: str) -> bytes | None:
    """The bytes of canonical base64, or None: encoding them again gives ``text``."""
    try:
        content = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        return None
    return content if binascii.b2a_base64(content, newline=False).decode("ascii") == text else None


def exact_time(value: object) -> str | None:
    """``value`` if it is an ISO 8601 time that a host can go on calculating with, else None."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        moment = datetime.fromisoformat(f"{value[:19]}Z")
    except ValueError:
        return None
    return value if len(value) >= 19 and 1 < moment.year <= LAST_YEAR else None


def guid(first: str, last: str, middle: str = "000000000000") -> str:
    """A GUID text of eight, twelve and twelve hex digits: the first, the last, and what is between."""
    return f"{first}-{middle[:4]}-{middle[4:8]}-{middle[8:12]}-{last}".lower()


def framing_of(request: HttpRequest) -> Framing:
    """How the request was framed; for one without a body it does not show."""
    return request.framing or "chunked"


def port_of(request: HttpRequest) -> int:
    """The port in the Host header, or 0."""
    match = PORT.search(header(request.headers, "host") or "")
    return int(match[1]) if match else 0


def whole(value: object, otherwise: int) -> int:
    """A count of at most nine digits, given as number or as digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < 10**9 else otherwise
    return int(value) if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value) else otherwise


def stand_in(size: object) -> bytes:
    """What stands for an object of which only the size is told: as many NULs, 1 MiB at most."""
    return bytes(min(size, STAND_IN_LIMIT)) if isinstance(size, int) and size > 0 else b""
