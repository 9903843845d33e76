"""Avro container files, block by block: the framing alone, so that no block is unpacked beyond a bound.

The layout is that of the Avro specification, "Object Container Files": magic, metadata, a marker of 16 bytes, then
blocks of a count, a length, that many bytes, and the marker again.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from fnfuzz.corpus.importing.model import ImportRefused
from fnfuzz.corpus.importing.source import opened

__all__ = ["MAX_BLOCK", "Block", "blocks"]

MAX_BLOCK = 64 * 1024 * 1024
MAX_METADATA = 1024 * 1024
MAX_ENTRIES = 100
MAGIC = b"Obj\x01"

Block = tuple[int, int, bytes]
"""The offset of a block in its file, the number of records in it, and their bytes."""


class _File:
    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file, self.path = file, path

    def refuse(self, message: str) -> ImportRefused:
        return ImportRefused(message, self.path, self.file.tell())

    def take(self, size: int) -> bytes:
        data = self.file.read(size)
        if len(data) < size:
            raise self.refuse("ends in the middle; the file is cut off")
        return data

    def at_end(self) -> bool:
        """Is there nothing more?"""
        found = self.file.read(1)
        self.file.seek(-len(found), os.SEEK_CUR)
        return not found

    def whole(self) -> int:
        """A zigzag number of variable length."""
        value = shift = 0
        while shift < 64:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)
            shift += 7
        raise self.refuse("holds a number that is too long; the file is damaged")

    def sized(self, limit: int) -> bytes:
        size = self.whole()
        if not 0 <= size <= limit:
            raise self.refuse(f"holds a piece of {size} bytes; fnfuzz reads up to {limit >> 20} MiB")
        return self.take(size)

    def metadata(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        while count := self.whole():
            if count < 0:
                self.whole()
            if abs(count) > MAX_ENTRIES - len(found):
                raise self.refuse("has too much metadata for a capture")
            for _ in range(abs(count)):
                key = self.sized(MAX_METADATA).decode("utf-8", "replace")
                found[key] = self.sized(MAX_METADATA)
        return found


def blocks(path: Path, check: Callable[[bytes], None]) -> Iterator[Block]:
    """The blocks of the file, unpacked; ``check`` is given its schema first.

    Raises ImportRefused for a file that is damaged or cut off.
    """
    with opened(path) as file:
        reader = _File(file, path)
        if reader.take(4) != MAGIC:
            raise reader.refuse("is no Avro container")
        metadata = reader.metadata()
        codec = metadata.get("avro.codec", b"null")
        if codec not in (b"null", b"deflate"):
            name = codec[:20].decode("ascii", "replace")
            raise reader.refuse(f"is packed with {name}; captures use deflate or null, write it again so")
        check(metadata.get("avro.schema", b""))
        marker = reader.take(16)
        while not reader.at_end():
            offset = file.tell()
            count, data = reader.whole(), reader.sized(MAX_BLOCK)
            if reader.take(16) != marker:
                raise reader.refuse("has a block with a wrong end; the file is damaged")
            data = _unpacked(reader, data) if codec == b"deflate" else data
            if not 0 <= count <= len(data):
                raise reader.refuse(f"has a block of {count} records in {len(data)} bytes; it is damaged")
            yield offset, count, data


def _unpacked(reader: _File, data: bytes) -> bytes:
    unpacker = zlib.decompressobj(-15)
    try:
        content = unpacker.decompress(data, MAX_BLOCK)
    except zlib.error as error:
        raise reader.refuse(f"has a block that cannot be unpacked ({error})") from error
    if unpacker.unconsumed_tail:
        raise reader.refuse(f"has a block that unpacks to more than {MAX_BLOCK >> 20} MiB")
    return content
