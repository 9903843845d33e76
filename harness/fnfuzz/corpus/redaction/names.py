"""Names of values, in any spelling: ``firstName``, ``first_name``, ``First-Name`` and ``FIRSTNAME`` are one name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["NamePatterns", "spoken"]

PARTS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
LONGEST: Final = 128
"""Characters; a longer text is no name."""

JOINED: Final = 5
"""Letters that a pattern must have to count at the end of a word, as in ``userpassword``; Chinese ones two."""

TRAILING: Final = frozenset({"value", "text", "raw", "plain", "full", "input", "field", "param", "hash"})
"""Words that say nothing about what is in it."""


def spoken(name: str) -> tuple[str, ...]:
    """The words of ``name`` in lower case, without digits and signs; the last one in the singular."""
    words = [word.lower() for word in PARTS.findall(name[:LONGEST])]
    while len(words) > 1 and words[-1] in TRAILING:
        words.pop()
    if words and len(words[-1]) > 3 and words[-1].endswith("s") and not words[-1].endswith("ss"):
        words[-1] = words[-1][:-1]
    return tuple(words)


@dataclass(frozen=True, slots=True)
class NamePatterns:
    """Patterns are names, too. One fits a name that ends with its words; of several the longest one counts."""

    by_words: Mapping[str, str]
    by_joined: Mapping[str, str]
    by_ending: Mapping[str, str]
    exact: frozenset[str]

    @classmethod
    def of(cls, names: Iterable[tuple[str, str]]) -> NamePatterns:
        """From pairs of pattern and what it stands for; of two equal ones the later counts.

        A pattern that begins with ``=`` fits the whole name only.
        """
        by_words: dict[str, str] = {}
        exact = set()
        for pattern, meaning in names:
            words = " ".join(spoken(pattern))
            by_words[words] = meaning
            if pattern.startswith("="):
                exact.add(words)
            else:
                exact.discard(words)
        joined = {words.replace(" ", ""): meaning for words, meaning in by_words.items()}
        ending = {
            words.replace(" ", ""): meaning
            for words, meaning in by_words.items()
            if words not in exact and len(words.replace(" ", "")) >= (JOINED if words.isascii() else 2)
        }
        return cls(by_words, joined, ending, frozenset(exact))

    def find(self, name: str) -> str | None:
        """What the longest pattern that fits ``name`` stands for."""
        words = spoken(name)
        for start in range(max(0, len(words) - 6), len(words)):
            tail = " ".join(words[start:])
            if tail in self.by_words and (start == 0 or tail not in self.exact):
                return self.by_words[tail]
            found = (self.by_ending if start else self.by_joined).get(tail.replace(" ", ""))
            if found is not None:
                return found
        return self._at_the_end(words[-1]) if words else None

    def _at_the_end(self, word: str) -> str | None:
        for start in range(1, len(word) - (JOINED if word.isascii() else 2) + 1):
            found = self.by_ending.get(word[start:])
            if found is not None:
                return found
        return None
