from __future__ import annotations

import contextlib
import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.text import Text
from tests.harness.kit.streams import Terminal, a_stream, a_warning, an_app, an_error

from fnfuzz.drivers.usage import Usage
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    FunctionTally,
    HandlerStarted,
    PhaseStarted,
    ProbeFinished,
    Progressed,
    RunStarted,
)
from fnfuzz.report.live import LiveArea
from fnfuzz.report.page import Page
from fnfuzz.report.progress import Meter, Pace, bar
from fnfuzz.report.screen import RunScreen

NASTY = "\x1b]0;x\x07\r\n\u202e"


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Paper:
    """A terminal that understands what we send: text, line feeds, and moves and erasures of lines; it breaks long lines
    anew when it is made narrower, as most do.
    """

    MOVES = re.compile(r"\x1b\[([0-9;]*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines = [""]
        self.row = self.column = 0

    def take(self, text: str) -> None:
        for match in self.MOVES.finditer(text):
            number, letter, control, plain = match.groups()
            if control == "\r":
                self.column = 0
            elif control == "\n":
                self.row, self.column = self.row + 1, 0
                self.lines += [""] * (self.row + 1 - len(self.lines))
            elif letter == "A":
                self.row -= int(number or 1)
            elif letter == "K":
                line = self.lines[self.row]
                self.lines[self.row] = line[: self.column] if number == "0" else ""
            elif letter not in (None, "m"):
                raise AssertionError(f"unknown sequence {match[0]!r}")
            elif plain:
                line = self.lines[self.row].ljust(self.column)
                self.lines[self.row] = line[: self.column] + plain + line[self.column + len(plain) :]
                self.column += len(plain)
                assert self.column <= self.width

    def narrow(self, width: int) -> None:
        broken: list[str] = []
        for number, line in enumerate(self.lines):
            broken += [line[at : at + width] for at in range(0, len(line), width)] or [""]
            if number == self.row:
                self.row, self.column = len(broken) - 1, len(broken[-1])
        self.width, self.lines = width, broken


@pytest.fixture(autouse=True)
def watched(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("NO_COLOR", "FORCE_COLOR", "CI", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return monkeypatch


def a_tally(name: str, cases: int) -> FunctionTally:
    return FunctionTally(
        name=name, trigger="queue", contract="azure-http", cases=cases, rejected=cases // 2, mean_seconds=0.001
    )


def a_progress(elapsed: float = 2.0, cases: int = 300, functions: int = 3) -> Progressed:
    return Progressed(
        phase="explore",
        cases=cases,
        elapsed=elapsed,
        behaviours=12,
        restarts=3,
        findings=1,
        functions=tuple(a_tally(f"function-{number}", cases // functions) for number in range(functions)),
        usage=Usage(48 * 1024 * 1024, 7, 23),
    )


def a_screen(clock: Clock, root: Path = Path(), **started: object) -> RunScreen:
    screen = RunScreen(clock)
    start = RunStarted(app=an_app(root), seed=1, max_time=30.0, max_cases=None)
    screen.handle(replace(start, **started))  # type: ignore[arg-type] # the test names fields of RunStarted
    return screen


def seen(screen: RunScreen, width: int = 80, height: int = 24) -> list[str]:
    return [line.plain.rstrip() for line in screen.lines(width, height)]


def test_the_screen_tells_where_the_run_is() -> None:
    clock = Clock()
    screen = a_screen(clock)
    assert seen(screen)[0].startswith("starting ")
    screen.handle(HandlerStarted(seconds=0.1, port=1))
    screen.handle(PhaseStarted(phase="explore"))
    screen.handle(FindingFound(finding=an_error()))
    screen.handle(FindingFound(finding=an_error()))
    screen.handle(FindingFound(finding=a_warning()))
    clock.now += 15
    screen.handle(a_progress())
    assert seen(screen) == [
        f"explore        {'━' * 20}{'─' * 20} 15 s of 30 s",
        "300 cases   150/s   12 behaviours   1 error, 1 warning",
        "3 restarts   48 MiB   7 threads   23 descriptors",
        "  function-0   33 %        100  ━━━━━━━─────────────  50 % turned away",
        "  function-1   33 %        100  ━━━━━━━─────────────  50 % turned away",
        "  function-2   33 %        100  ━━━━━━━─────────────  50 % turned away",
        "Ctrl-C ends it with the report",
    ]


def test_it_says_what_it_is_doing_and_that_it_ends() -> None:
    screen = a_screen(Clock())
    screen.handle(a_progress())
    screen.handle(FindingSuspected(finding=an_error()))
    assert "looking closer at error[resp-status-non2xx] in Orders" in seen(screen)
    screen.handle(FindingFound(finding=an_error()))
    assert not any("looking closer" in line for line in seen(screen))
    screen.handle(ProbeFinished(probe="p", title="Pings are answered", function="", rules=(), broken=(), seconds=0.1))
    assert "last probe: Pings are answered" in seen(screen)
    screen.ending()
    assert seen(screen)[-1] == "ending; press Ctrl-C again to end at once"


@pytest.mark.parametrize("width", [20, 40, 80, 140])
@pytest.mark.parametrize("height", [1, 2, 4, 10, 15, 24, 60])
@pytest.mark.parametrize("functions", [1, 2, 30])
def test_it_is_small_and_never_higher_than_the_terminal(width: int, height: int, functions: int) -> None:
    screen = a_screen(Clock())
    screen.handle(a_progress(functions=functions))
    lines = screen.lines(width, height)
    assert 1 <= len(lines) <= min(10, max(1, height - 1), max(4, height // 2))
    assert lines[-1].plain == "Ctrl-C ends it with the report"


def test_functions_that_have_no_room_are_counted() -> None:
    screen = a_screen(Clock())
    screen.handle(a_progress(cases=3000, functions=30))
    assert "  and 25 more with 83 %" in seen(screen)


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"max_time": None}, "explore        9 s"),
        ({"max_time": None, "max_cases": 600}, f"explore        {'━' * 20}{'─' * 20} 9 s"),
        ({"max_time": 18.0, "max_cases": 10**6}, f"explore        {'━' * 20}{'─' * 20} 9 s of 18 s"),
    ],
)
def test_the_bar_is_of_the_limit_that_is_nearer(limits: dict[str, object], words: str) -> None:
    clock = Clock()
    screen = a_screen(clock, **limits)
    clock.now += 9
    screen.handle(a_progress())
    assert seen(screen)[0] == words


def test_speed_is_that_of_the_last_seconds() -> None:
    screen = a_screen(Clock())
    for second in range(1, 11):
        screen.handle(a_progress(float(second), second * 10))
    for second in range(11, 21):
        screen.handle(a_progress(float(second), 100 + (second - 10) * 1000))
    assert "   1,000/s   " in seen(screen)[1]


def test_nothing_hostile_gets_onto_the_screen() -> None:
    screen = a_screen(Clock())
    tally = replace(a_progress(), functions=(a_tally(NASTY, 2), a_tally("b", 1)), phase=NASTY)
    screen.handle(tally)
    screen.handle(ProbeFinished(probe="p", title=NASTY, function="", rules=(), broken=(), seconds=0.1))
    text = "".join(line.plain for line in screen.lines(120, 40)) + screen.plain()
    assert not set(text) & set("\x1b\x07\r\n\u202e")


def test_a_terminal_without_these_letters_gets_plain_ones() -> None:
    screen = RunScreen(Clock(), ascii_only=True)
    screen.handle(a_progress())
    assert all(line.plain.isascii() for line in screen.lines(80, 24))
    assert bar(0.5, 10, ascii_only=True).plain == "=====-----"


# -- the lines that are drawn anew


def an_area() -> tuple[LiveArea, Terminal]:
    out = Terminal()
    return LiveArea(Page(out)), out


def drawn_on(paper: Paper, out: Terminal) -> list[str]:
    paper.take(out.getvalue())
    out.seek(0)
    out.truncate()
    return [line.rstrip() for line in paper.lines if line.strip()]


def test_lines_are_drawn_over_each_other_below_what_is_printed(watched: pytest.MonkeyPatch) -> None:
    watched.setenv("COLUMNS", "40")
    area, out = an_area()
    paper = Paper(40)
    area.page.line("begin")
    area.draw([Text("one"), Text("two, a long one")])
    assert drawn_on(paper, out) == ["begin", "one", "two, a long one"]
    area.draw([Text("1"), Text("2")])
    assert drawn_on(paper, out) == ["begin", "1", "2"]
    with area.above():
        area.page.line("found")
        area.page.line("more")
    assert drawn_on(paper, out) == ["begin", "found", "more", "1", "2"]
    area.draw([Text("only")])
    area.draw([Text("a"), Text("b"), Text("c" * 99)])
    assert drawn_on(paper, out) == ["begin", "found", "more", "a", "b", "c" * 38 + "…"]
    area.clear()
    area.page.line("end")
    assert drawn_on(paper, out) == ["begin", "found", "more", "end"]


@pytest.mark.parametrize("width", [39, 25, 14, 11])
def test_a_terminal_that_becomes_narrower_keeps_nothing_of_the_old_lines(
    watched: pytest.MonkeyPatch, width: int
) -> None:
    watched.setenv("COLUMNS", "40")
    area, out = an_area()
    paper = Paper(40)
    area.page.line("begin")
    area.draw([Text("x" * 39), Text("y" * 20), Text("short")])
    drawn_on(paper, out)
    paper.narrow(width)
    area.page.console.width = width
    area.draw([Text("new"), Text("lines")])
    assert drawn_on(paper, out) == ["begin", "new", "lines"]


def test_each_change_is_one_write(watched: pytest.MonkeyPatch) -> None:
    class Counting(Terminal):
        writes = 0

        def write(self, text: str) -> int:
            self.writes += 1
            return super().write(text)

    out = Counting()
    area = LiveArea(Page(out))
    area.draw([Text("one"), Text("two")])
    area.draw([Text("three"), Text("four")])
    with area.above():
        area.page.line("found")
        area.page.line("more")
    assert out.writes == 3


def test_an_error_within_leaves_the_lines_where_they_are(watched: pytest.MonkeyPatch) -> None:
    area, out = an_area()
    area.draw([Text("one")])
    with contextlib.suppress(RuntimeError), area.above():
        area.page.line("found")
        raise RuntimeError
    assert area.page.console.file is out
    area.clear()
    assert drawn_on(Paper(80), out) == ["found"]


# -- meters


def test_a_log_gets_count_rate_and_share_now_and_then() -> None:
    clock, out = Clock(), io.StringIO()
    with Meter("merging", total=2000, stream=out, clock=clock) as meter:
        for _ in meter.each(range(1600)):
            clock.now += 0.01
    assert out.getvalue().splitlines() == [
        "merging: 500 of 2,000 records (25%), 100/s, 5 s",
        "merging: 1,500 of 2,000 records (75%), 100/s, 15 s",
    ]


def test_what_is_quick_or_quiet_tells_nothing() -> None:
    clock, out = Clock(), Terminal()
    for quiet, step in ((False, 0.0), (True, 60.0)):
        with Meter("merging", stream=out, clock=clock, quiet=quiet) as meter:
            for _ in range(50):
                clock.now += step
                meter.add()
    assert out.getvalue() == ""


def test_a_terminal_gets_a_line_with_a_bar_that_is_taken_away() -> None:
    clock, out = Clock(), Terminal()
    with Meter("merging", total=100, stream=out, clock=clock) as meter:
        for _ in range(50):
            clock.now += 0.1
            meter.add("new ones")
        assert "━" in out.getvalue()
        assert "merging: 50 of 100 records (50%), 10/s, new ones, 5 s" in out.getvalue()
        meter.say("half of it")
    assert drawn_on(Paper(80), out) == ["half of it"]


def test_another_thing_begins_anew_without_a_total() -> None:
    clock, out = Clock(), io.StringIO()
    meter = Meter("replaying", "event", total=10, stream=out, clock=clock)
    clock.now += 6
    meter.told(5, "2 differences", "replaying")
    clock.now += 60
    meter.told(7, "", "learning what is noise")
    clock.now += 20
    meter.told(9, "", "learning what is noise")
    assert out.getvalue().splitlines() == [
        "replaying: 5 of 10 events (50%), 2 differences, 6 s",
        "learning what is noise: 7 events, 0 s",
        "learning what is noise: 9 events, 20 s",
    ]


def test_a_pace_is_four_a_second_at_most() -> None:
    clock = Clock()
    pace = Pace(drawn=True, clock=clock)
    times = 0
    for _ in range(1000):
        clock.now += 0.01
        times += pace.due()
    assert 30 <= times <= 40


def test_a_whole_run_leaves_no_trace_of_its_screen(tmp_path: Path, watched: pytest.MonkeyPatch) -> None:
    from tests.harness.kit.streams import a_context, feed

    from fnfuzz.report.console import ConsoleReporter

    watched.setenv("COLUMNS", "100")
    context, _ = a_context(tmp_path)
    out = Terminal()
    start, *rest = a_stream(tmp_path, an_error(), a_warning())
    feed(ConsoleReporter(replace(context, out=out)), [start, a_progress(), *rest])
    shown = drawn_on(Paper(10**6), out)
    assert not any("Ctrl-C" in line or "restarts  " in line for line in shown)
    assert shown[-1].strip().startswith("the same run again")
