"""Records by their place, with the frames they are in unpacked once."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Final

from fnfuzz.corpus.format.frames import frame_at
from fnfuzz.corpus.format.index import Index
from fnfuzz.corpus.format.segment import PackedRow, Segment

__all__ = ["FrameCache"]

FRAMES: Final = 32
"""Frames that are kept while records are read in another order than that of the files."""


class FrameCache:
    """The frames that were read last."""

    def __init__(self) -> None:
        self._frames: OrderedDict[tuple[Path, int], list[PackedRow]] = OrderedDict()
        self._last: tuple[Index, int, list[PackedRow]] | None = None
        """The frame that was read from last, where it begins in its index."""

    def row(self, segment: Segment, index: Index, place: int) -> PackedRow | None:
        """The record at ``place``; None when it cannot be read, which was told."""
        if self._last is not None:
            of, first, frame = self._last
            if of is index and 0 <= place - first < len(frame):
                return frame[place - first]
        offset, position = index.frame_of(place)
        spot = (segment.path, offset)
        rows = self._frames.get(spot)
        if rows is None:
            rows = self._frames[spot] = _rows(segment, index, offset)
            if len(self._frames) > FRAMES:
                self._frames.popitem(last=False)
        else:
            self._frames.move_to_end(spot)
        self._last = index, place - position, rows
        return rows[position] if position < len(rows) else None


def _rows(segment: Segment, index: Index, offset: int) -> list[PackedRow]:
    with segment.reader() as (read, size):
        frame = frame_at(read, offset, index.key, size)
        if frame is None:
            segment.tell(offset, "the head of a frame is damaged")
            return []
        return segment.read_rows(read, frame)
