"""Experiments on the paths that an Azure handler knows (azure-functions.md 3, 4)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import send, status, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import HttpReply, HttpRequest, Violation
from fnfuzz.events import HttpEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["ROUTE_PROBES"]

UNKNOWN = (404, 405)
NOWHERE = "fnfuzz-nowhere"


def knows_its_route(host: Host, function: Function) -> Iterator[Breach]:
    """POST /<FunctionName> must not look like a path that does not exist."""
    own = _post(host, function, function.name)
    if status(own) not in UNKNOWN or not _routed_nowhere(host, function, own):
        return
    other_case = _answering(host, function, _cases(function.name))
    if other_case:
        message = (
            f"POST /{function.name} is answered {status(own)}, POST /{other_case} is not: the case of the path differs."
        )
        yield Breach(Violation("req-path-case", message, f"/{function.name}"), own)
        return
    elsewhere = _answering(host, function, (f"{function.route_prefix}/{function.name}", f"{function.name}/", ""))
    hint = f"; /{elsewhere} is answered" if elsewhere is not None else ""
    message = f"POST /{function.name} is answered {status(own)}, as a path that does not exist{hint}."
    yield Breach(Violation("req-route-unknown", message, f"/{function.name}"), own)


def _routed_nowhere(host: Host, function: Function, own: Exchange) -> bool:
    """Is ``own`` the answer of a router that knows no such route, rather than the function's own 404?

    A function would look at what it gets, so that a body which is no JSON shows whether anybody did.
    """
    nowhere = _post(host, function, NOWHERE)
    unread = _post(host, function, function.name, b"{")
    if not status(own) == status(unread) == status(_post(host, function, function.name)):
        return False
    if status(own) == 405:
        return True
    known = _without_path(own, function.name)
    return status(nowhere) == 404 and known == _without_path(nowhere, NOWHERE) == _without_path(unread, function.name)


def _without_path(exchange: Exchange, name: str) -> bytes:
    reply = exchange.observed.reply
    return reply.body.replace(name.encode(), b"") if isinstance(reply, HttpReply) else b""


def _cases(name: str) -> tuple[str, ...]:
    variants = (name.lower(), name[:1].lower() + name[1:], name[:1].upper() + name[1:], name.upper())
    return tuple(dict.fromkeys(item for item in variants if item != name))


def _answering(host: Host, function: Function, paths: tuple[str, ...]) -> str | None:
    return next((path for path in paths if 200 <= status(_post(host, function, path)) <= 299), None)


def _post(host: Host, function: Function, path: str, body: bytes | None = None) -> Exchange:
    host.live()
    delivery, event = host.delivery(), typical_event(function)
    request = host.encode(function, event, delivery)
    assert isinstance(request, HttpRequest)
    changed = replace(request, target=f"/{path}", body=request.body if body is None else body)
    return send(host, function, event, delivery, changed)


def knows_the_prefix(host: Host, function: Function) -> Iterator[Breach]:
    """The forwarded path has the route prefix; a handler that only knows the path without it answers 404."""
    event = typical_event(function)
    prefix = f"/{function.route_prefix.strip('/')}/"
    if (
        function.proxying == "legacy"
        or not isinstance(event, HttpEvent)
        or not event.path.startswith(prefix)
        or prefix == "//"
    ):
        return
    own = _forwarded(host, function, event)
    if status(own) not in UNKNOWN or status(_forwarded(host, function, event, f"/{NOWHERE}")) < 400:
        return
    bare = event.path[len(prefix) - 1 :]
    for path in dict.fromkeys((bare, f"/{function.name}", f"/{function.name.lower()}")):
        good = 200 <= status(_forwarded(host, function, event, path)) <= 299
        if good and status(_forwarded(host, function, event)) == status(own):
            asked = f"{event.method} {event.path}"
            message = f"{asked} is answered {status(own)}, {path} is answered well: the route prefix is not expected."
            yield Breach(Violation("fwd-path-prefix", message, "path"), own)
            return


def _forwarded(host: Host, function: Function, event: HttpEvent, path: str = "") -> Exchange:
    host.live()
    delivery = host.delivery()
    moved = replace(event, path=path or event.path)
    request = host.encode(function, moved, delivery)
    assert isinstance(request, HttpRequest)
    return send(host, function, moved, delivery, request)


ROUTE_PROBES = (
    Probe(
        name="route",
        title="Answers POST /<FunctionName>",
        rules=("req-route-unknown", "req-path-case"),
        contracts=("azure-http",),
        run=unless_gone(knows_its_route),
        seconds=40.0,
    ),
    Probe(
        name="path-prefix",
        title="Expects the route prefix in forwarded paths",
        rules=("fwd-path-prefix",),
        contracts=("azure-forward",),
        run=unless_gone(knows_the_prefix),
        seconds=30.0,
    ),
)
