"""Programs that do a part of a run: they read length-prefixed pickles from standard input, and write the same.

An empty message ends one in order; the end of its input, because the fnfuzz process that started it is gone, at once.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
from typing import IO, Any

__all__ = ["desk", "program", "receive", "send"]

LENGTH = struct.Struct("<Q")


def program(module: str) -> subprocess.Popen[bytes]:
    """Start ``main`` of a module as such a program."""
    return subprocess.Popen(
        [sys.executable, "-c", f"from {module} import main; main()"],
        # Without buffer: a message that waits in a buffer of ours would not show as ready.
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(item or "." for item in sys.path)},
        start_new_session=True,
    )


def desk() -> tuple[queue.SimpleQueue[Any], IO[bytes]]:
    """In such a program: the messages that come in, and where answers go out."""
    incoming: queue.SimpleQueue[Any] = queue.SimpleQueue()
    # Nothing but messages may go out there, whatever a plugin prints.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=_read_all, args=(incoming,), daemon=True).start()
    return incoming, out


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


def _read_all(incoming: queue.SimpleQueue[Any]) -> None:
    try:
        while True:
            message = receive(sys.stdin.buffer)
            incoming.put(message)
            if message is None:
                return
    except EOFError:
        os._exit(1)
