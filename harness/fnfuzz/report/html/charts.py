"""Plots as inline SVG. Widths are in percent and texts in pixels, so that a plot fits any width and stays readable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fnfuzz.report.html.elements import Html, element, join
from fnfuzz.report.html.scales import bucket_edge, seconds_text, spent, time_ticks

__all__ = ["Moment", "Stretch", "TimeChart", "bar", "histogram", "stacked_bar"]

TOP, PLOT, BOTTOM = 36, 130, 24
"""Pixels above the plot, its height, and below it."""

WIDE = 1000
"""The width of a curve in its own units."""

MAX_LABELS = 5
LETTER = 2.3
"""Percent of the width of a narrow plot that a letter takes."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened after so many seconds."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """A named stretch of the time, in seconds."""

    name: str
    begin: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeChart:
    """A curve over the time of a run. A point whose value is None is a gap.

    ``name`` is unique in the page. ``ticks`` are the values with a line, lowest first. ``moments`` get a small
    triangle at the top, ``breaks`` a stroke at the bottom.
    """

    name: str
    title: str
    text: str
    points: Sequence[tuple[float, float | None]]
    end: float
    ticks: Sequence[float]
    words: Callable[[float], str]
    stretches: Sequence[Stretch] = ()
    moments: Sequence[Moment] = ()
    breaks: Sequence[Moment] = ()

    def svg(self) -> Html:
        """The plot with its title and text for those who cannot see it."""
        return _svg(
            self.name,
            self.title,
            self.text,
            TOP + PLOT + BOTTOM,
            [
                self._bands(),
                self._grid(),
                self._curve(),
                self._breaks(),
                self._values(),
                self._moments(),
                self._times(),
            ],
        )

    def _x(self, at: float) -> float:
        return 100 * min(1.0, at / self.end) if self.end > 0 else 0.0

    def _y(self, value: float) -> float:
        low, high = self.ticks[0], self.ticks[-1]
        return PLOT * (1 - (value - low) / (high - low))

    def _bands(self) -> Html:
        parts: list[Html] = []
        for number, stretch in enumerate(self.stretches):
            x, width = self._x(stretch.begin), self._x(stretch.end) - self._x(stretch.begin)
            title = element("title", f"{stretch.name}: from {spent(stretch.begin)} to {spent(stretch.end)}")
            parts.append(
                element(
                    "rect",
                    title,
                    x=_percent(x),
                    y=0,
                    width=_percent(width),
                    height=TOP + PLOT,
                    class_=f"band band-{number % 2}",
                )
            )
            if width >= LETTER * (len(stretch.name) + 2):
                parts.append(element("text", stretch.name, x=_percent(x), dx=6, y=15, class_="band-name"))
        return join(parts)

    def _grid(self) -> Html:
        parts = []
        for number, value in enumerate(self.ticks):
            y = _pixels(TOP + self._y(value))
            parts.append(element("line", x1="0", x2="100%", y1=y, y2=y, class_="grid" if number else "axis"))
        return join(parts)

    def _values(self) -> Html:
        """The words on the lines, over the curve; a zero at the bottom needs none."""
        return join(
            element("text", self.words(value), x="0", dx=6, y=_pixels(TOP + self._y(value) - 4), class_="tick over")
            for number, value in enumerate(self.ticks)
            if number or value
        )

    def _curve(self) -> Html:
        """Stretched to the width by the browser; the strokes keep theirs."""
        paths: list[Html] = []
        for run in _runs(self.points):
            steps = [f"{10 * self._x(x):.1f} {self._y(y):.1f}" for x, y in run]
            line = "M" + "L".join(steps if len(steps) > 1 else steps * 2)
            first, last = 10 * self._x(run[0][0]), 10 * self._x(run[-1][0])
            paths.append(element("path", d=f"{line}L{last:.1f} {PLOT}L{first:.1f} {PLOT}Z", class_="area"))
            paths.append(element("path", d=line, class_="curve", vector_effect="non-scaling-stroke"))
        return element(
            "svg",
            *paths,
            x="0",
            y=TOP,
            width="100%",
            height=PLOT,
            viewBox=f"0 0 {WIDE} {PLOT}",
            preserveAspectRatio="none",
            class_="curves",
        )

    def _breaks(self) -> Html:
        return join(
            element(
                "line",
                element("title", moment.text),
                x1=_percent(self._x(moment.at)),
                x2=_percent(self._x(moment.at)),
                y1=TOP + PLOT - 7,
                y2=TOP + PLOT,
                class_="break",
            )
            for moment in self.breaks
        )

    def _moments(self) -> Html:
        return join(
            element(
                "svg",
                element("path", element("title", moment.text), d="M-5 0L5 0L0 9Z", class_="moment"),
                x=_percent(self._x(moment.at)),
                y=TOP,
                overflow="visible",
            )
            for moment in self.moments
        )

    def _times(self) -> Html:
        parts = []
        for at in time_ticks(self.end):
            x = self._x(at)
            anchor = "start" if x < 4 else "end" if x > 93 else "middle"
            parts.append(
                element("line", x1=_percent(x), x2=_percent(x), y1=TOP + PLOT, y2=TOP + PLOT + 4, class_="axis")
            )
            parts.append(
                element("text", seconds_text(at), x=_percent(x), y=TOP + PLOT + 18, text_anchor=anchor, class_="tick")
            )
        return join(parts)


def histogram(name: str, title: str, text: str, buckets: Sequence[int], first: int) -> Html:
    """Bars for counts of times; bucket ``n`` of them is below ``2**(first + n)`` microseconds."""
    top, height, most, total, width = 20, 90, max(buckets), sum(buckets), 100 / len(buckets)
    parts = [element("line", x1="0", x2="100%", y1=top + height, y2=top + height, class_="axis")]
    for number, count in enumerate(buckets):
        tall = max(1.5, height * count / most) if count else 0.0
        low, high = bucket_edge(first + number - 1), bucket_edge(first + number)
        label = element("title", f"{low} to {high}: {count:,} ({100 * count / total:.1f} %)")
        x, y = number * width, top + height - tall
        parts.append(
            element(
                "rect",
                label,
                x=_percent(x + width * 0.08),
                width=_percent(width * 0.84),
                y=_pixels(y),
                height=_pixels(tall),
                rx=2,
                class_="bar",
            )
        )
        if count == most:
            share = f"{100 * count / total:.0f} %"
            anchor = "start" if number == 0 else "end" if number == len(buckets) - 1 else "middle"
            at = x + width / 2 if anchor == "middle" else x + width * (0.08 if anchor == "start" else 0.92)
            parts.append(element("text", share, x=_percent(at), y=_pixels(y - 5), text_anchor=anchor, class_="tick"))
            most = total + 1
    every = -(-(len(buckets) + 1) // MAX_LABELS)
    for number in range(0, len(buckets) + 1, every):
        x = number * width
        anchor = "start" if x < 4 else "end" if x > 93 else "middle"
        edge = bucket_edge(first - 1 + number)
        parts.append(element("text", edge, x=_percent(x), y=top + height + 18, text_anchor=anchor, class_="tick"))
    return _svg(name, title, text, top + height + BOTTOM, parts)


def stacked_bar(shares: Sequence[tuple[str, int]]) -> Html:
    """One bar for (style class, count) pairs; the numbers stand beside it, so it says nothing to a screen reader."""
    total, at, parts = sum(count for _, count in shares), 0.0, []
    for kind, count in shares:
        if count:
            width = 100 * count / total
            parts.append(element("rect", x=_percent(at), y=0, width=_percent(width), height=14, class_=kind))
            at += width
    return element("svg", *parts, class_="stack", width="100%", height=14, aria_hidden="true")


def bar(share: float) -> Html:
    """A bar of the width ``share``, 0 to 1; the number stands beside it."""
    width = _percent(max(0.5, 100 * share))
    return element(
        "svg",
        element("rect", x="0", y=0, width=width, height=8, rx=2, class_="bar"),
        class_="stack",
        width="100%",
        height=8,
        aria_hidden="true",
    )


def _svg(name: str, title: str, text: str, height: int, parts: Sequence[Html]) -> Html:
    return element(
        "svg",
        element("title", title, id=f"{name}-title"),
        element("desc", text, id=f"{name}-text"),
        *parts,
        role="img",
        aria_labelledby=f"{name}-title {name}-text",
        width="100%",
        height=height,
        class_="chart",
    )


def _runs(points: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """The points between gaps."""
    runs: list[list[tuple[float, float]]] = [[]]
    for x, y in points:
        if y is not None:
            runs[-1].append((x, y))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _percent(value: float) -> str:
    return f"{value:.2f}%"


def _pixels(value: float) -> str:
    return f"{value:.1f}"
