"""Changing what is in a corpus: each record is kept, changed or left out, then the new takes the place of the old."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.store import Corpus
from fnfuzz.corpus.writer import Writer

__all__ = ["Rewritten", "remove", "rewrite"]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """How many records were kept as they are, changed, and removed."""

    kept: int = 0
    changed: int = 0
    removed: int = 0


class _Unchanged(Exception):
    """Nothing is to be written after all."""


def rewrite(corpus: Corpus, change: Callable[[str, Record], Record | None], *, drop_damaged: bool = False) -> Rewritten:
    """Give every record with its id to ``change``, and keep what it returns in its place; None removes the record.

    It happens at one stroke, or not at all; a corpus in which nothing changes is left as it is. Raises CorpusError,
    also when something is damaged, since it would be gone afterwards: ``drop_damaged`` lets that happen.
    """
    done = Rewritten()

    def write(writer: Writer) -> None:
        nonlocal done
        for name, record in corpus.items():
            new = change(name, record)
            if new is None:
                done = replace(done, removed=done.removed + 1)
                continue
            writer.add(new)
            done = replace(done, kept=done.kept + 1) if new == record else replace(done, changed=done.changed + 1)
        if corpus.damage and not drop_damaged:
            raise CorpusError(
                f"cannot be rewritten without loss: {corpus.damage[0]}; "
                f"`fnfuzz corpus merge NEW {corpus.path}` saves the rest",
                corpus.path,
            )
        if not (done.changed or done.removed or corpus.damage):
            raise _Unchanged

    with contextlib.suppress(_Unchanged):
        corpus.replace(write)
    return done


def remove(corpus: Corpus, ids: Collection[str], *, drop_damaged: bool = False) -> int:
    """Remove all records with these whole ids; how many they were. As ``rewrite``."""
    wanted = frozenset(ids)
    return rewrite(corpus, lambda name, record: None if name in wanted else record, drop_damaged=drop_damaged).removed
