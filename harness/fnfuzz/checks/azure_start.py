"""Experiments on the start of an Azure handler: later pings, the name of the port variable (azure-functions.md 2)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import deliver, failed, launched, patience, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import HttpReply, HttpRequest, Observed, Violation
from fnfuzz.drivers import HttpConnection
from fnfuzz.host.environment import AZURE_LEGACY_PORT, AZURE_PORT
from fnfuzz.host.launch import StartFailed
from fnfuzz.host.session import Host

__all__ = ["START_PROBES"]

PINGS = 3


def answers_later_pings(host: Host, function: Function) -> Iterator[Breach]:
    """The host's monitor sends GET / at any time, over the connections that the events use and over new ones."""
    event = typical_event(function)
    first = None
    for _ in range(2):
        if failed(deliver(host, function, event)):
            return
        found = _pinged(host, function)
        if found is None and failed(deliver(host, function, event)):
            found = Violation(
                "start-ping-crash", "After GET / the next event fails, which succeeded before.", "GET / later"
            )
        if found is None or (first is not None and first.rule != found.rule):
            return
        first = found
        host.stop()
    if first is not None:
        yield Breach(first)


def _pinged(host: Host, function: Function) -> Violation | None:
    for number in range(PINGS):
        connection = host.http.connection if number == 0 else host.http.connect()
        observed = _ping(host, connection, patience(host, function))
        if number:
            connection.close()
        if observed.exit is not None:
            return Violation(
                "start-ping-crash", f"The process ended on a later GET / ({observed.exit}).", "GET / later"
            )
        if observed.timed_out:
            return Violation(
                "start-ping-hang", f"A later GET / was not answered within {observed.limit:g} s.", "GET / later"
            )
    return None


def _ping(host: Host, connection: HttpConnection, limit: float) -> Observed:
    request = HttpRequest("GET", "/", (("Host", f"127.0.0.1:{host.http.port}"),))
    return connection.exchange(request.to_bytes(), "GET", limit)


def ping_runs_nothing(host: Host, function: Function) -> Iterator[Breach]:
    """A ping that is answered with the value of an output has run a function."""
    host.live()
    connection = host.http.connect()
    observed = _ping(host, connection, patience(host, function))
    connection.close()
    name = _written_by(observed, host)
    if name:
        message = f"GET / is answered with a value for the output {name}: the ping ran a function."
        yield Breach(Violation("start-ping-side-effect", message, "GET /"))


def _written_by(observed: Observed, host: Host) -> str:
    """The output that an answer to GET / sets, or an empty text. An http output that tells an error says no."""
    reply = observed.reply
    if not isinstance(reply, HttpReply) or not 200 <= reply.status <= 299:
        return ""
    try:
        document = json.loads(reply.body)
    except (ValueError, RecursionError):
        return ""
    outputs = document.get("Outputs") if isinstance(document, dict) else None
    if not isinstance(outputs, dict):
        return ""
    declared = {
        item.name: item for each in host.app.functions if each.contract == "azure-http" for item in each.outputs
    }
    return next((name for name, value in outputs.items() if name in declared and value and not _refuses(value)), "")


def _refuses(value: Any) -> bool:
    if not isinstance(value, dict):
        return False
    told = str(next((item for key, item in value.items() if key.lower() in ("statuscode", "status")), 200))
    return not told.isdigit() or int(told) >= 400


def reads_current_port(host: Host, function: Function) -> Iterator[Breach]:
    """Start with each of the two port variables alone."""
    host.live()
    for _ in range(2):
        if _starts(host, AZURE_LEGACY_PORT) or not _starts(host):
            return
    if not _starts(host, AZURE_PORT):
        return
    message = f"With {AZURE_PORT} alone the handler does not start, with {AZURE_LEGACY_PORT} alone it does."
    yield Breach(Violation("start-legacy-port-only", message, AZURE_LEGACY_PORT))


def _starts(host: Host, *removed: str) -> bool:
    try:
        with launched(host, remove=removed):
            return True
    except StartFailed:
        return False


START_PROBES = (
    Probe(
        name="later-pings",
        title="Answers GET / at any time",
        rules=("start-ping-hang", "start-ping-crash"),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(answers_later_pings),
        scope="app",
        seconds=30.0,
    ),
    Probe(
        name="ping-side-effect",
        title="GET / runs no function",
        rules=("start-ping-side-effect",),
        contracts=("azure-http",),
        run=unless_gone(ping_runs_nothing),
        scope="app",
    ),
    Probe(
        name="port-variable",
        title="Reads FUNCTIONS_CUSTOMHANDLER_PORT",
        rules=("start-legacy-port-only",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(reads_current_port),
        scope="app",
        seconds=20.0,
    ),
)
