"""Experiments on what a handler uses up: memory, files, CPU, descriptors, threads (alibaba-fc.md 1.1, 2, 4.2)."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeAlias

import psutil

from fnfuzz.app.model import Function
from fnfuzz.checks.fc_trials import breach, crashed, deliver, event_maker
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.events import Event
from fnfuzz.host.session import Host

__all__ = ["FC_RESOURCE_PROBES", "cpu_seconds"]

MIB = 1024 * 1024
GLANCE = 0.1
WATCH = 1.0
"""Seconds: the first look after an answer, and the look at an instance that goes on."""

IDLE_TRIES = 3

SOME_WORK = 0.02
MUCH_WORK = 0.2
"""Seconds of CPU: less than the first is nothing, more than the second is work."""

BATCH = 30
BATCHES = 4
"""Together more requests than the usual limits of thread pools (32, 40, 64), which grow and then stop."""

PART = 0.8
SLOW = 0.1
"""Seconds; so many requests to a slower handler would take too long."""

MOST_FILES = 20_000
NOT_ITS_OWN = frozenset(
    (
        *("__pycache__", ".fnfuzz", ".git", ".idea", ".vscode", "node_modules", ".venv", "venv"),
        *(".hypothesis", ".pytest_cache", ".mypy_cache", ".ruff_cache"),
    )
)
VARIES = re.compile(r"[0-9a-fA-F-]{6,}|\d+")
NOT_WRITTEN = (".pyc", ".pyo", ".swp", ".swx", "~", ".coverage")

Files: TypeAlias = Mapping[str, tuple[int, int]]
"""Size and time of change in ns by path."""


def family(pid: int) -> list[psutil.Process]:
    """The process and all that it started, as far as they still live."""
    with contextlib.suppress(psutil.Error):
        leader = psutil.Process(pid)
        return [leader, *leader.children(recursive=True)]
    return []


def total(pid: int, measure: Callable[[psutil.Process], float]) -> float:
    """The sum of ``measure`` over the family; a process that ends meanwhile counts nothing."""
    found = 0.0
    for process in family(pid):
        with contextlib.suppress(psutil.Error):
            found += measure(process)
    return found


def cpu_seconds(pid: int) -> float:
    """CPU time of the process and of all that it started, ended children included."""
    return total(pid, lambda process: sum(process.cpu_times()[:4]))


def _memory(process: psutil.Process) -> float:
    # Pages that forked workers share count once; that figure exists on Linux only.
    with contextlib.suppress(psutil.AccessDenied):
        return float(getattr(process.memory_full_info(), "pss", 0) or process.memory_info().rss)
    return float(process.memory_info().rss)


# -- memory


def stays_in_memory(host: Host, function: Function) -> Iterator[Breach]:
    """After plain events the instance holds less memory than the app declares."""
    assert host.app.max_memory is not None
    event = event_maker(host, function)("mira")
    limit = host.app.max_memory * MIB
    used = 0.0
    for _ in range(2):
        shown = deliver(host, function, event)
        if crashed(shown) or host.instance is None:
            return
        used = total(host.http.process.pid, _memory)
        if used <= limit:
            return
    message = f"After a plain event it holds {used / MIB:.0f} of {host.app.max_memory} MB; the host ends it for that."
    yield breach("out-of-memory", message, "after a plain event", shown)


# -- code folder


def leaves_code_alone(host: Host, function: Function) -> Iterator[Breach]:
    """The code folder before and after a start and plain events, twice: others may write there by chance."""
    folder = host.app.cwd.resolve()
    if Path(tempfile.gettempdir()).resolve().is_relative_to(folder):
        return
    event = event_maker(host, function)("mira")
    created, changed = _written(host, function, event, folder)
    if not created and not changed:
        return
    again = set().union(*_written(host, function, event, folder))
    for path in sorted(created | (changed & again))[:1]:
        message = f"The handler writes {path} in the code folder, which is read-only in the cloud."
        yield breach("writes-to-code-dir", message, VARIES.sub("*", path))


def _written(host: Host, function: Function, event: Event, folder: Path) -> tuple[set[str], set[str]]:
    """The files that were created and those that were changed; none when there are too many to look at."""
    host.stop()
    before = listing(folder)
    host.start()
    for _ in range(2):
        deliver(host, function, event)
    host.stop()
    after = listing(folder)
    if before is None or after is None:
        return set(), set()
    created = after.keys() - before.keys()
    return created, {path for path, state in after.items() if path not in created and before[path] != state}


def listing(folder: Path) -> Files | None:
    """Every file below ``folder`` that a handler could own; None when there are too many to look at."""
    found: dict[str, tuple[int, int]] = {}
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_ITS_OWN]
        for name in names:
            path = Path(place, name)
            if name.endswith(NOT_WRITTEN):
                continue
            with contextlib.suppress(OSError):
                seen = path.lstat()
                found[str(path.relative_to(folder))] = (seen.st_size, seen.st_mtime_ns)
        if len(found) > MOST_FILES:
            return None
    return found


# -- work after the answer


def rests_after_answer(host: Host, function: Function) -> Iterator[Breach]:
    """CPU time after the answer to a plain event, where the instance was idle before it."""
    event = event_maker(host, function)("mira")
    worked = 0.0
    for _ in range(2):
        worked = _work_after(host, function, event)
        if worked < MUCH_WORK:
            return
    message = f"After the answer the handler computes for {worked:.1f} s more; in the cloud it is frozen then."
    yield breach("background-work-after-response", message, "after the answer")


def _work_after(host: Host, function: Function, event: Event) -> float:
    """Seconds of CPU that follow the answer; 0 when the instance is never idle, or nothing much follows."""
    if _after_event(host, function, event, GLANCE) < SOME_WORK or not _becomes_idle(host):
        return 0.0
    return _after_event(host, function, event, WATCH)


def _after_event(host: Host, function: Function, event: Event, seconds: float) -> float:
    shown = deliver(host, function, event)
    return 0.0 if crashed(shown) or host.instance is None else _spent(host, seconds)


def _becomes_idle(host: Host) -> bool:
    return any(_spent(host, WATCH) < SOME_WORK for _ in range(IDLE_TRIES))


def _spent(host: Host, seconds: float) -> float:
    process = host.http.process
    before = cpu_seconds(process.pid)
    process.wait_for(time.monotonic() + seconds)
    return cpu_seconds(process.pid) - before


# -- descriptors and threads


def _descriptors(process: psutil.Process) -> float:
    return process.num_fds()


def _threads(process: psutil.Process) -> float:
    # A child that ended and was never waited for has no threads and still counts.
    return max(1, process.num_threads())


COUNTED: Mapping[str, Callable[[psutil.Process], float]] = {
    "descriptors": _descriptors,
    "threads and processes": _threads,
}


def does_not_grow(host: Host, function: Function) -> Iterator[Breach]:
    """Batches of the same request: descriptors and threads that grow with each of them."""
    event = event_maker(host, function)("mira")
    first = deliver(host, function, event)
    if crashed(first) or first.observed.elapsed > SLOW:
        return
    growing = set(COUNTED)
    counts = _counts(host)
    for _ in range(BATCHES):
        for _ in range(BATCH):
            if crashed(deliver(host, function, event)) or host.instance is None:
                return
        later = _counts(host)
        growing = {name for name in growing if later[name] - counts[name] >= PART * BATCH}
        if not growing:
            return
        counts = later
    # What is only closed a little late is given back.
    host.http.process.wait_for(time.monotonic() + WATCH)
    later = _counts(host)
    growing = {name for name in growing if later[name] >= counts[name] - BATCH}
    for name in sorted(growing):
        message = f"With each request the instance has about one more of its {name}; at the limit every request fails."
        yield breach("fd-or-thread-growth", message, name)


def _counts(host: Host) -> dict[str, float]:
    pid = host.http.process.pid
    return {name: total(pid, measure) for name, measure in COUNTED.items()}


FC_RESOURCE_PROBES: tuple[Probe, ...] = (
    Probe(
        name="memory",
        title="Stays within its memory",
        rules=("out-of-memory",),
        contracts=("fc-event", "fc-web"),
        run=stays_in_memory,
        applies=lambda app, function: app.max_memory is not None,
    ),
    Probe(
        name="growth",
        title="Gives descriptors and threads back",
        rules=("fd-or-thread-growth",),
        contracts=("fc-event", "fc-web"),
        run=does_not_grow,
        seconds=30.0,
    ),
    Probe(
        name="after-answer",
        title="Rests after the answer",
        rules=("background-work-after-response",),
        contracts=("fc-event", "fc-web"),
        run=rests_after_answer,
    ),
    Probe(
        name="code-folder",
        title="Leaves its code folder alone",
        rules=("writes-to-code-dir",),
        contracts=("fc-event", "fc-web"),
        run=leaves_code_alone,
        scope="app",
        seconds=20.0,
    ),
)
