from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.kit.streams import a_context, a_stream, a_warning, an_error, an_exchange, feed

from fnfuzz.contracts.model import Exit, Fault, LineReply, LineRequest, Observed
from fnfuzz.events import QueueEvent, from_data
from fnfuzz.fuzz.finding import Finding
from fnfuzz.report import ReportError
from fnfuzz.report.json_report import JsonReporter
from fnfuzz.report.plain_data import MAX_BYTES, exchange_data, finding_data

DOCUMENT: dict[str, Any] = {
    "schema": str,
    "app": str,
    "contract": list,
    "seed": int,
    "duration_s": float,
    "cases": int,
    "functions": list,
    "findings": list,
}
FUNCTION: dict[str, Any] = {"name": str, "trigger": str, "contract": str, "cases": int}
FINDING: dict[str, Any] = {
    "id": str,
    "rule": str,
    "severity": str,
    "function": (str, type(None)),
    "trigger": (str, type(None)),
    "message": str,
    "count": int,
    "first_case": int,
    "first_seconds": float,
    "minimal": (dict, list, type(None)),
    "exchange": (dict, type(None)),
    "reproduce": str,
    "explanation": list,
}


def conforms(data: dict[str, Any], keys: dict[str, Any]) -> bool:
    return all(isinstance(data[key], kind) for key, kind in keys.items())


def written(folder: Path, *findings: Finding) -> dict[str, Any]:
    context, _ = a_context(folder)
    path = folder / "report.json"
    feed(JsonReporter(context, path), a_stream(folder, *findings))
    data: dict[str, Any] = json.loads(path.read_bytes())
    return data


def test_the_document_has_all_keys_of_the_design(tmp_path: Path) -> None:
    data = written(tmp_path, an_error(), a_warning())
    assert data["schema"] == "fnfuzz.report/1"
    assert conforms(data, DOCUMENT)
    assert all(conforms(item, FUNCTION) for item in data["functions"])
    assert all(conforms(item, FINDING) for item in data["findings"])
    assert (data["contract"], data["seed"], data["cases"], data["ended"]) == (["azure-http"], 42, 100, "time")
    assert [item["severity"] for item in data["findings"]] == ["error", "warning"]


def test_the_minimal_event_comes_back_as_it_was(tmp_path: Path) -> None:
    event = QueueEvent(message=b"\xff\x00\x7f")
    data = written(tmp_path, an_error(event))
    assert data["findings"][0]["minimal"]["trigger"] == "queue"
    assert data["findings"][0]["minimal"]["message_base64"] == "/wB/"
    assert from_data(data["findings"][0]["minimal"]) == event


def test_a_sequence_is_a_list_and_no_event_is_null() -> None:
    sequence = replace(an_error(), minimal=(QueueEvent(), QueueEvent(message=b"2")), confirmed="sequence")
    assert [item["message"] for item in finding_data(sequence, "")["minimal"]] == ["", "2"]
    assert finding_data(replace(an_error(), minimal=(), exchange=None), "")["minimal"] is None


def test_an_exchange_tells_both_sides_and_the_hosts_view() -> None:
    data = exchange_data(an_exchange(QueueEvent(), stderr=b"\xff"))
    assert {"request", "reply", "fault", "exit", "elapsed_s", "outcome"} <= set(data)
    assert data["stderr_base64"] == "/w=="
    assert data["request"]["body"] == '{"Data":{}}'
    assert (data["reply"]["status"], data["outcome"]["delivery"]) == (500, "redelivered")


def test_lines_faults_and_exits_are_told() -> None:
    observed = Observed(
        reply=LineReply((b"x", b"\xff"), None, b"p"), fault=Fault("exited", "gone", b"r"), exit=Exit(-11)
    )
    data = exchange_data(replace(an_exchange(QueueEvent()), request=LineRequest(b"{}"), observed=observed))
    assert data["request"] == {"line": "{}"}
    assert data["reply"]["lines"] == [{"text": "x"}, {"text_base64": "/w=="}]
    assert data["fault"] == {"kind": "exited", "message": "gone", "raw": "r"}
    assert data["exit"] == {"code": None, "signal": 11, "text": "signal 11 (SIGSEGV)"}


def test_a_large_answer_is_cut_and_its_size_told() -> None:
    body = b"a" + "é".encode() * MAX_BYTES
    reply = exchange_data(an_exchange(QueueEvent(), body=body))["reply"]
    assert reply["body"] == "a" + "é" * ((MAX_BYTES - 1) // 2)
    assert reply["body_size"] == len(body)


def test_the_file_is_whole_after_every_event(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    path = tmp_path / "report.json"
    reporter = JsonReporter(context, path)
    reporter.start()
    seen = []
    for event in a_stream(tmp_path, an_error(), a_warning()):
        seen.append(json.loads(path.read_bytes()))
        reporter.handle(event)
    assert [len(data["findings"]) for data in seen] == [0, 0, 0, 1, 2]
    assert {data["ended"] for data in seen} == {"running"}
    assert [item.name for item in tmp_path.iterdir() if item.suffix == ".tmp"] == []


def test_a_run_without_an_end_is_interrupted(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    path = tmp_path / "report.json"
    feed(JsonReporter(context, path), a_stream(tmp_path, an_error())[:-1])
    data = json.loads(path.read_bytes())
    assert (data["ended"], len(data["findings"])) == ("interrupted", 1)


def test_the_text_is_printable_ascii(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    context, _ = a_context(tmp_path)
    nasty = an_error(body="\x1b\r\x00\x7f\u202eé".encode(), message="\x1b\x7f\u202e\udc80")
    feed(JsonReporter(context, None), a_stream(tmp_path, nasty))
    text = capsys.readouterr().out
    assert text.isascii()
    assert text.replace("\n", "").isprintable()
    assert json.loads(text)["findings"][0]["message"] == "\x1b\x7f\u202e\udc80"


def test_a_path_that_cannot_be_written_shows_before_the_run(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    with pytest.raises(ReportError, match="name another file"):
        JsonReporter(context, tmp_path / "no" / "report.json").start()


def test_a_device_is_written_into_and_never_replaced(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    feed(JsonReporter(context, Path(os.devnull)), a_stream(tmp_path, an_error()))
    assert stat.S_ISCHR(Path(os.devnull).stat().st_mode)
