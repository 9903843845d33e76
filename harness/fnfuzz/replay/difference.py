"""Where two answers differ, and how bad that is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final, Literal, TypeAlias

import orjson

from fnfuzz.fuzz.sequences.answer import Text, opened
from fnfuzz.replay.forms import WORDS
from fnfuzz.replay.said import Bulk, Said

__all__ = ["GRADES", "Change", "Grade", "Kind", "Step", "changes", "folded", "in_other_order", "path_of"]

Step: TypeAlias = str | int
Kind: TypeAlias = Literal["removed", "type", "value", "added", "status", "fault"]
Grade: TypeAlias = Literal["high", "medium", "low"]

GRADES: Final[Mapping[Kind, Grade]] = {
    "removed": "high",
    "type": "high",
    "status": "high",
    "fault": "high",
    "value": "medium",
    "added": "low",
}

MOST: Final = 200
"""So many changes of one answer are told."""

MOST_OPENED: Final = 4
"""So often JSON is looked for in a text that was found in JSON in a text."""

STATUS_PLACES: Final = re.compile(r"(?i)\$\.(?:outputs\.[^.]+|body|returnvalue)\.(?:statuscode|status)")
"""Where an answer of a custom handler says the status for the caller (azure-functions.md 4)."""

PLAIN_NAME: Final = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)
VALUE_NAME: Final = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|(?=.*\d)[0-9a-fA-F]{12,}|(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w-]{16,}|.{81,}",
    re.DOTALL,
)
"""A name that is itself a value, such as an id: its members are one place."""

STEP: Final = re.compile(r'\[(?P<index>\d+)\]|\.(?P<name>[\w-]+)|\[(?P<quoted>"(?:[^"\\]|\\.)*")\]')
"""One step of a path as text."""


@dataclass(frozen=True, slots=True)
class Change:
    """``steps`` lead to the place, ``one`` was there (None where it was not), ``other`` is there now."""

    steps: tuple[Step, ...]
    kind: Kind
    one: Any
    other: Any

    @property
    def path(self) -> str:
        """The place with the indexes of lists and names that are values folded: ``$.items[].qty``."""
        return path_of(self.steps, folded=True)

    @property
    def exact(self) -> str:
        """The place: ``$.items[3].qty``, ``header location``, ``status``, ``text``, ``bytes``, ``fault``."""
        return path_of(self.steps)


def path_of(steps: tuple[Step, ...], *, folded: bool = False) -> str:
    """The steps as one text."""
    first, *rest = steps
    parts = [str(first)]
    if first == "header":
        return f"header {rest[0]}"
    for step in rest:
        if isinstance(step, int):
            parts.append("[]" if folded else f"[{step}]")
        elif folded and VALUE_NAME.fullmatch(step):
            parts.append(".{}")
        elif PLAIN_NAME.fullmatch(step):
            parts.append(f".{step}")
        else:
            parts.append(f"[{orjson.dumps(step).decode()}]")
    return "".join(parts)


def folded(path: str) -> str:
    """A path as text, with the indexes of lists and names that are values folded."""

    def shorter(match: re.Match[str]) -> str:
        if match["index"]:
            return "[]"
        name = match["name"] or orjson.loads(match["quoted"])
        return ".{}" if VALUE_NAME.fullmatch(name) else match[0]

    return STEP.sub(shorter, path)


def changes(one: Said, other: Said) -> list[Change]:
    """What is different in ``other``. A fault or another status is told alone: everything else follows from it."""
    if one.fault or other.fault:
        if one.fault == other.fault:
            return []
        return [Change(("fault",), "fault", one.fault or "answered", other.fault or "answered")]
    if one.status != other.status:
        return [Change(("status",), "status", one.status, other.status)]
    return list(islice(_Walk(one.words, other.words).answers(one, other), MOST))


def in_other_order(one: Any, other: Any) -> bool:
    """Do two lists hold the same items, or two texts the same words, each as often, in whatever order?"""
    if isinstance(one, str) and isinstance(other, str):
        return one != other and sorted(WORDS.split(one)) == sorted(WORDS.split(other))
    if not (isinstance(one, list) and isinstance(other, list) and len(one) == len(other)):
        return False
    return sorted(map(_dumped, one)) == sorted(map(_dumped, other))


@dataclass(frozen=True, slots=True)
class _Walk:
    left: tuple[tuple[str, str], ...]
    right: tuple[tuple[str, str], ...]

    def answers(self, one: Said, other: Said) -> Iterator[Change]:
        if one.headers is not None and other.headers is not None:
            for name in sorted(one.headers.keys() | other.headers.keys()):
                yield from self._member(one.headers, other.headers, name, ("header",), 0)
        yield from self._bodies(one.body, other.body)

    def _bodies(self, one: Any, other: Any) -> Iterator[Change]:
        if isinstance(one, Text) and isinstance(other, Text):
            if self._unlike(one.text, other.text):
                if not one.text or not other.text:
                    yield Change(("$",), "added" if other.text else "removed", one.text or None, other.text or None)
                else:
                    yield Change(("text",), "value", one.text, other.text)
        elif isinstance(one, Bulk) and isinstance(other, Bulk):
            if one != other:
                yield Change(("bytes",), "value", one, other)
        elif isinstance(one, Text | Bulk) or isinstance(other, Text | Bulk):
            kind: Kind = "added" if one == Text("") else "removed" if other == Text("") else "type"
            yield Change(("$",), kind, _bare(one), _bare(other))
        else:
            yield from self._values(one, other, ("$",), 0)

    def _values(self, one: Any, other: Any, steps: tuple[Step, ...], depth: int) -> Iterator[Change]:
        if isinstance(one, dict) and isinstance(other, dict):
            for key in dict.fromkeys((*one, *other)):
                yield from self._member(one, other, key, steps, depth)
        elif isinstance(one, list) and isinstance(other, list):
            yield from self._lists(one, other, steps, depth)
        elif json_type(one) != json_type(other):
            yield Change(steps, "type", one, other)
        elif isinstance(one, str):
            yield from self._texts(one, other, steps, depth)
        elif one != other:
            kind: Kind = "status" if STATUS_PLACES.fullmatch(path_of(steps)) else "value"
            yield Change(steps, kind, one, other)

    def _member(
        self, one: Mapping[str, Any], other: Mapping[str, Any], key: str, steps: tuple[Step, ...], depth: int
    ) -> Iterator[Change]:
        inner = (*steps, key)
        if key not in other:
            yield Change(inner, "removed", one[key], None)
        elif key not in one:
            yield Change(inner, "added", None, other[key])
        else:
            yield from self._values(one[key], other[key], inner, depth)

    def _lists(self, one: list[Any], other: list[Any], steps: tuple[Step, ...], depth: int) -> Iterator[Change]:
        """Items by position; what is more or less at the end of what both begin and end with was added or removed."""
        if len(one) > 1 and one != other and in_other_order(one, other):
            yield Change(steps, "value", one, other)
            return
        head, tail = _common(one, other) if len(one) != len(other) else (0, 0)
        left, right = one[head : len(one) - tail], other[head : len(other) - tail]
        for at, (first, second) in enumerate(zip(left, right, strict=False), head):
            yield from self._values(first, second, (*steps, at), depth)
        shared = min(len(left), len(right))
        for at, item in enumerate(left[shared:], head + shared):
            yield Change((*steps, at), "removed", item, None)
        for at, item in enumerate(right[shared:], head + shared):
            yield Change((*steps, at), "added", None, item)

    def _texts(self, one: str, other: str, steps: tuple[Step, ...], depth: int) -> Iterator[Change]:
        if not self._unlike(one, other):
            return
        left, right = (opened(one), opened(other)) if depth < MOST_OPENED else (None, None)
        if left is not None and type(left) is type(right):
            yield from self._values(left, right, steps, depth + 1)
        else:
            yield Change(steps, "status" if STATUS_PLACES.fullmatch(path_of(steps)) else "value", one, other)

    def _unlike(self, one: str, other: str) -> bool:
        """Do they differ, apart from what the host itself put into the two requests?"""
        return one != other and _named(one, self.left) != _named(other, self.right)


def _named(text: str, words: tuple[tuple[str, str], ...]) -> str:
    for word, name in words:
        text = text.replace(word, name)
    return text


def _common(one: list[Any], other: list[Any]) -> tuple[int, int]:
    """How many items are the same at the beginning, and at the end."""
    most = min(len(one), len(other))
    left, right = [_dumped(item) for item in one], [_dumped(item) for item in other]
    head = next((at for at in range(most) if left[at] != right[at]), most)
    tail = next((at for at in range(most - head) if left[-1 - at] != right[-1 - at]), most - head)
    return head, tail


def json_type(value: Any) -> str:
    """``object``, ``array``, ``string``, ``number``, ``boolean`` or ``null``."""
    match value:
        case dict():
            return "object"
        case list():
            return "array"
        case str():
            return "string"
        case bool():
            return "boolean"
        case None:
            return "null"
    return "number"


def _dumped(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _bare(body: Any) -> Any:
    if isinstance(body, Text):
        return body.text or None
    return body
