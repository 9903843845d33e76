"""The fewest records that show everything which a corpus shows.

Records are read one after the other. Of those with the same behaviours only the smallest is remembered, and of those
sets of behaviours only what a greedy cover takes, so memory is bounded however large the corpus is.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from fnfuzz.contracts.model import LineReply
from fnfuzz.corpus.behaviours import Behaviours
from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.rewriting import rewrite
from fnfuzz.corpus.store import Corpus

__all__ = ["Kept", "Selection", "minimize", "select"]

MOST_BEHAVIOURS: Final = 100_000
MOST_SETS: Final = 20_000
"""Sets of behaviours that are remembered before those that a cover does not need are forgotten."""

_Set: TypeAlias = frozenset[int]


@dataclass(frozen=True, slots=True, order=True)
class _Case:
    size: int
    place: int
    id: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that is kept; ``reasons`` are the behaviours that no other kept record shows, at least one."""

    id: str
    reasons: tuple[str, ...]


class Selection:
    """Which of a corpus's ``records`` are to be kept: ``kept``, in the order of recording.

    ``behaviours`` is how many there are; with more than MOST_BEHAVIOURS, ``too_many`` is True, and every record that
    shows one of those beyond is kept without standing in ``kept``.
    """

    def __init__(
        self, records: int, kept: tuple[Kept, ...], table: Mapping[str, int], told: Behaviours, *, too_many: bool
    ) -> None:
        self.records = records
        self.kept = kept
        self.behaviours = len(table)
        self.too_many = too_many
        self._table = table
        self._told = told
        self._left = {item.id for item in kept}
        self._seen = 0

    def takes(self, id: str, record: Record) -> bool:
        """Is this one to be kept? Asked once for each record, in the order of recording; a second one of the same id
        is not. Raises CorpusError when more records come than were looked at.
        """
        self._seen += 1
        if self._seen > self.records:
            raise CorpusError("the corpus was added to meanwhile; try again")
        if id in self._left:
            self._left.remove(id)
            return True
        return self.too_many and any(item not in self._table for item in self._told.of(record))


def select(corpus: Corpus, *, each: Callable[[], None] | None = None) -> Selection:
    """Read the corpus, and choose. The same records in the same order always give the same choice.

    ``each`` is called for every record. What is damaged is left out, and told in the corpus's ``damage``. Raises
    CorpusError.
    """
    table: dict[str, int] = {}
    told = Behaviours()
    best: dict[_Set, _Case] = {}
    records, room, too_many = 0, MOST_SETS, False
    for records, (name, record) in enumerate(corpus.items(), start=1):
        if each is not None:
            each()
        key = _numbered(told.of(record), table)
        too_many = too_many or key is None
        if key is None:
            continue
        case = _Case(_size(record), records, bytes.fromhex(name))
        if key not in best or case < best[key]:
            best[key] = case
        if len(best) > room:
            best = dict(_cover(best))
            room = max(MOST_SETS, 2 * len(best))
    return Selection(records, tuple(_explained(_cover(best), list(table))), table, told, too_many=too_many)


def _numbered(shown: Iterable[str], table: dict[str, int]) -> _Set | None:
    """The numbers of behaviours, new ones entered; None if there is no room for one of them."""
    new = [text for text in shown if text not in table]
    if len(table) + len(new) > MOST_BEHAVIOURS:
        return None
    for text in new:
        table[text] = len(table)
    return frozenset([table[text] for text in shown])


def minimize(
    corpus: Corpus, selection: Selection, into: Corpus | None = None, *, each: Callable[[], None] | None = None
) -> int:
    """Leave only what was selected in ``corpus``, or copy it ``into`` another one; how many records that are.

    ``each`` is called for every record. Raises CorpusError; in place as ``rewrite`` does.
    """

    def takes(name: str, record: Record) -> bool:
        if each is not None:
            each()
        return selection.takes(name, record)

    if into is None:
        done = rewrite(corpus, lambda name, record: record if takes(name, record) else None)
        return done.kept
    count = 0
    with into.writer() as writer:
        for name, record in corpus.items():
            if takes(name, record):
                writer.add(record)
                count += 1
    return count


def _cover(best: Mapping[_Set, _Case]) -> list[tuple[_Set, _Case]]:
    """Few sets that hold everything: always the one that adds most, of several the smallest and first record's."""
    heap = [(-len(key), case, key) for key, case in best.items()]
    heapq.heapify(heap)
    covered: set[int] = set()
    chosen: list[tuple[_Set, _Case]] = []
    while heap:
        promised, case, key = heapq.heappop(heap)
        adds = len(key - covered)
        if adds and adds == -promised:
            covered |= key
            chosen.append((key, case))
        elif adds:
            heapq.heappush(heap, (-adds, case, key))
    return _needed(chosen)


def _needed(chosen: list[tuple[_Set, _Case]]) -> list[tuple[_Set, _Case]]:
    """Without those whose behaviours the others show as well, the largest records first."""
    counts = Counter(number for key, _ in chosen for number in key)
    kept = []
    for key, case in sorted(chosen, key=lambda item: item[1], reverse=True):
        if all(counts[number] > 1 for number in key):
            counts.subtract(key)
        else:
            kept.append((key, case))
    return sorted(kept, key=lambda item: item[1].place)


def _explained(chosen: Iterable[tuple[_Set, _Case]], labels: list[str]) -> Iterable[Kept]:
    cases = list(chosen)
    counts = Counter(number for key, _ in cases for number in key)
    for key, case in cases:
        yield Kept(case.id.hex(), tuple(labels[number] for number in sorted(key) if counts[number] == 1))


def _size(record: Record) -> int:
    """Bytes of payload, both ways."""
    return _length(record.request) + _length(record.reply) + (_length(record.event) if record.request is None else 0)


def _length(part: object) -> int:
    if isinstance(part, LineReply):
        return sum(map(len, part.lines))
    return next((len(getattr(part, name)) for name in _PAYLOADS if hasattr(part, name)), 0)


_PAYLOADS: Final = ("body", "line", "message", "content", "payload")
