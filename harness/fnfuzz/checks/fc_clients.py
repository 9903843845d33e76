"""Experiments with clients that connect only, stay silent, go away, or wait for 100 Continue (alibaba-fc.md 2, 7)."""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.checks.fc_requests import (
    answered,
    ask,
    patience,
    pause,
    quiet,
    talk,
    told,
    usual_request,
    while_it_starts,
)
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.contracts.fc_traceback import exception_name, reports_failure
from fnfuzz.contracts.model import HttpRequest, Observed, Violation
from fnfuzz.drivers import CannotStart, HandlerProcess, HttpConnection, HttpInstance
from fnfuzz.drivers.ports import free_port, is_taken, listeners
from fnfuzz.host.environment import environment
from fnfuzz.host.launch import StartFailed, accepts
from fnfuzz.host.session import Host

__all__ = ["CLIENT_PROBES"]

BARE_CONNECTS = 3
SETTLES = 0.02
"""Seconds in which a server notices what came over a connection."""

LOGS_ARRIVE = 0.1
"""Seconds in which a server logs what it makes of a connection."""

INTERIM = 1.0
"""Seconds that clients wait for ``100 Continue`` before they send the body all the same."""


def survives_bare_connects(host: Host, function: Function) -> Iterator[Breach]:
    """Connect and close without a byte, as the host does to learn that the port is open."""
    if not _serves_when_started(host, function):
        yield from _broken_by_start(host, function)
        return
    message = ""
    for _ in range(2):
        message, place = _after_bare_connects(host, function)
        if not message:
            return
        host.fresh()
    yield Breach(Violation("bare-connect-breaks-server", message, place))


def _serves_when_started(host: Host, function: Function) -> bool:
    try:
        return answered(ask(host, usual_request(host, function), host.limit(function)))
    except StartFailed as error:
        if any(violation.rule == "exit-before-ready" for violation in error.violations):
            return False
        raise


def _after_bare_connects(host: Host, function: Function) -> tuple[str, str]:
    """What is wrong after some connections without a byte, and where; both empty when nothing is."""
    instance = quiet(host)
    usual = ask(host, usual_request(host, function), host.limit(function))
    if not answered(usual):
        return "", ""
    pause(host, LOGS_ARRIVE)
    out, err = instance.stdout.total, instance.stderr.total
    for _ in range(BARE_CONNECTS):
        accepts(instance.port)
    pause(host, LOGS_ARRIVE)
    logged = instance.stdout.since(out) + b"\n" + instance.stderr.since(err)
    after = ask(host, usual_request(host, function), patience(host, function, usual.elapsed))
    if not answered(after):
        return f"After a connection without a byte the next request {told(after)}.", "next request"
    if reports_failure(logged) is not None:
        name = exception_name(logged) or "exception"
        return f"A connection without a byte makes the server log a traceback ({name}).", name
    return "", ""


def _broken_by_start(host: Host, function: Function) -> Iterator[Breach]:
    """The start makes such a connection already: does a request come through when it is the first connection of all?"""
    host.stop()
    found = ""
    for _ in range(2):
        untouched = _first_request(host, function, bare=False)
        if untouched is None or not answered(untouched):
            return
        touched = _first_request(host, function, bare=True)
        if touched is None or answered(touched):
            return
        found = told(touched)
    message = f"After the first connection without a byte, the host's look at the port, a request {found}."
    yield Breach(Violation("bare-connect-breaks-server", message, "next request"))


def _first_request(host: Host, function: Function, *, bare: bool) -> Observed | None:
    """The first request of a new process whose port was only looked at; None when it never listened."""
    with _untouched(host) as instance:
        if instance is None:
            return None
        if bare:
            accepts(instance.port)
            instance.process.wait_for(time.monotonic() + LOGS_ARRIVE)
        connection = instance.connect()
        observed = talk(connection, usual_request(host, function), patience(host, function))
        connection.close()
        return observed


@contextmanager
def _untouched(host: Host) -> Iterator[HttpInstance | None]:
    """A process that listens and to which nobody has connected; None when that does not come about."""
    app, port = host.app, free_port()
    if app.port is not None and is_taken(app.port):
        yield None
        return
    try:
        process = HandlerProcess(app.command, cwd=app.cwd, env=environment(app, port, host.environ))
    except CannotStart:
        yield None
        return
    try:
        found = _listens(process, {port, app.port}, host.start_patience)
        yield HttpInstance(process, found) if found else None
    finally:
        process.stop()


def _listens(process: HandlerProcess, ports: set[int | None], seconds: float) -> int:
    """The first of ``ports`` on which the process listens, 0 when it does not in time."""
    deadline = time.monotonic() + seconds
    while process.check_exit() is None and time.monotonic() < deadline:
        found = next((item.port for item in listeners(process.pid) if item.port in ports), 0)
        if found:
            return found
        process.wait_for(time.monotonic() + 0.05)
    return 0


def serves_beside_idle_connections(host: Host, function: Function) -> Iterator[Breach]:
    """Hold a kept connection and a silent one open, and ask over a third."""
    request = usual_request(host, function)
    usual = ask(host, request, host.limit(function))
    if not answered(usual):
        return
    limit = patience(host, function, usual.elapsed)
    for _ in range(2):
        if _beside(host, request, limit, kept=True, silent=True) or not answered(ask(host, request, limit)):
            return
    silent = not _beside(host, request, limit, kept=False, silent=True)
    which = "without a byte" if silent else "that was kept after an answer"
    message = f"While a connection {which} is open, no other one is served within {limit:.0f} s."
    yield Breach(Violation("idle-connection-blocks", message, "idle connection"))


def _beside(host: Host, request: HttpRequest, limit: float, *, kept: bool, silent: bool) -> bool:
    """Is a request served while others hold connections open and say nothing?"""
    instance = quiet(host)
    idle = [instance.connect(), instance.connect()]
    try:
        if kept and not answered(talk(idle[0], request, limit)):
            return True
        if silent and idle[1].open_silent() is not None:
            return True
        pause(host, SETTLES)
        connection = instance.connect()
        observed = talk(connection, request, limit)
        connection.close()
        return not observed.timed_out
    finally:
        for item in idle:
            item.close()


def answers_expectation(host: Host, function: Function) -> Iterator[Breach]:
    """Hold the body back until ``100 Continue`` or a final answer comes."""
    request = usual_request(host, function)
    usual = ask(host, request, host.limit(function))
    if not request.body or not answered(usual):
        return
    wait = max(INTERIM, 2 * usual.elapsed)
    head = _expecting(request)
    if any(_promised(host, head, request.body, seconds) for seconds in (wait, 3 * wait)):
        return
    if answered(ask(host, request, host.limit(function))):
        message = f"A request with Expect: 100-continue got neither 100 nor a final answer within {3 * wait:.0f} s."
        yield Breach(Violation("pipelined-expect-continue", message, "Expect"))


def _expecting(request: HttpRequest) -> bytes:
    headers = (*request.headers, ("Expect", "100-continue"))
    whole = HttpRequest(request.method, request.target, headers, request.body, "length").to_bytes()
    return whole[: len(whole) - len(request.body)]


def _promised(host: Host, head: bytes, body: bytes, seconds: float) -> bool:
    """Does any byte of an answer come before the body is sent? The request is completed in any case."""
    instance = quiet(host)
    with socket.socket() as sock, contextlib.suppress(OSError):
        sock.settimeout(seconds)
        sock.connect(("127.0.0.1", instance.port))
        sock.sendall(head)
        if not _readable(instance, sock, seconds):
            sock.sendall(body)
            _readable(instance, sock, seconds)
            return False
        first = sock.recv(4096)
        sock.sendall(body)
        _readable(instance, sock, seconds)
        return bool(first)
    return False


def _readable(instance: HttpInstance, sock: socket.socket, seconds: float) -> bool:
    instance.process.poller.register(sock.fileno(), select.POLLIN)
    try:
        return bool(instance.process.wait_for(time.monotonic() + seconds))
    finally:
        instance.process.poller.unregister(sock.fileno())


def survives_clients_that_go(host: Host, function: Function) -> Iterator[Breach]:
    """Go away in the middle of a request and before its answer; the next request must be served."""
    request = usual_request(host, function)
    usual = ask(host, request, host.limit(function))
    if not answered(usual):
        return
    limit = patience(host, function, usual.elapsed)
    for way, leave in WAYS.items():
        observed = usual
        for _ in range(2):
            observed = _after(host, request, limit, usual.elapsed, leave)
            if answered(observed):
                break
            host.fresh()
        else:
            if answered(ask(host, request, limit)) and answered(ask(host, request, limit)):
                message = f"After a client {way}, the next request {told(observed)}."
                yield Breach(Violation("client-abort-kills-server", message, "next request"))
            return


def _after(host: Host, request: HttpRequest, limit: float, usual: float, leave: Leave) -> Observed:
    connection = quiet(host).connect()
    if connection.open_silent() is None:
        leave(host, connection, request.to_bytes(), usual)
        connection.close(abort=True)
    pause(host, min(usual, SETTLES))
    return ask(host, request, limit)


def _in_the_middle(host: Host, connection: HttpConnection, data: bytes, usual: float) -> None:
    connection.send_only(data[: len(data) - max(2, len(data) // 20)])
    pause(host, SETTLES)


def _after_the_request(host: Host, connection: HttpConnection, data: bytes, usual: float) -> None:
    connection.send_only(data)


def _during_the_work(host: Host, connection: HttpConnection, data: bytes, usual: float) -> None:
    connection.send_only(data)
    pause(host, min(usual / 2, 0.2))


def _in_order(host: Host, connection: HttpConnection, data: bytes, usual: float) -> None:
    # Without a reset: the handler learns only by writing that nobody listens.
    connection.send_only(data)
    connection.close()


Leave: TypeAlias = Callable[[Host, HttpConnection, bytes, float], None]
WAYS: Mapping[str, Leave] = {
    "went away in the middle of its request": _in_the_middle,
    "went away right after its request": _after_the_request,
    "went away before its answer": _during_the_work,
    "hung up right after its request": _in_order,
}


CLIENT_PROBES: tuple[Probe, ...] = (
    Probe(
        name="bare-connect",
        title="Takes no harm from a connection without a byte",
        rules=("bare-connect-breaks-server",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(survives_bare_connects),
        scope="app",
        seconds=60.0,
    ),
    Probe(
        name="idle-connection",
        title="Serves others while a connection is open and silent",
        rules=("idle-connection-blocks",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(serves_beside_idle_connections),
        scope="app",
        seconds=60.0,
    ),
    Probe(
        name="expect-continue",
        title="Answers Expect: 100-continue",
        rules=("pipelined-expect-continue",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(answers_expectation),
        scope="app",
        seconds=30.0,
    ),
    Probe(
        name="client-abort",
        title="Goes on after a client that went away",
        rules=("client-abort-kills-server",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(survives_clients_that_go),
        scope="app",
        seconds=90.0,
    ),
)
