"""A place to print on: wrapped prose, labelled blocks, colour only where somebody looks at it."""

from __future__ import annotations

import os
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
    Letters that the stream's encoding does not have are escaped.
    """

    def __init__(self, stream: TextIO, colour: bool | None = None) -> None:
        width = None if stream.isatty() else PIPE_WIDTH
        self._encoding = getattr(stream, "encoding", None) or "utf-8"
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
        """Does somebody watch, so that a line may be drawn anew? Not in CI, which keeps what it shows."""
        # rich takes FORCE_COLOR for a terminal.
        watched = self.console.file.isatty() and self.console.is_terminal and not self.console.is_dumb_terminal
        return watched and os.environ.get("CI", "").lower() in ("", "0", "false", "no")

    @property
    def is_ascii(self) -> bool:
        """Can the stream take no more than ASCII for sure?"""
        return not self._encoding.lower().startswith("utf")

    @property
    def room(self) -> int:
        """Columns beside the labels of blocks."""
        return max(20, self.console.width - LABEL - 2)

    def fitting(self, text: Text) -> Text:
        """A copy of ``text`` with what the stream cannot take as escapes, and the same styles."""
        fit = self._fit(text.plain)
        if fit == text.plain:
            return text.copy()
        ends = [len(self._fit(text.plain[:at])) for at in range(len(text.plain) + 1)]
        fitted = Text(fit, style=text.style)
        for span in text.spans:
            fitted.stylize(span.style, ends[span.start], ends[min(span.end, len(text.plain))])
        return fitted

    def line(self, text: str = "", style: str = "") -> None:
        """One line as it is, never wrapped."""
        self.console.print(Text(self._fit(text), style=style), soft_wrap=True)

    def parts(self, *parts: tuple[str, str]) -> None:
        """One line of (text, style) parts, never wrapped."""
        self.console.print(Text.assemble(*((self._fit(text), style) for text, style in parts)), soft_wrap=True)

    def headline(self, head: str, text: str, style: str, indent: int = 2) -> None:
        """``head`` in ``style`` and bold ``text`` behind it, wrapped between words, lines after the first indented."""
        whole = Text(self._fit(f"{head}{text}"), style="bold")
        whole.stylize(style, 0, len(self._fit(head)))
        for number, line in enumerate(whole.wrap(self.console, max(20, self.console.width - indent), overflow="fold")):
            line.rstrip()
            self.console.print(Text.assemble(" " * (indent if number else 0), line), soft_wrap=True)

    def prose(self, text: str, style: str = "", indent: int = 0) -> None:
        """A paragraph, wrapped between words."""
        for line in self.wrapped(text, indent):
            self.line(" " * indent + line, style)

    def block(self, label: str, lines: Iterable[str | Text], style: str = "", *, exact: bool = False) -> None:
        """Lines with a label in front of the first one, folded into the room beside it; ``exact`` keeps every blank.

        A line that is a Text is always exact and has its own styles.
        """
        indent = LABEL + 2
        head = f"  {label:<{LABEL - 1}} "
        for given in lines:
            text = self.fitting(given) if isinstance(given, Text) else self._fit(given)
            plain = text.plain if isinstance(text, Text) else text
            folded = self._folded(plain, indent) if exact or isinstance(text, Text) else self.wrapped(plain, indent)
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
            table.add_row(*(Text(self._fit(cell), style=styles.get(cell, "")) for cell in row))
        # Rendered line by line, since a table pads its last column with blanks.
        for parts in self.console.render_lines(table, pad=False):
            line = Text.assemble(*((part.text, part.style or "") for part in parts))
            line.rstrip()
            self.console.print(line, soft_wrap=True)

    def _fit(self, text: str) -> str:
        if text.isascii():
            return text
        return text.encode(self._encoding, "backslashreplace").decode(self._encoding)

    def _folded(self, text: str, indent: int) -> list[str]:
        deeper = " " * min(4, len(text) - len(text.lstrip(" ")))
        room = max(20, self.console.width - indent - len(deeper))
        return [deeper + line for line in chop_cells(text.removeprefix(deeper), room)] or [""]

    def wrapped(self, text: str, indent: int = 0) -> list[str]:
        """The lines of a paragraph that is printed behind ``indent`` columns."""
        room = max(20, self.console.width - indent)
        text = self._fit(text)
        return [line.plain.rstrip() for line in Text(text).wrap(self.console, room, overflow="fold")] or [""]
