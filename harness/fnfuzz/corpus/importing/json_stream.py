"""JSON of any size within bounds: values one by one out of arrays and lines, never more than one at a time."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from fnfuzz.corpus.importing.model import ImportRefused, Placed, Unfit
from fnfuzz.corpus.importing.source import CHUNK, Utf8, opened

__all__ = ["MAX_DEPTH", "json_bytes", "json_lines", "json_values", "parsed"]

MAX_DEPTH = 200
MAX_DIGITS = 1000
TOO_DEEP = f"JSON nested deeper than {MAX_DEPTH}"
BLANK = re.compile(r"[ \t\r\n]*")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no JSON")


def _integer(digits: str) -> int | float:
    """Python reads integers of a bounded length; longer ones are beyond a double too, and then found unfit."""
    return int(digits) if len(digits) <= MAX_DIGITS else float(digits)


DECODER = json.JSONDecoder(parse_constant=_refuse, parse_int=_integer)


def json_lines(path: Path) -> Iterator[Placed]:
    """The value of each line that is not blank, an Unfit for a line that is no JSON."""
    with opened(path) as file:
        source, rest, number = Utf8(file, path), bytearray(), 0
        while data := source.read():
            *lines, last = data.split(b"\n")
            for line in lines:
                number += 1
                yield from _line(bytes(rest) + line, number)
                rest.clear()
            rest += last
            source.mark = source.position - len(rest)
        yield from _line(bytes(rest), number + 1)


def _line(line: bytes, number: int) -> Iterator[Placed]:
    if line.strip():
        try:
            yield f"line {number}", parsed(line)
        except Unfit as reason:
            yield f"line {number}", reason


def parsed(content: bytes) -> Any:
    """The JSON value of ``content``. Raises Unfit for what is none, or is nested too deeply."""
    try:
        value = DECODER.decode(content.decode("utf-8-sig"))
    except RecursionError as error:
        raise Unfit(TOO_DEEP) from error
    except ValueError as error:
        raise Unfit("no JSON") from error
    if _is_deep(value):
        raise Unfit(TOO_DEEP)
    return value


def json_bytes(value: object) -> bytes:
    """``value`` as compact JSON. Raises Unfit for what has no JSON in UTF-8."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Unfit("a value that JSON in UTF-8 cannot hold") from error


def json_values(path: Path, *within: str) -> Iterator[Placed]:
    """The elements of the array that the members ``within`` lead to, one after the other.

    Without ``within``: the elements of an array, or else the values that stand one behind the other. Only one value is
    held at a time; one that is nested too deeply is an Unfit.
    """
    with opened(path) as file:
        text = _Text(Utf8(file, path))
        number = 0
        try:
            for value in _values(text, within):
                number += 1
                yield f"item {number}", Unfit(TOO_DEEP) if _is_deep(value) else value
        except _BadJson as error:
            message = f"is no JSON behind item {number} ({error}); mend it, or cut it off there"
            raise ImportRefused(message, path, text.offset) from error


class _BadJson(ValueError):
    """What the text has in place of JSON."""


class _Text:
    """A window on a file's text that moves on value by value."""

    def __init__(self, source: Utf8) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._buffer = ""
        self._at = 0

    @property
    def offset(self) -> int:
        """Where the window's reader stands, in bytes, as near as the text tells."""
        return max(0, self._source.position - len(self._buffer) + self._at)

    def peek(self) -> str:
        """The next character that is no blank, or an empty text at the end."""
        while True:
            self._at = BLANK.match(self._buffer, self._at).end()  # type: ignore[union-attr]  # it always matches
            if self._at < len(self._buffer) or not self._more():
                return self._buffer[self._at : self._at + 1]

    def take(self, wanted: str) -> str:
        """The next character that is no blank, which is one of ``wanted``."""
        char = self.peek()
        if not char or char not in wanted:
            raise _BadJson(f"{char or 'the end'} in place of {' or '.join(wanted)}")
        self._at += 1
        return char

    def value(self) -> Any:
        """The value that begins here; the window grows until it is whole."""
        self.peek()
        self._source.mark = self.offset
        while True:
            try:
                value, end = DECODER.raw_decode(self._buffer, self._at)
            except RecursionError as error:
                raise _BadJson(TOO_DEEP) from error
            except ValueError as error:
                if not self._more():
                    raise _BadJson(str(error).partition(":")[0]) from error
            else:
                # A number that ends with the window may go on behind it.
                if end < len(self._buffer) or not self._more():
                    self._at = end
                    return value

    def _more(self) -> bool:
        """Read on, each time as much as there is, so that a long value is not tried too often."""
        rest = self._buffer[self._at :]
        data = self._source.read(max(CHUNK, len(rest)))
        try:
            self._buffer, self._at = rest + self._decoder.decode(data, final=not data), 0
        except UnicodeDecodeError as error:
            raise _BadJson("bytes that are no UTF-8") from error
        return bool(data)


def _values(text: _Text, within: tuple[str, ...]) -> Iterator[Any]:
    if not all(_enter(text, name) for name in within):
        return
    while text.peek():
        if text.peek() == "[":
            yield from _elements(text)
        else:
            yield text.value()
        if within:
            return


def _enter(text: _Text, name: str) -> bool:
    """Go to the value of the member ``name`` of the object that begins here; False if it has none."""
    text.take("{")
    while text.peek() != "}":
        key = text.value()
        text.take(":")
        if key == name:
            return True
        text.value()
        if text.take(",}") == "}":
            return False
    return False


def _elements(text: _Text) -> Iterator[Any]:
    text.take("[")
    if text.peek() == "]":
        text.take("]")
        return
    while True:
        yield text.value()
        if text.take(",]") == "]":
            return


def _is_deep(value: object) -> bool:
    level, row = 0, [value]
    while row := [child for parent in row for child in _children(parent)]:
        level += 1
        if level > MAX_DEPTH:
            return True
    return False


def _children(parent: object) -> Any:
    return parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ()
