"""Where each record of a segment is: a cache, which is made again whenever it is missing, behind or damaged.

``index/<segment>.index`` holds, little-endian:

    head     8 bytes magic, 8 bytes segment key, u64 bytes of the segment that it covers, u32 records, u32 frames,
             u32 number of the next frame, u32 length of the damage, u32 CRC-32 of the times, u32 CRC-32 of all this
    tables   u64 offset of each frame; u32 first record of each frame; u64 first key of each block; u32 CRC-32 of each
             block; the damage in the covered part, as msgpack
    blocks   of 1,024 records, sorted by key: u64 keys, then u32 places in the segment
    times    i64 for each record, in the order of the segment

A key is the beginning of an id. A look-up reads the head, the tables and one block, whatever the size of the segment.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgpack

from fnfuzz.corpus.format.frames import HEAD, Reader

__all__ = ["KEY_BYTES", "Entries", "Index", "IndexDamaged", "little_endian", "read_index"]

KEY_BYTES: Final = 8
BLOCK: Final = 1024
MAGIC: Final = b"fnfzidx1"
_HEAD: Final = struct.Struct("<8s8sQIIIIII")
_BLOCK_BYTES: Final = BLOCK * (KEY_BYTES + 4)
_MOST_RECORDS: Final = 2**28
_MOST_DAMAGE: Final = 1024 * 1024


class IndexDamaged(Exception):
    """The index is not what was written, or does not fit its segment."""


@dataclass(slots=True)
class Entries:
    """What an index is made of. ``covered`` is where the last frame ends; ``damage`` has (offset, message) pairs."""

    key: bytes
    covered: int = HEAD.size
    number: int = 0
    keys: bytearray = field(default_factory=bytearray)
    times: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("Q"))
    firsts: array[int] = field(default_factory=lambda: array("I"))
    damage: list[tuple[int, str]] = field(default_factory=list)

    def add_frame(self, start: int, end: int, number: int, keys: bytes, times: Iterable[int]) -> None:
        """Take a frame: the keys of its records in their order, 8 bytes each, and their times."""
        self.offsets.append(start)
        self.firsts.append(len(self.times))
        self.keys += keys
        self.times.extend(times)
        self.covered = end
        self.number = number + 1

    def to_bytes(self) -> bytes:
        """The whole file."""
        keys, places = self._sorted()
        blocks = [_bytes(keys[at : at + BLOCK]) + _bytes(places[at : at + BLOCK]) for at in range(0, len(keys), BLOCK)]
        damage = msgpack.packb(self.damage)
        tables = b"".join(
            (
                _bytes(self.offsets),
                _bytes(self.firsts),
                _bytes(keys[::BLOCK]),
                _bytes(array("I", map(zlib.crc32, blocks))),
                damage,
            )
        )
        times = _bytes(self.times)
        numbers = (self.covered, len(keys), len(self.offsets), self.number, len(damage), zlib.crc32(times))
        head = _HEAD.pack(MAGIC, self.key, *numbers, 0)[:-4]
        return b"".join((head, struct.pack("<I", zlib.crc32(tables, zlib.crc32(head))), tables, *blocks, times))

    def _sorted(self) -> tuple[array[int], array[int]]:
        keys = array("Q")
        keys.frombytes(self.keys)
        if sys.byteorder == "little":
            # Keys are compared as numbers, so their first byte is the highest one.
            keys.byteswap()
        together = sorted(key << 32 | place for place, key in enumerate(keys))
        return array("Q", (item >> 32 for item in together)), array("I", (item & 0xFFFFFFFF for item in together))


@dataclass(slots=True)
class Index:
    """An index that is open. ``read`` gives its bytes; every part is checked when it is first used."""

    read: Reader
    key: bytes
    covered: int
    count: int
    number: int
    offsets: array[int]
    firsts: array[int]
    fences: array[int]
    checks: array[int]
    damage: tuple[tuple[int, str], ...]
    times_check: int
    blocks_at: int
    _blocks: dict[int, tuple[array[int], array[int]]] = field(default_factory=dict)

    def between(self, low: int, high: int) -> tuple[int, int]:
        """Positions of the first entry with a key of ``low`` or more, and of the first one above ``high``."""
        return self._position(low), self._position(high + 1)

    def entry(self, position: int) -> tuple[int, int]:
        """Key and place of an entry. Raises IndexDamaged."""
        keys, places = self._block(position // BLOCK)
        return keys[position % BLOCK], places[position % BLOCK]

    def frame_of(self, place: int) -> tuple[int, int]:
        """The offset of the frame that holds the record at ``place``, and which one of the frame's it is."""
        frame = bisect_right(self.firsts, place) - 1
        return self.offsets[frame], place - self.firsts[frame]

    def times(self) -> array[int]:
        """Time of each record. Raises IndexDamaged."""
        data = self.read(self.blocks_at + self.count * (KEY_BYTES + 4), self.count * 8)
        if len(data) != self.count * 8 or zlib.crc32(data) != self.times_check:
            raise IndexDamaged
        return _array("q", data)

    def sorted_keys(self) -> array[int]:
        """All keys, rising. Raises IndexDamaged."""
        keys = array("Q")
        for number in range(len(self.fences)):
            keys.extend(self._block(number)[0])
        return keys

    def entries(self) -> Entries:
        """What it was made of, so that it can grow. Raises IndexDamaged."""
        keys = array("Q", bytes(KEY_BYTES * self.count))
        for number in range(len(self.fences)):
            for key, place in zip(*self._block(number), strict=True):
                keys[place] = key
        self._blocks.clear()
        if sys.byteorder == "little":
            keys.byteswap()
        grown = Entries(self.key, self.covered, self.number, bytearray(keys.tobytes()), self.times())
        grown.offsets, grown.firsts, grown.damage = self.offsets[:], self.firsts[:], list(self.damage)
        return grown

    def _position(self, key: int) -> int:
        block = bisect_left(self.fences, key) - 1
        return block * BLOCK + bisect_left(self._block(block)[0], key) if block >= 0 else 0

    def _block(self, number: int) -> tuple[array[int], array[int]]:
        if number not in self._blocks:
            records = min(BLOCK, self.count - number * BLOCK)
            data = self.read(self.blocks_at + number * _BLOCK_BYTES, records * (KEY_BYTES + 4))
            if len(data) != records * (KEY_BYTES + 4) or zlib.crc32(data) != self.checks[number]:
                raise IndexDamaged
            keys, places = _array("Q", data[: records * KEY_BYTES]), _array("I", data[records * KEY_BYTES :])
            if max(places) >= self.count:
                raise IndexDamaged
            self._blocks[number] = keys, places
        return self._blocks[number]


def read_index(read: Reader, key: bytes | None = None) -> Index:
    """The index in a file. Raises IndexDamaged for anything else, and for the index of another segment than ``key``."""
    head = read(0, _HEAD.size)
    if len(head) < _HEAD.size:
        raise IndexDamaged
    magic, own, covered, count, frames, number, damage, times_check, check = _HEAD.unpack(head)
    blocks = -(-count // BLOCK)
    if magic != MAGIC or own != (key or own) or frames > count or count > _MOST_RECORDS or damage > _MOST_DAMAGE:
        raise IndexDamaged
    lengths = (8 * frames, 4 * frames, KEY_BYTES * blocks, 4 * blocks, damage)
    tables = read(_HEAD.size, sum(lengths))
    if len(tables) != sum(lengths) or zlib.crc32(tables, zlib.crc32(head[:-4])) != check:
        raise IndexDamaged
    offsets, firsts, fences, checks, told = _cut(tables, lengths)
    index = Index(
        read,
        own,
        covered,
        count,
        number,
        _array("Q", offsets),
        _array("I", firsts),
        _array("Q", fences),
        _array("I", checks),
        _damage(told),
        times_check,
        _HEAD.size + len(tables),
    )
    if count and (not frames or index.firsts[0] != 0):
        raise IndexDamaged
    return index


def _cut(data: bytes, lengths: tuple[int, ...]) -> Iterator[bytes]:
    at = 0
    for length in lengths:
        yield data[at : at + length]
        at += length


def _damage(data: bytes) -> tuple[tuple[int, str], ...]:
    try:
        told: Any = msgpack.unpackb(data, use_list=False, max_map_len=0, max_ext_len=0, max_array_len=len(data))
        return tuple((int(offset), str(message)) for offset, message in told)
    except (ValueError, TypeError, RecursionError, msgpack.exceptions.UnpackException) as error:
        raise IndexDamaged from error


def little_endian(values: array[int]) -> array[int]:
    """``values`` from or for a file, which is little-endian everywhere."""
    if sys.byteorder == "big":
        values = values[:]
        values.byteswap()
    return values


def _bytes(values: array[int]) -> bytes:
    return little_endian(values).tobytes()


def _array(kind: str, data: bytes) -> array[int]:
    values = array(kind)
    values.frombytes(data)
    return little_endian(values)
