"""Differences that are one: the same kind of change at the same place of the answers of one function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Final

import orjson

from fnfuzz.replay.difference import GRADES, Change, Grade, Kind
from fnfuzz.replay.said import Bulk

__all__ = ["Example", "Group", "Groups", "shown"]

MOST: Final = 10_000
"""So many groups are kept apart; further ones are counted together."""

LONGEST: Final = 400
ID_BYTES: Final = 4
ORDER: Final[tuple[Grade, ...]] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Example:
    """One difference: the record, the exact place, and both values as JSON, cut; None where there was none."""

    record: str
    place: str
    recorded: str | None
    got: str | None
    size: int


@dataclass(slots=True)
class Group:
    """``id`` is the same in every run; ``example`` is the smallest one. ``cause`` is empty, or what was done to the
    deliveries.
    """

    id: str
    function: str
    path: str
    kind: Kind
    cause: str
    count: int
    example: Example

    @property
    def grade(self) -> Grade:
        """How bad it is for whoever reads the answers."""
        return GRADES[self.kind]


class Groups:
    """Collects differences."""

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str, Kind, str], Group] = {}
        self.beyond = 0
        """Differences of further groups than are kept."""

    def __len__(self) -> int:
        return len(self._groups)

    def __iter__(self) -> Iterator[Group]:
        """The worst first, then the most frequent ones."""
        return iter(
            sorted(
                self._groups.values(), key=lambda item: (ORDER.index(item.grade), -item.count, item.function, item.path)
            )
        )

    def add(self, function: str, change: Change, record: str, size: int, cause: str = "") -> str:
        """Count a change in the answer to a record whose event is of ``size`` bytes; the id of its group."""
        key = function, change.path, change.kind, cause
        group = self._groups.get(key)
        if group is not None and group.example.size < size:
            group.count += 1
            return group.id
        one = None if change.kind == "added" else shown(change.one)
        other = None if change.kind == "removed" else shown(change.other)
        example = Example(record, change.exact, one, other, size + len(one or "") + len(other or ""))
        if group is None:
            if len(self._groups) >= MOST:
                self.beyond += 1
                return ""
            group = self._groups[key] = Group(group_id(*key), *key, 0, example)
        group.count += 1
        if example.size < group.example.size:
            group.example = example
        return group.id


def group_id(function: str, path: str, kind: str, cause: str) -> str:
    """Eight hex digits that follow from what makes the group."""
    named = "\0".join((function, path, kind, cause)).encode("utf-8", "surrogatepass")
    return blake2b(named, digest_size=ID_BYTES).hexdigest()


def shown(value: Any) -> str:
    """A value as JSON text, cut."""
    if isinstance(value, Bulk):
        return f"{value.size:,} bytes, SHA-256 {value.digest[:16]}..."
    try:
        text = orjson.dumps(value).decode()
    except TypeError:
        text = ascii(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
