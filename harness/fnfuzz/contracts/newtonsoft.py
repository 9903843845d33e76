"""Reads and writes JSON as the host's library, Newtonsoft.Json, does (azure-functions.md 5.1).

Its reader forgives much that RFC 8259 forbids: comments, single quotes, bare names, trailing commas, NaN, hexadecimal
and octal numbers, raw control characters, a byte order mark, anything behind the first value. ``read`` takes the same
texts, says what was forgiven, and refuses what the library refuses. It is slow beside orjson: use it for what orjson
refuses, or cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from fnfuzz.contracts.dotnet import number_text, read_date

__all__ = ["EMPTY", "MAX_DEPTH", "JsonReaderError", "JsonTooDeepError", "Reading", "depth", "escaped", "read", "write"]

MAX_DEPTH = 256
"""The depth that the host's response reader allows."""

LONGEST_INTEGER = 380
"""Digits; the library gives up on longer integers."""

BLANK = re.compile(r"[\s\0]*")
STRICT_BLANK = re.compile(r"[ \t\r\n]*")
COMMENT = re.compile(r"//[^\r\n]*|/\*.*?\*/", re.DOTALL)
STRINGS = {
    '"': re.compile(r'"([^"\\]*(?:\\.[^"\\]*)*)"', re.DOTALL),
    "'": re.compile(r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL),
}
NAME = re.compile(r"[\w$]+")
ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
CONTROL = re.compile(r"[\x00-\x1f]")
SURROGATE = re.compile(r"[\ud800-\udfff]")
WORD = re.compile(r"-?[A-Za-z]+")
NUMBER_RUN = re.compile(r"[-.0-9][0-9A-Fa-fxX.+-]*")
STRICT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
INTEGER = re.compile(r"-?[0-9]+")
BASED = re.compile(r"-?0[xX]([0-9A-Fa-f]+)|-?0([0-7]+)")
DOUBLE = re.compile(r"-?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
ENDS_A_SCALAR = frozenset(" \t\r\n,}])/\0\x0b\x0c\xa0\u0085")

ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "\\": "\\", '"': '"', "'": "'", "/": "/"}
STRICT_WORDS = {"true": True, "false": False, "null": None}
LENIENT_WORDS = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf"), "undefined": None}
LINE_ENDS = {"\u0085": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}
LINE_END = re.compile("[\u0085\u2028\u2029]")


class _Empty:
    """The value of a text that holds nothing but blanks and comments."""

    def __repr__(self) -> str:
        return "EMPTY"


EMPTY = _Empty()
_OPENED = object()


class JsonReaderError(ValueError):
    """A text that the library cannot read; ``at`` is the offset of the trouble in characters."""

    def __init__(self, message: str, at: int) -> None:
        super().__init__(f"{message} at character {at}")
        self.at = at


class JsonTooDeepError(JsonReaderError):
    """A text that is nested more deeply than allowed."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value (EMPTY for none), what was forgiven to read it, and the first path component of each doubled member."""

    value: Any
    lenient: tuple[str, ...] = ()
    trailing: bool = False
    duplicates: tuple[tuple[str, ...], ...] = ()


def read(text: str, max_depth: int = MAX_DEPTH) -> Reading:
    """The first JSON value of ``text``. Dates stay text. Raises JsonReaderError, JsonTooDeepError."""
    return _Reader(text, max_depth).document()


def depth(value: object) -> int:
    """How deeply ``value`` is nested; a scalar has depth 0. Any depth is fine."""
    level, row = 0, [value]
    while row := [child for parent in row if isinstance(parent, (dict, list)) for child in _children(parent)]:
        level += 1
    return level


def escaped(text: str) -> str:
    """``text`` as the library writes it, quotes included: non-ASCII as it is, but Unicode's line ends escaped."""
    written = orjson.dumps(text).decode()
    return written if written.isascii() else LINE_END.sub(lambda match: LINE_ENDS[match[0]], written)


def write(value: object, *, indented: bool = False) -> str:
    """JSON text of ``value`` as the library writes a token: dates normalised, doubles with a point, indented by two."""
    return _write(value, "\n" if indented else "")


def _children(parent: dict[str, Any] | list[Any]) -> Sequence[Any]:
    # An empty container counts as a level too, so that it always has at least one row below it.
    return (list(parent.values()) if isinstance(parent, dict) else parent) or (None,)


def _write(value: object, line: str) -> str:
    if isinstance(value, dict):
        colon = ": " if line else ":"
        inner = f"{line}  " if line else ""
        parts = [f"{escaped(key)}{colon}{_write(item, inner)}" for key, item in value.items()]
        return _bracketed("{}", parts, line)
    if isinstance(value, list):
        inner = f"{line}  " if line else ""
        return _bracketed("[]", [_write(item, inner) for item in value], line)
    return _write_scalar(value)


def _bracketed(brackets: str, parts: list[str], line: str) -> str:
    if not parts:
        return brackets
    inner = f"{line}  " if line else ""
    return f"{brackets[0]}{inner}{f',{inner}'.join(parts)}{line}{brackets[1]}"


def _write_scalar(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _write_double(value)
    text = str(value)
    date = read_date(text)
    return escaped(text if date is None else date.iso)


def _write_double(value: float) -> str:
    text = number_text(value)
    if text.lstrip("-")[0] in "NI":
        return f'"{text}"'
    return text if "." in text or "E" in text else f"{text}.0"


class _Reader:
    """One pass over one text; the innermost open container is the last of ``stack``."""

    def __init__(self, text: str, max_depth: int) -> None:
        self.text = text
        self.at = 0
        self.max_depth = max_depth
        self.stack: list[dict[str, Any] | list[Any]] = []
        self.names: list[str] = []
        self.lenient: dict[str, None] = {}
        self.duplicates: list[tuple[str, ...]] = []

    def document(self) -> Reading:
        if self.text.startswith("\ufeff"):
            self.forgive("a byte order mark")
            self.at = 1
        value = self.value() if self.peek() else EMPTY
        end = STRICT_BLANK.match(self.text, self.at)
        trailing = value is not EMPTY and end is not None and end.end() < len(self.text)
        return Reading(value, tuple(self.lenient), trailing, tuple(self.duplicates))

    def value(self) -> Any:
        """The value at ``at``, containers and all, without recursion."""
        while True:
            value = self.begin()
            fresh = value is _OPENED
            if not fresh and self.store(value):
                return value
            while not self.next_slot(fresh):
                fresh = False
                closed = self.stack.pop()
                self.names.pop()
                if self.store(closed):
                    return closed

    def begin(self) -> Any:
        """Read a scalar, or open a container."""
        char = self.peek()
        if char in "{[" and char:
            if len(self.stack) >= self.max_depth:
                raise JsonTooDeepError(f"deeper than {self.max_depth}", self.at)
            self.stack.append({} if char == "{" else [])
            self.names.append("")
            self.at += 1
            return _OPENED
        if char in STRINGS:
            return self.string(char)
        if char == "," and self.stack and isinstance(self.stack[-1], list):
            self.forgive("a missing array element")
            return None
        return self.scalar()

    def store(self, value: Any) -> bool:
        """Put ``value`` into the innermost container; True when there is none, and the document is read."""
        if not self.stack:
            return True
        container = self.stack[-1]
        if isinstance(container, list):
            container.append(value)
        else:
            if self.names[-1] in container:
                self.duplicates.append(tuple(self.names))
            container[self.names[-1]] = value
        return False

    def next_slot(self, fresh: bool) -> bool:
        """Move to where the next value of the innermost container begins; False when the container has ended."""
        container = self.stack[-1]
        end = "}" if isinstance(container, dict) else "]"
        char = self.peek()
        if not fresh and char == ",":
            self.at += 1
            char = self.peek()
            if char == end:
                self.forgive("a trailing comma")
        elif not fresh and char != end:
            raise self.unexpected("a comma or the end of the container")
        if char == end:
            self.at += 1
            return False
        if isinstance(container, dict):
            self.names[-1] = self.name(char)
        return True

    def name(self, char: str) -> str:
        """A member's name and its colon."""
        if char in STRINGS:
            name = self.string(char)
        else:
            match = NAME.match(self.text, self.at)
            if match is None:
                raise self.unexpected("a member's name")
            self.forgive("a name without quotes")
            self.at = match.end()
            name = match[0]
        if self.peek() != ":":
            raise self.unexpected("a colon")
        self.at += 1
        return name

    def string(self, quote: str) -> str:
        match = STRINGS[quote].match(self.text, self.at)
        if match is None:
            raise JsonReaderError("unterminated string", self.at)
        if quote == "'":
            self.forgive("single quotes")
        content = match[1]
        if CONTROL.search(content):
            self.forgive("a control character in a string")
        if "\\" in content:
            content = ESCAPE.sub(self.unescape, content)
            if SURROGATE.search(content):
                content = content.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        self.at = match.end()
        return content

    def unescape(self, match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 5:
            return chr(int(code[1:], 16))
        if code not in ESCAPES:
            raise JsonReaderError("bad escape in the string", self.at)
        if code == "'":
            self.forgive("an escaped single quote")
        return ESCAPES[code]

    def scalar(self) -> Any:
        word = WORD.match(self.text, self.at)
        run = NUMBER_RUN.match(self.text, self.at)
        if word and word[0] in STRICT_WORDS:
            value: Any = STRICT_WORDS[word[0]]
        elif word and word[0] in LENIENT_WORDS:
            self.forgive(word[0])
            value = LENIENT_WORDS[word[0]]
        elif run:
            word = run
            value = self.number(run[0])
        else:
            raise self.unexpected("a value")
        self.at = word.end()
        if self.text[self.at : self.at + 1] not in ENDS_A_SCALAR and self.at < len(self.text):
            raise self.unexpected("the end of the value")
        return value

    def number(self, text: str) -> int | float:
        if not STRICT_NUMBER.fullmatch(text):
            self.forgive("a number that JSON does not have")
            based = BASED.fullmatch(text)
            if based:
                value = int(based[1], 16) if based[1] else int(based[2], 8)
                return -value if text[0] == "-" else value
        if INTEGER.fullmatch(text):
            if len(text) > LONGEST_INTEGER or (text.lstrip("-")[0] == "0" and len(text.lstrip("-")) > 1):
                raise JsonReaderError("an integer that cannot be read", self.at)
            return int(text)
        if DOUBLE.fullmatch(text):
            return float(text)
        raise JsonReaderError("a number that cannot be read", self.at)

    def peek(self) -> str:
        """The next character that is no blank and no comment, or an empty text at the end."""
        text = self.text
        while True:
            blank = STRICT_BLANK.match(text, self.at)
            self.at = blank.end() if blank else self.at
            char = text[self.at : self.at + 1]
            if char == "/":
                self.skip(COMMENT, "a comment")
            elif char and (char.isspace() or char == "\0"):
                self.skip(BLANK, "a blank that JSON does not have")
            else:
                return char

    def skip(self, pattern: re.Pattern[str], what: str) -> None:
        match = pattern.match(self.text, self.at)
        if match is None:
            raise self.unexpected("a comment")
        self.forgive(what)
        self.at = match.end()

    def forgive(self, what: str) -> None:
        self.lenient[what] = None

    def unexpected(self, wanted: str) -> JsonReaderError:
        found = "the end" if self.at >= len(self.text) else repr(self.text[self.at])
        return JsonReaderError(f"{found} instead of {wanted}", self.at)
