from __future__ import annotations

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.harness.kit.html_pages import progress, read_page
from tests.harness.kit.shop import make_shop
from tests.harness.kit.streams import a_context, a_stream, a_warning, an_error, feed

import fnfuzz.report.html.reporter as reporter_module
from fnfuzz.cli.group import fnfuzz
from fnfuzz.report import ReportError
from fnfuzz.report.html import HtmlReporter


class Clock:
    """A clock that the test turns, and the pages that were written."""

    def __init__(self, path: Path) -> None:
        self.now = 1000.0
        self.path = path
        self.pages: list[str] = []

    def monotonic(self) -> float:
        return self.now

    def write(self, path: Path, data: bytes) -> None:
        assert path == self.path
        self.pages.append(data.decode("ascii"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Clock:
    made = Clock(tmp_path / "r.html")
    monkeypatch.setattr(reporter_module, "time", made)
    monkeypatch.setattr(reporter_module, "write_whole", made.write)
    return made


def test_every_state_of_the_file_is_a_whole_page(tmp_path: Path, clock: Clock) -> None:
    context, _ = a_context(tmp_path)
    reporter = HtmlReporter(context, clock.path)
    reporter.start()
    stream = a_stream(tmp_path, an_error(), a_warning())
    for event in [*stream[:2], *(progress(float(number), number) for number in range(1, 9)), *stream[2:]]:
        clock.now += 1.5
        reporter.handle(event)
    reporter.finish()
    assert len(clock.pages) >= 6
    assert all(read_page(page).wrong == [] and page.endswith("</html>\n") for page in clock.pages)
    assert "still running" in clock.pages[-2]
    assert "The time is used up" in clock.pages[-1]


def test_progress_is_written_every_few_seconds_and_a_finding_at_once(tmp_path: Path, clock: Clock) -> None:
    context, _ = a_context(tmp_path)
    reporter = HtmlReporter(context, clock.path)
    reporter.start()
    for number in range(40):
        clock.now += 0.25
        reporter.handle(progress(number * 0.25, number))
    assert 4 <= len(clock.pages) <= 6
    stream = a_stream(tmp_path, an_error())
    before = len(clock.pages)
    reporter.handle(stream[2])
    assert len(clock.pages) == before + 1
    assert "KeyError at handler.py:18" in clock.pages[-1]


def test_pages_that_take_long_are_written_seldom(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    def slowly(path: Path, data: bytes) -> None:
        clock.write(path, data)
        clock.now += 1.0

    monkeypatch.setattr(reporter_module, "write_whole", slowly)
    context, _ = a_context(tmp_path)
    reporter = HtmlReporter(context, clock.path)
    reporter.start()
    for number in range(400):
        clock.now += 0.25
        reporter.handle(progress(number * 0.25, number))
    assert len(clock.pages) <= 5


def test_a_run_that_is_broken_off_says_so(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    path = tmp_path / "r.html"
    feed(HtmlReporter(context, path), [*a_stream(tmp_path, an_error())[:-1], progress(3.0, 90)])
    text = read_page(path.read_text("ascii")).text
    assert "It was broken off after 3 s." in text
    assert "1 error" in text


def test_a_path_that_cannot_be_written_is_told_before_the_run(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    with pytest.raises(ReportError, match=r"the report cannot be written: .*; name another file"):
        HtmlReporter(context, tmp_path / "no" / "r.html").start()


def test_a_disk_that_is_full_at_the_end_is_told(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    context, _ = a_context(tmp_path)
    reporter = HtmlReporter(context, clock.path)
    reporter.start()

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(reporter_module, "write_whole", full)
    for event in a_stream(tmp_path):
        reporter.handle(event)
    with pytest.raises(ReportError, match="No space left on device"):
        reporter.finish()


def test_without_a_path_the_page_goes_to_standard_output_at_the_end(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    context, _ = a_context(tmp_path)
    feed(HtmlReporter(context, None), a_stream(tmp_path, an_error()))
    out = capsys.readouterr().out
    assert out.startswith("<!DOCTYPE html>")
    assert out.count("<!DOCTYPE") == 1


def test_a_real_run_writes_the_page(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="Data")
    path = tmp_path / "r.html"
    arguments = ["run", str(shop), "--max-cases", "30", "--seed", "1", "--function", "Orders"]
    result = CliRunner().invoke(fnfuzz, [*arguments, "--report", f"html={path}"])
    assert result.exit_code == 1, result.output
    page = read_page(path.read_text("ascii"))
    assert page.wrong == []
    for heading in ("Each finding", "How the run went", "Time of the answers", "Conformance", "Functions"):
        assert heading in page.text
    assert sys.executable in page.text
