"""The bytes of a segment file: a head, then frames, each compressed, checksummed and readable without the others.

    head    8 bytes magic, u16 layout, 8 bytes segment key, u32 CRC-32 of the head
    frame   4 bytes mark, 8 bytes segment key, u16 schema, u16 records, u32 number (from 0), u32 length when unpacked,
            u32 length as it lies here, 8 bytes BLAKE2b of what lies here, u32 CRC-32 of these 36 bytes; then the
            payload, which is one zstandard frame with its content size

All numbers are little-endian. The payload of a frame is the rows of its records, two msgpack objects for each. The
segment key comes from the content of the first frame: bytes of a payload that look like a frame, as a client may send
them, do not have it.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, TypeAlias

import zstandard

from fnfuzz.corpus.errors import CorpusError

__all__ = [
    "HEAD",
    "Frame",
    "Gap",
    "Reader",
    "compress_frame",
    "compressor",
    "decompressed",
    "found_frames",
    "frame_at",
    "segment_head",
    "segment_key",
]

MAGIC: Final = b"\x89fnfuzz\n"
LAYOUT: Final = 1
MARK: Final = b"\xf5Fz\n"
MAX_UNPACKED: Final = 16 * 1024 * 1024
"""Bytes of one frame's rows; the writer ends a frame long before."""

HEAD: Final = struct.Struct("<8sH8sI")
FRAME: Final = struct.Struct("<4s8sHHIII8sI")
_LEVEL: Final = 3
_STEP: Final = 1024 * 1024

Reader: TypeAlias = Callable[[int, int], bytes]
"""Gives the bytes of a file from an offset on, as many as asked for or as there are."""


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a frame lies, and what its head says. ``start`` and ``end`` are offsets in the file."""

    start: int
    end: int
    key: bytes
    schema: int
    count: int
    number: int
    unpacked: int
    digest: bytes

    @property
    def payload(self) -> int:
        """Where the compressed bytes begin."""
        return self.start + FRAME.size


@dataclass(frozen=True, slots=True)
class Gap:
    """Bytes, or whole frames, that cannot be read. ``last`` says that nothing readable comes after it."""

    offset: int
    message: str
    last: bool = False


def segment_key(payload: bytes) -> bytes:
    """The key of a segment whose first frame has this payload."""
    return blake2b(payload, digest_size=8, person=b"fnfuzz-segment").digest()


def segment_head(key: bytes) -> bytes:
    """The head of the file."""
    head = HEAD.pack(MAGIC, LAYOUT, key, 0)[:-4]
    return head + struct.pack("<I", zlib.crc32(head))


def compress_frame(
    payload: bytes, key: bytes, schema: int, count: int, number: int, packer: zstandard.ZstdCompressor
) -> bytes:
    """The frame for ``payload``, head and all."""
    packed = packer.compress(payload)
    head = FRAME.pack(MARK, key, schema, count, number, len(payload), len(packed), _digest(packed), 0)[:-4]
    return b"".join((head, struct.pack("<I", zlib.crc32(head)), packed))


def compressor() -> zstandard.ZstdCompressor:
    """What ``compress_frame`` takes; it can be used again and again by one thread."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True)


def found_frames(read: Reader, size: int, start: int = 0, number: int = 0) -> Iterator[Frame | Gap]:
    """Every frame whose head is intact, and the gaps, from ``start`` on: 0, or the end of frame ``number`` - 1.

    Reads heads only, so a frame may still turn out to be damaged when it is read. Each byte is looked at once at most.
    Raises CorpusError for a layout of a newer fnfuzz.
    """
    key, wrong = _segment_key_of(read(0, HEAD.size))
    if wrong and not start:
        yield Gap(0, wrong, last=size < HEAD.size)
    at = max(start, HEAD.size)
    while at < size:
        frame = _frame_at(read(at, FRAME.size), at, key, size)
        if isinstance(frame, str):
            after = _next_mark(read, at + 1, size, key)
            yield Gap(at, frame, last=after is None)
            at = size if after is None else after
            continue
        if frame.number > number:
            yield Gap(at, f"{frame.number - number:,} frames are missing before this one")
        key, number, at = frame.key, frame.number + 1, frame.end
        yield frame


def frame_at(read: Reader, at: int, key: bytes, size: int) -> Frame | None:
    """The frame that begins at ``at`` in a file of ``size`` bytes, if one does."""
    frame = _frame_at(read(at, FRAME.size), at, key, size)
    return None if isinstance(frame, str) else frame


def decompressed(frame: Frame, read: Reader) -> bytes:
    """The rows of a frame. Raises CorpusError, with the offset, if its bytes are not those that were written."""
    packed = read(frame.payload, frame.end - frame.payload)
    if len(packed) != frame.end - frame.payload or _digest(packed) != frame.digest:
        raise CorpusError(
            f"the {frame.count:,} records of this frame are damaged: its checksum is wrong", offset=frame.start
        )
    try:
        # zstandard takes the size from the data for the truth and makes room for it.
        if zstandard.frame_content_size(packed) != frame.unpacked:
            raise CorpusError("this frame unpacks to another size than its head says", offset=frame.start)
        return zstandard.ZstdDecompressor().decompress(packed, frame.unpacked, allow_extra_data=False)
    except zstandard.ZstdError as error:
        raise CorpusError(f"this frame cannot be unpacked: {error}", offset=frame.start) from error


def _digest(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=8).digest()


def _segment_key_of(head: bytes) -> tuple[bytes | None, str]:
    """The key of the segment, or None and what is wrong with its head."""
    if not head:
        return None, "the file is empty"
    if len(head) < HEAD.size:
        return None, "the file ends within its head"
    magic, layout, key, check = HEAD.unpack(head)
    if zlib.crc32(head[:-4]) != check or magic != MAGIC:
        return None, "the head of the file is damaged" if head[:8] == MAGIC else "this is no segment of a corpus"
    if layout != LAYOUT:
        raise CorpusError(
            f"was written by a newer fnfuzz (layout {layout}, this one knows {LAYOUT}); please update fnfuzz"
        )
    return key, ""


def _frame_at(head: bytes, at: int, key: bytes | None, size: int) -> Frame | str:
    """The frame that begins at ``at``, or what is wrong there. Without a key any frame will do."""
    if len(head) < FRAME.size:
        return f"the file ends within the head of a frame, {len(head)} bytes after its beginning"
    mark, own, schema, count, number, unpacked, packed, digest, check = FRAME.unpack(head)
    if zlib.crc32(head[:-4]) != check or mark != MARK or own != (key or own):
        return "the head of a frame is damaged"
    if unpacked > MAX_UNPACKED or not count or count > unpacked:
        return "the head of a frame makes no sense"
    end = at + FRAME.size + packed
    if end > size:
        return f"the file ends within a frame of {count:,} records, {end - size:,} bytes too early"
    return Frame(at, end, own, schema, count, number, unpacked, digest)


def _next_mark(read: Reader, at: int, size: int, key: bytes | None) -> int | None:
    """Where the next frame of this segment with an intact head begins."""
    wanted = MARK + (key or b"")
    overlap = FRAME.size - 1
    while at < size:
        window = read(at, _STEP + overlap)
        if not window:
            return None
        spot = window.find(wanted)
        while 0 <= spot < _STEP:
            if not isinstance(_frame_at(window[spot : spot + FRAME.size], at + spot, key, size), str):
                return at + spot
            spot = window.find(wanted, spot + 1)
        at += _STEP
    return None
