"""Regular expressions of many languages as trees, as far as they are simple: classes, repetitions, groups, choices."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["MAX_PATTERN", "Chars", "Choice", "Group", "Node", "NotSimpleError", "Repeat", "Row", "read"]

MAX_PATTERN = 160
MAX_DEPTH = 12
CODE = re.compile(
    r"\{(?:0*)([0-9a-fA-F]{1,5})\}|(?<=u)([0-9a-fA-F]{4})|(?<=x)([0-9a-fA-F]{2})|(?<=U)000([0-9a-fA-F]{5})"
)
"""A character by its number, behind the letter that says so."""

QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d{1,4})(,?)(\d{0,4})\})[?+]?")
GROUP = re.compile(r"\?(?::|>|P?<[A-Za-z_]\w*>|'[A-Za-z_]\w*'|[a-zA-Z]+:)")
EMPTY_GROUP = re.compile(r"\?[a-zA-Z]+\)|\?#[^)]*\)")
"""Flags and comments."""

DENIED = re.compile(r"\?<?!")
LAST = chr(0x10FFFF)
DIGITS, SPACES = (("0", "9"),), (("\t", "\r"), (" ", " "))
WORD = (("A", "Z"), ("_", "_"), ("a", "z"), ("0", "9"))
NO_DIGITS = (("\0", "/"), (":", LAST))
NO_SPACES = (("\0", "\x08"), ("\x0e", "\x1f"), ("!", LAST))
NO_WORD = (("\0", "/"), (":", "@"), ("[", "^"), ("`", "`"), ("{", LAST))
ANY = (("\0", "\t"), ("\x0b", LAST))


@dataclass(frozen=True, slots=True)
class Chars:
    """One character out of ``ranges``, or outside of them; ``plain`` is one of its kind, ``last`` another one."""

    ranges: tuple[tuple[str, str], ...]
    plain: str
    last: str
    negated: bool = False

    @property
    def is_literal(self) -> bool:
        """Is it always the same character?"""
        return not self.negated and self.ranges == ((self.plain, self.plain),)

    def takes(self, char: str) -> bool:
        """Is it one of the characters?"""
        return any(low <= char <= high for low, high in self.ranges) != self.negated


@dataclass(frozen=True, slots=True)
class Row:
    """One part behind the other; an anchor is one without parts."""

    parts: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several, at least two."""

    options: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between brackets."""

    part: Node


@dataclass(frozen=True, slots=True)
class Repeat:
    """A part so many times; ``high`` is None for any number."""

    part: Node
    low: int
    high: int | None


Node: TypeAlias = Chars | Row | Choice | Group | Repeat

CLASSES = {
    "d": Chars(DIGITS, "7", "7"),
    "w": Chars(WORD, "a", "a"),
    "s": Chars(SPACES, " ", " "),
    "h": Chars(SPACES, " ", " "),
    "D": Chars(NO_DIGITS, "a", "a"),
    "W": Chars(NO_WORD, "-", "-"),
    "S": Chars(NO_SPACES, "a", "a"),
}
POSIX = {
    "alpha": (("a", "z"), ("A", "Z")),
    "digit": DIGITS,
    "alnum": (("a", "z"), ("A", "Z"), ("0", "9")),
    "upper": (("A", "Z"),),
    "lower": (("a", "z"),),
    "xdigit": (("0", "9"), ("a", "f"), ("A", "F")),
    "space": SPACES,
    "word": WORD,
}
ANCHORS = "bBAzZG"
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
PLAIN = "a7-_ ~A.0"


class NotSimpleError(ValueError):
    """The pattern holds something that only a real engine understands."""


def read(pattern: str) -> Node:
    """The tree of a pattern.

    :raises NotSimpleError: for one that is too long or too deep, wrong, or looks ahead or back for more than what must
        not be there.
    """
    if len(pattern) > MAX_PATTERN:
        raise NotSimpleError(pattern)
    reader = _Reader(pattern)
    try:
        node = reader.choice(0)
    except IndexError as ended_early:
        raise NotSimpleError(pattern) from ended_early
    if reader.at < len(pattern):
        raise NotSimpleError(pattern)
    return node


def _literal(char: str) -> Chars:
    return Chars(((char, char),), char, char)


class _Reader:
    """Reads the pattern once, from left to right."""

    def __init__(self, pattern: str) -> None:
        self.pattern, self.at = pattern, 0
        self.groups: list[Node] = []
        """Those that are closed, to be spoken of again."""

    def choice(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise NotSimpleError(self.pattern)
        options = [self._row(depth)]
        while self.at < len(self.pattern) and self.pattern[self.at] == "|":
            self.at += 1
            options.append(self._row(depth))
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _row(self, depth: int) -> Node:
        parts: list[Node] = []
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            parts.append(self._repeated(self._atom(depth)))
        return parts[0] if len(parts) == 1 else Row(tuple(parts))

    def _atom(self, depth: int) -> Node:
        char = self.pattern[self.at]
        self.at += 1
        if char in "^$":
            return Row()
        if char == ".":
            return Chars(ANY, "a", "a")
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._set()
        if char == "(":
            return self._group(depth)
        if char in "*+?":
            raise NotSimpleError(self.pattern)
        return _literal(char)

    def _escape(self) -> Node:
        char = self._next()
        if char in CLASSES:
            return CLASSES[char]
        if char in ANCHORS:
            return Row()
        if char in ESCAPES:
            return _literal(ESCAPES[char])
        if char in "uxU" and (code := CODE.match(self.pattern, self.at)):
            self.at = code.end()
            return _literal(chr(int(next(filter(None, code.groups())), 16)))
        if char.isdigit() and 0 < int(char) <= len(self.groups):
            # What the group matches mostly, if not what it has matched.
            return self.groups[int(char) - 1]
        if char.isalnum():
            raise NotSimpleError(self.pattern)
        return _literal(char)

    def _group(self, depth: int) -> Node:
        if self.pattern[self.at] == "?":
            if empty := EMPTY_GROUP.match(self.pattern, self.at):
                self.at = empty.end()
                return Row()
            denied = DENIED.match(self.pattern, self.at)
            match = denied or GROUP.match(self.pattern, self.at)
            if match is None:
                raise NotSimpleError(self.pattern)
            self.at = match.end()
            part = self.choice(depth + 1)
            self._close()
            # What must not be there is not made either, mostly.
            return Row() if denied else Group(part)
        part = self.choice(depth + 1)
        self._close()
        self.groups.append(part)
        return Group(part)

    def _close(self) -> None:
        if self._next() != ")":
            raise NotSimpleError(self.pattern)

    def _next(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        return char

    def _set(self) -> Node:
        negated = self.pattern[self.at] == "^"
        self.at += negated
        found = [self._member()]
        while self.pattern[self.at] != "]":
            found.append(self._member())
        self.at += 1
        ranges = tuple(one for member in found for one in member.ranges)
        if negated:
            inside = Chars(ranges, "", "", negated)
            free = [char for char in PLAIN if inside.takes(char)]
            if not free:
                raise NotSimpleError(self.pattern)
            return Chars(ranges, free[0], free[0], negated)
        last = found[-1].last if found[-1].last != "-" else found[0].plain
        return Chars(ranges, found[0].plain, last)

    def _member(self) -> Chars:
        """A character, a class or a range between the brackets of a set."""
        if self.pattern.startswith("[:", self.at):
            end = self.pattern.find(":]", self.at)
            ranges = POSIX.get(self.pattern[self.at + 2 : end]) if end > 0 else None
            if ranges is not None:
                self.at = end + 2
                return Chars(ranges, ranges[0][0], ranges[-1][1])
        low = self._one()
        if not low.is_literal or self.pattern[self.at] != "-" or self.pattern[self.at + 1] == "]":
            return low
        self.at += 1
        high = self._one()
        if not high.is_literal or high.plain < low.plain:
            raise NotSimpleError(self.pattern)
        return Chars(((low.plain, high.plain),), low.plain, high.plain)

    def _one(self) -> Chars:
        char = self._next()
        node = self._escape() if char == "\\" else _literal(char)
        if not isinstance(node, Chars):
            raise NotSimpleError(self.pattern)
        return node

    def _repeated(self, atom: Node) -> Node:
        match = QUANTIFIER.match(self.pattern, self.at)
        if match is None:
            return atom
        self.at = match.end()
        sign, low, comma, high = match.groups()
        if sign:
            return Repeat(atom, int(sign == "+"), 1 if sign == "?" else None)
        most = int(high) if high else None if comma else int(low)
        if most is not None and most < int(low):
            raise NotSimpleError(self.pattern)
        return Repeat(atom, int(low), most)
