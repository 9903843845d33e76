"""Experiments on the start: where a Function Compute handler listens, how soon, and if it serves (alibaba-fc.md 2)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_address

from fnfuzz.app.model import Function
from fnfuzz.checks.fc_requests import (
    answered,
    ask,
    pause,
    quiet,
    status,
    talk,
    told,
    usual_request,
    while_it_starts,
)
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.contracts.model import Observed, Violation
from fnfuzz.drivers.ports import listeners
from fnfuzz.host.session import Host

__all__ = ["FC_START_PROBES"]

LIMITS = {"slow-start": 120.0, "slow-start-warning": 25.0}
"""Seconds after which the host, and the older hosts, take the start for failed (alibaba-fc.md 2)."""

WARMING_UP = 503
LATER = 10.0
"""Seconds in which a server that is not up to its first request begins to serve."""


def listens_on_all_addresses(host: Host, function: Function) -> Iterator[Breach]:
    """Look at the sockets on the port that was reached."""
    instance = quiet(host)
    bound = {item.address for item in listeners(instance.process.pid) if item.port == instance.port}
    if bound and all(map(_is_loopback, bound)):
        where = " and ".join(f"{address}:{instance.port}" for address in sorted(bound))
        message = f"The server listens on {where} only; the host connects from outside."
        yield Breach(Violation("loopback-only", message, "listen address"))


def _is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def starts_soon(host: Host, function: Function) -> Iterator[Breach]:
    """Judge how long the last start took."""
    host.live()
    rule = next((rule for rule, limit in LIMITS.items() if host.start_seconds > limit), "")
    if rule:
        took = f"The port took its first connection {host.start_seconds:.0f} s after the start"
        yield Breach(Violation(rule, f"{took}; {LIMITS[rule]:.0f} s are allowed.", "start"))


def serves_once_ready(host: Host, function: Function) -> Iterator[Breach]:
    """Send the first request as soon as the port is open, and if it fails look whether the same one is served later."""
    first = Observed()
    for _ in range(2):
        host.fresh()
        connection = quiet(host).connect()
        first = talk(connection, usual_request(host, function), host.limit(function))
        connection.close()
        if not _not_serving(first, function) or not _serves_later(host, function):
            return
    message = f"The first request after the port is open {told(first)}; the same one is served later."
    yield Breach(Violation("ready-but-not-serving", message, "first request"))


def _not_serving(observed: Observed, function: Function) -> bool:
    """A time-out shorter than the function's own says nothing, as early requests may wait; nor does a dead process."""
    if observed.exit is not None:
        return False
    if observed.timed_out:
        return function.timeout is not None and observed.limit >= function.timeout
    return not answered(observed) or status(observed) == WARMING_UP


def _serves_later(host: Host, function: Function) -> bool:
    deadline = time.monotonic() + LATER
    while time.monotonic() < deadline:
        observed = ask(host, usual_request(host, function), host.limit(function))
        if observed.exit is not None:
            return False
        if answered(observed) and status(observed) != WARMING_UP:
            return True
        pause(host, 0.1)
    return False


FC_START_PROBES: tuple[Probe, ...] = (
    Probe(
        name="listen-address",
        title="Listens on all addresses",
        rules=("loopback-only",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(listens_on_all_addresses),
        scope="app",
    ),
    Probe(
        name="start-time",
        title="Is ready in time",
        rules=("slow-start", "slow-start-warning"),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(starts_soon),
        scope="app",
        seconds=120.0,
    ),
    Probe(
        name="first-request",
        title="Serves as soon as its port is open",
        rules=("ready-but-not-serving",),
        contracts=("fc-event", "fc-web"),
        run=while_it_starts(serves_once_ready),
        scope="app",
        seconds=60.0,
    ),
)
