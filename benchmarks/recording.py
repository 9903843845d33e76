"""The recorder between host and handler, against the direct path, and mitmdump in the recorder's place."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.bare import Client
from benchmarks.table import Row, Skipped, Table
from benchmarks.targets import HANDLERS

from fnfuzz.drivers.ports import free_port

__all__ = ["recording"]

REQUEST = (
    b"POST /api/hello HTTP/1.1\r\nHost: localhost:7071\r\nContent-Type: application/json\r\nAccept: */*\r\n"
    b'User-Agent: curl/8.5.0\r\nContent-Length: 22\r\n\r\n{"id":7,"name":"mira"}'
)
TURNS, EACH = 20, 100
"""So many turns in a round, and exchanges of each side in a turn."""

CONNECTIONS, TOGETHER = 16, 8000
HANDLER = (sys.executable, "-S", str(HANDLERS / "echo_http.py"))
START = 30.0


def recording(rounds: int, *, full: bool) -> Table:
    """Latency and throughput; 100,000 exchanges for the count of what is missing with ``full``."""
    rows = _rows("fnfuzz record", _recorder, rounds, ("under 0.2", "0.5"))
    rows.append(_missing(100_000 if full else 20_000))
    skipped = ""
    try:
        rows += _rows("mitmdump", _mitmdump, rounds, ("", ""))
    except Skipped as why:
        skipped = f"mitmdump, because {why}"
    says = (
        "A minimal handler in Python behind the recorder, with redaction off, against the same handler called "
        "directly: what the median exchange takes longer, one after the other over one connection, and exchanges "
        "a second over "
        f"{CONNECTIONS} connections. Host, handler, relay and writer share the cores."
    )
    return Table("Recording", says, tuple(rows), skipped)


Place = Callable[[Path, int], tuple[tuple[str, ...], dict[str, str]]]
"""The command that takes the handler's place at a port, and its environment."""


def _direct(folder: Path, port: int) -> tuple[tuple[str, ...], dict[str, str]]:
    return HANDLER, {"FUNCTIONS_CUSTOMHANDLER_PORT": str(port)}


def _recorder(folder: Path, port: int) -> tuple[tuple[str, ...], dict[str, str]]:
    words = (sys.executable, "-m", "fnfuzz", "record", "--corpus", str(folder / "corpus"), "--no-redact", "--")
    return (*words, *HANDLER), {"FUNCTIONS_CUSTOMHANDLER_PORT": str(port)}


def _mitmdump(folder: Path, port: int) -> tuple[tuple[str, ...], dict[str, str]]:
    found = shutil.which("mitmdump")
    if found is None:
        raise Skipped("it is not installed")
    inner = free_port()
    script = folder / "both.sh"
    handler = " ".join(HANDLER)
    relay = f"{found} -q --mode reverse:http://127.0.0.1:{inner} -p {port} -w {folder / 'flows'}"
    script.write_text(f"FUNCTIONS_CUSTOMHANDLER_PORT={inner} {handler} 2>/dev/null &\ntrap 'kill %1' EXIT\n{relay}\n")
    return ("sh", str(script)), {}


@contextlib.contextmanager
def _served(place: Place) -> Iterator[tuple[int, Path, subprocess.Popen[bytes]]]:
    with tempfile.TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        command, variables = place(folder, port)
        env = {**os.environ, "ANSWER": '{"ok":true}', **variables}
        process = subprocess.Popen(command, env=env, cwd=folder, start_new_session=True)
        try:
            _await(port)
            yield port, folder, process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


def _await(port: int) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until:
        with contextlib.suppress(OSError), contextlib.closing(Client(port)) as client:
            client.exchange(REQUEST)
            return
        time.sleep(0.01)
    raise RuntimeError("nothing listens")


def _rows(name: str, place: Place, rounds: int, goals: tuple[str, str]) -> list[Row]:
    with _served(_direct) as (direct, *_), _served(place) as (relayed, *_):
        pairs = [_latencies(direct, relayed) for _ in range(rounds)]
        rates = [(_together(relayed, TOGETHER), _together(direct, TOGETHER)) for _ in range(2 * rounds)]
    added = tuple((ours - bare) * 1000 for bare, ours in pairs)
    bare = statistics.median(bare for bare, _ in pairs) * 1000
    fastest = statistics.median(rate for rate, _ in rates)
    return [
        Row(f"{name}, added to the median", added, goals[0], " ms", f"direct {bare:.3f} ms"),
        Row(f"{name}, throughput", tuple(a / b for a, b in rates), goals[1], "", f"{fastest:,.0f} exchanges a second"),
    ]


def _latencies(*ports: int) -> tuple[float, ...]:
    """The median seconds of one exchange at each port, in turn."""
    clients = [Client(port) for port in ports]
    found: list[list[float]] = [[] for _ in ports]
    for _ in range(TURNS):
        for client, times in zip(clients, found, strict=True):
            for _ in range(EACH):
                began = time.perf_counter()
                client.exchange(REQUEST)
                times.append(time.perf_counter() - began)
    for client in clients:
        client.close()
    return tuple(statistics.median(times) for times in found)


def _together(port: int, count: int) -> float:
    """Exchanges a second over all connections, each with one request on its way."""
    socks = {
        sock.fileno(): sock for sock in (socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS))
    }
    poller = select.epoll()
    for number, sock in socks.items():
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poller.register(number, select.EPOLLIN)
        sock.sendall(REQUEST)
    began, sent, got = time.perf_counter(), CONNECTIONS, 0
    while got < count:
        for number, _ in poller.poll():
            if not socks[number].recv(65536):
                raise RuntimeError("the handler closed a connection")
            got += 1
            if sent < count:
                sent += 1
                socks[number].sendall(REQUEST)
    for sock in socks.values():
        sock.close()
    return count / (time.perf_counter() - began)


def _missing(count: int) -> Row:
    """Exchanges that are not in the corpus, or not in their order."""
    from fnfuzz.corpus import Corpus

    with _served(_recorder) as (port, folder, process):
        _together(port, count)
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        numbers = [record.number for record in Corpus.open(folder / "corpus").find()]
    # The first one is that which waited for the handler.
    lost = count + 1 - len(set(numbers))
    disorder = sum(1 for one, next_one in pairwise(numbers) if next_one < one)
    return Row(
        f"missing of {count:,}, or out of order", (float(lost + disorder),), "0", "", f"{CONNECTIONS} connections"
    )
