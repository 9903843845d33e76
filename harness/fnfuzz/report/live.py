"""Some lines of a terminal that are drawn anew, without a thread, so that nothing is taken from what they tell of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.control import Control
from rich.segment import ControlType
from rich.text import Text

from fnfuzz.report.page import Page

__all__ = ["LiveArea"]

_START = Control(ControlType.CARRIAGE_RETURN)
_UP = Control((ControlType.CURSOR_UP, 1))
_ERASE_REST = Control((ControlType.ERASE_IN_LINE, 0))
_ERASE_LINE = Control((ControlType.ERASE_IN_LINE, 2))


class LiveArea:
    """Below what ``page`` has printed. Whatever else is printed meanwhile has to be printed within ``above``.

    Each change is one write, and lines that stay are drawn over, so nothing flickers. The cursor is never hidden:
    nothing has to be given back if we are killed.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self._lines: tuple[Text, ...] = ()

    def draw(self, lines: Sequence[Text]) -> None:
        """Show these lines now, each cut to the width, as many as there is room for."""
        width, height = self.page.console.size
        cut = tuple(self._cut(line, width - 1) for line in lines[: max(1, height - 1)])
        with self.page.console:
            if self._rows(width) == len(self._lines) == len(cut):
                self._to_top()
            else:
                self._erase()
            self._paint(cut)

    def clear(self) -> None:
        """Take the lines away."""
        if self._lines:
            with self.page.console:
                self._erase()

    def leave(self) -> None:
        """Let the lines stand as they are; what is printed next comes below them."""
        if self._lines:
            self._lines = ()
            self.page.console.print()

    @contextmanager
    def above(self) -> Iterator[None]:
        """What is printed in this context comes above the lines, in one write with them."""
        lines = self._lines
        with self.page.console:
            self._erase()
            try:
                yield
            finally:
                self._paint(lines)

    def _paint(self, lines: tuple[Text, ...]) -> None:
        console = self.page.console
        for number, line in enumerate(lines):
            if number:
                console.print()
            console.print(line, end="", soft_wrap=True)
            console.control(_ERASE_REST)
        self._lines = lines

    def _to_top(self) -> None:
        self.page.console.control(_START, *[_UP] * (len(self._lines) - 1))

    def _erase(self) -> None:
        width, height = self.page.console.size
        rows = min(self._rows(width), height)
        if rows:
            self.page.console.control(_START, _ERASE_LINE, *[_UP, _ERASE_LINE] * (rows - 1))
        self._lines = ()

    def _rows(self, width: int) -> int:
        """Rows that the lines take now: a terminal that became narrower has broken them."""
        return sum(max(1, -(-line.cell_len // width)) for line in self._lines)

    def _cut(self, line: Text, room: int) -> Text:
        line = self.page.fitting(line)
        line.truncate(max(1, room), overflow="crop" if self.page.is_ascii else "ellipsis")
        return line
