"""The workers of one run: processes that do slices side by side."""

from __future__ import annotations

import contextlib
import selectors
import subprocess
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import IO

from fnfuzz.fuzz.stream import Noted, RunEvent
from fnfuzz.fuzz.workers.program import program, receive, send
from fnfuzz.fuzz.workers.slices import Job, Slice, SliceDone

__all__ = ["WorkerLost", "Workers"]

MAX_LOST = 5
LAST_WORDS = 2.0
"""Seconds that a worker gets to end its handler."""


class WorkerLost(Exception):
    """Workers end by themselves, again and again."""


class Workers:
    """``count`` worker processes for ``job``; a context manager that leaves none running.

    They get ready by themselves while something else is done; ``wait_ready`` waits for that. A worker that ends by
    itself is replaced; after MAX_LOST of them both methods raise WorkerLost.
    """

    def __init__(self, job: Job, count: int) -> None:
        self.job = job
        self.count = count
        self._running: list[subprocess.Popen[bytes]] = []
        self._starting: set[int] = set(range(count))
        self._lost = 0
        self._busy = False

    def __enter__(self) -> Workers:
        self._running = [_start(self.job) for _ in range(self.count)]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self._running:
            with contextlib.suppress(OSError):
                if self._busy or self._starting:
                    _stdin(process).close()
                else:
                    send(_stdin(process), None)
        for process in self._running:
            try:
                process.wait(LAST_WORDS)
            except subprocess.TimeoutExpired:
                process.kill()
            _reap(process)

    def wait_ready(self) -> None:
        """Return when all workers can begin."""
        while self._starting:
            number = min(self._starting)
            try:
                receive(_stdout(self._running[number]))
            except EOFError:
                self._replace(number)
            else:
                self._starting.discard(number)

    def do(self, tasks: Sequence[Slice]) -> Iterator[tuple[int, RunEvent | SliceDone]]:
        """One slice for each worker: the number of the worker and what happens there, as it comes; SliceDone is the
        last of each. The slice of a worker that ends by itself is given up, and that is noted.
        """
        self.wait_ready()
        self._busy = True
        with selectors.DefaultSelector() as waiting:
            for number, task in enumerate(tasks):
                # A worker that is gone already shows at the end of its output.
                with contextlib.suppress(OSError):
                    send(_stdin(self._running[number]), task)
                waiting.register(_stdout(self._running[number]), selectors.EVENT_READ, number)
            while waiting.get_map():
                for key, _ in waiting.select():
                    number = key.data
                    event: RunEvent | SliceDone
                    try:
                        event = receive(_stdout(self._running[number]))
                    except EOFError:
                        waiting.unregister(key.fileobj)
                        event = Noted(text=f"{self._replace(number)}; what it did last is lost, another one goes on")
                    if isinstance(event, SliceDone):
                        waiting.unregister(key.fileobj)
                    yield number, event
        self._busy = False

    def _replace(self, number: int) -> str:
        """Start another worker in place of one that ended; how it ended, in words. Raises WorkerLost."""
        process = self._running[number]
        told = f"Worker {number + 1} ended by itself ({_how(process)})"
        _reap(process)
        self._lost += 1
        if self._lost >= MAX_LOST:
            raise WorkerLost(told)
        self._running[number] = _start(self.job)
        self._starting.add(number)
        return told


def _start(job: Job) -> subprocess.Popen[bytes]:
    process = program("fnfuzz.fuzz.workers.worker")
    send(_stdin(process), job)
    return process


def _reap(process: subprocess.Popen[bytes]) -> None:
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()


def _stdout(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdout is not None
    return process.stdout


def _stdin(process: subprocess.Popen[bytes]) -> IO[bytes]:
    assert process.stdin is not None
    return process.stdin


def _how(process: subprocess.Popen[bytes]) -> str:
    """How a worker ended, in words."""
    try:
        code = process.wait(LAST_WORDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return "its output closed"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
