"""N requests at once, one connection each: all are written before any answer is waited for."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Sequence

from fnfuzz.contracts.http1 import ResponseReader
from fnfuzz.contracts.model import FaultKind, Observed
from fnfuzz.drivers.process import HandlerProcess

__all__ = ["exchange_together"]


def exchange_together(
    process: HandlerProcess, port: int, requests: Sequence[bytes], method: str, limit: float, *, stagger: float = 0.0
) -> list[Observed]:
    """The answers to ``requests``, in their order; ``limit`` seconds for all, ``stagger`` seconds between two sends."""
    start = time.monotonic()
    deadline = start + limit
    readers = [ResponseReader(method) for _ in requests]
    sockets: dict[int, tuple[socket.socket, ResponseReader, int]] = {}
    ended = [0.0] * len(requests)
    try:
        for index, data in enumerate(requests):
            sock = _send_all(port, data, readers[index], deadline)
            if sock is not None:
                sockets[sock.fileno()] = (sock, readers[index], index)
                process.poller.register(sock.fileno(), select.POLLIN)
            if stagger:
                process.wait_for(time.monotonic() + stagger)
        waiting = set(sockets)
        while waiting:
            ready = process.wait_for(deadline)
            if not ready and (process.exit is not None or time.monotonic() >= deadline):
                break
            for number in set(ready) & waiting:
                sock, reader, index = sockets[number]
                if _read_some(sock, reader):
                    ended[index] = time.monotonic() - start
                    process.poller.unregister(number)
                    waiting.discard(number)
    finally:
        for number, (sock, reader, _) in sockets.items():
            if not reader.done:
                process.poller.unregister(number)
            sock.close()
    if any(reader.fault is not None for reader in readers):
        # A crash closes the sockets a moment before the process can be reaped.
        process.wait_exit(0.25)
    for reader in readers:
        if process.exit is not None:
            reader.eof()
        reader.abort("timeout", "no complete answer in time")
    return [
        Observed(
            reply=reader.reply,
            fault=reader.fault,
            exit=process.exit,
            elapsed=elapsed or time.monotonic() - start,
            limit=limit,
        )
        for reader, elapsed in zip(readers, ended, strict=True)
    ]


def _send_all(port: int, data: bytes, reader: ResponseReader, deadline: float) -> socket.socket | None:
    sock = socket.socket()
    try:
        sock.settimeout(max(0.001, deadline - time.monotonic()))
        sock.connect(("127.0.0.1", port))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.sendall(data)
        sock.setblocking(False)
    except OSError as error:
        sock.close()
        kinds: dict[type[OSError], FaultKind] = {TimeoutError: "timeout", ConnectionRefusedError: "refused"}
        reader.abort(kinds.get(type(error), "reset"), f"cannot connect or send: {error.strerror or error}")
        return None
    return sock


def _read_some(sock: socket.socket, reader: ResponseReader) -> bool:
    try:
        data = sock.recv(262144)
    except BlockingIOError:
        return False
    except OSError as error:
        reader.abort("reset", f"the connection was reset: {error.strerror or error}")
        return True
    if not data:
        reader.eof()
    else:
        reader.feed(data)
    return reader.done
