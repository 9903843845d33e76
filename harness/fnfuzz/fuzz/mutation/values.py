"""Other values in place of one: of the same type, likely to matter, out of traps and of the source's own words."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar

import orjson

from fnfuzz.fuzz.mutation.edits import edit
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.traps import BYTE_TRAPS, NAME_TRAPS, NUMBER_TRAPS, SIZE_STEPS, TEXT_TRAPS, TIME_TRAPS

__all__ = ["BYTES", "DULL", "MAX_TEXT", "NAMES", "NUMBERS", "TEXTS", "Values", "lengths_of", "number", "one_of"]

T = TypeVar("T")

DULL: Sequence[Any] = (None, "", 0, False, [], {}, -1, 1, "a", True, 0.5, "0", "null", [None], {"a": 1})


def number(text: str) -> Any:
    """A JSON number token as a value that is written exactly so (some are out of every type's range)."""
    return orjson.Fragment(text.encode())


NUMBERS: Sequence[Any] = tuple(number(text) for text in NUMBER_TRAPS.values())
TEXTS: Sequence[str] = tuple(TEXT_TRAPS.values()) + tuple(TIME_TRAPS.values())
NAMES: Sequence[str] = tuple(NAME_TRAPS.values())
BYTES: Sequence[bytes] = tuple(BYTE_TRAPS.values())
MAX_TEXT = 128 * 1024
"""Characters or bytes to which one value may grow, whatever is done to it how often."""


def one_of(items: Sequence[T], random: Random) -> T:
    """Any of them, by one number."""
    return items[int(random.random() * len(items))]


class Values:
    """A function of its random source and its words."""

    def __init__(self, random: Random, words: Dictionary) -> None:
        self.random = random
        self.words = words
        self.texts = (*words.texts, *words.names, *NAMES, *TEXTS, *NUMBER_TRAPS.values())
        self.lengths = lengths_of(words) or (16, 64, 100)
        self.numbers = (*(near for value in words.numbers for near in (value, value + 1, value - 1)), *NUMBERS)

    def one_of(self, items: Sequence[T]) -> T:
        """Any of them."""
        return one_of(items, self.random)

    def other(self, value: Any) -> Any:
        """A value of the same type that is likely to matter."""
        if isinstance(value, bool):
            return not value
        if isinstance(value, str):
            return self._other_text(value)[:MAX_TEXT]
        if isinstance(value, (int, float)):
            return self._other_number(value)
        if isinstance(value, bytes):
            return self._other_bytes(value)[:MAX_TEXT]
        return self.one_of(DULL)

    def _other_number(self, value: int | float) -> Any:
        match int(self.random.random() * 9):
            case 0:
                return value + 1
            case 1:
                return value - 1
            case 2:
                return -value
            case 3:
                return 0
            case 4:
                return value * 2
            case 5:
                return str(value)
            case _:
                return self.one_of(self.numbers)

    def _other_text(self, value: str) -> str:
        random, words = self.random, self.words
        match int(random.random() * 12):
            case 0:
                return value[: int(random.random() * (len(value) + 1))]
            case 1:
                return value + str(self.one_of(self.texts))
            case 2:
                return (value or "a") * random.choice((2, 3, 17))
            case 3:
                return stretched(value[:1] or "a", self.one_of(SIZE_STEPS))
            case 4:
                at = int(random.random() * (len(value) + 1))
                return value[:at] + str(self.one_of(self.texts))[:32] + value[at:]
            case 5:
                return stretched(value or "a", self.one_of(self.lengths))
            case 6 if words.prefixes or words.suffixes:
                before = self.one_of(words.prefixes) if words.prefixes and random.random() < 0.7 else ""
                after = self.one_of(words.suffixes) if words.suffixes and (not before or random.random() < 0.2) else ""
                return f"{before}{self.one_of((value, '', '1', 'a', '-'))}{after}"
            case 7:
                return random.choice(
                    (value.upper(), value.lower(), f" {value}", f"{value}\n", value[::-1], value.title())
                )
            case 8:
                return edit(value, random)
            case _:
                return str(self.one_of(self.texts))

    def _other_bytes(self, value: bytes) -> bytes:
        random = self.random
        match int(random.random() * 5):
            case 0:
                return value[: int(random.random() * (len(value) + 1))]
            case 1 if value:
                at = int(random.random() * len(value))
                return value[:at] + bytes((value[at] ^ (1 << random.randrange(8)),)) + value[at + 1 :]
            case 2:
                return value * 2
            case 3:
                size: int = self.one_of(self.lengths)
                return ((value or b"\x00") * (size // max(1, len(value)) + 1))[:size]
            case _:
                return bytes(self.one_of(BYTES))

    def any_value(self) -> Any:
        """Any JSON value that is worth trying."""
        return self.one_of(self.one_of((DULL, self.texts, self.numbers)))


def lengths_of(words: Dictionary) -> tuple[int, ...]:
    """The lengths that the source speaks of, each with its neighbours: compared ones, then any small number."""
    told = [*words.lengths, *(item for item in words.numbers if isinstance(item, int) and 1 < item <= 10_000)]
    near = dict.fromkeys(size for item in told[:100] for size in (item, item - 1, item + 1))
    return tuple(size for size in near if 0 <= size <= MAX_TEXT)


def stretched(text: str, size: int) -> str:
    """``text``, repeated or cut to ``size`` characters."""
    return (text * (size // len(text) + 1))[:size]
