"""One envelope, framed in every way that the Functions host does: one answer (azure-functions.md 3)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import failed, masked, patience, send, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import Delivery, HttpRequest, Violation
from fnfuzz.frozen import quick_dataclass
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["FRAMING_PROBES", "PiecedRequest"]

PIECES = 3
ROUNDS = 3
FRAMING_HEADERS = re.compile(
    rb'\\?"?(?:transfer-encoding|content-length)\\?"?[\s:=,\[\\"]*(?:chunked|\d+)?[\\"\]]*,?', re.IGNORECASE
)
"""A handler that gives back the headers which it got may tell the framings apart."""

Way = Literal["chunked", "length", "pieces"]
TOLD = {
    "chunked": "in one chunk",
    "length": "with Content-Length",
    "pieces": "in several chunks",
}


@quick_dataclass(frozen=True)
class PiecedRequest(HttpRequest):
    """A request whose chunked body goes out in several chunks, as the host's client writes a longer one."""

    def to_bytes(self) -> bytes:
        """The request as it goes over the wire."""
        head = (
            replace(HttpRequest(self.method, self.target, self.headers, framing="chunked"))
            .to_bytes()
            .removesuffix(b"0\r\n\r\n")
        )
        size = max(1, -(-len(self.body) // PIECES))
        parts = [self.body[at : at + size] for at in range(0, len(self.body), size)]
        return head + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def takes_every_framing(host: Host, function: Function) -> Iterator[Breach]:
    """The same invocation chunked, in several chunks and with its length."""
    host.live()
    delivery = host.delivery()
    usual = _ask(host, function, delivery, "length")
    for way in ("chunked", "pieces"):
        other = _ask(host, function, delivery, way)
        if failed(usual) and failed(other):
            return
        if failed(usual) == failed(other) and _same(usual, other):
            continue
        if _holds(host, function, delivery, (usual, "length"), (other, way)):
            yield Breach(_violation(usual, other, way), usual if failed(usual) else other)
            return


def _holds(
    host: Host, function: Function, delivery: Delivery, usual: tuple[Exchange, Way], other: tuple[Exchange, Way]
) -> bool:
    """Does each way give its own answer again and again?"""
    for _ in range(ROUNDS - 1):
        for first, way in (other, usual):
            again = _ask(host, function, delivery, way)
            if failed(again) != failed(first) or not (failed(again) or _same(again, first)):
                return False
    return True


def _ask(host: Host, function: Function, delivery: Delivery, way: Way) -> Exchange:
    host.live()
    event = typical_event(function)
    delivery = replace(delivery, framing="length" if way == "length" else "chunked", port=host.port)
    request = host.encode(function, event, delivery)
    assert isinstance(request, HttpRequest)
    if way == "pieces":
        request = PiecedRequest(request.method, request.target, request.headers, request.body, "chunked")
    return send(host, function, event, delivery, request, patience(host, function))


def _same(one: Exchange, other: Exchange) -> bool:
    return FRAMING_HEADERS.sub(b"", masked(one)) == FRAMING_HEADERS.sub(b"", masked(other))


def _violation(usual: Exchange, other: Exchange, way: Way) -> Violation:
    if failed(usual) or failed(other):
        bad, good = (TOLD["length"], TOLD[way]) if failed(usual) else (TOLD[way], TOLD["length"])
        return Violation("req-chunked-unsupported", f"The event fails when it is sent {bad} and succeeds {good}.", bad)
    message = f"The same event gets one answer when it is sent {TOLD['length']} and another one {TOLD[way]}."
    return Violation("req-chunked-unsupported", message, TOLD[way])


FRAMING_PROBES = (
    Probe(
        name="framing",
        title="Both framings of a request get one answer",
        rules=("req-chunked-unsupported",),
        contracts=("azure-http",),
        run=unless_gone(takes_every_framing),
        seconds=40.0,
    ),
)
