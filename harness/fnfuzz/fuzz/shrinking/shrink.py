"""Shrinks a failing case to the smallest one that still fails in the same way.

Works on values, not on choices, so any event can be shrunk, recorded ones too. Smaller is one total order (``size``):
fewer characters, then plainer ones, then the earlier in one fixed order, so that events of one fault end at one
minimum. Steps run from the coarsest to the finest, over and over until none gains; what was rejected is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.shrinking.passes import COARSE, FINER
from fnfuzz.fuzz.shrinking.reduction import Budget, Progress, Search, Spent, fewer, size

__all__ = ["Budget", "Progress", "shrink_cases", "shrink_event", "shrink_sequence", "size"]

T = TypeVar("T")

LONG = 8
"""Cases: a failure after more of them mostly counts, whatever the events are."""

MOST_ALIKE = 3
"""So many events are tried in place of all the others."""

DELIVERY: Mapping[str, Sequence[str]] = {
    "queue": ("id", "inserted", "expires", "pop_receipt", "attributes"),
    "blob": ("modified",),
    "timer": ("due",),
}
"""The parts of events that no tree holds."""


def shrink_event(
    event: Event,
    function: Function,
    fails: Callable[[Event], bool],
    budget: Budget,
    progress: Progress | None = None,
) -> Event:
    """The smallest event found for which ``fails`` holds; ``event`` itself is taken to fail and is not tried.

    The same event, predicate and budget in calls give the same result; the result shrinks to itself.
    """
    search = Search(fails, function, budget, {}, event, progress)
    try:
        _dull_delivery(search)
        start = None
        while start != search.event:
            # What was changed as text may now be read as more than text.
            start = search.event
            search.read()
            _to_the_end(search)
    except Spent:
        pass
    return search.event


def _dull_delivery(search: Search) -> None:
    """The parts that no tree holds (ids, times) at their defaults, if it fails all the same."""
    event = search.event
    usual = type(event)()
    dull = replace(event, **{name: getattr(usual, name) for name in DELIVERY.get(event.trigger, ())})
    if dull != event and search.verdict(dull):
        search.event = dull


def _to_the_end(search: Search) -> None:
    """Coarse passes until they gain no more, then the finer ones, after a gain the coarse ones again. At last all that
    was left out once more, since it may depend on what changed later.
    """
    while True:
        while _gains(search, COARSE):
            pass
        if any(_gains(search, (step,)) for step in FINER):
            continue
        if not search.fruitless:
            return
        search.fruitless.clear()
        if not _gains(search, (*COARSE, *FINER)):
            return


def _gains(search: Search, steps: Sequence[Callable[[Search], None]]) -> bool:
    before = search.event
    for step in steps:
        step(search)
    return search.event != before


# -- sequences


def shrink_sequence(items: Sequence[T], fails: Callable[[Sequence[T]], bool], budget: Budget) -> tuple[T, ...]:
    """The shortest subsequence found that still fails; the last item, which shows the failure, always stays."""
    *before, last = items
    accepts = _tried(fails, budget)
    return (*fewer(before, lambda some: accepts([*some, last])), last)


def _tried(fails: Callable[[Sequence[T]], bool], budget: Budget) -> Callable[[Sequence[T]], bool]:
    """``fails`` as long as the budget lasts."""

    def accepts(some: Sequence[T]) -> bool:
        if budget.spent:
            return False
        budget.used += 1
        return fails(some)

    return accepts


Pair: TypeAlias = tuple[Function, Event]
Shows: TypeAlias = Callable[[Sequence[Pair]], bool]


def shrink_cases(
    cases: Sequence[Pair], shows: Shows, budget: Budget, progress: Progress | None = None
) -> tuple[Pair, ...]:
    """The smallest sequence found for which ``shows`` holds: fewer cases first, then each event smaller while the
    others stay as they are, equal ones together. Functions keep their order; the last case stays, with a smaller event.
    A long sequence is first taken for one event again and again, as often as it takes.
    """
    current = list(cases)
    repeated = _repetition(current, shows, budget) if len(current) > LONG else None
    if repeated is not None and len(repeated) > LONG:
        return repeated
    current = list(repeated or shrink_sequence(current, shows, budget))
    current = _alike(current, shows, budget)
    before: list[Pair] | None = None
    while current != before and not budget.spent:
        before = current
        current = list(shrink_sequence(current, shows, budget))
        if progress is not None and len(current) < len(before):
            progress(budget.used, len(current))
        current = _smaller(current, _equal(current), shows, budget)
        if current == before:
            # Equal events may need to be unequal to be smaller.
            current = _smaller(current, [[at] for at in reversed(range(len(current)))], shows, budget)
    return tuple(current)


def _repetition(cases: Sequence[Pair], shows: Shows, budget: Budget) -> tuple[Pair, ...] | None:
    """One event so often that it shows the failure, as small and as seldom as was found; None if that is not enough."""
    accepts = _tried(shows, budget)
    for pair in dict.fromkeys((cases[-1], cases[0])):
        if not accepts([pair] * len(cases)):
            continue
        low, high = 1, len(cases)
        while low < high:
            middle = (low + high) // 2
            low, high = (low, middle) if accepts([pair] * middle) else (middle + 1, high)
        ((function, smaller),) = {*_smaller([pair] * high, [list(range(high))], shows, budget)}
        return ((function, smaller),) * high
    return None


def _alike(cases: list[Pair], shows: Shows, budget: Budget) -> list[Pair]:
    """The same with one event in place of all, or of all before the last, where that shows it too."""
    *before, last = cases
    accepts = _tried(shows, budget)
    for pair in dict.fromkeys((last, *before[-MOST_ALIKE:])):
        for other in ([pair] * len(cases), [*[pair] * len(before), last]):
            if other == cases:
                return cases
            if len(cases) > 1 and accepts(other):
                return other
    return cases


def _equal(cases: Sequence[Pair]) -> list[list[int]]:
    """The positions of equal cases, the last ones first: the last event shows the failure, so it is mostly what there
    is most to take from.
    """
    positions: dict[Pair, list[int]] = {}
    for at in reversed(range(len(cases))):
        positions.setdefault(cases[at], []).append(at)
    return list(positions.values())


def _smaller(cases: list[Pair], groups: Iterable[Sequence[int]], shows: Shows, budget: Budget) -> list[Pair]:
    """Each group of equal cases with a smaller event, the others as they are."""
    for positions in groups:
        function, event = cases[positions[0]]

        def placed(item: Event, positions: Sequence[int] = positions, function: Function = function) -> list[Pair]:
            return [(function, item) if at in positions else case for at, case in enumerate(cases)]  # noqa: B023

        smaller = shrink_event(event, function, lambda item: shows(placed(item)), budget)
        cases = placed(smaller)
    return cases
