"""What matters in a line, underlined as a compiler does, with what is known of it beside or below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, chop_cells
from rich.text import Text

from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.report.marks import MATTERS, Mark, MarkedLine, is_telling
from fnfuzz.report.visible import visible

__all__ = ["underlined"]

LEAST_ROOM = 24
"""Columns that words below a line need."""

MOST_LABELS = 4
"""Labels below one line; what is left is told in a list."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A piece of a line that fits the room; ``blanks`` stand before it, ``first`` is its first character's place."""

    text: str
    first: int
    blanks: int

    def column(self, place: int) -> int:
        """The column of a character of the line."""
        return self.blanks + cell_len(self.text[: max(0, place - self.first)])

    @property
    def end(self) -> int:
        """The place behind its last character."""
        return self.first + len(self.text)


def underlined(lines: Sequence[MarkedLine], room: int) -> tuple[list[Text], list[Part]]:
    """The lines, folded at ``room`` columns, with what matters underlined; and the parts that were told of by that."""
    told: list[Part] = []
    found: list[Text] = []
    for line in lines:
        styled = line.styled()
        for row in _rows(line.text, room):
            found.append(Text(" " * row.blanks) + styled[row.first : row.end])
            found += _below(row, [mark for mark in line.marks if mark.matters], room, told)
    return found, told


def _rows(text: str, room: int) -> Iterator[_Row]:
    """The pieces of a line; all of them are indented as the line is."""
    blanks = min(4, len(text) - len(text.lstrip(" ")))
    at = blanks
    for piece in chop_cells(text[blanks:], max(16, room - blanks)) or [""]:
        yield _Row(piece, at, blanks)
        at += len(piece)


def _below(row: _Row, marks: Sequence[Mark], room: int, told: list[Part]) -> Iterator[Text]:
    here = sorted(
        (mark for mark in marks if mark.start < row.end and mark.end > row.first), key=lambda mark: mark.start
    )
    if not here:
        return
    carets = Text()
    for mark in here:
        start, end = row.column(mark.start), row.column(min(mark.end, row.end))
        carets.append(" " * (start - carets.cell_len))
        carets.append("^" * max(1, end - start), style=MATTERS)
    labels = [(row.column(mark.start), part) for mark in here if (part := _to_tell(mark, row, told)) is not None]
    labels = labels[-MOST_LABELS:]
    if labels and labels[-1][0] == row.column(here[-1].start):
        words = _words(labels[-1][1])
        if carets.cell_len + 1 + cell_len(words) <= room:
            carets.append(f" {words}", style=MATTERS)
            told.append(labels.pop()[1])
    yield carets
    while labels:
        column, part = labels.pop()
        if room - column < LEAST_ROOM:
            continue
        told.append(part)
        bars = _bars([at for at, _ in labels])
        yield _bars([at for at, _ in labels] + [column])
        for words in _wrapped(_words(part), room - column):
            yield Text.assemble(bars, " " * (column - bars.cell_len), (words, MATTERS))


def _to_tell(mark: Mark, row: _Row, told: Sequence[Part]) -> Part | None:
    """The part of which something is said where its mark ends; each once."""
    telling = [part for part in mark.parts if is_telling(part)]
    if len(telling) != 1 or mark.end > row.end or telling[0] in told:
        return None
    return telling[0]


def _words(part: Part) -> str:
    return visible(part.text)


def _bars(columns: Sequence[int]) -> Text:
    """A bar in each column."""
    line = ""
    for column in columns:
        line += " " * (column - len(line)) + "|"
    return Text(line, style=MATTERS)


def _wrapped(text: str, room: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and cell_len(lines[-1]) + 1 + cell_len(word) > room:
            lines.append(word)
        else:
            lines[-1] += f" {word}" if lines[-1] else word
    return [piece for line in lines for piece in chop_cells(line, room)]
