from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.harness.kit.fc_handler import fc_app

from fnfuzz.app.model import App, Function, Problem
from fnfuzz.events import HttpEvent, RawEvent
from fnfuzz.fuzz import Finding, Plan, run
from fnfuzz.fuzz.plan import Phase
from fnfuzz.fuzz.stream import FindingFound, HandlerStarted, PhaseStarted, RunEvent, RunFinished, RunStarted

HANDLER = """
import json, os, socket, sys, threading, time
calls = 0
def answer(body):
    global calls
    calls += 1
{body}
def serve(c):
    data = b""
    while True:
        while b"\\r\\n\\r\\n" not in data:
            more = c.recv(65536)
            if not more: return
            data += more
        head, _, rest = data.partition(b"\\r\\n\\r\\n")
        lower = head.lower()
        if b"chunked" in lower:
            while not rest.endswith(b"0\\r\\n\\r\\n"): rest += c.recv(65536)
            body, left = b"", rest
            while True:
                size, _, left = left.partition(b"\\r\\n")
                if int(size, 16) == 0: break
                body += left[:int(size, 16)]; left = left[int(size, 16) + 2:]
            data = b""
        else:
            n = int(lower.split(b"content-length:")[1].split(b"\\r\\n")[0]) if b"content-length:" in lower else 0
            while len(rest) < n: rest += c.recv(65536)
            body, data = rest[:n], rest[n:]
        status, out = answer(body)
        c.sendall(b"HTTP/1.1 %d X\\r\\nContent-Length: %d\\r\\n\\r\\n%b" % (status, len(out), out))
def guarded(c):
    try: serve(c)
    except (OSError, ValueError): pass
    except Exception:
        import traceback; traceback.print_exc(); os._exit(3)
    finally: c.close()
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("0.0.0.0", int(os.environ["FC_SERVER_PORT"]))); s.listen(64)
while True: threading.Thread(target=guarded, args=(s.accept()[0],), daemon=True).start()
"""

QUICK = frozenset({"boundaries", "explore"})


def app_of(folder: Path, body: str, *, trigger: str = "raw", problems: tuple[Problem, ...] = ()) -> App:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    (folder / "main.py").write_text(HANDLER.replace("{body}", indented))
    contract = "fc-event" if trigger == "raw" else "fc-web"
    function = Function(
        name="job", trigger=trigger, contract=contract, form="raw" if trigger == "raw" else "", timeout=60.0
    )  # type: ignore[arg-type] # one of the two
    return App(
        root=folder,
        name="app",
        platform="fc",
        reason="test",
        command=(sys.executable, "-I", "-S", "main.py"),
        cwd=folder,
        functions=(function,),
        start_timeout=120.0,
        settled=True,
        problems=problems,
    )


def findings(events: list[RunEvent]) -> list[Finding]:
    return [event.finding for event in events if isinstance(event, FindingFound)]


def play(app: App, **plan: object) -> list[RunEvent]:
    arguments: dict[str, object] = {"seed": 3, "max_time": 200.0, "max_cases": 400, "phases": QUICK, **plan}
    return list(run(app, Plan(**arguments)))  # type: ignore[arg-type] # a plan's own keys


def test_a_clean_handler_gives_no_finding(tmp_path: Path) -> None:
    events = play(app_of(tmp_path, 'return 200, b"ok"'))
    assert isinstance(events[0], RunStarted)
    assert isinstance(events[-1], RunFinished)
    assert any(isinstance(event, HandlerStarted) for event in events)
    assert findings(events) == []
    assert events[-1].ended == "cases"
    assert events[-1].cases == 400


def test_a_crash_is_found_confirmed_and_shrunk_and_told_once(tmp_path: Path) -> None:
    events = play(
        app_of(
            tmp_path, 'value = json.loads(body or b"{}")\nif isinstance(value, list): value["x"]\nreturn 200, b"ok"'
        ),
        max_cases=60,
    )
    found = [item for item in findings(events) if "TypeError" in item.identity.place]
    assert [item.minimal for item in found] == [(RawEvent(body=b"[]"),)]
    assert found[0].confirmed == "always"
    assert found[0].identity.rule in ("process-exit-on-request", "non-json-event-crash")
    assert found[0].trace[-1].startswith("TypeError")


def test_a_failure_that_needs_an_earlier_event_comes_as_a_sequence(tmp_path: Path) -> None:
    body = """global poisoned
if body == b"": poisoned = True
if body == b"{}" and globals().get("poisoned"): raise KeyError("x")
return 200, b"ok"
"""
    found = findings(play(app_of(tmp_path, body)))
    sequences = [item for item in found if item.confirmed == "sequence"]
    assert [item.minimal for item in sequences] == [(RawEvent(body=b""), RawEvent(body=b"{}"))]


def test_what_does_not_come_again_is_told_as_unstable(tmp_path: Path) -> None:
    body = """flag = "once"
if body == b"{}" and not os.path.exists(flag):
    open(flag, "w").close()
    return 500, b"no"
return 200, b"ok"
"""
    found = findings(play(app_of(tmp_path, body)))
    assert [item.confirmed for item in found] == ["unstable"]


def test_a_hang_is_found_and_the_run_goes_on(tmp_path: Path) -> None:
    body = 'if body == b"[]": time.sleep(60)\nreturn 200, b"ok"'
    events = play(app_of(tmp_path, body), patience=0.4, max_cases=120)
    found = findings(events)
    assert [(item.identity.rule, item.minimal) for item in found] == [("no-response", (RawEvent(body=b"[]"),))]
    assert isinstance(events[-1], RunFinished)
    assert events[-1].cases == 120


def test_the_same_seed_gives_the_same_cases_and_findings(tmp_path: Path) -> None:
    body = """value = json.loads(body or b"{}")
if isinstance(value, dict) and value.get("qty") == 0: 1 // value["qty"]
return 200, b"%d" % len(body)
"""
    app = app_of(tmp_path, body)
    first, second = (findings(play(app, max_cases=200)) for _ in range(2))
    assert [(item.identity, item.minimal, item.first_case) for item in first] == [
        (item.identity, item.minimal, item.first_case) for item in second
    ]
    assert first


def test_a_handler_that_exits_at_start_is_told_and_ends_the_run(tmp_path: Path) -> None:
    app = app_of(tmp_path, "return 200, b''")
    (tmp_path / "main.py").write_text("import sys\nprint('no database', file=sys.stderr)\nsys.exit(7)\n")
    events = play(app)
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert last.ended == "not-started"
    assert "exit code 7" in last.error
    assert last.stderr == ("no database",)
    assert [item.identity.rule for item in last.findings] == ["exit-before-ready"]


def test_problems_of_the_files_are_findings(tmp_path: Path) -> None:
    problem = Problem(rule="start-file-not-executable", message="not executable", place="bootstrap")
    events = play(app_of(tmp_path, 'return 200, b"ok"', problems=(problem,)), max_cases=5)
    assert [(item.identity.rule, item.confirmed) for item in findings(events)] == [
        ("start-file-not-executable", "files")
    ]


def test_an_interrupt_ends_the_run_in_order(tmp_path: Path) -> None:
    stream = run(app_of(tmp_path, 'return 200, b"ok"'), Plan(seed=1, max_time=30.0, phases=QUICK))
    events: list[RunEvent] = []
    for event in stream:
        events.append(event)
        if len(events) == 4:
            events.append(stream.throw(KeyboardInterrupt))  # type: ignore[attr-defined] # run is a generator
    assert isinstance(events[-1], RunFinished)
    assert events[-1].ended == "interrupted"


@pytest.fixture
def nothing_left(tmp_path: Path) -> Iterator[None]:
    yield
    deadline = time.monotonic() + 3
    while (
        left := [item for item in psutil.process_iter() if _works_in(item, tmp_path)]
    ) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def _works_in(process: psutil.Process, folder: Path) -> bool:
    try:
        return process.pid != os.getpid() and process.cwd() == str(folder)
    except psutil.Error:
        return False


@pytest.mark.usefixtures("nothing_left")
def test_closing_the_stream_ends_the_handler(tmp_path: Path) -> None:
    stream = run(app_of(tmp_path, 'return 200, b"ok"', trigger="http"), Plan(seed=1, max_time=30.0, phases=QUICK))
    for event in stream:
        if isinstance(event, HandlerStarted):
            break
    stream.close()  # type: ignore[attr-defined] # run is a generator


def test_an_http_server_error_shrinks_to_one_parameter(tmp_path: Path) -> None:
    app = app_of(tmp_path, 'return 200, b"ok"', trigger="http")
    source = (tmp_path / "main.py").read_text()
    source = source.replace(
        "status, out = answer(body)",
        'status, out = (500, b"bad") if b"limit=" in head and b"limit=7" not in head else answer(body)',
    )
    (tmp_path / "main.py").write_text(source + "# 'limit'\n")
    found = findings(play(app, max_cases=1500))
    minimal = next(item.minimal[0] for item in found if item.identity.rule == "server-error")
    assert isinstance(minimal, HttpEvent)
    assert (minimal.query, minimal.headers, minimal.body) == ((("limit", ""),), (), b"")


def test_time_that_is_too_short_for_a_slow_probe_is_spent_on_exploring(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fnfuzz.fuzz.engine.SHORT_RUN", 0.0)
    phases = frozenset[Phase]({"explore", "slow-probes"})
    events = list(run(fc_app(tmp_path), Plan(seed=1, max_time=4.0, phases=phases)))
    assert isinstance(events[-1], RunFinished)
    assert events[-1].ended == "time"
    assert events[-1].duration_s >= 3.9
    assert [event.phase for event in events if isinstance(event, PhaseStarted)][-1] == "explore"
