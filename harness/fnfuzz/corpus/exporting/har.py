"""HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/), as browsers and proxies read it.

Bytes that are no UTF-8 are base64, which ``encoding`` says; for requests the format has no such member, so it is
``_encoding`` there.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl

import fnfuzz
from fnfuzz.contracts.model import HttpReply, HttpRequest
from fnfuzz.corpus.exporting.model import Item, LeaveOut
from fnfuzz.corpus.exporting.web import web_request
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.plain import iso_time
from fnfuzz.events import Pairs

__all__ = ["as_har", "har_entry"]

CHUNKED = (("Transfer-Encoding", "chunked"),)


def as_har(items: Iterable[Item], leave_out: LeaveOut) -> Iterator[str]:
    """One log with an entry for each exchange over HTTP."""
    creator = json.dumps({"name": "fnfuzz", "version": fnfuzz.__version__})
    yield f'{{"log": {{"version": "1.2", "creator": {creator}, "entries": ['
    before = "\n"
    for name, record in items:
        request = web_request(record)
        if request is None:
            leave_out(name, "it did not go over HTTP")
            continue
        yield before + json.dumps(har_entry(name, record, request))
        before = ",\n"
    yield "\n]}}\n"


def har_entry(id: str, record: Record, request: HttpRequest) -> dict[str, Any]:
    """One entry of a log; ``id`` goes into its comment."""
    milliseconds = record.elapsed / 1000
    return {
        "startedDateTime": iso_time(record.at),
        "time": milliseconds,
        "request": _request(request),
        "response": _response(record),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "connection": str(record.connection),
        "comment": " ".join(word for word in (id, record.contract, record.function) if word),
    }


def _request(request: HttpRequest) -> dict[str, Any]:
    host = _first(request.headers, "host") or "localhost"
    url = request.target if "://" in request.target.partition("?")[0] else f"http://{host}{request.target}"
    query = parse_qsl(request.target.partition("?")[2], keep_blank_values=True)
    data: dict[str, Any] = {
        "method": request.method,
        "url": url,
        "httpVersion": "HTTP/1.1",
        "cookies": _cookies(request.headers, "cookie"),
        "headers": _named((*request.headers, *CHUNKED) if request.framing == "chunked" else request.headers),
        "queryString": _named(tuple(query)),
        "headersSize": -1,
        "bodySize": len(request.body),
    }
    if request.body:
        text, encoding = _text(request.body)
        kind = _first(request.headers, "content-type") or "application/octet-stream"
        data["postData"] = {"mimeType": kind, "text": text, **({"_encoding": encoding} if encoding else {})}
    return data


def _response(record: Record) -> dict[str, Any]:
    """Without an answer the status is 0, as browsers have it."""
    reply = record.reply if isinstance(record.reply, HttpReply) else HttpReply(0, "", (), b"", "")
    text, encoding = _text(reply.body)
    content: dict[str, Any] = {
        "size": len(reply.body),
        "mimeType": _first(reply.headers, "content-type") or "x-unknown",
        "text": text,
    }
    data = {
        "status": reply.status,
        "statusText": reply.reason,
        "httpVersion": f"HTTP/{reply.version}" if reply.version else "unknown",
        "cookies": _cookies(reply.headers, "set-cookie"),
        "headers": _named(reply.headers),
        "content": content | ({"encoding": encoding} if encoding else {}),
        "redirectURL": _first(reply.headers, "location"),
        "headersSize": -1,
        "bodySize": len(reply.body),
    }
    if record.fault is not None:
        data["_error"] = f"{record.fault.kind}: {record.fault.message}"
    return data


def _named(pairs: Pairs) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _first(headers: Pairs, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")


def _cookies(headers: Pairs, wanted: str) -> list[dict[str, str]]:
    cookies: list[dict[str, str]] = []
    for name, value in headers:
        if name.lower() == wanted:
            try:
                cookies += [{"name": key, "value": morsel.value} for key, morsel in SimpleCookie(value).items()]
            except CookieError:
                cookies.append({"name": "", "value": value, "comment": "no legal cookie"})
    return cookies


def _text(data: bytes) -> tuple[str, str]:
    try:
        return data.decode("utf-8"), ""
    except UnicodeDecodeError:
        return base64.b64encode(data).decode("ascii"), "base64"
