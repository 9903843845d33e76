"""Structure-aware mutations of event trees: each copies only the path that it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import orjson

from fnfuzz.fuzz.dictionary import Dictionary
from fnfuzz.fuzz.tree import METHODS, PAYLOADS, Path, Tree, drop, in_json, is_pairs, leaves, put
from fnfuzz.traps import BYTE_TRAPS, NAME_TRAPS, NUMBER_TRAPS, SIZE_STEPS, TEXT_TRAPS, TIME_TRAPS

__all__ = ["NUMBERS", "TEXTS", "Mutator", "splice"]

CLIENT_HEADERS = (
    ("Accept-Language", "de-CH,de;q=0.9"),
    ("Authorization", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.x"),
    ("Content-Type", "application/json"),
    ("Content-Type", "application/json; charset=utf-8"),
    ("Content-Type", "application/x-www-form-urlencoded"),
    ("Content-Type", "text/plain; charset=iso-8859-1"),
    ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Type", "nonsense"),
    ("Cookie", "a=1; b=%22; c=100%; d"),
    ("If-None-Match", "*"),
    ("Range", "bytes=0-0"),
    ("X-Forwarded-For", "203.0.113.9, 10.0.0.1"),
    ("X-Request-Id", "7"),
)
DULL: Sequence[Any] = (None, "", 0, False, [], {}, -1, 1, "a", True, 0.5, "0", "null", [None], {"a": 1})


def number(text: str) -> Any:
    """A JSON number token as a value that is written exactly so (some are out of every type's range)."""
    return orjson.Fragment(text.encode())


NUMBERS: Sequence[Any] = tuple(number(text) for text in NUMBER_TRAPS.values())
TEXTS: Sequence[str] = tuple(TEXT_TRAPS.values()) + tuple(TIME_TRAPS.values())
NAMES: Sequence[str] = tuple(NAME_TRAPS.values())
BYTES: Sequence[bytes] = tuple(BYTE_TRAPS.values())
MAX_TEXT = 128 * 1024
"""Characters or bytes to which one value may grow, whatever is done to it how often."""


class Mutator:
    """Makes new trees from old ones; a function of its random source only."""

    def __init__(self, random: Random, words: Dictionary) -> None:
        self.random = random
        self.names = (*words.names, *NAMES)
        self.texts = (*words.texts, *words.names, *NAMES, *TEXTS, *NUMBER_TRAPS.values())
        self.pairs = words.pairs
        self.numbers = (*(near for value in words.numbers for near in (value, value + 1, value - 1)), *NUMBERS)
        self.steps: Sequence[Callable[[Tree], Tree]] = (
            self.change_leaf,
            self.change_leaf,
            self.change_leaf,
            self.drop_member,
            self.add_member,
            self.repeat_item,
            self.retype,
            self.corrupt_payload,
            self.nest_or_unnest,
        )

    def mutate(self, tree: Tree) -> Tree:
        """One to four steps."""
        for _ in range(self.random.choice((1, 1, 1, 2, 2, 3, 4))):
            tree = self.random.choice(self.steps)(tree)
        return tree

    def change_leaf(self, tree: Tree) -> Tree:
        """Another value of the same type somewhere."""
        path, value = self._pick(tree, lambda path, item: not isinstance(item, (dict, list)))
        if path == ("method",):
            return {**tree, "method": self.random.choice(METHODS)}
        return put(tree, path, self.other(value)) if path else tree

    def other(self, value: Any) -> Any:
        """A value of the same type that is likely to matter."""
        random = self.random
        if isinstance(value, bool):
            return not value
        if isinstance(value, str):
            return self._other_text(value)[:MAX_TEXT]
        if isinstance(value, (int, float)):
            return random.choice(
                (value + 1, value - 1, -value, 0, value * 2, random.choice(self.numbers), random.choice(self.numbers))
            )
        if isinstance(value, bytes):
            return self._other_bytes(value)[:MAX_TEXT]
        return random.choice(DULL)

    def _other_text(self, value: str) -> str:
        random = self.random
        match random.randrange(7):
            case 0:
                return value[: random.randrange(len(value) + 1)]
            case 1:
                return value + random.choice(self.texts)
            case 2:
                return (value or "a") * random.choice((2, 3, 17))
            case 3:
                return (value[:1] or "a") * random.choice(SIZE_STEPS)
            case 4:
                at = random.randrange(len(value) + 1)
                return value[:at] + random.choice(self.texts)[:32] + value[at:]
            case _:
                return random.choice(self.texts)

    def _other_bytes(self, value: bytes) -> bytes:
        random = self.random
        match random.randrange(4):
            case 0:
                return value[: random.randrange(len(value) + 1)]
            case 1 if value:
                at = random.randrange(len(value))
                return value[:at] + bytes((value[at] ^ (1 << random.randrange(8)),)) + value[at + 1 :]
            case 2:
                return value * 2
            case _:
                return random.choice(BYTES)

    def drop_member(self, tree: Tree) -> Tree:
        """One member, item or pair less."""
        path, _ = self._pick(tree, lambda path, item: is_pairs(path[:-1]) or in_json(path[:-1]))
        return drop(tree, path) if path else tree

    def add_member(self, tree: Tree) -> Tree:
        """A new member of an object, a new item of a list, a new pair of query or headers."""
        random = self.random
        path, value = self._pick(tree, _is_container)
        if not path:
            return tree
        if path == ("headers",):
            name, text = random.choice(CLIENT_HEADERS)
            return {**tree, "headers": [*(pair for pair in value if pair[0].lower() != name.lower()), [name, text]]}
        if is_pairs(path):
            return put(tree, path, [*value, [random.choice(self.names), random.choice(self.texts)]])
        if isinstance(value, dict) and self.pairs and random.random() < 0.2:
            name, text = random.choice(self.pairs)
            return put(tree, path, {**value, name: text})
        if isinstance(value, dict):
            return put(tree, path, {**value, random.choice(self.names): self.any_value()})
        return put(tree, path, [*value, self.any_value()])

    def any_value(self) -> Any:
        """Any JSON value that is worth trying."""
        pool = self.random.choice((DULL, self.texts, self.numbers))
        return self.random.choice(pool)

    def repeat_item(self, tree: Tree) -> Tree:
        """An item or a pair again, or a whole list."""
        path, value = self._pick(tree, lambda path, item: isinstance(item, list) and item and _is_container(path, item))
        if not path:
            return tree
        once = len(value) > 64 or path == ("headers",)
        return put(tree, path, [*value, self.random.choice(value)] if once else [*value, *value])

    def retype(self, tree: Tree) -> Tree:
        """A value of another type inside JSON."""
        path, value = self._pick(tree, lambda path, item: in_json(path))
        if not path:
            return tree
        wraps = (
            [value],
            {"value": value},
            None,
            str(value) if isinstance(value, (int, float, str)) else "",
            self.any_value(),
        )
        return put(tree, path, self.random.choice(wraps))

    def corrupt_payload(self, tree: Tree) -> Tree:
        """The payload as another format: cut JSON, empty, text, bytes."""
        random = self.random
        key = next((key for key in PAYLOADS if key in tree), None)
        if key is None:
            return tree
        (kind, value), *_ = tree[key].items()
        if kind == "json" and random.random() < 0.5:
            text = _json_text(value)
            return {**tree, key: {"text": text[: random.randrange(len(text) + 1)]}}
        if random.random() < 0.2:
            return {**tree, key: {"bytes": random.choice(BYTES)}}
        others = ({"text": ""}, {"text": random.choice(self.texts)}, {"json": random.choice(DULL)})
        return {**tree, key: random.choice(others)}

    def nest_or_unnest(self, tree: Tree) -> Tree:
        """A JSON value as JSON text inside JSON, or deeper."""
        path, value = self._pick(tree, lambda path, item: in_json(path))
        if not path:
            return tree
        deep: Any = value
        for _ in range(self.random.choice((1, 2, 40))):
            deep = [deep]
        return put(tree, path, self.random.choice((_json_text(value), deep)))

    def _pick(self, tree: Tree, wanted: Callable[[Path, Any], object]) -> tuple[Path, Any]:
        """One of the wanted places and what is there; an empty path if there is none."""
        found = [(path, value) for path, value in leaves(tree) if wanted(path, value)]
        return self.random.choice(found) if found else ((), None)


def _is_container(path: Path, value: Any) -> bool:
    return is_pairs(path) or (in_json(path) and isinstance(value, (dict, list)))


def _json_text(value: Any) -> str:
    """``value`` as JSON text; empty for one that JSON or UTF-8 cannot hold."""
    try:
        return orjson.dumps(value).decode()
    except (TypeError, ValueError):
        return ""


def splice(first: Tree, second: Tree, random: Random) -> Tree:
    """``first`` with one top part of ``second``."""
    key = random.choice(sorted(set(first) & set(second)))
    return {**first, key: second[key]}
