"""Requests from the wire back to the words of the contracts: the counterpart of ``HttpRequest.to_bytes``."""

from __future__ import annotations

import re
from typing import Final

from fnfuzz.contracts.http1_messages import REQUEST_LINE, Message
from fnfuzz.contracts.model import Framing, HttpRequest
from fnfuzz.events import Pairs

__all__ = ["request_of"]

FOLD = re.compile(rb"\r?\n[ \t]+")
FRAMING_HEADERS: Final = ("content-length", "transfer-encoding")


def request_of(message: Message) -> HttpRequest | None:
    """The request that ``message`` is, with as much of its body as is kept; None when its head is none.

    Header lines without a colon, which no host sends, are left out. Text is UTF-8 or, where it is not, Latin-1.
    """
    line = REQUEST_LINE.match(message.head)
    if line is None:
        return None
    framing: Framing | None = message.framed if message.framed in ("chunked", "length") else None
    headers = _headers(message.head[line.end() :])
    return HttpRequest(line[1].decode("ascii"), _text(line[2]), headers, message.body, framing)


def _headers(lines: bytes) -> Pairs:
    if b"\n " in lines or b"\n\t" in lines:
        lines = FOLD.sub(b" ", lines)
    found = []
    for line in _text(lines).split("\n"):
        name, colon, value = line.partition(":")
        if colon and name.lower() not in FRAMING_HEADERS:
            found.append((name.rstrip(), value.strip()))
    return tuple(found)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
