"""Hostile bytes and texts made fit to look at: nothing that a terminal acts on is ever left as it is."""

from __future__ import annotations

import re

__all__ = ["cut_middle", "payload_lines", "size", "visible", "visible_bytes"]

_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_UNPRINTABLE = re.compile(r"[^ -~]")
_FIRST_BYTE, _LAST_BYTE = 0xDC80, 0xDCFF
"""What ``surrogateescape`` makes of bytes that are not UTF-8."""


def visible(text: str) -> str:
    """``text`` on one line, with every control, format, private, unassigned and odd blank character as an escape.

    ``\\xNN`` is an ASCII control character or a byte that is not UTF-8, ``\\uNNNN`` any other character.
    """
    if text.isascii() and text.isprintable():
        return text
    return _UNPRINTABLE.sub(_escape, text)


def visible_bytes(data: bytes) -> str:
    """Bytes as UTF-8 text on one line, escaped as ``visible`` does."""
    return visible(data.decode("utf-8", "surrogateescape"))


def cut_middle(text: str, limit: int = 200) -> str:
    """``text``, or its ends with the number of characters between them when it is longer than ``limit``."""
    if len(text) <= limit:
        return text
    head, tail = limit * 2 // 3, limit // 3
    return f"{text[:head]} ... {len(text) - head - tail:,} characters left out ... {text[-tail:]}"


def payload_lines(data: bytes, *, limit: int = 480, most: int = 12) -> list[str]:
    """A payload for people: ``limit`` bytes and ``most`` lines of it, and how much is left out between its ends."""
    if len(data) <= limit:
        return _fewer(_lines(data), most)
    head = _whole(data[: limit * 2 // 3])
    tail = _whole_tail(data[-(limit // 3) :])
    missing = f"... {size(len(data) - len(head) - len(tail))} left out ..."
    return [*_fewer(_lines(head), most * 2 // 3), missing, *_fewer(_lines(tail), most // 3)]


def size(count: int) -> str:
    """A number of bytes in words."""
    return "1 byte" if count == 1 else f"{count:,} bytes"


def _escape(match: re.Match[str]) -> str:
    letter = match[0]
    if letter.isprintable():
        return letter
    code = ord(letter)
    if letter in _NAMED:
        return _NAMED[letter]
    if _FIRST_BYTE <= code <= _LAST_BYTE:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _lines(data: bytes) -> list[str]:
    if not data:
        return []
    return [visible(line) for line in data.decode("utf-8", "surrogateescape").split("\n")]


def _fewer(lines: list[str], most: int) -> list[str]:
    if len(lines) <= most:
        return lines
    head, tail = most * 2 // 3, most // 3
    return [*lines[:head], f"... {len(lines) - head - tail:,} lines left out ...", *lines[len(lines) - tail :]]


def _whole(head: bytes) -> bytes:
    """``head`` without the beginning of a UTF-8 character that the cut went through."""
    for back in range(1, min(4, len(head)) + 1):
        byte = head[-back]
        if byte < 0x80:
            break
        if byte >= 0xC0:
            needed = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return head[:-back] if needed > back else head
    return head


def _whole_tail(tail: bytes) -> bytes:
    """``tail`` without the end of a UTF-8 character that the cut went through."""
    for start in range(min(4, len(tail))):
        if not 0x80 <= tail[start] < 0xC0:
            return tail[start:]
    return tail
