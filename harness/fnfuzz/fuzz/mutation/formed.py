"""Good events in the formats that the source reads: a form in parts, a table, an object with metadata, a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from random import Random

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.mutation.files import files
from fnfuzz.fuzz.mutation.metadata import metadata
from fnfuzz.fuzz.mutation.parts import multipart
from fnfuzz.fuzz.mutation.tables import tables
from fnfuzz.fuzz.trees.tree import to_event, to_tree
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["formed"]

KINDS = ((multipart, 3), (tables, 2), (metadata, 2), (files, 24))
"""Each tells the good ones first; so many of them."""


def formed(events: Sequence[Event], function: Function, words: Dictionary) -> Iterator[Event]:
    """A few events for each format, made of the first one of ``events`` that it fits."""
    for make, count in KINDS:
        for event in events:
            whole = to_tree(event, function)
            made = [to_event(tree, event, function) for tree in islice(make(whole, words, Random(0)), 4 * count)]
            good = [item for item in made if item is not None]
            if good:
                yield from good[:count]
                break
