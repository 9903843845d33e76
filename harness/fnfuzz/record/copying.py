"""The relay's side of the copy: what happens with bytes for which the ring has no room, and what was lost so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fnfuzz.record.ring import FRAME_ROOM, Kind, RingWriter

__all__ = ["GAP_SIZE", "Copying", "gap_sizes"]

LONGEST_HOLD: Final = 1.0
"""Seconds for which traffic is held while the ring is full. Held traffic is slow, not lost, and the writer goes on
meanwhile; but nothing that the writer does may stop traffic for longer than this, except in strict mode."""

PUBLISHED: Final = 256 * 1024
"""Bytes after which the writer is told of them at once, and not with the next beat."""

BEAT: Final = 0.02
"""Seconds after which the writer is told of what has come. Waking it for every exchange would cost the relay as much as
relaying the exchange."""

GAP_SIZE: Final = 16


def gap_sizes(data: memoryview) -> tuple[int, int]:
    """Bytes and exchanges of a GAP frame."""
    return int.from_bytes(data[:8], "little"), int.from_bytes(data[8:GAP_SIZE], "little")


@dataclass(slots=True)
class _Gap:
    """What one connection has lost since its last frame."""

    size: int = 0
    exchanges: int = 0
    last: int = 0
    closed: bool = False

    def add(self, kind: int, size: int) -> None:
        # A request that follows an answer begins an exchange; pipelined ones look like one.
        if kind == Kind.UP and self.last != Kind.UP:
            self.exchanges += 1
        self.last = kind
        self.size += size


class Copying:
    """``wait`` lets a moment pass, without traffic, in which signals are still passed on; it returns False when the
    relay is to end.

    ``broken`` says why nothing more can be recorded; then, and while the ring stays full, bytes only count as lost.
    """

    def __init__(self, ring: RingWriter, wait: Callable[[float], bool], *, strict: bool) -> None:
        self.broken = ""
        self.lost_bytes = self.lost_exchanges = 0
        self.held = 0.0
        self._ring = ring
        self._wait = wait
        self._patience = float("inf") if strict else LONGEST_HOLD
        self._losing = False
        self._gaps: dict[int, _Gap] = {}
        self._scratch = memoryview(bytearray(FRAME_ROOM))
        self._next_beat = 0.0

    @property
    def untold(self) -> tuple[int, int]:
        """Bytes and exchanges that were lost and that the writer does not know of."""
        gaps = self._gaps.values()
        return sum(gap.size for gap in gaps), sum(gap.exchanges for gap in gaps)

    def room(self, connection: int) -> memoryview:
        """Where bytes may be received into; ``commit`` with as many as came, or nothing, is next."""
        if not self._losing and not self._gaps:
            room = self._ring.room()
            if room is not None:
                return room
        return self._room(connection)

    def commit(self, kind: int, connection: int, size: int) -> None:
        """So many bytes came into the room."""
        if self._losing:
            self._lose(kind, connection, size)
        else:
            self._ring.commit(kind, connection, size, time.monotonic_ns())

    def note(self, kind: Kind, connection: int = 0, data: bytes = b"") -> None:
        """Something happened that is no traffic."""
        if self._ready(connection) and (self._ring.room(len(data)) is not None or self._hold(len(data))):
            self._ring.put(kind, connection, data, time.monotonic_ns())
        elif kind == Kind.CLOSED and not self.broken:
            self._gaps.setdefault(connection, _Gap()).closed = True
        elif kind == Kind.CLOSED:
            self._gaps.pop(connection, None)

    def fail(self, why: str) -> None:
        """Nothing more can be recorded."""
        self.broken = self.broken or why
        self._losing = True

    def beat(self) -> float | None:
        """Tell the writer what came, when it is time. Seconds until the next time; None while there is nothing."""
        if self.broken or not self._ring.unpublished:
            return None
        now = time.monotonic()
        if self._ring.unpublished > PUBLISHED or now >= self._next_beat:
            self._publish()
            self._next_beat = now + BEAT
            return BEAT if self._ring.unpublished else None
        return self._next_beat - now

    def flush(self) -> None:
        """Tell the writer everything, now."""
        while not self.broken and self._ring.unpublished:
            self._publish()
            if self._ring.unpublished and not self._wait(0.002):
                break

    def _publish(self) -> None:
        try:
            self._ring.publish()
        except OSError:
            self.fail("the process that writes the corpus has ended")

    def _room(self, connection: int) -> memoryview:
        if self._ready(connection) and (self._ring.room() is not None or self._hold(FRAME_ROOM)):
            room = self._ring.room()
            assert room is not None
            return room
        self._losing = True
        return self._scratch

    def _ready(self, connection: int) -> bool:
        """Is what comes next on this connection recorded, and does the writer know what is missing before it?"""
        return (not self._losing or self._recovered()) and (connection not in self._gaps or self._tell_gap(connection))

    def _hold(self, size: int) -> bool:
        """Wait until there is room; False, and the beginning of a loss, when there is none for too long."""
        began = time.monotonic()
        while not self.broken and self._ring.room(size) is None:
            self._publish()
            self.held = time.monotonic() - began
            if self.held > self._patience or not self._wait(0.001):
                self._losing = True
                break
        return not self.broken and not self._losing

    def _recovered(self) -> bool:
        """After a loss the ring is left alone until it is half empty, so that what comes next is whole."""
        if not self.broken and self._ring.filled * 2 < self._ring.capacity:
            self._losing = False
            for connection in [number for number, gap in self._gaps.items() if gap.closed]:
                if self._tell_gap(connection):
                    self.note(Kind.CLOSED, connection)
        return not self._losing

    def _lose(self, kind: int, connection: int, size: int) -> None:
        gap = self._gaps.setdefault(connection, _Gap())
        before = gap.exchanges
        gap.add(kind, size)
        self.lost_bytes += size
        self.lost_exchanges += gap.exchanges - before

    def _tell_gap(self, connection: int) -> bool:
        gap = self._gaps[connection]
        data = gap.size.to_bytes(8, "little") + gap.exchanges.to_bytes(8, "little")
        if self._ring.put(Kind.GAP, connection, data, time.monotonic_ns()):
            del self._gaps[connection]
            return True
        return False
