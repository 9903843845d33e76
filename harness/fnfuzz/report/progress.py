"""How far something is that lasts: one line that is drawn anew, or a plain line now and then where nobody watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import TextIO, TypeVar

from rich.text import Text

from fnfuzz.report.live import LiveArea
from fnfuzz.report.page import Page
from fnfuzz.report.wording import many

__all__ = ["Meter", "Pace", "bar"]

T = TypeVar("T")

DRAWN = (0.4, 0.25)
PRINTED = (5.0, 10.0)
"""Seconds to the first line, and between two."""

SHORTEST_BAR, LONGEST_BAR = 6, 40


class Pace:
    """Says when it is time for another line: on a terminal a few times a second, elsewhere every ten seconds."""

    def __init__(self, *, drawn: bool, clock: Callable[[], float] = time.monotonic) -> None:
        first, self._every = DRAWN if drawn else PRINTED
        self._clock = clock
        self._next = clock() + first

    def due(self) -> bool:
        """Is it time now? The next time comes later."""
        now = self._clock()
        if now < self._next:
            return False
        self._next = now + self._every
        return True


class Meter:
    """What is done, how many of ``unit``, how many a second, and the share of ``total`` where that is known.

    Goes to stderr, so that what a command prints can be piped on; ``quiet`` says nothing, and without
    ``drawn`` a terminal gets plain lines too. A context: its end takes the
    line away. Whatever is printed meanwhile has to be printed after ``clear``.
    """

    def __init__(
        self,
        what: str,
        unit: str = "record",
        *,
        total: int | None = None,
        stream: TextIO | None = None,
        colour: bool | None = None,
        quiet: bool = False,
        drawn: bool = True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.what = what
        self.unit = unit
        self.count = 0
        self._totals = {what: total}
        self._page = Page(stream or sys.stderr, colour)
        self._area = LiveArea(self._page)
        self._quiet = quiet
        self._clock = clock
        self._began = clock()
        self._drawn = drawn and self._page.is_terminal
        self._pace = Pace(drawn=self._drawn, clock=clock)

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    @property
    def seconds(self) -> float:
        """Since it began."""
        return self._clock() - self._began

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items, each counted when the next one is asked for."""
        for item in items:
            yield item
            self.add()

    def add(self, note: str = "") -> None:
        """One more is done."""
        self.told(self.count + 1, note)

    def told(self, count: int, note: str = "", what: str = "") -> None:
        """So many are done; ``note`` comes behind the numbers, ``what`` is another thing than
        before, of which no total is known.
        """
        if what and what != self.what:
            self.what, self._began = what, self._clock()
        self.count = count
        if not self._quiet and self._pace.due():
            self._show(note)

    def say(self, text: str) -> None:
        """A line of its own, also when quiet."""
        with self._area.above():
            self._page.line(text)

    def clear(self) -> None:
        """Before anything else is printed."""
        self._area.clear()

    def _show(self, note: str) -> None:
        if self._drawn:
            self._area.draw([self._line(note)])
        else:
            self._page.line(self._line(note).plain)

    def _line(self, note: str) -> Text:
        rate = self.count / self.seconds if self.seconds > 0.001 else 0.0
        numbers = [many(self.count, self.unit)] if self.count else []
        share = None
        total = self._totals.get(self.what)
        if total:
            share = min(1.0, self.count / total)
            numbers = [f"{self.count:,} of {many(total, self.unit)} ({share:.0%})"]
        if self.count and rate >= 1:
            numbers.append(f"{rate:,.0f}/s")
        numbers += [note] if note else []
        words = f"{self.what}: {', '.join(numbers)}" if numbers else self.what
        text = Text(f"{words}, {self.seconds:.0f} s")
        if share is not None and self._drawn:
            room = min(LONGEST_BAR, self._page.console.width - text.cell_len - 3)
            if room >= SHORTEST_BAR:
                return Text.assemble(bar(share, room, ascii_only=self._page.is_ascii), " ", text)
        return text


def bar(share: float, width: int, *, ascii_only: bool = False, style: str = "cyan") -> Text:
    """``share`` (0 to 1) of ``width`` columns filled; it can be told without colour too."""
    full, rest = ("=", "-") if ascii_only else ("━", "─")
    filled = round(max(0.0, min(1.0, share)) * width)
    return Text.assemble((full * filled, style), (rest * (width - filled), "dim"))
