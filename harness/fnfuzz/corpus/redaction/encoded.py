"""Texts inside of other encodings: base64, and compressed bytes, each read with a limit."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Mapping
from typing import Final

__all__ = ["TOKEN", "base64_bytes", "base64_text", "compressed", "decompressed", "text_of", "to_base64"]

TOKEN: Final = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{8,}+={0,2}")
"""What may be base64 of either alphabet."""

STANDARD: Final = str.maketrans("-_", "+/")
CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
WINDOW: Final[Mapping[str, int]] = {"gzip": 31, "x-gzip": 31, "deflate": 15}


def base64_bytes(text: str) -> bytes | None:
    """What ``text`` decodes to in the standard or the URL-safe alphabet, with or without padding; else None."""
    body = text.rstrip("=")
    if len(body) % 4 == 1:
        return None
    try:
        return binascii.a2b_base64(body.translate(STANDARD) + "==", strict_mode=False)
    except (binascii.Error, ValueError):
        return None


def base64_text(text: str) -> str | None:
    """The text that base64 ``text`` stands for, if it stands for one."""
    data = base64_bytes(text)
    return None if data is None else text_of(data)


def text_of(data: bytes) -> str | None:
    """``data`` as text, if it is UTF-8 without control characters."""
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if CONTROL.search(decoded) else decoded


def to_base64(data: bytes, like: str) -> str:
    """``data`` in the alphabet and with the padding of ``like``."""
    text = binascii.b2a_base64(data, newline=False).decode("ascii")
    if "-" in like or "_" in like:
        text = text.replace("+", "-").replace("/", "_")
    return text if like.endswith("=") or len(like) % 4 == 0 else text.rstrip("=")


def decompressed(data: bytes, coding: str, largest: int) -> bytes | None:
    """The content of ``data``, or None where it cannot be read or is larger than ``largest``."""
    windows = (WINDOW[coding],) if coding != "deflate" else (15, -15)
    for window in windows:
        try:
            reader = zlib.decompressobj(window)
            content = reader.decompress(data, largest + 1)
        except zlib.error:
            continue
        whole = reader.eof and not reader.unused_data and len(content) <= largest
        return content if whole else None
    return None


def compressed(data: bytes, coding: str) -> bytes:
    """``data`` with ``coding``; the same bytes for the same data."""
    writer = zlib.compressobj(6, zlib.DEFLATED, WINDOW[coding])
    return writer.compress(data) + writer.flush()
