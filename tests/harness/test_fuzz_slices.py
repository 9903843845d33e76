"""Slices are functions of their plan, and several workers find what one finds."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.kit.fc_handler import fc_app

from fnfuzz.app.model import App, Function
from fnfuzz.events import Event, RawEvent
from fnfuzz.fuzz import Finding, Plan, run
from fnfuzz.fuzz.learnt import SourceState, added, merged
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import FindingFound, Noted, Progressed, RunEvent, RunFinished
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.fuzz.workers.slices import Job, Slice, SliceDone, sources_of, work
from fnfuzz.host import Host

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
QUICK = frozenset({"boundaries", "explore"})
BREAKS_ON_LISTS = """
def answer(request):
    if request.body == b"[]":
        return 500, {}, b"no lists"
    return 200, {}, b"%d" % (len(request.body) % 7)
"""


def source_of() -> FunctionSource:
    drawn = [RawEvent(body=b"%d" % number) for number in range(30)]
    return FunctionSource(RAW, Dictionary(names=("qty", "id")), 1, {"drawn": lambda *_: drawn})


def explored(source: FunctionSource, count: int) -> list[Event]:
    found = []
    for _ in range(count):
        event = source.next_explored()
        assert isinstance(event, RawEvent)
        source.learn(event, b"%d" % (len(event.body) % 9), 0.001, event.body[:1] == b"x")
        found.append(event)
    return found


def state_of(count: int) -> SourceState:
    source = source_of()
    explored(source, count)
    return source.state()


def resumed(state: SourceState, share: tuple[int, int] = (0, 1), turn: int = 1) -> FunctionSource:
    source = source_of()
    source.resume(state, share, turn)
    return source


def test_a_source_goes_on_from_a_state_as_often_as_one_likes() -> None:
    state = state_of(100)
    assert explored(resumed(state), 150) == explored(resumed(state), 150)
    assert resumed(state).state() == state
    assert explored(resumed(state), 50) != explored(resumed(state, turn=2), 50)


def test_workers_share_the_boundaries_and_the_drawn_examples() -> None:
    def told(share: tuple[int, int]) -> list[Event]:
        source = resumed(SourceState(), share)
        return list(iter(source.next_boundary, None))

    whole = told((0, 1))
    assert len(whole) > 300
    assert sorted(map(repr, (*told((0, 2)), *told((1, 2))))) == sorted(map(repr, whole))
    assert not set(told((0, 2))) & set(told((1, 2)))


def test_boundaries_go_on_where_the_state_left_them() -> None:
    first = resumed(SourceState())
    head = [first.next_boundary() for _ in range(10)]
    second = resumed(first.state())
    assert [*head, *(second.next_boundary() for _ in range(10))] == [
        source.next_boundary() for source in [resumed(SourceState())] for _ in range(20)
    ]


@settings(max_examples=6)
@given(counts=st.lists(st.integers(min_value=0, max_value=40), min_size=1, max_size=4))
def test_merging_loses_no_case_and_no_behaviour(counts: Sequence[int]) -> None:
    base = state_of(20)
    ends, tallies = [], []
    for number, count in enumerate(counts):
        source = resumed(base, (number, len(counts)))
        explored(source, count)
        ends.append(source.state())
        tallies.append(source.tally())
    whole = merged(base, ends)
    assert whole.cases == sum(whole.latencies) == sum(whole.answers) == base.cases + sum(counts)
    told = added(resumed(base).tally(), tallies)
    assert (told.cases, told.latencies, told.answers) == (whole.cases, whole.latencies, whole.answers)
    assert sum(whole.seen.values()) == sum(base.seen.values()) + sum(counts)
    assert set(whole.seen) == {signature for end in ends for signature in end.seen}
    assert {kept.event for kept in base.kept} <= {kept.event for kept in whole.kept}
    assert sum(kept.chosen for kept in whole.kept) >= sum(kept.chosen for kept in base.kept)


def job_of(app: App, **plan: object) -> Job:
    arguments: dict[str, object] = {"seed": 3, "max_time": None, "max_cases": 300, "phases": QUICK, **plan}
    return Job(
        app=app,
        plan=Plan(**arguments),  # type: ignore[arg-type] # a plan's own keys
        functions=app.functions,
        words=Dictionary(),
        environ=dict(os.environ),
    )


def test_a_slice_is_a_function_of_its_plan(tmp_path: Path) -> None:
    job = job_of(fc_app(tmp_path, BREAKS_ON_LISTS))
    task = Slice(kind="boundaries", turn=1, share=(0, 1), states=(SourceState(),), known=frozenset(), cases=150)

    def done() -> SliceDone:
        with Host(job.app, environ=job.environ) as host:
            *_, last = work(job, sources_of(job), host, task)
        assert isinstance(last, SliceDone)
        return last

    first, second = done(), done()
    assert first.cases == 150
    assert [kept.event for kept in first.states[0].kept] == [kept.event for kept in second.states[0].kept]
    assert first.states[0].seen == second.states[0].seen
    assert first.counts == second.counts
    minima = [[item.minimal for item in done.findings] for done in (first, second)]
    assert minima == [[(RawEvent(body=b"[]"),)]] * 2


def play(app: App, **plan: object) -> list[RunEvent]:
    return list(run(app, job_of(app, jobs=2, **plan).plan))


def findings(events: Sequence[RunEvent]) -> list[Finding]:
    return [event.finding for event in events if isinstance(event, FindingFound)]


def last_of(events: Sequence[RunEvent]) -> RunFinished:
    assert isinstance(events[-1], RunFinished)
    return events[-1]


def test_two_workers_find_it_once_and_alike_each_time(tmp_path: Path) -> None:
    app = fc_app(tmp_path, BREAKS_ON_LISTS)
    first, second = (last_of(play(app, max_cases=500)) for _ in range(2))
    assert first.cases == second.cases == 500
    assert [(item.identity, item.minimal, item.count, item.first_case) for item in first.findings] == [
        (item.identity, item.minimal, item.count, item.first_case) for item in second.findings
    ]
    assert [item.minimal for item in first.findings] == [(RawEvent(body=b"[]"),)]
    assert first.behaviours == second.behaviours


def test_time_ends_a_run_with_workers(tmp_path: Path) -> None:
    events = play(fc_app(tmp_path), max_cases=None, max_time=4.0)
    assert last_of(events).ended == "time"
    assert last_of(events).cases > 0
    told = [event for event in events if isinstance(event, Progressed) and event.functions and event.usage]
    assert all(event.cases >= sum(tally.cases for tally in event.functions) for event in told)
    assert any(event.usage.memory > 1_000_000 and event.usage.descriptors > 3 for event in told if event.usage)
    assert last_of(events).duration_s < 20


def test_a_worker_that_is_killed_is_replaced_and_told(tmp_path: Path, our_processes: set[int]) -> None:
    stream = run(fc_app(tmp_path), job_of(fc_app(tmp_path), jobs=2, max_cases=None, max_time=8.0).plan)
    killed = False
    events = []
    for event in stream:
        events.append(event)
        workers = [
            item for item in psutil.Process().children() if "fnfuzz.fuzz.workers.worker" in " ".join(item.cmdline())
        ]
        if not killed and len(events) > 4 and workers:
            os.kill(workers[0].pid, signal.SIGKILL)
            killed = True
    assert killed
    assert any(isinstance(event, Noted) and "signal 9" in event.text for event in events)
    assert last_of(events).ended == "time"


def test_closing_the_stream_ends_the_workers(tmp_path: Path, our_processes: set[int]) -> None:
    app = fc_app(tmp_path)
    stream = run(app, job_of(app, jobs=2, max_cases=None, max_time=30.0).plan)
    for number, _ in enumerate(stream):
        if number == 4:
            break
    stream.close()


def test_a_handler_with_a_port_of_its_own_is_driven_alone(tmp_path: Path, fixed_port: int) -> None:
    app = fc_app(tmp_path, f"PORT = {fixed_port}", port=fixed_port)
    events = play(app, max_cases=20)
    assert any(isinstance(event, Noted) and f"port {fixed_port}" in event.text for event in events)
    assert last_of(events).cases == 20


@pytest.fixture
def fixed_port() -> int:
    from fnfuzz.drivers.ports import free_port

    return free_port()


@pytest.fixture
def our_processes() -> Iterator[set[int]]:
    """Afterwards nothing is left that was not there before: no worker, no handler."""
    me = psutil.Process()
    before = {item.pid for item in me.children(recursive=True)}
    yield before
    deadline = time.monotonic() + 5
    while (left := _left(me, before)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left == []


def _left(me: psutil.Process, before: set[int]) -> list[psutil.Process]:
    new = (item for item in me.children(recursive=True) if item.pid not in before)
    return [item for item in new if "guard.py" not in " ".join(item.cmdline())]
