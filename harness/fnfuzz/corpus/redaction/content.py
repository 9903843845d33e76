"""Bodies: bytes of any kind, compressed or not, text or not."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fnfuzz.corpus.redaction.encoded import compressed, decompressed
from fnfuzz.corpus.redaction.free_text import pair_edits
from fnfuzz.corpus.redaction.layers import applied, shifted
from fnfuzz.corpus.redaction.shape_spans import Claims, shape_spans

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["LARGEST", "coded", "marker", "redacted_bytes"]

LARGEST: Final = 8 << 20
"""Bytes of one body that are searched; a larger one is not kept."""

GZIP: Final = b"\x1f\x8b\x08"
CODINGS: Final = frozenset({"gzip", "x-gzip", "deflate"})
CONTROL: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
PRINTED: Final = re.compile(r"[^\x00-\x08\x0e-\x1f\x7f\udc80-\udcff]{8,}")
"""Text in bytes that are none."""

UTF16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def marker(finder: Finder, data: bytes, why: str) -> bytes:
    """What stands for a body that is not kept."""
    finder.note_size(why, len(data))
    return f"[fnfuzz: {len(data)} bytes not kept: {why}; {finder.stand_ins.digest(data)}]".encode()


def redacted_bytes(finder: Finder, data: bytes, depth: int = 0, largest: int = LARGEST) -> bytes:
    """``data`` with everything replaced that is to be replaced, the same object if there is nothing."""
    if len(data) > largest:
        return marker(finder, data, "too large to be searched")
    if data.startswith(GZIP):
        return _unpacked(finder, data, "gzip", depth, largest)
    if data[:2] in UTF16:
        return _utf16(finder, data, UTF16[data[:2]], depth)
    text = data.decode("utf-8", "surrogateescape")
    if CONTROL.search(data) and not text.startswith("--"):
        return _binary(finder, data, text, depth)
    if not finder.suspicious(text):
        return data
    edits = finder.find(text, depth)
    return applied(text, edits).encode("utf-8", "surrogateescape") if edits else data


def _unpacked(finder: Finder, data: bytes, coding: str, depth: int, largest: int) -> bytes:
    content = decompressed(data, coding, largest)
    if content is None:
        return marker(finder, data, f"{coding} that cannot be unpacked to be searched")
    found = redacted_bytes(finder, content, depth + 1, largest)
    return data if found == content else compressed(found, coding)


def coded(finder: Finder, data: bytes, coding: str, largest: int = LARGEST) -> bytes:
    """A body with a Content-Encoding. One that cannot be unpacked here is not kept."""
    codings = [name.strip().lower() for name in coding.split(",") if name.strip().lower() not in ("", "identity")]
    if not codings or not data:
        return redacted_bytes(finder, data, largest=largest)
    if len(codings) == 1 and codings[0] in CODINGS and len(data) <= largest:
        return _unpacked(finder, data, codings[0], 0, largest)
    return marker(finder, data, "its Content-Encoding cannot be undone to search it")


def _utf16(finder: Finder, data: bytes, codec: str, depth: int) -> bytes:
    try:
        text = data[2:].decode(codec)
    except UnicodeDecodeError:
        return _binary(finder, data, data.decode("utf-8", "surrogateescape"), depth)
    edits = finder.find(text, depth) if finder.suspicious(text) else []
    if edits:
        return data[:2] + applied(text, edits).encode(codec, "surrogatepass")
    return _binary(finder, data, data.decode("utf-8", "surrogateescape"), depth)


def _binary(finder: Finder, data: bytes, text: str, depth: int) -> bytes:
    """Bytes that are no text: only what is sure by its look is replaced, and what has a telling name."""
    sure = tuple(shape.rule for shape in finder.shapes if shape.binary)
    edits = Claims()
    for run in PRINTED.finditer(text):
        if finder.suspicious(run[0]):
            edits.add(shifted(pair_edits(finder, run[0], depth, Claims()), run.start()))
    for start, end, kind in shape_spans(finder.shapes, text, sure):
        if edits.free(start, end) and "\x00" not in text[start:end] and text[start:end].isascii():
            edits.add(shifted(finder.value(text[start:end], f"binary:{kind}", depth + 1), start))
    if finder.known is not None:
        for match in finder.known.finditer(text):
            if edits.free(*match.span()):
                edits.add([(*match.span(), finder.again(match[0]))])
    found = edits.in_order()
    return applied(text, found).encode("utf-8", "surrogateescape") if found else data
