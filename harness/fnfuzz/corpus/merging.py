"""Several corpora into one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fnfuzz.corpus.store import Corpus

__all__ = ["Merged", "merge"]


@dataclass(frozen=True, slots=True)
class Merged:
    """How many records were ``added``, and how many were there already."""

    added: int
    same: int


def merge(target: Corpus, sources: Iterable[Corpus], *, each: Callable[[], None] | None = None) -> Merged:
    """Add the records of ``sources``, in their order; of records with one id the first one is kept.

    ``each`` is called for every record of a source. What is damaged in one is left out and told in its ``damage``.
    Raises CorpusError.
    """
    known = {bytes.fromhex(name) for name, _ in target.items()}
    added = same = 0
    with target.writer() as writer:
        for source in sources:
            for name, record in source.items():
                if each is not None:
                    each()
                key = bytes.fromhex(name)
                if key in known:
                    same += 1
                    continue
                writer.add(record)
                known.add(key)
                added += 1
    return Merged(added, same)
