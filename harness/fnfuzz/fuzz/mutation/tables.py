"""Tables under head lines that the source names: dull rows, rows that are wrong somewhere, other ends of lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from random import Random
from typing import TypeAlias

from fnfuzz.fuzz.mutation.standing import numerals_within
from fnfuzz.fuzz.mutation.values import one_of
from fnfuzz.fuzz.trees.tree import BODILESS, PAYLOADS, Tree, with_header
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["all_cells", "good_tables", "tables"]

Row: TypeAlias = Sequence[str]

HEAD_LINE = re.compile(r"[A-Za-z_][\w .-]{0,30}(?:([,;|\t])[A-Za-z_][\w .-]{0,30})(?:\1[A-Za-z_][\w .-]{0,30}){0,20}\Z")
MAX_HEADS = 5
MARKS = ",;|\t"
DULL = ("1", "a", "2024-02-29", "12.5")
MAX_KEYS, MAX_COLUMNS, MAX_DULL, MAX_ODD = 8, 8, 60, 60
MIXED_FILES, ROWS, MAX_MATCHES, NEAR_EACH = 24, 60, 60, 8
LONG_FIELD = "a" * (128 * 1024 + 1)
"""Longer than what Python's reader takes; a quote that is never closed makes such fields of the rest of a file."""

CELLS = (
    "1",
    "",
    "a",
    '"a{mark}b"',
    '"a""b"',
    '"',
    '"a\nb"',
    "-1",
    "0",
    "1.5",
    "1e3",
    "NaN",
    "1,5",
    "é",
    " 1 ",
    "99999999999",
    "2024-02-30",
)


def tables(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """A good file for each head line, then files with dull rows of other kinds, then those that are wrong somewhere."""
    if tree.get("method") in BODILESS:
        return
    heads = _heads(words)
    dull = [islice(_dull_files(columns, words), MAX_DULL) for columns, _ in heads]
    odd = [islice(_odd_files(columns, mark), MAX_ODD) for columns, mark in heads]
    mixed = [_mixed_files(columns, mark, words, random) for columns, mark in heads]
    long = (_file(columns, [[LONG_FIELD, *columns[1:]]], mark) for columns, mark in heads)
    for text in chain(good_tables(words), long, in_turn(mixed), *dull, *odd):
        yield from _as_file(tree, text)


def good_tables(words: Dictionary) -> Iterator[str]:
    """One file with two dull rows for each head line that the source names."""
    for columns, mark in _heads(words):
        yield _file(columns, [[DULL[0]] * len(columns)] * 2, mark)


def all_cells(tree: Tree, words: Dictionary, random: Random) -> Iterator[Tree]:
    """Lines of cells under each head line, each cell once of every kind."""
    for columns, mark in _heads(words):
        head = mark.join(columns)
        usual = [CELLS[0]] * len(columns)
        rows = [usual, usual[1:], [*usual, CELLS[0]]]
        rows += [[*usual[:at], cell, *usual[at + 1 :]] for cell in CELLS[1:] for at in range(len(usual))]
        for key in PAYLOADS:
            if key in tree:
                yield from ({**tree, key: {"text": text}} for text in (head, f"{head}\n"))
                for row in rows:
                    line = mark.join(row).replace("{mark}", mark)
                    yield {**tree, key: {"text": f"{head}\n{line}\n"}}
                    yield {**tree, key: {"text": f"{head}\n{mark.join(usual)}\n{line}"}}


def _heads(words: Dictionary) -> list[tuple[list[str], str]]:
    """The columns of each head line, and what stands between them."""
    lines = [text for text in (*words.heads, *words.texts) if HEAD_LINE.match(text)]
    marks = [(line, next(char for char in line if char in MARKS)) for line in dict.fromkeys(lines)]
    return [(line.split(mark), mark) for line, mark in marks][:MAX_HEADS]


def _file(columns: Row, rows: Sequence[Row], mark: str = ",", end: str = "\n") -> str:
    return "".join(mark.join(row) + end for row in (columns, *rows))


def _mixed_files(columns: Row, mark: str, words: Dictionary, random: Random) -> Iterator[str]:
    """Files of many rows, each cell any of what the source's patterns match and tables know: where rows are looked at
    one by one, a file tries as many things as it has rows.
    """
    matches = words.matches[:MAX_MATCHES]
    near = (text for match in matches for text in islice(numerals_within(match), NEAR_EACH))
    told = dict.fromkeys((*matches, *near, *words.keys[:MAX_MATCHES], *DULL, *CELLS))
    cells = [cell for cell in told if not set(cell) & {*MARKS, '"', "\n"}]
    for _ in range(MIXED_FILES):
        yield _file(columns, [[one_of(cells, random) for _ in columns] for _ in range(ROWS)], mark)


def _dull_files(columns: Row, words: Dictionary) -> Iterator[str]:
    """Files of two equal rows: which kind of cell a column wants is not known."""
    width = len(columns)
    for cell in DULL[1:]:
        yield _file(columns, [[cell] * width] * 2)
    for at in range(min(width, MAX_COLUMNS)):
        for usual, other in (("1", "a"), ("a", "1")):
            yield _file(columns, [[other if place == at else usual for place in range(width)]] * 2)
    keys = [key for key in words.keys if not set(key) & {*MARKS, '"'} and key not in columns]
    for key in keys[:MAX_KEYS]:
        for at in range(min(width, MAX_COLUMNS)):
            yield _file(columns, [[key if place == at else "1" for place in range(width)]] * 2)


def _odd_files(columns: Row, mark: str) -> Iterator[str]:
    usual = [DULL[0]] * len(columns)
    good = _file(columns, [usual, usual], mark)
    for row in (usual[1:], [*usual, "1"], [""] * len(columns), [""], [f'"{cell}"' for cell in usual]):
        yield _file(columns, [usual, row], mark)
        yield _file(columns, [row], mark)
    yield from (_file(columns, [usual, usual], mark, end) for end in ("\r\n", "\r"))
    yield from (_file(columns, [usual, usual], other) for other in MARKS if other != mark)
    yield from (good[:-1], good + "\n", f"\ufeff{good}", f"{good}{good}", _file(columns, [], mark), mark.join(columns))
    yield _file([name.upper() for name in columns], [usual], mark)
    yield _file([f" {name} " for name in columns], [usual], mark)
    yield _file(columns[:-1], [usual[:-1]], mark)
    yield _file(columns[::-1], [usual], mark)
    yield _file([*columns, columns[0]], [[*usual, "1"]], mark)
    for at in range(min(len(columns), MAX_COLUMNS)):
        for cell in ("", "a", "-1", f'"1{mark}1"', '"'):
            yield _file(columns, [usual, [*usual[:at], cell, *usual[at + 1 :]]], mark)


def _as_file(tree: Tree, text: str) -> Iterator[Tree]:
    """The payload, under the media type and the name of such a file where there are such."""
    for key in PAYLOADS:
        if key not in tree:
            continue
        made = {**tree, key: {"text": text}}
        if "content_type" in tree:
            made["content_type"] = "text/csv"
        if "headers" in tree:
            made = with_header(made, "Content-Type", "text/csv")
        yield made
        name = tree.get("name", "")
        if name and not name.lower().endswith(".csv"):
            yield {**made, "name": name.rpartition(".")[0] + ".csv" if "." in name else f"{name}.csv"}
