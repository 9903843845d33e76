from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from tests.harness.kit.reports import (
    a_nasty_finding,
    a_repository,
    a_shop_stream,
    judged,
    nasty_texts,
    reported,
    traced,
)
from tests.harness.kit.streams import a_context, a_stream, a_warning, an_error

from fnfuzz.fuzz.finding import Finding

PYTHON_TRACE = 'Traceback (most recent call last):\n  File "handler.py", line 7, in x\n    y()\nKeyError: 1'
SCHEMA = Path(__file__).parent / "schemas" / "sarif-2.1.0.json"


@functools.cache
def validator() -> jsonschema.Draft4Validator:
    return jsonschema.Draft4Validator(json.loads(SCHEMA.read_bytes()))


def log_of(folder: Path, *findings: Finding, **finished: object) -> dict[str, Any]:
    app = folder / "apps" / "shop"
    text = reported(
        "sarif", folder, a_shop_stream(app if app.exists() else a_repository(folder), *findings, **finished)
    )
    assert text.isascii()
    data: dict[str, Any] = json.loads(text)
    validator().validate(data)
    run: dict[str, Any] = data["runs"][0]
    return run


def where(result: dict[str, Any]) -> tuple[str, int]:
    place = result["locations"][0]["physicalLocation"]
    return place["artifactLocation"]["uri"], place["region"]["startLine"]


def test_a_finding_is_a_result_at_the_line_that_its_trace_names(tmp_path: Path) -> None:
    run = log_of(tmp_path, an_error(), a_warning())
    error, warning = run["results"]
    assert where(error) == ("apps/shop/handler.py", 18)
    assert error["locations"][0]["logicalLocations"][0]["name"] == "Orders"
    assert (error["level"], warning["level"]) == ("error", "warning")
    assert error["partialFingerprints"]["fnfuzzId/v1"] == an_error().id
    assert error["message"]["text"].startswith("Orders: The answer has status 500.")
    rules = run["tool"]["driver"]["rules"]
    assert [rules[item["ruleIndex"]]["id"] for item in run["results"]] == ["resp-status-non2xx", "out-undeclared"]
    assert all(rule["help"]["text"] and rule["help"]["markdown"] for rule in rules)
    assert run["invocations"][0]["executionSuccessful"] is True


@pytest.mark.parametrize(
    ("place", "trace", "expected"),
    [
        ("KeyError at handler.py:18", (), ("apps/shop/handler.py", 18)),
        ("KeyError at handler.py:9000", (), ("apps/shop/Orders/function.json", 1)),
        ("KeyError at only.py:2", (), ("apps/shop/lib/only.py", 2)),
        ("KeyError at twice.py:1", (), ("apps/shop/Orders/function.json", 1)),
        ("KeyError at passwd:1", ('File "/etc/passwd", line 1, in x',), ("apps/shop/Orders/function.json", 1)),
        ("KeyError at link.py:1", (), ("apps/shop/Orders/function.json", 1)),
        ("KeyError at up.py:1", ('File "APP/../up.py", line 1, in x',), ("apps/shop/Orders/function.json", 1)),
        ("status 500", (), ("apps/shop/Orders/function.json", 1)),
        ("status 500", (PYTHON_TRACE,), ("apps/shop/handler.py", 7)),
    ],
)
def test_no_location_is_outside_of_the_app(
    tmp_path: Path, place: str, trace: tuple[str, ...], expected: tuple[str, int]
) -> None:
    app = a_repository(tmp_path)
    (app / "lib").mkdir()
    for name in ("lib/only.py", "lib/twice.py", "Orders/twice.py", "../up.py"):
        (app / name).write_text("1\n2\n")
    (app / "link.py").symlink_to("/etc/passwd")
    lines = tuple(line.replace("APP", str(app)) for line in trace)
    assert where(log_of(tmp_path, traced(place, *lines))["results"][0]) == expected


def test_a_finding_of_the_app_is_located_in_what_declares_it(tmp_path: Path) -> None:
    finding = replace(an_error(), identity=replace(an_error().identity, function="", place=""))
    result = log_of(tmp_path, finding)["results"][0]
    assert where(result) == ("apps/shop/host.json", 1)
    assert "logicalLocations" not in result["locations"][0]


def test_known_findings_are_suppressed_with_their_reason(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    context, _ = a_context(tmp_path)
    known = {"id": an_error().id, "rule": "resp-status-non2xx", "reason": "see 12", "expires": "2026-12-31"}
    stream = a_shop_stream(app, an_error(), a_warning())
    data = json.loads(reported("sarif", tmp_path, stream, judged(context, tmp_path, known)))
    validator().validate(data)
    error, warning = data["runs"][0]["results"]
    assert error["suppressions"][0]["justification"] == "known, let pass until 2026-12-31: see 12"
    assert (error["baselineState"], warning["baselineState"]) == ("unchanged", "new")
    assert "suppressions" not in warning


def test_every_state_of_the_file_is_valid(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    for length in range(6):
        text = reported("sarif", tmp_path, a_shop_stream(app, an_error())[:length])
        validator().validate(json.loads(text))
        assert json.loads(text)["runs"][0]["invocations"][0]["executionSuccessful"] is False
    failed = log_of(tmp_path, ended="not-started", error="it {ended}", stderr=("x",))["invocations"][0]
    assert failed["executionSuccessful"] is False
    assert failed["toolExecutionNotifications"][0]["message"]["text"] == "it {{ended}}"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nasty_texts)
def test_whatever_a_finding_holds_the_log_is_valid(tmp_path: Path, text: str) -> None:
    run = log_of(tmp_path, a_nasty_finding(text))
    message = run["results"][0]["message"]["text"]
    assert "](" not in message
    assert "{" not in message.replace("{{", "")
    assert where(run["results"][0])[0].startswith("apps/shop")
    assert json.dumps(run, ensure_ascii=False).encode("utf-8")


def test_an_app_in_no_repository_is_its_own_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    app = a_repository(tmp_path)
    (tmp_path / ".git").rmdir()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    run = json.loads(reported("sarif", tmp_path, a_stream(app, an_error())))["runs"][0]
    assert where(run["results"][0]) == ("handler.py", 18)
