"""The steps that make a case smaller, coarsest first; each takes the search as far as it can.

Those of this file change the structure: what is there, and in which order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import Any

import orjson

from fnfuzz.fuzz.shrinking.deep import deep_texts
from fnfuzz.fuzz.shrinking.reduction import RANKS, Search, fewer, lowest
from fnfuzz.fuzz.shrinking.value_passes import (
    characters,
    equal_values,
    fine_numbers,
    leaves,
    methods,
    names,
    shorter,
    shorter_structured,
    types,
)
from fnfuzz.fuzz.trees.nested import View, text_of, view
from fnfuzz.fuzz.trees.places import HOLDERS, Inside, NameOf, Place, Steps, places, put_all, without
from fnfuzz.fuzz.trees.tree import BODILESS, PAYLOADS, Tree

__all__ = ["COARSE", "FINER"]

DULL_PAYLOADS: Sequence[Tree] = ({"text": ""}, {"json": {}})
SMALL = 12
"""So many members or values are tried in pairs."""

MOST_NUMBERS = 2


def _whole_parts(search: Search) -> None:
    """Everything but the payload away at once, then a whole payload, all headers, all of the query."""
    tree = search.tree
    lean = {key: ([] if isinstance(value, list) else value) for key, value in tree.items()}
    lean |= {key: value for key, value in _USUAL_PARTS.items() if key in tree}
    if not search.tries(lean):
        for key in lean:
            search.tries({**search.tree, key: lean[key]})
    search.put((("method",),), "GET")
    if search.tree.get("method") in BODILESS:
        # Whatever the tree holds, there is no body in such a request.
        search.tree = {**search.tree, "body": {"text": ""}}
    for key in PAYLOADS:
        if key in search.tree:
            for dull in DULL_PAYLOADS:
                search.tries({**search.tree, key: dull})


_USUAL_PARTS: Mapping[str, Any] = {"dequeue_count": 1, "past_due": False, "content_type": "application/octet-stream"}


def _columns(search: Search) -> None:
    """A member away from all objects that have it, a column from all rows."""
    for place in search.walk():
        if not isinstance(place.value, list) or len(place.value) < 2 or place.kind not in ("json", "rows"):
            continue
        rows = [row for row in place.value if isinstance(row, dict if place.kind == "json" else list)]
        names = dict.fromkeys(name for row in rows for name in (row if place.kind == "json" else range(len(row))))
        if len(rows) < 2 or not 1 < len(names) <= 256:
            continue

        def accepts(some: Sequence[Any], place: Place = place) -> bool:
            chosen = set(some)
            less = [_only(row, chosen) if isinstance(row, (dict, list)) else row for row in place.value]
            return search.put((place.path,), less)

        fewer(list(names), accepts)


def _only(row: Any, chosen: set[Any]) -> Any:
    if isinstance(row, dict):
        return {key: item for key, item in row.items() if key in chosen}
    return [item for at, item in enumerate(row) if at in chosen]


def _everywhere(search: Search) -> None:
    """A member away from all objects that have it, however deep they are in each other."""
    for place in search.walk():
        if place.kind != "json" or len(place.path) != 2:
            continue
        counts = Counter(_names(place.value))
        names = [name for name, count in counts.items() if count > 1]
        if not names or len(counts) > 256:
            continue

        def accepts(some: Sequence[str], place: Place = place, names: Sequence[str] = names) -> bool:
            return search.put((place.path,), _without(place.value, set(names) - set(some)))

        fewer(names, accepts)


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
    for item in _items(value):
        yield from _names(item)


def _without(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _without(item, names) for key, item in value.items() if key not in names}
    return [_without(item, names) for item in value] if isinstance(value, list) else value


def _items(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()


def _members(search: Search) -> None:
    """Members, items, pairs and rows away."""
    for place in search.walk():
        if place.kind in HOLDERS and isinstance(place.value, (list, dict)) and place.value:
            _drop_members(search, place)


def _drop_members(search: Search, place: Place) -> None:
    members = list(place.value.items()) if isinstance(place.value, dict) else place.value

    def accepts(some: Sequence[Any]) -> bool:
        return search.put((place.path,), dict(some) if isinstance(place.value, dict) else list(some))

    if len(members) >= 8:
        members = members[: lowest(len(members), lambda count: accepts(members[:count]))]
    if place.kind == "json" and isinstance(place.value, list) and len(members) >= 4:
        fillings: Sequence[Any] = (0, "", {}, members[0])
        for dull in fillings:
            if accepts([dull] * len(members)):
                return
    fewer(members, accepts)


def _hoist(search: Search) -> None:
    """A JSON value replaced by what is in it, or its members put in its own place."""
    for place in search.walk():
        if place.kind not in ("json", "text"):
            continue
        if isinstance(place.value, str) and (seen := view(place.value)) is not None and seen.kind == "json":
            search.put((place.path,), text_of(View("json", seen.value)))
        if place.kind == "text":
            continue
        for inner in _contents(place.value)[:8]:
            if search.put((place.path,), inner):
                break
        else:
            _splice(search, place)


def _contents(value: Any) -> list[Any]:
    if isinstance(value, (dict, list)):
        return list(value.values() if isinstance(value, dict) else value)
    seen = view(value) if isinstance(value, str) else None
    return [seen.value] if seen is not None and seen.kind == "json" else []


def _splice(search: Search, place: Place) -> None:
    value = place.value
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, dict):
                rest = {name: other for name, other in value.items() if name != key}
                if search.put((place.path,), {**rest, **item}):
                    return
    elif isinstance(value, list):
        for at, item in enumerate(value):
            if isinstance(item, list) and search.put((place.path,), [*value[:at], *item, *value[at + 1 :]]):
                return


def _lengths(search: Search) -> None:
    """A number that tells the length of a list or text, and that list or text, together."""
    found = places(search.tree)
    for number in found:
        if not isinstance(number.value, int) or isinstance(number.value, bool) or not 1 < number.value < 100_000:
            continue
        holders = [
            place
            for place in found
            if isinstance(place.value, (str, bytes, list))
            and len(place.value) == number.value
            and place.kind in ("json", "text", "bytes", "rows", "items", "pairs")
            and place.path != number.path[: len(place.path)]
        ]
        for place in holders[:4]:
            changes = (number.path, place.path)

            def accepts(count: int, changes: tuple[Steps, Steps] = changes, value: Any = place.value) -> bool:
                return search.tries(put_all(search.tree, [(changes[0], count), (changes[1], value[:count])]))

            if search.at(number.path) == number.value and search.at(place.path) == place.value:
                lowest(number.value, accepts)


def _balance(search: Search) -> None:
    """All of one number moved to another one."""
    found = [place for place in places(search.tree) if type(place.value) is int and place.kind in ("json", "number")]
    for one, other in combinations(found[:SMALL], 2):
        first, second = search.at(one.path), search.at(other.path)
        if type(first) is int and type(second) is int and first and second:
            for values in ((0, first + second), (first + second, 0), (first - 1, second - 1)):
                search.tries(put_all(search.tree, list(zip((one.path, other.path), values, strict=True))))


def _merge(search: Search) -> None:
    """Two neighbours made one."""
    for place in search.walk():
        if place.kind != "json" or not isinstance(place.value, (list, dict)) or not 2 <= len(place.value) <= SMALL:
            continue
        keys = list(place.value) if isinstance(place.value, dict) else list(range(len(place.value)))
        for key, following in pairwise(keys):
            one, other = place.value[key], place.value[following]
            if isinstance(one, dict) and isinstance(other, dict):
                merged: Any = {**one, **other}
            elif isinstance(one, list) and isinstance(other, list):
                merged = [*one, *other]
            else:
                continue
            tree = put_all(search.tree, [((*place.path, key), merged)])
            if tree is not None and search.tries(without(tree, [(*place.path, following)])):
                break


def _pairs_of_members(search: Search) -> None:
    """Two members away that only go together."""
    for one, other in combinations(_free(places(search.tree))[:SMALL], 2):
        if other[: len(one)] != one and search.tries(without(search.tree, (one, other))):
            return


def _free(found: Sequence[Place]) -> list[Steps]:
    """Members, items and pairs that can go."""
    holders = {place.path for place in found if place.kind in HOLDERS}
    return [
        place.path for place in found if place.path[:-1] in holders and not isinstance(place.path[-1], (Inside, NameOf))
    ]


def _instead(search: Search) -> None:
    """A member away, and a number at another small value: beside the member's default it may mean as much."""
    found = places(search.tree)
    numbers = [place for place in found if _is_whole(place.value)][:MOST_NUMBERS]
    for gone in _free(found)[:SMALL]:
        for number in numbers:
            if number.path[: len(gone)] == gone:
                continue
            for value in range(SMALL):
                other = put_all(search.tree, [(number.path, value if isinstance(number.value, int) else str(value))])
                if other is not None and search.tries(without(other, (gone,))):
                    return


def _is_whole(value: Any) -> bool:
    return type(value) is int or (isinstance(value, str) and value.isascii() and value.isdecimal())


def _sort(search: Search) -> None:
    """Members, items and pairs in order, wholly or by turns of neighbours."""
    for place in search.walk():
        if place.kind not in HOLDERS or not isinstance(place.value, (list, dict)) or not 2 <= len(place.value) <= 256:
            continue
        members = list(place.value.items()) if isinstance(place.value, dict) else list(place.value)
        kind: Callable[[Any], Any] = dict if isinstance(place.value, dict) else list
        if search.put((place.path,), kind(sorted(members, key=_rank))) or len(members) > SMALL:
            continue
        for at in range(len(members) - 1):
            turned = [*members[:at], members[at + 1], members[at], *members[at + 2 :]]
            if search.put((place.path,), kind(turned)):
                members = turned


def _rank(member: Any) -> tuple[int, str]:
    text = orjson.dumps(member).decode()
    return len(text), text.translate(RANKS)


COARSE: Sequence[Callable[[Search], None]] = (
    _whole_parts,
    deep_texts,
    _columns,
    _everywhere,
    _members,
    _hoist,
    leaves,
    equal_values,
    _lengths,
    shorter,
    types,
)
FINER: Sequence[Callable[[Search], None]] = (
    characters,
    names,
    _merge,
    _sort,
    _balance,
    fine_numbers,
    methods,
    shorter_structured,
    _pairs_of_members,
    _instead,
)
