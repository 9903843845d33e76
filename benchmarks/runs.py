"""Whole runs: cases a second of the explore phase, mutation, feedback and judgement included."""

from __future__ import annotations

import dataclasses
import os
import statistics
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from benchmarks import targets
from benchmarks.bare import Loop, bare_loop, rate
from benchmarks.table import Row, Table
from benchmarks.targets import HANDLERS, HTTP, apart, echo, handler, pinned

from fnfuzz.app.model import App
from fnfuzz.contracts.model import Observed, Request
from fnfuzz.drivers import HttpInstance, StdioInstance, Work
from fnfuzz.events import Event
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.stream import PhaseStarted, Progressed, RunEvent, RunFinished
from fnfuzz.host import Host

__all__ = ["explored", "jobs", "minimal", "ordinary"]

PHASE = 8.0
"""Seconds of a run that are counted."""

BEGINNING = 14.0
"""Seconds that are not, with the loops' turns: some seconds into a run Hypothesis draws its examples, in a process of
its own, but on the same core here; and handlers warm up.
"""

TURN = 0.5
"""Seconds that each side has in turn."""

KEPT = 2000
"""So many requests of a run's turn are sent again."""


def minimal(rounds: int, *, full: bool) -> Table:
    """Runs on the fastest handlers there are: what fnfuzz itself costs."""
    names = ("azure-http, queue", "azure-forward", "fc-event", "azure-stdio")
    return Table(
        "A whole run on a minimal handler",
        "Cases a second in the explore phase of a run, after its first fourteen seconds (when Hypothesis has drawn "
        "its examples in a process of its own), choosing, judging and learning included, against exchanges a second of "
        "a bare blocking loop that sends the same requests to a process of the same handler.",
        tuple(_against_bare(name, *echo(name), "0.5", rounds) for name in names),
    )


def ordinary(rounds: int, *, full: bool) -> Table:
    """Runs on handlers as people write them."""
    apps, skipped = targets.ordinary()
    rows = [_against_bare(name, app, HTTP, "0.9", rounds) for name, app in apps.items()]
    says = "The same on one route with JSON in and out, as Flask and Express serve it."
    return Table("A whole run on an ordinary handler", says, tuple(rows), skipped)


def _against_bare(name: str, app: App, event: Event, goal: str, rounds: int) -> Row:
    ratios, plain = zip(*(_ratios(app, event) for _ in range(rounds)), strict=True)
    return Row(name, ratios, goal, note=f"{statistics.median(plain):.2f} where the loop repeats one small event")


def _ratios(app: App, event: Event) -> tuple[float, float]:
    """A run and two bare loops in turns: one sends what the run sent in its last turn, the other one plain event."""
    function, app = app.functions[0], pinned(app)
    ours, same, plain = Side(), Side(), Side()
    with apart(), Host(app) as host, sent_requests() as sent:
        host.invoke(function, event)
        requests = [host.encode(function, event, host.delivery()).to_bytes()]
        with bare_loop(host, tuple(requests)) as plain_loop, bare_loop(host, requests) as same_loop:
            rate(plain_loop, TURN)
            events = run(app, Plan(max_time=BEGINNING + PHASE, phases=frozenset(("explore",))))
            begun = time.perf_counter()
            while ours.turn(events):
                requests[:] = sent
                same.add(same_loop)
                plain.add(plain_loop)
                sent.clear()
                if ours.seconds and time.perf_counter() - begun < BEGINNING:
                    for side in (ours, same, plain):
                        side.forget()
    return ours.rate / same.rate, ours.rate / plain.rate


@contextmanager
def sent_requests() -> Iterator[deque[bytes]]:
    """The last requests that instances get within, as bytes."""
    sent: deque[bytes] = deque(maxlen=KEPT)
    with ExitStack() as undo:
        for kind in (HttpInstance, StdioInstance):
            undo.enter_context(patch.object(kind, "exchange", _noting(kind.exchange, sent)))
        yield sent


def _noting(exchange: Callable[..., Observed], sent: deque[bytes]) -> Callable[..., Observed]:
    def noting(instance: Any, request: Request, limit: float, meanwhile: Work, data: bytes | None) -> Observed:
        sent.append(data or request.to_bytes())
        return exchange(instance, request, limit, meanwhile, data)

    return noting


@dataclass(slots=True)
class Side:
    """What one side has done so far."""

    count: float = 0.0
    seconds: float = 0.0
    _seen: int = 0

    @property
    def rate(self) -> float:
        """How often in a second."""
        return self.count / self.seconds

    def forget(self) -> None:
        """Begin to count anew."""
        self.count = self.seconds = 0.0

    def add(self, loop: Loop) -> None:
        """Let a loop have its turn."""
        self.seconds += TURN
        self.count += rate(loop, TURN) * TURN

    def turn(self, events: Iterator[RunEvent]) -> bool:
        """Take the events of a run for some time; False at its end."""
        began = time.perf_counter()
        for event in events:
            now = time.perf_counter()
            if isinstance(event, PhaseStarted):
                began = now
            elif isinstance(event, RunFinished):
                check(event)
            elif isinstance(event, Progressed) and event.phase == "explore":
                if now - began < TURN:
                    continue
                self.count += event.cases - self._seen
                self.seconds += now - began
                self._seen = event.cases
                return True
        return False


def jobs(rounds: int, *, full: bool) -> Table:
    """Two instances against one, on a handler that computes."""
    title = "Two jobs"
    says = (
        "`-j 2` against `-j 1` on a handler that computes for some milliseconds for each request, after the first "
        "fourteen seconds; and what the machine gives at best: two bare loops on two instances, side by side, against "
        "one alone."
    )
    if "jobs" not in {field.name for field in dataclasses.fields(Plan)}:
        return Table(title, says, (), "a plan has no jobs")
    if (os.cpu_count() or 1) < 2:
        return Table(title, says, (), "there is one core only")
    app = handler(sys.executable, str(HANDLERS / "busy_http.py"))
    ratios = tuple(explored(app, BEGINNING, jobs=2) / explored(app, BEGINNING, jobs=1) for _ in range(rounds))
    best = tuple(_side_by_side(app) for _ in range(rounds))
    return Table(title, says, (Row("cases a second", ratios, "1.7"), Row("two bare loops", best)))


def _side_by_side(app: App) -> float:
    """How much more two bare loops on two instances do than one of them alone."""
    with Host(app) as one, Host(app) as other, ThreadPoolExecutor(2) as pool:
        requests = [[_request(host, app)] for host in (one, other)]
        with bare_loop(one, requests[0]) as first, bare_loop(other, requests[1]) as second:
            alone = rate(first, PHASE / 2)
            return sum(pool.map(lambda loop: rate(loop, PHASE / 2), (first, second))) / alone


def _request(host: Host, app: App) -> bytes:
    host.live()
    function = app.functions[0]
    return host.encode(function, HTTP, host.delivery()).to_bytes()


def explored(app: App, beginning: float = 0.0, **options: Any) -> float:
    """Cases a second of the explore phase, its ``beginning`` (seconds) left out."""
    phase = began = last = 0.0
    first = seen = 0
    for event in run(app, Plan(max_time=beginning + PHASE, phases=frozenset(("explore",)), **options)):
        now = time.perf_counter()
        if isinstance(event, PhaseStarted):
            phase = phase or now
        elif isinstance(event, Progressed):
            seen, last = event.cases, now
        elif isinstance(event, RunFinished):
            check(event)
        if phase and not began and now - phase >= beginning:
            began, first = now, seen
    return (seen - first) / (last - began)


def check(event: RunFinished) -> None:
    """A run that was cut short measures nothing."""
    if event.ended not in ("time", "done"):
        raise RuntimeError(f"the run ended early ({event.ended}): {event.error}")
