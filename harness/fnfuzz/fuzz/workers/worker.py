"""A worker: a program that does the slices that it reads from standard input, one instance of the handler to itself.

Reads one Job, then Slices, as length-prefixed pickles from the fnfuzz process that started it, and writes what happens
in them the same way. An empty message ends it in order; the end of its input, because that process is gone, at once:
its guard then ends its handler.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import struct
import sys
import threading
from typing import IO, Any

from fnfuzz.fuzz.collecting import seldom_collecting
from fnfuzz.fuzz.workers.slices import sources_of, work
from fnfuzz.host import Host

__all__ = ["main", "receive", "send"]

LENGTH = struct.Struct("<Q")


def send(pipe: IO[bytes], message: Any) -> None:
    """Write one message, also to a pipe without buffer."""
    data = pickle.dumps(message, protocol=5)
    left = memoryview(LENGTH.pack(len(data)) + data)
    while left:
        left = left[pipe.write(left) :]
    pipe.flush()


def receive(pipe: IO[bytes]) -> Any:
    """Read one message, which comes from a process of the same run. Raises EOFError at the end."""
    (length,) = LENGTH.unpack(_exactly(pipe, LENGTH.size))
    return pickle.loads(_exactly(pipe, length))


def _exactly(pipe: IO[bytes], size: int) -> bytes:
    parts = []
    while size:
        part = pipe.read(size)
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def main() -> None:
    """Work until told to end."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    incoming: queue.SimpleQueue[Any] = queue.SimpleQueue()
    # Nothing but messages may go out there, whatever a plugin prints.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=_read_all, args=(incoming,), daemon=True).start()
    job = incoming.get()
    if job is None:
        return
    plan = job.plan
    sources = sources_of(job)
    for source in sources:
        source.prepare()
    send(out, "ready")
    host = Host(job.app, patience=plan.patience, start_patience=plan.start_patience, environ=job.environ)
    with seldom_collecting(), host:
        while (task := incoming.get()) is not None:
            for event in work(job, sources, host, task):
                send(out, event)


def _read_all(incoming: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            message = receive(sys.stdin.buffer)
            incoming.put(message)
            if message is None:
                return
    except EOFError:
        os._exit(1)


if __name__ == "__main__":
    main()
