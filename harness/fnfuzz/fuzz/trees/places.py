"""Every place in the tree of an event where something can be changed, also inside formats that are written as text.

A path goes through keys and positions; ``Inside`` steps into the value that a text stands for (JSON in a string,
a form, CSV, base64), ``NameOf`` names a member of an object instead of its value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from fnfuzz.fuzz.trees.nested import MAX_DEPTH, View, text_of, view
from fnfuzz.fuzz.trees.tree import PAYLOADS, Tree

__all__ = ["HOLDERS", "Inside", "Kind", "NameOf", "Place", "Steps", "look", "places", "put_all", "said", "without"]

Kind: TypeAlias = Literal[
    "json",
    "name",
    "pairs",
    "pair",
    "rows",
    "row",
    "items",
    "fields",
    "fixed",
    "text",
    "bytes",
    "number",
    "payload",
    "word",
    "part",
]
"""What may stand there. json: any JSON value. name: an object member's name. pairs: a list of names and values, each a
pair. rows: CSV, each a row. items: a list of texts. fields: an object of texts. fixed: a list or object whose members
can neither come nor go. text, bytes, number: one such value. payload: a Payload. word: one of a few texts. part: an own
type of the event.
"""

HOLDERS: Sequence[Kind] = ("json", "pairs", "rows", "row", "items", "fields")
"""What has members that may come and go."""


PLAIN_NAME = re.compile(r"[\w$-]+\Z")


@dataclass(frozen=True, slots=True)
class Inside:
    """A step into what a text stands for."""

    kind: str


@dataclass(frozen=True, slots=True)
class NameOf:
    """The step to the name of the member ``key``."""

    key: str


Steps: TypeAlias = tuple[str | int | Inside | NameOf, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """One value, where it stands, and what else may stand there."""

    path: Steps
    value: Any
    kind: Kind

    @property
    def is_leaf(self) -> bool:
        """Is there nothing further in it?"""
        return not isinstance(self.value, (list, dict)) or not self.value


def places(tree: Tree) -> list[Place]:
    """All places, containers before what is in them, payloads first."""
    keys = sorted(tree, key=lambda key: key not in PAYLOADS)
    return [place for key in keys for place in _top(key, tree[key])]


def _top(key: str, value: Any) -> Iterator[Place]:
    path: Steps = (key,)
    if key in PAYLOADS:
        yield Place(path, value, "payload")
        ((kind, inner),) = value.items()
        yield from _of_kind((*path, kind), inner, kind, 0)
    elif key == "path":
        yield from _texts(path, value, value.items(), "fixed", 0)
    elif isinstance(value, list):
        yield from _pairs(path, value, 0)
    elif key in ("method", "content_type"):
        yield Place(path, value, "word")
    elif isinstance(value, str):
        yield from _text(path, value, 0)
    else:
        yield Place(path, value, "part")


def _of_kind(path: Steps, value: Any, kind: str, depth: int) -> Iterator[Place]:
    if kind == "json":
        yield from _json(path, value, depth)
    elif kind in ("form", "multipart"):
        yield from _pairs(path, value, depth)
    elif kind == "csv":
        yield from _rows(path, value, depth)
    elif kind in ("lines", "list", "jwt", "data"):
        yield from _texts(path, value, enumerate(value), "items" if kind in ("lines", "list") else "fixed", depth)
    elif kind in ("url", "date"):
        yield from _texts(path, value, value.items(), "fields", depth)
    else:
        yield from _text(path, value, depth)


def _texts(path: Steps, value: Any, members: Iterable[tuple[Any, Any]], kind: Kind, depth: int) -> Iterator[Place]:
    yield Place(path, value, kind)
    for step, item in members:
        yield from _text((*path, step), item, depth)


def _json(path: Steps, value: Any, depth: int) -> Iterator[Place]:
    yield Place(path, value, "json")
    if isinstance(value, dict):
        for key, item in value.items():
            yield Place((*path, NameOf(key)), key, "name")
            yield from _json((*path, key), item, depth)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from _json((*path, at), item, depth)
    elif isinstance(value, str):
        yield from _inside(path, value, depth)


def _text(path: Steps, value: Any, depth: int) -> Iterator[Place]:
    """A text and what it stands for, or where a format holds something plainer, that."""
    if isinstance(value, str):
        yield Place(path, value, "text")
        yield from _inside(path, value, depth)
    else:
        yield Place(path, value, "bytes" if isinstance(value, bytes) else "number")


def _inside(path: Steps, text: str, depth: int) -> Iterator[Place]:
    found = _viewed(text) if depth < MAX_DEPTH else None
    if found is not None:
        yield from _of_kind((*path, Inside(found.kind)), found.value, found.kind, depth + 1)


def _pairs(path: Steps, items: Sequence[Any], depth: int) -> Iterator[Place]:
    yield Place(path, items, "pairs")
    for at, pair in enumerate(items):
        yield Place((*path, at), pair, "pair")
        yield Place((*path, at, 0), pair[0], "text")
        yield from _text((*path, at, 1), pair[1], depth)


def _rows(path: Steps, rows: Sequence[Any], depth: int) -> Iterator[Place]:
    yield Place(path, rows, "rows")
    for at, row in enumerate(rows):
        yield Place((*path, at), row, "row")
        for column, cell in enumerate(row):
            yield from _text((*path, at, column), cell, depth)


_viewed = lru_cache(maxsize=256)(view)


def _view_of(text: str, step: Inside) -> View:
    found = _viewed(text)
    if found is None or found.kind != step.kind:
        raise KeyError(step.kind)
    return found


def look(tree: Tree, path: Steps) -> Any:
    """What stands at ``path``; raises KeyError, IndexError or TypeError when there is no such place any more."""
    value: Any = tree
    for step in path:
        if isinstance(step, Inside):
            value = _view_of(value, step).value
        elif isinstance(step, NameOf):
            if step.key not in value:
                raise KeyError(step.key)
            value = step.key
        else:
            value = value[step]
    return value


def put_all(tree: Tree, changes: Iterable[tuple[Steps, Any]]) -> Tree | None:
    """A copy of ``tree`` with a new value at each path, or None when one of them cannot stand there."""
    changed: Any = tree
    try:
        for path, value in sorted(changes, key=lambda change: (-len(change[0]), isinstance(change[0][-1], NameOf))):
            changed = _put(changed, path, value)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError, RecursionError):
        return None
    result: Tree = changed
    return result


def _put(value: Any, path: Steps, new: Any) -> Any:
    if not path:
        return new
    step, rest = path[0], path[1:]
    if isinstance(step, Inside):
        seen = _view_of(value, step)
        return text_of(replace(seen, value=_put(seen.value, rest, new)))
    if isinstance(step, NameOf):
        if new in value or step.key not in value or not isinstance(new, str):
            raise KeyError(new)
        return {(new if key == step.key else key): item for key, item in value.items()}
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[step] = _put(value[step], rest, new)
    return copy


def without(tree: Tree, paths: Iterable[Steps]) -> Tree | None:
    """A copy of ``tree`` without the members or items at ``paths``, or None when one of them cannot go."""
    changed: Any = tree
    try:
        for path in sorted(paths, key=_last_first, reverse=True):
            *way, last = path
            holder = look(changed, tuple(way))
            if isinstance(holder, dict):
                less: Any = {key: item for key, item in holder.items() if key != last}
            else:
                less = [item for at, item in enumerate(holder) if at != last]
            changed = put_all(changed, [(tuple(way), less)])
            if changed is None:
                return None
    except (KeyError, IndexError, TypeError, ValueError):
        return None
    result: Tree = changed
    return result


def _last_first(path: Steps) -> list[tuple[int, str]]:
    """Later items sort after earlier ones, and what is inside after what it is in."""
    return [(step, "") if isinstance(step, int) else (-1, str(step)) for step in path]


def said(path: Steps, tree: Tree) -> str:
    """The place in words: ``items[0].qty``, ``header X-Tag``, ``path id``. ``[*]`` as a step means all items."""
    top = str(path[0]).replace("_", " ")
    if top in PAYLOADS:
        inner = _members(path[2:])
        return top + inner if not inner or inner[0] in "[(" else inner
    if top == "path":
        return f"path {_members(path[1:])}"
    if len(path) > 2 and isinstance(path[1], int):
        name = tree[top][path[1]][0]
        text = f"{'header' if top == 'headers' else top} {name}{_members(path[3:])}"
        return text if path[2] else f"name of {text}"
    return top + _members(path[1:])


def _members(path: Steps) -> str:
    text = ""
    for step in path:
        match step:
            case Inside():
                text += f"({step.kind})"
            case int():
                text += f"[{step}]"
            case "[*]":
                text += "[*]"
            case _:
                key = step.key if isinstance(step, NameOf) else step
                name = key if PLAIN_NAME.match(key) else json.dumps(key, ensure_ascii=False)
                text += f".{name}" if text else name
    return text
