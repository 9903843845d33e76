"""Events that were taken, with other values that are known for their members: one by one, then several at once."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from random import Random
from typing import Any

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.mutation.follow import with_values
from fnfuzz.fuzz.mutation.hints import Hint
from fnfuzz.fuzz.mutation.values import one_of
from fnfuzz.fuzz.trees.tree import Tree, in_json, is_pairs, leaves, to_event, to_tree
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["MAX_CHOICES", "Mixing", "by_name", "with_each"]

MAX_CHOICES = 20
"""So many values of a message or a table are tried for one name."""

MAX_VARIATIONS = 100
"""So many events are made of one."""

MIXED = 0.5
"""So likely a member gets another value where several do."""

WELL = 0.8
"""So likely it is one with which an event was taken before."""

MAX_VARIED = 12
"""Of so many events that were taken the members get all values that are known for them."""

MAX_WORDS_KEPT = 16
"""So many events are worth mutating for the words that they have."""


@dataclass(frozen=True, slots=True)
class _Taken:
    """An event that was taken, as a tree, and what its members and pairs have, by their names."""

    event: Event
    tree: Tree
    has: Mapping[str, Sequence[Any]]


class Mixing:
    """For one function. ``known`` are the wishes of messages so far, each of which may tell values."""

    def __init__(self, function: Function, words: Dictionary) -> None:
        self.function = function
        self._choices = dict(words.choices)
        self._well: dict[str, dict[Any, None]] = {}
        """Of the values that are known for members, those with which an event was taken."""

        self._words_kept = 0
        self._taken: list[_Taken] = []
        """Events that were taken, each with something new to show."""

    def varied(self, taken: Event, known: Iterable[Hint]) -> Iterator[Event]:
        """Each value that is known for a member, in its place, in an event that was taken and shows something new."""
        if len(self._taken) >= MAX_VARIED:
            return iter(())
        tree = to_tree(taken, self.function)
        has = by_name(tree)
        self._taken.append(_Taken(taken, tree, has))
        ways = in_turn([with_each(tree, name, values) for name, values in self._known_values(has, known)])
        built = (to_event(one, taken, self.function) for one in islice(ways, MAX_VARIATIONS))
        return (one for one in built if one is not None)

    def mixed(self, random: Random, known: Iterable[Hint]) -> Event | None:
        """An event that was taken, with other values that are known for some of its members, all at once; None where
        they are known for fewer than two.
        """
        if not self._taken:
            return None
        taken = one_of(self._taken, random)
        values_of = self._known_values(taken.has, known)
        if len(values_of) < 2:
            return None
        chosen: dict[str, Any] = {}
        for name, values in values_of:
            if random.random() < MIXED:
                well = self._well.get(name) if random.random() < WELL else None
                chosen[name] = one_of(tuple(well or values), random)
        changed = next(with_values(taken.tree, chosen), None) if chosen else None
        return to_event(changed, taken.event, self.function) if changed is not None else None

    def took(self, event: Event, known: Iterable[Hint]) -> bool:
        """The handler took this event: its values are good ones. Is there a word among them with which none was taken
        before? Such an event is worth mutating, though the answer may look like others.
        """
        has = by_name(to_tree(event, self.function))
        words = 0
        for name, values in self._known_values(has, known):
            well = self._well.setdefault(name, {})
            new = [value for value in values if value in has[name] and value not in well]
            well.update(dict.fromkeys(new))
            words += sum(isinstance(value, str) for value in new)
        is_new = words > 0 and self._words_kept < MAX_WORDS_KEPT
        self._words_kept += is_new
        return is_new

    def _known_values(self, has: Container[str], known: Iterable[Hint]) -> list[tuple[str, Sequence[Any]]]:
        """What messages wished for, and what the source's tables have, for each of these names."""
        found: dict[str, dict[Any, None]] = {}
        told = ((hint.name, hint.values) for hint in known if hint.values)
        for name, values in chain(told, self._choices.items()):
            found.setdefault(name, {}).update(dict.fromkeys(values[:MAX_CHOICES]))
        return [(name, list(values)) for name, values in found.items() if name in has]


def with_each(tree: Tree, name: str, values: Sequence[Any]) -> Iterator[Tree]:
    """``tree`` with each of the values where the name is."""
    return (one for value in values for one in with_values(tree, {name: value}))


def by_name(tree: Tree) -> dict[str, list[Any]]:
    """What members and pairs have, by their names."""
    found: dict[str, list[Any]] = {}
    for path, value in leaves(tree):
        if is_pairs(path) and isinstance(value, list):
            for name, item in value:
                found.setdefault(name, []).append(item)
        elif path and isinstance(path[-1], str) and in_json(path):
            found.setdefault(path[-1], []).append(value)
    return found
