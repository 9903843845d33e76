"""JSON as the Azure host's reader takes it, and where each value stands.

The host reads its files with Newtonsoft's ``JObject.Parse``, which is milder than RFC 8259: comments, single quotes,
unquoted names, trailing commas, NaN and line breaks inside strings are taken, of equal names the last one counts. Text
behind the first value is refused.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any, TypeAlias

__all__ = ["JsonTextError", "Keys", "Place", "Places", "read_json"]

Keys: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]
"""Line and column, both from 1."""
Places: TypeAlias = Mapping[Keys, Place]

MAX_DEPTH = 64

_BLANKS = re.compile(r"(?:\s+|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_WORD = re.compile(r"[-+.\w$]+")
_INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
_PLAIN = {'"': re.compile(r'[^"\\]+'), "'": re.compile(r"[^'\\]+")}
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "/": "/", "\\": "\\", '"': '"', "'": "'"}
_WORDS: Mapping[str, Any] = {
    "true": True,
    "false": False,
    "null": None,
    "undefined": None,
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}


class JsonTextError(ValueError):
    """Text that is not JSON, with the ``line`` and ``column`` where it stops to be."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


def read_json(text: str) -> tuple[Any, Places]:
    """The value and the place of every value in it. Raises JsonTextError."""
    reader = _Reader(text)
    value = reader.value(())
    reader.skip()
    if reader.at < len(text):
        raise reader.wrong("text after the end of the JSON value")
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    return value, {keys: _place(starts, offset) for keys, offset in reader.offsets.items()}


def _place(starts: list[int], offset: int) -> Place:
    line = bisect_right(starts, offset)
    return line, offset - starts[line - 1] + 1


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.offsets: dict[Keys, int] = {}

    def wrong(self, message: str) -> JsonTextError:
        line = self.text.count("\n", 0, self.at) + 1
        return JsonTextError(message, line, self.at - self.text.rfind("\n", 0, self.at))

    def skip(self) -> None:
        match = _BLANKS.match(self.text, self.at)
        self.at = match.end() if match else self.at
        if self.text.startswith("/*", self.at):
            raise self.wrong("a comment that is never closed")

    def next(self) -> str:
        self.skip()
        return self.text[self.at : self.at + 1]

    def value(self, keys: Keys) -> Any:
        first = self.next()
        if len(keys) > MAX_DEPTH:
            raise self.wrong(f"nested deeper than {MAX_DEPTH} levels")
        self.offsets[keys] = self.at
        if first == "{":
            return self.members(keys)
        if first == "[":
            return self.elements(keys)
        return self.string(first) if first in _PLAIN else self.word()

    def members(self, keys: Keys) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self.at += 1
        while self.next() != "}":
            name = self.name()
            if self.next() != ":":
                raise self.wrong(f"expected ':' after the name {name[:40]!r}")
            self.at += 1
            members[name] = self.value((*keys, name))
            self.separator("}")
        self.at += 1
        return members

    def elements(self, keys: Keys) -> list[Any]:
        elements: list[Any] = []
        self.at += 1
        while self.next() != "]":
            elements.append(self.value((*keys, len(elements))))
            self.separator("]")
        self.at += 1
        return elements

    def separator(self, end: str) -> None:
        following = self.next()
        if following == ",":
            self.at += 1
        elif following != end:
            raise self.wrong(f"expected ',' or {end!r}" if following else f"the text ends before {end!r}")

    def name(self) -> str:
        quote = self.next()
        if quote in _PLAIN and quote:
            return self.string(quote)
        match = _WORD.match(self.text, self.at)
        if match is None:
            raise self.wrong("expected a name in double quotes" if quote else "the text ends before '}'")
        self.at = match.end()
        return match[0]

    def string(self, quote: str) -> str:
        self.at += 1
        parts: list[str] = []
        while True:
            plain = _PLAIN[quote].match(self.text, self.at)
            if plain is not None:
                parts.append(plain[0])
                self.at = plain.end()
            following = self.text[self.at : self.at + 1]
            if following == quote:
                self.at += 1
                return "".join(parts).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
            if not following:
                raise self.wrong("a text that is never closed")
            parts.append(self.escape())

    def escape(self) -> str:
        letter = self.text[self.at + 1 : self.at + 2]
        digits = self.text[self.at + 2 : self.at + 6]
        if letter == "u" and re.fullmatch(r"[0-9a-fA-F]{4}", digits):
            self.at += 6
            return chr(int(digits, 16))
        if letter not in _ESCAPES or not letter:
            raise self.wrong(f"\\{letter} is no escape; a backslash is written \\\\")
        self.at += 2
        return _ESCAPES[letter]

    def word(self) -> Any:
        match = _WORD.match(self.text, self.at)
        text = match[0] if match else ""
        if text in _WORDS:
            value = _WORDS[text]
        elif _INTEGER.fullmatch(text):
            value = int(text)
        elif _NUMBER.fullmatch(text):
            value = float(text)
        else:
            found = text[:40] or self.text[self.at : self.at + 1]
            raise self.wrong(f"expected a value, found {found!r}" if found else "the text ends where a value should be")
        self.at += len(text)
        return value
