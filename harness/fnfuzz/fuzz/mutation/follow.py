"""Events that are nearer to what a handler's error message wished for: deterministic, the likeliest first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from fnfuzz.fuzz.mutation.hints import Hint, Hints
from fnfuzz.fuzz.mutation.messages import EXAMPLES
from fnfuzz.fuzz.trees.nested import View, text_of, view
from fnfuzz.fuzz.trees.tree import PAYLOADS, Path, Tree, in_json, is_pairs, is_value, leaves, put
from fnfuzz.fuzz.turns import in_turn

__all__ = ["follow", "with_values"]

MAX_PLACES = 24
MAX_OF_ONE = 80
NESTED = ("json", "base64", "form", "lines", "url", "jwt")
MAX_NESTED = 3


def follow(tree: Tree, hints: Hints, limit: int = 60) -> Iterator[Tree]:
    """Changes of ``tree`` that give each hint what it wants, in turn; at most ``limit``.

    A member is added to or changed in every object that could be meant: where its path leads, else the objects of the
    payload, also of those inside texts, the query and the form. A wish without a name goes to the values that could
    have caused the message.
    """
    ways = [islice(_ways(tree, hint, 0), MAX_OF_ONE) for hint in hints.fields]
    yield from islice(in_turn(ways), limit)


def _ways(tree: Tree, hint: Hint, depth: int) -> Iterator[Tree]:
    inside = _inside(tree, hint, depth) if depth < MAX_NESTED else iter(())
    yield from in_turn((_outside(tree, hint), inside))


def _outside(tree: Tree, hint: Hint) -> Iterator[Tree]:
    found = leaves(tree, 5000)
    if hint.name and not hint.got and _is_sent(found, hint.name):
        # "'x' is no date": what was sent, not what it is called.
        hint = replace(hint, name="", path=(), got=hint.name)
    for value in wanted(hint):
        if hint.path:
            yield from _at_path(tree, hint.path, value)
        if hint.name:
            yield from _named(tree, found, hint, value)
        else:
            yield from _anywhere(tree, found, hint, value)


def _is_sent(found: Sequence[tuple[Path, Any]], text: str) -> bool:
    """Is it what some member has, and what none is called?"""
    called = any(text in _names(item) for path, item in found if _holds_names(path, item))
    return not called and any(item == text for _, item in found)


def wanted(hint: Hint) -> Sequence[Any]:
    """The values to try for a hint."""
    sized: list[Any] = ["a" * size for size in hint.lengths if size <= 20_000]
    sized += [["a"] * size for size in hint.lengths if size <= 3000]
    told = [*hint.values, *sized]
    return told if told and not hint.type else [*told, *EXAMPLES[hint.type]]


def _inside(tree: Tree, hint: Hint, depth: int) -> Iterator[Tree]:
    """The same inside JSON, forms and base64 that texts hold."""
    for path, value in leaves(tree, 200):
        seen = view(value) if isinstance(value, str) and path[0] != "headers" else None
        if seen is None or seen.kind not in NESTED:
            continue
        for changed in islice(_ways({"body": {"json": seen.value}}, hint, depth + 1), 24):
            try:
                yield put(tree, path, text_of(View(seen.kind, changed["body"]["json"], seen.style)))
            except (TypeError, ValueError, KeyError, AttributeError):
                continue


def _at_path(tree: Tree, path: Path, value: Any) -> Iterator[Tree]:
    """With what is missing on the way; the first part may be the type's or the parameter's own name."""
    for key in PAYLOADS:
        if key in tree and "json" in tree[key]:
            for part in (path, path[1:]):
                if part and isinstance(part[0], str):
                    yield {**tree, key: {"json": grown(tree[key]["json"], part, value)}}


def grown(value: Any, path: Path, new: Any) -> Any:
    """``value`` with ``new`` at ``path``; a list on the way stands for its first item."""
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, int):
        items = list(value) if isinstance(value, list) else []
        if step < len(items):
            items[step] = grown(items[step], rest, new)
        else:
            items.append(grown(None, rest, new))
        return items
    if isinstance(value, list):
        return [grown(value[0] if value else None, path, new), *value[1:]]
    members = dict(value) if isinstance(value, dict) else {}
    members[step] = grown(members.get(step), rest, new)
    return members


def _named(tree: Tree, found: Sequence[tuple[Path, Any]], hint: Hint, value: Any) -> Iterator[Tree]:
    name = hint.name
    objects = [(path, item) for path, item in found if in_json(path) and isinstance(item, dict)]
    # Those that have it already, then deep ones first: the rest of the event was good enough to get there.
    ordered = sorted(objects[: -MAX_PLACES - 1 : -1], key=lambda place: name not in place[1])
    for path, item in ordered:
        if item.get(name, hint) != value:
            yield put(tree, path, {**item, name: value})
    others = [(path, item) for path, item in found if in_json(path) and not isinstance(item, dict)]
    for path, item in others[:MAX_PLACES]:
        if isinstance(item, list):
            if not item or not isinstance(item[0], (dict, list)):
                yield put(tree, path, [{name: value}])
        elif hint.inner or len(path) == 2:
            yield put(tree, path, {name: value})
    pairs = [(path, item) for path, item in found if is_pairs(path) and path != ("headers",)]
    pairs += [(("query",), [])] if tree.get("query") == [] else []
    for path, item in pairs if isinstance(value, (str, int, float)) else ():
        kept = [pair for pair in item if pair[0] != name]
        yield put(tree, path, [*kept, [name, _plain(value)]])
    for key in PAYLOADS:
        if key in tree and not (tree[key].keys() & {"json", "form"}):
            yield {**tree, key: {"json": {name: value}}}


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _anywhere(tree: Tree, found: Sequence[tuple[Path, Any]], hint: Hint, value: Any) -> Iterator[Tree]:
    """In place of the refused text, or of any value."""
    plain = [(path, item) for path, item in found if is_value(path)]
    refused = [(path, item) for path, item in plain if hint.got and _plain(item) == hint.got]
    if len(refused) > 1:
        # Which of them it was is not told, and the next one would be refused in the same words.
        every = tree
        for path, _ in refused:
            every = put(every, path, value if in_json(path) else _plain(value))
        yield every
    for path, item in (refused or plain[::-1])[:MAX_PLACES]:
        if item != value or type(item) is not type(value):
            yield put(tree, path, value if in_json(path) else _plain(value))
    for key in PAYLOADS:
        if key in tree and "text" in tree[key] and hint.type in ("json", "object", "array"):
            yield {**tree, key: {"json": value if not isinstance(value, str) else {}}}


def with_values(tree: Tree, values: Mapping[str, Any], *, add: bool = False, depth: int = MAX_NESTED) -> Iterator[Tree]:
    """``tree`` with the members and pairs of these names at these values, wherever each is, also inside texts.

    With ``add``, or with some of the names found, the others are added to each object or list of pairs.
    """
    found = leaves(tree, 2000)
    places = [(path, item) for path, item in found if _holds_names(path, item)]
    small = {name.lower() for name in values}
    having = [place for place in places if small & {name.lower() for name in _names(place[1])}]
    if len(having) > 1:
        yield _everywhere(tree, having, values)
    for path, item in having or (places[:MAX_PLACES] if add else ()):
        yield put(tree, path, _joined(item, values))
    for path, value in found if depth else ():
        seen = view(value) if isinstance(value, str) and path[0] != "headers" else None
        if seen is not None and seen.kind in NESTED:
            for changed in with_values({"body": {"json": seen.value}}, values, depth=depth - 1):
                try:
                    yield put(tree, path, text_of(View(seen.kind, changed["body"]["json"], seen.style)))
                except (TypeError, ValueError, KeyError, AttributeError):
                    continue


def _holds_names(path: Path, item: Any) -> bool:
    return (in_json(path) and isinstance(item, dict)) or (is_pairs(path) and path[0] not in ("headers", "metadata"))


def _names(item: Any) -> Sequence[str]:
    return list(item) if isinstance(item, dict) else [name for name, _ in item]


def _everywhere(tree: Tree, places: Sequence[tuple[Path, Any]], values: Mapping[str, Any]) -> Tree:
    """Each value where its name is already, in all of the objects."""
    small = {name.lower(): value for name, value in values.items()}
    # The inner ones first: an outer member may hold them.
    for path, item in reversed(places):
        for name in _names(item):
            if name.lower() in small and isinstance(item, dict):
                tree = put(tree, (*path, name), small[name.lower()])
    return tree


def _joined(item: Any, values: Mapping[str, Any]) -> Any:
    """The object or the pairs with the values, under the names as they are written there."""
    cased = {name.lower(): name for name in _names(item)}
    new = {cased.get(name.lower(), name): value for name, value in values.items()}
    if isinstance(item, dict):
        return {**item, **new}
    return [*(pair for pair in item if pair[0] not in new), *([name, _plain(value)] for name, value in new.items())]
