"""HTTP archives (HAR 1.2), as browsers, proxies and fnfuzz itself write them.

An entry that a host sent to a handler gives the exchange with its answer. Any other one is a client's request: the
answer that the client got is not what the handler said to its host, so it is left out and counted.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fnfuzz.contracts import CONTRACT_IDS
from fnfuzz.contracts.model import Framing, HttpReply, HttpRequest
from fnfuzz.contracts.reading import guess_request
from fnfuzz.corpus.importing.http_requests import METHOD, client_headers, http_event, split_url
from fnfuzz.corpus.importing.json_stream import json_values
from fnfuzz.corpus.importing.model import Options, Tally, Unfit, converted
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.source import utf8
from fnfuzz.corpus.importing.times import micros
from fnfuzz.corpus.model import Record
from fnfuzz.events import Pairs

__all__ = ["entries", "looks", "read", "request_of"]

COMMENT = re.compile(r"[0-9a-f]{32} ([a-z-]{1,20})(?: (.{1,200}))?")
WITH_BODY = ("POST", "PUT", "PATCH")
ANSWER_LEFT_OUT = "the client's answer is left out: a handler answers its host, not the client"


def looks(sample: Sample) -> str:
    """Has the file ``log.entries``, or does it begin like an archive?"""
    if not sample.has("log.entries") and not sample.has("log.version", "log.creator"):
        return ""
    return f"it is JSON with log.entries, an HTTP archive {sample.text('log.version')}".rstrip()


def entries(path: Path) -> Iterator[tuple[str, Any]]:
    """The entries of an archive of any size, and where they stand."""
    return json_values(path, "log", "entries")


def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """One record for each entry."""

    def convert(entry: Any, options: Options) -> Iterator[Record]:
        record = _record(entry, options)
        if not record.contract and _member(entry, "response").get("status"):
            tally.note(ANSWER_LEFT_OUT)
        yield record

    yield from converted(entries(path), convert, options, tally)


def _record(entry: Any, options: Options) -> Record:
    request = request_of(entry)
    at = micros(entry.get("startedDateTime"))
    own, name = _named(entry)
    guess = guess_request(request)
    contract = guess.contract if guess is not None else own
    if not contract:
        return Record(function=options.function, event=http_event(request), at=at)
    told = name if contract == own else ""
    return Record(
        contract=contract,
        function=options.function or told or (guess.function if guess is not None else ""),
        event=guess.event if guess is not None else None,
        delivery=guess.delivery if guess is not None else None,
        request=request,
        reply=_reply(_member(entry, "response")),
        at=at,
        elapsed=_elapsed(entry.get("time")),
    )


def request_of(entry: Any) -> HttpRequest:
    """The request of an entry. Raises Unfit for what is no HTTP request, or has lost its body."""
    request = _member(entry, "request")
    method, url = request.get("method"), request.get("url")
    if not isinstance(method, str) or not isinstance(url, str) or not METHOD.fullmatch(method):
        raise Unfit("an entry without a request")
    headers = _pairs(request.get("headers"))
    body = _body(_member(request, "postData"), request.get("bodySize"))
    chunked = any(name.lower() == "transfer-encoding" for name, _ in headers)
    framing: Framing | None = "chunked" if chunked else "length" if body or method in WITH_BODY else None
    return HttpRequest(method, split_url(url), client_headers(headers), body, framing)


def _body(data: Mapping[str, Any], size: object) -> bytes:
    text, params = data.get("text"), data.get("params")
    if isinstance(text, str) and (text or not params):
        if data.get("encoding") == "base64" or data.get("_encoding") == "base64":
            return _base64(text)
        return utf8(text)
    if isinstance(params, list) and params:
        if "urlencoded" not in str(data.get("mimeType")):
            raise Unfit("a multipart body that was saved without its text")
        return urlencode(_pairs(params)).encode("ascii")
    if isinstance(size, int) and size > 0 and not data:
        raise Unfit("a body that was not saved")
    return b""


def _reply(response: Mapping[str, Any]) -> HttpReply | None:
    status = response.get("status")
    if not isinstance(status, int) or not 100 <= status <= 999:
        return None
    content = _member(response, "content")
    text = content.get("text")
    body = text if isinstance(text, str) else ""
    encoded = content.get("encoding") == "base64"
    reason = response.get("statusText")
    return HttpReply(
        status,
        reason if isinstance(reason, str) else "",
        _pairs(response.get("headers")),
        _base64(body) if encoded else body.encode("utf-8", "replace"),
    )


def _pairs(value: object) -> Pairs:
    """A list of objects with name and value."""
    items = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return tuple((str(item.get("name", "")), str(item.get("value", ""))) for item in items)


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unfit("a body that is no base64 although the archive says so") from error


def _named(entry: Any) -> tuple[str, str]:
    """The contract and the function's name that fnfuzz's own archives have in the comment, behind the id."""
    comment = entry.get("comment")
    match = COMMENT.fullmatch(comment) if isinstance(comment, str) else None
    return (match[1], match[2] or "") if match and match[1] in CONTRACT_IDS else ("", "")


def _elapsed(value: object) -> int:
    return int(value * 1000) if isinstance(value, (int, float)) and 0 <= value < 10**9 else 0


def _member(value: object, name: str) -> dict[str, Any]:
    member = value.get(name) if isinstance(value, dict) else None
    return member if isinstance(member, dict) else {}
