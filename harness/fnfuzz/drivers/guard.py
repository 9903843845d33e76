"""Ends every handler that a dead fnfuzz left behind.

Runs as a program of its own, in its own session: its standard input is a pipe that only fnfuzz holds. Lines ``+PGID``
and ``-PGID`` add and remove process groups. At end of input, however fnfuzz ended (SIGKILL included), all groups that
are left are killed, and every process that still carries the marker variable of this run in its environment,
whatever session it fled to.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time

__all__ = ["INSTANCE", "MARKER", "kill_group", "marked_processes", "sweep"]

MARKER = "FNFUZZ_RUN"
"""The environment variable that every process started by one fnfuzz process carries."""

INSTANCE = "FNFUZZ_INSTANCE"
"""The environment variable that every process of one handler carries."""

PAUSES = (0.0, 0.1, 1.0)
"""Seconds before each look for what is left: a process that was forked at the very end carries the variable only once
its program has begun."""


def kill_group(pgid: int) -> None:
    """SIGKILL for a whole process group; a group that is gone already is fine."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pgid, signal.SIGKILL)


def marked_processes(value: str, name: str = MARKER) -> list[int]:
    """The ids of all processes of this user whose environment has ``name=value``; empty where /proc is absent."""
    needle = f"{name}={value}".encode()
    own = os.getpid()
    found = []
    try:
        # Plain strings: a Path for each process would cost more than the reading.
        entries = os.listdir("/proc")  # noqa: PTH208
    except OSError:
        return []
    for entry in entries:
        if not entry.isdigit() or int(entry) == own:
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:  # noqa: PTH123
                if needle in file.read().split(b"\0"):
                    found.append(int(entry))
        except OSError:
            continue
    return found


def sweep(value: str, name: str = MARKER) -> int:
    """SIGKILL for every marked process, until no new one is found (at most 50 rounds); how many there were."""
    killed: set[int] = set()
    for _ in range(50):
        left = set(marked_processes(value, name)) - killed
        if not left:
            break
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        killed |= left
    return len(killed)


def watch(run: str) -> None:
    """Follow the groups told on standard input until it ends, then end what is left."""
    groups: set[int] = set()
    for line in sys.stdin:
        number = line[1:].strip()
        if not number.isdigit():
            continue
        if line[0] == "+":
            groups.add(int(number))
        else:
            groups.discard(int(number))
    for pgid in groups:
        kill_group(pgid)
    for pause in PAUSES:
        time.sleep(pause)
        sweep(run)


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    watch(sys.argv[1])
