"""HTTP requests of foreign files as events: what a client sends, without what belongs to one connection."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from fnfuzz.contracts.model import HttpRequest
from fnfuzz.contracts.reading import guess_request
from fnfuzz.contracts.reading.wire import target_parts
from fnfuzz.corpus.importing.model import Options, Placed, Tally, Unfit, converted
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.source import whole_file
from fnfuzz.corpus.model import Record
from fnfuzz.events import HttpEvent, Pairs

__all__ = ["client_headers", "http_event", "looks", "message", "read", "split_url"]

METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}")
FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
CHUNK_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
OF_A_CONNECTION = frozenset(
    (
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)


def looks(sample: Sample) -> str:
    """Does the file begin with a request line?"""
    return "it begins with the request line of an HTTP message" if sample.kind == "http" else ""


def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """The one request in a file."""
    values: list[Placed] = [("the message", whole_file(path))]
    yield from converted(values, convert, options, tally)


def convert(content: bytes, options: Options) -> Iterable[Record]:
    """A request that a host sent gives all that it tells, any other the client's event."""
    request = message(content)
    guess = guess_request(request)
    if guess is None:
        return [Record(function=options.function, event=http_event(request))]
    name = options.function or guess.function
    record = Record(contract=guess.contract, function=name, event=guess.event, delivery=guess.delivery, request=request)
    return [record]


def http_event(request: HttpRequest) -> HttpEvent:
    """The event of a client's request."""
    path, query = target_parts(request.target)
    headers = client_headers(request.headers)
    return HttpEvent(method=request.method, path=path, query=query, headers=headers, body=request.body)


def client_headers(headers: Iterable[tuple[str, str]]) -> Pairs:
    """The headers that come as far as a platform's front; HTTP/2's pseudo headers are none."""
    return tuple((name, value) for name, value in headers if name.lower() not in OF_A_CONNECTION and name[:1] != ":")


def split_url(url: str) -> str:
    """Path and query of an absolute URL. Raises Unfit for one that is not HTTP."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Unfit("a URL that cannot be read") from error
    if parts.scheme not in ("http", "https"):
        raise Unfit("a URL that is not HTTP")
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.path or '/'}{query}"


def message(content: bytes) -> HttpRequest:
    """The request in a message with request line, headers, blank line and body. Raises Unfit for what is none."""
    head, _, body = content.replace(b"\r\n\r\n", b"\n\n", 1).partition(b"\n\n")
    first, *lines = head.decode("latin-1").splitlines() or [""]
    method, _, rest = first.strip().partition(" ")
    target = rest.rpartition(" HTTP/")[0] or rest
    if not METHOD.fullmatch(method) or not target:
        raise Unfit("no request line")
    headers = tuple(_field(line) for line in lines)
    if "://" in target:
        target = split_url(target)
    sent = {name.lower(): value.lower() for name, value in headers}
    if "chunked" in sent.get("transfer-encoding", ""):
        return HttpRequest(method.upper(), target, headers, _dechunked(body), "chunked")
    length = sent.get("content-length", "")
    if length.isdigit():
        if len(length) > 12 or int(length) > len(body):
            raise Unfit("a body that is shorter than its Content-Length")
        body = body[: int(length)]
    return HttpRequest(method.upper(), target, headers, body, "length" if body else None)


def _field(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not FIELD.fullmatch(name):
        raise Unfit("a line that is no header")
    return name, value.strip().encode("latin-1").decode("utf-8", "replace")


def _dechunked(body: bytes) -> bytes:
    parts: list[bytes] = []
    at = 0
    while match := CHUNK_SIZE.match(body, at):
        start = body.find(b"\n", match.end()) + 1
        size = int(match[0], 16)
        if not start or start + size > len(body):
            break
        if size == 0:
            return b"".join(parts)
        parts.append(body[start : start + size])
        at = start + size
        at += 2 if body[at : at + 2] == b"\r\n" else 1
    raise Unfit("a chunked body that is cut off")
