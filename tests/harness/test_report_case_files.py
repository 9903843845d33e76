"""Everything found is on disk the moment it is found, and the next run reads it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from tests.harness.kit.streams import a_context, a_stream, an_error, feed

from fnfuzz.events import QueueEvent, to_data
from fnfuzz.fuzz import Finding
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.fuzz.stream import FindingFound, FindingSuspected, KnownTried, RunEvent
from fnfuzz.report import AppWords, Case, CaseFiles, read_case
from fnfuzz.report.cases import case_bytes, known_case
from fnfuzz.report.console import ConsoleReporter
from fnfuzz.report.json_report import JsonReporter

ERROR = an_error()
SEEN = replace(ERROR, confirmed="suspected", minimal=(QueueEvent(message=b'{"id":"7"}'),), count=1)
BEFORE = (("Orders", QueueEvent(message=b"\xff")),)


def told(folder: Path, *events: RunEvent) -> CaseFiles:
    cases = CaseFiles(folder, AppWords(app="shop"))
    cases.start()
    for event in events:
        cases.handle(event)
    return cases


def case_at(folder: Path, finding: Finding, sub: str = "") -> Case:
    return read_case((folder / "findings" / sub / f"{finding.id}.json").read_bytes())


def names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder / "findings")) for path in (folder / "findings").rglob("*") if path.is_file()}


def test_a_suspicion_is_on_disk_with_what_came_before_it(tmp_path: Path) -> None:
    told(tmp_path, FindingSuspected(finding=SEEN, before=BEFORE))
    case = case_at(tmp_path, SEEN)
    assert (case.state, case.confirmed, case.events, case.before) == ("suspected", "suspected", SEEN.minimal, BEFORE)
    (known,) = CaseFiles(tmp_path, AppWords()).load().cases
    assert (known.identity, known.before, known.confirmed) == (SEEN.identity, BEFORE, "suspected")


def test_the_confirmed_finding_takes_its_place_and_a_later_suspicion_does_not(tmp_path: Path) -> None:
    again = FindingSuspected(finding=replace(SEEN, minimal=(QueueEvent(message=b"another"),)))
    told(tmp_path, FindingSuspected(finding=SEEN, before=BEFORE), FindingFound(finding=ERROR), again)
    case = case_at(tmp_path, ERROR)
    assert (case.state, case.events, case.before, case.original) == ("confirmed", ERROR.minimal, (), ERROR.original)


def test_the_end_of_the_run_brings_the_final_count_and_runs_add_up(tmp_path: Path) -> None:
    for _ in range(2):
        told(tmp_path, *a_stream(tmp_path, replace(ERROR, count=5), told=[ERROR]))
    assert case_at(tmp_path, ERROR).count == 10


def test_a_search_that_was_cut_short_is_told_and_can_go_on(tmp_path: Path) -> None:
    cut = replace(ERROR, cut_short=True)
    cases = told(tmp_path, FindingFound(finding=cut))
    assert case_at(tmp_path, ERROR).state == "shrinking cut short"
    assert cases.shrink(cut) == f"fnfuzz shrink {tmp_path}/findings/{cut.id}.json"
    assert cases.shrink(ERROR) == ""
    told(tmp_path, FindingFound(finding=ERROR))
    assert case_at(tmp_path, ERROR).state == "confirmed"


def test_a_smaller_case_of_an_earlier_run_stays(tmp_path: Path) -> None:
    told(tmp_path, FindingFound(finding=ERROR))
    told(tmp_path, FindingSuspected(finding=SEEN, before=BEFORE))
    case = case_at(tmp_path, ERROR)
    assert (case.state, case.events, case.confirmed) == ("confirmed", ERROR.minimal, "always")
    known = known_case(case)
    told(tmp_path, KnownTried(case=known, verdict="fixed"), FindingSuspected(finding=SEEN))
    assert case_at(tmp_path, ERROR).events == SEEN.minimal


def test_a_fixed_finding_is_kept_aside_and_comes_back_with_its_history(tmp_path: Path) -> None:
    told(tmp_path, FindingFound(finding=ERROR))
    first = case_at(tmp_path, ERROR)
    told(tmp_path, KnownTried(case=known_case(first), verdict="fixed"))
    assert names(tmp_path) == {f"fixed/{ERROR.id}.json"}
    fixed = case_at(tmp_path, ERROR, "fixed")
    assert (fixed.state, bool(fixed.fixed)) == ("fixed", True)
    loaded = CaseFiles(tmp_path, AppWords()).load()
    assert (loaded.cases, loaded.fixed) == ((), {ERROR.id: fixed.fixed})
    told(tmp_path, FindingFound(finding=replace(ERROR, regressed=fixed.fixed)))
    assert names(tmp_path) == {f"{ERROR.id}.json"}
    back = case_at(tmp_path, ERROR)
    assert (back.state, back.fixed, back.count, back.first_seen) == ("confirmed", fixed.fixed, 6, first.first_seen)
    assert known_case(back).regressed == fixed.fixed


def test_a_case_that_now_shows_another_finding_moves(tmp_path: Path) -> None:
    told(tmp_path, FindingFound(finding=ERROR))
    now = replace(ERROR, identity=replace(ERROR.identity, place="KeyError at handler.py:19"))
    known = known_case(case_at(tmp_path, ERROR))
    told(tmp_path, KnownTried(case=known, verdict="still failing", finding=now))
    assert names(tmp_path) == {f"{now.id}.json", f"fixed/{ERROR.id}.json"}
    moved = case_at(tmp_path, ERROR, "fixed")
    assert (moved.state, moved.moved_to) == ("moved", now.id)
    assert CaseFiles(tmp_path, AppWords()).load().fixed == {}


def test_files_that_are_no_cases_are_told_by_name_and_left(tmp_path: Path) -> None:
    told(tmp_path, FindingFound(finding=ERROR))
    bad: Iterable[tuple[str, bytes]] = (
        ("cut.json", case_bytes(case_at(tmp_path, ERROR))[:100]),
        ("event.json", json.dumps(to_data(QueueEvent())).encode()),
        ("newer.json", case_bytes(replace(case_at(tmp_path, ERROR), rule="of-tomorrow"))),
        ("odd.json", b'{"schema":"fnfuzz.case/1","events":[{}],"before":[7]}'),
    )
    for name, data in bad:
        (tmp_path / "findings" / name).write_bytes(data)
    known = CaseFiles(tmp_path, AppWords()).load()
    assert [case.identity for case in known.cases] == [ERROR.identity]
    assert len(known.notes) == 4
    for name, data in bad:
        assert any(name in note for note in known.notes)
        assert (tmp_path / "findings" / name).read_bytes() == data


def test_a_damaged_file_makes_room_for_its_finding(tmp_path: Path) -> None:
    path = tmp_path / "findings" / f"{ERROR.id}.json"
    path.parent.mkdir()
    path.write_text("{")
    told(tmp_path, FindingFound(finding=ERROR))
    assert case_at(tmp_path, ERROR).events == ERROR.minimal
    assert path.with_suffix(".damaged").read_text() == "{"


def test_what_a_killed_run_left_half_written_is_taken_away(tmp_path: Path) -> None:
    told(tmp_path, FindingFound(finding=ERROR))
    old, new = (tmp_path / "findings" / f".{name}.json.7.tmp" for name in ("old", "new"))
    for path in (old, new):
        path.write_text("{")
    hour_ago = time.time() - 3600
    os.utime(old, (hour_ago, hour_ago))
    told(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


def test_every_field_of_a_case_comes_back(tmp_path: Path) -> None:
    part = Part("qty", "some", "fails when it is 0", "passes", (("message", "(json)", "qty"), ("query", 0)))
    events = (QueueEvent(message=b"\xff"), QueueEvent(message=b"2"))
    case = Case(
        events,
        "Orders",
        "resp-status-non2xx",
        "x",
        ("A", "Orders"),
        "It fails.",
        "queue",
        "unstable",
        "unstable",
        explanation=(part,),
        original=QueueEvent(message=b"3"),
        before=BEFORE,
        count=7,
        first_seen="2026-01-01T00:00:00Z",
        last_seen="2026-01-02T00:00:00Z",
        fixed="2026-01-03T00:00:00Z",
        moved_to="12345678",
        fnfuzz="0.1.0",
        app="/srv/shop",
        options=("--contract", "azure-http"),
        command=("./x", "$HOME"),
    )
    assert read_case(case_bytes(case)) == case


def test_a_file_of_an_older_version_is_a_known_case_too(tmp_path: Path) -> None:
    data = {
        "schema": "fnfuzz.case/1",
        "function": "Orders",
        "rule": "resp-status-non2xx",
        "place": "KeyError at handler.py:18",
        "message": "x",
        "functions": [],
        "events": [to_data(QueueEvent())],
    }
    (tmp_path / "findings").mkdir()
    (tmp_path / "findings" / "old.json").write_text(json.dumps(data))
    (known,) = CaseFiles(tmp_path, AppWords()).load().cases
    assert (known.identity, known.functions, known.confirmed) == (ERROR.identity, ("Orders",), "always")


def test_the_reports_tell_what_became_of_known_findings(tmp_path: Path) -> None:
    known = known_case(read_case(case_bytes(Case((QueueEvent(),), "Orders", "resp-status-non2xx", "x"))))
    moved = KnownTried(case=known, verdict="still failing", finding=ERROR)
    start, ready, *rest = a_stream(tmp_path, ERROR)
    events = [start, ready, moved, KnownTried(case=known, verdict="fixed"), *rest]
    events.insert(4, KnownTried(case=known, verdict="not tried", reason="no time was left for it"))
    context, out = a_context(tmp_path)
    feed(ConsoleReporter(context), events)
    key = known.identity.id
    assert [line for line in out.getvalue().splitlines() if line.startswith("known")] == [
        f"known STILL FAILING resp-status-non2xx Orders, x ({key}): elsewhere than before, now {ERROR.id}",
        f"known FIXED         resp-status-non2xx Orders, x ({key}): fails no more in two tries",
        f"known not tried     resp-status-non2xx Orders, x ({key}): no time was left for it",
    ]
    feed(JsonReporter(context, tmp_path / "report.json"), events)
    data = json.loads((tmp_path / "report.json").read_bytes())
    assert [(item["id"], item["verdict"], item["now"]) for item in data["known"]] == [
        (key, "still failing", ERROR.id),
        (key, "fixed", None),
        (key, "not tried", None),
    ]


def test_the_json_report_shows_a_suspicion_until_it_is_confirmed(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    path = tmp_path / "report.json"
    reporter = JsonReporter(context, path)
    reporter.start()
    seen = []
    for event in (FindingSuspected(finding=SEEN), FindingFound(finding=ERROR), FindingSuspected(finding=SEEN)):
        context.cases.handle(event)
        reporter.handle(event)
        seen.append(json.loads(path.read_bytes())["findings"][0])
    assert [item["confirmed"] for item in seen] == ["suspected", "always", "always"]
    assert all(f"{SEEN.id}.json" in item["reproduce"] for item in seen)
