"""Ports: a free one for the handler, and who listens where."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass

import psutil

from fnfuzz.drivers.guard import INSTANCE, MARKER

__all__ = ["Holder", "Listener", "free_port", "holders", "is_taken", "listeners", "listens"]


@dataclass(frozen=True, slots=True)
class Listener:
    """One listening TCP socket: ``address`` as bound (``0.0.0.0``, ``127.0.0.1``, ``::``), ``pid`` its owner."""

    address: str
    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that listens on a port.

    ``run`` names the fnfuzz run that started it, ``instance`` the HandlerProcess; both empty for another program, None
    where its environment may not be read.
    """

    pid: int
    name: str
    session: int
    run: str | None
    instance: str | None

    def __str__(self) -> str:
        whose = "the handler of another fnfuzz run, " if self.run else ""
        return f"{whose}{self.name} (process {self.pid})"


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


def listens(pid: int, port: int) -> bool:
    """Does this very process listen on ``port``? Much quicker than looking at all processes."""
    with contextlib.suppress(psutil.Error):
        return any(
            item.status == psutil.CONN_LISTEN and item.laddr and item.laddr.port == port
            for item in psutil.Process(pid).net_connections(kind="tcp")
        )
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


def holders(port: int) -> tuple[Holder, ...]:
    """The processes that listen on ``port``, as far as they may be seen."""
    found = set[int]()
    with contextlib.suppress(psutil.Error):
        for item in psutil.net_connections(kind="tcp"):
            if item.status == psutil.CONN_LISTEN and item.laddr and item.laddr.port == port and item.pid:
                found.add(item.pid)
    known = (_holder(pid) for pid in sorted(found))
    return tuple(item for item in known if item is not None)


def _holder(pid: int) -> Holder | None:
    try:
        process = psutil.Process(pid)
        name, session = process.name(), os.getsid(pid)
    except (OSError, psutil.Error):
        return None
    environ: Mapping[str, str] | None = None
    with contextlib.suppress(OSError, psutil.Error):
        environ = process.environ()
    if environ is None:
        return Holder(pid, name, session, None, None)
    return Holder(pid, name, session, environ.get(MARKER, ""), environ.get(INSTANCE, ""))
