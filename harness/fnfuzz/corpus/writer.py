"""Writing: records gather into frames, frames are appended to a segment that belongs to this writer alone."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Final

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.files import listed, sync_folder, write_all
from fnfuzz.corpus.format.bodies import Bodies
from fnfuzz.corpus.format.frames import compress_frame, compressor, segment_head, segment_key
from fnfuzz.corpus.format.index import KEY_BYTES, Entries
from fnfuzz.corpus.format.packing import Packing, exchange_id
from fnfuzz.corpus.format.rows import RowError, circumstances_row, exchange_row
from fnfuzz.corpus.format.schema import SCHEMA
from fnfuzz.corpus.format.segment import NAME
from fnfuzz.corpus.model import Record

__all__ = ["FRAME_RECORDS", "Writer"]

FRAME_RECORDS: Final = 256
FRAME_BYTES: Final = 1024 * 1024
"""A frame ends with the record that makes it as long as this."""

RECORD_BYTES: Final = 8 * 1024 * 1024
"""The most that one record may have, apart from large bodies."""

SEGMENT_BYTES: Final = 64 * 1024 * 1024
"""A segment that is as long as this is finished, and another one begun; git hosts take files of up to 100 MB."""


class Writer:
    """Appends records to a corpus; a context manager, for one thread.

    What was flushed survives whatever ends this process. ``close`` has it on the disk as well.
    """

    def __init__(
        self, segments: Path, bodies: Bodies, finished: Callable[[str, Entries], None], *, suffix: str = ""
    ) -> None:
        """``finished`` is given each segment's name and entries; ``suffix`` hides files that nobody may see yet."""
        self._segments = segments
        self._finished = finished
        self._suffix = suffix
        self._packing = Packing(bodies.keep)
        self._compressor = compressor()
        self._descriptor = -1
        self._begin_frame()

    def add(self, record: Record) -> str:
        """Take a record, and give its id. After 256 records, or with ``flush``, it is in the file.

        Raises CorpusError for a record that cannot be kept, or when those that gathered cannot be written; ``lost``
        says how many are gone then. The writer can go on with the next one.
        """
        packing = self._packing
        try:
            exchange = packing.pack(exchange_row(record, packing.keep))
            circumstances = packing.pack(circumstances_row(record, packing.keep))
        except RowError as error:
            raise CorpusError(f"this record cannot be kept: {error}", lost=1) from error
        except OSError as error:
            why = error.strerror or str(error)
            raise CorpusError(f"a large body cannot be written: {why}", self._segments.parent, lost=1) from error
        digest = exchange_id(exchange)
        length = len(exchange) + len(circumstances)
        if length > RECORD_BYTES:
            raise CorpusError(f"this record has {length:,} bytes of names and texts; {RECORD_BYTES:,} is most", lost=1)
        self._pending.append((exchange, circumstances, digest, record.at))
        self._length += length
        if len(self._pending) >= FRAME_RECORDS or self._length >= FRAME_BYTES:
            self.flush()
        return digest.hex()

    def flush(self, *, sync: bool = False) -> None:
        """Write what has gathered; with ``sync`` it outlives the machine too. Raises CorpusError as ``add`` does."""
        count = len(self._pending)
        try:
            if count:
                self._write()
            if sync and self._descriptor >= 0:
                os.fsync(self._descriptor)
        except OSError as error:
            raise CorpusError(f"cannot be written: {error.strerror or error}", self._segments, lost=count) from error
        finally:
            self._begin_frame()
        if self._descriptor >= 0 and self._entries.covered >= SEGMENT_BYTES:
            self._finish()

    def close(self) -> None:
        """Flush, and finish the segment. Raises CorpusError as ``add`` does."""
        try:
            self.flush(sync=True)
        finally:
            self._finish()

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin_frame(self) -> None:
        self._pending: list[tuple[bytes, bytes, bytes, int]] = []
        self._length = 0

    def _write(self) -> None:
        exchanges, circumstances, digests, times = zip(*self._pending, strict=True)
        payload = b"".join(chain.from_iterable(zip(exchanges, circumstances, strict=True)))
        if self._descriptor < 0:
            self._begin_segment(segment_key(payload))
        entries = self._entries
        frame = compress_frame(payload, entries.key, SCHEMA, len(digests), entries.number, self._compressor)
        start = entries.covered
        try:
            write_all(self._descriptor, frame if entries.number else segment_head(entries.key) + frame)
        except OSError:
            self._take_back(start if entries.number else 0)
            raise
        keys = b"".join([digest[:KEY_BYTES] for digest in digests])
        entries.add_frame(start, start + len(frame), entries.number, keys, times)

    def _begin_segment(self, key: bytes) -> None:
        number = max((int(found[1]) for found in map(NAME.match, listed(self._segments)) if found), default=0)
        while self._descriptor < 0:
            number += 1
            if number >= 10**12:
                raise CorpusError(
                    "no number is left for a segment; `fnfuzz corpus merge` makes a new corpus", self._segments
                )
            self._name = f"{number:06}-{key.hex()}.fnfuzz"
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
            # Two writers may choose the same name at once; only one of them makes the file.
            with contextlib.suppress(FileExistsError):
                self._descriptor = os.open(self._segments / (self._name + self._suffix), flags, 0o644)
        self._entries = Entries(key)

    def _take_back(self, length: int) -> None:
        """Cut a frame off that was written in part. If not even that is possible, what follows goes elsewhere."""
        try:
            os.ftruncate(self._descriptor, length)
        except OSError:
            self._finish()

    def _finish(self) -> None:
        if self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        if self._entries.number:
            sync_folder(self._segments)
            self._finished(self._name, self._entries)
        else:
            (self._segments / (self._name + self._suffix)).unlink(missing_ok=True)
