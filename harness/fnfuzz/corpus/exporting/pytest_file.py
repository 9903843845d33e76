"""A test file that needs pytest and a running handler, and nothing of fnfuzz: one test for each exchange over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from fnfuzz.contracts.model import HttpReply, HttpRequest
from fnfuzz.corpus.exporting.model import Item, LeaveOut
from fnfuzz.corpus.exporting.web import web_request, why_not

__all__ = ["as_pytest"]

_HEAD: Final = '''"""Exchanges recorded by fnfuzz, as tests: each request is sent again, and the answers are compared.

HANDLER names the handler (HOST:PORT), which must be running. Values that differ every time, such as times and ids, are
yours to take out of what is expected.
"""

import http.client
import json
import os

HANDLER = os.environ.get("HANDLER", "127.0.0.1:8080")


class Connection(http.client.HTTPConnection):
    """Sends targets as they were recorded, also those that are no ASCII."""

    def _encode_request(self, request):
        return request.encode("utf-8", "surrogateescape")


def asked(method, target, headers, body, chunked):
    """Status and body of the handler's answer."""
    connection = Connection(HANDLER, timeout=60)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        if chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body or None, encode_chunked=chunked)
        if chunked and not body:
            connection.send(b"0\\r\\n\\r\\n")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def parsed(body):
    """JSON where it is JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return body


def check(request, status, body):
    """The answer has this status and this body."""
    got_status, got_body = asked(*request)
    assert got_status == status
    assert parsed(got_body) == parsed(body)
'''

_TEST: Final = """

def test_{name}():
    request = (
        {method},
        {target},
        {headers},
        {body},
        {chunked},
    )
    check(request, {status}, {answer})
"""


def as_pytest(items: Iterable[Item], leave_out: LeaveOut) -> Iterator[str]:
    """A test for each exchange that has an answer; the same exchange once."""
    yield _HEAD
    seen: set[str] = set()
    for name, record in items:
        request = web_request(record)
        reason = why_not(request) or ("" if isinstance(record.reply, HttpReply) else "it has no answer")
        reason = reason or ("the same exchange is there already" if name in seen else "")
        if reason or request is None or not isinstance(record.reply, HttpReply):
            leave_out(name, reason)
            continue
        seen.add(name)
        yield _test(name, record.function, request, record.reply)


def _test(id: str, function: str, request: HttpRequest, reply: HttpReply) -> str:
    word = re.sub(r"\W+", "_", function, flags=re.ASCII).strip("_").lower()[:60]
    headers = [(name, value.encode("utf-8", "surrogatepass")) for name, value in request.headers]
    has_body = bool(request.body) or request.framing is not None
    return _TEST.format(
        name=f"{word or 'request'}_{id[:12]}",
        # ascii() of a text or of bytes is a literal that holds no line end and no hidden character.
        method=ascii(request.method),
        target=ascii(request.target),
        headers=ascii(headers),
        body=repr(request.body) if has_body else "None",
        chunked=request.framing == "chunked",
        status=reply.status,
        answer=repr(reply.body),
    )
