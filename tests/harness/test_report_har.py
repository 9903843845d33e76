from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from tests.harness.kit.reports import a_nasty_finding, a_repository, a_shop_stream, nasty_texts, reported
from tests.harness.kit.streams import a_warning, an_error, an_exchange

from fnfuzz.contracts.model import LineRequest
from fnfuzz.events import QueueEvent
from fnfuzz.fuzz.finding import Finding
from fnfuzz.report import har

ENTRY = {
    "startedDateTime": str,
    "time": (int, float),
    "request": dict,
    "response": dict,
    "cache": dict,
    "timings": dict,
    "_fnfuzz": dict,
}
REQUEST = {
    "method": str,
    "url": str,
    "httpVersion": str,
    "cookies": list,
    "headers": list,
    "queryString": list,
    "headersSize": int,
    "bodySize": int,
}
RESPONSE = {
    "status": int,
    "statusText": str,
    "httpVersion": str,
    "cookies": list,
    "headers": list,
    "content": dict,
    "redirectURL": str,
    "headersSize": int,
    "bodySize": int,
}
"""What HAR 1.2 asks for."""


def log_of(folder: Path, *findings: Finding) -> dict[str, Any]:
    app = folder / "apps" / "shop"
    text = reported("har", folder, a_shop_stream(app if app.exists() else a_repository(folder), *findings))
    assert text.isascii()
    log: dict[str, Any] = json.loads(text)["log"]
    assert (log["version"], log["creator"]["name"]) == ("1.2", "fnfuzz")
    for entry in log["entries"]:
        for data, keys in ((entry, ENTRY), (entry["request"], REQUEST), (entry["response"], RESPONSE)):
            assert all(isinstance(data[key], kind) for key, kind in keys.items()), data
        assert {"size", "mimeType"} <= set(entry["response"]["content"])
        assert {"send", "wait", "receive"} <= set(entry["timings"])
    assert json.dumps(log, ensure_ascii=False).encode("utf-8")
    return log


def test_the_exchange_of_a_finding_is_an_entry(tmp_path: Path) -> None:
    (entry,) = log_of(tmp_path, an_error())["entries"]
    assert (entry["request"]["method"], entry["request"]["url"]) == ("POST", "http://127.0.0.1:9/Orders")
    assert entry["request"]["postData"]["text"] == '{"Data":{}}'
    assert (entry["response"]["status"], entry["response"]["content"]["text"]) == (500, "oops")
    told = entry["_fnfuzz"]
    assert (told["id"], told["rule"], told["outcome"]) == (an_error().id, "resp-status-non2xx", "failed")
    assert told["reproduce"].startswith("fnfuzz invoke shop --event ")


def test_what_did_not_go_over_http_is_named(tmp_path: Path) -> None:
    line = replace(an_error(), exchange=replace(an_exchange(QueueEvent()), request=LineRequest(b"{}")))
    log = log_of(tmp_path, line, a_warning())
    assert log["entries"] == []
    assert log["_fnfuzz"] == {"ended": "time", "left_out": [line.id, a_warning().id]}


def test_bytes_that_are_no_text_are_base64_and_long_bodies_are_cut(tmp_path: Path) -> None:
    (entry,) = log_of(tmp_path, an_error(body=b"\xff\x00"))["entries"]
    content = entry["response"]["content"]
    assert (content["encoding"], base64.b64decode(content["text"])) == ("base64", b"\xff\x00")
    (entry,) = log_of(tmp_path, an_error(body=b"a" * (har.MOST + 5)))["entries"]
    assert len(entry["response"]["content"]["text"]) == har.MOST
    assert entry["response"]["content"]["size"] == har.MOST + 5
    assert entry["comment"].endswith("; cut: the body of the response")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nasty_texts)
def test_whatever_a_finding_holds_the_log_is_sound(tmp_path: Path, text: str) -> None:
    assert len(log_of(tmp_path, a_nasty_finding(text))["entries"]) == 1
