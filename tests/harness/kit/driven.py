"""Small real programs for the tests of the drivers: written to disk, started, always ended."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

from fnfuzz.drivers import HandlerProcess, HttpConnection, StdinKind
from fnfuzz.drivers.ports import free_port
from fnfuzz.host.launch import accepts

T = TypeVar("T")

PRELUDE = r"""
import os, signal, socket, sys, threading, time

def listen(port=None, host="127.0.0.1"):
    server = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, int(port or os.environ["PORT"])))
    server.listen(64)
    return server

def request(client):
    data = b""
    while b"\r\n\r\n" not in data:
        part = client.recv(65536)
        if not part:
            return None
        data += part
    head, body = data.split(b"\r\n\r\n", 1)
    size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]) if b"content-length" in head.lower() else 0
    while len(body) < size:
        part = client.recv(65536)
        if not part:
            return None
        body += part
    return body

def answer(client, body=b"ok", head=b""):
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n" % (len(body), head) + body)

def serve(reply, server=None):
    server = server or listen()
    while True:
        client, _ = server.accept()
        try:
            while True:
                body = request(client)
                if body is None or reply(client, body) is False:
                    break
        except ConnectionError:
            pass
        client.close()

def say(text):
    os.write(1, text if isinstance(text, bytes) else text.encode())
"""


def command(tmp_path: Path, source: str, name: str = "handler.py") -> tuple[str, ...]:
    """A command that runs ``source`` with PRELUDE before it."""
    path = tmp_path / name
    path.write_text(PRELUDE + source)
    return (sys.executable, "-I", "-S", str(path))


@contextlib.contextmanager
def running(tmp_path: Path, source: str, *, stdin: StdinKind = "null", port: int = 0) -> Iterator[HandlerProcess]:
    """The program, started; with ``stdin`` pipe its stdout is left to the line channel."""
    env = {**os.environ, "PORT": str(port), "FOLDER": str(tmp_path)}
    process = HandlerProcess(
        command(tmp_path, source), cwd=tmp_path, env=env, stdin=stdin, capture_stdout=stdin != "pipe"
    )
    try:
        yield process
    finally:
        process.stop()


@contextlib.contextmanager
def serving(tmp_path: Path, source: str) -> Iterator[HttpConnection]:
    """A connection to the program, once it listens."""
    port = free_port()
    with running(tmp_path, source, port=port) as process:
        eventually(lambda: accepts(port) or process.check_exit(), 10)
        connection = HttpConnection(process, port)
        try:
            yield connection
        finally:
            connection.close()


def eventually(check: Callable[[], T], seconds: float = 5.0) -> T:
    """The first true value of ``check``; the last one at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = check()
        if value or time.monotonic() > deadline:
            return value
        time.sleep(0.01)


def alive(pid: int) -> bool:
    """Does the process exist, and is it no zombie?"""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def numbers(path: Path, count: int = 1, seconds: float = 5.0) -> list[int]:
    """``count`` process ids that a program writes into a file, one a line."""

    def read() -> list[int]:
        lines = path.read_text().split("\n") if path.exists() else [""]
        found = [int(line) for line in lines[:-1] if line]
        return found if len(found) >= count else []

    return eventually(read, seconds)


def resident() -> int:
    """The memory of this process in bytes, as resident now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
