"""A recorder as a process of its own around a small handler, with sinks that a test can read or that fail."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, BinaryIO

from tests.harness.kit.driven import eventually

from fnfuzz.corpus.model import Record
from fnfuzz.drivers.ports import free_port
from fnfuzz.record import Plan, Summary, record
from fnfuzz.record.handler import end_like
from fnfuzz.record.sinks import Sink

__all__ = ["HANDLER", "Recorded", "line_pair", "recorded"]

ROOT = Path(__file__).parents[3]

HANDLER = r"""
import os, socket, sys, threading, time

port = int(os.environ.get("FUNCTIONS_CUSTOMHANDLER_PORT") or os.environ.get("FC_SERVER_PORT") or 0)

class Talk:
    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile("rb")

    def request(self):
        line = self.file.readline()
        while line in (b"\r\n", b"\n"):
            line = self.file.readline()
        if not line:
            return None
        method, target, _ = line.split()
        headers = {}
        while (field := self.file.readline().strip()):
            name, _, value = field.partition(b":")
            headers[name.lower().decode()] = value.strip().decode()
        if headers.get("expect") == "100-continue":
            self.say(b"HTTP/1.1 100 Continue\r\n\r\n")
        return method.decode(), target.decode(), headers, self.body(headers)

    def body(self, headers):
        if headers.get("transfer-encoding") != "chunked":
            left, parts = int(headers.get("content-length", 0)), []
            while left and (part := self.file.read(min(left, 1 << 20))):
                left -= len(part)
                parts.append(part)
            return b"".join(parts)
        parts = []
        while (size := int(self.file.readline().split(b";")[0], 16)):
            parts.append(self.file.read(size))
            self.file.readline()
        self.file.readline()
        return b"".join(parts)

    def say(self, data):
        self.sock.sendall(data)

    def plain(self, body, head=b""):
        self.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n%b\r\n" % (len(body), head) + body)

def answer(talk, method, target, headers, body):
    talk.plain(b"" if method == "HEAD" else body or target.encode())

def serve(sock):
    talk = Talk(sock)
    try:
        while (request := talk.request()) is not None:
            if answer(talk, *request) is False:
                break
    except (ConnectionError, ValueError):
        pass
    with contextlib.suppress(OSError):
        talk.file.close()
        sock.close()

def run(host="127.0.0.1"):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((host, port))
    server.listen(64)
    while True:
        threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

import contextlib
# CHANGE
run()
"""


@contextlib.contextmanager
def open_pickles(path: str) -> Iterator[Sink]:
    """Appends every record to a file."""
    with Path(path).open("ab") as file:

        def sink(records: Sequence[Record]) -> None:
            for item in records:
                pickle.dump(item, file)
            file.flush()

        yield sink


@contextlib.contextmanager
def open_full(path: str, takes: int = 0) -> Iterator[Sink]:
    """A disk that is full after so many calls."""
    calls = 0
    with open_pickles(path) as good:

        def sink(records: Sequence[Record]) -> None:
            nonlocal calls
            calls += 1
            if calls > takes:
                raise OSError(28, "No space left on device")
            good(records)

        yield sink


@contextlib.contextmanager
def open_deadly(path: str) -> Iterator[Sink]:
    """Ends the whole process."""

    def sink(records: Sequence[Record]) -> None:
        os._exit(7)

    yield sink


@contextlib.contextmanager
def open_slow(path: str, seconds: float) -> Iterator[Sink]:
    """A disk that is stuck for so long, each time."""
    with open_pickles(path) as good:

        def sink(records: Sequence[Record]) -> None:
            time.sleep(seconds)
            good(records)

        yield sink


def main() -> None:
    """The recorder's program; what the plan is comes as JSON."""
    asked = json.loads(sys.argv[1])
    out = Path(asked.pop("out"))

    def tell(summary: Summary) -> None:
        new = out.with_suffix(".new")
        new.write_text(json.dumps(asdict(summary)))
        new.replace(out)

    end_like(record(Plan(**{**asked, "command": tuple(asked["command"])}), tell))


class Recorded:
    """A running recorder, the host's port, and what it has recorded so far."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
        self.process = process
        self.port = port
        self.folder = folder

    def connect(self) -> socket.socket:
        """A connection of the host, as soon as the handler accepts."""

        def attempt() -> socket.socket | None:
            with contextlib.suppress(ConnectionRefusedError):
                return socket.create_connection(("127.0.0.1", self.port), timeout=20)
            return None

        sock = eventually(attempt, 20)
        assert sock is not None
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and wait for the end."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def records(self) -> list[Record]:
        """What is in the sink's file."""
        found: list[Record] = []
        with contextlib.suppress(FileNotFoundError, EOFError), (self.folder / "records").open("rb") as file:
            while True:
                found.append(_load(file))
        return found

    def summary(self) -> dict[str, Any]:
        """The summary, once the recorder has ended."""
        data: dict[str, Any] = json.loads((self.folder / "summary.json").read_text())
        return data


def _load(file: BinaryIO) -> Record:
    item = pickle.load(file)
    assert isinstance(item, Record)
    return item


@contextlib.contextmanager
def recorded(
    folder: Path, change: str = "", *, sink: str = "open_pickles", stdio: Any = None, **plan: Any
) -> Iterator[Recorded]:
    """A recorder around HANDLER with ``change``; ``options`` of the plan are the sink's, beside its path."""
    script = folder / "handler.py"
    script.write_text(HANDLER.replace("# CHANGE", change))
    port = free_port()
    options = {"path": str(folder / "records"), **plan.pop("options", {})}
    asked = {
        "command": plan.pop("command", [sys.executable, "-I", "-S", str(script)]),
        "sink": f"tests.harness.kit.recorded:{sink}",
        "options": options,
        "out": str(folder / "summary.json"),
        **plan,
    }
    env = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'harness'}"}
    env |= {} if stdio else {"FUNCTIONS_CUSTOMHANDLER_PORT": str(port)}
    process = subprocess.Popen(
        [sys.executable, "-c", "from tests.harness.kit.recorded import main; main()", json.dumps(asked)],
        env=env,
        cwd=folder,
        stdin=stdio or subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background has it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        yield Recorded(process, port, folder)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()


def line_pair(count: int) -> list[bytes]:
    """Lines of a host, one JSON object each."""
    return [json.dumps({"method": "GET", "url": f"/api/{number}"}).encode() for number in range(count)]
