"""Requests that no host sends: broken envelopes and broken HTTP. Run only when asked for.

Nothing is expected of the answer. The process must live on, and the next event must be served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import orjson

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import failed, patience
from fnfuzz.checks.fc_requests import quiet, while_it_starts
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import HttpRequest, Violation
from fnfuzz.drivers import HttpConnection
from fnfuzz.events import Event
from fnfuzz.host.session import Host

__all__ = ["HOSTILE_PROBES"]

Spoil: TypeAlias = Callable[[HttpRequest], bytes]
"""The bytes that go out in place of a request."""

REACTION = 0.15
"""Seconds that the handler gets to answer, or to fall over, before the next event comes."""

DEEP = 100_000


def _body(make: Callable[[bytes], bytes]) -> Spoil:
    return lambda request: replace(request, body=make(request.body), framing="length").to_bytes()


def _members(change: Callable[[dict[str, Any]], Any]) -> Spoil:
    return _body(lambda body: orjson.dumps(change(orjson.loads(body))))


def _head(old: bytes, new: bytes) -> Spoil:
    return lambda request: replace(request, framing="length").to_bytes().replace(old, new, 1)


def _header(line: bytes) -> Spoil:
    return _head(b"\r\n\r\n", b"\r\n" + line + b"\r\n\r\n")


def _start_line(line: bytes) -> Spoil:
    return lambda request: line + b"\r\n" + request.to_bytes().split(b"\r\n", 1)[1]


ENVELOPES: Mapping[str, Spoil] = {
    "an empty body": _body(lambda body: b""),
    "a body that is no JSON": _body(lambda body: b"<html>"),
    "a body that is cut": _body(lambda body: body[: len(body) // 2]),
    "a body that is not UTF-8": _body(lambda body: body.replace(b":", b":\xff", 1)),
    "null": _body(lambda body: b"null"),
    "an array": _body(lambda body: b"[]"),
    "a deep body": _body(lambda body: b"[" * DEEP),
    "no Data": _members(lambda whole: {"Metadata": whole.get("Metadata")}),
    "no Metadata": _members(lambda whole: {"Data": whole.get("Data")}),
    "Data null": _members(lambda whole: {**whole, "Data": None}),
    "Metadata a text": _members(lambda whole: {**whole, "Metadata": "x"}),
    "inputs null": _members(lambda whole: {**whole, "Data": dict.fromkeys(whole.get("Data") or {})}),
    "inputs numbers": _members(lambda whole: {**whole, "Data": dict.fromkeys(whole.get("Data") or {}, 7)}),
}

WIRE: Mapping[str, Spoil] = {
    "an unknown method": _start_line(b"BREW / HTTP/1.1"),
    "HTTP/3.0": _start_line(b"GET / HTTP/3.0"),
    "HTTP/0.9": lambda request: b"GET /\r\n",
    "no request at all": lambda request: b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(64),
    "blank lines": lambda request: b"\r\n" * 64,
    "a target with spaces": _start_line(b"GET /a b c HTTP/1.1"),
    "a target of bytes": _start_line(b"GET /\xff\xfe\x00 HTTP/1.1"),
    "a target of 100,000 characters": _start_line(b"GET /" + b"a" * 100_000 + b" HTTP/1.1"),
    "a header without colon": _header(b"nonsense"),
    "a header of bytes": _header(b"X-Bytes: \xff\x00\xfe"),
    "a header of 100,000 characters": _header(b"X-Long: " + b"a" * 100_000),
    "2,000 headers": _header(b"\r\n".join(b"X-%d: 1" % number for number in range(2000))),
    "a negative length": _head(b"Content-Length: ", b"Content-Length: -"),
    "a length that is no number": _head(b"Content-Length: ", b"Content-Length: x"),
    "two lengths": _header(b"Content-Length: 1\r\nContent-Length: 2"),
    "a length beyond all memory": lambda request: (
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999\r\n\r\n"
    ),
    "a chunk size that is no number": lambda request: (
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n"
    ),
    "a request that ends in its head": lambda request: request.to_bytes().split(b"\r\n\r\n", 1)[0],
    "a request that ends in its body": lambda request: replace(request, framing="length").to_bytes()[:-1],
}


def survives(spoilt: Mapping[str, Spoil]) -> Callable[[Host, Function], Iterator[Breach]]:
    """The experiment with these ways to spoil a request."""

    @while_it_starts
    def run(host: Host, function: Function) -> Iterator[Breach]:
        event = typical_event(function)
        if failed(host.invoke(function, event)):
            return
        for name, spoil in spoilt.items():
            # Twice, the second time in a fresh instance.
            if _harm(host, function, event, spoil) is None:
                continue
            host.fresh()
            harm = _harm(host, function, event, spoil)
            if harm is not None:
                rule, what = harm
                yield Breach(Violation(rule, f"After {name} {what}.", name))
                host.fresh()

    return run


def _harm(host: Host, function: Function, event: Event, spoil: Spoil) -> tuple[str, str] | None:
    """The rule that is broken when the spoilt request comes and then a good one, and what happens."""
    host.live()
    request = host.encode(function, event, host.delivery())
    assert isinstance(request, HttpRequest)
    process = host.http.process
    _send(quiet(host).connect(), spoil(request))
    gone = process.wait_exit(0.0)
    if gone is None:
        after = host.invoke(function, event, limit=patience(host, function))
        if host.instance is not None and host.http.process is process:
            return ("hostile-input-wedges", "the next event fails") if failed(after) else None
        # The host ends what did not answer in time; what was gone before was replaced, and answered.
        gone = after.observed.exit or (None if failed(after) else process.check_exit())
    host.stop()
    if gone is None:
        return "hostile-input-wedges", "the next event gets no answer"
    return "hostile-input-crash", f"the process ended ({gone})"


def _send(connection: HttpConnection, data: bytes) -> None:
    try:
        connection.open_silent()
        connection.send_only(data)
        connection.read_reply("POST", REACTION)
    finally:
        connection.close()


HOSTILE_PROBES: tuple[Probe, ...] = (
    Probe(
        name="hostile-envelope",
        title="Outlives envelopes that no host sends",
        rules=("hostile-input-crash", "hostile-input-wedges"),
        contracts=("azure-http",),
        run=survives(ENVELOPES),
        seconds=20.0,
    ),
    Probe(
        name="hostile-wire",
        title="Outlives requests that are no HTTP",
        rules=("hostile-input-crash", "hostile-input-wedges"),
        contracts=("azure-http", "azure-forward", "fc-event", "fc-web"),
        run=survives(WIRE),
        scope="app",
        seconds=30.0,
    ),
)
"""Not among PROBES: what they show is no fault of a handler that only its host can reach."""
