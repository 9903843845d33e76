"""Lists whose items name each other, such as parents or prerequisites: rings, items that name themselves or nothing,
chains that are too long for a recursion, the same name twice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice, pairwise
from random import Random
from typing import Any, TypeAlias

from fnfuzz.fuzz.trees.tree import Tree, in_json, leaves, put
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["references"]

Items: TypeAlias = Sequence[Mapping[str, Any]]

MAX_LISTS, MAX_LINKS, MAX_ITEMS = 4, 3, 40
CHAINS = (12, 120, 1200)
"""Items that name each the one before; most languages leave off at a thousand calls within each other."""

NOBODY = {str: "nobody", int: 987654321}


@dataclass(frozen=True, slots=True)
class _Link:
    """Member ``by`` of an item says the member ``key`` of another one, ``many`` of them as a list."""

    key: str
    by: str
    many: bool

    def to(self, item: Mapping[str, Any], *names: Any) -> dict[str, Any]:
        """The item that names these."""
        return {**item, self.by: list(names) if self.many else names[0]}


def references(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Each list of the payload with items that name each other, in each of those ways."""
    lists = [(path, value) for path, value in leaves(tree, 500) if in_json(path) and _are_items(value)]
    for path, items in lists[:MAX_LISTS]:
        for link in _links(items)[:MAX_LINKS]:
            yield from (put(tree, path, changed) for changed in _changed(items, link))


def _are_items(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MAX_ITEMS and all(isinstance(item, dict) for item in value)


def _links(items: Items) -> list[_Link]:
    """Members of which one names what another item's other member is, which no two have alike."""
    named = {key: {item[key] for item in items} for key in items[0] if all(_is_name(item.get(key)) for item in items)}
    keys = {key: known for key, known in named.items() if len(known) == len(items)}
    found: dict[_Link, None] = {}
    for item in items:
        for by, value in item.items():
            told = value if isinstance(value, list) else [value]
            for key, known in keys.items():
                if key != by and item[key] not in told and any(_is_name(one) and one in known for one in told):
                    found[_Link(key, by, isinstance(value, list))] = None
    return list(found)


def _is_name(value: Any) -> bool:
    return isinstance(value, (str, int)) and not isinstance(value, bool)


def _changed(items: Items, link: _Link) -> Iterator[list[Mapping[str, Any]]]:
    # What names another one already has what such an item needs.
    usual = next((item for item in reversed(items) if item.get(link.by)), items[-1])
    name = usual[link.key]
    one, other, third = islice(_unnamed(items, link, usual), 3)
    yield [*items, link.to(one, other[link.key]), link.to(other, one[link.key])]
    yield [item if item is not usual else link.to(usual, name) for item in items]
    first, last = items[0], items[-1]
    if first is not last:
        ring = {id(first): link.to(first, last[link.key]), id(last): link.to(last, first[link.key])}
        yield [ring.get(id(item), item) for item in items]
    yield [*items, link.to(one, other[link.key]), link.to(other, third[link.key]), link.to(third, one[link.key])]
    yield [item if item is not usual else link.to(usual, NOBODY[type(name)]) for item in items]
    yield [*items, usual]
    yield [*items, link.to(one, one[link.key])]
    for size in CHAINS:
        chain = pairwise([usual, *islice(_unnamed(items, link, usual), size)])
        yield [*items, *(link.to(item, before[link.key]) for before, item in chain)]
    yield [{**item, link.by: [] if link.many else None} for item in items]
    if link.many:
        yield [item if item is not usual else link.to(usual, *[one[link.key] for one in items] * 2) for item in items]


def _unnamed(items: Items, link: _Link, usual: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Items like ``usual`` with names that none has."""
    name, names = usual[link.key], {item[link.key] for item in items}
    for number in count(1):
        new = f"{name}{number}" if isinstance(name, str) else name + number
        if new not in names:
            yield {**usual, link.key: new}
