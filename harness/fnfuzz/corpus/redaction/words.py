"""Human words for human words: names that Faker knows are exchanged among each other, others letter by letter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from fnfuzz.corpus.redaction.permutation import Permutation

__all__ = ["words"]

WORD: Final = re.compile(r"[^\W\d_]+|\d+")
VOWELS: Final = "aeiouy"
CONSONANTS: Final = "bcdfghjklmnpqrstvwxz"
SIDES: Final[Mapping[str, tuple[str, int]]] = {
    **{char: (VOWELS, at) for at, char in enumerate(VOWELS)},
    **{char: (CONSONANTS, at) for at, char in enumerate(CONSONANTS)},
}


@dataclass(frozen=True, slots=True)
class _Names:
    """``places`` tells for each name its list and its place there."""

    lists: tuple[tuple[str, ...], ...]
    places: Mapping[str, tuple[int, int]]


@lru_cache(maxsize=1)
def _names() -> _Names:
    # Not needed by those who only look at a corpus, and slow to import.
    from faker.providers.person.en_US import Provider

    first = {name.lower() for name in Provider.first_names if name.isascii() and name.isalpha()}
    last = {name.lower() for name in Provider.last_names if name.isascii() and name.isalpha()} - first
    lists = (tuple(sorted(first)), tuple(sorted(last)))
    places = {name: (which, at) for which, names in enumerate(lists) for at, name in enumerate(names)}
    return _Names(lists, places)


def words(permutation: Permutation, text: str) -> str:
    """``text`` with each word and number exchanged; case patterns, spaces and punctuation stay.

    One to one on all texts that have their words and numbers at the same places.
    """
    return WORD.sub(lambda match: _word(permutation, match[0]), text)


def _word(permutation: Permutation, word: str) -> str:
    return permutation.text("number", word) if word.isdecimal() else _human_word(permutation, word)


@lru_cache(maxsize=20_000)
def _human_word(permutation: Permutation, word: str) -> str:
    """Words come again and again, as numbers do not."""
    if not word.isascii():
        return permutation.text("word", word)
    names = _names()
    lower = word.lower()
    place = names.places.get(lower)
    if place is not None and (case := _case(word)):
        which = names.lists[place[0]]
        return _cased(which[permutation.below(f"names {place[0]}", place[1], len(which))], case)
    while True:
        lower = _spelled(permutation, lower)
        if lower not in names.places or not _case(word):
            return "".join(new.upper() if old.isupper() else new for old, new in zip(word, lower, strict=True))


def _spelled(permutation: Permutation, word: str) -> str:
    """Vowels for vowels and consonants for consonants, so that it can still be spoken."""
    sides = [SIDES[char] for char in word]
    form = "".join("v" if side is VOWELS else "c" for side, _ in sides)
    moved = permutation.numbers("spell" + form, [at for _, at in sides], [len(side) for side, _ in sides])
    return "".join(side[at] for (side, _), at in zip(sides, moved, strict=True))


def _case(word: str) -> str:
    """The case pattern that fits a word of any length, if there is one."""
    return "lower" if word.islower() else "title" if word.istitle() else "upper" if word.isupper() else ""


def _cased(word: str, case: str) -> str:
    return word.title() if case == "title" else word.upper() if case == "upper" else word
