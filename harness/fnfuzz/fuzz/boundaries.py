"""Each known nasty value once in each slot of each seed: deterministic, the cheapest findings first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, zip_longest
from random import Random
from typing import Any

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.dictionary import Dictionary
from fnfuzz.fuzz.mutate import NUMBERS, TEXTS
from fnfuzz.fuzz.tree import METHODS, Path, Tree, drop, leaves, put, to_event, to_tree
from fnfuzz.traps import BYTE_TRAPS, CSV_TRAPS, FORM_TRAPS, JSON_TRAPS, MALFORMED_JSON_TRAPS, SIZE_STEPS

__all__ = ["boundaries"]

PATH_TRAPS = (
    "0",
    "-1",
    "99999999999999999999",
    "%",
    "a b",
    "ä",
    "\udcff",
    "\udce0\udca4\udc8a",
    "a+b",
    "null",
    "a;b=c",
    "'",
    "a\\b",
    "~",
    "A" * 256,
)


def boundaries(seeds: Sequence[Event], function: Function, words: Dictionary, seed: int) -> Iterator[Event]:
    """All boundary events of ``function``, each at most once; a function of the arguments only.

    First every seed as it is and with parts missing, then the other kinds in turn, so that none waits for a long one to
    end.
    """
    random = Random(f"{seed}:{function.name}:boundaries")
    trees = [(to_tree(event, function), event) for event in seeds]
    told: set[Event] = set()
    first = [(tree, base) for whole, base in trees for tree in _without_parts(whole, words)]
    kinds = []
    for make in (_named_members, _payloads, _paths, _leaf_values):
        made = [(tree, base) for whole, base in trees for tree in make(whole, words)]
        random.shuffle(made)
        kinds.append(made)
    in_turn = (item for row in zip_longest(*kinds) for item in row if item is not None)
    for tree, base in chain(first, in_turn):
        event = to_event(tree, base, function)
        if event is not None and event not in told:
            told.add(event)
            yield event


def _without_parts(tree: Tree, words: Dictionary) -> Iterator[Tree]:
    yield tree
    for key, value in tree.items():
        if isinstance(value, list) and value:
            yield {**tree, key: []}
        if key in PAYLOADS:
            yield {**tree, key: {"text": ""}}
    for path, _ in leaves(tree):
        if len(path) >= 3 and path[1] == "json":
            yield drop(tree, path)
    if "method" in tree:
        yield from ({**tree, "method": method} for method in METHODS)


MEMBER_VALUES: Sequence[Any] = (None, 0, "", "a", [], {}, -1, "1", 1.5, [{}])
PAYLOADS = ("body", "message", "content")


def _payloads(tree: Tree, words: Dictionary) -> Iterator[Tree]:
    for key in PAYLOADS:
        if key in tree:
            for text in (
                *JSON_TRAPS.values(),
                *MALFORMED_JSON_TRAPS.values(),
                *FORM_TRAPS.values(),
                *CSV_TRAPS.values(),
            ):
                yield {**tree, key: {"text": text}}
            for data in BYTE_TRAPS.values():
                yield {**tree, key: {"bytes": data}}
            for size in SIZE_STEPS:
                yield {**tree, key: {"text": "a" * size}}
    if "payload" in tree:
        yield from ({**tree, "payload": text} for text in (*JSON_TRAPS.values(), *MALFORMED_JSON_TRAPS.values()))
        yield {**tree, "past_due": True}


def _paths(tree: Tree, words: Dictionary) -> Iterator[Tree]:
    for name in tree.get("path", ()):
        for text in (*PATH_TRAPS, *words.names[:60]):
            yield put(tree, ("path", name), text)


def _named_members(tree: Tree, words: Dictionary) -> Iterator[Tree]:
    """Members and parameters that the handler's own source names, with values of every type."""
    for key in PAYLOADS:
        value = tree.get(key, {}).get("json")
        if isinstance(value, dict):
            for name in words.names:
                for item in MEMBER_VALUES:
                    yield {**tree, key: {"json": {**value, name: item}}}
    if "query" in tree:
        for name in words.names:
            for text in ("", "0", "-1", "a", "%", "1.5", "true", "a,b", "ä"):
                yield {**tree, "query": [*tree["query"], [name, text]]}


def _leaf_values(tree: Tree, words: Dictionary) -> Iterator[Tree]:
    for path, value in leaves(tree):
        if path[0] in ("method", "path", "headers") or (len(path) == 2 and path[0] in PAYLOADS):
            continue
        for other in _others(path, value):
            yield put(tree, path, other)


def _others(path: Path, value: Any) -> Sequence[Any]:
    if len(path) >= 2 and path[1] == "json":
        return (None, False, 0, "", [], {}, "a", -1, 1.5, [None], *NUMBERS, *(TEXTS if isinstance(value, str) else ()))
    if isinstance(value, str):
        return TEXTS
    if path == ("dequeue_count",):
        return (1, 2, 5)
    return ()
