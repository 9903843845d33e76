"""Experiments on forwarded requests: headers that the host loses on the way (azure-functions.md 4)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import replace

from fnfuzz.app.model import Function
from fnfuzz.checks.azure_requests import BODY_METHODS
from fnfuzz.checks.experiment import send, status, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import HttpRequest, Violation
from fnfuzz.events import HttpEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["FORWARDING_PROBES"]


def does_without_content_headers(host: Host, function: Function) -> Iterator[Breach]:
    """A request as forwarded, without the content headers that the client sent, and one with them put back."""
    method = next((item.upper() for item in function.methods or ("POST",) if item.upper() in BODY_METHODS), None)
    event = typical_event(replace(function, methods=(method,))) if method else None
    if function.proxying == "proxy" or not isinstance(event, HttpEvent):
        return
    packed = replace(event, body=gzip.compress(event.body, mtime=0))
    for name, value, sent in (("Content-Encoding", "gzip", packed), ("Content-Language", "pt", event)):
        asked = replace(sent, headers=(*sent.headers, (name, value)))
        shown = _depends(host, function, asked, (name, value))
        if shown is not None:
            message = f"The handler accepts the request with {name} and refuses it without, as the host forwards it."
            yield Breach(Violation("fwd-content-header-lost", message, name), shown)


def _depends(host: Host, function: Function, event: HttpEvent, header: tuple[str, str]) -> Exchange | None:
    shown = None
    for _ in range(2):
        shown = _forwarded(host, function, event)
        if status(shown) < 400 or not 200 <= status(_forwarded(host, function, event, header)) <= 299:
            return None
    return shown


def _forwarded(host: Host, function: Function, event: HttpEvent, *put_back: tuple[str, str]) -> Exchange:
    host.live()
    delivery = host.delivery()
    request = host.encode(function, event, delivery)
    assert isinstance(request, HttpRequest)
    return send(host, function, event, delivery, replace(request, headers=(*request.headers, *put_back)))


FORWARDING_PROBES = (
    Probe(
        name="content-headers",
        title="Does without Content-Encoding and Content-Language",
        rules=("fwd-content-header-lost",),
        contracts=("azure-forward",),
        run=unless_gone(does_without_content_headers),
        seconds=30.0,
    ),
)
