from __future__ import annotations

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.streams import a_context, an_error

from fnfuzz.events import QueueEvent, RawEvent, to_data
from fnfuzz.report import AppWords, Case, CaseError, CaseFiles, ReportError, open_reporters, read_case
from fnfuzz.report.console import ConsoleReporter


def test_a_saved_case_is_read_back(tmp_path: Path) -> None:
    events = (QueueEvent(message=b"\xff"), QueueEvent(message=b"2"))
    finding = replace(an_error(), minimal=events, confirmed="sequence")
    path = CaseFiles(tmp_path / ".fnfuzz", AppWords()).keep(finding)
    assert path == tmp_path / ".fnfuzz" / "findings" / f"{finding.id}.json"
    identity = finding.identity
    case = read_case(path.read_bytes())
    assert (case.events, case.identity, case.confirmed) == (events, identity, "sequence")
    assert (case.state, case.count, case.message) == ("confirmed", 3, finding.message)
    assert (case.original, case.first_seen) == (finding.original, case.last_seen)


def test_the_state_folder_keeps_itself_out_of_git(tmp_path: Path) -> None:
    CaseFiles(tmp_path / ".fnfuzz", AppWords()).keep(an_error())
    assert (tmp_path / ".fnfuzz" / ".gitignore").read_text() == "*\n"


def test_the_command_names_the_case_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    cases = CaseFiles(tmp_path / "my app" / ".fnfuzz", AppWords(app="my app", options=("--contract", "fc-event")))
    cases.keep(an_error())
    line = cases.reproduce(an_error())
    path = f"my app/.fnfuzz/findings/{an_error().id}.json"
    assert shlex.split(line) == ["fnfuzz", "invoke", "my app", "--event", path, "--contract", "fc-event"]
    assert Path(path).is_file()


def test_a_finding_without_an_event_is_shown_again_by_check(tmp_path: Path) -> None:
    cases = CaseFiles(tmp_path / "state", AppWords(app="shop", functions=("A b",), command=("./x", "$HOME")))
    for finding in (replace(an_error(), minimal=()), replace(an_error(), confirmed="probe")):
        assert cases.keep(finding) is None
        assert cases.reproduce(finding) == "fnfuzz check shop --function 'A b' -- ./x '$HOME'"
    assert not (tmp_path / "state").exists()


def test_a_folder_that_cannot_be_written_is_replaced_by_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "file").write_text("")
    cases = CaseFiles(tmp_path / "file", AppWords())
    path = cases.keep(an_error())
    assert path is not None
    assert path.is_file()
    assert str(tmp_path / "file") in cases.moved


def test_when_nothing_can_be_written_check_is_what_remains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "no"))
    (tmp_path / "file").write_text("")
    cases = CaseFiles(tmp_path / "file", AppWords())
    assert cases.keep(an_error()) is None
    assert cases.reproduce(an_error()) == "fnfuzz check ."


@pytest.mark.parametrize("text", ['{"trigger":"raw","body":"x"}', '[{"trigger":"raw","body":"x"}]'])
def test_plain_events_are_cases_too(text: str) -> None:
    assert read_case(text) == Case((RawEvent(body=b"x"),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"\xff", "not UTF-8"),
        ("{", "line 1, column 2"),
        ("[]", "holds no event"),
        ("7", "an event is an object"),
        ('{"trigger":"tea"}', "'tea' is none of"),
        ('{"schema":"other/1"}', "'other/1' is not 'fnfuzz.case/1'"),
        ('{"schema":"fnfuzz.case/1"}', "expected a list of events"),
        (json.dumps({"schema": "fnfuzz.case/1", "events": [to_data(RawEvent())], "rule": 7}), "rule: expected a text"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_what_is_no_case_is_told(text: str | bytes, message: str) -> None:
    with pytest.raises(CaseError, match=message):
        read_case(text)


def test_the_console_is_always_there_and_leaves_stdout_to_json(tmp_path: Path) -> None:
    context, out = a_context(tmp_path)
    errors, _ = a_context(tmp_path)
    alone = open_reporters([], context)
    both = open_reporters(["json"], context, errors.out)
    file = open_reporters([f"json={tmp_path / 'r.json'}"], context, errors.out)
    consoles = [next(item for item in made if isinstance(item, ConsoleReporter)) for made in (alone, both, file)]
    assert [console.context.out for console in consoles] == [out, errors.out, out]
    assert [len(alone), len(both), len(file)] == [1, 2, 2]


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["jsn=x"], "did you mean json"),
        (["tea"], "there are console, json"),
        (["json="], "missing"),
        (["json", "json"], "both"),
    ],
)
def test_a_report_that_makes_no_sense_is_refused(tmp_path: Path, wanted: list[str], message: str) -> None:
    with pytest.raises(ReportError, match=message):
        open_reporters(wanted, a_context(tmp_path)[0])
