"""Objects with metadata that the source asks for: each name with each likely value, and two at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, islice
from random import Random

from fnfuzz.fuzz.trees.tree import Tree, with_ending
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["METADATA_VALUES", "SUFFIX", "metadata", "metadata_names"]

METADATA_VALUES = ("1", "0", "2", "-1", "a", "", "99999999999", "1.5", "true", "a,b")
BOTH = (("1", "1"), ("1", "2"), ("2", "1"), ("0", "0"), ("a", "a"))
NAME = re.compile(r"[a-z_][a-z0-9_-]{0,63}\Z")
MEDIA_TYPE = re.compile(r"(?:image|text|application|audio|video)/[\w.+-]{1,40}\Z")
SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}\Z")
MAX_NAMES, MAX_PAIRED, MAX_GUISES, MAX_OF_A_GUISE, MAX_KEYS = 8, 4, 4, 100, 4


def metadata(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Pairs of metadata, also on objects of other media types and names that the source speaks of."""
    names = metadata_names(words)
    if "metadata" not in tree or not names:
        return
    for guise in _guises(tree, words):
        kept = guise["metadata"]
        for pairs in islice(_pairs(names, words), MAX_OF_A_GUISE):
            told = {name for name, _ in pairs}
            yield {**guise, "metadata": [*(pair for pair in kept if pair[0] not in told), *pairs]}


def metadata_names(words: Dictionary) -> Sequence[str]:
    """What metadata could be called, surest first, where the source speaks of any; not every store takes every name."""
    asked = (name.lower() for name in words.asked if words.metadata)
    return tuple(dict.fromkeys(name for name in (*words.metadata, *asked) if NAME.match(name)))[:MAX_NAMES]


def _pairs(names: Sequence[str], words: Dictionary) -> Iterator[list[list[str]]]:
    keys = [key for key in words.keys if key.isascii() and key.isprintable() and key == key.strip()]
    yield from ([[name, value]] for value in METADATA_VALUES[:4] for name in names)
    both = list(combinations(names[:MAX_PAIRED], 2))
    yield from ([[one, first], [two, second]] for first, second in BOTH for one, two in both)
    yield from ([[name, value]] for value in chain(METADATA_VALUES[4:], keys[:MAX_KEYS]) for name in names)


def _guises(tree: Tree, words: Dictionary) -> list[Tree]:
    """The object as it is, then as the source may want it."""
    types = [text for text in dict.fromkeys((*words.texts, *words.keys)) if MEDIA_TYPE.match(text)]
    endings = [text for text in words.suffixes if SUFFIX.match(text)]
    found = [tree, *({**tree, "content_type": kind} for kind in types[:2])]
    found += [with_ending(guise, ending) for ending in endings[:1] for guise in found[:2]]
    return found[: MAX_GUISES + 1]
