"""In which line of a TOML text each key is, so that a message can say it; the text was read as TOML before."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

__all__ = ["Keys", "line_of", "lines_of"]

Keys: TypeAlias = tuple[str | int, ...]
"""From the top of the document to a value; numbers are positions in lists."""

_SKIPPED = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|#[^\n]*",
    re.DOTALL,
)
_TOKEN = re.compile(_SKIPPED.pattern + r"|[\[\]{}]|\n|=|[^\s]", re.DOTALL)


def lines_of(text: str) -> Mapping[Keys, int]:
    """The line, from 1, of each table and each key that has a statement of its own."""
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    found: dict[Keys, int] = {}
    arrays: Counter[tuple[str, ...]] = Counter()
    table: Keys = ()
    for start, head, is_table in _statements(text):
        line = bisect_right(starts, start)
        inner = head.strip()
        if not is_table:
            found.setdefault((*table, *_names(f"{inner} = 0")), line)
            continue
        names = _names(f"{inner.strip('[]')} = 0")
        if inner.startswith("[["):
            arrays[names] += 1
        table = _numbered(names, arrays)
        for length in range(1, len(table) + 1):
            found.setdefault(table[:length], line)
    return found


def line_of(lines: Mapping[Keys, int], keys: Sequence[str | int]) -> int | None:
    """The line of a value, else of the nearest thing that holds it."""
    for length in range(len(keys), 0, -1):
        line = lines.get(tuple(keys[:length]))
        if line is not None:
            return line
    return None


def _statements(text: str) -> Iterator[tuple[int, str, bool]]:
    """Where each statement begins, its head (a table's name or a key), and whether it is a table."""
    start: int | None = None
    head_end: int | None = None
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token == "\n":
            if depth == 0 and start is not None:
                yield start, text[start : head_end or match.start()], head_end is None
                start = head_end = None
            continue
        if token.startswith("#"):
            continue
        if start is None:
            start = match.start()
        if token == "=" and depth == 0 and head_end is None:
            head_end = match.start()
        depth += (token in "[{") - (token in "]}")
        if depth == 0 and head_end is None and token == "]":
            # What may follow a table's name is a comment.
            yield start, text[start : match.end()], True
            start = None
    if start is not None and head_end is not None:
        yield start, text[start:head_end], False


def _names(statement: str) -> tuple[str, ...]:
    """The parts of a dotted key, read by TOML's own rules."""
    names: list[str] = []
    value: Any = tomllib.loads(statement)
    while isinstance(value, dict):
        ((name, value),) = value.items()
        names.append(name)
    return tuple(names)


def _numbered(names: tuple[str, ...], arrays: Mapping[tuple[str, ...], int]) -> Keys:
    """The keys of a table, with the positions in arrays of tables."""
    keys: list[str | int] = []
    for length in range(1, len(names) + 1):
        keys.append(names[length - 1])
        if arrays.get(names[:length]):
            keys.append(arrays[names[:length]] - 1)
    return tuple(keys)
