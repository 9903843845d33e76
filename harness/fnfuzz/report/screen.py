"""The screen of a run: a few lines that tell how far it is, below what was printed."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence

from rich.text import Text

from fnfuzz.drivers.usage import Usage
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    FunctionTally,
    HandlerStarted,
    KnownTried,
    PhaseStarted,
    ProbeFinished,
    Progressed,
    RunEvent,
    RunStarted,
)
from fnfuzz.report.progress import bar
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import duration, many, memory

__all__ = ["ENDING", "RunScreen"]

ENDING = "ending; press Ctrl-C again to end at once"
HINT = "Ctrl-C ends it with the report"

MOST_LINES, LEAST_LINES = 10, 4
RECENT = 5.0
"""Seconds over which the cases of a second are counted."""

GAP = "   "


class RunScreen:
    """Learns from the events of a run; ``lines`` says what there is to see now. ``clock`` in seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, ascii_only: bool = False) -> None:
        self._clock = clock
        self._ascii = ascii_only
        self._began = clock()
        self._max_time: float | None = None
        self._max_cases: int | None = None
        self._phase = "starting"
        self._doing = ""
        self._latest: Progressed | None = None
        self._recent: deque[tuple[float, int]] = deque()
        self._severities: dict[str, str] = {}
        self._ending = False

    def handle(self, event: RunEvent) -> None:
        """Take in one event."""
        match event:
            case RunStarted():
                self._began, self._max_time, self._max_cases = self._clock(), event.max_time, event.max_cases
            case HandlerStarted():
                self._phase = "first events"
            case PhaseStarted():
                self._phase, self._doing = event.phase, ""
            case ProbeFinished():
                self._doing = f"last probe: {event.title}"
            case KnownTried():
                self._doing = f"tried again: {event.case.identity.rule}, {event.verdict}"
            case FindingSuspected():
                self._doing = f"looking closer at {_named(event.finding)}"
            case FindingFound():
                self._severities[event.finding.id] = event.finding.severity
                self._doing = ""
            case Progressed():
                self._progressed(event)

    def ending(self) -> None:
        """The user has asked for the end."""
        self._ending = True

    def plain(self) -> str:
        """All of it on one line, for a log."""
        numbers = [self._time(), self._phase, *self._counts()]
        return visible(", ".join([*numbers, *self._instance()]))

    def lines(self, width: int, height: int) -> list[Text]:
        """At most half of ``height``, and never more than ten; each at most ``width`` columns wide."""
        room = max(1, min(MOST_LINES, max(LEAST_LINES, height // 2), height - 1))
        found = [self._bar(width), *_flow(self._counts(), width), *_flow(self._instance(), width, "dim")]
        last = Text(ENDING, style="bold yellow") if self._ending else Text(HINT, style="dim")
        if self._doing and len(found) + 1 < room:
            last = Text.assemble((visible(self._doing), "" if self._ending else "dim"), "\n", last)
        tail = last.split("\n")
        found += self._functions(width, room - len(found) - len(tail))
        return [*found[: max(0, room - len(tail))], *tail]

    def _progressed(self, event: Progressed) -> None:
        self._latest, self._phase = event, event.phase
        self._recent.append((event.elapsed, event.cases))
        while len(self._recent) > 2 and event.elapsed - self._recent[0][0] > RECENT:
            self._recent.popleft()

    def _rate(self) -> float:
        """Cases a second, of late."""
        if not self._recent:
            return 0.0
        first, last = self._recent[0], self._recent[-1]
        if len(self._recent) == 1:
            first = (0.0, 0)
        return (last[1] - first[1]) / (last[0] - first[0]) if last[0] - first[0] > 0.01 else 0.0

    def _time(self) -> str:
        elapsed = f"{self._clock() - self._began:.0f} s"
        if self._max_time is not None:
            return f"{elapsed} of {duration(self._max_time)}"
        return elapsed

    def _share(self) -> float | None:
        shares = []
        if self._max_time:
            shares.append((self._clock() - self._began) / self._max_time)
        if self._max_cases and self._latest is not None:
            shares.append(self._latest.cases / self._max_cases)
        return min(1.0, max(shares)) if shares else None

    def _bar(self, width: int) -> Text:
        phase, time_left, share = Text(f"{visible(self._phase):<14}", style="bold"), self._time(), self._share()
        if share is None:
            return Text.assemble(phase, " ", time_left)
        room = min(40, width - phase.cell_len - len(time_left) - 2)
        if room < 5:
            return Text.assemble(phase, " ", time_left)
        return Text.assemble(phase, " ", bar(share, room, ascii_only=self._ascii), " ", time_left)

    def _counts(self) -> list[str]:
        if self._latest is None:
            return [self._found()] if self._severities else []
        cases = f"{self._latest.cases:,}" + (f" of {self._max_cases:,}" if self._max_cases else "")
        word = "case" if cases == "1" else "cases"
        behaviours = many(self._latest.behaviours, "behaviour")
        return [f"{cases} {word}", f"{self._rate():,.0f}/s", behaviours, self._found()]

    def _found(self) -> str:
        counts = [(many(sum(1 for item in self._severities.values() if item == word), word), word) for word in _WORDS]
        told = [text for text, _ in counts if not text.startswith("0 ")]
        return ", ".join(told) or "no findings"

    def _instance(self) -> list[str]:
        if self._latest is None:
            return []
        usage: Usage | None = self._latest.usage
        told = [] if usage is None else [memory(usage.memory), many(usage.threads, "thread")]
        told += [] if usage is None else [many(usage.descriptors, "descriptor")]
        return [many(self._latest.restarts, "restart"), *told]

    def _functions(self, width: int, room: int) -> list[Text]:
        tallies = self._latest.functions if self._latest is not None else ()
        if len(tallies) < 2 or room < 1 or not any(item.cases for item in tallies):
            return []
        shown = tallies if len(tallies) <= room else tallies[: room - 1]
        if not shown:
            return []
        total = sum(item.cases for item in tallies)
        names = [_short(visible(item.name), max(8, width // 3)) for item in shown]
        longest = max(map(len, names))
        lines = [self._function(item, name, longest, total, width) for item, name in zip(shown, names, strict=True)]
        if len(shown) < len(tallies):
            rest = tallies[len(shown) :]
            lines.append(Text(f"  and {len(rest)} more with {_percent(sum(item.cases for item in rest), total)}"))
        return lines

    def _function(self, tally: FunctionTally, name: str, longest: int, total: int, width: int) -> Text:
        line = Text(f"  {name:<{longest}}  {_percent(tally.cases, total):>5}  {tally.cases:>9,}")
        room = min(20, width - line.cell_len - 2)
        if room >= 5:
            line.append("  ")
            line.append_text(bar(tally.cases / total if total else 0.0, room, ascii_only=self._ascii, style="blue"))
        if tally.rejected and width - line.cell_len > 24:
            line.append(f"  {_percent(tally.rejected, tally.cases)} turned away", style="dim")
        return line


_WORDS = ("error", "warning")


def _named(finding: Finding) -> str:
    where = f" in {finding.identity.function}" if finding.identity.function else ""
    return f"{finding.severity}[{finding.identity.rule}]{where}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 2] + ".."


def _flow(parts: Iterable[str], width: int, style: str = "") -> list[Text]:
    """The parts side by side, on as many lines as they need."""
    lines: list[str] = []
    for part in parts:
        if lines and len(lines[-1]) + len(GAP) + len(part) < width:
            lines[-1] += GAP + part
        else:
            lines.append(part)
    return [Text(line, style=style) for line in _texts(lines)]


def _texts(lines: Sequence[str]) -> list[str]:
    return [visible(line) for line in lines]
