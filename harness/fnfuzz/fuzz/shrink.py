"""Shrinks a failing case to the smallest one that still fails in the same way.

Works on values, not on choices, so any event can be shrunk, recorded ones too. Smaller is one total order (``size``):
fewer bytes, then duller. Passes run in a fixed order from the coarsest to the finest, each again as long as it gains;
every tried case is remembered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from fnfuzz.app.model import Function
from fnfuzz.events import Event, to_data
from fnfuzz.fuzz.tree import PAYLOADS, Path, Tree, drop, in_json, is_pairs, leaves, put, to_event, to_tree

__all__ = ["Budget", "shrink_event", "shrink_sequence", "size"]

T = TypeVar("T")

PLAIN = re.compile(r"[A-Za-z0-9]+")
DELIVERY: Mapping[str, Sequence[str]] = {
    "queue": ("id", "inserted", "expires", "pop_receipt", "attributes"),
    "blob": ("modified",),
    "timer": ("due",),
}
"""The parts of events that no tree holds."""


@dataclass(slots=True)
class Budget:
    """How much may still be tried; ``clock`` gives seconds. Ends at ``calls`` verdicts or at ``deadline``, whichever is
    first.
    """

    calls: int
    deadline: float
    clock: Callable[[], float]
    used: int = 0

    @property
    def spent(self) -> bool:
        """Is nothing left?"""
        return self.used >= self.calls or self.clock() >= self.deadline


@dataclass(slots=True)
class _Problem:
    fails: Callable[[Event], bool]
    function: Function
    base: Event
    budget: Budget
    tree: Tree
    event: Event
    seen: dict[int, bool] = field(default_factory=dict)
    """The verdicts by the event's hash: the events themselves may be large."""

    def accept(self, tree: Tree) -> bool:
        """Is ``tree`` a smaller case that fails too? Then it is the current one."""
        event = to_event(tree, self.base, self.function)
        if event is None or size(event) >= size(self.event):
            return False
        key = hash(event)
        if key not in self.seen:
            self.budget.used += 1
            self.seen[key] = self.fails(event)
        if self.seen[key]:
            self.tree, self.event = tree, event
        return self.seen[key]


def size(event: Event) -> tuple[int, int, str]:
    """The order of cases: bytes, then how unusual the values look, then the text itself, so that the minimum is
    unique.
    """
    text = repr(sorted(to_data(event).items()))
    return len(text), len(PLAIN.sub("", text)), text


def shrink_event(event: Event, function: Function, fails: Callable[[Event], bool], budget: Budget) -> Event:
    """The smallest event found for which ``fails`` holds; ``event`` itself is taken to fail and is not tried."""
    base = _dull_delivery(event, fails, budget)
    problem = _Problem(fails, function, base, budget, to_tree(event, function), base)
    again = to_event(problem.tree, problem.base, function)
    if again is None or (again != base and not _still(fails, again, budget)):
        # Parsing loses what made it fail (a number out of range, a duplicate key): shrink the bytes as they are.
        problem.tree = _as_text(problem.tree, base)
    else:
        problem.event = again
    improved = True
    while improved and not budget.spent:
        improved = sum(_run(problem, step) for step in PASSES) > 0
    return problem.event


def _dull_delivery(event: Event, fails: Callable[[Event], bool], budget: Budget) -> Event:
    """The parts that no tree holds (ids, times) at their defaults, if it fails all the same."""
    usual = type(event)()
    dull = replace(event, **{name: getattr(usual, name) for name in DELIVERY.get(event.trigger, ())})
    return dull if dull == event or _still(fails, dull, budget) else event


def _still(fails: Callable[[Event], bool], event: Event, budget: Budget) -> bool:
    if budget.spent:
        return False
    budget.used += 1
    return fails(event)


def _as_text(tree: Tree, event: Event) -> Tree:
    for key in PAYLOADS:
        if key in tree:
            raw = getattr(event, key)
            try:
                return {**tree, key: {"text": raw.decode("utf-8")}}
            except UnicodeDecodeError:
                return {**tree, key: {"bytes": raw}}
    return tree


def _run(problem: _Problem, step: Callable[[Tree], Iterator[Tree]]) -> bool:
    """Apply one pass until it gains no more, or nothing is left of the budget."""
    gained = False
    while _improves(problem, step):
        gained = True
    return gained


def _improves(problem: _Problem, step: Callable[[Tree], Iterator[Tree]]) -> bool:
    for candidate in step(problem.tree):
        if problem.budget.spent:
            return False
        if problem.accept(candidate):
            return True
    return False


# -- passes, coarsest first

DULL_PAYLOADS: Sequence[Tree] = (
    {"text": ""},
    {"json": {}},
    {"json": None},
    {"json": 0},
    {"json": []},
    {"json": ""},
    {"text": "a"},
)


WORDS = ("method", "content_type")
"""Texts that are taken as they are or not at all."""


def _whole_parts(tree: Tree) -> Iterator[Tree]:
    """A whole payload, all headers, all of the query at once."""
    for key, value in tree.items():
        if key in PAYLOADS:
            for dull in DULL_PAYLOADS:
                if value != dull:
                    yield {**tree, key: dull}
        elif isinstance(value, list) and value:
            yield {**tree, key: []}
        elif key == "method" and value != "GET":
            yield {**tree, key: "GET"}
        elif key == "dequeue_count" and value != 1:
            yield {**tree, key: 1}
        elif key == "past_due" and value:
            yield {**tree, key: False}
        elif key == "content_type":
            yield {**tree, key: "text/plain"}


def _drop_runs(tree: Tree) -> Iterator[Tree]:
    """Members and items away: halves, quarters, then one by one."""
    for path, value in leaves(tree):
        if not _is_free(path) or not isinstance(value, (list, dict)) or len(value) < 2:
            continue
        run = len(value) // 2
        while run >= 1:
            for start in range(0, len(value), run):
                if isinstance(value, list):
                    yield put(tree, path, value[:start] + value[start + run :])
                else:
                    keys = list(value)
                    yield put(tree, path, {key: value[key] for key in keys[:start] + keys[start + run :]})
            run //= 2


def _drop_one(tree: Tree) -> Iterator[Tree]:
    for path, _ in leaves(tree):
        if len(path) >= 2 and _is_free(path[:-1]):
            yield drop(tree, path)


def _hoist(tree: Tree) -> Iterator[Tree]:
    """A JSON container replaced by one of its own members."""
    for path, value in leaves(tree):
        if in_json(path) and isinstance(value, (list, dict)):
            for item in list(value.values() if isinstance(value, dict) else value)[:8]:
                yield put(tree, path, item)


def _dull_values(tree: Tree) -> Iterator[Tree]:
    for path, value in leaves(tree):
        for dull in _duller(path, value):
            yield put(tree, path, dull)


def _duller(path: Path, value: Any) -> Sequence[Any]:
    if isinstance(value, str):
        return ("", "0", "a", "a" * len(value)) if path[0] not in WORDS else ()
    if isinstance(value, bytes):
        return (b"", b"\x00", b"\xff")
    if in_json(path):
        return (0, "", [], {}, None, False)
    return ()


def _shorter_texts(tree: Tree) -> Iterator[Tree]:
    for path, value in leaves(tree):
        if not isinstance(value, (str, bytes)) or len(value) < 2 or path[0] in WORDS:
            continue
        yield from (put(tree, path, part) for part in _parts(value))


def _parts(value: Any) -> Iterator[Any]:
    """The halves of a text, then the text without one run of it, runs getting shorter."""
    run = len(value) // 2
    while run >= 1:
        yield value[:run]
        yield value[-run:]
        yield value[:-run]
        for start in range(0, len(value), run) if len(value) // run <= 64 else ():
            yield value[:start] + value[start + run :]
        run //= 2


def _simpler_characters(tree: Tree) -> Iterator[Tree]:
    for path, value in leaves(tree):
        if isinstance(value, str) and path[0] not in WORDS and 0 < len(value) <= 64:
            for index, char in enumerate(value):
                for dull in ("a", "0"):
                    if char not in "a0":
                        yield put(tree, path, value[:index] + dull + value[index + 1 :])


def _smaller_numbers(tree: Tree) -> Iterator[Tree]:
    for path, value in leaves(tree):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            continue
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            yield put(tree, path, int(value))
        if isinstance(value, int):
            low, high = 0, abs(value)
            for near in (0, 1, abs(value)):
                yield put(tree, path, near)
            while low < high - 1:
                middle = (low + high) // 2
                yield put(tree, path, middle if value > 0 else -middle)
                low = middle


def _unnest_names(tree: Tree) -> Iterator[Tree]:
    for path, value in leaves(tree):
        if in_json(path) and isinstance(value, dict):
            for key in value:
                for dull in ("", "a"):
                    if key != dull and dull not in value and len(key) > len(dull):
                        yield put(tree, path, {(dull if name == key else name): item for name, item in value.items()})


PASSES: Sequence[Callable[[Tree], Iterator[Tree]]] = (
    _whole_parts,
    _drop_runs,
    _drop_one,
    _hoist,
    _dull_values,
    _shorter_texts,
    _smaller_numbers,
    _unnest_names,
    _simpler_characters,
)


def _is_free(path: Path) -> bool:
    """May the members of this container come and go? Those of JSON may, and whole pairs."""
    return in_json(path) or is_pairs(path)


def shrink_sequence(items: Sequence[T], fails: Callable[[Sequence[T]], bool], budget: Budget) -> tuple[T, ...]:
    """The shortest subsequence found that still fails; the last item, which shows the failure, always stays."""
    current = list(items)
    run = max(1, (len(current) - 1) // 2)
    while run >= 1 and not budget.spent:
        start, gained = 0, False
        while start < len(current) - 1 and not budget.spent:
            candidate = current[:start] + current[min(start + run, len(current) - 1) :]
            budget.used += 1
            if fails(candidate):
                current, gained = candidate, True
            else:
                start += run
        if not gained:
            run //= 2
    return tuple(current)
