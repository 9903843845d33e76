"""Requests over connections of their own, and what counts as served; for experiments on a Function Compute handler."""

from __future__ import annotations

import functools
import time
from collections.abc import Iterator
from dataclasses import replace

from fnfuzz.app.model import Function
from fnfuzz.checks.model import Breach, Experiment
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import Fault, HttpReply, HttpRequest, Observed
from fnfuzz.drivers import HandlerGone, HttpConnection, HttpInstance
from fnfuzz.events import HttpEvent
from fnfuzz.host.launch import StartFailed
from fnfuzz.host.session import Host

__all__ = [
    "answered",
    "ask",
    "patience",
    "pause",
    "quiet",
    "reply_of",
    "status",
    "talk",
    "told",
    "usual_request",
    "while_it_starts",
    "with_body",
]

SHORTEST_PATIENCE = 3.0
"""Seconds: no answer is called missing before."""

SLOWER = 20
"""An answer may take this many times as long as usual before it is called missing."""

BODY_METHODS = ("POST", "PUT", "PATCH")


def while_it_starts(experiment: Experiment) -> Experiment:
    """The same experiment, which ends without a word when the handler cannot be started: the start itself tells why.

    An instance that died in the experiment, or showed a breach, is not left to the next one.
    """

    @functools.wraps(experiment)
    def run(host: Host, function: Function) -> Iterator[Breach]:
        found = False
        try:
            for breach in experiment(host, function):
                found = True
                yield breach
        except (StartFailed, HandlerGone):
            found = True
        if host.instance is not None and (found or host.http.process.check_exit() is not None):
            host.stop()

    return run


def quiet(host: Host) -> HttpInstance:
    """The live instance, to which the host keeps no connection: a server for one connection at a time is free."""
    host.live()
    host.http.connection.close()
    return host.http


def patience(host: Host, function: Function, usual: float = 0.0) -> float:
    """Seconds to wait for an answer that usually takes ``usual``."""
    return min(host.limit(function), max(SHORTEST_PATIENCE, SLOWER * usual))


def pause(host: Host, seconds: float) -> None:
    """Let time pass; logs are taken in meanwhile. Ends early when the process does."""
    host.http.process.wait_for(time.monotonic() + seconds)
    host.http.process.drain_logs()


def usual_request(host: Host, function: Function) -> HttpRequest:
    """The request for a typical event, with its length: what becomes of chunks is no question of connections."""
    event = typical_event(function)
    if isinstance(event, HttpEvent) and event.method not in BODY_METHODS:
        method = next((item for item in function.methods if item in BODY_METHODS), "")
        typed = (*event.headers, ("Content-Type", "application/json"))
        event = replace(event, method=method, headers=typed, body=b'{"id": "7"}') if method else event
    request = host.encode(function, event, replace(host.delivery(), framing="length"))
    assert isinstance(request, HttpRequest)
    return request


def with_body(request: HttpRequest, body: bytes) -> HttpRequest:
    """The same request with another body."""
    return replace(request, body=body, framing="length")


def talk(connection: HttpConnection, request: HttpRequest, limit: float) -> Observed:
    """One exchange; a process that had ended before it shows as refused."""
    try:
        return connection.exchange(request.to_bytes(), request.method, limit)
    except HandlerGone as gone:
        return Observed(fault=Fault("refused", str(gone)), exit=gone.exit, limit=limit)


def ask(host: Host, request: HttpRequest, limit: float) -> Observed:
    """One exchange over a new connection, which is closed afterwards."""
    connection = quiet(host).connect()
    try:
        return talk(connection, request, limit)
    finally:
        connection.close()


def reply_of(observed: Observed) -> HttpReply | None:
    """The whole answer of a process that lives on, else None."""
    whole = observed.fault is None and observed.exit is None
    return observed.reply if whole and isinstance(observed.reply, HttpReply) else None


def answered(observed: Observed) -> bool:
    """Was there a whole answer, whatever it says, from a process that lives on?"""
    return reply_of(observed) is not None


def status(observed: Observed) -> int:
    """The status of a whole answer, 0 without one."""
    reply = reply_of(observed)
    return reply.status if reply is not None else 0


def told(observed: Observed) -> str:
    """What became of a request, to be put after ``the next request``."""
    if observed.exit is not None:
        return f"finds the process ended ({observed.exit})"
    if observed.timed_out:
        return f"is not answered within {observed.limit:.0f} s"
    if observed.fault is not None:
        return f"is not answered ({observed.fault.message})"
    return f"is answered {status(observed)}"
