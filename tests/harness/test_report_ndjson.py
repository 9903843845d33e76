from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from tests.harness.kit.reports import (
    a_nasty_finding,
    a_repository,
    a_shop_stream,
    judged,
    nasty_texts,
    reported,
)
from tests.harness.kit.streams import a_context, a_warning, an_error, feed

from fnfuzz.events import from_data
from fnfuzz.fuzz.plan import KnownCase
from fnfuzz.fuzz.stream import (
    FindingSuspected,
    KnownTried,
    Noted,
    PhaseStarted,
    Progressed,
    RunEvent,
)
from fnfuzz.report import ReportError
from fnfuzz.report.ndjson import NdjsonReporter


def lines(text: str) -> list[dict[str, Any]]:
    assert text.isascii()
    return [json.loads(line) for line in text.splitlines()]


def every_event(app: Path) -> list[RunEvent]:
    error = an_error()
    start, ready, *rest = a_shop_stream(app, error)
    case = KnownCase(identity=error.identity, events=error.minimal, functions=("Orders",))
    progress = Progressed(phase="explore", cases=7, elapsed=1.5, behaviours=3, restarts=0, findings=1)
    extra = [
        Noted(text="look"),
        PhaseStarted(phase="explore"),
        progress,
        KnownTried(case=case, verdict="fixed"),
        FindingSuspected(finding=error),
    ]
    return [start, ready, *extra, *rest]


def test_each_event_is_a_line_with_its_name(tmp_path: Path) -> None:
    found = lines(reported("ndjson", tmp_path, every_event(a_repository(tmp_path))))
    assert [item["event"] for item in found] == [
        "run_started",
        "handler_started",
        "noted",
        "phase_started",
        "progressed",
        "known_tried",
        "finding_suspected",
        "probe_finished",
        "probe_finished",
        "finding_found",
        "run_finished",
    ]
    assert {item["schema"] for item in found} == {"fnfuzz.events/1"}
    assert found[0]["seed"] == 42
    assert (found[4]["phase"], found[4]["cases"]) == ("explore", 7)
    assert found[5]["verdict"] == "fixed"
    told = found[9]["finding"]
    assert (told["id"], told["standing"], told["fails"]) == (an_error().id, "new", True)
    assert from_data(told["minimal"]) == an_error().minimal[0]
    assert found[-1]["findings"] == [
        {
            "id": an_error().id,
            "rule": "resp-status-non2xx",
            "severity": "error",
            "count": 3,
            "standing": "new",
            "fails": True,
        }
    ]
    assert [item["at"] for item in found] == sorted(item["at"] for item in found)


def test_a_line_is_there_as_soon_as_its_event(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    reporter = NdjsonReporter(a_context(tmp_path)[0], path)
    reporter.start()
    for number, event in enumerate(a_shop_stream(a_repository(tmp_path), an_error()), 1):
        reporter.handle(event)
        assert len(lines(path.read_text())) == number
    reporter.finish()


def test_without_a_file_lines_go_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    feed(NdjsonReporter(a_context(tmp_path)[0], None), a_shop_stream(a_repository(tmp_path), a_warning()))
    assert lines(capsys.readouterr().out)[-1]["event"] == "run_finished"


def test_the_end_tells_what_is_gone(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    gone = {"id": "0123abcd", "rule": "out-undeclared", "function": "Old"}
    context = judged(a_context(tmp_path)[0], tmp_path, gone)
    assert lines(reported("ndjson", tmp_path, a_shop_stream(app), context))[-1]["gone"] == ["0123abcd"]


def test_a_path_that_cannot_be_written_shows_before_the_run_and_a_full_disk_at_its_end(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    with pytest.raises(ReportError, match="name another file"):
        NdjsonReporter(context, tmp_path / "no" / "events.ndjson").start()
    full = Path("/dev/full")
    if not os.access(full, os.W_OK):
        pytest.skip("there is no /dev/full")
    with pytest.raises(ReportError, match="/dev/full"):
        feed(NdjsonReporter(context, full), a_shop_stream(a_repository(tmp_path)))


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nasty_texts)
def test_whatever_a_finding_holds_each_event_is_one_sound_line(tmp_path: Path, text: str) -> None:
    app = tmp_path / "apps" / "shop"
    app = app if app.exists() else a_repository(tmp_path)
    found = lines(reported("ndjson", tmp_path, a_shop_stream(app, a_nasty_finding(text))))
    assert len(found) == 6
    assert json.dumps(found, ensure_ascii=False).encode("utf-8")
