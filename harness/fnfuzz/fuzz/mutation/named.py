"""Events with what the source asks for by name: each name with each likely value, two names at once, all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, islice
from random import Random
from typing import Any, TypeAlias

from fnfuzz.fuzz.mutation.edits import options
from fnfuzz.fuzz.mutation.repeats import RUNS, counted
from fnfuzz.fuzz.trees.nested import text_of, view
from fnfuzz.fuzz.trees.tree import BODILESS, PAYLOADS, Tree, in_json, leaves, payload_tree, put
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.comparisons import near
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = [
    "CONTROLS",
    "ESCAPED",
    "asked_headers",
    "asked_query",
    "asked_values",
    "examples",
    "likely",
    "likely_headers",
    "shown_parts",
    "siblings",
    "two_asked",
]

Home: TypeAlias = Callable[[Mapping[str, Any]], Tree | None]
"""The tree with these members in one of its objects or lists of pairs; None where they cannot be there."""

MAX_NAMES, MAX_KEYS, MAX_MATCHING, MAX_NUMBERS = 16, 48, 12, 60
MAX_HOMES, MAX_COMPLETED = 6, 2
MAX_SIZE = 3000
ESCAPED = "\"\\\n<é\U0001f600'"
"""Each of these has to be written in another way somewhere."""

CONTROLS = "\x1b\x7f"
"""Neither blank nor printable: not every language escapes them as JSON does."""

PLAIN: Sequence[Any] = (
    *(
        "a",
        "1e3",
        0,
        True,
        None,
        [],
        -1,
        "",
        ESCAPED,
        "Ж",
        CONTROLS,
        {},
        [0],
        RUNS[0],
        ["a"],
        [RUNS[0]],
        1.5,
        2**63 - 1,
        "1",
        [{}],
        "2.5",
        "a\nb",
        "é",
    ),
    *(
        "constructor",
        "NaN",
        10**12,
        "2024-02-29",
        "2024-02-29T12:00:00",
        "2024-02-30",
        "a,b",
        "a\0b",
        "\udcff",
        [None],
        *RUNS[1:],
        "0",
        "true",
        "%",
        "a b",
        "12",
        "]",
        "a  b",
        "-h",
        "a,,b",
        "a\\",
        "[a]",
        "{a}",
    ),
)
"""Values of every type, the likeliest to matter first."""

SCALARS = ("number", "string")
OF_A_KIND: Mapping[str, Sequence[Any]] = {
    "number": (1, 0, -1, 1.5),
    "string": ("a", ""),
    "boolean": (True, False),
    "object": ({},),
    "numbers": ([0], [1.5], []),
    "strings": (["a"], [""], []),
    "booleans": ([True], []),
    "objects": ([{}], []),
}
"""Values of a type that the source declares."""

FILLINGS: Sequence[Any] = ("a", 1, "2024-02-29", [{}], "1")
"""What stands for members of which the source says nothing, where it says something of others."""

TOGETHER: Sequence[tuple[Any, Any]] = (
    ("a", True), (True, "a"), ("a", "a"), (1, 1), (0, 0), ("a", 1), (1, "a"), ("1", "1"), ("", ""),
    ([], []), (["a"], ["a"]), ([{}], [{}]), ({}, {}), (None, None), (2, 1), ("b", "a"), ("a", False), (False, "a"),
)  # fmt: skip
PAIRED = 7
"""Of so many names each two are tried together."""

KNOWN_HEADERS: Mapping[str, Sequence[str]] = {
    "authorization": (
        "Basic YQ==",
        "Basic YTpi",
        "Basic !",
        "Basic",
        "Bearer",
        "Bearer a",
        "Bearer a.b.c",
        "Bearer e30.e30.x",
    ),
    "cookie": ("a", "a=", "=a", "a=%zz", "a=1; a=2", "session=%E0%A4%A"),
    "content-type": (
        "a",
        "application/json; charset=x",
        "multipart/form-data",
        "text/plain;",
        "application/json;charset",
    ),
    "accept-language": ("*", "de;q=x", "de-", "xx-YY", "de;q", ",", "de-DE-1996"),
    "accept": ("a", "*/*;q=x", "text/csv", "application/xml", ";", "text/"),
    "range": (
        *("bytes=0-", "bytes=-99999", "bytes=5-1", "bytes=-", "bytes=a-b", "bytes=-5", "items=0-1", "bytes=99-"),
        *("bytes=0-99999", "bytes=99999-", "bytes=0-0,2-3", "bytes=-0", "bytes=1-1"),
    ),
    "if-modified-since": ("x", "Thu, 99 Jan 2024 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "0"),
    "if-none-match": ("*", "a", '"', 'W/"'),
    "origin": ("null", "https://", "https://[", "a"),
    "x-forwarded-for": ("", ",", "a", "::1", "1.2.3.4, x"),
}
HEADER_VALUES = (
    *(
        "a",
        "",
        "0",
        "-1",
        "1.5",
        "a=b",
        "a,b",
        ",",
        "%",
        "YQ",
        "YQ==",
        "=",
        "2024-02-30",
        "a b",
        "a:b",
        ":",
        "a.b",
        "1e3",
    ),
    *(
        "t=1,v1=a",
        "sha256=a",
        "sha256=",
        "true",
        "{}",
        "[]",
        '{"a":1}',
        '"',
        "a;q=x",
        ";",
        "constructor",
        "NaN",
        "a" * 2000,
    ),
)
MAX_HEADER_NAMES = 16


def asked_values(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Each name that the source asks for with each likely value, wherever it could stand."""
    homes = tuple(_homes(tree))
    yield from _put(homes, (dict.fromkeys(words.asked[:MAX_NAMES], value) for value in PLAIN[:8]))
    fitting = tuple(_fitting(words))
    yield from _put(homes, fitting)
    yield from _completed(tree, words, fitting)
    yield from _put(homes, _settings(words))


def _fitting(words: Dictionary) -> Iterator[Mapping[str, Any]]:
    """All names at once, each with what the source compares it with, looks up or declares, the others with plain
    values. Of names that are the same but for capitals the first: some readers take them for one.
    """
    names = list({name.lower(): name for name in reversed(words.asked[:MAX_NAMES])}.values())[::-1]
    known: dict[str, list[Any]] = {name: list(told) for name, told in words.choices}
    for name, value in words.pairs:
        known.setdefault(name, []).append(value)
    for name, kind in words.kinds:
        text = kind == "string"
        known[name] = [value for value in known.get(name, ()) if kind in SCALARS and isinstance(value, str) == text]
        known[name] += OF_A_KIND[kind]
    if known.keys() & set(names):
        for at, plain in enumerate(FILLINGS):
            yield {name: told[at % len(told)] if (told := known.get(name)) else plain for name in names}


def _completed(tree: Tree, words: Dictionary, fitting: Sequence[Mapping[str, Any]]) -> Iterator[Tree]:
    """Objects with what they lack of the names that the source declares or compares, then of all names: what is right
    already stays.
    """
    found = (item for item in leaves(tree, 500) if item[0][0] in PAYLOADS and in_json(item[0]))
    objects = [(path, value) for path, value in found if isinstance(value, dict) and value][:MAX_COMPLETED]
    sure = {name for name, _ in (*words.kinds, *words.choices, *words.pairs)}
    for names in (sure, {*words.asked}):
        for values in fitting:
            for path, value in objects:
                there = {name.lower() for name in value}
                lacking = {key: told for key, told in values.items() if key in names and key.lower() not in there}
                if lacking:
                    yield put(tree, path, {**value, **lacking})


def _declared(words: Dictionary) -> Iterator[Mapping[str, Any]]:
    """Each name whose type the source declares with values of it."""
    named = set(words.asked[:MAX_NAMES])
    return in_turn([{name: value} for value in OF_A_KIND[kind]] for name, kind in words.kinds if name in named)


def asked_query(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """The same in the query of a request with a body."""
    if "query" in tree and tree.get("method") not in BODILESS:
        yield from _put((_pairs(tree, "query"),), _settings(words))


def _settings(words: Dictionary) -> Iterator[Mapping[str, Any]]:
    values = likely(words)
    yield from _declared(words)
    for name, value in _diagonal(len(words.asked[:MAX_NAMES]), len(values)):
        yield {words.asked[name]: values[value]}


@lru_cache(maxsize=64)
def _diagonal(names: int, values: int) -> Sequence[tuple[int, int]]:
    """All pairs of places in two lists, in which what comes first is likelier than what comes later."""
    pairs = ((name, value) for name in range(names) for value in range(values))
    return sorted(pairs, key=lambda pair: (pair[0] + 8) * (pair[1] + 9))


def siblings(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Where a text of one of the source's tables stands, the others, also with the numbers of their rows elsewhere."""
    if not words.rows:
        return
    known = {key.lower() for key, _ in words.rows}
    texts = [
        (path, value)
        for path, value in leaves(tree, 500)
        if isinstance(value, str) and value.lower() in known and path[0] not in ("method", "headers", "path")
    ][:MAX_HOMES]
    changed = [(put(tree, path, key), numbers) for path, _ in texts for key, numbers in words.rows]
    yield from (made for made, _ in changed)
    for made, numbers in changed:
        homes = tuple(islice(_homes(made), 2))
        beside = [item for number in numbers for item in near(number)]
        yield from _put(homes, ({name: item} for item in beside for name in words.asked[:PAIRED]))


def shown_parts(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """With the members of each object that the source shows, in a comment or a sample: it may be a part of an event."""
    homes = tuple(islice(_homes(tree), 2))
    shown = (payload_tree(text.encode()).get("json") for text in words.samples) if homes else ()
    yield from _put(homes, islice((value for value in shown if isinstance(value, dict) and value), MAX_KEYS))


def likely(words: Dictionary) -> Sequence[Any]:
    """Values of every type between those of the source's tables and texts that its patterns match, then its numbers
    with what can be made of them.
    """
    keys = words.keys[:MAX_KEYS]
    sizes = dict.fromkeys(size for length in words.lengths[:4] for size in (length + 1, length) if size <= MAX_SIZE)
    long = [value for size in sizes for value in ("a" * size, ["a"] * size)]
    runs = [value for text in words.pumped[:4] for value in (text, [text])]
    matching = words.matches[:MAX_MATCHING]
    mixed = in_turn((PLAIN[::2], keys[::2], matching, PLAIN[1::2], keys[1::2], runs, options(words)))
    beside = [item for value in words.numbers for item in near(value)]
    numbers = list(dict.fromkeys([*words.numbers[:30], *counted(words)[:20], *beside, *range(2, 13)]))[:MAX_NUMBERS]
    # Equal numbers of different types are different values.
    return (*mixed, None, *long, *numbers)


def two_asked(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Each two names at once."""
    homes = tuple(islice(_homes(tree), 2))
    both = list(combinations(words.asked[:PAIRED], 2))
    for one, two in TOGETHER:
        yield from _put(homes, ({first: one, second: two} for first, second in both))


def _put(homes: Sequence[Home], settings: Iterable[Mapping[str, Any]]) -> Iterator[Tree]:
    for values in settings:
        for home in homes:
            made = home(values)
            if made is not None:
                yield made


def _homes(tree: Tree) -> Iterator[Home]:
    """Where members and parameters can be put, the outer ones first, then those inside texts."""
    bodiless = tree.get("method") in BODILESS
    if bodiless:
        yield _pairs(tree, "query")
    found = [] if bodiless else [item for item in leaves(tree, 500) if item[0][0] in PAYLOADS]
    objects = [path for path, value in found if in_json(path) and isinstance(value, dict)]
    for path in sorted(objects, key=len)[:MAX_HOMES]:
        yield _members(tree, path)
    for path, value in found:
        if isinstance(value, str) and len(value) > 1 and (inner := _inside(tree, path, value)) is not None:
            yield inner
    for key in PAYLOADS:
        if not bodiless and key in tree and "json" not in tree[key]:
            yield _instead(tree, key)
        if not bodiless and "form" in tree.get(key, {}):
            yield _form(tree, key)


def _members(tree: Tree, path: Any) -> Home:
    there = tree
    for step in path:
        there = there[step]
    return lambda values: put(tree, path, {**there, **values})


def _instead(tree: Tree, key: str) -> Home:
    return lambda values: {**tree, key: {"json": dict(values)}}


def _pairs(tree: Tree, key: str) -> Home:
    return lambda values: {**tree, key: _joined(tree[key], values)} if _are_texts(values) else None


def _form(tree: Tree, key: str) -> Home:
    return lambda values: {**tree, key: {"form": _joined(tree[key]["form"], values)}} if _are_texts(values) else None


def _are_texts(values: Mapping[str, Any]) -> bool:
    return not any(value is None or isinstance(value, (list, dict)) for value in values.values())


def _joined(pairs: Any, values: Mapping[str, Any]) -> list[list[str]]:
    told = ([name, str(value).lower() if isinstance(value, bool) else str(value)] for name, value in values.items())
    return [*(pair for pair in pairs if pair[0] not in values), *told]


def _in_parts(parts: Any, values: Mapping[str, Any]) -> list[list[str]]:
    """The parts of a form with these fields instead of those of the same name."""
    kept = [part for part in parts if not any(f'name="{name}"' in part[0] for name in values)]
    told = _joined((), values)
    return [*kept, *([f'Content-Disposition: form-data; name="{name}"', value] for name, value in told)]


_FORMS: Mapping[str, Callable[[Any, Mapping[str, Any]], list[list[str]]]] = {"form": _joined, "multipart": _in_parts}


def _inside(tree: Tree, path: Any, text: str) -> Home | None:
    """In the object or the form that a text holds, a form in parts too."""
    seen = view(text)
    joined = _FORMS.get(seen.kind) if seen is not None else None
    if seen is None or not (joined or (seen.kind == "json" and isinstance(seen.value, dict))):
        return None

    def home(values: Mapping[str, Any]) -> Tree | None:
        if joined and not _are_texts(values):
            return None
        value = joined(seen.value, values) if joined else {**seen.value, **values}
        try:
            return put(tree, path, text_of(replace(seen, value=value)))
        except (TypeError, ValueError, KeyError):
            return None

    return home


def examples(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """The queries that the source's comments show."""
    if "query" in tree:
        yield from ({**tree, "query": [list(pair) for pair in query]} for query in words.queries)


def likely_headers(words: Dictionary) -> Sequence[tuple[str, str]]:
    """Headers that the source asks for, each with a value that such a header has."""
    names = words.headers[:MAX_HEADER_NAMES]
    return tuple((name, value) for name in names for value in (*KNOWN_HEADERS.get(name.lower(), ()), *HEADER_VALUES))


def asked_headers(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Headers that the source asks for: not there, and with values that such headers have."""
    if "headers" not in tree:
        return
    names = words.headers[:MAX_HEADER_NAMES]
    without = {name: [pair for pair in tree["headers"] if pair[0].lower() != name.lower()] for name in names}
    yield from ({**tree, "headers": kept} for kept in without.values() if len(kept) < len(tree["headers"]))
    own = [[[*without[name], [name, value]] for value in KNOWN_HEADERS.get(name.lower(), ())] for name in names]
    yield from ({**tree, "headers": pairs} for pairs in in_turn(own))
    told = [[text for text in texts if text.isascii()] for texts in (words.keys[:30], words.matches[:MAX_MATCHING])]
    for value in in_turn((HEADER_VALUES, *told)):
        yield from ({**tree, "headers": [*without[name], [name, value]]} for name in names)
