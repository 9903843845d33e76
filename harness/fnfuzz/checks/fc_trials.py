"""What experiments on a Function Compute handler need: other forms of a request, crash or refusal, comparison."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import masked, send, status
from fnfuzz.checks.model import Breach
from fnfuzz.checks.typical import blob_name, typical_event
from fnfuzz.contracts.model import HttpReply, HttpRequest, Violation
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, TimerEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = [
    "Change",
    "answer_text",
    "body_of",
    "breach",
    "completed",
    "crashed",
    "deliver",
    "event_maker",
    "marked_event",
    "own_breaches",
    "request_id",
]

Change: TypeAlias = Callable[[HttpRequest], HttpRequest]
"""Gives a request another form that the host may send as well."""

WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
NO_SUCH_CALL = frozenset({404, 405, 501})


def deliver(
    host: Host,
    function: Function,
    event: Event,
    change: Change | None = None,
    *,
    attempt: int = 0,
    limit: float | None = None,
) -> Exchange:
    """Deliver ``event``, its request changed by ``change``; an instance that hung or died is ended afterwards."""
    host.live()
    delivery = host.delivery(attempt=attempt)
    request = host.encode(function, event, delivery)
    assert isinstance(request, HttpRequest)
    changed = request if change is None else change(request)
    return send(host, function, event, delivery, changed, limit or host.limit(function))


def marked_event(function: Function, mark: str, method: str = "") -> Event:
    """The typical event of ``function`` with ``mark`` as its payload's values, and as its identity where it has one."""
    event = typical_event(function, json.dumps({"id": mark, "name": mark}))
    match event:
        case HttpEvent():
            event = replace(event, query=(("name", mark), ("id", mark)))
            if method:
                event = replace(event, method=method, body=event.body if method in WITH_BODY else b"")
            return event
        case QueueEvent():
            return replace(event, id=mark)
        case BlobEvent():
            return replace(event, name=blob_name(function, f"{mark}.json"))
        case TimerEvent():
            return replace(event, payload=mark)
        case _:
            return event


def event_maker(host: Host, function: Function) -> Callable[[str], Event]:
    """``marked_event``, by GET where a web function has no route for the usual method."""
    if function.trigger == "http" and (not function.methods or "GET" in function.methods):
        usual = deliver(host, function, marked_event(function, "mira"))
        if status(usual) in NO_SUCH_CALL:
            return lambda mark: marked_event(function, mark, "GET")
    return lambda mark: marked_event(function, mark)


def crashed(exchange: Exchange) -> bool:
    """Did the handler fail by itself? One that refuses an event and says so did not."""
    observed = exchange.observed
    if observed.exit is not None or not isinstance(observed.reply, HttpReply) or observed.reply.status >= 500:
        return True
    hidden = any(violation.rule == "error-not-reported" for violation in exchange.violations)
    return observed.reply.status == 200 and hidden


def completed(exchange: Exchange) -> bool:
    """Did the handler do its work, as far as it says?"""
    return not crashed(exchange) and status(exchange) < 400 and exchange.outcome.status == "completed"


def body_of(exchange: Exchange) -> bytes:
    """The body of the answer, empty without one."""
    reply = exchange.observed.reply
    return reply.body if isinstance(reply, HttpReply) else b""


def request_id(exchange: Exchange) -> str:
    """The x-fc-request-id that was sent."""
    assert isinstance(exchange.request, HttpRequest)
    return next((value for name, value in exchange.request.headers if name.lower() == "x-fc-request-id"), "")


def answer_text(exchange: Exchange) -> bytes:
    """Status and body of the answer without its own ids, times and fractions."""
    reply = exchange.observed.reply
    if isinstance(reply, HttpReply):
        body = reply.body
        for own in (request_id(exchange), exchange.delivery.id):
            body = body.replace(own.encode(), b"<id>") if own else body
        exchange = replace(exchange, observed=replace(exchange.observed, reply=replace(reply, body=body)))
    return masked(exchange)


def own_breaches(exchange: Exchange, *rules: str) -> Iterator[Breach]:
    """What the contract itself concluded from ``exchange`` under one of ``rules``."""
    for violation in exchange.violations:
        if violation.rule in rules:
            yield Breach(violation, exchange)


def breach(rule: str, message: str, place: str, exchange: Exchange | None = None) -> Breach:
    """One violation that an experiment shows."""
    return Breach(Violation(rule, message, place), exchange)
