"""The line protocol over a handler's stdin and stdout (azure-functions.md 8): one line out, one line back."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import sys
import termios
import time
from dataclasses import replace
from typing import TypeAlias

import orjson

from fnfuzz.contracts.model import Exit, Fault, LineReply, Observed
from fnfuzz.drivers.errors import HandlerGone
from fnfuzz.drivers.process import HandlerProcess, Work

__all__ = ["StdioChannel"]

Bytes: TypeAlias = bytes | memoryview

LINE_LIMIT = 16 * 1024 * 1024
LINES_LIMIT = 20_000
"""So many lines without an answer are noise; a handler that prints them is not waited for any longer."""
RAW_KEPT = 4096
READ = 65536
"""Bytes; of a larger buffer the allocation alone costs more than the system call."""

QUIET = 0.15
AFTER_NOISE = 1.0
"""Seconds of silence after which no answer is expected any more: after a line that was meant as one, and after any
other that is none."""

AFTER_EOF = 2.0


class StdioChannel:
    """Exchanges lines with one handler process; bounded in memory whatever the handler prints.

    After a time-out stdin is closed to see whether the answer was only held back; the channel is of no use after that.
    """

    __slots__ = ("_held", "_idle", "_only_noise", "line_limit", "process")

    def __init__(self, process: HandlerProcess, line_limit: int = LINE_LIMIT) -> None:
        self.process = process
        self.line_limit = line_limit
        self._held = b""
        self._only_noise = False
        self._idle = select.poll()
        """Watches stdout between two exchanges."""

        self._idle.register(process.stdout_fd, select.POLLIN)

    def exchange(self, data: bytes, limit: float, meanwhile: Work | None = None) -> Observed:
        """Write one line (with its LF) and read until a JSON object comes, ``limit`` seconds for both.

        ``meanwhile`` is done, at most once, while the handler works. Raises HandlerGone when the process had ended
        before anything was written, or without reading any of it.
        """
        start = time.monotonic()
        # Quicker than a read that finds nothing.
        stale = self._read_once() if self._idle.poll(0) else b""
        if stale is None and self.process.check_exit() is not None:
            raise HandlerGone(self.process.exit or Exit(0))
        if stale or self._held:
            stale = self._held + (stale or b"") + self._read_now()
            self._held = b""
        reply, fault = self._converse(data, start + limit, stale or b"", meanwhile)
        if fault is not None and fault.kind in ("exited", "reset", "unterminated"):
            exited = self.process.wait_exit(0.5)
            if exited is not None and fault.kind != "unterminated" and self._unread() >= len(data):
                raise HandlerGone(exited)
        return Observed(reply=reply, fault=fault, exit=self.process.exit, elapsed=time.monotonic() - start, limit=limit)

    def grown(self, reply: LineReply) -> LineReply | None:
        """The last answer with what stdout gave since; None where that is nothing. It is told of no later answer."""
        data = self._held + (self._read_now() if self._idle.poll(0) else b"")
        self._held = b""
        *lines, partial = (reply.partial + data).split(b"\n")
        return replace(reply, lines=(*reply.lines, *lines), partial=partial) if data else None

    def write_only(self, data: bytes, limit: float = 5.0) -> bool:
        """Write and read nothing back, for probes; False when the handler took no more."""
        return self._write(data, time.monotonic() + limit)

    def read_lines(self, count: int, limit: float) -> list[bytes]:
        """Up to ``count`` complete lines, for probes; what came behind them is kept for the next exchange."""
        deadline = time.monotonic() + limit
        buffer, self._held = self._held, b""
        self._open_poll(False)
        try:
            while buffer.count(b"\n") < count and len(buffer) <= self.line_limit:
                data = self._next(deadline)
                if not data:
                    break
                buffer += data
        finally:
            self._close_poll()
        parts = buffer.split(b"\n")
        taken = min(count, len(parts) - 1)
        self._held = b"\n".join(parts[taken:])
        return parts[:taken]

    def finish(self, limit: float = AFTER_EOF) -> bytes:
        """Close stdin, wait for the process to end, and give all that was still printed (bounded)."""
        self.process.close_stdin()
        return self._read_rest(limit)

    def _converse(
        self, data: bytes, deadline: float, stale: bytes, meanwhile: Work | None
    ) -> tuple[LineReply | None, Fault | None]:
        number = self.process.stdin_fd
        if number < 0:
            return None, Fault("reset", "stdin is closed")
        pending = self._push(number, data)
        shut = pending is None
        if shut and self.process.check_exit() is not None:
            raise HandlerGone(self.process.exit or Exit(0))
        if meanwhile is not None and not pending and not shut:
            meanwhile()
        heard = Heard()
        self._open_poll(bool(pending))
        try:
            while heard.answer is None or pending:
                if heard.size > self.line_limit:
                    what = f"more than {self.line_limit} bytes without an answer"
                    return heard.reply(stale), Fault("line-too-long", what, heard.head())
                if len(heard.lines) > LINES_LIMIT:
                    return heard.reply(stale), None
                if shut:
                    # It may have answered before it closed its stdin, or be about to end.
                    deadline = min(deadline, time.monotonic() + QUIET)
                    shut = False
                wait = min(deadline, time.monotonic() + self._patience(heard)) if heard.lines else deadline
                ready = self.process.wait_for(wait, soon=True)
                if pending and number in ready:
                    pending = self._push(number, pending)
                    shut = pending is None
                    if not pending:
                        self.process.poller.unregister(number)
                read = self._read_once() if self.process.stdout_fd in ready or self.process.exit is not None else b""
                if read is None or (read == b"" and self.process.exit is not None):
                    return self._ended(heard, stale)
                heard.add(read)
                now = time.monotonic()
                if heard.answer is None and not shut and (now >= deadline or (not read and now >= wait)):
                    return self._silent(heard, stale, closed=pending is None)
                if pending and now >= deadline:
                    return heard.reply(stale), Fault(
                        "timeout", "the handler answered, but did not read the whole line in time"
                    )
        finally:
            self._close_poll()
        if heard.partial:
            heard.add(self._read_now())
        return heard.reply(stale), None

    def _patience(self, heard: Heard) -> float:
        """How long to wait for an answer after lines that are none."""
        return QUIET if self._only_noise or heard.lines[-1].lstrip().startswith(b"{") else AFTER_NOISE

    def _unread(self) -> int:
        """How many bytes of its stdin the process left unread; 0 where that cannot be known."""
        if self.process.stdin_fd < 0:
            return 0
        try:
            return int.from_bytes(fcntl.ioctl(self.process.stdin_fd, termios.FIONREAD, bytes(4)), sys.byteorder)
        except OSError:
            return 0

    def _push(self, number: int, pending: Bytes) -> Bytes | None:
        """What is left to write; None when the handler takes no more."""
        try:
            sent = os.write(number, pending)
            return b"" if sent == len(pending) else memoryview(pending)[sent:]
        except BlockingIOError:
            return pending
        except OSError:
            return None

    def _silent(self, heard: Heard, stale: bytes, *, closed: bool) -> tuple[LineReply | None, Fault | None]:
        """Nothing more came: noise without an answer, a closed stdin, or a time-out."""
        if closed:
            reply = heard.reply(stale) if heard.size else None
            return reply, Fault("reset", "the handler closed its stdin", heard.head())
        if heard.lines:
            self._only_noise = True
            return heard.reply(stale), None
        unended = is_object(heard.partial)
        heard.add(self.finish())
        if heard.answer is not None and not unended:
            return heard.reply(stale), Fault("unflushed", "the answer came only after stdin was closed", heard.head())
        if heard.answer is not None or is_object(heard.partial):
            return heard.reply(stale), Fault("unterminated", "the answer came without a line feed", heard.head())
        return None, Fault("timeout", "no line came in time", heard.head())

    def _ended(self, heard: Heard, stale: bytes) -> tuple[LineReply | None, Fault | None]:
        if is_object(heard.partial):
            return heard.reply(stale), Fault(
                "unterminated", "the last answer has no line feed", heard.partial[:RAW_KEPT]
            )
        reply = heard.reply(stale) if heard.size else None
        return reply, Fault("exited", "stdout ended before an answer", heard.head())

    def _open_poll(self, writing: bool) -> None:
        self.process.poller.register(self.process.stdout_fd, select.POLLIN)
        if writing:
            self.process.poller.register(self.process.stdin_fd, select.POLLOUT)

    def _close_poll(self) -> None:
        poller = self.process.poller
        for number in (self.process.stdout_fd, self.process.stdin_fd):
            # Quicker than a context manager.
            try:  # noqa: SIM105
                poller.unregister(number)
            except (KeyError, ValueError, OSError):
                pass

    def _next(self, deadline: float) -> bytes:
        """The next bytes of stdout, empty at the deadline or the end."""
        ready = self.process.wait_for(deadline)
        if self.process.stdout_fd in ready or self.process.exit is not None:
            return self._read_once() or b""
        return b""

    def _read_once(self) -> bytes | None:
        """One read; None at end of file, empty when nothing is there."""
        try:
            return os.read(self.process.stdout_fd, READ) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def _read_now(self) -> bytes:
        data = self._read_once() or b""
        if len(data) < READ:
            return data
        rest = [data]
        while data and sum(map(len, rest)) <= self.line_limit:
            data = self._read_once() or b""
            rest.append(data)
        return b"".join(rest)

    def _read_rest(self, limit: float) -> bytes:
        deadline = time.monotonic() + limit
        parts: list[bytes] = []
        size = 0
        self._open_poll(False)
        try:
            while time.monotonic() < deadline and size <= self.line_limit:
                ready = self.process.wait_for(deadline)
                data = self._read_once() if ready or self.process.exit is not None else b""
                if data is None or (not data and self.process.exit is not None):
                    break
                if data:
                    parts.append(data)
                    size += len(data)
        finally:
            self._close_poll()
        self.process.wait_exit(max(0.0, deadline - time.monotonic()))
        return b"".join(parts)

    def _write(self, pending: bytes, deadline: float) -> bool:
        number = self.process.stdin_fd
        if number < 0:
            return False
        left: Bytes | None = pending
        self.process.poller.register(number, select.POLLOUT)
        try:
            while left:
                left = self._push(number, left)
                if left and not self.process.wait_for(deadline):
                    return False
        finally:
            with contextlib.suppress(KeyError, ValueError, OSError):
                self.process.poller.unregister(number)
        return left is not None


class Heard:
    """What stdout gave since the request was written, cut into lines as it comes; ``size`` in bytes."""

    __slots__ = ("_parts", "answer", "lines", "size")

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self.answer: int | None = None
        """The index of the first line that is a JSON object."""
        self.size = 0
        self._parts: list[bytes] = []

    def add(self, data: bytes) -> None:
        """Take the next bytes."""
        self.size += len(data)
        if not (self.lines or self._parts) and data.find(b"\n") == len(data) - 1 and is_object(data):
            # One whole answer, as nearly always.
            self.lines.append(data[:-1])
            self.answer = 0
            return
        *lines, rest = data.split(b"\n")
        if lines:
            if self._parts:
                lines[0] = b"".join((*self._parts, lines[0]))
                self._parts = []
            if self.answer is None:
                at = next((index for index, line in enumerate(lines) if is_object(line)), None)
                self.answer = None if at is None else len(self.lines) + at
            self.lines += lines
        if rest:
            self._parts.append(rest)

    @property
    def partial(self) -> bytes:
        """What came after the last line feed."""
        return b"".join(self._parts)

    def reply(self, stale: bytes) -> LineReply:
        """All of it as a reply."""
        return LineReply(tuple(self.lines), self.answer, self.partial, stale)

    def head(self) -> bytes:
        """The first bytes, for a fault."""
        return b"\n".join((*self.lines[:RAW_KEPT], self.partial))[:RAW_KEPT]


def is_object(line: bytes) -> bool:
    """Is this line a JSON object by itself?"""
    if not line.lstrip().startswith(b"{"):
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        pass
    try:
        # Half a surrogate pair as an escape is legal JSON, which orjson refuses.
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
