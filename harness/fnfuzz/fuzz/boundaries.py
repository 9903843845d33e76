"""Each known nasty value once in each slot: deterministic, the cheapest findings first.

With few seeds that is meant literally. With many seeds (a handler that routes by itself has them for each of its
paths) every seed gets a share of the values, so that time and memory stay bounded; the first seed gets all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice, zip_longest
from random import Random
from typing import Any, TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.dictionary import Dictionary
from fnfuzz.fuzz.mutate import NUMBERS, TEXTS
from fnfuzz.fuzz.tree import METHODS, PAYLOADS, Path, Tree, drop, in_json, leaves, put, to_event, to_tree
from fnfuzz.traps import BYTE_TRAPS, CSV_TRAPS, FORM_TRAPS, JSON_TRAPS, MALFORMED_JSON_TRAPS, SIZE_STEPS

__all__ = ["boundaries"]

Variants: TypeAlias = Callable[[Tree, Dictionary, Random], Iterator[Tree]]

MAX_OF_A_KIND = 30_000
"""Variants of one kind, beside those of the first seed."""

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
NUMBER_TEXTS = ("255", "2147483648", "9223372036854775807", "99999999999999999999")
"""Each is out of range for an integer type, or one below."""

QUERY_VALUES = ("", "0", "-1", "a", "%", "1.5", "true", "a,b", "ä", "constructor", *NUMBER_TEXTS)
MEMBER_VALUES: Sequence[Any] = (None, 0, "", "a", [], {}, -1, "1", 1.5, [{}], "constructor")
JSON_VALUES: Sequence[Any] = (None, False, 0, "", [], {}, "a", -1, 1.5, [None], *NUMBERS)
DEEP = 20_000
"""Levels: beyond the stack of most languages, and still below the size of a queue message."""

PAYLOAD_TRAPS: Sequence[Tree] = (
    *(
        {"text": text}
        for traps in (JSON_TRAPS, MALFORMED_JSON_TRAPS, FORM_TRAPS, CSV_TRAPS)
        for text in dict.fromkeys(traps.values())
    ),
    *({"bytes": data} for data in BYTE_TRAPS.values()),
    *({"text": "a" * size} for size in SIZE_STEPS),
    {"text": "[" * DEEP + "]" * DEEP},
)
TIMER_TEXTS = tuple(dict.fromkeys((*JSON_TRAPS.values(), *MALFORMED_JSON_TRAPS.values())))


def boundaries(seeds: Sequence[Event], function: Function, words: Dictionary, seed: int) -> Iterator[Event]:
    """The boundary events of ``function``, each at most once; a function of the arguments only.

    First every seed as it is and with parts missing, then the other kinds in turn, so that none waits for a long one to
    end.
    """
    random = Random(f"{seed}:{function.name}:boundaries")
    trees = [(to_tree(event, function), event) for event in seeds]
    first = ((tree, base) for whole, base in trees for tree in _without_parts(whole))
    kinds = (_shuffled(make, trees, words, random) for make in KINDS)
    in_turn = (item for row in zip_longest(*kinds) for item in row if item is not None)
    # Of each event its hash only: there may be ten thousands, some of 64 KiB.
    told: set[int] = set()
    for tree, base in chain(first, in_turn):
        event = to_event(tree, base, function)
        if event is not None and hash(event) not in told:
            told.add(hash(event))
            yield event


def _shuffled(
    make: Variants, trees: Sequence[tuple[Tree, Event]], words: Dictionary, random: Random
) -> Iterator[tuple[Tree, Event]]:
    """All variants of the first tree and a share of those of the others, in any order."""
    share = max(20, MAX_OF_A_KIND // max(1, len(trees)))
    made = [
        (tree, base)
        for number, (whole, base) in enumerate(trees)
        for tree in islice(make(whole, words, random), share if number else None)
    ]
    random.shuffle(made)
    yield from made


def _without_parts(tree: Tree) -> Iterator[Tree]:
    yield tree
    for key, value in tree.items():
        if isinstance(value, list) and value:
            yield {**tree, key: []}
        if key in PAYLOADS:
            yield {**tree, key: {"text": ""}}
    for path, _ in leaves(tree)[:MAX_OF_A_KIND]:
        if in_json(path[:-1]):
            yield drop(tree, path)
    if "method" in tree:
        yield from ({**tree, "method": method} for method in METHODS)


def _named_members(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Members and parameters that the handler's own source names, with values of every type."""
    members = next(
        ((key, tree[key]["json"]) for key in PAYLOADS if isinstance(tree.get(key, {}).get("json"), dict)), None
    )
    for name in random.sample(words.names, len(words.names)):
        if members:
            key, value = members
            yield from ({**tree, key: {"json": {**value, name: item}}} for item in MEMBER_VALUES)
        if "query" in tree:
            yield from ({**tree, "query": [*tree["query"], [name, text]]} for text in QUERY_VALUES)
    for name, text in words.pairs:
        if members:
            key, value = members
            yield {**tree, key: {"json": {**value, name: text}}}
        if "query" in tree:
            yield {**tree, "query": [*tree["query"], [name, text]]}


def _payloads(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    for key in PAYLOADS:
        if key in tree:
            yield from ({**tree, key: trap} for trap in random.sample(PAYLOAD_TRAPS, len(PAYLOAD_TRAPS)))
    if "payload" in tree:
        yield from ({**tree, "payload": text} for text in TIMER_TEXTS)
    if "past_due" in tree:
        yield {**tree, "past_due": True}


def _paths(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    texts = (*PATH_TRAPS, *words.names[:60])
    for name in tree.get("path", ()):
        yield from (put(tree, ("path", name), text) for text in random.sample(texts, len(texts)))


def _leaf_values(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    found = [(path, value) for path, value in leaves(tree) if path[0] not in ("method", "path", "headers")]
    for path, value in random.sample(found, len(found)):
        yield from (put(tree, path, other) for other in _others(path, value))


def _others(path: Path, value: Any) -> Sequence[Any]:
    if in_json(path):
        return (*JSON_VALUES, *TEXTS) if isinstance(value, str) else JSON_VALUES
    if len(path) == 2 and path[0] in PAYLOADS:
        # The payload as a whole is the business of another kind.
        return ()
    if isinstance(value, str):
        return TEXTS
    return (1, 2, 5) if path == ("dequeue_count",) else ()


KINDS: Sequence[Variants] = (_named_members, _payloads, _paths, _leaf_values)
