"""What no host sends: a handler that ends or stands still after it, and those that do not care."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.azure_handler import ON_ORDER, azure_app
from tests.harness.kit.fc_handler import fc_app

from fnfuzz.app.model import App
from fnfuzz.checks.hostile import HOSTILE_PROBES
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.stream import PhaseStarted, ProbeFinished
from fnfuzz.host import Host

ENVELOPE, WIRE = HOSTILE_PROBES
BREAKS = ("hostile-input-crash", "hostile-input-wedges")
ENDS_ON_NO_HTTP = """
def guarded(sock):
    try:
        converse(sock)
    except ValueError:
        os._exit(3)
"""
LOOPS_AT_THE_END = """
def read_body(file, headers):
    size, body = int(headers.get("content-length") or 0), b""
    while len(body) < size:
        body += file.read(size - len(body))
    return body

def accept(server):
    while True:
        sock = server.accept()[0]
        try:
            converse(sock)
        except Exception:
            pass
"""
TRUSTS_THE_ENVELOPE = """
def safely(method, path, headers, body):
    try:
        return on_request(method, path, headers, body)
    except KeyError:
        os._exit(9)
    except Exception as error:
        return 500, "text/plain", repr(error).encode()
"""


def told(app: App, index: int) -> list[tuple[str, str]]:
    with Host(app, patience=2.0) as host:
        probe = HOSTILE_PROBES[index]
        return [(item.violation.rule, item.violation.place) for item in probe.run(host, app.functions[0])]


def test_a_handler_that_ends_on_what_is_no_http_is_told(tmp_path: Path) -> None:
    found = told(fc_app(tmp_path, ENDS_ON_NO_HTTP), 1)
    assert ("hostile-input-crash", "a length that is no number") in found
    assert {rule for rule, _ in found} == {"hostile-input-crash"}


def test_a_handler_that_loops_at_the_end_of_a_connection_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fnfuzz.checks.experiment.SHORTEST_PATIENCE", 0.5)
    found = told(fc_app(tmp_path, LOOPS_AT_THE_END), 1)
    assert ("hostile-input-wedges", "a request that ends in its body") in found
    assert {rule for rule, _ in found} == {"hostile-input-wedges"}


def test_a_handler_that_trusts_the_envelope_is_told(tmp_path: Path) -> None:
    found = told(azure_app(tmp_path, ON_ORDER, TRUSTS_THE_ENVELOPE), 0)
    assert ("hostile-input-crash", "no Data") in found


def test_handlers_that_do_not_care_hear_nothing(tmp_path: Path) -> None:
    assert told(azure_app(tmp_path, ON_ORDER), 0) == []
    assert told(azure_app(tmp_path, ON_ORDER), 1) == []
    assert told(fc_app(tmp_path), 1) == []


@pytest.mark.parametrize("hostile", [True, False])
def test_it_is_done_only_when_asked_for(tmp_path: Path, hostile: bool) -> None:
    plan = Plan(seed=1, max_time=20.0, max_cases=3, phases=frozenset(), hostile=hostile)
    events = list(run(replace(fc_app(tmp_path)), plan))
    assert any(isinstance(event, PhaseStarted) and event.phase == "hostile" for event in events) is hostile
    assert any(isinstance(event, ProbeFinished) and event.probe == "hostile-wire" for event in events) is hostile
