"""What all processes of a handler use: memory, threads, descriptors."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import psutil

__all__ = ["Usage", "room_of", "usage_of"]

MIB = 1024 * 1024
USUAL_ROOM = 4 * MIB
ROOM: Mapping[str, int] = {"java": 384 * MIB, "dotnet": 96 * MIB, "node": 96 * MIB, "bun": 96 * MIB, "deno": 96 * MIB}
"""Bytes that a runtime's collector lets grow before it looks for garbage, by the beginning of the program's name."""


@dataclass(frozen=True, slots=True)
class Usage:
    """``memory`` is the resident bytes of all processes of the session, shared pages counted with each of them."""

    memory: int
    threads: int
    descriptors: int

    @property
    def handles(self) -> int:
        """Threads and descriptors, of which an event may leave some."""
        return self.threads + self.descriptors

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.memory + other.memory, self.threads + other.threads, self.descriptors + other.descriptors)


def usage_of(leader: int) -> Usage:
    """The usage of the session that process ``leader`` leads; a process that ends meanwhile counts nothing."""
    memory = threads = descriptors = 0
    for process in _session(leader):
        with contextlib.suppress(psutil.Error, OSError):
            with process.oneshot():
                memory += process.memory_info().rss
                # A child that ended and was never waited for has no threads and still counts.
                threads += max(1, process.num_threads())
            descriptors += process.num_fds()
    return Usage(memory, threads, descriptors)


def room_of(leader: int) -> int:
    """Bytes by which the memory of this program may grow without any word."""
    room = USUAL_ROOM
    for process in _session(leader):
        with contextlib.suppress(psutil.Error):
            name = process.name().lower()
            room = max((size for begin, size in ROOM.items() if name.startswith(begin)), default=room)
    return room


def _session(leader: int) -> Iterator[psutil.Process]:
    for number in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(number) == leader:
                yield psutil.Process(number)
