"""Relays a line handler's stdin and stdout: two threads that block, one for each direction.

Nobody's descriptors are made non-blocking: they are shared with the host, and often with the handler's stderr.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Final

from fnfuzz.record.copying import Copying
from fnfuzz.record.handler import Handler
from fnfuzz.record.ring import Kind

__all__ = ["Pipes"]

READ: Final = 64 * 1024

IDLE: Final = 0.2
"""Seconds between two looks at the copy."""


class Pipes:
    """``start`` and, when the handler's process has ended, ``finish``."""

    def __init__(self, handler: Handler, copying: Copying) -> None:
        self._copying = copying
        self._lock = threading.Lock()
        self._cut = False
        assert handler.stdin is not None
        assert handler.stdout is not None
        self._closers: Mapping[int, Callable[[], object]] = {
            0: lambda: _to_nothing(0),
            1: lambda: _to_nothing(1),
            handler.stdin.fileno(): handler.stdin.close,
            handler.stdout.fileno(): handler.stdout.close,
        }
        ways = ((0, handler.stdin.fileno(), Kind.UP), (handler.stdout.fileno(), 1, Kind.DOWN))
        self._in, self._out = (threading.Thread(target=self._carry, args=way, daemon=True) for way in ways)

    def start(self) -> None:
        """Relay from now on."""
        self._copying.note(Kind.OPEN, 1)
        self._in.start()
        self._out.start()

    def beat(self) -> float:
        """Tell the writer what came, when it is time. Seconds until the next time."""
        if not self._lock.acquire(blocking=False):
            return IDLE
        try:
            wait = self._copying.beat()
        finally:
            self._lock.release()
        return IDLE if wait is None else wait

    def cut(self) -> None:
        """Relay nothing more."""
        self._cut = True

    def finish(self, seconds: float) -> None:
        """What the handler wrote before its end still reaches the host; its children may hold the pipe for longer."""
        until = time.monotonic() + seconds
        self._out.join(max(0.0, until - time.monotonic()))

    def _carry(self, source: int, sink: int, kind: Kind) -> None:
        """Until one of the ends is closed; then so is the other, that each side may see what it would have seen."""
        while not self._cut:
            try:
                data = os.read(source, READ)
                if not data:
                    break
                self._copy(kind, data)
                self._write(sink, data)
            except OSError:
                break
        for number in (source, sink):
            with contextlib.suppress(OSError):
                self._closers[number]()

    @staticmethod
    def _write(sink: int, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(sink, view) :]

    def _copy(self, kind: Kind, data: bytes) -> None:
        with self._lock:
            room = self._copying.room(1)
            room[: len(data)] = data
            self._copying.commit(kind, 1, len(data))
            self._copying.beat()


def _to_nothing(number: int) -> None:
    """Let go of a descriptor whose number must not be given to anything else."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, number)
    os.close(nothing)
