"""Host.invoke (deadline, logs, watch over the process, encode and decode) against the bare loop, for each contract."""

from __future__ import annotations

import statistics

from benchmarks.bare import bare_loop, seconds
from benchmarks.table import Row, Table
from benchmarks.targets import ECHOES, apart, echo, pinned

from fnfuzz.events import Event
from fnfuzz.host import Host

__all__ = ["exchanges"]

TURNS, EACH = 30, 50
"""So many turns in a round, and exchanges of each side in a turn."""


def exchanges(rounds: int, *, full: bool) -> Table:
    """One row for each contract."""
    return Table(
        "One exchange",
        "`Host.invoke`, with encode, decode, logs, deadline and watch over the process, on a minimal handler in Python "
        "against a bare blocking loop that sends the same bytes to the same process.",
        tuple(Row(name, _ratios(name, rounds), "0.85") for name in ECHOES),
    )


def _ratios(name: str, rounds: int) -> tuple[float, ...]:
    app, event = echo(name)
    app = pinned(app)
    function = app.functions[0]
    found = []
    with apart(), Host(app) as host:
        if host.invoke(function, event).violations:
            raise RuntimeError(f"{name}: the minimal handler breaks a rule")
        data = host.encode(function, event, host.delivery()).to_bytes()
        for _ in range(2 * rounds):
            pairs = [_pair(host, event, data) for _ in range(TURNS)]
            ours, bare = (statistics.median(side) for side in zip(*pairs, strict=True))
            found.append(bare / ours)
    return tuple(found)


def _pair(host: Host, event: Event, data: bytes) -> tuple[float, float]:
    """Seconds of some exchanges of each side, one right after the other."""
    function = host.app.functions[0]
    ours = seconds(lambda: host.invoke(function, event) and None, EACH)
    with bare_loop(host, [data]) as loop:
        loop()
        return ours, seconds(loop, EACH)
