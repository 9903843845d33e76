"""The bare loop: the same bytes again and again, blocking, nothing judged, watched or logged."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeAlias

import httptools

from fnfuzz.drivers import StdioInstance
from fnfuzz.host import Host

__all__ = ["bare_loop", "rate", "seconds"]

Loop: TypeAlias = Callable[[], None]
ROOM = 65536


class Answer:
    """Collects one answer, as the smallest useful httptools client does."""

    def __init__(self) -> None:
        self.done = False
        self.keeps = True
        self.body = b""
        self.parser = httptools.HttpResponseParser(self)

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """The end; only now does the parser know whether the connection is kept."""
        self.done = True
        self.keeps = self.parser.should_keep_alive()


@contextmanager
def bare_loop(host: Host, data: bytes) -> Iterator[Loop]:
    """One exchange of ``data`` with the host's live instance."""
    if isinstance(host.live(), StdioInstance):
        with _blocking(host) as (inlet, outlet):
            yield lambda: _line(inlet, outlet, data)
        return
    # A handler may serve one connection at a time.
    host.http.connection.close()
    client = Client(host.port)
    yield lambda: client.exchange(data)
    client.close()


class Client:
    """One connection, opened anew when the handler does not keep it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sock = self._open()

    def exchange(self, data: bytes) -> None:
        """Send, and read until the answer is there."""
        self._sock.sendall(data)
        answer = Answer()
        while not answer.done:
            received = self._sock.recv(ROOM)
            if not received:
                raise RuntimeError("the handler closed the connection without an answer")
            answer.parser.feed_data(received)
        if not answer.keeps:
            self._sock.close()
            self._sock = self._open()

    def close(self) -> None:
        """Close the connection."""
        self._sock.close()

    def _open(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self._port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock


@contextmanager
def _blocking(host: Host) -> Iterator[tuple[int, int]]:
    pipes = host.lines.process.stdin_fd, host.lines.process.stdout_fd
    for number in pipes:
        os.set_blocking(number, True)
    yield pipes
    for number in pipes:
        os.set_blocking(number, False)


def _line(inlet: int, outlet: int, data: bytes) -> None:
    os.write(inlet, data)
    answer = b""
    while not answer.endswith(b"\n"):
        received = os.read(outlet, ROOM)
        if not received:
            raise RuntimeError("the handler ended without an answer")
        answer += received


def seconds(loop: Loop, count: int) -> float:
    """How long ``count`` times take."""
    start = time.perf_counter()
    for _ in range(count):
        loop()
    return time.perf_counter() - start


def rate(loop: Loop, seconds: float) -> float:
    """How often ``loop`` is done in a second."""
    count, start = 0, time.perf_counter()
    while (now := time.perf_counter() - start) < seconds:
        for _ in range(10):
            loop()
        count += 10
    return count / now
