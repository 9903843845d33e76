"""Files as people upload them: whole ones of the kinds that the source speaks of, and bytes whose lengths lie or that
end too early.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from random import Random

from fnfuzz.fuzz.mutation.metadata import SUFFIX
from fnfuzz.fuzz.mutation.repeats import MAX_MANY
from fnfuzz.fuzz.trees.tree import BODILESS, PAYLOADS, Tree, payload_tree, with_ending, with_header
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["files", "torn"]

MAX_EXTENSIONS, MAX_KINDS, MAX_BRANDS = 10, 8, 4
BRAND = re.compile(r"[a-z0-9]{4}\Z")
WHOLE = 96
"""Bytes at the beginning at which each number is changed; and so many lengths to which a file is cut."""

NUMBERS = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\1", b"\x7f\xff\xff\xff", b"\0\0", b"\xff\xff", b"\0", b"\xff")
"""What a length or an offset may not be, in four bytes, in two, in one."""

OTHER = "application/octet-stream"
ROWS = b"id,name\n1,a\n"


@dataclass(frozen=True, slots=True)
class _Kind:
    """``words``, any of which speaks of such files; ``make`` gives a small whole one."""

    extension: str
    media: str
    words: frozenset[str]
    make: Callable[[], bytes]


def _png() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    pixel = zlib.compress(b"\0\x10\x20\x30", 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def _gif() -> bytes:
    screen = struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff"
    return b"GIF89a" + screen + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\0;"


def _jpeg() -> bytes:
    def segment(marker: int, data: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, marker, len(data) + 2) + data

    frame = segment(0xC0, struct.pack(">BHHB", 8, 2, 3, 1) + b"\x01\x11\0")
    exif = segment(0xE1, b"Exif\0\0" + _tiff())
    return b"\xff\xd8" + segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0") + exif + frame + b"\xff\xd9"


def _tiff() -> bytes:
    """One directory: width, height, orientation."""
    entries = [(0x100, 3, 1, 3), (0x101, 3, 1, 2), (0x112, 3, 1, 6)]
    told = b"".join(struct.pack("<HHIHH", tag, kind, count, value, 0) for tag, kind, count, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + told + b"\0\0\0\0"


def _riff(form: bytes, kind: bytes, data: bytes) -> bytes:
    inner = form + kind + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(inner)) + inner


def _webp() -> bytes:
    return _riff(b"WEBP", b"VP8X", b"\0\0\0\0" + struct.pack("<I", 2)[:3] + struct.pack("<I", 1)[:3])


def _wav() -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8)
    return _riff(b"WAVE", b"fmt ", form + b"data" + struct.pack("<I", 4) + b"\x80\x81\x80\x7f")


def _bmp() -> bytes:
    return b"BM" + struct.pack("<IHHIIiiHHIIiiII", 58, 0, 0, 54, 40, 1, 1, 1, 24, 0, 4, 0, 0, 0, 0) + b"\x10\x20\x30\0"


def _box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + kind + data


def _boxes(brand: bytes) -> bytes:
    """ISO base media with that brand: a picture's properties, a film's head, some data."""
    extent = _box(b"ispe", struct.pack(">III", 0, 3, 2))
    meta = _box(b"meta", b"\0\0\0\0" + _box(b"iprp", _box(b"ipco", extent)))
    film = _box(b"moov", _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, 1000, 2000) + bytes(80)))
    return _box(b"ftyp", brand + b"\0\0\0\0" + brand) + meta + film + _box(b"mdat", b"abcd")


def _pdf() -> bytes:
    page = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n"
    return b"%PDF-1.4\n" + page + b"trailer\n<</Size 3/Root 1 0 R>>\nstartxref\n9\n%%EOF\n"


def _zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.json"), "{}")
        archive.writestr(zipfile.ZipInfo("a/b.csv"), ROWS)
    return out.getvalue()


KINDS: Sequence[_Kind] = (
    _Kind("png", "image/png", frozenset(("png", "ihdr")), _png),
    _Kind("jpg", "image/jpeg", frozenset(("jpg", "jpeg", "jfif", "exif")), _jpeg),
    _Kind("gif", "image/gif", frozenset(("gif", "gif8", "gif87a", "gif89a")), _gif),
    _Kind("webp", "image/webp", frozenset(("webp", "vp8x")), _webp),
    _Kind("bmp", "image/bmp", frozenset(("bmp",)), _bmp),
    _Kind("tiff", "image/tiff", frozenset(("tif", "tiff")), _tiff),
    _Kind("heic", "image/heic", frozenset(("heic", "heif", "avif", "ispe")), lambda: _boxes(b"heic")),
    _Kind("mp4", "video/mp4", frozenset(("mp4", "ftyp", "moov", "m4a", "m4v")), lambda: _boxes(b"isom")),
    _Kind("wav", "audio/wav", frozenset(("wav", "wave", "riff")), _wav),
    _Kind("pdf", "application/pdf", frozenset(("pdf", "%pdf")), _pdf),
    _Kind("zip", "application/zip", frozenset(("zip", "zipfile", "unzip")), _zip),
    _Kind("gz", "application/gzip", frozenset(("gz", "gzip", "gunzip")), lambda: gzip.compress(ROWS, mtime=0)),
)
_MEDIA: Mapping[str, str] = {kind.extension: kind.media for kind in KINDS}


def files(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Whole files of the kinds that the source speaks of, under names that end as it says."""
    made = list(_spoken_of(words))
    for key in PAYLOADS:
        if key not in tree or tree.get("method") in BODILESS:
            continue
        yield from (_sent(tree, key, data, extension, media) for data, extension, media in made)
        damaged = in_turn([(bad, extension, media) for bad in _damaged(data)] for data, extension, media in made)
        yield from (_sent(tree, key, bad, extension, media) for bad, extension, media in damaged)
    if "name" in tree:
        told = dict.fromkeys(text for text in (*words.suffixes, *words.keys, *words.texts) if SUFFIX.match(text))
        for ending in list(told)[:MAX_EXTENSIONS]:
            media = mimetypes.guess_type(f"a{ending.lower()}")[0] or OTHER
            yield {**with_ending(tree, ending), "content_type": media}


def _damaged(data: bytes) -> Sequence[bytes]:
    """A file that is cut off, in the middle, near its end or behind what tells its kind, or has a wrong byte."""
    middle = len(data) // 2
    wrong = data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]
    return data[:middle], wrong, data[:-4], data[:4], data + b"\0\1", data[:2]


def _sent(tree: Tree, key: str, data: bytes, extension: str, media: str) -> Tree:
    changed = {**tree, key: payload_tree(data)}
    if "name" in tree:
        return {**with_ending(changed, f".{extension}"), "content_type": media}
    return with_header(changed, "Content-Type", media) if "headers" in tree else changed


def _spoken_of(words: Dictionary) -> Iterator[tuple[bytes, str, str]]:
    told = {
        word.lower().lstrip(".") for word in (*words.media, *words.names, *words.keys, *words.texts, *words.suffixes)
    }
    told |= {word.partition("/")[2] for word in told if word.startswith(("image/", "video/", "audio/", "application/"))}
    found = [kind for kind in KINDS if kind.words & told][:MAX_KINDS]
    yield from ((_whole(kind), kind.extension, kind.media) for kind in found)
    if any(_whole(kind)[4:8] == b"ftyp" for kind in found):
        brands = [word for word in words.keys if BRAND.match(word) and word not in _MEDIA][:MAX_BRANDS]
        yield from ((_boxes(brand.encode()), "mp4", "video/mp4") for brand in brands)


@cache
def _whole(kind: _Kind) -> bytes:
    return kind.make()


def torn(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """A payload of bytes with each number near its beginning at what a length may not be, and cut at each length."""
    for key in PAYLOADS:
        data = _binary(tree.get(key))
        if not 0 < len(data) <= MAX_MANY:
            continue
        for number in NUMBERS:
            size = len(number)
            places = range(min(WHOLE, len(data) - size + 1))
            for at in (*places[::size], *(place for place in places if place % size)):
                if data[at : at + size] != number:
                    yield {**tree, key: {"bytes": data[:at] + number + data[at + size :]}}
            if number is NUMBERS[0]:
                yield from ({**tree, key: {"bytes": data[:end]}} for end in range(1, min(WHOLE, len(data))))


def _binary(payload: object) -> bytes:
    """The bytes of a payload that is no text; empty for any other."""
    value = payload if isinstance(payload, dict) else {}
    text = value.get("text", "")
    return value["bytes"] if "bytes" in value else text.encode() if "\0" in text else b""
