"""Each known nasty value once in each slot: deterministic, the cheapest findings first.

With few seeds that is nearly meant literally. With many seeds (a handler that routes by itself has them for each of
its paths) every seed gets a share of the values; the first seed gets all of them. No more than ``MAX_EVENTS`` are told,
so that a short run has time left to explore.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from random import Random
from typing import Any, TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.mutation.calendar import moved
from fnfuzz.fuzz.mutation.edits import commands, edited, escaped, ill_coded
from fnfuzz.fuzz.mutation.files import files, torn
from fnfuzz.fuzz.mutation.follow import with_values
from fnfuzz.fuzz.mutation.metadata import metadata
from fnfuzz.fuzz.mutation.mutate import MAX_LIST
from fnfuzz.fuzz.mutation.named import (
    ESCAPED,
    asked_headers,
    asked_query,
    asked_values,
    examples,
    shown_parts,
    siblings,
    two_asked,
)
from fnfuzz.fuzz.mutation.parts import multipart, resent
from fnfuzz.fuzz.mutation.references import references
from fnfuzz.fuzz.mutation.repeats import deep, many
from fnfuzz.fuzz.mutation.standing import standing
from fnfuzz.fuzz.mutation.tables import all_cells, tables
from fnfuzz.fuzz.mutation.values import NUMBERS, TEXTS, lengths_of
from fnfuzz.fuzz.mutation.variants import variants
from fnfuzz.fuzz.trees.nested import View, text_of, view
from fnfuzz.fuzz.trees.tree import (
    METHODS,
    PAYLOADS,
    Path,
    Tree,
    drop,
    in_json,
    leaves,
    payload_tree,
    put,
    to_event,
    to_tree,
    with_header,
)
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.comparisons import settings
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.traps import BYTE_TRAPS, CSV_TRAPS, FORM_TRAPS, JSON_TRAPS, MALFORMED_JSON_TRAPS, SIZE_STEPS

__all__ = ["boundaries", "changes"]

Variants: TypeAlias = Callable[[Tree, Dictionary, Random], Iterator[Tree]]

MAX_OF_A_KIND = 30_000
"""Variants of one kind, beside those of the first seed."""

MAX_EVENTS = 8000
NEAREST = 1500
"""Events made of the first seed by what the source asks for."""

LIKELY_SHARE = 3
"""So many other changes of an event for each part that is left out."""

FIRST_TREES = 12
"""Of so many seeds, each of another path or method, what is likeliest comes first."""

MAX_OF_A_FORMAT = 400
"""Variants of one text that holds a format."""

MAX_TOLD = 2000
"""Variants of one tree from comparisons or lengths that the source names."""

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

QUERY_VALUES = ("", "0", "-1", "a", "%", "1.5", "1e3", "NaN", ESCAPED, "true", "a,b", "ä", "constructor", *NUMBER_TEXTS)
HEADER = re.compile(r"[A-Za-z]{1,20}(?:-[A-Za-z0-9]{1,20}){1,5}\Z")
HEADER_VALUES = ("", "a", "7", "a=b", "a,b", "%", "YQ", "2024-02-30")
MEMBER_VALUES: Sequence[Any] = ("a", 0, None, "", [], {}, -1, "1", 1.5, [{}], "1e3", "NaN", ESCAPED, "constructor")
JSON_VALUES: Sequence[Any] = (None, False, 0, "", [], {}, "a", -1, 1.5, [None], *NUMBERS)
TOLD_VALUES = 3
MAX_OBJECTS = 6
"""Objects of one event, and lists without any, that get members."""

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
    chosen = _unlike(trees)
    samples = ((tree, base) for whole, base in chosen for tree in _samples(whole, words))
    nearest = (
        (tree, base)
        for whole, base in chosen[:1]
        for tree in islice(_likeliest(whole, words, random, {**FORMED, **LIKELIEST}), NEAREST)
    )
    kinds = (_shuffled(make, trees, words, random) for make in KINDS)
    # Of each event its hash only: there may be thousands, some of 64 KiB.
    told: set[int] = set()
    for tree, base in chain(samples, first, nearest, in_turn(kinds)):
        event = to_event(tree, base, function)
        if event is not None and hash(event) not in told:
            told.add(hash(event))
            yield event
            if len(told) >= MAX_EVENTS:
                return


def changes(event: Event, function: Function, words: Dictionary, seed: int) -> Iterator[Event]:
    """Small changes of one event, each at most once, the kinds in turn; made one by one as they are asked for."""
    random = Random(f"{seed}:{function.name}:changes")
    whole = to_tree(event, function)
    likeliest = _likeliest(whole, words, random, {**LIKELIEST, **dict.fromkeys((*FORMED, *BESIDE), 1)})
    told: set[int] = set()
    # The same iterator several times: so many from it in each turn.
    for tree in in_turn((_without_parts(whole), *[likeliest] * LIKELY_SHARE)):
        changed = to_event(tree, event, function)
        if changed is not None and hash(changed) not in told:
            told.add(hash(changed))
            yield changed


def _likeliest(tree: Tree, words: Dictionary, random: Random, kinds: Mapping[Variants, int]) -> Iterator[Tree]:
    """Variants of each kind, so many in each turn."""
    # The same iterator several times: so many from it in each turn.
    return in_turn(made for make, times in kinds.items() for made in [make(tree, words, random)] * times)


def _unlike(trees: Sequence[tuple[Tree, Event]]) -> list[tuple[Tree, Event]]:
    """The first tree of each path and method."""
    found: dict[object, tuple[Tree, Event]] = {}
    for tree, base in trees:
        found.setdefault((getattr(base, "path", ""), tree.get("method")), (tree, base))
    return list(found.values())[:FIRST_TREES]


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
    for path, _ in leaves(tree, MAX_OF_A_KIND):
        if in_json(path[:-1]):
            yield drop(tree, path)
    if "method" in tree:
        yield from ({**tree, "method": method} for method in METHODS)


def _named_members(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Members and parameters that the handler's own source names, with values of every type."""
    places = [(path, value) for path, value in leaves(tree, 500) if in_json(path)]
    objects = [(path, value) for path, value in places if isinstance(value, dict)][:MAX_OBJECTS]
    lists = [path for path, value in places if isinstance(value, list) and not (value and isinstance(value[0], dict))]
    names = random.sample(words.names, len(words.names))
    # Every name with one value before any with another one: mostly the name is what matters.
    for at in range(max(len(MEMBER_VALUES) + TOLD_VALUES, len(QUERY_VALUES))):
        for name in names:
            for path, value in objects:
                # A value that is there already: two members that point to each other.
                told = [item for key, item in value.items() if key != name and isinstance(item, (str, int))]
                yield from (
                    put(tree, path, {**value, name: item})
                    for item in (*MEMBER_VALUES, *told[:TOLD_VALUES])[at : at + 1]
                )
            for path in lists[:MAX_OBJECTS]:
                yield from (put(tree, path, [{name: item}]) for item in MEMBER_VALUES[at : at + 1])
            if "query" in tree:
                yield from ({**tree, "query": [*tree["query"], [name, text]]} for text in QUERY_VALUES[at : at + 1])


def _samples(tree: Tree, words: Dictionary) -> Iterator[Tree]:
    """The sample files beside the app, each as a whole payload."""
    for key in PAYLOADS:
        if key in tree:
            yield tree
            yield from ({**tree, key: payload_tree(text.encode())} for text in words.samples)


def _compared(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Members at the values that the source compares them with, those that stand together at once and each alone."""
    found = (changed for values in settings(words.pairs) for changed in with_values(tree, values, add=True))
    yield from islice(found, MAX_TOLD)


def _formats(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Texts that hold a format, beside it and inside it."""
    for path, value in leaves(tree, 2000):
        seen = view(value) if isinstance(value, str) and path[0] not in ("method", "path", "headers") else None
        if seen is not None:
            for text in islice(chain(variants(seen, words), _inside(seen, words)), MAX_OF_A_FORMAT):
                yield put(tree, path, text)


def _inside(seen: View, words: Dictionary) -> Iterator[str]:
    """The text with each value in it replaced."""
    whole: Tree = {"body": {"json": seen.value}}
    for path, value in leaves(whole, 200)[1:]:
        deeper = view(value) if isinstance(value, str) else None
        others: Sequence[Any] = variants(deeper, words) if deeper is not None else _others(path, value)
        for other in others:
            try:
                yield text_of(View(seen.kind, put(whole, path, other)["body"]["json"], seen.style))
            except (TypeError, ValueError, KeyError, AttributeError, IndexError):
                continue


def _lengths(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Texts and lists of just the lengths that the source speaks of."""
    yield from islice(_stretched(tree, lengths_of(words)[:90], words), MAX_TOLD)


def _stretched(tree: Tree, sizes: Sequence[int], words: Dictionary) -> Iterator[Tree]:
    for size in sizes:
        for path, value in leaves(tree, 40):
            if path[0] in ("method", "headers"):
                continue
            if isinstance(value, str):
                yield put(tree, path, "a" * size)
            elif isinstance(value, bytes):
                yield put(tree, path, b"\x00" * size)
            elif isinstance(value, list) and in_json(path) and size <= MAX_LIST:
                yield put(tree, path, (value[-1:] or [0]) * size)
        if size - 1 in words.lengths or size in words.lengths or size + 1 in words.lengths:
            for name in words.names[:60]:
                yield from islice(with_values(tree, {name: "a" * size}, add=True), 1)


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


def _literals(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Texts of the source in place of each text."""
    found = [
        path
        for path, value in leaves(tree, 200)
        if isinstance(value, str) and path[0] not in ("method", "headers", "name")
    ]
    for text in (*words.texts, *words.names):
        yield from (put(tree, path, text) for path in found)


def _headers(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Headers that the source names."""
    if "headers" not in tree:
        return
    names = [text for text in (*words.texts, *words.names) if HEADER.match(text)]
    for value in (*HEADER_VALUES, *words.texts[:30]):
        for name in names[:30]:
            yield with_header(tree, name, value)


FORMED: Mapping[Variants, int] = {multipart: 3, tables: 3, files: 3, commands: 2}
"""Whole payloads in formats that the source reads, and how often in each turn."""

LIKELIEST: Mapping[Variants, int] = {
    asked_values: 12,
    standing: 6,
    siblings: 3,
    references: 3,
    shown_parts: 2,
    metadata: 3,
    torn: 3,
    moved: 2,
    edited: 2,
    two_asked: 2,
    ill_coded: 1,
    escaped: 1,
    resent: 1,
    deep: 1,
    many: 1,
    examples: 1,
    asked_headers: 2,
    asked_query: 1,
}
"""What comes of the words that the source asks for, and how often in each turn."""

KINDS: Sequence[Variants] = (
    _named_members,
    _compared,
    _payloads,
    _formats,
    _paths,
    _lengths,
    _leaf_values,
    _literals,
    all_cells,
    _headers,
    tables,
    multipart,
    files,
    torn,
    commands,
)
BESIDE: Sequence[Variants] = (
    _named_members,
    _compared,
    _formats,
    _paths,
    _lengths,
    _leaf_values,
    _literals,
    all_cells,
    _headers,
)
"""Kinds of which something comes that is near to the event itself."""
