"""Keyed permutations of characters and of small numbers: nothing gets lost, so two values never become one.

A Feistel network over two halves. Each half-round adds to one half a stream that depends on the other, modulo how many
values there are at each place, so that it can be undone: the whole is one to one on texts of one form.
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from collections.abc import Callable, Sequence
from math import isqrt
from typing import Final

__all__ = ["Alphabet", "Permutation", "letters", "letters_and_digits"]

ROUNDS: Final = 6
LONGEST: Final = 2048
"""Characters; a longer text is filled from its own digest, which is one to one for all that is known of SHA-3."""

Alphabet = Callable[[str], "tuple[int, int] | None"]
"""First code point and count of the characters that may stand for this one; None for one that stays."""

MOVED: Final = (
    *((0x30, 0x39), (0x41, 0x5A), (0x61, 0x7A)),
    *((0xC0, 0xDE), (0xDF, 0xFF), (0x100, 0x17F), (0x391, 0x3A9), (0x3B1, 0x3C9), (0x410, 0x42F), (0x430, 0x44F)),
    *((0x5D0, 0x5EA), (0x621, 0x64A), (0x905, 0x939), (0xE01, 0xE2E), (0x3041, 0x3096), (0x30A1, 0x30FA)),
    *((0x4E00, 0x9FA5), (0xAC00, 0xD7A3), (0xDC80, 0xDCFF)),
)
"""Letters and digits of one script and case each. The last one is bytes that are no UTF-8."""

KEPT: Final = ((0x2000, 0x206F), (0x3000, 0x303F), (0xD800, 0xDC7F), (0xDD00, 0xDFFF), (0xFE00, 0xFE0F))
"""Punctuation, spaces, halves of pairs; below 0xC0 everything that is not listed above stays, too."""

BLOCK: Final = 64
RANGES: Final = tuple(sorted(MOVED + KEPT))
STARTS: Final = tuple(first for first, _ in RANGES)

HEXADECIMAL: Final = frozenset("0123456789abcdefABCDEF")

_known: dict[str, tuple[int, int] | None] = {}


def letters_and_digits(char: str) -> tuple[int, int] | None:
    """Digits for digits, letters for letters of the same case and script; ASCII punctuation stays."""
    if char in _known:
        return _known[char]
    found = _alphabet(ord(char))
    if len(_known) < 4096:
        _known[char] = found
    return found


def _alphabet(point: int) -> tuple[int, int] | None:
    after = bisect_right(STARTS, point)
    first, last = RANGES[after - 1] if after else (0, -1)
    if point <= last:
        return None if (first, last) in KEPT else (first, last - first + 1)
    if point < 0xC0:
        return None
    # Other scripts: a block of code points, as far as no range above reaches into it.
    low = max(point // BLOCK * BLOCK, last + 1)
    high = min(low // BLOCK * BLOCK + BLOCK, STARTS[after] if after < len(STARTS) else 0x110000)
    return low, high - low


def letters(char: str) -> tuple[int, int] | None:
    """Letters for letters only."""
    return None if char in "0123456789" else letters_and_digits(char)


class Permutation:
    """All permutations under one key, told apart by a ``use``."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = hashlib.blake2b(key, digest_size=32, person=b"fnfuzz-redaction").digest()

    def digest(self, use: str, data: bytes, size: int = 16) -> bytes:
        """A keyed digest of ``data``."""
        return hashlib.blake2b(data, key=self._key, digest_size=size, person=use.encode("ascii")[:16]).digest()

    def text(self, use: str, text: str, alphabet: Alphabet = letters_and_digits) -> str:
        """``text`` with the characters exchanged that ``alphabet`` allows, each within its own alphabet."""
        spots = [(at, *spot) for at, char in enumerate(text) if (spot := alphabet(char)) is not None]
        if not spots:
            return text
        chars = list(text)
        values = [ord(chars[at]) - first for at, first, _ in spots]
        for at, _, _ in spots:
            chars[at] = "\0"
        form = "".join(chars) + repr([(first, count) for _, first, count in spots])
        for (at, first, _), value in zip(
            spots, self.numbers(use + form, values, [count for _, _, count in spots]), strict=True
        ):
            chars[at] = chr(first + value)
        return "".join(chars)

    def hexadecimal(self, use: str, text: str) -> str:
        """Hexadecimal digits of ``text`` for others, in lower case; everything else stays."""
        digits = [int(char, 16) for char in text if char in HEXADECIMAL]
        moved = iter(self.numbers(f"{use} {len(digits)}", digits, [16] * len(digits)))
        return "".join("0123456789abcdef"[next(moved)] if char in HEXADECIMAL else char for char in text)

    def numbers(self, use: str, values: Sequence[int], counts: Sequence[int]) -> list[int]:
        """One to one on all sequences with ``0 <= values[i] < counts[i]``."""
        if len(values) > LONGEST:
            whole = _stream(self._prefix(use), -1, values, len(values))
            return [word % count for word, count in zip(whole, counts, strict=True)]
        middle = len(values) // 2
        first, second = list(values[:middle]), list(values[middle:])
        sizes = counts[:middle], counts[middle:]
        prefix = self._prefix(use)
        for turn in range(0, ROUNDS, 2):
            stream = _stream(prefix, turn, first, len(second))
            second = [(value + word) % count for value, word, count in zip(second, stream, sizes[1], strict=True)]
            stream = _stream(prefix, turn + 1, second, len(first))
            first = [(value + word) % count for value, word, count in zip(first, stream, sizes[0], strict=True)]
        return first + second

    def below(self, use: str, value: int, count: int) -> int:
        """One to one on ``range(count)``."""
        side = isqrt(count - 1) + 1
        while True:
            high, low = self.numbers(use, divmod(value, side), (side, side))
            value = high * side + low
            if value < count:
                return value

    def _prefix(self, use: str) -> bytes:
        return self._key + f"{use}|".encode("utf-8", "surrogatepass")


def _stream(prefix: bytes, turn: int, other: Sequence[int], length: int) -> tuple[int, ...]:
    """``length`` numbers of 32 bits."""
    head = prefix + f"{turn}|{','.join(map(str, other))}".encode("ascii")
    return struct.unpack(f"<{length}I", hashlib.shake_128(head).digest(4 * length))
