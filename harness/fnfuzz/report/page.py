"""A place to print on: wrapped prose, labelled blocks, colour only where somebody looks at it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TextIO

from rich.cells import chop_cells
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["Page"]

PIPE_WIDTH = 100
LABEL = 11


class Page:
    """Prints lines that are safe already (see ``visible``); markup in them means nothing.

    On a terminal lines are as wide as it is, elsewhere 100 columns. ``colour`` False forbids colour, as does NO_COLOR.
    """

    def __init__(self, stream: TextIO, colour: bool | None = None) -> None:
        width = None if stream.isatty() else PIPE_WIDTH
        self.console = Console(
            file=stream,
            width=width,
            no_color=True if colour is False else None,
            markup=False,
            emoji=False,
            highlight=False,
            soft_wrap=True,
        )

    @property
    def is_terminal(self) -> bool:
        """Does somebody watch, so that a line may be drawn anew?"""
        return self.console.is_terminal and not self.console.is_dumb_terminal

    def line(self, text: str = "", style: str = "") -> None:
        """One line as it is, never wrapped."""
        self.console.print(Text(text, style=style), soft_wrap=True)

    def parts(self, *parts: tuple[str, str]) -> None:
        """One line of (text, style) parts, never wrapped."""
        self.console.print(Text.assemble(*parts), soft_wrap=True)

    def prose(self, text: str, style: str = "", indent: int = 0) -> None:
        """A paragraph, wrapped between words."""
        for line in self._wrapped(text, indent):
            self.line(" " * indent + line, style)

    def block(self, label: str, lines: Iterable[str | Text], style: str = "", *, exact: bool = False) -> None:
        """Lines with a label in front of the first one, folded into the room beside it; ``exact`` keeps every blank.

        A line that is a Text is always exact and has its own styles.
        """
        indent = LABEL + 2
        head = f"  {label:<{LABEL - 1}} "
        for text in lines:
            plain = text.plain if isinstance(text, Text) else text
            folded = self._folded(plain, indent) if exact or isinstance(text, Text) else self._wrapped(plain, indent)
            for line in self._styled(text, folded) if isinstance(text, Text) else folded:
                shown = line if isinstance(line, Text) else Text(line, style)
                self.console.print(Text.assemble((head if shown else head.rstrip(), "cyan"), shown), soft_wrap=True)
                head = " " * indent

    def _styled(self, text: Text, folded: list[str]) -> list[Text]:
        """``text`` cut as ``folded`` is, whose lines after the first have the blanks before the first one again."""
        deeper = len(text.plain) - len(text.plain.lstrip(" ")) if len(folded) > 1 else 0
        deeper = min(4, deeper)
        lines, at = [], 0
        for number, line in enumerate(folded):
            blanks = deeper if number else 0
            end = at + len(line) - blanks
            lines.append(Text(" " * blanks) + text[at:end] if end > at else Text(line))
            at = end
        return lines

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]], styles: Mapping[str, str]) -> None:
        """Columns that fold between words; a cell whose text is in ``styles`` gets that style."""
        cells = [tuple(row) for row in rows]
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        for at, heading in enumerate(headings):
            names_only = not any(" " in row[at] for row in cells)
            table.add_column(heading, overflow="fold", no_wrap=names_only)
        for row in cells:
            table.add_row(*(Text(cell, style=styles.get(cell, "")) for cell in row))
        # Rendered line by line, since a table pads its last column with blanks.
        for parts in self.console.render_lines(table, pad=False):
            line = Text.assemble(*((part.text, part.style or "") for part in parts))
            line.rstrip()
            self.console.print(line, soft_wrap=True)

    def _folded(self, text: str, indent: int) -> list[str]:
        deeper = " " * min(4, len(text) - len(text.lstrip(" ")))
        room = max(20, self.console.width - indent - len(deeper))
        return [deeper + line for line in chop_cells(text.removeprefix(deeper), room)] or [""]

    def _wrapped(self, text: str, indent: int) -> list[str]:
        room = max(20, self.console.width - indent)
        return [line.plain.rstrip() for line in Text(text).wrap(self.console, room, overflow="fold")] or [""]
