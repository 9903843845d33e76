"""Experiments on the connections between Function Compute and a handler: kept, reused, idle (alibaba-fc.md 2)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from fnfuzz.app.model import Function
from fnfuzz.checks.fc_clients import CLIENT_PROBES
from fnfuzz.checks.fc_requests import (
    answered,
    ask,
    patience,
    quiet,
    reply_of,
    status,
    talk,
    told,
    usual_request,
    while_it_starts,
    with_body,
)
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.contracts.model import HttpReply, HttpRequest, Observed, Violation
from fnfuzz.drivers import HttpConnection
from fnfuzz.host.session import Host

__all__ = ["FC_CONNECTION_PROBES"]

PADDING = 128 * 1024
"""Bytes: more than servers read in one go, and little enough to be on its way before an early answer."""

LIE = 1.5
"""Seconds in which a connection that was announced as kept is closed after the answer, to be called a lie."""

IDLE = 7.0
"""Seconds of idleness: more than the 5 s of Node and uvicorn, and the second that newer versions of Node put on top."""

SHORT = 60.0
ENOUGH = 15 * 60.0
ANNOUNCED = re.compile(r"\btimeout\s*=\s*(\d{1,9})\b", re.IGNORECASE)


def reuses_connections(host: Host, function: Function) -> Iterator[Breach]:
    """Two requests over one connection, the first one with all kinds of bodies."""
    request = usual_request(host, function)
    usual = ask(host, request, host.limit(function))
    if not answered(usual):
        return
    row = _Row(host, patience(host, function, usual.elapsed), {status(usual)})
    first, second = row.send(request, request)
    if not answered(first):
        return
    if second is None:
        yield from _refused(host, request, row.limit)
    elif not row.fine(second):
        yield from _unusable(row, request)
    elif request.body:
        yield from _leftovers(row, request, _padded(request))


class _Row:
    """Sends two requests in a row over one connection; ``usual`` are the statuses of the second one, sent alone."""

    def __init__(self, host: Host, limit: float, usual: set[int]) -> None:
        self.host = host
        self.limit = limit
        self.usual = usual

    def learn(self, request: HttpRequest) -> bool:
        """Send ``request`` alone, twice, and take what it gets for usual; False when it gets no answer."""
        alone = [ask(self.host, request, self.limit) for _ in range(2)]
        self.usual |= {status(observed) for observed in alone}
        return all(map(answered, alone))

    def send(self, first: HttpRequest, second: HttpRequest) -> tuple[Observed, Observed | None]:
        """Both answers; the second one is None where the first one says that the connection ends."""
        connection = quiet(self.host).connect()
        try:
            one = talk(connection, first, self.limit)
            if not connection.is_open:
                return one, None
            connection.send_only(second.to_bytes())
            return one, connection.read_reply(second.method, self.limit)
        finally:
            connection.close()

    def fine(self, observed: Observed) -> bool:
        """Is it an answer to the request itself?"""
        return 0 < status(observed) < 400 or status(observed) in self.usual

    def broken(self, first: HttpRequest, second: HttpRequest) -> Observed | None:
        """The second answer, if the first request was answered, its connection kept, and the second one failed."""
        one, two = self.send(first, second)
        if two is None or not answered(one) or two.exit is not None or self.fine(two):
            return None
        return two

    def works(self, first: HttpRequest, second: HttpRequest) -> bool:
        """Are both answered, over one connection?"""
        one, two = self.send(first, second)
        return answered(one) and two is not None and self.fine(two)


def _refused(host: Host, request: HttpRequest, limit: float) -> Iterator[Breach]:
    """Every answer ends its connection. One that tells an error may do so; then another request is tried."""
    closing = []
    for trial in (request, HttpRequest("GET", request.target, request.headers)):
        closing = [reply_of(ask(host, trial, limit)) for _ in range(2)]
        if all(reply is not None and reply.status < 400 for reply in closing):
            break
    else:
        return
    if closing[-1] is None or any(reply is None or reply.keep_alive for reply in closing):
        return
    yield Breach(Violation("keep-alive-refused", f"Every answer {_how_refused(closing[-1])}.", "every answer"))


def _how_refused(reply: HttpReply) -> str:
    if "close" in (reply.header("connection") or "").lower():
        return "says Connection: close"
    if reply.version == "1.0":
        return "is HTTP/1.0 without Connection: keep-alive"
    return "has neither Content-Length nor chunks, so only the end of the connection ends it"


def _unusable(row: _Row, request: HttpRequest) -> Iterator[Breach]:
    """The second of two usual requests failed: because of the first one's body, of a closing, or of itself?"""
    if not row.learn(request) or row.broken(request, request) is None:
        return
    if request.body and row.works(with_body(request, b""), request):
        yield from _leftovers(row, request, request)
        return
    seconds = [_closes(row, request) for _ in range(2)]
    if all(seconds):
        message = "The answer lets the connection stay open, and then the handler closes it: the next request is lost."
        yield Breach(Violation("keep-alive-lie", message, "after the answer"))
        return
    found = row.broken(request, request)
    if found is not None and not any(seconds):
        message = f"The second request on one connection {told(found)}; over a new connection it is served."
        yield Breach(Violation("second-request-on-connection-fails", message, "second request"))


def _closes(row: _Row, request: HttpRequest) -> bool:
    connection = quiet(row.host).connect()
    try:
        kept = answered(talk(connection, request, row.limit)) and connection.is_open
        return kept and connection.closed_by_handler(LIE) is not None
    finally:
        connection.close()


def _leftovers(row: _Row, request: HttpRequest, first: HttpRequest) -> Iterator[Breach]:
    """Is the request after ``first`` lost, and only because of its body?"""
    if row.broken(first, request) is None or not row.learn(request):
        return
    found = row.broken(first, request)
    if found is not None and row.works(with_body(first, b""), request):
        size = len(first.body)
        message = f"After a request with a body of {size} bytes the next one on the same connection {told(found)}."
        yield Breach(Violation("body-not-drained", message, "next request"))


def _padded(request: HttpRequest) -> HttpRequest:
    """The request with a long body of the same kind."""
    filler = b"a" * PADDING
    try:
        document = json.loads(request.body)
    except ValueError:
        return with_body(request, request.body + filler)
    if not isinstance(document, dict):
        return with_body(request, request.body + b" " * PADDING)
    return with_body(request, json.dumps({**document, "padding": filler.decode()}).encode())


def keeps_idle_connections(host: Host, function: Function) -> Iterator[Breach]:
    """Leave two used connections alone for some seconds; read how long the handler says that it keeps them."""
    request = usual_request(host, function)
    limit = host.limit(function)
    connections = [quiet(host).connect() for _ in range(2)]
    try:
        replies = [_used(connection, request, limit) for connection in connections]
        kept = [reply for reply in replies if reply is not None]
        if len(kept) < len(replies):
            return
        seconds = connections[0].closed_by_handler(IDLE)
        again = seconds is not None and connections[1].closed_by_handler(LIE) is not None
        if host.http.process.check_exit() is not None:
            return
    finally:
        for connection in connections:
            connection.close()
    if seconds is not None and again:
        message = f"The handler closed a connection after {seconds:.1f} s of idleness."
        yield Breach(Violation("idle-timeout-short", message, "idle"))
        return
    announced = _announced_short(kept[0])
    if announced is not None:
        yield Breach(announced)


def _used(connection: HttpConnection, request: HttpRequest, limit: float) -> HttpReply | None:
    """The second of two answers over one connection that stays open; None when that does not work."""
    if (
        not answered(talk(connection, request, limit))
        or not connection.is_open
        or connection.closed_by_handler(0.0) is not None
    ):
        return None
    connection.send_only(request.to_bytes())
    reply = reply_of(connection.read_reply(request.method, limit))
    return reply if connection.is_open else None


def _announced_short(reply: HttpReply) -> Violation | None:
    """The server's own word, ``Keep-Alive: timeout=30``, for times that are too long to wait for."""
    found = ANNOUNCED.search(reply.header("keep-alive") or "")
    if found is None or float(found[1]) >= ENOUGH:
        return None
    rule = "idle-timeout-short" if float(found[1]) < SHORT else "idle-timeout-short-warning"
    return Violation(rule, f"The answers announce that an idle connection is closed after {found[1]} s.", "idle")


FC_CONNECTION_PROBES: tuple[Probe, ...] = (
    Probe(
        name="connection-reuse",
        title="Keeps connections and serves more than one request on each",
        rules=("keep-alive-refused", "keep-alive-lie", "second-request-on-connection-fails", "body-not-drained"),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(reuses_connections),
        scope="app",
        seconds=60.0,
    ),
    *CLIENT_PROBES,
    Probe(
        name="idle-timeout",
        title="Keeps idle connections open",
        rules=("idle-timeout-short", "idle-timeout-short-warning"),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(keeps_idle_connections),
        scope="app",
        slow=True,
        seconds=30.0,
    ),
)
