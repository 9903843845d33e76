"""What was asked over HTTP, for the formats that hold nothing else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from fnfuzz.contracts.model import HttpRequest
from fnfuzz.corpus.model import Record
from fnfuzz.events import HttpEvent

__all__ = ["web_request", "why_not"]

_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE: Final = re.compile(r"[\r\n\0]")


def web_request(record: Record) -> HttpRequest | None:
    """The request as it went to the handler; for an event without one, the client's; None for anything else."""
    if isinstance(record.request, HttpRequest):
        return record.request
    if record.request is None and isinstance(record.event, HttpEvent):
        event = record.event
        query = f"?{urlencode(event.query, errors='surrogatepass')}" if event.query else ""
        target = event.path + query
        return HttpRequest(event.method, target, event.headers, event.body, "length" if event.body else None)
    return None


def why_not(request: HttpRequest | None) -> str:
    """Why no client sends this request; empty if one can."""
    if request is None:
        return "it did not go over HTTP"
    if not _TOKEN.fullmatch(request.method) or not request.target or re.search(r"[\s\0]", request.target):
        return "no client sends such a request line"
    if any(not _TOKEN.fullmatch(name) or _UNSENDABLE.search(value) for name, value in request.headers):
        return "no client sends such headers"
    return ""
