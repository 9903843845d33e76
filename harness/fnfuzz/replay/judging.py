"""Takes what came back: the rules look at it, it is compared, and what is different is counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from fnfuzz.contracts.model import HttpReply, Violation
from fnfuzz.corpus import Corpus, Record
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent
from fnfuzz.extensions.observing import violations_of
from fnfuzz.fuzz.finding import Identity
from fnfuzz.fuzz.ignoring import Ignored, Ignoring
from fnfuzz.fuzz.sequences.answer import telling_headers
from fnfuzz.host import Exchange
from fnfuzz.replay.cases import Case, Cases
from fnfuzz.replay.difference import Change, changes
from fnfuzz.replay.groups import Groups
from fnfuzz.replay.masks import Mask, Noise, uncovered
from fnfuzz.replay.model import Broken, Result
from fnfuzz.replay.playing import Played

__all__ = ["Differs", "Judge", "compare", "payload_size", "set_aside"]

Differs: TypeAlias = Callable[[Played, frozenset[str], Sequence[Violation]], None]
"""Told of an answer with differences that are no noise, of the ids of their groups, and of the rules that it breaks."""


def compare(cases: Cases, played: Played) -> list[Change]:
    """Where the answer differs from the recorded one; noise is not left out yet."""
    if is_same(played):
        return []
    case = played.case
    return changes(cases.recorded(case), played.said(to_caller=not case.same_contract))


def is_same(played: Played) -> bool:
    """Is the answer, byte by byte, what was recorded? A quick look that spares almost always the long one."""
    record, observed = played.case.record, played.observed
    if record.fault is not None or observed.fault is not None or record.exit is not None or observed.exit is not None:
        return False
    if not played.case.same_contract:
        return False
    one, other = record.reply, observed.reply
    if isinstance(one, HttpReply) and isinstance(other, HttpReply):
        return (
            one.body == other.body
            and one.status == other.status
            and (one.headers == other.headers or _telling(one.headers) == _telling(other.headers))
        )
    return one is not None and one == other


@lru_cache(maxsize=256)
def _telling(headers: Pairs) -> Mapping[str, str]:
    return telling_headers(headers)


class Judge:
    """Judges and compares all answers of one replay."""

    def __init__(
        self,
        cases: Cases,
        noise: Noise | None,
        differs: Differs | None = None,
        *,
        checks: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """``checks`` as ``violations_of`` has them."""
        self.cases = cases
        self.checks = checks
        self.noise = noise or Noise()
        self.groups = Groups()
        self.replayed = self.compared = self.same = self.unanswered = self.by_outcome = self.masked = 0
        self.skipped: dict[str, int] = {}
        self._masks = self.noise.by_place()
        self._used: set[Mask] = set()
        self._met: set[tuple[str, str]] = set()
        """Places where something differs that no mask covers."""

        self._functions: set[str] = set()
        self._broken: dict[tuple[str, str, str], Broken] = {}
        self._differs = differs
        self._last: tuple[str, tuple[Violation, ...]] = "", ()

    def take(self, played: Played) -> None:
        """One answer."""
        self.replayed += 1
        broken = self.judge(played.exchange, played.case.id) if played.exchange is not None else ()
        if not played.case.answered:
            self.unanswered += 1
            if self._differs is not None:
                self._differs(played, frozenset(), broken)
            return
        self.compared += 1
        self.by_outcome += not played.case.same_contract
        self._functions.add(played.case.function.name)
        self.add(played, compare(self.cases, played), broken=broken)

    def add(
        self, played: Played, found: Sequence[Change], cause: str = "", *, broken: Sequence[Violation] = ()
    ) -> None:
        """Count the changes of one answer."""
        function = played.case.function.name
        left, used = uncovered(found, function, self._masks) if found else ([], [])
        self._used.update(used)
        self._met.update((function, change.path) for change in left)
        self.masked += len(used)
        if not left:
            self.same += 1
            return
        size = payload_size(played.case.record, played.case.event)
        ids = [self.groups.add(function, change, played.case.id, size, cause) for change in left]
        if self._differs is not None:
            self._differs(played, frozenset(ids), broken)

    def judge(self, exchange: Exchange, record: str) -> tuple[Violation, ...]:
        """The rules that an exchange breaks, which are counted."""
        found = violations_of(self.cases.app, exchange, self.checks)
        self._last = record, found
        self._count(exchange, record, found)
        return found

    def late(self, exchange: Exchange) -> None:
        """The exchange that was judged last, with what came after its answer."""
        record, known = self._last
        self._count(exchange, record, tuple(item for item in exchange.violations if item not in known))

    def _count(self, exchange: Exchange, record: str, found: Sequence[Violation]) -> None:
        for violation in found:
            function = exchange.function.name
            key = violation.rule, function, violation.place
            broken = self._broken.setdefault(key, Broken(violation, function, record))
            broken.count += 1

    def chosen(self, corpus: Corpus, filters: Mapping[str, Any]) -> Iterator[Case]:
        """The cases of a corpus; records that cannot be replayed are counted on the way."""
        for case in self.cases.of(corpus, dict(filters)):
            if isinstance(case, str):
                self.refuse(case)
            else:
                yield case

    def refuse(self, why: str) -> None:
        """Count a record that cannot be replayed."""
        self.skipped[why] = self.skipped.get(why, 0) + 1

    def fill(self, result: Result) -> None:
        """Write everything that was counted into ``result``."""
        result.replayed, result.compared, result.same = self.replayed, self.compared, self.same
        result.unanswered, result.by_outcome, result.masked = self.unanswered, self.by_outcome, self.masked
        result.skipped = dict(self.skipped)
        result.groups, result.beyond = tuple(self.groups), self.groups.beyond
        result.broken = tuple(
            sorted(self._broken.values(), key=lambda item: (item.severity, -item.count, item.violation.rule))
        )
        result.masks = self.noise.masks
        concerned = [mask for mask in self.noise.masks if mask.function in self._functions]
        needed = [mask for mask in concerned if (mask.function, mask.path) in self._met]
        result.unused = tuple(mask for mask in concerned if mask not in self._used and mask not in needed)
        result.dependences = tuple(
            item for item in self.noise.dependences if item.function in self._functions or not self._functions
        )


def set_aside(result: Result, ignored: Sequence[Ignored]) -> None:
    """Take the broken rules that are ignored out of ``result.broken``."""
    ignoring = Ignoring(ignored)
    told: list[Broken] = []
    for item in result.broken:
        violation = item.violation
        identity = Identity(violation.rule, item.function, "", violation.place)
        entry = ignoring.entry(identity)
        if entry is None:
            told.append(item)
        else:
            result.ignored = (*result.ignored, (item, entry.reason))
    result.broken = tuple(told)


def payload_size(record: Record, event: Event | None) -> int:
    """How large an event is for people."""
    match event:
        case HttpEvent():
            return len(event.body) + len(event.path) + sum(len(name) + len(text) for name, text in event.query)
        case QueueEvent():
            return len(event.message)
        case BlobEvent():
            return len(event.content) + len(event.name)
        case TimerEvent():
            return len(event.payload)
        case RawEvent():
            return len(event.body)
    return len(record.request.to_bytes()) if record.request is not None else 0
