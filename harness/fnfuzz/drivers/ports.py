"""Ports: a free one for the handler, who listens where, and taking turns at a port that cannot be chosen."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

__all__ = ["Listener", "free_port", "is_taken", "listeners", "take_turns", "who_listens"]


@dataclass(frozen=True, slots=True)
class Listener:
    """One listening TCP socket: ``address`` as bound (``0.0.0.0``, ``127.0.0.1``, ``::``), ``pid`` its owner."""

    address: str
    port: int
    pid: int


def free_port() -> int:
    """A port that was free a moment ago, chosen as the host does, by binding to port 0 (azure-functions.md 2)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def is_taken(port: int) -> bool:
    """Would binding 0.0.0.0:port fail now?"""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("0.0.0.0", port))
        except OSError:
            return True
        return False


def listeners(group: int) -> tuple[Listener, ...]:
    """All TCP sockets on which the processes of session ``group`` listen."""
    found: list[Listener] = []
    for process in _session(group):
        with contextlib.suppress(psutil.Error):
            found += [
                Listener(item.laddr.ip, item.laddr.port, process.pid)
                for item in process.net_connections(kind="tcp")
                if item.status == psutil.CONN_LISTEN and item.laddr
            ]
    return tuple(sorted(set(found), key=lambda item: (item.port, item.address)))


def _session(leader: int) -> list[psutil.Process]:
    members = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader:
                members.append(process)
        except (OSError, psutil.Error):
            continue
    return members


def who_listens(port: int) -> str:
    """The program on ``port`` for a message: ``python3 (process 812)``; ``another program`` when it may not be seen."""
    with contextlib.suppress(psutil.Error):
        for item in psutil.net_connections(kind="tcp"):
            if item.status == psutil.CONN_LISTEN and item.laddr and item.laddr.port == port and item.pid:
                return f"{psutil.Process(item.pid).name()} (process {item.pid})"
    return "another program"


@contextlib.contextmanager
def take_turns(port: int, patience: float) -> Iterator[bool]:
    """Hold a fixed port among the fnfuzz processes of this machine; False if not had in ``patience`` seconds."""
    path = Path(tempfile.gettempdir()) / f"fnfuzz-port-{port}-{os.getuid()}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        deadline = time.monotonic() + patience
        held = False
        while not held:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                held = True
            except BlockingIOError:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)
        yield held
