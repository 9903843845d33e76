"""More of the same: an object inside itself thousands deep, lines and items as many as the source counts, long runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

import orjson

from fnfuzz.fuzz.trees.tree import PAYLOADS, Tree, in_json, leaves, put
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["RUNS", "counted", "deep", "many"]

RUNS = ("a" * 40 + "!", "0" * 40 + "!", "a-" * 24 + "!", " " * 40 + "!")
"""On each a pattern that repeats what repeats looks for its end in as many ways as there are."""

DEPTHS = (12_000, 3000, 900, 400)
"""Levels: beyond the stack of most languages, beyond that of slower walks, just below the limit of a parser."""

MAX_DEEP = 400 * 1024
MAX_DEEP_MESSAGE = 47 * 1024
"""Bytes of nested JSON, and of it in a message of a queue."""

DEEP_NAMES, FEW_NAMES = 12, 4
"""Of what the source asks for, else of all its names."""

MAX_COUNT, MAX_COUNTS = 2100, 60
MAX_MANY = 96 * 1024
MOST_SHORT, LONGEST_LIST, MAX_LONG_LIST = 60, 20_000, 512 * 1024
"""Items of a list that is no long one, of the longest that is made, and its bytes."""

MAX_LONGEST, MAX_LISTS = 3, 4


def deep(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """The payload's object inside itself, by each name that the source asks for: as a list's item and alone."""
    names = words.asked[:DEEP_NAMES] or words.names[:FEW_NAMES]
    for key in PAYLOADS:
        whole = _object(tree.get(key))
        if whole is None:
            continue
        limit = MAX_DEEP_MESSAGE if key == "message" else MAX_DEEP
        for levels in DEPTHS:
            for name in sorted(names, key=lambda item: not isinstance(whole.get(item), (list, dict))):
                for before, after in (("[", "]"), ("", "")):
                    text = nested(whole, name, before, after, levels, limit)
                    if text:
                        yield {**tree, key: {"text": text}}


def _object(payload: Any) -> dict[str, Any] | None:
    """The object that a payload is, or of which it has a list."""
    value = payload.get("json") if isinstance(payload, dict) else None
    if isinstance(value, list) and value:
        value = value[0]
    return value if isinstance(value, dict) else None


def nested(whole: dict[str, Any], name: str, before: str, after: str, levels: int, limit: int) -> str:
    """``whole`` in its own member ``name``, so often; empty where JSON cannot hold it, or a few levels only."""
    others = {key: value for key, value in whole.items() if key != name and not isinstance(value, (list, dict))}
    try:
        inner, label = orjson.dumps(others).decode(), orjson.dumps(name).decode()
    except (TypeError, ValueError):
        return ""
    opened = f"{inner[:-1]}{',' if others else ''}{label}:{before}"
    closed = after + "}"
    fits = min(levels, (limit - len(inner)) // (len(opened) + len(closed)))
    return opened * fits + inner + closed * fits if fits > 50 else ""


def counted(words: Dictionary) -> Sequence[int]:
    """Numbers of rows or items that may matter: those of the source, their multiples and quotients, and neighbours."""
    told = [int(item) for item in (*words.lengths, *words.numbers) if item == int(item) and 1 < item <= MAX_COUNT]
    told = list(dict.fromkeys(told))[:20]
    quotients = [one // two for one in told for two in told if one > two and one % two == 0]
    wanted = [*told, *(item * 2 for item in told), *quotients, *(item + 1 for item in (*told, *quotients))]
    wanted += [item - 1 for item in told]
    return tuple(dict.fromkeys(item for item in wanted if 1 < item <= MAX_COUNT))[:MAX_COUNTS]


def many(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Payloads of as many lines or items as the source counts, also behind a head line."""
    yield from _long_lists(tree, words)
    for key in PAYLOADS:
        if key not in tree:
            continue
        payload = tree[key]
        if "json" in payload:
            value = payload["json"]
            item = value[0] if isinstance(value, list) and value else value
            size = len(orjson.dumps(item)) + 1
            # Measured before it is made: so many long items are hundreds of megabytes.
            yield from (
                {**tree, key: {"json": [item] * count}} for count in counted(words) if size * count <= MAX_LONG_LIST
            )
            continue
        lines = payload.get("text", "").splitlines() or [""]
        heads = ["", f"{lines[0]}\n"] if len(lines) > 1 else [""]
        row = f"{lines[-1]}\n"
        for count in counted(words):
            for head in heads:
                if len(head) + len(row) * count <= MAX_MANY:
                    yield {**tree, key: {"text": head + row * count}}


def _long_lists(tree: Tree, words: Dictionary) -> Iterator[Tree]:
    """Each list of the payload as long as the longest that the source speaks of, and one item longer."""
    lists = [(path, value) for path, value in leaves(tree, 200) if in_json(path) and isinstance(value, list)]
    longest = [size for size in sorted(words.lengths, reverse=True) if MOST_SHORT < size <= LONGEST_LIST][:MAX_LONGEST]
    for size in longest:
        for path, value in lists[:MAX_LISTS]:
            items: Sequence[Any] = (value[0], None) if value else (None, {})
            for item in items:
                for count in (size, size + 1):
                    if len(orjson.dumps(item)) * count <= MAX_LONG_LIST:
                        yield put(tree, path, [item] * count)
