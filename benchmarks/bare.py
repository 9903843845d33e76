"""The bare loop: requests that are given as bytes, again and again, blocking, nothing judged, watched or logged."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

import httptools

from fnfuzz.drivers import StdioInstance
from fnfuzz.host import Host

__all__ = ["Loop", "bare_loop", "rate", "seconds"]

Loop: TypeAlias = Callable[[], None]
ROOM = 65536
PATIENCE = struct.pack("ll", 10, 0)
"""Seconds and microseconds for one answer, as the kernel wants them."""


class Answer:
    """Collects one answer, as the smallest useful httptools client does."""

    def __init__(self, *, bodiless: bool = False) -> None:
        self.done = False
        self.bodiless = bodiless
        self.keeps = True
        self.body = b""
        self.parser = httptools.HttpResponseParser(self)

    def on_headers_complete(self) -> None:
        """The end of the head, which is all of an answer to HEAD."""
        if self.bodiless:
            self.on_message_complete()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self.body += body

    def on_message_complete(self) -> None:
        """The end; only now does the parser know whether the connection is kept."""
        self.done = True
        self.keeps = self.parser.should_keep_alive()


@contextmanager
def bare_loop(host: Host, requests: Sequence[bytes]) -> Iterator[Loop]:
    """One exchange with the host's live instance, of the requests in turn; they may be replaced meanwhile."""
    turns = _turns(requests)
    if isinstance(host.live(), StdioInstance):
        with _blocking(host) as (inlet, outlet):
            yield lambda: _line(inlet, outlet, next(turns))
        return
    # A handler may serve one connection at a time.
    host.http.connection.close()
    client = Client(host.port)
    yield lambda: client.exchange(next(turns))
    client.close()


def _turns(requests: Sequence[bytes]) -> Iterator[bytes]:
    while True:
        yield from tuple(requests)


class Client:
    """One connection, opened anew when the handler does not keep it."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sock = self._open()

    def exchange(self, data: bytes) -> None:
        """Send, and read until the answer is there."""
        self._sock.sendall(data)
        answer = Answer(bodiless=data.startswith(b"HEAD "))
        while not answer.done:
            try:
                received = self._sock.recv(ROOM)
            except BlockingIOError:
                raise RuntimeError(f"no whole answer in time to {data[:1000]!r}") from None
            if not received:
                raise RuntimeError(f"the handler closed the connection without an answer to {data[:1000]!r}")
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
        # The kernel's own limit: a timeout of Python's asks before each read whether there is anything, which costs.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, PATIENCE)
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
