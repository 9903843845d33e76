"""How the run went: cases, behaviours and what the handler used over time, times and statuses of its answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

from fnfuzz.drivers.usage import Usage
from fnfuzz.fuzz.stream import FunctionTally
from fnfuzz.report.html.charts import Moment, Stretch, TimeChart, histogram, stacked_bar
from fnfuzz.report.html.elements import Child, Html, element, join
from fnfuzz.report.html.scales import bucket_edge, bytes_ticks, count_ticks, spent
from fnfuzz.report.html.tables import table
from fnfuzz.report.samples import Sample
from fnfuzz.report.story import Story
from fnfuzz.report.visible import cut_middle
from fnfuzz.report.wording import many

__all__ = ["answers_table", "course", "latencies"]

MAX_MOMENTS = 100
MAX_NAME = 160
MAX_FUNCTIONS = 24
"""Functions with plots or rows of their own, those with the most cases."""

_CLASSES = (
    ("2xx", "class-2", (2,)),
    ("3xx", "class-3", (1, 3)),
    ("4xx", "class-4", (4,)),
    ("5xx", "class-5", (5,)),
    ("none", "class-0", (0,)),
)
"""Column, style, and positions in ``FunctionTally.answers``."""


def course(story: Story) -> list[Html]:
    """Plots over the time of the run; none before there is anything to see."""
    points = story.samples.points
    end = story.last.elapsed
    if not points or end <= 0:
        return []
    stretches = _stretches(story, end)
    found = [
        Moment(
            finding.first_seconds,
            f"{finding.severity} {finding.id}, seen first after {spent(finding.first_seconds)}",
        )
        for finding in story.ranked()[:MAX_MOMENTS]
        if finding.first_seconds > 0
    ]
    counted = [Sample(0.0, 0, 0, 0), *points]
    cases = _counted("cases", "Cases", counted, end, lambda item: item.cases, stretches, found)
    behaviours = _counted("behaviours", "Behaviours", counted, end, lambda item: item.behaviours, stretches, found)
    figures = [_figure(cases, f"{many(story.last.cases, 'case')} altogether"), _figure(behaviours, _behaviours(story))]
    figures += _used(points, end, stretches, _restarts(points))
    notes: list[Child] = ["Phases: ", _phases(stretches), "."] if stretches else []
    if found:
        notes.append(" A triangle is a finding when it was seen first.")
    if story.last.restarts:
        notes.append(f" A stroke at the bottom is a restart of the handler; there were {story.last.restarts:,}.")
    return [element("div", figures, class_="figures"), element("p", notes, class_="dim small")]


def latencies(tallies: Sequence[FunctionTally]) -> list[Html]:
    """One histogram for each function, all over the same range of times."""
    shown = [tally for tally in _busiest(tallies) if sum(tally.latencies)]
    if not shown:
        return []
    used = [at for tally in shown for at, count in enumerate(tally.latencies) if count]
    first, last = max(1, min(used)), max(used)
    figures = []
    for number, tally in enumerate(shown):
        counts = [*tally.latencies, *(0,) * (last + 1 - len(tally.latencies))]
        # What took less than a microsecond goes with what took one.
        counts[1:2], counts[0] = [counts[1] + counts[0]] if len(counts) > 1 else [], 0
        words = _percentiles(tally.latencies)
        svg = histogram(
            f"latency-{number}",
            f"Times of the answers of {cut_middle(tally.name, MAX_NAME)}",
            words,
            counts[first : last + 1],
            first,
        )
        figures.append(
            element("figure", element("figcaption", element("b", cut_middle(tally.name, MAX_NAME)), " ", words), svg)
        )
    return [element("div", figures, class_="figures small-ones"), *_left_out(tallies, len(shown))]


def answers_table(tallies: Sequence[FunctionTally]) -> list[Html]:
    """How many answers of each function had which class of status."""
    shown = [tally for tally in _busiest(tallies) if sum(tally.answers)]
    if not shown:
        return []
    columns = [("function", ""), ("share", "wide"), *((heading, "number") for heading, _, _ in _CLASSES)]
    rows = []
    for tally in shown:
        counts = [sum(tally.answers[at] for at in places if at < len(tally.answers)) for _, _, places in _CLASSES]
        share = stacked_bar([(style, count) for (_, style, _), count in zip(_CLASSES, counts, strict=True)])
        cells = [_keyed(style, count) for (_, style, _), count in zip(_CLASSES, counts, strict=True)]
        rows.append([tally.name, share, *cells])
    caption = "Statuses that the caller or the host saw, by function; none: no answer with a status"
    return [table("answers", caption, columns, rows), *_left_out(tallies, len(shown))]


def _keyed(style: str, count: int) -> Child:
    """A number with the colour that stands for it in the bar."""
    return [element("span", class_=f"key {style}-key", aria_hidden="true"), f"{count:,}"] if count else "0"


def _counted(
    name: str,
    title: str,
    samples: Sequence[Sample],
    end: float,
    value: Callable[[Sample], int],
    stretches: Sequence[Stretch],
    found: Sequence[Moment],
) -> TimeChart:
    most = max(value(item) for item in samples)
    return TimeChart(
        name=name,
        title=f"{title} over time",
        text=f"From 0 to {most:,} within {spent(end)}.",
        points=[(item.elapsed, float(value(item))) for item in samples],
        end=end,
        ticks=count_ticks(0, most),
        words=lambda number: f"{number:,.0f}",
        stretches=stretches,
        moments=found,
    )


def _used(points: Sequence[Sample], end: float, stretches: Sequence[Stretch], breaks: Sequence[Moment]) -> list[Html]:
    """Memory, descriptors and threads of all live processes of the handler."""
    if sum(1 for item in points if item.usage) < 2:
        return []
    kinds: tuple[tuple[str, str, Callable[[Usage], int], Callable[[float], str]], ...] = (
        ("memory", "Memory of the handler", lambda usage: usage.memory, lambda size: f"{size / 2**20:,.0f} MiB"),
        ("descriptors", "Open descriptors", lambda usage: usage.descriptors, lambda number: f"{number:,.0f}"),
        ("threads", "Threads", lambda usage: usage.threads, lambda number: f"{number:,.0f}"),
    )
    figures = []
    for name, title, value, words in kinds:
        curve = [(item.elapsed, float(value(item.usage)) if item.usage else None) for item in points]
        values = [number for _, number in curve if number is not None]
        low, high = min(values), max(values)
        base = 0.0 if low < high / 2 or high < 20 else low
        said = f"{words(low)} to {words(high)}" if words(low) != words(high) else f"always {words(low)}"
        ticks = bytes_ticks(base, high) if name == "memory" else count_ticks(base, high)
        chart = TimeChart(
            name=name,
            title=f"{title} over time",
            text=f"{said}.",
            points=curve,
            end=end,
            ticks=ticks,
            words=words,
            stretches=stretches,
            breaks=breaks,
        )
        figures.append(_figure(chart, said))
    return figures


def _figure(chart: TimeChart, words: str) -> Html:
    title = chart.title.removesuffix(" over time")
    return element("figure", element("figcaption", element("b", title), " ", words), chart.svg())


def _behaviours(story: Story) -> str:
    return f"{many(story.last.behaviours, 'kind')} of answers seen"


def _stretches(story: Story, end: float) -> list[Stretch]:
    phases = [*story.samples.phases, ("", end)]
    return [
        Stretch(cut_middle(name, MAX_NAME), begin, max(begin, until)) for (name, begin), (_, until) in pairwise(phases)
    ]


def _phases(stretches: Iterable[Stretch]) -> Html:
    said = [f"{item.name} {spent(item.end - item.begin)}" for item in stretches if item.end > item.begin]
    more = [f"and {len(said) - 12} more"] if len(said) > 12 else []
    return join([*said[:12], *more], ", ") if said else join(())


def _restarts(points: Sequence[Sample]) -> list[Moment]:
    changed = [(later, later.restarts - item.restarts) for item, later in pairwise(points)]
    return [Moment(item.elapsed, many(number, "restart")) for item, number in changed if number > 0]


def _percentiles(counts: Sequence[int]) -> str:
    """``half under 1 ms, 95 % under 4.1 ms, all under 33 ms``, as exact as the buckets are."""
    total, said = sum(counts), []
    for share, words in ((0.5, "half"), (0.95, "95 %"), (1.0, "all")):
        seen = 0
        for at, count in enumerate(counts):
            seen += count
            if seen >= share * total and count:
                said.append(f"{words} under {bucket_edge(at)}")
                break
    return ", ".join(said)


def _busiest(tallies: Sequence[FunctionTally]) -> list[FunctionTally]:
    most = sorted(tallies, key=lambda tally: -tally.cases)[:MAX_FUNCTIONS]
    return [tally for tally in tallies if tally in most]


def _left_out(tallies: Sequence[FunctionTally], shown: int) -> list[Html]:
    driven = sum(1 for tally in tallies if tally.cases)
    if driven <= shown:
        return []
    return [
        element("p", f"The {shown} functions with the most cases; {driven - shown:,} more are left out.", class_="dim")
    ]
