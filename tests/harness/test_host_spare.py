"""The spare instance: begun after the first death, taken for a fresh start, seen by no event, never left behind."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.driven import alive, eventually, numbers
from tests.harness.kit.fc_handler import fc_app
from tests.harness.kit.line_handler import line_app

from fnfuzz.app.model import App
from fnfuzz.checks import Probe
from fnfuzz.contracts.model import Exit
from fnfuzz.drivers.ports import free_port
from fnfuzz.events import HttpEvent, RawEvent
from fnfuzz.host import Host

EVENT, DEATH = RawEvent(body=b"{}"), RawEvent(body=b'"die"')
TOLD = "\nopen('pids', 'a').write(f'{os.getpid()}\\n')\n"
MORTAL = """
def answer(request):
    if b"die" in request.body: os._exit(3)
    return 200, {}, b"ok"
"""


def handler(folder: Path, change: str = "") -> App:
    return fc_app(folder, MORTAL + TOLD + change)


def pids(folder: Path, count: int) -> list[int]:
    """The processes that were started so far, at least ``count``."""
    return numbers(folder / "pids", count)


def stays(folder: Path, count: int) -> bool:
    """No more than ``count`` processes are started within a moment."""
    deadline = time.monotonic() + 0.3
    while time.monotonic() < deadline:
        if len(pids(folder, count)) > count:
            return False
        time.sleep(0.02)
    return True


def test_a_run_without_deaths_has_no_second_process(tmp_path: Path) -> None:
    with Host(handler(tmp_path)) as host:
        host.fresh()
        for _ in range(3):
            host.invoke(host.app.functions[0], EVENT)
        host.stop()
        host.invoke(host.app.functions[0], EVENT)
        assert stays(tmp_path, 2)


def test_after_a_death_a_spare_is_kept_and_taken(tmp_path: Path) -> None:
    with Host(handler(tmp_path)) as host:
        function = host.app.functions[0]
        assert host.invoke(function, DEATH).observed.exit == Exit(3)
        second = host.invoke(function, EVENT)
        started = pids(tmp_path, 3)
        assert host.http.process.pid == started[1]
        host.fresh()
        taken = host.invoke(function, EVENT)
        assert host.http.process.pid == started[2]
        assert (taken.number, taken.violations, second.violations) == (1, (), ())
        assert taken.delivery.port == host.http.port != second.delivery.port
        assert not alive(started[1])
        started = pids(tmp_path, 4)
    assert eventually(lambda: not any(alive(pid) for pid in started))


def test_what_a_spare_says_at_its_start_belongs_to_no_event(tmp_path: Path) -> None:
    given = handler(tmp_path, "log('starting'); os.write(2, b'starting\\n')")
    with Host(given) as host:
        host.start()
        host.fresh()
        pids(tmp_path, 3)
        host.fresh()
        exchange = host.invoke(given.functions[0], EVENT)
    assert b"starting" not in exchange.stdout + exchange.stderr


def test_a_handler_that_bears_no_second_instance_gets_none(tmp_path: Path) -> None:
    lock = "import fcntl; held = open('lock', 'w'); fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)"
    given = handler(tmp_path, lock)
    with Host(given) as host:
        function = given.functions[0]
        host.start()
        host.fresh()
        assert host._spare._begun is not None
        assert host._spare._begun.process.wait_exit(5.0) == Exit(1)
        host.fresh()
        assert host.invoke(function, EVENT).violations == ()
        assert stays(tmp_path, len(pids(tmp_path, 4)))
        assert host._spare._begun is None
    assert host.late is None


def test_a_fixed_port_allows_no_spare(tmp_path: Path) -> None:
    port = free_port()
    with Host(fc_app(tmp_path, f"PORT = {port}" + TOLD, port=port)) as host:
        host.start()
        host.fresh()
        assert host.port == port
        assert stays(tmp_path, 2)


def test_a_port_that_may_be_fixed_but_is_not_allows_one(tmp_path: Path) -> None:
    with Host(replace(handler(tmp_path), port=free_port())) as host:
        host.start()
        host.fresh()
        assert len(pids(tmp_path, 3)) == 3


def test_an_experiment_has_the_handler_to_itself(tmp_path: Path) -> None:
    counts: list[int] = []

    def run(host: Host, function: object) -> object:
        assert host._spare._begun is None
        host.fresh()
        host.fresh()
        counts.append(host.starts)
        assert host._spare._begun is None
        yield from ()

    probe = Probe(name="p", title="P", rules=(), contracts=("fc-event",), run=run)  # type: ignore[arg-type]
    with Host(handler(tmp_path)) as host:
        assert list(probe.run(host, host.app.functions[0])) == []
        host.live()
        assert counts == [2]
        assert stays(tmp_path, 2)


def test_start_is_always_a_whole_start(tmp_path: Path) -> None:
    with Host(handler(tmp_path)) as host:
        host.start()
        host.fresh()
        spare = pids(tmp_path, 3)[2]
        assert host.start().seconds > 0
        assert host.http.process.pid != spare


@pytest.mark.parametrize("banner", [False, True])
def test_a_line_handler_that_has_spoken_is_no_spare(tmp_path: Path, banner: bool) -> None:
    begin = f"""
def begin():
    open({str(tmp_path / "pids")!r}, "a").write(f"{{os.getpid()}}\\n")
    if {banner}: say('{{"level": "info"}}\\n')
    os.write(2, b"begun\\n")
"""
    given = line_app(tmp_path, begin)
    with Host(given) as host:
        function, event = given.functions[0], HttpEvent(path="/api/greet")
        host.fresh()
        first = host.invoke(function, event)
        host.fresh()
        spare = host._spare._begun
        assert spare is not None
        pids(tmp_path, 3)
        assert eventually(lambda: spare.process.wait_for(0) or spare.process.stderr.total)
        host.fresh()
        again = host.invoke(function, event)
        assert (host.lines.process is spare.process) is not banner
    # When the banner comes, before or with the answer, is up to the scheduler; that it is no answer is not.
    assert (bool(first.violations), bool(again.violations)) == (banner, banner)
