from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.streams import a_context, a_stream, a_warning, an_error

from fnfuzz.cli.drive import drive
from fnfuzz.cli.stops import Stop
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import RunEvent, RunFinished
from fnfuzz.report import ReportError
from fnfuzz.report.baseline import FailOn
from fnfuzz.report.standing import Standings


def is_error(finding: Finding) -> bool:
    return finding.severity == "error"


class Notebook:
    """A reporter that remembers; it may send this process a signal or fail on the way."""

    def __init__(self, signal_at: int = -1, number: int = signal.SIGINT, fails: str = "") -> None:
        self.calls: list[str] = []
        self.signal_at = signal_at
        self.number = number
        self.fails = fails

    def start(self) -> None:
        self._note("start")

    def handle(self, event: RunEvent) -> None:
        if len(self.calls) == self.signal_at:
            os.kill(os.getpid(), self.number)
        self._note(type(event).__name__)

    def finish(self) -> None:
        self._note("finish")

    def _note(self, call: str) -> None:
        self.calls.append(call)
        if call == self.fails:
            raise ReportError("the disk is full")


def stream(events: Iterable[RunEvent]) -> Generator[RunEvent, None, None]:
    """Like a run: KeyboardInterrupt ends it with RunFinished."""
    *most, end = events
    try:
        yield from most
    except KeyboardInterrupt:
        assert isinstance(end, RunFinished)
        end = RunFinished(
            ended="interrupted", cases=1, duration_s=0.0, behaviours=0, restarts=0, functions=(), findings=end.findings
        )
    yield end


@pytest.mark.parametrize(
    ("findings", "finished", "fail_on", "code"),
    [
        ((), {}, "error", 0),
        ((a_warning(),), {}, "error", 0),
        ((a_warning(),), {}, "warning", 1),
        ((an_error(),), {}, "error", 1),
        ((an_error(),), {}, "new", 1),
        ((an_error(),), {}, "none", 0),
        ((an_error(),), {"ended": "not-started"}, "none", 3),
        ((), {"ended": "lost"}, "error", 3),
    ],
)
def test_the_end_of_a_run_decides_the_exit_code(
    tmp_path: Path, findings: tuple[Finding, ...], finished: dict[str, object], fail_on: FailOn, code: int
) -> None:
    notebook = Notebook()
    context, _ = a_context(tmp_path)
    context = replace(context, standings=Standings(context.cases, fail_on))
    assert drive(stream(a_stream(tmp_path, *findings, **finished)), [notebook], context.fails) == code
    assert (notebook.calls[0], *notebook.calls[-2:]) == ("start", "RunFinished", "finish")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_a_reporter_waits_for_it_and_ends_the_run(tmp_path: Path, number: int, code: int) -> None:
    notebook = Notebook(signal_at=2, number=number)
    assert drive(stream(a_stream(tmp_path, an_error())), [notebook], is_error) == code
    assert notebook.calls == ["start", "RunStarted", "HandlerStarted", "RunFinished", "finish"]


def test_a_signal_inside_the_run_reaches_it(tmp_path: Path) -> None:
    def run() -> Generator[RunEvent, None, None]:
        first, *_, end = a_stream(tmp_path)
        yield first
        try:
            os.kill(os.getpid(), signal.SIGINT)
            signal.sigtimedwait([], 5)
        except KeyboardInterrupt:
            yield end

    notebook = Notebook()
    assert drive(run(), [notebook], is_error) == 130
    assert notebook.calls == ["start", "RunStarted", "RunFinished", "finish"]


def test_a_run_that_dies_of_the_signal_is_reported_all_the_same(tmp_path: Path) -> None:
    notebook = Notebook(signal_at=1)
    assert drive((event for event in a_stream(tmp_path)), [notebook], is_error) == 130
    assert notebook.calls == ["start", "RunStarted", "finish"]


def test_the_signals_are_given_back(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    drive(stream(a_stream(tmp_path)), [], is_error)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("call", ["start", "finish"])
def test_a_report_that_cannot_be_written_is_wrong_usage(tmp_path: Path, call: str) -> None:
    other = Notebook()
    with pytest.raises(Stop, match="the disk is full") as stop:
        drive(stream(a_stream(tmp_path)), [other, Notebook(fails=call)], is_error)
    assert stop.value.exit_code == 2
    assert other.calls[-1] == "finish"
