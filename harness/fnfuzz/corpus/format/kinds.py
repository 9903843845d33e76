"""What kind of record each one of a segment is: a cache beside the index, so that searching need not read all records.

``index/<segment>.kinds`` is one compressed msgpack row behind the segment's key, its covered length, the length of the
row and a checksum. The row holds the distinct kinds, and for every record the number of its kind, its bytes sent and
answered, and how long it took.
"""

from __future__ import annotations

import contextlib
import struct
from array import array
from collections.abc import Iterator
from dataclasses import astuple, dataclass, field, fields
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import msgpack
import zstandard

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.files import listed, read_small, replace_file
from fnfuzz.corpus.format.bodies import Bodies
from fnfuzz.corpus.format.index import Index, little_endian
from fnfuzz.corpus.format.packing import BodyRef, unpacked
from fnfuzz.corpus.format.rows import RowError, exchange_row, record_of, sizes
from fnfuzz.corpus.format.segment import PackedRow, Segment
from fnfuzz.corpus.format.typed import usual_record
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.shape import SHAPE_LIMIT, shape, status, trigger
from fnfuzz.frozen import quick_dataclass

__all__ = ["Kind", "Kinds", "kinds_of"]

VERSION: Final = 1
_HEAD: Final = struct.Struct("<8s8sQQ16s")
_MAGIC: Final = b"fnfzknd1"
_LARGEST: Final = 1024 * 1024 * 1024
_LARGE: Final = bytes(SHAPE_LIMIT + 1)
"""Stands for a body that is too large to be looked into."""


@quick_dataclass(frozen=True)
class Kind:
    """What records are told apart by. ``shape`` is empty for a record that cannot be read."""

    contract: str = ""
    function: str = ""
    trigger: str = ""
    status: str = ""
    shape: str = ""


@dataclass(slots=True)
class Kinds:
    """The distinct ``kinds``, and one entry for each record in the other columns; ``elapsed`` in microseconds."""

    kinds: list[Kind] = field(default_factory=list)
    which: array[int] = field(default_factory=lambda: array("I"))
    sent: array[int] = field(default_factory=lambda: array("Q"))
    answered: array[int] = field(default_factory=lambda: array("Q"))
    elapsed: array[int] = field(default_factory=lambda: array("Q"))


class _Unfit(Exception):
    """The cache is damaged, or of another time."""


def kinds_of(folder: Path, segment: Segment, index: Index, bodies: Bodies) -> Kinds:
    """The kinds of all records that ``index`` knows, from the cache if it fits, else from the records."""
    path = folder / f"{segment.name}.kinds"
    with contextlib.suppress(OSError, CorpusError, _Unfit):
        listed(folder)
        return _from_bytes(read_small(path, _LARGEST), index)
    kinds = _made(segment, index, bodies)
    with contextlib.suppress(OSError, CorpusError):
        # Where there is no folder for it, as in a read-only corpus, it is made again each time.
        listed(folder)
        replace_file(path, _to_bytes(kinds, index))
    return kinds


def _made(segment: Segment, index: Index, bodies: Bodies) -> Kinds:
    kinds, numbers = Kinds(), dict[Kind, int]()
    with segment.reader() as (read, size):
        for frame in segment.frames(read, size):
            if frame.end > index.covered:
                break
            for row in segment.read_rows(read, frame):
                kind, sent, answered, elapsed = _kind(row, bodies)
                number = numbers.setdefault(kind, len(numbers))
                kinds.which.append(number)
                kinds.sent.append(sent)
                kinds.answered.append(answered)
                kinds.elapsed.append(elapsed)
    kinds.kinds = list(numbers)
    return kinds


def _kind(row: PackedRow, bodies: Bodies) -> tuple[Kind, int, int, int]:
    record = usual_record(row.exchange, row.circumstances)
    if record is not None:
        # Nothing in it is so long that something else stands for it.
        return _kind_of(record), *sizes(exchange_row(record, lambda value: value), len), record.elapsed

    def load(value: Any) -> bytes:
        if type(value) is not BodyRef:
            raise RowError("expected bytes")
        return bodies.load(value) if value.length <= SHAPE_LIMIT else _LARGE

    try:
        exchange = unpacked(row.exchange)
        record = record_of(exchange, unpacked(row.circumstances), load)
        sent, answered = sizes(exchange, _length)
    except (RowError, CorpusError):
        return Kind(), 0, 0, 0
    return _kind_of(record), sent, answered, record.elapsed


def _kind_of(record: Record) -> Kind:
    return Kind(record.contract, record.function, trigger(record), status(record), shape(record))


def _length(value: Any) -> int:
    length: int = value.length if type(value) is BodyRef else len(value)
    return length


def _to_bytes(kinds: Kinds, index: Index) -> bytes:
    columns = [_compact(column) for column in (kinds.which, kinds.sent, kinds.answered, kinds.elapsed)]
    row = msgpack.packb([VERSION, [astuple(kind) for kind in kinds.kinds], *columns], unicode_errors="surrogatepass")
    packed = zstandard.ZstdCompressor(level=3, write_content_size=True).compress(row)
    return _HEAD.pack(_MAGIC, index.key, index.covered, len(row), _digest(packed)) + packed


def _from_bytes(data: bytes, index: Index) -> Kinds:
    if len(data) < _HEAD.size:
        raise _Unfit
    magic, key, covered, length, digest = _HEAD.unpack_from(data)
    packed = data[_HEAD.size :]
    if (magic, key, covered, digest) != (_MAGIC, index.key, index.covered, _digest(packed)) or length > _LARGEST:
        raise _Unfit
    try:
        if zstandard.frame_content_size(packed) != length:
            raise _Unfit
        row = msgpack.unpackb(
            zstandard.ZstdDecompressor().decompress(packed, length),
            unicode_errors="surrogatepass",
            max_array_len=index.count + len(fields(Kind)),
            max_map_len=0,
            max_ext_len=0,
        )
        version, kinds, *columns = row
        read = Kinds([Kind(*map(str, kind)) for kind in kinds], *map(_column, "IQQQ", columns))
    except (ValueError, TypeError, RecursionError, zstandard.ZstdError, msgpack.exceptions.UnpackException) as error:
        raise _Unfit from error
    if version != VERSION or {len(column) for column in _columns(read)} != {index.count}:
        raise _Unfit
    if index.count and max(read.which) >= len(read.kinds):
        raise _Unfit
    return read


def _columns(kinds: Kinds) -> Iterator[array[int]]:
    yield from (kinds.which, kinds.sent, kinds.answered, kinds.elapsed)


def _compact(column: array[int]) -> bytes:
    return little_endian(column).tobytes()


def _column(kind: str, data: bytes) -> array[int]:
    column = array(kind)
    column.frombytes(data)
    return little_endian(column)


def _digest(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=16).digest()
