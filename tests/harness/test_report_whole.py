from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from tests.harness.kit.reports import a_repository, a_shop_stream
from tests.harness.kit.streams import a_context, an_error, feed

from fnfuzz.fuzz.stream import Progressed
from fnfuzz.report import ReportError
from fnfuzz.report.registry import REPORTERS, open_reporters
from fnfuzz.report.story import Story
from fnfuzz.report.whole import WholeReport

WHOLE = ("junit", "sarif", "markdown", "github", "codequality", "har")


@pytest.mark.parametrize("name", [*WHOLE, "ndjson"])
def test_a_wrong_path_shows_before_the_run(tmp_path: Path, name: str) -> None:
    reporter = open_reporters([f"{name}={tmp_path / 'no' / 'report'}"], a_context(tmp_path)[0])[0]
    with pytest.raises(ReportError, match="name another file"):
        reporter.start()


@pytest.mark.parametrize("name", [*WHOLE, "ndjson"])
def test_a_device_is_written_into_and_never_replaced(tmp_path: Path, name: str) -> None:
    reporter = open_reporters([f"{name}={os.devnull}"], a_context(tmp_path)[0])[0]
    feed(reporter, a_shop_stream(a_repository(tmp_path), an_error()))
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)


def test_all_reports_at_once_are_written_and_leave_nothing_else(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    names = [name for name in REPORTERS if name != "console"]
    context, _ = a_context(tmp_path)
    reporters = open_reporters([f"{name}={out / name}" for name in names], context)
    for reporter in reporters:
        reporter.start()
    for event in a_shop_stream(a_repository(tmp_path), an_error()):
        context.cases.handle(event)
        for reporter in reporters:
            reporter.handle(event)
    for reporter in reporters:
        reporter.finish()
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    assert all(path.stat().st_size for path in out.iterdir())


def test_only_one_report_can_have_standard_output(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="--report github=PATH"):
        open_reporters(["sarif", "github"], a_context(tmp_path)[0])


def test_it_is_written_when_something_changes_and_not_for_progress(tmp_path: Path) -> None:
    seen: list[int] = []

    def render(story: Story) -> str:
        seen.append(len(story.findings))
        return "x" * len(story.findings)

    path = tmp_path / "report"
    reporter = WholeReport(a_context(tmp_path)[0], path, render)
    reporter.start()
    reporter._next = float("inf")
    progress = Progressed(phase="explore", cases=1, elapsed=1.0, behaviours=1, restarts=0, findings=0)
    *events, end = a_shop_stream(a_repository(tmp_path), an_error())
    for event in events:
        reporter.handle(event)
    assert seen == [0]
    reporter._next = 0.0
    reporter.handle(progress)
    reporter._next = 0.0
    reporter.handle(progress)
    assert seen == [0, 1]
    reporter._next = float("inf")
    reporter.handle(end)
    reporter.finish()
    assert seen == [0, 1, 1]
    assert path.read_text() == "x"


def test_a_disk_that_is_full_for_a_moment_only_is_no_failure(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "report"
    path.parent.mkdir()
    reporter = WholeReport(a_context(tmp_path)[0], path, lambda story: "x")
    reporter.start()
    path.unlink()
    path.parent.rmdir()
    start, *rest = a_shop_stream(a_repository(tmp_path), an_error())
    reporter.handle(start)
    path.parent.mkdir()
    for event in rest:
        reporter.handle(event)
    reporter.finish()
    assert path.read_text() == "x"
