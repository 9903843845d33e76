"""Exchanges a second of the drivers against a bare blocking loop on the same handler, in turn, in one run.

    python benchmarks/exchanges.py [ROUNDS]

Prints a Markdown table; each figure is the median of ROUNDS ratios (9 unless told), each from two runs right after one
another.
The bare loop sends the same bytes and reads until the answer is there, with httptools for HTTP and a line feed for
stdio, and does nothing else: no deadline, no logs, no watch over the process.
"""

from __future__ import annotations

import os
import socket
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httptools

from fnfuzz.contracts.model import HttpRequest, LineRequest
from fnfuzz.drivers import HandlerProcess, HttpInstance, StdioInstance
from fnfuzz.drivers.ports import free_port

HERE = Path(__file__).parent
COUNT = 2000
REQUEST = HttpRequest(
    "POST", "/hello", (("Host", "127.0.0.1"), ("Content-Type", "application/json")), b'{"id":7,"name":"mira"}', "length"
)
LINE = LineRequest(b'{"method":"GET","url":"/api/hello","headers":{},"query":{},"body":null}')


class Answer:
    """Collects one answer, as the smallest useful httptools client does."""

    def __init__(self) -> None:
        self.done = False
        self.body = b""

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.done = True


def seconds(loop: Callable[[], None]) -> float:
    start = time.perf_counter()
    for _ in range(COUNT):
        loop()
    return time.perf_counter() - start


def http_ratios(rounds: int) -> list[float]:
    port = free_port()
    environment = {**os.environ, "PORT": str(port)}
    process = HandlerProcess([sys.executable, "-S", str(HERE / "echo_http.py")], cwd=HERE, env=environment)
    instance = HttpInstance(process, port)
    until_ready(lambda: instance.exchange(REQUEST, 5.0).reply is not None)
    data = REQUEST.to_bytes()

    def bare(sock: socket.socket) -> None:
        sock.sendall(data)
        answer = Answer()
        parser = httptools.HttpResponseParser(answer)
        while not answer.done:
            parser.feed_data(sock.recv(65536))

    def driver() -> None:
        instance.exchange(REQUEST, 5.0)

    ratios = []
    for _ in range(rounds):
        ours = seconds(driver)
        # The handler serves one connection at a time.
        instance.connection.close()
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            ratios.append(seconds(lambda: bare(sock)) / ours)
    instance.stop()
    return ratios


def stdio_ratios(rounds: int) -> list[float]:
    command = [sys.executable, "-S", str(HERE / "echo_stdio.py")]
    process = HandlerProcess(command, cwd=HERE, env=dict(os.environ), stdin="pipe", capture_stdout=False)
    instance = StdioInstance(process)
    until_ready(lambda: instance.exchange(LINE, 5.0).reply is not None)
    data = LINE.to_bytes()

    def bare() -> None:
        os.write(process.stdin_fd, data)
        answer = b""
        while not answer.endswith(b"\n"):
            answer += os.read(process.stdout_fd, 65536)

    ratios = []
    for _ in range(rounds):
        ours = seconds(lambda: instance.exchange(LINE, 5.0) and None)
        os.set_blocking(process.stdin_fd, True)
        os.set_blocking(process.stdout_fd, True)
        ratios.append(seconds(bare) / ours)
        os.set_blocking(process.stdin_fd, False)
        os.set_blocking(process.stdout_fd, False)
    instance.stop()
    return ratios


def until_ready(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not ready():
        if time.monotonic() > deadline:
            raise SystemExit("the handler did not become ready")
        time.sleep(0.02)


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    print("| driver | against a bare blocking loop | lowest and highest round |")
    print("|---|---|---|")
    for name, measure in (("http", http_ratios), ("stdio", stdio_ratios)):
        ratios = measure(rounds)
        print(f"| {name} | {statistics.median(ratios):.2f} | {min(ratios):.2f} to {max(ratios):.2f} |")


if __name__ == "__main__":
    main()
