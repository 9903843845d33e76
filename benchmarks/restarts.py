"""Host.fresh with a spare instance against one without."""

from __future__ import annotations

import contextlib
import sys
import time

from benchmarks.table import Row, Skipped, Table
from benchmarks.targets import HANDLERS, HTTP, handler, node_or_skip

from fnfuzz.app.model import App
from fnfuzz.host import Host

__all__ = ["restarts"]

WORK = 0.15
"""Seconds between two restarts, in which a spare can start."""


def restarts(rounds: int, *, full: bool) -> Table:
    """One row for each language."""
    says = f"`Host.fresh()` with the spare instance against one without, {WORK * 1000:.0f} ms of work between two."
    rows = [Row("http.server", _ratios(handler(sys.executable, str(HANDLERS / "plain_http.py")), rounds), "under 0.25")]
    skipped = ""
    try:
        app = handler(node_or_skip(), str(HANDLERS / "plain_http.js"))
        rows.append(Row("Node.js", _ratios(app, rounds), "under 0.25"))
    except Skipped as why:
        skipped = f"Node.js, because {why}"
    return Table("A fresh instance", says, tuple(rows), skipped)


def _ratios(app: App, rounds: int) -> tuple[float, ...]:
    with Host(app) as host:
        host.start()
        host.fresh()
        return tuple(_seconds(host, spare=True) / _seconds(host, spare=False) for _ in range(2 * rounds))


def _seconds(host: Host, *, spare: bool) -> float:
    with contextlib.nullcontext() if spare else host.alone():
        if spare:
            host.fresh()
        host.invoke(host.app.functions[0], HTTP)
        time.sleep(WORK)
        start = time.perf_counter()
        host.fresh()
        return time.perf_counter() - start
