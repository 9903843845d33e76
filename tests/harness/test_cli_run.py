from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.harness.kit.shop import make_shop

from fnfuzz.cli.group import fnfuzz

ENDS = "import sys\nprint('no settings', file=sys.stderr)\nsys.exit(4)\n"


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "fnfuzz", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_cases(report: Path, process: subprocess.Popen[str]) -> None:
    """Until the run has found something, half a minute at most."""
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        if report.exists() and json.loads(report.read_bytes())["findings"]:
            return
        time.sleep(0.02)
    raise AssertionError(process.communicate(timeout=10))


def test_errors_exit_with_1_and_their_command_shows_them_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_shop(tmp_path / "shop", fault="mira")
    monkeypatch.chdir(tmp_path)
    report = tmp_path / "report.json"
    result = CliRunner().invoke(
        fnfuzz, ["run", "shop", "--seed", "5", "--max-time", "2", "--function", "Orders", "--report", f"json={report}"]
    )
    assert result.exit_code == 1, result.output
    assert result.output.startswith("host.json in ")
    assert "\x1b" not in result.output
    data = json.loads(report.read_bytes())
    finding = next(item for item in data["findings"] if item["rule"] == "resp-status-non2xx")
    assert finding["reproduce"] == f"fnfuzz invoke shop --event shop/.fnfuzz/findings/{finding['id']}.json"
    again = CliRunner().invoke(fnfuzz, finding["reproduce"].split()[1:])
    assert (again.exit_code, "STILL FAILING" in again.output) == (1, True)
    handler = tmp_path / "shop" / "handler.py"
    handler.write_text(handler.read_text().replace("BREAK = 'mira'", "BREAK = ''"))
    fixed = CliRunner().invoke(fnfuzz, finding["reproduce"].split()[1:])
    assert (fixed.exit_code, "FIXED: " in fixed.output) == (0, True)


def test_the_next_run_tries_what_was_found_first(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="mira")
    report, handler = tmp_path / "report.json", shop / "handler.py"

    def ran() -> tuple[int, str, dict[str, Any]]:
        words = ["--seed", "5", "--max-time", "3", "--function", "Orders"]
        result = CliRunner().invoke(fnfuzz, ["run", str(shop), *words, "--report", f"json={report}"])
        return result.exit_code, result.output, json.loads(report.read_bytes())

    case = {"schema": "fnfuzz.case/1", "function": "Orders", "rule": "resp-status-non2xx", "place": "status 500"}
    path = shop / ".fnfuzz" / "findings" / "by-hand.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**case, "events": [{"trigger": "queue", "message": "mira"}]}))
    code, output, data = ran()
    assert (code, [item["verdict"] for item in data["known"]]) == (1, ["still failing"])
    assert "known STILL FAILING resp-status-non2xx Orders, status 500" in output
    key = data["known"][0]["id"]
    assert key in [item["id"] for item in data["findings"]]
    handler.write_text(handler.read_text().replace("BREAK = 'mira'", "BREAK = ''"))
    _, output, data = ran()
    assert [item["verdict"] for item in data["known"]] == ["fixed"]
    assert key not in [item["id"] for item in data["findings"]]
    assert "known FIXED" in output
    assert [item.name for item in (path.parent / "fixed").iterdir()] == [f"{key}.json"]
    assert f"{key}.json" not in [item.name for item in path.parent.iterdir()]
    assert not path.exists()


@pytest.mark.parametrize("command", ["run", "check"])
def test_a_handler_that_ends_at_once_exits_with_3_and_is_reported(tmp_path: Path, command: str) -> None:
    make_shop(tmp_path / "shop", program=ENDS)
    report = tmp_path / "report.json"
    result = CliRunner().invoke(fnfuzz, [command, str(tmp_path / "shop"), "--report", f"json={report}"])
    assert result.exit_code == 3
    assert "no settings" in result.output
    assert "start it by hand" in result.output
    assert json.loads(report.read_bytes())["ended"] == "not-started"


def test_a_bare_command_that_ends_at_once_exits_with_3_too(tmp_path: Path) -> None:
    arguments = ["run", str(tmp_path), "--report", "json", "--", sys.executable, "-c", "import sys; sys.exit('bye')"]
    result = CliRunner().invoke(fnfuzz, arguments)
    assert result.exit_code == 3
    assert json.loads(result.stdout)["error"]
    assert "the handler could not be started" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["run", "no-such-folder"], "there is no such file or folder"),
        (["run", "shop", "--function", "Order"], "did you mean Orders?"),
        (["run", "shop", "--report", "jsn"], "did you mean json?"),
        (["check", "shop", "--report", "json=no/r.json"], "name another file"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], hint: str
) -> None:
    make_shop(tmp_path / "shop")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(fnfuzz, arguments)
    assert result.exit_code == 2
    assert hint in result.output
    assert "fnfuzz: " in result.output


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_in_order(tmp_path: Path, number: signal.Signals, code: int) -> None:
    make_shop(tmp_path / "shop", fault="mira")
    report = tmp_path / "report.json"
    process = started("run", str(tmp_path / "shop"), "--max-time", "60", "--report", f"json={report}")
    wait_for_cases(report, process)
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (code, "")
    assert "interrupted after" in out
    assert json.loads(report.read_bytes())["ended"] == "interrupted"


def test_a_killed_run_leaves_a_readable_report_and_case(tmp_path: Path) -> None:
    make_shop(tmp_path / "shop", fault="mira")
    report = tmp_path / "report.json"
    arguments = ("--max-time", "60", "--report", f"json={report}", "--state", str(tmp_path / "state"))
    process = started("run", str(tmp_path / "shop"), *arguments)
    wait_for_cases(report, process)
    process.kill()
    process.communicate(timeout=30)
    data = json.loads(report.read_bytes())
    assert data["ended"] == "running"
    assert (
        os.fspath(tmp_path / "state" / "findings" / f"{data['findings'][0]['id']}.json")
        in data["findings"][0]["reproduce"]
    )


def test_a_second_signal_ends_at_once(tmp_path: Path) -> None:
    script = (
        "import os, signal\n"
        "from fnfuzz.cli.interruption import Interruption\n"
        "with Interruption() as interruption:\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    assert interruption.exit_code == 130\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    print('still here')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (130, "")


TIMES = re.compile(
    r'("(?:duration_s|mean_s|elapsed_s|seconds|first_seconds)": )[\d.e-]+'
    r"|\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|\+00:00)?|[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT"
    r"|\('127\.0\.0\.1', \d+\)"
)
"""Times, and the port of a client, which the handler's server writes into its log."""


def test_the_same_seed_gives_the_same_report_apart_from_times(tmp_path: Path) -> None:
    handler = make_shop(tmp_path / "shop", fault="mira") / "handler.py"
    handler.write_text(handler.read_text().replace("HTTPServer", "ThreadingHTTPServer"))

    def ran(name: str) -> str:
        report, state = tmp_path / name, tmp_path / f"{name}.state"
        words = ["--seed", "5", "--max-cases", "400", "--state", str(state), "--report", f"json={report}"]
        result = CliRunner().invoke(fnfuzz, ["run", str(tmp_path / "shop"), *words])
        assert result.exit_code == 1, result.output
        return TIMES.sub(r"\1*", report.read_text().replace(str(state), "STATE"))

    assert ran("one") == ran("two")
