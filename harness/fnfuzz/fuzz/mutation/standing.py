"""What stands in an event at the likeliest other values of its kind: all places once, then all of them with the next.

Where an event is right, the fault is mostly one value away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random
from typing import Any

from fnfuzz.fuzz.mutation.edits import options
from fnfuzz.fuzz.mutation.named import CONTROLS, ESCAPED
from fnfuzz.fuzz.mutation.values import number
from fnfuzz.fuzz.mutation.variants import variants
from fnfuzz.fuzz.numbers import is_number
from fnfuzz.fuzz.trees.nested import view
from fnfuzz.fuzz.trees.tree import Path, Tree, in_json, is_value, leaves, put
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["numerals_within", "standing"]

MAX_PLACES, MAX_OF_ONE, MAX_ALONE = 40, 24, 2
NUMERAL = re.compile(r"[+-]?[0-9]{1,18}(?:[.,][0-9]{1,9})?\Z")
DIGITS = re.compile(r"[0-9]{1,12}")
MAX_COMPOSED, MAX_RUNS = 80, 4
"""Characters of a text whose numbers are changed, and how many of them."""

NUMERALS = (
    "9" * 40,
    "0",
    "²",
    "-1",
    "1e3",
    "0.001",
    "NaN",
    "1e400",
    "9223372036854775807",
    "-0",
    "",
    "٤٢",
    "1,5",
    "0x10",
)
NUMBERS: Sequence[Any] = (
    *(
        2**63 - 1,
        0,
        -1,
        number("1" + "0" * 400),
        1.5,
        number("1e400"),
        None,
        "1",
        2**31,
        -(2**63),
        10**12,
        1e308,
        2**53 + 1,
        0.1,
        True,
        "a",
        "",
        [],
        {},
    ),
    *(-1.5, 1e-9, "NaN"),
)
TEXTS: Sequence[Any] = (
    *(
        ESCAPED,
        CONTROLS,
        "",
        "é",
        None,
        0,
        "a b",
        "constructor",
        "1e3",
        [],
        {},
        "\0",
        "a" * 300,
        True,
        " ",
        "Ж",
        "%",
        "__proto__",
    ),
    *("a\nb", "ß", "İ", "\u200b", "=1+1", "../a", "12"),
)
LISTS: Sequence[Any] = ([], None, [None], {}, "a", [[]], [{}], 0)
OBJECTS: Sequence[Any] = ({}, None, [], "a", 0)


def standing(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """``tree`` with one value changed, in the payload and the query."""
    found = [(path, value) for path, value in leaves(tree, 500) if is_value(path)][:MAX_PLACES]
    texts = tuple(in_turn((TEXTS, options(words))))
    made = [_each(tree, path, value, words, texts) for path, value in found]
    yield from in_turn(made)


def _each(tree: Tree, path: Path, value: Any, words: Dictionary, texts: Sequence[Any]) -> Iterator[Tree]:
    for other in islice(_others(value, words, texts), MAX_OF_ONE):
        if (in_json(path) or isinstance(other, str)) and (other != value or type(other) is not type(value)):
            yield put(tree, path, other)


def _others(value: Any, words: Dictionary, texts: Sequence[Any]) -> Iterator[Any]:
    if isinstance(value, str):
        if NUMERAL.match(value):
            return in_turn((NUMERALS, texts))
        seen = view(value)
        inner = numerals_within(value) if len(value) <= MAX_COMPOSED else iter(())
        return in_turn((variants(seen, words) if seen is not None and seen.kind == "date" else inner, texts))
    if isinstance(value, bool):
        return iter((not value, *texts))
    if is_number(value):
        return iter((value + 1, value - 1, *NUMBERS))
    if isinstance(value, list):
        return in_turn(((value * 2, *LISTS), _alone(value)))
    return iter(OBJECTS if isinstance(value, dict) else texts)


def numerals_within(text: str) -> Iterator[str]:
    """A text that is put together of numbers and other things (``150/5``, ``1898-1903``, ``A-17``), each of its first
    numbers at another value, of the same width where it has leading zeros.
    """
    return in_turn([_with_others(text, run) for run in islice(DIGITS.finditer(text), MAX_RUNS)])


def _with_others(text: str, run: re.Match[str]) -> Iterator[str]:
    return (text[: run.start()] + other + text[run.end() :] for other in _near(run[0]))


def _near(digits: str) -> Iterator[str]:
    width, count = len(digits), int(digits)
    others = (0, count + 1, count - 1, 10**width - 1, 1)
    texts = (str(other).zfill(width if digits.startswith("0") else 0) for other in others if other >= 0)
    return iter(dict.fromkeys((*texts, "0" * width, "", f"-{digits}")))


def _alone(items: Sequence[Any]) -> Iterator[Any]:
    """Lists of one of the items only, and of what is next to it."""
    for item in items[:MAX_ALONE] if len(items) > 1 else ():
        yield [item]
    for item in items[:MAX_ALONE]:
        if is_number(item):
            yield from ([item + 1], [item - 1])
