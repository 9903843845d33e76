"""The writer: a process of its own that reads the ring, and puts records into the sink.

It outlives the relay by as long as it takes to store what the relay has copied, however the relay ended.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import orjson

from fnfuzz.record.recording import Recording
from fnfuzz.record.ring import Kind, RingReader
from fnfuzz.record.settings import Settings
from fnfuzz.record.sinks import OpenSink, RecordsLost, Sink, where
from fnfuzz.record.summary import write_summary

__all__ = ["main"]

FLUSH: Final = 0.4
"""Seconds after which records are stored, at the latest."""

MOST_RECORDS: Final = 1024
MOST_BYTES: Final = 16 * 1024 * 1024
"""Records, and bytes of traffic, that wait to be stored, at most."""

REOPEN: Final = 1.0
"""Seconds between two tries to open a sink that has failed: a disk may have room again."""


class _Store:
    """Puts records into the sink and counts what it refuses; a sink that failed is opened anew."""

    def __init__(self, settings: Settings, recording: Recording, status: Callable[..., None]) -> None:
        module, _, function = settings.sink.partition(":")
        self._open: OpenSink = getattr(import_module(module), function)
        self._options = settings.options
        self._recording = recording
        self._status = status
        self._stack = ExitStack()
        self._sink: Sink | None = None
        self._closed_until = 0.0

    def open(self) -> None:
        """Open the sink, if it is not open and was not tried just now."""
        if self._sink is None and time.monotonic() >= self._closed_until:
            with self._counted(0):
                self._sink = self._stack.enter_context(self._open(**self._options))

    def flush(self, *, last: bool = False) -> None:
        """Store what is ready."""
        records = self._recording.ready(last=last)
        if not records:
            return
        self.open()
        if self._sink is None:
            self._recording.summary.lost_exchanges += len(records)
            return
        with self._counted(len(records)):
            stored = records
            try:
                self._sink(records)
            except RecordsLost as error:
                self._fail(str(error), error.lost)
                stored = records[error.lost :]
            self._recording.summary.stored += len(stored)
            self._recording.summary.cut += sum(1 for item in stored if item.reply is None)
            self._status(stored=self._recording.summary.stored)

    def close(self) -> None:
        """Close the sink."""
        self._sink = None
        with self._counted(0):
            self._stack.close()

    @contextlib.contextmanager
    def _counted(self, count: int) -> Any:
        try:
            yield
        except Exception as error:
            # Whatever the sink says, traffic goes on.
            self._fail(_reason(error), error.lost if isinstance(error, RecordsLost) else count)
            self._closed_until = time.monotonic() + REOPEN
            self._sink, stack, self._stack = None, self._stack, ExitStack()
            with contextlib.suppress(Exception):
                stack.close()

    def _fail(self, why: str, lost: int) -> None:
        """Count it, and tell the relay, which decides in strict mode."""
        self._recording.summary.lost_exchanges += lost
        self._recording.summary.tell(why[:500])
        self._status(failed=why[:500])


class _Writer:
    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.recording = Recording(contract=settings.contract, largest=settings.largest, lines=settings.lines)
        self.ring = RingReader(settings.ring)
        self.store = _Store(settings, self.recording, self.tell)
        self.farewell = False
        self._next_flush = 0.0

    def run(self) -> None:
        """Until the relay is gone and everything is stored."""
        self.store.open()
        self.tell(ready=True)
        poller = select.poll()
        poller.register(self.settings.news, select.POLLIN)
        while True:
            wait = max(0.0, self._next_flush - time.monotonic()) if self.recording.waiting else 60.0
            if poller.poll(wait * 1000):
                news = os.read(self.settings.news, 65536)
                if not news:
                    break
                self._read(int.from_bytes(news[-8:], "little"))
            if self.recording.waiting and time.monotonic() >= self._next_flush:
                self._flush()
        _step_forward()
        self._read(self.ring.head)
        self._finish()

    def tell(self, **what: Any) -> None:
        """A line for the relay, if there is one."""
        _tell(self.settings.status, **what)

    def _read(self, head: int) -> None:
        recording = self.recording
        for frame in self.ring.frames(head):
            if frame.kind == Kind.BYE:
                self.farewell = True
                continue
            try:
                recording.take(frame)
            except Exception as error:
                recording.summary.lost_exchanges += 1
                recording.summary.tell(f"an error of the recorder: {where(error)}")
            if recording.waiting >= MOST_RECORDS or recording.size >= MOST_BYTES:
                self._flush()

    def _flush(self) -> None:
        self.store.flush()
        self._next_flush = time.monotonic() + FLUSH

    def _finish(self) -> None:
        self.store.flush(last=True)
        self.store.close()
        summary = self.recording.summary
        if not self.farewell:
            summary.tell("the recorder was killed; what it had copied is stored")
            with contextlib.suppress(OSError):
                if self.settings.summaries:
                    write_summary(Path(self.settings.summaries), self.settings.name, summary)
        self.tell(done=asdict(summary))


def main() -> None:
    """The program: ``python -P -m fnfuzz.record.writer SETTINGS``."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    _stand_back()
    settings = Settings(**orjson.loads(sys.argv[1]))
    try:
        writer = _Writer(settings)
        writer.run()
    except Exception as error:
        _tell(settings.status, failed=_reason(error))
        sys.exit(1)


def _reason(error: Exception) -> str:
    """What can be told of an error without telling payload."""
    if isinstance(error, RecordsLost | OSError | ImportError):
        return str(error)[:500]
    return f"an error of the recorder: {where(error)}"


def _step_forward() -> None:
    """The handler has ended, and its host is waiting for us to end as well."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _stand_back() -> None:
    """Traffic comes first: run when nobody else wants the processor, or with the least priority."""
    try:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    except (OSError, AttributeError):
        os.nice(19)


def _tell(number: int, **what: Any) -> None:
    with contextlib.suppress(OSError):
        os.write(number, orjson.dumps(what) + b"\n")


if __name__ == "__main__":
    main()
