"""What experiments are made of: changed envelopes, comparisons, special starts."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import orjson

from fnfuzz.app.model import Function
from fnfuzz.checks.model import Breach, Experiment
from fnfuzz.checks.typical import blob_name, typical_event
from fnfuzz.contracts.model import Delivery, HttpReply, HttpRequest
from fnfuzz.drivers import HandlerGone, HttpInstance, StdinKind
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.launch import StartFailed, launch
from fnfuzz.host.session import Host

__all__ = [
    "Reshape",
    "Trial",
    "deliver",
    "envelope_of",
    "failed",
    "fails_only",
    "launched",
    "marked_event",
    "masked",
    "meaning",
    "nonce",
    "patience",
    "repeats_envelope",
    "send",
    "start_patience",
    "status",
    "unless_gone",
    "with_late_logs",
]

Envelope: TypeAlias = dict[str, Any]
Reshape: TypeAlias = Callable[[Envelope, Function], Envelope]
"""Gives the envelope of one invocation another form."""

TRIGGERS = frozenset({"http", "queue", "blob", "timer"})
"""Those of which the Azure contracts carry events."""

SHORTEST_PATIENCE = 3.0
LOGS_ARRIVE = 0.05
"""Seconds: a silent handler is waited for at least so long, and log lines may come so much later than the answer."""

NOISE = (
    (re.compile(rb"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|[+-]\d\d:?\d\d)?"), b"<time>"),
    (re.compile(rb"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"), b"<guid>"),
    (re.compile(rb"\d+\.\d+"), b"<fraction>"),
    (re.compile(rb"\d{9,}"), b"<long>"),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """One way to deliver: an event, and what is done to its envelope before it goes out."""

    event: Event
    reshape: Reshape | None = None


def unless_gone(experiment: Experiment) -> Experiment:
    """The same experiment; it ends in silence when the handler cannot be started or its trigger has no events."""

    @functools.wraps(experiment)
    def run(host: Host, function: Function) -> Iterator[Breach]:
        if function.trigger not in TRIGGERS:
            return
        try:
            yield from experiment(host, function)
        except (StartFailed, HandlerGone):
            host.stop()

    return run


def patience(host: Host, function: Function, usual: float = 0.0) -> float:
    """Seconds to wait for an answer that usually takes ``usual``."""
    return min(host.limit(function), max(SHORTEST_PATIENCE, 20 * usual))


def start_patience(host: Host) -> float:
    """Seconds to wait for a start under changed circumstances, from how long the usual one took."""
    return min(host.start_patience, max(SHORTEST_PATIENCE, 10 * host.start_seconds))


def deliver(
    host: Host, function: Function, event: Event, reshape: Reshape | None = None, *, delivery: Delivery | None = None
) -> Exchange:
    """Deliver ``event`` with its envelope changed by ``reshape``; an instance that hung or died is ended afterwards."""
    host.live()
    delivery = delivery or host.delivery()
    request = host.encode(function, event, delivery)
    assert isinstance(request, HttpRequest)
    if reshape is not None:
        request = replace(request, body=orjson.dumps(reshape(orjson.loads(request.body), function)))
    return send(host, function, event, delivery, request)


def send(
    host: Host, function: Function, event: Event, delivery: Delivery, request: HttpRequest, limit: float | None = None
) -> Exchange:
    """Send a request made by hand and conclude as for any other; an instance found dead is replaced once."""
    host.live()
    limit = limit or patience(host, function)
    marks = host.http.stdout.total, host.http.stderr.total
    try:
        observed = host.http.exchange(request, limit)
    except HandlerGone:
        host.fresh()
        marks = host.http.stdout.total, host.http.stderr.total
        observed = host.http.exchange(request, limit)
    exchange = host.judge(host.answered(function, event, delivery, request, observed, *marks))
    if observed.exit is not None or observed.timed_out:
        host.stop()
    return exchange


def with_late_logs(host: Host, function: Function, event: Event) -> Exchange:
    """``deliver``, and the log lines that came a moment after the answer."""
    host.live()
    process = host.http.process
    out, err = process.stdout.total, process.stderr.total
    exchange = deliver(host, function, event)
    if host.instance is None or host.http.process is not process:
        return exchange
    process.wait_for(time.monotonic() + LOGS_ARRIVE)
    return replace(exchange, stdout=process.stdout.since(out), stderr=process.stderr.since(err))


def failed(exchange: Exchange) -> bool:
    """Does the host, or the caller, see a failure? A 4xx told to an HTTP caller is none."""
    caller = exchange.outcome.caller
    told = caller is not None and caller.status >= 500
    return told or exchange.outcome.status != "completed" or exchange.observed.exit is not None


def fails_only(host: Host, function: Function, trial: Trial, control: Trial) -> Exchange | None:
    """The failed exchange of ``trial``, if it fails twice where ``control`` succeeds twice, else None."""
    shown = None
    for _ in range(2):
        shown = deliver(host, function, trial.event, trial.reshape)
        if not failed(shown) or failed(deliver(host, function, control.event, control.reshape)):
            return None
    return shown


def status(exchange: Exchange) -> int:
    """The status of the handler's answer, 0 without one."""
    reply = exchange.observed.reply
    return reply.status if isinstance(reply, HttpReply) else 0


def masked(exchange: Exchange) -> bytes:
    """Status and body of the answer without times, ids and fractions."""
    reply = exchange.observed.reply
    body = reply.body if isinstance(reply, HttpReply) else b""
    for pattern, name in NOISE:
        body = pattern.sub(name, body)
    return b"%d %b" % (status(exchange), body)


def meaning(exchange: Exchange) -> str:
    """All that the answer holds but its Logs, as canonical JSON text; empty if it is no JSON object."""
    reply = exchange.observed.reply
    try:
        document = json.loads(reply.body) if isinstance(reply, HttpReply) else None
    except (ValueError, RecursionError):
        return ""
    if not isinstance(document, dict):
        return ""
    return json.dumps({key: value for key, value in document.items() if key.lower() != "logs"}, sort_keys=True)


def repeats_envelope(exchange: Exchange) -> bool:
    """Does the answer give back the envelope itself, as an echo made for debugging does?"""
    reply = exchange.observed.reply
    sent = envelope_of(exchange)
    guid = sent.get("Metadata", {}).get("sys", {}).get("RandGuid", "")
    return isinstance(reply, HttpReply) and bool(guid) and guid.encode() in reply.body


def envelope_of(exchange: Exchange) -> Envelope:
    """The Data and Metadata that were sent."""
    assert isinstance(exchange.request, HttpRequest)
    document: Envelope = orjson.loads(exchange.request.body)
    return document


def nonce(label: str, number: int = 0) -> str:
    """A word that no answer holds by chance and that is part of no other nonce."""
    return f"n{hashlib.blake2b(f'{label} {number}'.encode(), digest_size=6).hexdigest()}"


def marked_event(function: Function, mark: str) -> Event:
    """The typical event of ``function`` with ``mark`` as its payload's values and as its identity."""
    event = typical_event(function, json.dumps({"id": mark, "name": mark}))
    match event:
        case HttpEvent():
            return replace(event, query=(("name", mark), ("id", mark)))
        case QueueEvent():
            return replace(event, id=mark)
        case BlobEvent():
            return replace(event, name=blob_name(function, f"{mark}.json"))
        case _:
            return event


@contextmanager
def launched(
    host: Host, *, stdin: StdinKind = "null", port: int | None = None, remove: tuple[str, ...] = ()
) -> Iterator[HttpInstance]:
    """An instance started under special circumstances in place of the host's; ended afterwards. Raises StartFailed."""
    host.stop()
    started = launch(host.app, host.environ, patience=start_patience(host), stdin=stdin, port=port, remove=remove)
    try:
        assert isinstance(started.instance, HttpInstance)
        yield started.instance
    finally:
        started.instance.stop()
