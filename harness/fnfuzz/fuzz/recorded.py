"""Events of recorded corpora to begin with: real ones are nearer to what a handler takes than any that are made up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import islice
from typing import Final

from fnfuzz.corpus import Corpus
from fnfuzz.corpus.behaviours import Behaviours
from fnfuzz.fuzz.plan import Recorded
from fnfuzz.fuzz.pool import weight

__all__ = ["recorded_events"]

LOOKED_AT: Final = 20_000
"""Records of each corpus that are looked at, the first ones."""

KEPT: Final = 50
"""Events of each function and trigger, no two with the same behaviours."""

MOST_KINDS: Final = 200
LARGEST: Final = 256 * 1024
"""Bytes of an event's payload."""


def recorded_events(corpora: Iterable[Corpus]) -> tuple[Recorded, ...]:
    """Events of the corpora that show something no earlier one did, in the order of recording. Raises CorpusError."""
    told, seen, counts = Behaviours(), set[str](), Counter[tuple[str, str]]()
    found: list[Recorded] = []
    for corpus in corpora:
        for _, record in islice(corpus.items(), LOOKED_AT):
            event = record.event
            if event is None or weight(event) > LARGEST:
                continue
            kind = record.function, event.trigger
            shown = set(told.of(record))
            if shown <= seen or counts[kind] >= KEPT or (kind not in counts and len(counts) >= MOST_KINDS):
                continue
            seen |= shown
            counts[kind] += 1
            found.append((record.function, event))
    return tuple(found)
