"""Making an index from a segment, and finding out whether one that was kept still fits it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final

from fnfuzz.corpus.errors import CorpusError, Damage
from fnfuzz.corpus.files import listed, opened, replace_file
from fnfuzz.corpus.format.frames import HEAD, frame_at
from fnfuzz.corpus.format.index import KEY_BYTES, Entries, Index, IndexDamaged, read_index
from fnfuzz.corpus.format.packing import exchange_id, unpacked
from fnfuzz.corpus.format.rows import RowError
from fnfuzz.corpus.format.segment import PackedRow, Segment
from fnfuzz.corpus.mark import is_read_only

__all__ = ["fits", "kept_index", "made_index", "write_index"]

_IGNORED: Final = "*\n"


def kept_index(folder: Path, segment: Segment) -> Index:
    """The index on disk. Raises IndexDamaged when there is none that can be read; it may be behind."""
    path = _path(folder, segment.name)

    def read(at: int, count: int) -> bytes:
        try:
            with opened(path) as descriptor:
                return os.pread(descriptor, count, at)
        except (OSError, CorpusError) as error:
            raise IndexDamaged from error

    try:
        listed(folder)
    except CorpusError as error:
        raise IndexDamaged from error
    return read_index(read, _key(segment))


def made_index(folder: Path, segment: Segment, before: Index | None) -> Index:
    """The index of all that is in the segment now, kept if possible; ``before`` is one that fits its beginning."""
    told: list[Damage] = []
    try:
        entries = _grown(Segment(segment.path, told.append), before)
    except IndexDamaged:
        entries = _grown(Segment(segment.path, told.append), None)
    for damage in told:
        segment.told(damage)
    if entries is None:
        assert before is not None
        return before
    # What is wrong behind the last frame may be one that is just being written: it is looked at again each time.
    entries.damage += [(damage.offset, damage.message) for damage in told if damage.offset < entries.covered]
    data = entries.to_bytes()
    with contextlib.suppress(OSError, CorpusError):
        write_index(folder, segment.name, data)
    return read_index(lambda at, count: data[at : at + count])


def _grown(segment: Segment, before: Index | None) -> Entries | None:
    """What ``before`` covers and all that came after; None if nothing did. Raises IndexDamaged if ``before`` is."""
    entries = Entries(_key(segment)) if before is None else None
    start, number = (before.covered, before.number) if before is not None else (0, 0)
    with segment.reader() as (read, size):
        for frame in segment.frames(read, size, start, number):
            rows = segment.read_rows(read, frame)
            if rows:
                entries = entries or before.entries()  # type: ignore[union-attr] # one of the two is there
                keys = b"".join([exchange_id(row.exchange)[:KEY_BYTES] for row in rows])
                entries.add_frame(frame.start, frame.end, frame.number, keys, map(_time, rows))
    return entries


def write_index(folder: Path, name: str, data: bytes) -> None:
    """Keep the index of the segment ``name``, unless the corpus is read-only. Raises OSError or CorpusError."""
    if is_read_only(folder.parent):
        return
    folder.mkdir(exist_ok=True)
    listed(folder)
    ignore = folder / ".gitignore"
    if not ignore.exists():
        replace_file(ignore, _IGNORED.encode())
    replace_file(_path(folder, name), data)


def fits(index: Index, segment: Segment) -> bool:
    """Does every frame lie where the index says, and nothing between them that it does not know of?"""
    told = [offset for offset, _ in index.damage]
    ends = [*index.firsts, index.count][1:]
    at = HEAD.size
    with segment.reader() as (read, size):
        if index.covered > size:
            return False
        for offset, first, last in zip(index.offsets, index.firsts, ends, strict=True):
            frame = frame_at(read, offset, index.key, size)
            if frame is None or (last - first != frame.count and offset not in told):
                return False
            if offset != at and not any(at <= found < offset for found in told):
                return False
            at = frame.end
    return at == index.covered


def _time(row: PackedRow) -> int:
    try:
        circumstances = unpacked(row.circumstances)
    except RowError:
        return 0
    at = circumstances[2] if type(circumstances) is tuple and len(circumstances) > 2 else 0
    return at if type(at) is int and 0 <= at < 2**62 else 0


def _key(segment: Segment) -> bytes:
    return bytes.fromhex(segment.name.partition("-")[2][:16])


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.index"
