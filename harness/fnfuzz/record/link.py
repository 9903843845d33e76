"""The relay's link to the writer: the ring between them, the process, and what it says."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import orjson

from fnfuzz.drivers.guard import INSTANCE, MARKER
from fnfuzz.record.ring import Kind, RingReader, RingWriter, create_ring
from fnfuzz.record.settings import Settings

__all__ = ["RING", "Link"]

RING: Final = 64 * 1024 * 1024
"""Bytes of traffic that may wait for the writer: a burst of some ten thousand exchanges."""

PATIENCE: Final = 10.0
"""Seconds without any progress after which a writer that is to end is taken for stuck."""


class Link:
    """Starts the writer. ``status`` can be read when it has said something, or has ended. Raises OSError."""

    def __init__(self, size: int = RING, **settings: Any) -> None:
        self._memory = number = create_ring(size)
        news, self._inlet = os.pipe2(os.O_CLOEXEC)
        self.status, says = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._inlet, False)
        os.set_blocking(self.status, False)
        self.ring = RingWriter(number, self._inlet)
        self.ready = self.ended = False
        self.failed = ""
        """Why the writer could not store something; the first reason."""
        self.stored = 0
        self.summary: Mapping[str, Any] | None = None
        """What it counted, once it is done."""
        self._heard = b""
        chosen = Settings(ring=number, news=news, status=says, **settings)
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-P", "-m", "fnfuzz.record.writer", orjson.dumps(asdict(chosen)).decode()],
                # What sweeps up our handler, or a handler that we are part of, must not find the writer.
                env={key: value for key, value in os.environ.items() if key not in (MARKER, INSTANCE)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(number, news, says),
                start_new_session=True,
            )
        finally:
            for each in (news, says):
                os.close(each)

    @property
    def pid(self) -> int:
        """The writer's process."""
        return self._popen.pid

    def listen(self) -> None:
        """Take in what it has said, without waiting."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.status, 65536):
                self._heard += data
            self.ended = True
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            said = orjson.loads(line)
            self.ready = self.ready or "ready" in said
            self.failed = self.failed or said.get("failed", "")
            self.stored = said.get("stored", self.stored)
            self.summary = said.get("done", self.summary)

    def wait(self, seconds: float) -> None:
        """Listen for so long, or until it says something."""
        poller = select.poll()
        poller.register(self.status, select.POLLIN)
        if poller.poll(seconds * 1000):
            self.listen()

    def finish(self) -> None:
        """Nothing more comes: let the writer store what there is, and end. One that is stuck is killed."""
        os.close(self._inlet)
        filled, stored = self.ring.filled, self.stored
        until = time.monotonic() + PATIENCE
        while self.summary is None and not self.ended and time.monotonic() < until:
            self.wait(0.2)
            if (self.ring.filled, self.stored) != (filled, stored):
                filled, stored = self.ring.filled, self.stored
                until = time.monotonic() + PATIENCE
        if self.summary is None:
            self._popen.kill()
            self._popen.wait()
        # One that is done ends by itself, and the end of the handler is not to be held up by it.
        self._popen.returncode = 0

    def unread(self) -> tuple[int, int]:
        """Bytes and exchanges that a writer that is gone has left in the ring."""
        reader = RingReader(self._memory)
        size = exchanges = 0
        last: dict[int, int] = {}
        for frame in reader.frames(reader.head):
            if frame.kind in (Kind.UP, Kind.DOWN):
                size += len(frame.data)
                exchanges += frame.kind == Kind.UP and last.get(frame.connection) != Kind.UP
                last[frame.connection] = frame.kind
        return size, exchanges
