"""Texts that match a regular expression: a few, from its simple parts; nothing for what is not simple."""

from __future__ import annotations

import re

__all__ = ["matching"]

MAX_PATTERN = 160
MAX_REPEAT = 40
MAX_TEXT = 300
QUANTIFIER = re.compile(r"(?:([*+?])|\{(\d{1,4})(,?)(\d{0,4})\})[?+]?")
CLASSES = {
    "d": "7",
    "w": "a",
    "s": " ",
    "D": "a",
    "W": "-",
    "S": "a",
    "b": "",
    "B": "",
    "A": "",
    "z": "",
    "Z": "",
    "h": " ",
}
ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
GROUP = re.compile(r"\?(?::|P?<[A-Za-z_]\w*>|[a-z]+:)")


class _NotSimpleError(ValueError):
    """The pattern holds something that only a real engine understands."""


def matching(pattern: str) -> tuple[str, ...]:
    """A short text that matches, one with every part longer, one of the last alternatives; each once."""
    if not 1 < len(pattern) <= MAX_PATTERN:
        return ()
    try:
        made = [_Reader(pattern, more, last).read() for more, last in ((0, False), (1, False), (0, True), (9, True))]
    except (_NotSimpleError, IndexError, RecursionError, ValueError):
        return ()
    return tuple(dict.fromkeys(text for text in made if text and len(text) <= MAX_TEXT))


class _Reader:
    """Reads the pattern once; ``more`` is how often beyond the least an open repetition repeats, with ``last`` the last
    of alternatives is taken.
    """

    def __init__(self, pattern: str, more: int, last: bool) -> None:
        self.pattern, self.more, self.last = pattern, more, last
        self.at = 0

    def read(self) -> str:
        text = self._alternatives()
        if self.at < len(self.pattern):
            raise _NotSimpleError(self.pattern)
        return text

    def _alternatives(self) -> str:
        found = [self._sequence()]
        while self.at < len(self.pattern) and self.pattern[self.at] == "|":
            self.at += 1
            found.append(self._sequence())
        return found[-1 if self.last else 0]

    def _sequence(self) -> str:
        made = ""
        while self.at < len(self.pattern) and self.pattern[self.at] not in "|)":
            made += self._repeated(self._atom())
            if len(made) > MAX_TEXT:
                raise _NotSimpleError(self.pattern)
        return made

    def _atom(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        if char in "^$":
            return ""
        if char == ".":
            return "a"
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._set()
        if char == "(":
            return self._group()
        if char in "*+?":
            raise _NotSimpleError(self.pattern)
        return char

    def _escape(self) -> str:
        char = self.pattern[self.at]
        self.at += 1
        if char in CLASSES:
            return CLASSES[char]
        if char in ESCAPES:
            return ESCAPES[char]
        if char.isalnum():
            raise _NotSimpleError(self.pattern)
        return char

    def _group(self) -> str:
        if self.pattern[self.at] == "?":
            match = GROUP.match(self.pattern, self.at)
            if match is None:
                raise _NotSimpleError(self.pattern)
            self.at = match.end()
        text = self._alternatives()
        if self.pattern[self.at] != ")":
            raise _NotSimpleError(self.pattern)
        self.at += 1
        return text

    def _set(self) -> str:
        end = self.pattern.index("]", self.at + 2 if self.pattern[self.at] == "^" else self.at + 1)
        inside = self.pattern[self.at : end]
        self.at = end + 1
        if inside.startswith("^"):
            return next(char for char in "a7-_ ~" if char not in inside[1:])
        if inside.startswith("\\"):
            return CLASSES.get(inside[1], inside[1])
        return inside[-1] if self.last and inside[-1] not in "-\\" else inside[0]

    def _repeated(self, atom: str) -> str:
        match = QUANTIFIER.match(self.pattern, self.at)
        if match is None:
            return atom
        self.at = match.end()
        sign, low, comma, high = match.groups()
        if sign:
            return atom * {"*": self.more, "+": 1 + self.more, "?": min(self.more, 1)}[sign]
        least = int(low)
        most = int(high) if high else least + (self.more if comma else 0)
        return atom * min(max(least, min(least + self.more, most)), max(least, MAX_REPEAT))
