"""Structure-aware mutations of event trees: each copies only the path that it changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Any

import orjson

from fnfuzz.fuzz.mutation.edits import spoilt
from fnfuzz.fuzz.mutation.follow import follow
from fnfuzz.fuzz.mutation.hints import Hint, Hints
from fnfuzz.fuzz.mutation.metadata import METADATA_VALUES, metadata_names
from fnfuzz.fuzz.mutation.named import likely, likely_headers
from fnfuzz.fuzz.mutation.parts import field_names, in_parts, members, sent
from fnfuzz.fuzz.mutation.values import BYTES, DULL, MAX_TEXT, NAMES, Values
from fnfuzz.fuzz.mutation.variants import variants
from fnfuzz.fuzz.numbers import is_number
from fnfuzz.fuzz.trees.nested import MAX_DEPTH, View, text_of, view
from fnfuzz.fuzz.trees.targets import Targets, targets
from fnfuzz.fuzz.trees.tree import (
    BODILESS,
    METHODS,
    PAYLOADS,
    Path,
    Tree,
    drop,
    in_json,
    is_pairs,
    payload_tree,
    put,
    with_header,
)
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["MAX_LIST", "Mutator", "splice"]

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
MAX_LIST = 3000
"""Items to which a list is stretched."""

PARENTS = 512
"""Trees whose targets are kept: sources mutate the same ones again and again."""

SHORT_TEXT = 64
"""Characters of a text whose variants are kept."""

MAX_HINTS = 200
NEAR = 8
"""Comparisons so near to each other in the source are tried together."""

STEPS = (1, 1, 1, 1, 2, 2, 3, 4)
FEW = 12
"""So many places inside JSON are quickly walked again."""

Step = Callable[[Tree, Targets], Tree]


@dataclass(slots=True)
class _Parent:
    """A tree with what is known of it; ``views`` are its texts that hold a format."""

    tree: Tree
    targets: Targets
    views: list[tuple[Path, View]] | None = None


class Mutator:
    """Makes new trees from old ones; a function of its random source, its words and what it learnt.

    Trees are taken as values that nobody changes.
    """

    def __init__(self, random: Random, words: Dictionary) -> None:
        self.random = random
        self.words = words
        self.values = Values(random, words)
        self.names = (*words.names, *NAMES)
        self.pairs = words.pairs
        self.likely = likely(words)
        self.headers = likely_headers(words)
        self.metadata = metadata_names(words)
        self.fields = field_names(words)
        self.hints: dict[Hint, None] = {}
        self._cased = {name.lower(): name for name in reversed(words.names)}
        self._parents: dict[int, _Parent] = {}
        self._told: dict[str, tuple[str, ...]] = {}
        self._parent = _Parent({}, Targets())
        self._depth = 0
        self.within: Sequence[Step] = (
            *(self.change_leaf,) * 4,
            *(self.add_member,) * 2,
            self.drop_member,
            self.repeat_item,
            self.retype,
            self.copy_value,
            self.reorder,
            self.rename_member,
            self.look_inside,
        )
        usual: Sequence[Step] = (*self.within, *(self.look_inside,) * 2, self.corrupt_payload, self.nest_or_unnest)
        told: Sequence[Step] = (self.set_pairs,) * 3 if words.pairs else ()
        asked: Sequence[Step] = (self.set_asked,) * 3 if words.asked else ()
        parts: Sequence[Step] = (self.send_in_parts,) if words.multipart else ()
        self.steps: Sequence[Step] = (*usual, self.repeat_name, *told, *asked, *parts)

    def learn(self, hints: Hints) -> bool:
        """Take what an answer wished for; True if any of it is new. The ``take_hint`` step uses it from now on."""
        new = [kind for hint in hints.fields if (kind := replace(hint, got="")) not in self.hints]
        self.hints |= dict.fromkeys(new[: max(0, MAX_HINTS - len(self.hints))])
        if self.hints and self.take_hint not in self.steps:
            self.steps = (*self.steps, *(self.take_hint,) * 3)
        return bool(new)

    def mutate(self, tree: Tree, more: int = 0) -> Tree:
        """One to four steps, and ``more``.

        Later steps mostly use what is known of ``tree`` itself: to walk each new tree would cost more than all else,
        and a place that an earlier step took away is simply not found.
        """
        random = self.random
        parent = self._known(tree)
        new = tree
        for number in range(random.choice(STEPS) + more):
            if number and new is not tree and len(parent.targets.json) <= FEW and random.random() < 0.5:
                self._parent = parent = _Parent(new, targets(new))
            try:
                new = self._pick_step()(new, parent.targets)
            except (KeyError, IndexError, TypeError, AttributeError):
                continue
        return new

    def one_more(self, tree: Tree) -> Tree:
        """One step on ``tree``, which was just made; itself where the step finds nothing to do."""
        try:
            return self._pick_step()(tree, self._parent.targets)
        except (KeyError, IndexError, TypeError, AttributeError):
            return tree

    def _pick_step(self) -> Step:
        return self.steps[int(self.random.random() * len(self.steps))]

    def _known(self, tree: Tree) -> _Parent:
        """What is known of ``tree``; of the last ones it is remembered."""
        parent = self._parents.get(id(tree))
        if parent is None or parent.tree is not tree:
            if len(self._parents) >= PARENTS:
                del self._parents[next(iter(self._parents))]
            parent = self._parents[id(tree)] = _Parent(tree, targets(tree))
        self._parent = parent
        return parent

    # -- values

    def change_leaf(self, tree: Tree, at: Targets) -> Tree:
        """Another value of the same type somewhere, rather in the payload than around it."""
        places = at.scalars
        if at.frame and self.random.random() < (0.2 if len(places) > 1 else 0.5 if places else 1.0):
            places = at.frame
        if not places:
            return tree
        path, value = self.values.one_of(places)
        if path == ("method",):
            return {**tree, "method": self.values.one_of(METHODS)}
        new = self.values.other(value)
        return put(tree, path, new) if in_json(path) or type(new) is type(value) else tree

    def copy_value(self, tree: Tree, at: Targets) -> Tree:
        """The value of one place at another one too."""
        if len(at.scalars) < 2:
            return tree
        _, value = self.values.one_of(at.scalars)
        path, old = self.values.one_of(at.scalars)
        if not in_json(path) and type(value) is not type(old):
            value = str(value) if isinstance(old, str) and not isinstance(value, bytes) else old
        return tree if isinstance(value, bytes) and in_json(path) else put(tree, path, value)

    # -- members

    def drop_member(self, tree: Tree, at: Targets) -> Tree:
        """One member, item or pair less."""
        return drop(tree, self.values.one_of(at.members)) if at.members else tree

    def add_member(self, tree: Tree, at: Targets) -> Tree:
        """A new member of an object, a new item of a list, a new pair of query or headers."""
        if not at.containers:
            return tree
        random = self.random
        path, value = self.values.one_of(at.containers)
        if path == ("headers",):
            name, text = self.values.one_of(self.headers if self.headers and random.random() < 0.5 else CLIENT_HEADERS)
            return with_header(tree, name, text)
        if path == ("metadata",) and self.metadata:
            name = self.values.one_of(self.metadata)
            others = [pair for pair in value if pair[0] != name]
            return {**tree, "metadata": [*others, [name, self.values.one_of(METADATA_VALUES)]]}
        if is_pairs(path):
            return put(tree, path, [*value, [self.values.one_of(self.names), self.values.one_of(self.values.texts)]])
        if isinstance(value, dict):
            return put(tree, path, {**value, self.values.one_of(self.names): self.values.any_value()})
        return put(tree, path, [*value, self.values.any_value()])

    def set_pairs(self, tree: Tree, at: Targets) -> Tree:
        """Members at the values that the source compares them with, up to three that stand near each other there."""
        random = self.random
        start = int(random.random() * len(self.pairs))
        near = self.pairs[max(0, start - NEAR) : start] + self.pairs[start + 1 : start + 1 + NEAR]
        chosen = dict([self.pairs[start], *random.sample(near, min(len(near), random.choice((0, 1, 1, 2, 2))))])
        home: Path | None = None
        for name, value in chosen.items():
            if is_number(value):
                value = random.choice((value, value + 1, value - 1, value * 2))
            tree, home = self._set(tree, at, name, value, home)
        return tree

    def set_asked(self, tree: Tree, at: Targets) -> Tree:
        """One to three of what the source asks for by name, at likely values."""
        home: Path | None = None
        for _ in range(1 + int(self.random.random() ** 2 * 3)):
            # The first names are the surest.
            names = self.words.asked
            name = names[int(self.random.random() ** 2 * len(names))]
            tree, home = self._set(tree, at, name, self.values.one_of(self.likely), home)
        return tree

    def _set(self, tree: Tree, at: Targets, name: str, value: Any, home: Path | None) -> tuple[Tree, Path | None]:
        """``value`` where ``name`` is in the tree already, else as a new member; and the object that has it."""
        known = at.named.get(name.lower())
        if known and (home is None or self.random.random() < 0.8):
            path = self.values.one_of(known)
            return put(tree, path, value if in_json(path) else str(value)), path[:-1] if in_json(path) else None
        if not at.homes:
            return tree, home
        path = home if home is not None else self.values.one_of(at.homes)
        name = self._cased.get(name.lower(), name)
        there = _at(tree, path)
        if isinstance(there, dict):
            return put(tree, path, {**there, name: value}), path
        return put(tree, path, [*(pair for pair in there if pair[0] != name), [name, str(value)]]), path

    def repeat_item(self, tree: Tree, at: Targets) -> Tree:
        """An item or a pair again, a whole list again, or items up to a length that the source names."""
        lists = [(path, value) for path, value in at.containers if isinstance(value, list) and value]
        if not lists:
            return tree
        path, value = self.values.one_of(lists)
        if path == ("headers",) or len(value) > 64:
            return put(tree, path, [*value, self.values.one_of(value)])
        if self.random.random() < 0.3:
            size = self.values.one_of(self.values.lengths)
            small = len(repr(value[-1])) * size < MAX_TEXT
            return (
                put(tree, path, [*value, *[value[-1]] * (size - len(value))][:size])
                if size <= MAX_LIST and small
                else tree
            )
        return put(tree, path, [*value, *value])

    def reorder(self, tree: Tree, at: Targets) -> Tree:
        """Two items, pairs or members of an object change places."""
        many = [(path, value) for path, value in at.containers if len(value) > 1]
        if not many:
            return tree
        path, value = self.values.one_of(many)
        items: list[Any] = list(value.items()) if isinstance(value, dict) else list(value)
        one, two = self.random.sample(range(len(items)), 2)
        if isinstance(value, dict):
            (key, item), (other, another) = items[one], items[two]
            return put(tree, path, {**value, key: another, other: item})
        items[one], items[two] = items[two], items[one]
        return put(tree, path, items)

    def rename_member(self, tree: Tree, at: Targets) -> Tree:
        """A member by another name, or by its own in another case."""
        objects = [(path, value) for path, value in at.json if isinstance(value, dict) and value]
        if not objects:
            return tree
        path, value = self.values.one_of(objects)
        old = self.values.one_of(list(value))
        new = self.values.one_of(
            (self.values.one_of(self.names), old.upper(), old[:1].swapcase() + old[1:], old + " ", old + "s")
        )
        return put(tree, path, {new if key == old else key: item for key, item in value.items()})

    def retype(self, tree: Tree, at: Targets) -> Tree:
        """A value of another type inside JSON."""
        if not at.json:
            return tree
        path, value = self.values.one_of(at.json)
        wraps = (
            [value],
            {"value": value},
            None,
            str(value) if isinstance(value, (int, float, str)) else "",
            self.values.any_value(),
        )
        return put(tree, path, self.values.one_of(wraps))

    # -- formats

    def look_inside(self, tree: Tree, at: Targets) -> Tree:
        """A text that holds a format, changed inside it; if there is none, another value."""
        parent = self._parent
        if parent.views is None:
            texts = (item for item in islice(at.scalars, MAX_LIST) if isinstance(item[1], str))
            parent.views = [(path, seen) for path, value in texts if (seen := view(value)) is not None]
        if not parent.views or self._depth >= MAX_DEPTH:
            return self.change_leaf(tree, at)
        path, seen = self.values.one_of(parent.views)
        if self.random.random() < 0.5:
            told = self._variants(seen)
            if told:
                return put(tree, path, self.values.one_of(told)[:MAX_TEXT])
        text = self._changed(seen)
        return put(tree, path, text) if text is not None and len(text) <= MAX_TEXT else self.change_leaf(tree, at)

    def _variants(self, seen: View) -> tuple[str, ...]:
        """The variants of what a text holds; those of the last short texts are remembered."""
        text = text_of(seen)
        known = self._told.get(text)
        if known is None:
            known = variants(seen, self.words)
            if len(text) <= SHORT_TEXT:
                if len(self._told) >= PARENTS:
                    del self._told[next(iter(self._told))]
                self._told[text] = known
        return known

    def _changed(self, seen: View) -> str | None:
        """The text of ``seen`` after one step on its value, None where the format cannot hold what came out."""
        inner: Tree = {"body": {"json": seen.value}}
        parent, self._depth = self._parent, self._depth + 1
        try:
            self._parent = _Parent(inner, targets(inner))
            told: Sequence[Step] = (self.take_hint,) if self.hints else ()
            paired: Sequence[Step] = (self.set_pairs,) if self.pairs else ()
            deeper = isinstance(seen.value, str) or self.random.random() < 0.4
            step = self.look_inside if deeper else self.values.one_of((*self.within, *told, *paired))
            return text_of(View(seen.kind, step(inner, self._parent.targets)["body"]["json"], seen.style))
        except (TypeError, ValueError, KeyError, AttributeError, IndexError):
            return None
        finally:
            self._parent, self._depth = parent, self._depth - 1

    def corrupt_payload(self, tree: Tree, at: Targets) -> Tree:
        """The payload as another format: cut JSON, empty, text, bytes, a sample."""
        random = self.random
        key = next((key for key in PAYLOADS if key in tree), None)
        if key is None:
            return tree
        (kind, value), *_ = tree[key].items()
        if kind == "json" and random.random() < 0.5:
            text = _json_text(value)
            return {**tree, key: {"text": text[: int(random.random() * (len(text) + 1))]}}
        if key != "message" and random.random() < 0.25:
            return {**tree, key: spoilt(tree[key], random)}
        if random.random() < 0.2:
            return {**tree, key: {"bytes": self.values.one_of(BYTES)}}
        if self.words.samples and random.random() < 0.5:
            return {**tree, key: payload_tree(self.values.one_of(self.words.samples).encode())}
        others = ({"text": ""}, {"text": self.values.one_of(self.values.texts)}, {"json": self.values.one_of(DULL)})
        return {**tree, key: random.choice(others)}

    def repeat_name(self, tree: Tree, at: Targets) -> Tree:
        """A member of a JSON object twice, with another value the first time."""
        key = next((key for key in PAYLOADS if isinstance(tree.get(key, {}).get("json"), dict)), None)
        if key is None or not (members := tree[key]["json"]):
            return tree
        name = self.values.one_of(list(members))
        text, first = _json_text(members), _json_text({name: self.values.other(members[name])})
        return {**tree, key: {"text": f"{first[:-1]},{text[1:]}"}} if text and first else tree

    def nest_or_unnest(self, tree: Tree, at: Targets) -> Tree:
        """A JSON value as JSON text inside JSON, or deeper."""
        if not at.json:
            return tree
        path, value = self.values.one_of(at.json)
        deep: Any = value
        for _ in range(self.random.choice((1, 2, 40))):
            deep = [deep]
        return put(tree, path, self.random.choice((_json_text(value), deep)))

    def send_in_parts(self, tree: Tree, at: Targets) -> Tree:
        """A form in parts instead of the body: of its own members, or of fields that the source asks for."""
        if "headers" not in tree or tree.get("method") in BODILESS:
            return tree
        own = members(tree)
        return sent(tree, in_parts(own if own and self.random.random() < 0.5 else self._some_fields()))

    def _some_fields(self) -> dict[str, str]:
        names = self.random.sample(self.fields, min(len(self.fields), self.random.choice((1, 2, 3, 4))))
        return {name: str(self.values.one_of(self.likely)) for name in names}

    def take_hint(self, tree: Tree, at: Targets) -> Tree:
        """What an error message wished for, the newest ones first."""
        hints = list(self.hints)
        hint = self.values.one_of(hints[-6:] if self.random.random() < 0.6 else hints)
        found = list(follow(tree, Hints((hint,)), 40))
        return self.values.one_of(found[:6] if self.random.random() < 0.4 else found) if found else tree


def _at(tree: Any, path: Path) -> Any:
    for step in path:
        tree = tree[step]
    return tree


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
