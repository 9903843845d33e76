"""One kept-alive HTTP connection to a handler over a non-blocking socket, with deadlines."""

from __future__ import annotations

import contextlib
import errno
import select
import socket
import time
from typing import TypeAlias

from fnfuzz.contracts.http1 import ResponseReader
from fnfuzz.contracts.model import Fault, HttpReply, Observed
from fnfuzz.drivers.errors import HandlerGone
from fnfuzz.drivers.process import HandlerProcess, Work

__all__ = ["HttpConnection"]

Bytes: TypeAlias = bytes | memoryview

RECEIVE = 65536
"""Bytes; of a larger buffer the allocation alone costs more than the system call."""

CONNECT_SECONDS = 5.0

DEATH = 0.05
"""Seconds. A crash closes the sockets a moment before the process can be reaped: so long the end of a connection waits
for the end of the process."""


def acknowledge_now(sock: socket.socket) -> None:
    """Send the pending ACK at once: a handler that writes head and body apart waits 40 ms for it otherwise (Nagle)."""
    if hasattr(socket, "TCP_QUICKACK"):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


class HttpConnection:
    """Exchanges over one connection, opened when needed and kept as long as the handler keeps it.

    A connection that the handler closed while it was idle is opened anew without a word, as the hosts' clients do; what
    the handler promised about keep-alive is the business of a probe.
    """

    __slots__ = ("_fd", "_idle", "_looked", "_sock", "_unread", "address", "max_bytes", "process", "reopened")

    def __init__(
        self, process: HandlerProcess, port: int, host: str = "127.0.0.1", max_bytes: int = 64 * 1024 * 1024
    ) -> None:
        self.process = process
        self.address = (host, port)
        self.max_bytes = max_bytes
        self.reopened = 0
        self._sock: socket.socket | None = None
        self._fd = -1
        self._idle = select.poll()
        """Watches the connection between two exchanges."""

        self._unread = False
        self._looked = False
        """Was the idle connection looked at just now?"""

    def exchange(self, data: bytes, method: str, limit: float, meanwhile: Work | None = None) -> Observed:
        """Send one whole request and read its answer, ``limit`` seconds for both.

        ``meanwhile`` is done, at most once, while the handler works. Raises HandlerGone when the process had ended
        before anything was sent.
        """
        start = time.monotonic()
        deadline = start + limit
        looked, self._looked = self._looked, False
        reused = self._sock is not None and (looked or self._still_open())
        for last in (not reused, True):
            if self._sock is None:
                fault = self._connect(deadline)
                if fault is not None:
                    return self._observed(None, fault, start, limit)
            reader = ResponseReader(method, self.max_bytes)
            unread = self._talk(data, reader, deadline, meanwhile)
            meanwhile = None
            if last or reader.started or reader.fault is None or reader.fault.kind not in ("closed", "reset"):
                break
            # A kept connection that ends without an answer: hosts' clients open a new one. Unless this very request
            # killed the process.
            self.close()
            if self.process.wait_exit(0.0 if unread else DEATH) is not None and not unread:
                break
            self.reopened += 1
        return self._observed(reader.reply, reader.fault, start, limit)

    def unasked(self) -> bool:
        """Did bytes come that belong to no answer? With them, or closed by the handler, a connection is given up."""
        self._looked = True
        if self._sock is None or not self._idle.poll(0):
            return False
        try:
            found = bool(self._sock.recv(1, socket.MSG_PEEK))
        except OSError:
            found = False
        self.close()
        return found

    def _observed(self, reply: HttpReply | None, fault: Fault | None, start: float, limit: float) -> Observed:
        elapsed = time.monotonic() - start
        if fault is not None or reply is None or not reply.keep_alive:
            self.close()
        if fault is not None and fault.kind in (
            "refused",
            "reset",
            "closed",
            "short-body",
            "truncated-head",
            "truncated-chunks",
        ):
            self.process.wait_exit(DEATH)
        return Observed(reply=reply, fault=fault, exit=self.process.exit, elapsed=elapsed, limit=limit)

    def _still_open(self) -> bool:
        self.unasked()
        self._looked = False
        return self._sock is not None

    def _connect(self, deadline: float) -> Fault | None:
        if self.process.check_exit() is not None:
            assert self.process.exit is not None
            raise HandlerGone(self.process.exit)
        sock = socket.socket()
        try:
            sock.settimeout(max(0.001, min(CONNECT_SECONDS, deadline - time.monotonic())))
            sock.connect(self.address)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setblocking(False)
        except TimeoutError:
            sock.close()
            return Fault("timeout", f"no connection to {self.address[0]}:{self.address[1]} in time")
        except OSError as error:
            sock.close()
            return Fault("refused", f"cannot connect to {self.address[0]}:{self.address[1]}: {error.strerror or error}")
        self._sock, self._fd = sock, sock.fileno()
        self._idle.register(sock, select.POLLIN)
        return None

    def _talk(self, data: bytes, reader: ResponseReader, deadline: float, meanwhile: Work | None = None) -> bool:
        """Send and read until ``reader`` is done; True when the handler had closed before the request reached it."""
        assert self._sock is not None
        sock, process, number = self._sock, self.process, self._fd
        self._unread = False
        pending = self._send(sock, data)
        broken = pending is None
        if meanwhile is not None and not pending and not broken:
            meanwhile()
        process.poller.register(number, select.POLLIN | select.POLLOUT if pending else select.POLLIN)
        try:
            while not reader.done:
                ready = process.wait_for(deadline, soon=True)
                if not ready:
                    if process.exit is not None:
                        self._read(sock, reader, gone=True)
                    elif time.monotonic() >= deadline:
                        reader.abort("timeout", "no complete answer in time")
                    continue
                if not self._read(sock, reader, gone=False) and broken:
                    reader.abort("reset", "the connection was reset while the request was being written")
                if pending and not reader.done:
                    pending = self._send(sock, pending)
                    broken = broken or pending is None
                    if not pending:
                        process.poller.modify(number, select.POLLIN)
        finally:
            process.poller.unregister(number)
        if not reader.started and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.EPIPE:
            self._unread = True
        if broken or pending:
            # Half a request was sent: nothing more can follow it on this connection.
            self.close()
        return self._unread

    def _send(self, sock: socket.socket, pending: Bytes) -> Bytes | None:
        """What is left to send; None when the handler takes no more (an early answer may still be there to read)."""
        if not pending:
            return pending
        try:
            sent = sock.send(pending)
            return b"" if sent == len(pending) else memoryview(pending)[sent:]
        except BlockingIOError:
            return pending
        except BrokenPipeError:
            # The handler closed first, then our bytes came: EPIPE. Had it died with our bytes unread: ECONNRESET.
            self._unread = True
            return None
        except OSError:
            return None

    def _read(self, sock: socket.socket, reader: ResponseReader, *, gone: bool) -> bool:
        """Read what is there; False when nothing came. ``gone``: the process ended, so silence is the end."""
        try:
            data = sock.recv(RECEIVE)
        except BlockingIOError:
            if gone:
                reader.eof()
            return False
        except OSError as error:
            if reader.started:
                reader.eof()
            else:
                reader.abort("reset", f"the connection was reset: {error.strerror or error}")
            return False
        if not data:
            reader.eof()
            return False
        if not reader.feed(data):
            acknowledge_now(sock)
        return True

    def open_silent(self, seconds: float = CONNECT_SECONDS) -> Fault | None:
        """Connect and send nothing, for probes."""
        return self._connect(time.monotonic() + seconds)

    def send_only(self, data: bytes) -> None:
        """Write bytes and read nothing, for probes; a broken connection is no error here."""
        if self._sock is not None:
            self._sock.setblocking(True)
            self._sock.settimeout(CONNECT_SECONDS)
            with contextlib.suppress(OSError):
                self._sock.sendall(data)
            self._sock.setblocking(False)

    def read_reply(self, method: str, limit: float) -> Observed:
        """Read one answer to what ``send_only`` wrote."""
        start = time.monotonic()
        reader = ResponseReader(method, self.max_bytes)
        if self._sock is None:
            return self._observed(None, Fault("closed", "there is no connection"), start, limit)
        self._talk(b"", reader, start + limit)
        return self._observed(reader.reply, reader.fault, start, limit)

    def closed_by_handler(self, seconds: float) -> float | None:
        """Wait on the idle connection: after how many seconds the handler closed it, or None if it is open still."""
        start = time.monotonic()
        if self._sock is None:
            return 0.0
        self.process.poller.register(self._fd, select.POLLIN)
        try:
            ready = self.process.wait_for(start + seconds)
        finally:
            self.process.poller.unregister(self._fd)
        if not ready or self._still_open():
            return None
        return time.monotonic() - start

    @property
    def is_open(self) -> bool:
        """Is a connection kept now, as far as is known?"""
        return self._sock is not None

    def close(self, *, abort: bool = False) -> None:
        """Close; ``abort`` sends a reset, as a client that went away."""
        if self._sock is None:
            return
        if abort:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self._idle.unregister(self._sock)
        self._sock.close()
        self._sock, self._fd = None, -1
