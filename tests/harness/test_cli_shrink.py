from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from tests.harness.kit.shop import make_shop

from fnfuzz.cli.group import fnfuzz
from fnfuzz.cli.shrinking import _Course
from fnfuzz.events import Event, HttpEvent, QueueEvent, to_data
from fnfuzz.report import Case, read_case
from fnfuzz.report.cases import case_bytes
from fnfuzz.report.progress import Meter

BIG = QueueEvent(message=b'{"id":"7","names":["mira","other"],"note":"a long text"}', dequeue_count=3)
SMALL = QueueEvent(message=b"mira")
MIRA = Case((BIG,), "Orders", "resp-status-non2xx", "status 500", trigger="queue", state="shrinking cut short")


def shrunk(*arguments: object, text: str | None = None) -> Result:
    return CliRunner().invoke(fnfuzz, ["shrink", *map(str, arguments)], input=text)


def a_file(path: Path, case: Case) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(case_bytes(case))
    return path


def an_event(path: Path, event: Event) -> Path:
    path.write_text(json.dumps(to_data(event)))
    return path


def test_a_case_is_shrunk_further_and_written_back_with_its_history(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="mira")
    history = replace(MIRA, app=str(shop), count=5, first_seen="2026-01-01T00:00:00Z", original=BIG)
    path = a_file(tmp_path / "case.json", history)
    result = shrunk(path)
    assert result.exit_code == 0, result.output
    assert "error[resp-status-non2xx]: The answer has status 500" in result.output
    assert " to 4 characters; " in result.output
    case = read_case(path.read_bytes())
    assert (case.events[0], case.state, case.confirmed) == (SMALL, "confirmed", "always")
    assert (case.count, case.first_seen, case.original) == (6, "2026-01-01T00:00:00Z", BIG)


def test_a_recorded_event_is_left_as_it_is_and_its_case_kept_beside_the_app(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="mira")
    path = an_event(tmp_path / "event.json", BIG)
    before = path.read_bytes()
    result = shrunk(path, shop)
    assert result.exit_code == 0, result.output
    assert path.read_bytes() == before
    (written,) = (shop / ".fnfuzz" / "findings").glob("*.json")
    assert read_case(written.read_bytes()).events == (SMALL,)
    again = CliRunner().invoke(fnfuzz, ["invoke", str(shop), "--event", str(written)])
    assert "STILL FAILING" in again.output


def test_the_result_can_go_to_another_file(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="mira")
    result = shrunk("-", shop, "--output", tmp_path / "out.json", text=json.dumps(to_data(BIG)))
    assert result.exit_code == 0, result.output
    assert read_case((tmp_path / "out.json").read_bytes()).events == (SMALL,)
    assert not (shop / ".fnfuzz").exists()


def test_a_sequence_is_shrunk_too(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="mira")
    handler = shop / "handler.py"
    handler.write_text(
        handler.read_text().replace(
            "if BREAK and BREAK.encode() in body:",
            "globals().setdefault('SEEN', []).append(body)\n"
            "        if b'stop' in body and any(b'mira' in item for item in SEEN):",
        )
    )
    events = tuple(QueueEvent(message=text) for text in (b"a", b"a mira", b"stop"))
    case = replace(MIRA, events=events, functions=("Orders",) * 3, app=str(shop), confirmed="sequence")
    path = a_file(tmp_path / "case.json", case)
    result = shrunk(path)
    assert result.exit_code == 0, result.output
    assert "shrunk from 3 events with " in result.output
    assert read_case(path.read_bytes()).events == (SMALL, QueueEvent(message=b"stop"))


def test_the_app_is_the_folder_that_holds_the_case(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="mira")
    path = a_file(shop / ".fnfuzz" / "findings" / "x.json", replace(MIRA, app=str(tmp_path / "gone")))
    assert shrunk(path).exit_code == 0
    assert read_case(path.read_bytes()).events == (SMALL,)


def test_a_case_that_fails_no_more_is_fixed_and_left(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop")
    path = a_file(tmp_path / "case.json", MIRA)
    before = path.read_bytes()
    result = shrunk(path, shop)
    assert result.exit_code == 0
    assert result.output.startswith("FIXED: this case does not break resp-status-non2xx")
    assert path.read_bytes() == before
    event = shrunk(an_event(tmp_path / "event.json", BIG), shop)
    assert (event.exit_code, "no rule is broken" in event.output) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["no-such-file", "shop"], "no-such-file: No such file"),
        (["text", "shop"], "CASE text: is not JSON"),
        (["event.json"], "it does not say which app it is of; name the app: fnfuzz shrink event.json APP"),
        (["case.json"], "is not there any more; name the app: fnfuzz shrink case.json APP"),
        (["event.json", "no-such-app"], "there is no such file or folder"),
        (["event.json", "shop", "--function", "Order"], "did you mean Orders?"),
        (["timer.json", "shop"], "no function is fed by timer"),
        (["event.json", "shop", "--output", "no/such/folder/case.json"], "name another file with --output"),
        (["event.json", "shop", "--max-time", "soon"], "write 30s, 5m or 1h"),
        (["state.json", "shop"], "state-leak takes more than its events to show"),
        ([], "Missing argument 'CASE'"),
    ],
)
def test_wrong_usage_exits_with_2_and_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], hint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    make_shop(tmp_path / "shop", fault="mira")
    an_event(tmp_path / "event.json", BIG)
    (tmp_path / "timer.json").write_text('{"trigger":"timer"}')
    (tmp_path / "text").write_text("{")
    a_file(tmp_path / "state.json", replace(MIRA, rule="state-leak"))
    a_file(tmp_path / "case.json", replace(MIRA, app=str(tmp_path / "gone")))
    result = shrunk(*arguments)
    assert result.exit_code == 2, result.output
    assert hint in " ".join(result.output.split())


def test_a_handler_that_does_not_start_exits_with_3(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", program="raise SystemExit('no settings')")
    result = shrunk(an_event(tmp_path / "event.json", BIG), shop)
    assert result.exit_code == 3
    assert "no settings" in result.output


def test_ctrl_c_keeps_the_best_so_far(tmp_path: Path) -> None:
    shop = make_shop(tmp_path / "shop", fault="mira")
    handler = shop / "handler.py"
    asked = tmp_path / "asked"
    slow = f"body = self.read_body(); import time; time.sleep(0.1); open({str(asked)!r}, 'a').write('x')"
    text = handler.read_text().replace("body = self.read_body()", slow)
    handler.write_text(text)
    words = " ".join(f"word{number}" for number in range(40))
    event = HttpEvent(method="POST", path="/api/Hello", body=f"{words} mira {words}".encode())
    path = a_file(tmp_path / "case.json", replace(MIRA, function="Hello", trigger="http", events=(event,)))
    process = subprocess.Popen(
        [sys.executable, "-m", "fnfuzz", "shrink", str(path), str(shop)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 40
    while time.monotonic() < until and (not asked.exists() or asked.stat().st_size < 18):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, out
    assert err == "ending; press Ctrl-C again to end at once\n"
    assert "interrupted, there may be a smaller one" in " ".join(out.split())
    case = read_case(path.read_bytes())
    assert case.state == "shrinking cut short"
    assert isinstance(case.events[0], HttpEvent)
    assert b"mira" in case.events[0].body
    assert len(case.events[0].body) < len(event.body)


def test_a_pipe_gets_a_line_now_and_then() -> None:
    now, out = 100.0, io.StringIO()
    course = _Course(Meter("shrinking", "event", stream=out, clock=lambda: now))
    course.begin([SMALL])
    for _ in range(17):
        now += 1.0
        course.tried()
    assert out.getvalue().splitlines() == [
        "shrinking: 5 events, 1/s, 4 characters now, 5 s",
        "shrinking: 15 events, 1/s, 4 characters now, 15 s",
    ]
