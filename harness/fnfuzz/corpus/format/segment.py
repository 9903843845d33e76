"""One segment file: its frames, the packed rows in them, and the records that these are."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgpack

from fnfuzz.corpus.errors import CorpusError, Damage
from fnfuzz.corpus.files import opened
from fnfuzz.corpus.format.bodies import Bodies
from fnfuzz.corpus.format.frames import Frame, Gap, Reader, decompressed, found_frames
from fnfuzz.corpus.format.packing import BodyRef, Packing, unpacked
from fnfuzz.corpus.format.rows import Row, RowError, record_of
from fnfuzz.corpus.format.schema import SCHEMA, check_schema, migrated
from fnfuzz.corpus.format.typed import usual_record
from fnfuzz.corpus.model import Record
from fnfuzz.frozen import quick_dataclass

__all__ = ["HIDDEN", "NAME", "PackedRow", "Segment", "decoded", "loader"]

NAME: Final = re.compile(r"(\d{6,12})-([0-9a-f]{16})\.fnfuzz")
"""A segment's file: its number, by which segments are ordered, and its key."""


HIDDEN: Final = ".new"
"""Ends the name of a segment that does not count yet."""


@quick_dataclass(frozen=True)
class PackedRow:
    """One record as it lies in a frame."""

    exchange: bytes
    circumstances: bytes


@dataclass(frozen=True, slots=True)
class Segment:
    """A segment file. ``told`` is given every damage that is met in it."""

    path: Path
    told: Callable[[Damage], None]

    @property
    def name(self) -> str:
        """The file's name, also of one that is about to be renamed so."""
        return self.path.name.removesuffix(HIDDEN)

    @contextlib.contextmanager
    def reader(self) -> Iterator[tuple[Reader, int]]:
        """What reads from the file, and its size now. Raises CorpusError if it is gone or no plain file."""
        try:
            with opened(self.path) as descriptor:
                yield lambda at, count: os.pread(descriptor, count, at), os.fstat(descriptor).st_size
        except FileNotFoundError as error:
            raise CorpusError("is gone: the corpus was rewritten meanwhile; open it again", self.path) from error

    def frames(self, read: Reader, size: int, start: int = 0, number: int = 0) -> Iterator[Frame]:
        """The frames with intact heads; gaps are told."""
        try:
            for found in found_frames(read, size, start, number):
                if isinstance(found, Gap):
                    self.tell(found.offset, found.message)
                else:
                    yield found
        except CorpusError as error:
            self.tell(0, error.message)

    def rows(self, read: Reader, frame: Frame) -> list[PackedRow]:
        """The packed rows of a frame in the schema of today. Raises CorpusError for a frame that cannot be read at all;
        what is wrong within an intact one is told.
        """
        check_schema(frame.schema)
        rows = list(self._split(decompressed(frame, read), frame))
        if len(rows) != frame.count:
            self.tell(
                frame.start,
                f"this frame holds {len(rows):,} records that can be told apart; its head says {frame.count:,}",
            )
        return rows if frame.schema == SCHEMA else [_as_today(row, frame.schema) for row in rows]

    def read_rows(self, read: Reader, frame: Frame) -> list[PackedRow]:
        """As ``rows``, but a frame that cannot be read is told, and has none."""
        try:
            return self.rows(read, frame)
        except (CorpusError, RowError) as error:
            self.tell(frame.start, error.message if isinstance(error, CorpusError) else str(error))
            return []

    def tell(self, offset: int, message: str) -> None:
        """There is damage."""
        self.told(Damage(f"{self.path.parent.name}/{self.name}", offset, message))

    def _split(self, payload: bytes, frame: Frame) -> Iterator[PackedRow]:
        unpacker = msgpack.Unpacker(max_buffer_size=len(payload) + 1)
        unpacker.feed(payload)
        begin = 0
        try:
            for _ in range(frame.count):
                unpacker.skip()
                middle = unpacker.tell()
                unpacker.skip()
                end = unpacker.tell()
                yield PackedRow(payload[begin:middle], payload[middle:end])
                begin = end
            if begin < len(payload):
                self.tell(frame.start, f"this frame holds {len(payload) - begin:,} bytes after its last record")
        except (ValueError, RecursionError, msgpack.exceptions.UnpackException):
            return


def loader(bodies: Bodies) -> Callable[[Any], bytes]:
    """What ``record_of`` takes to get at bytes that are kept beside the records."""

    def load(value: Any) -> bytes:
        if type(value) is not BodyRef:
            raise RowError(f"expected bytes, not {type(value).__name__}")
        return bodies.load(value)

    return load


def decoded(row: PackedRow, load: Callable[[Any], bytes]) -> Record:
    """The record. Raises RowError, or CorpusError for a large body that cannot be read."""
    return usual_record(row.exchange, row.circumstances) or record_of(
        unpacked(row.exchange), unpacked(row.circumstances), load
    )


def _as_today(row: PackedRow, schema: int) -> PackedRow:
    pack = Packing(lambda reference, data: None).repack
    rows: tuple[Row, Row] = migrated((unpacked(row.exchange), unpacked(row.circumstances)), schema)
    return PackedRow(pack(rows[0]), pack(rows[1]))
