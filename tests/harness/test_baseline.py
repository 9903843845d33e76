from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.kit.reports import a_shop_stream, traced
from tests.harness.kit.streams import a_context, a_stream, a_warning, an_error

from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.plan import KnownCase
from fnfuzz.fuzz.stream import FindingFound, KnownTried, ProbeFinished, RunEvent
from fnfuzz.report import CaseFiles, ReportError
from fnfuzz.report.baseline import BaselineError, Entry, FailOn, baseline_text, read_baseline, write_baseline
from fnfuzz.report.standing import Kept, Standings, matched

DAY = "2026-06-01"


def entry_of(finding: Finding, **more: str) -> Entry:
    identity = finding.identity
    return Entry(
        **{"id": finding.id, "rule": identity.rule, "function": identity.function, "place": identity.place, **more}
    )


def standings(
    folder: Path, *entries: Entry, fail_on: FailOn = "error", update: bool = False, with_baseline: bool = True
) -> Standings:
    cases = a_context(folder)[0].cases
    kept = Kept(folder / "baseline.json", entries, update) if with_baseline else None
    return Standings(cases, fail_on, kept, DAY)


def told(judge: Standings, events: list[RunEvent], cases: CaseFiles | None = None) -> Standings:
    for event in events:
        if cases is not None:
            cases.handle(event)
        judge.handle(event)
    judge.finish()
    return judge


# -- the file


def test_a_file_comes_back_as_it_was_written_in_a_fixed_order(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    entries = [
        Entry(id="b", rule="r2", reason="\u00e9", expires="2026-12-31"),
        Entry(id="a", rule="r1", function="f", place="p", confirmed="always", first_seen=DAY, last_seen=DAY),
    ]
    assert write_baseline(path, entries)
    assert not write_baseline(path, reversed(entries))
    assert read_baseline(path) == (entries[1], entries[0])
    assert path.read_text().isascii()
    assert [item["id"] for item in json.loads(path.read_text())["findings"]] == ["a", "b"]
    assert "reason" not in json.loads(path.read_text())["findings"][0]
    assert [item.name for item in tmp_path.iterdir()] == ["baseline.json"]


@given(
    st.lists(
        st.builds(Entry, id=st.text(min_size=1), rule=st.text(min_size=1), place=st.text()), unique_by=lambda e: e.id
    )
)
def test_any_entries_come_back(tmp_path_factory: pytest.TempPathFactory, entries: list[Entry]) -> None:
    path = tmp_path_factory.mktemp("any") / "baseline.json"
    write_baseline(path, entries)
    assert sorted(read_baseline(path), key=lambda entry: entry.id) == sorted(entries, key=lambda entry: entry.id)


def document(*findings: object) -> dict[str, Any]:
    return {"schema": "fnfuzz.baseline/1", "findings": list(findings)}


@pytest.mark.parametrize(
    ("content", "hint"),
    [
        (b"<<<<<<< HEAD\n{}", "not JSON: Expecting value in line 1, column 1; mend it"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"[" * 100_000, "is no baseline|is not JSON"),
        ([], "schema: None is not 'fnfuzz.baseline/1'"),
        ({"schema": "fnfuzz.baseline/9"}, "update fnfuzz"),
        ({"schema": "fnfuzz.baseline/1"}, "findings: expected a list"),
        (document(1), r"findings\[0\]: expected an object"),
        (document({"id": "a"}), r"findings\[0\]: rule is missing"),
        (document({"id": "a", "rule": "r", "expire": "x"}), "did you mean expires"),
        (document({"id": "a", "rule": "r", "expires": "31.12.2026"}), "write it as 2026-12-31"),
        (document({"id": "a", "rule": "r", "expires": "20261231"}), "write it as 2026-12-31"),
        (document({"id": "a", "rule": 1}), "expected a text"),
        (document({"id": "a", "rule": "r"}, {"id": "a", "rule": "r"}), "is there twice"),
    ],
)
def test_every_bad_file_is_refused_with_what_to_do(tmp_path: Path, content: object, hint: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    with pytest.raises(BaselineError, match=hint) as error:
        read_baseline(path)
    assert str(path) in str(error.value)


def test_an_entry_expires_after_its_day() -> None:
    entry = Entry(id="a", rule="r", expires=DAY)
    assert [entry.expired(day) for day in ("2026-05-31", DAY, "2026-06-02")] == [False, False, True]
    assert not Entry(id="a", rule="r").expired("9999-12-31")


# -- who is new


def test_known_findings_pass_and_new_and_expired_ones_fail(tmp_path: Path) -> None:
    known, expired, new = an_error(), traced("ValueError at handler.py:3"), traced("TypeError at handler.py:4")
    entries = (entry_of(known, reason="later"), entry_of(expired, expires="2026-05-31", reason="soon"))
    judge = told(standings(tmp_path, *entries), a_stream(tmp_path, known, expired, new))
    assert [judge.of(item).kind for item in (known, expired, new)] == ["known", "expired", "new"]
    assert [judge.fails(item) for item in (known, expired, new)] == [False, True, True]
    assert str(judge.of(expired)) == "known, but let pass only until 2026-05-31: soon"


@pytest.mark.parametrize(
    ("fail_on", "expected"),
    [("error", [True, False]), ("warning", [True, True]), ("new", [True, False]), ("none", [False, False])],
)
def test_fail_on_says_what_counts(tmp_path: Path, fail_on: FailOn, expected: list[bool]) -> None:
    judge = standings(tmp_path, fail_on=fail_on)
    assert [judge.fails(item) for item in (an_error(), a_warning())] == expected


def test_without_a_baseline_new_is_what_no_earlier_run_left(tmp_path: Path) -> None:
    first = a_context(tmp_path)[0].cases
    told(Standings(first, "new"), a_stream(tmp_path, an_error()), first)
    again = a_context(tmp_path)[0].cases
    other = traced("TypeError at handler.py:4")
    judge = told(Standings(again, "new"), a_stream(tmp_path, an_error(), other), again)
    assert [judge.of(item).kind for item in (an_error(), other)] == ["earlier", "new"]
    assert [judge.fails(item) for item in (an_error(), other)] == [False, True]
    strict = told(Standings(again, "error"), a_stream(tmp_path, an_error()), again)
    assert strict.fails(an_error())


def test_a_known_finding_stays_known_when_its_line_moves(tmp_path: Path) -> None:
    old, moved = traced("KeyError at handler.py:18"), traced("KeyError at handler.py:21")
    judge = told(standings(tmp_path, entry_of(old)), a_stream(tmp_path, moved))
    assert judge.of(moved).kind == "known"
    both = told(standings(tmp_path, entry_of(old)), a_stream(tmp_path, moved, old))
    assert [both.of(item).kind for item in (old, moved)] == ["known", "new"]
    for place in ("ValueError at handler.py:21", "KeyError at other.py:21", "status 500"):
        assert told(standings(tmp_path, entry_of(old)), a_stream(tmp_path, traced(place))).fails(traced(place))


def test_a_known_case_that_shows_elsewhere_now_stays_known(tmp_path: Path) -> None:
    old, now = traced("KeyError at handler.py:18"), traced("ValueError at model.py:3")
    case = KnownCase(identity=old.identity, events=old.minimal, functions=("Orders",))
    events = [*a_stream(tmp_path, now)]
    events.insert(1, KnownTried(case=case, verdict="still failing", finding=now))
    assert told(standings(tmp_path, entry_of(old)), events).of(now).kind == "known"


@given(st.lists(st.integers(1, 9), unique=True), st.lists(st.integers(1, 9), unique=True))
def test_no_entry_stands_for_two_findings(lines: list[int], found: list[int]) -> None:
    identities = [Identity("r", "f", "queue", f"E at x.py:{line}") for line in found]
    entries = [
        Entry(id=Identity("r", "f", "queue", f"E at x.py:{n}").id, rule="r", function="f", place=f"E at x.py:{n}")
        for n in lines
    ]
    result = matched(entries, identities)
    assert len({entry.id for entry in result.values()}) == len(result) == min(len(lines), len(found))
    assert all(result[item.id].id == item.id for item in identities if item.id in {entry.id for entry in entries})


# -- what is gone


def gone(folder: Path, entry: Entry, *more: RunEvent) -> bool:
    start, *rest = a_shop_stream(folder)
    return told(standings(folder, entry), [start, *more, *rest]).gone() == (entry,)


def test_what_did_not_come_is_gone_only_where_that_can_be_said(tmp_path: Path) -> None:
    entry = entry_of(an_error())
    case = KnownCase(identity=an_error().identity, events=an_error().minimal, functions=("Orders",))
    assert not gone(tmp_path, entry)
    assert not gone(tmp_path, entry, KnownTried(case=case, verdict="not tried", reason="no time"))
    assert gone(tmp_path, entry, KnownTried(case=case, verdict="fixed"))
    assert gone(tmp_path, Entry(id="a", rule="out-undeclared", function="Removed"))
    assert gone(tmp_path, Entry(id="a", rule="cfg-arg-split", confirmed="files"))
    assert not gone(tmp_path, Entry(id="a", rule="start-too-slow", confirmed="start"))
    probed = Entry(id="a", rule="req-concurrent", function="Orders", confirmed="probe")
    assert gone(tmp_path, probed)
    assert not gone(tmp_path, replace(probed, confirmed="always"))
    broken = ProbeFinished(
        probe="x", title="x", function="Orders", rules=("req-concurrent",), broken=("req-concurrent",), seconds=0.1
    )
    assert not gone(tmp_path, probed, broken)


def test_nothing_is_gone_from_a_run_of_some_functions(tmp_path: Path) -> None:
    judge = standings(tmp_path, Entry(id="a", rule="cfg-arg-split", confirmed="files"))
    judge._cases.words = replace(judge._cases.words, functions=("Orders",))
    assert told(judge, a_shop_stream(tmp_path)).gone() == ()


# -- the update


def test_an_update_adds_renews_and_takes_out(tmp_path: Path) -> None:
    old = traced("KeyError at handler.py:18")
    moved, new = traced("KeyError at handler.py:20"), traced("TypeError at handler.py:4")
    entries = (
        entry_of(old, first_seen="2025-01-01", last_seen="2025-01-01", reason="see #12", expires="2027-01-01"),
        Entry(id="gone", rule="out-undeclared", function="Removed"),
        Entry(id="kept", rule="out-undeclared", function="Orders", place="p"),
    )
    judge = told(standings(tmp_path, *entries, update=True), a_stream(tmp_path, moved, new))
    written = {entry.id: entry for entry in read_baseline(tmp_path / "baseline.json")}
    assert set(written) == {moved.id, new.id, "kept"}
    renewed = written[moved.id]
    assert (renewed.first_seen, renewed.last_seen, renewed.reason) == ("2025-01-01", DAY, "see #12")
    assert renewed.place == "KeyError at handler.py:20"
    assert (written[new.id].first_seen, written[new.id].last_seen) == (DAY, DAY)
    assert judge.written.endswith("was written: 1 new, 1 gone, 1 seen again")
    assert not any(judge.fails(item) for item in (moved, new))


def test_an_update_never_prolongs_what_has_expired(tmp_path: Path) -> None:
    expired = entry_of(an_error(), expires="2026-05-31")
    judge = told(standings(tmp_path, expired, update=True), a_stream(tmp_path, an_error()))
    assert judge.fails(an_error())
    assert read_baseline(tmp_path / "baseline.json")[0].expires == "2026-05-31"


def test_a_second_update_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "baseline.json"
    told(standings(tmp_path, update=True), a_stream(tmp_path, an_error(), a_warning()))
    first = path.read_bytes()
    again = told(standings(tmp_path, *read_baseline(path), update=True), a_stream(tmp_path, a_warning(), an_error()))
    assert path.read_bytes() == first
    assert "holds all of it already" in again.written


def test_a_run_that_did_not_start_leaves_the_baseline_alone(tmp_path: Path) -> None:
    judge = told(standings(tmp_path, update=True), a_stream(tmp_path, an_error(), ended="not-started"))
    assert not (tmp_path / "baseline.json").exists()
    assert "left as it is" in judge.written


def test_a_baseline_that_cannot_be_written_ends_the_command(tmp_path: Path) -> None:
    cases = a_context(tmp_path)[0].cases
    judge = Standings(cases, "error", Kept(tmp_path / "no" / "b.json", (), True), DAY)
    with pytest.raises(ReportError, match="name another file"):
        told(judge, a_stream(tmp_path, an_error()))


def test_findings_that_were_never_told_of_can_be_asked_for(tmp_path: Path) -> None:
    judge = standings(tmp_path, entry_of(an_error()))
    assert judge.of(an_error()).kind == "known"
    judge.handle(FindingFound(finding=a_warning()))
    assert judge.of(a_warning()).kind == "new"
    assert baseline_text(()) == '{\n  "schema": "fnfuzz.baseline/1",\n  "findings": []\n}\n'
