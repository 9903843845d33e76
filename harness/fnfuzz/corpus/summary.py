"""What is in a corpus, in numbers; from the caches beside the records, so that a large one is told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from fnfuzz.corpus.errors import Damage
from fnfuzz.corpus.shape import status_class
from fnfuzz.corpus.store import Corpus

__all__ = ["Summary", "summarise"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """Counts by value, the most frequent first. ``first`` and ``last`` are microseconds since 1970, 0 when not known.

    ``sent`` and ``answered`` are bytes of payload, ``elapsed`` the microseconds of all answers together, ``slowest`` of
    one. ``stored`` is bytes on disk without caches. ``unreadable`` records count in ``records`` and nowhere else.
    """

    records: int
    functions: Mapping[str, int]
    triggers: Mapping[str, int]
    contracts: Mapping[str, int]
    statuses: Mapping[str, int]
    shapes: Mapping[str, int]
    sent: int
    answered: int
    elapsed: int
    slowest: int
    first: int
    last: int
    stored: int
    unreadable: int
    damage: tuple[Damage, ...]


@dataclass(slots=True)
class _Counts:
    functions: Counter[str] = field(default_factory=Counter)
    triggers: Counter[str] = field(default_factory=Counter)
    contracts: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    shapes: Counter[str] = field(default_factory=Counter)


def summarise(corpus: Corpus) -> Summary:
    """Count everything. Raises CorpusError as the methods of Corpus do."""
    counts = _Counts()
    records = sent = answered = elapsed = slowest = unreadable = first = last = 0
    for kinds, times in corpus.kinds():
        for number, count in Counter(kinds.which).items():
            kind = kinds.kinds[number]
            records += count
            if not kind.shape:
                unreadable += count
                continue
            counts.functions[kind.function] += count
            counts.triggers[kind.trigger] += count
            counts.contracts[kind.contract] += count
            counts.statuses[status_class(kind.status)] += count
            counts.shapes[kind.shape] += count
        sent, answered, elapsed = sent + sum(kinds.sent), answered + sum(kinds.answered), elapsed + sum(kinds.elapsed)
        slowest = max(slowest, max(kinds.elapsed, default=0))
        known = [at for at in times if at]
        if known:
            first, last = min(first or known[0], min(known)), max(last, max(known))
    return Summary(
        records=records,
        sent=sent,
        answered=answered,
        elapsed=elapsed,
        slowest=slowest,
        first=first,
        last=last,
        stored=corpus.stored_bytes(),
        unreadable=unreadable,
        damage=corpus.damage,
        **{item.name: dict(getattr(counts, item.name).most_common()) for item in fields(counts)},
    )
