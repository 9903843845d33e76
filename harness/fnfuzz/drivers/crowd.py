"""Several kept-alive connections to one handler, each with one request on its way at a time."""

from __future__ import annotations

import select
import socket
import time
from dataclasses import dataclass, field

from fnfuzz.contracts.http1 import ResponseReader
from fnfuzz.contracts.model import FaultKind, Observed
from fnfuzz.drivers.process import HandlerProcess

__all__ = ["Crowd"]

RECEIVE = 65536
CONNECT_SECONDS = 5.0


@dataclass(slots=True)
class _Line:
    """One connection; ``token`` is whose request is on its way, None when it is free."""

    sock: socket.socket | None = None
    fd: int = -1
    token: int | None = None
    data: bytes = b""
    pending: memoryview = field(default_factory=lambda: memoryview(b""))
    method: str = ""
    reader: ResponseReader = field(default_factory=lambda: ResponseReader("GET"))
    start: float = 0.0
    limit: float = 0.0
    reused: bool = False


class Crowd:
    """Up to ``count`` requests at the same time. Not thread-safe; ``close`` it before the process is stopped."""

    def __init__(self, process: HandlerProcess, port: int, count: int) -> None:
        self.process, self.port = process, port
        self._lines = [_Line() for _ in range(count)]
        self._by_fd: dict[int, _Line] = {}
        self._ended: list[tuple[int, Observed]] = []

    @property
    def busy(self) -> int:
        """Requests on their way, and answers that nobody has taken yet."""
        return len(self._ended) + sum(line.token is not None for line in self._lines)

    @property
    def has_room(self) -> bool:
        """Is a connection free?"""
        return any(line.token is None for line in self._lines)

    def send(self, token: int, data: bytes, method: str, limit: float) -> None:
        """Send a whole request over a free connection; its answer comes out of ``wait`` with ``token``."""
        line = next(line for line in self._lines if line.token is None)
        line.token, line.data, line.method, line.limit = token, data, method, limit
        line.start = time.monotonic()
        line.reused = line.sock is not None
        self._begin(line)

    def wait(self, until: float) -> list[tuple[int, Observed]]:
        """Answers that are there, waiting for the first one until the monotonic time ``until``."""
        while not self._ended:
            waiting = [line for line in self._lines if line.token is not None]
            now = time.monotonic()
            for line in waiting:
                if now >= line.start + line.limit:
                    self._abort(line, "timeout", "no complete answer in time")
            if self._ended or now >= until or not waiting:
                break
            ready = self.process.wait_for(min(until, *(line.start + line.limit for line in waiting)))
            for number in ready:
                if number in self._by_fd:
                    self._go_on(self._by_fd[number])
            if self.process.exit is not None and not ready:
                self._all_gone()
        ended, self._ended = self._ended, []
        return ended

    def close(self) -> None:
        """Close all connections; what is on its way is given up."""
        for line in self._lines:
            self._close(line)
            line.token = None
        self._ended.clear()

    def _begin(self, line: _Line) -> None:
        line.reader = ResponseReader(line.method)
        line.pending = memoryview(line.data)
        if line.sock is None and not self._connect(line):
            return
        self._write(line)

    def _connect(self, line: _Line) -> bool:
        sock = socket.socket()
        try:
            sock.settimeout(min(CONNECT_SECONDS, line.limit))
            sock.connect(("127.0.0.1", self.port))
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setblocking(False)
        except OSError as error:
            sock.close()
            kind: FaultKind = "timeout" if isinstance(error, TimeoutError) else "refused"
            self._abort(line, kind, f"cannot connect: {error.strerror or error}")
            return False
        line.sock, line.fd = sock, sock.fileno()
        self._by_fd[line.fd] = line
        self.process.poller.register(line.fd, select.POLLIN)
        return True

    def _write(self, line: _Line) -> None:
        assert line.sock is not None
        try:
            line.pending = line.pending[line.sock.send(line.pending) :]
        except BlockingIOError:
            pass
        except OSError:
            # What the handler said before it closed may still be there to read.
            line.pending = memoryview(b"")
        self.process.poller.modify(line.fd, select.POLLIN | (select.POLLOUT if line.pending else 0))

    def _go_on(self, line: _Line) -> None:
        if line.token is None:
            # The handler closed an idle connection, or sent what nobody asked for.
            self._close(line)
            return
        if line.pending:
            self._write(line)
        assert line.sock is not None
        try:
            data = line.sock.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError as error:
            if line.reader.started:
                line.reader.eof()
            elif not self._again(line):
                self._abort(line, "reset", f"the connection was reset: {error.strerror or error}")
                return
            else:
                return
            data = b""
        if data:
            line.reader.feed(data)
        elif not line.reader.started and self._again(line):
            return
        else:
            line.reader.eof()
        if line.reader.done:
            self._finish(line)

    def _again(self, line: _Line) -> bool:
        """A kept connection that ends without an answer: the request goes over a new one, once."""
        if not line.reused or self.process.check_exit() is not None:
            return False
        line.reused = False
        self._close(line)
        self._begin(line)
        return True

    def _all_gone(self) -> None:
        """The process has ended: what it wrote is read, then all answers are over."""
        for line in self._lines:
            while line.token is not None and line.sock is not None:
                token = line.token
                self._go_on(line)
                if line.token == token and line.sock is not None and not line.reader.done:
                    line.reader.eof()
                    self._finish(line)
            if line.token is not None:
                self._abort(line, "closed", "the process ended")

    def _abort(self, line: _Line, kind: FaultKind, message: str) -> None:
        line.reader.abort(kind, message)
        self._finish(line)

    def _finish(self, line: _Line) -> None:
        assert line.token is not None
        reader, elapsed = line.reader, time.monotonic() - line.start
        if reader.fault is not None or reader.reply is None or not reader.reply.keep_alive or line.pending:
            self._close(line)
        if reader.fault is not None and reader.fault.kind != "timeout":
            # A crash closes the sockets a moment before the process can be reaped.
            self.process.wait_exit(0.05)
        observed = Observed(
            reply=reader.reply, fault=reader.fault, exit=self.process.exit, elapsed=elapsed, limit=line.limit
        )
        self._ended.append((line.token, observed))
        line.token = None

    def _close(self, line: _Line) -> None:
        if line.sock is not None:
            del self._by_fd[line.fd]
            self.process.poller.unregister(line.fd)
            line.sock.close()
            line.sock, line.fd = None, -1
