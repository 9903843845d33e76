"""The host with one instance: restarts, ends at any moment, patience, hooks, a port that cannot be chosen."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.driven import eventually
from tests.harness.kit.fc_handler import fc_app
from tests.harness.kit.line_handler import line_app

from fnfuzz.app.model import App, Function, Hook
from fnfuzz.contracts.model import Exit, Fault, HttpReply, HttpRequest, LineReply, Observed, Request
from fnfuzz.drivers import HandlerGone, ScriptedInstance
from fnfuzz.drivers.ports import free_port, holders, is_taken
from fnfuzz.events import HttpEvent, RawEvent
from fnfuzz.host import Host, Launched, StartFailed, session
from fnfuzz.host.launch import PortTaken, launch

RAW = Function(name="job", trigger="raw", contract="fc-event", form="raw", timeout=60.0, route_prefix="")
LINES = Function(name="Greet", trigger="http", contract="azure-stdio", methods=("GET",), route="greet")
EVENT = RawEvent(body=b"{}")
GREETING = HttpEvent(path="/api/greet")
OK = Observed(reply=HttpReply(200, "OK", (), b"fine"))
FAILED = Observed(reply=HttpReply(500, "No", (), b"no"))

Script = Iterable[Observed | Callable[[Request], Observed]]


def gone(request: Request) -> Observed:
    raise HandlerGone(Exit(3))


class Instances:
    """Gives out scripted instances in the handler's place, one for each start."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *scripts: Script) -> None:
        self.scripts = list(scripts)
        self.started: list[ScriptedInstance] = []
        self.ports: list[int | None] = []
        monkeypatch.setattr(session, "launch", self.launch)

    def launch(self, app: App, environ: object, *, patience: float, port: int | None) -> Launched:
        self.ports.append(port)
        instance = ScriptedInstance(self.scripts[min(len(self.started), len(self.scripts) - 1)])
        self.started.append(instance)
        return Launched(instance, 7000 + len(self.started), 0.01)  # type: ignore[arg-type] # an Instance as well


def app(folder: Path, function: Function = RAW, hooks: tuple[Hook, ...] = ()) -> App:
    platform = "azure" if function.contract.startswith("azure") else "fc"
    return App(
        root=folder,
        name="app",
        platform=platform,  # type: ignore[arg-type] # one of the two
        reason="",
        command=("handler",),
        cwd=folder,
        functions=(function,),
        hooks=hooks,
        settled=True,
    )


def test_an_instance_is_started_when_needed_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instances = Instances(monkeypatch, [OK])
    with Host(app(tmp_path)) as host:
        assert instances.started == []
        numbers = [host.invoke(RAW, EVENT).number for _ in range(3)]
    assert numbers == [1, 2, 3]
    assert (host.starts, host.exchanges, len(instances.started[0].requests)) == (1, 3, 3)
    assert host.instance is None


def test_a_fresh_instance_counts_from_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instances = Instances(monkeypatch, [OK])
    with Host(app(tmp_path)) as host:
        host.invoke(RAW, EVENT)
        host.fresh()
        assert host.invoke(RAW, EVENT).number == 1
    assert len(instances.started) == 2


def test_deliveries_have_ids_in_a_fixed_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Instances(monkeypatch, [OK])
    with Host(app(tmp_path)) as one, Host(app(tmp_path)) as other:
        assert [one.invoke(RAW, EVENT).delivery.id for _ in range(2)] == [
            other.invoke(RAW, EVENT).delivery.id for _ in range(2)
        ]


@pytest.mark.parametrize(
    "last",
    [
        Observed(fault=Fault("closed", "closed"), exit=Exit(1)),
        Observed(reply=OK.reply, exit=Exit(0)),
        Observed(fault=Fault("timeout", "no answer"), limit=1.0),
    ],
)
def test_a_dead_or_hung_instance_is_not_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: Observed
) -> None:
    instances = Instances(monkeypatch, [OK, last], [OK])
    with Host(app(tmp_path)) as host:
        host.invoke(RAW, EVENT)
        assert host.invoke(RAW, EVENT).violations
        assert host.instance is None
        assert host.invoke(RAW, EVENT).number == 1
    assert len(instances.started) == 2


def test_an_ordinary_failure_keeps_the_instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instances = Instances(monkeypatch, [FAILED])
    with Host(app(tmp_path)) as host:
        assert host.invoke(RAW, EVENT).violations
        host.invoke(RAW, EVENT)
    assert len(instances.started) == 1


def test_an_end_after_the_answer_belongs_to_the_event_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instances = Instances(monkeypatch, [OK, gone], [OK])
    first, second = RawEvent(body=b"1"), RawEvent(body=b"2")
    with Host(app(tmp_path)) as host:
        host.invoke(RAW, first)
        assert host.late is None
        exchange = host.invoke(RAW, second)
        assert host.late is not None
        assert (host.late.event, host.late.observed.exit, host.late.observed.reply) == (first, Exit(3), OK.reply)
        assert [item.rule for item in host.late.violations] == ["process-exit-on-request"]
        assert (exchange.event, exchange.violations, exchange.number) == (second, (), 1)
        assert exchange.delivery.port == 7002
    assert len(instances.started) == 2


def test_an_instance_that_dies_before_its_first_event_did_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instances = Instances(monkeypatch, [gone])
    rows = ((RAW, "exit-before-ready"), (LINES, "line-exit-mid-request"))
    for function, rule in rows:
        with Host(app(tmp_path, function)) as host, pytest.raises(StartFailed) as failed:
            host.invoke(function, EVENT if function is RAW else GREETING)
        assert [item.rule for item in failed.value.violations] == [rule]
        assert failed.value.exit == Exit(3)
        assert host.instance is None
    assert len(instances.started) == 2


def test_a_new_instance_that_dies_at_once_is_not_tried_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instances = Instances(monkeypatch, [OK, gone], [gone])
    with Host(app(tmp_path)) as host:
        host.invoke(RAW, EVENT)
        with pytest.raises(StartFailed):
            host.invoke(RAW, EVENT)
    assert len(instances.started) == 2


@pytest.mark.parametrize(("timeout", "patience", "limit"), [(60.0, 5.0, 5.0), (2.0, 5.0, 2.0), (None, 5.0, 5.0)])
def test_patience_bounds_the_hosts_own_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, timeout: float | None, patience: float, limit: float
) -> None:
    seen: list[float] = []
    monkeypatch.setattr(ScriptedInstance, "exchange", lambda self, request, limit, *rest: seen.append(limit) or OK)
    Instances(monkeypatch, [OK])
    function = Function(name="job", trigger="raw", contract="fc-event", form="raw", timeout=timeout)
    with Host(app(tmp_path, function), patience=patience) as host:
        host.invoke(function, EVENT)
        host.invoke(function, EVENT, limit=0.5)
    assert seen == [limit, 0.5]


def test_azure_gives_every_restart_the_same_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    instances = Instances(monkeypatch, [OK])
    function = Function(name="job", trigger="queue", contract="azure-http")
    with Host(app(tmp_path, function)) as host:
        host.start()
        host.fresh()
    assert instances.ports == [None, 7001]


def test_the_declared_initializer_is_called_before_the_first_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    instances = Instances(monkeypatch, [FAILED, OK])
    with Host(app(tmp_path, hooks=(Hook(name="initialize", timeout=3.0),))) as host:
        launched = host.start()
        host.invoke(RAW, EVENT)
    assert [item.rule for item in launched.violations] == ["initialize-failed"]
    assert host.start_violations == launched.violations
    paths = [request.target for request in instances.started[0].requests if isinstance(request, HttpRequest)]
    assert paths == ["/initialize", "/invoke"]


def test_an_initializer_that_finds_nobody_is_a_failed_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Instances(monkeypatch, [gone])
    with Host(app(tmp_path, hooks=(Hook(name="initialize", timeout=3.0),))) as host, pytest.raises(StartFailed):
        host.start()
    assert host.instance is None


def test_lines_go_to_a_line_handler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answer = b'{"status":200,"body":"ok"}'
    Instances(monkeypatch, [Observed(reply=LineReply((answer,), 0))])
    with Host(app(tmp_path, LINES)) as host:
        assert host.invoke(LINES, GREETING).outcome.status == "completed"


# -- real handlers


def test_a_crash_is_followed_by_a_fresh_instance(tmp_path: Path) -> None:
    given = fc_app(
        tmp_path, "def answer(request):\n    if b'die' in request.body: os._exit(3)\n    return 200, {}, b'ok'"
    )
    function = given.functions[0]
    with Host(given) as host:
        assert host.invoke(function, EVENT).violations == ()
        died = host.invoke(function, RawEvent(body=b'"die"'))
        assert died.observed.exit == Exit(3)
        assert host.invoke(function, EVENT).violations == ()
    assert host.starts == 2


def test_bytes_after_the_answer_belong_to_the_event_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Instances(monkeypatch, [OK])
    late = iter((True, False))
    with Host(app(tmp_path)) as host:
        first = host.invoke(RAW, RawEvent(body=b"1"))
        monkeypatch.setattr(ScriptedInstance, "unasked", lambda _: next(late))
        second = host.invoke(RAW, RawEvent(body=b"2"))
        assert host.late is not None
        assert (host.late.event, host.late.observed.reply) == (first.event, OK.reply)
        told = [(item.rule, item.place) for item in host.late.violations]
        assert told == [("content-length-mismatch", "extra-bytes")]
        assert (second.violations, second.number) == ((), 2)
        late = iter((True,))
        assert [item.rule for item in host.outlived(second, 0).violations] == ["content-length-mismatch"]


def test_a_late_end_can_be_waited_for(tmp_path: Path) -> None:
    change = """
        def answer(request):
            if b"die" in request.body:
                threading.Timer(0.15, lambda: (os.write(2, b"KeyError: 'x'\\n"), os._exit(3))).start()
            return 200, {}, b"ok"
    """
    given = fc_app(tmp_path, change)
    function = given.functions[0]
    with Host(given) as host:
        healthy = host.invoke(function, EVENT)
        assert host.outlived(healthy, 0.05) is healthy
        answered = host.invoke(function, RawEvent(body=b'"die"'))
        assert answered.violations == ()
        ended = host.outlived(answered, 5.0)
        assert ended.observed.exit == Exit(3)
        assert [item.rule for item in ended.violations] == ["process-exit-on-request"]
        assert b"KeyError" in ended.stderr
        assert host.instance is None
        assert host.outlived(answered, 5.0) is answered


def test_a_line_handler_is_driven_for_real(tmp_path: Path) -> None:
    given = line_app(tmp_path)
    with Host(given) as host:
        exchange = host.invoke(given.functions[0], GREETING)
    assert exchange.violations == ()
    assert isinstance(exchange.observed.reply, LineReply)


TWICE = """
def handle(line):
    request = json.loads(line)
    say(answer(result(request)))
    if "twice" in request["url"]:
        threading.Timer(0.05, say, [answer(result(request))]).start()
"""


def test_a_second_line_that_comes_a_little_later_is_told_of_the_same_event(tmp_path: Path) -> None:
    given = line_app(tmp_path, TWICE)
    with Host(given) as host:
        once = host.invoke(given.functions[0], GREETING)
        assert host.outlived(once, 0.2) is once
        twice = host.invoke(given.functions[0], replace(GREETING, query=(("n", "twice"),)))
        assert twice.violations == ()
        grown = host.outlived(twice, 1.0)
        assert [(item.rule, grown.event) for item in grown.violations] == [("line-extra", twice.event)]
        after = host.invoke(given.functions[0], GREETING)
    assert after.violations == ()


# -- a port that cannot be chosen


def insisting(folder: Path, port: int) -> App:
    folder.mkdir(exist_ok=True)
    return fc_app(folder, f"PORT = {port}", port=port)


def held_by_a_handler(folder: Path, port: int) -> Launched:
    """A handler on the port, as another fnfuzz run would have started it."""
    return launch(insisting(folder, port), os.environ)


def test_a_port_of_another_handler_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setattr(session, "TURN_PATIENCE", 20.0)
    other = held_by_a_handler(tmp_path / "other", port)
    assert [bool(item.run) for item in holders(port)] == [True]
    timer = threading.Timer(0.6, other.instance.process.kill_alone)
    timer.start()
    began = time.monotonic()
    try:
        with Host(insisting(tmp_path / "own", port)) as host:
            launched = host.start()
            assert launched.port == port
            assert time.monotonic() - began > 0.4
            assert host.invoke(host.app.functions[0], EVENT).violations == ()
    finally:
        timer.join()
        other.instance.stop()
    assert eventually(lambda: not is_taken(port))


def test_the_wait_for_another_handler_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    monkeypatch.setattr(session, "TURN_PATIENCE", 0.2)
    other = held_by_a_handler(tmp_path / "other", port)
    try:
        with Host(insisting(tmp_path / "own", port)) as host, pytest.raises(PortTaken) as taken:
            host.start()
        assert "the handler of another fnfuzz run" in taken.value.message
        assert taken.value.violations == ()
    finally:
        other.instance.stop()


def test_for_a_port_of_any_other_program_nobody_waits(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        began = time.monotonic()
        with Host(insisting(tmp_path / "own", port)) as host, pytest.raises(PortTaken) as taken:
            host.start()
        assert time.monotonic() - began < 10
    assert str(os.getpid()) in taken.value.message
    assert "another fnfuzz" not in taken.value.message


def test_a_chosen_port_that_another_program_takes_first_is_chosen_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = held_by_a_handler(tmp_path / "other", free_port())
    with socket.socket() as silent:
        silent.bind(("0.0.0.0", 0))
        ports = [other.port, silent.getsockname()[1], free_port()]
        left = list(ports)
        monkeypatch.setattr(sys.modules[launch.__module__], "free_port", lambda: left.pop(0))
        (tmp_path / "own").mkdir()
        try:
            # On the first port another handler answers, on the second nobody listens, but it cannot be bound.
            with Host(fc_app(tmp_path / "own")) as host:
                assert host.start().port == ports[2]
        finally:
            other.instance.stop()


def test_a_port_that_becomes_free_during_the_start_is_the_handlers(tmp_path: Path) -> None:
    port = free_port()
    other = socket.create_server(("127.0.0.1", port))
    (tmp_path / "own").mkdir()
    change = f"PORT = {port}\nwhile not os.path.exists('go'): time.sleep(0.01)"
    timer = threading.Timer(0.3, lambda: (other.close(), (tmp_path / "own" / "go").touch()))
    timer.start()
    with Host(fc_app(tmp_path / "own", change, port=port)) as host:
        assert host.start().port == port
    timer.join()


def test_work_is_done_once_while_a_real_handler_is_busy(tmp_path: Path) -> None:
    done: list[str] = []
    (tmp_path / "fc").mkdir()
    (tmp_path / "lines").mkdir()
    for given, event in ((fc_app(tmp_path / "fc", SLOW), EVENT), (line_app(tmp_path / "lines"), GREETING)):
        with Host(given) as host:
            host.invoke(given.functions[0], event)
            began = time.monotonic()
            exchange = host.judge(host.deliver(given.functions[0], event, meanwhile=lambda: done.append("now")))
            assert exchange.violations == ()
            assert time.monotonic() - began < 5
            assert done == ["now"]
        done.clear()


SLOW = """
    def answer(request):
        time.sleep(0.05)
        return 200, {}, b"ok"
"""


def test_work_is_left_to_the_next_instance_when_the_last_one_has_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Instances(monkeypatch, [OK, gone], [OK])
    done: list[str] = []
    with Host(app(tmp_path)) as host:
        host.invoke(RAW, EVENT)
        exchange = host.judge(host.deliver(RAW, EVENT, meanwhile=lambda: done.append("now")))
        assert (exchange.number, done) == (1, ["now"])


def test_a_request_that_was_encoded_ahead_is_sent_if_its_turn_comes(tmp_path: Path) -> None:
    with Host(fc_app(tmp_path)) as host:
        function, event, other = host.app.functions[0], RawEvent(body=b"1"), RawEvent(body=b"2")
        host.live()
        host.prepare(function, event)
        between = host.delivery()
        first = host.invoke(function, event)
        assert first.delivery.id < between.id
        host.prepare(function, event)
        second = host.invoke(function, other)
        assert (second.event, second.request.body) == (other, b"2")
        # What was forgotten is not taken later.
        assert host.invoke(function, event).delivery.id > second.delivery.id
        host.prepare(function, event)
        host.fresh()
        again = host.invoke(function, event)
        assert (again.delivery.port, again.number, again.outcome.status) == (host.port, 1, "completed")
