"""Bytes that pass, as frames in a ring of memory that relay and writer share.

The relay receives straight into the ring, so the copy costs it neither a system call nor a copy. What the ring holds
survives the relay's death: the writer reads on until it is empty.

A frame is a header (``HEADER``) and its bytes, padded to 8; the first page holds two counters of bytes since the start:
what was put in, and what was taken out. The reader believes in the first one only as it is told by ``publish``
through a pipe, whose system calls order the two processes' views of the memory, and looks itself once the relay is
gone.
"""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final, NamedTuple

__all__ = ["FRAME_ROOM", "Frame", "Kind", "RingReader", "RingWriter", "create_ring"]

HEADER: Final = struct.Struct("@QIIB7x")
"""Monotonic nanoseconds, connection, size, kind."""

PAGE: Final = 4096
HEAD, TAIL = 0, 8
"""Where the counters are, in units of 8 bytes, each on a cache line of its own."""

FRAME_ROOM: Final = 256 * 1024
"""The most bytes in one frame."""


class Kind(IntEnum):
    """What a frame tells. ``UP`` is what the host sent, ``DOWN`` what the handler sent."""

    WRAP = 0
    OPEN = 1
    UP = 2
    DOWN = 3
    UP_END = 4
    DOWN_END = 5
    UP_RESET = 6
    DOWN_RESET = 7
    REFUSED = 8
    CLOSED = 9
    GAP = 10
    """Bytes of this connection were not copied: ``GAP_SIZE`` with how many, and in how many exchanges."""
    EXIT = 11
    """The handler's process ended; the code as Popen.returncode has it, in decimal digits."""
    BYE = 12
    """The relay ends in order, and will tell what was recorded."""


class Frame(NamedTuple):
    """``data`` is only valid until the next frame is asked for."""

    at: int
    connection: int
    kind: int
    data: memoryview


def create_ring(size: int) -> int:
    """A file descriptor of fresh memory for a ring with room for ``size`` bytes (a multiple of 4096)."""
    number = os.memfd_create("fnfuzz-record")
    os.ftruncate(number, PAGE + size)
    return number


class _Ring:
    __slots__ = ("_counters", "_data", "_map", "capacity")

    def __init__(self, number: int) -> None:
        self._map = mmap.mmap(number, os.fstat(number).st_size)
        whole = memoryview(self._map)
        self._counters = whole[:PAGE].cast("Q")
        self._data = whole[PAGE:]
        self.capacity = len(self._data)


class RingWriter(_Ring):
    """The relay's end. ``pipe`` is where the reader waits."""

    __slots__ = ("_at", "_head", "_pipe", "_tail", "_told")

    def __init__(self, number: int, pipe: int) -> None:
        super().__init__(number)
        self._pipe = pipe
        self._head = self._tail = self._told = self._at = 0

    @property
    def unpublished(self) -> int:
        """Bytes that the reader was not told of."""
        return self._head - self._told

    @property
    def filled(self) -> int:
        """Bytes that the reader has not taken out."""
        self._tail = self._counters[TAIL]
        return self._head - self._tail

    def room(self, size: int = FRAME_ROOM) -> memoryview | None:
        """Where the next frame's bytes go, ``size`` of them at most; None while there is no room."""
        needed = HEADER.size + size
        at = self._head % self.capacity
        skipped = self.capacity - at if self.capacity - at < needed else 0
        most = self.capacity - skipped - needed
        if self._head - self._tail > most and self.filled > most:
            return None
        if skipped:
            if skipped >= HEADER.size:
                HEADER.pack_into(self._data, at, 0, 0, 0, Kind.WRAP)
            self._head += skipped
            at = 0
        self._at = at
        begin = at + HEADER.size
        return self._data[begin : begin + size]

    def commit(self, kind: int, connection: int, size: int, at: int) -> None:
        """The first ``size`` bytes of what ``room`` gave last are a frame now."""
        HEADER.pack_into(self._data, self._at, at, connection, size, kind)
        self._head += (HEADER.size + size + 7) & ~7
        self._counters[HEAD] = self._head

    def put(self, kind: int, connection: int, data: bytes, at: int) -> bool:
        """A whole frame; False when there is no room for it."""
        room = self.room(len(data))
        if room is None:
            return False
        room[: len(data)] = data
        self.commit(kind, connection, len(data), at)
        return True

    def publish(self) -> None:
        """Tell the reader. A pipe that is full of news needs no more of it now. Raises BrokenPipeError."""
        try:
            os.write(self._pipe, self._head.to_bytes(8, "little"))
        except BlockingIOError:
            return
        self._told = self._head


class RingReader(_Ring):
    """The writer's end."""

    __slots__ = ("_tail",)

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self._tail = self._counters[TAIL]

    @property
    def head(self) -> int:
        """What the relay has put in; to be looked at only when it is gone."""
        return self._counters[HEAD]

    def frames(self, until: int) -> Iterator[Frame]:
        """The frames before the count ``until``; each one's room is given back when the next is asked for."""
        while self._tail < until:
            at = self._tail % self.capacity
            left = self.capacity - at
            if left < HEADER.size:
                self._tail += left
                continue
            when, connection, size, kind = HEADER.unpack_from(self._data, at)
            if kind == Kind.WRAP:
                self._tail += left
                continue
            begin = at + HEADER.size
            yield Frame(when, connection, kind, self._data[begin : begin + size])
            self._tail += (HEADER.size + size + 7) & ~7
            self._counters[TAIL] = self._tail
        self._counters[TAIL] = self._tail
