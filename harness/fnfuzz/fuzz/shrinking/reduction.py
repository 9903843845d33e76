"""The search for a smaller case: what smaller means, what was tried, and how one value is searched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypeAlias, TypeVar

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.trees.places import Place, Steps, look, places, put_all
from fnfuzz.fuzz.trees.readings import Reading, readings
from fnfuzz.fuzz.trees.tree import METHODS, Tree

__all__ = ["RANKS", "Budget", "Progress", "Search", "Slot", "Spent", "fewer", "lowest", "size", "text_of"]

T = TypeVar("T")
Progress: TypeAlias = Callable[[int, int], None]
"""Told after every smaller case: the number of calls so far, and the new case's characters or length."""

Slot: TypeAlias = tuple[Steps, ...]
"""Places that change together."""

PLAIN = re.compile(r"[A-Za-z0-9]+")
WORDS = "a0123456789bcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
ORDER = dict.fromkeys(WORDS + " -_.,:;/" + "".join(map(chr, range(33, 127))) + "\n" + "".join(map(chr, range(128))))
TURNED = {"é": "\x80", "€": "\u0800", "😀": "\U00010000"}
RANKS = (
    {ord(char): rank for rank, char in enumerate(ORDER)}
    | {ord(one): ord(other) for one, other in TURNED.items()}
    | {ord(other): ord(one) for one, other in TURNED.items()}
)
"""The rank of each character; the readable one is the first of those that take as many bytes."""

MAX_REJECTED = 20_000
"""Verdicts that are remembered."""

FINE = 64
"""So many pieces of one value are tried one by one."""


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


class Spent(Exception):
    """The budget ends in the middle of a pass."""


def size(event: Event) -> tuple[int, int, str]:
    """The order of cases: characters, then how many of them are neither letters nor digits, then their ranks."""
    return _size(text_of(event))


def _size(text: str) -> tuple[int, int, str]:
    return len(text), len(PLAIN.sub("", text)), text.translate(RANKS)


def text_of(event: Event) -> str:
    """All that is not usual in ``event``, as one text."""
    usual = type(event)()
    parts = []
    for item in fields(event):
        value = getattr(event, item.name)
        if item.name == "method":
            parts.append("-" * (METHODS.index(value) if value in METHODS else len(METHODS)))
        elif isinstance(value, bytes):
            parts.append(value.decode("utf-8", "surrogateescape"))
        elif isinstance(value, tuple):
            parts += [f"{name}:{text};" for name, text in value]
        elif item.name in ("path", "name") or value != getattr(usual, item.name):
            parts.append(str(value))
    return "\x1f".join(parts)


@dataclass(slots=True)
class Search:
    """The smallest case so far; ``event`` is always what ``tree`` describes."""

    fails: Callable[[Event], bool]
    function: Function
    budget: Budget
    tree: Tree
    event: Event
    progress: Progress | None = None
    rejected: dict[int, None] = field(default_factory=dict)
    """Hashes of events that pass: the events themselves may be large."""

    reading: Reading = field(default_factory=lambda: Reading({}))
    """How the current case was taken apart."""

    fruitless: set[tuple[str, Steps, int]] = field(default_factory=set)
    """Which step gained nothing at which place from which value: asked again only at the very end."""

    _measured: Event | None = None
    _text: str = ""
    """``_measured`` as ``size`` sees it."""

    def tries(self, tree: Tree | None) -> bool:
        """Is ``tree`` a smaller case that fails too? Then it is the current one. Raises Spent."""
        event = self.written(tree) if tree is not None else None
        if tree is None or event is None:
            return False
        if self._measured is not self.event:
            self._measured, self._text = self.event, text_of(self.event)
        if not _is_smaller(text_of(event), self._text):
            return False
        if not self.verdict(event):
            return False
        self.tree, self.event = tree, event
        if self.progress is not None:
            self.progress(self.budget.used, len(text_of(event)))
        return True

    def written(self, tree: Tree) -> Event | None:
        """The event of a tree, None when there is none."""
        return self.reading.event(tree, self.event, self.function)

    def read(self) -> None:
        """Take the event apart, as far as it fails again when it is put together, and is no larger then."""
        for reading in readings(self.event, self.function):
            self.reading, self.tree = reading, reading.tree
            again = self.written(self.tree)
            if again == self.event:
                return
            if again is not None and size(again) < size(self.event) and self.verdict(again):
                self.event = again
                return

    def verdict(self, event: Event) -> bool:
        """Does it fail? Asked once for each event. Raises Spent."""
        key = hash(event)
        if key in self.rejected:
            return False
        if self.budget.spent:
            raise Spent
        self.budget.used += 1
        if self.fails(event):
            return True
        self.rejected[key] = None
        if len(self.rejected) > MAX_REJECTED:
            del self.rejected[next(iter(self.rejected))]
        return False

    def put(self, slot: Slot, value: Any) -> bool:
        """Try one value at all places of the slot."""
        return self.tries(put_all(self.tree, [(path, value) for path in slot]))

    def at(self, path: Steps) -> Any:
        """What stands there, None when the place is gone."""
        try:
            return look(self.tree, path)
        except (KeyError, IndexError, TypeError):
            return None

    def walk(self, step: str = "") -> Iterator[Place]:
        """Every place, also when the tree changes under way; what a change moved is met in the next round.

        With the name of a step, leaves from which it gained nothing are left out.
        """
        tree, found = self.tree, places(self.tree)
        at = 0
        while at < len(found):
            place = found[at]
            key = (step, place.path, hash(place.value)) if step and not isinstance(place.value, (list, dict)) else None
            if key is None or key not in self.fruitless:
                yield place
                if self.tree is not tree:
                    tree, found = self.tree, places(self.tree)
                    at = next((index for index, item in enumerate(found) if item.path == place.path), at - 1)
                elif key is not None:
                    self.fruitless.add(key)
            at += 1


def _is_smaller(text: str, than: str) -> bool:
    return len(text) < len(than) or (len(text) == len(than) and text != than and _size(text) < _size(than))


def lowest(high: int, accepts: Callable[[int], bool]) -> int:
    """The least number that is accepted, as if all greater ones were too; ``high`` is accepted already.

    Magnitude first, then round numbers, at which most limits lie, then halves.
    """
    if high <= 0 or accepts(0):
        return 0
    low, bits = 0, high.bit_length()
    least = 0
    while bits - least > 1:
        middle = (bits + least) // 2
        if accepts((1 << middle) - 1):
            bits, high = middle, (1 << middle) - 1
        else:
            least, low = middle, (1 << middle) - 1
    for guess in _guesses(low, high):
        if low < guess < high:
            low, high = (low, guess) if accepts(guess) else (guess, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if accepts(middle) else (middle, high)
    return high


def _guesses(low: int, high: int) -> tuple[int, ...]:
    """Where the limit is, if it is a round number between the two."""
    step = 10 ** len(str(high))
    while step > 1 and high // step * step <= low:
        step //= 10
    near = high // step * step
    return (low + 1, near + 1, near) if step > 1 else (low + 1,)


def fewer(items: Sequence[T], accepts: Callable[[Sequence[T]], bool]) -> list[T]:
    """Leave out runs, halves first, then shorter ones; a run that could go is followed by a longer one."""
    kept = list(items)
    run = len(kept)
    least = max(1, len(kept) // FINE)
    while run >= least and kept:
        start, step = 0, run
        while start < len(kept):
            less = kept[:start] + kept[start + step :]
            if accepts(less):
                kept = less
                step *= 2
            elif step > run:
                step = run
            else:
                start += step
        run //= 2
    return kept
