"""A run that is killed loses nothing that it has told, leaves nothing running, and the next run goes on from there."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

from fnfuzz.drivers.guard import MARKER, marked_processes
from fnfuzz.report.cases import Case, read_case

FAULTY = Path(__file__).parents[2] / "examples" / "azure-http-python-faulty"
OURS = "FNFUZZ_TEST_OF_KILLS"
POINTS = [round(random.Random("kills").uniform(low, low + 0.6), 2) for low in (0.4, 1.0, 1.6, 2.2, 2.8, 3.4)]
"""Seconds after the start."""

TOLD = re.compile(r"^error\[(.+?)\] (.+?), (.+?): ", re.MULTILINE)
"""A finding in the output of ``--quiet``: rule, function, place."""


def started(app: Path, state: Path, report: Path, mark: str, *more: str) -> subprocess.Popen[str]:
    words = ["run", str(app), "-q", "--no-color", "--state", str(state), "--report", f"json={report}", *more]
    return subprocess.Popen(
        [sys.executable, "-m", "fnfuzz", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, OURS: mark, "PYTHONUNBUFFERED": "1"},
    )


def killed(process: subprocess.Popen[str], after: float) -> str:
    """What it had said when it was killed so many seconds after its start."""
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    return process.communicate(timeout=30)[0]


def left_running(mark: str) -> list[int]:
    """The processes that a killed run left, after a bounded wait."""
    until = time.monotonic() + 20
    while (left := marked_processes(mark, OURS)) and time.monotonic() < until:
        time.sleep(0.05)
    return left


def cases_in(state: Path) -> dict[str, Case]:
    """Every case file by its id; raises CaseError for a damaged one."""
    return {path.stem: read_case(path.read_bytes()) for path in (state / "findings").glob("*.json")}


@pytest.mark.parametrize(("point", "jobs"), [(point, 1 + number % 2) for number, point in enumerate(POINTS)])
def test_what_a_killed_run_has_told_is_on_disk(tmp_path: Path, point: float, jobs: int) -> None:
    app = shutil.copytree(FAULTY, tmp_path / "app", ignore=shutil.ignore_patterns(".fnfuzz"))
    state, report, mark = tmp_path / "state", tmp_path / "report.json", uuid.uuid4().hex
    said = killed(started(app, state, report, mark, "--max-time", "60", "--seed", "1", "-j", str(jobs)), point)
    assert left_running(mark) == []
    cases = cases_in(state)
    assert {case.identity.id for case in cases.values()} == set(cases)
    if report.exists():
        told = json.loads(report.read_bytes())["findings"]
        assert {item["id"] for item in told if item["minimal"] and item["confirmed"] != "probe"} <= set(cases)
    kept = {(case.rule, case.function, case.place) for case in cases.values()}
    assert {spot for spot in TOLD.findall(said) if spot[0] == "resp-status-non2xx"} <= kept
    assert all(case.state in ("suspected", "confirmed", "shrinking cut short") for case in cases.values())


def test_the_next_run_reports_what_a_killed_one_found(tmp_path: Path) -> None:
    app = shutil.copytree(FAULTY, tmp_path / "app", ignore=shutil.ignore_patterns(".fnfuzz"))
    state, report, mark = tmp_path / "state", tmp_path / "report.json", uuid.uuid4().hex
    process = started(app, state, report, mark, "--max-time", "60", "--seed", "1")
    until = time.monotonic() + 20
    while not list((state / "findings").glob("*.json")) and time.monotonic() < until:
        time.sleep(0.01)
    killed(process, 0.0)
    assert left_running(mark) == []
    found = set(cases_in(state))
    assert found
    again = started(app, state, report, mark, "--max-time", "6")
    again.communicate(timeout=60)
    assert again.returncode == 1
    data = json.loads(report.read_bytes())
    assert {item["id"] for item in data["known"] if item["verdict"] == "still failing"} == found
    assert found <= {item["id"] for item in data["findings"]}
    assert {case.state for key, case in cases_in(state).items() if key in found} <= {
        "confirmed",
        "shrinking cut short",
    }
    assert left_running(mark) == []


def test_every_handler_carries_the_marker_by_which_it_is_found(tmp_path: Path) -> None:
    app = shutil.copytree(FAULTY, tmp_path / "app", ignore=shutil.ignore_patterns(".fnfuzz"))
    mark = uuid.uuid4().hex
    process = started(app, tmp_path / "state", tmp_path / "report.json", mark, "--max-time", "60")
    until, marked = time.monotonic() + 20, False
    while not marked and time.monotonic() < until:
        marked = any(_has_marker(pid) for pid in marked_processes(mark, OURS) if pid != process.pid)
        time.sleep(0.02)
    killed(process, 0.0)
    assert marked
    assert left_running(mark) == []


def _has_marker(pid: int) -> bool:
    try:
        return f"{MARKER}=".encode() in Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
