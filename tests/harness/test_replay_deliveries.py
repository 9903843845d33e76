"""Messages that come again, late and in another order."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.harness.kit.line_handler import line_app
from tests.harness.kit.replays import asked

from fnfuzz.app.model import App
from fnfuzz.events import QueueEvent
from fnfuzz.replay import Plan
from fnfuzz.replay.deliveries import delayed, repeated, replay_deliveries

COUNTS = 'total = 0\ndef result(request):\n    global total\n    total += 1\n    return {"total": total}'
SAYS_SO = """
seen = set()
def result(request):
    key = request["body"]
    known = key in seen
    seen.add(key)
    return {"size": len(key), "duplicate": known}
"""
MOVING = st.lists(st.booleans(), max_size=60)


def queue_app(folder: Path, change: str) -> App:
    app = line_app(folder, change, trigger="queue")
    return replace(app, functions=(replace(app.functions[0], methods=(), route=""),))


def messages(count: int) -> list[QueueEvent]:
    return [QueueEvent(message=b"message %d" % number, id=f"m-{number}") for number in range(count)]


def test_a_handler_that_counts_a_message_twice_is_found(tmp_path: Path) -> None:
    app = queue_app(tmp_path, COUNTS)
    corpus = asked(app, messages(12), tmp_path / "corpus")
    result = replay_deliveries(app, corpus, Plan(seed=3))
    assert ("repeated", "$.body.total") in {(group.cause, group.path) for group in result.groups}
    assert result.failed
    assert result.deliveries["repeated"] > 0


def test_a_handler_without_state_and_one_that_says_it_knows_the_message_are_right(tmp_path: Path) -> None:
    for change in ('def result(request):\n    return {"size": len(request["body"])}', SAYS_SO):
        folder = tmp_path / str(len(change))
        folder.mkdir()
        app = queue_app(folder, change)
        corpus = asked(app, messages(12), folder / "corpus")
        result = replay_deliveries(app, corpus, Plan(seed=3))
        assert [(group.cause, group.path) for group in result.groups] == []
        assert min(result.deliveries.values()) > 0


def test_the_dequeue_count_rises(tmp_path: Path) -> None:
    echo = 'def result(request):\n    return {"count": request["headers"]}'
    app = queue_app(tmp_path, echo)
    corpus = asked(app, messages(6), tmp_path / "corpus")
    result = replay_deliveries(app, corpus, Plan(seed=1))
    assert all(group.cause == "repeated" for group in result.groups)


@given(MOVING, st.integers(0, 1000))
def test_every_event_comes_and_only_messages_come_again(moving: list[bool], seed: int) -> None:
    arrivals = repeated(moving, random.Random(seed))
    firsts = [item.case for item in arrivals if item.time == 1]
    assert firsts == list(range(len(moving)))
    again = [item for item in arrivals if item.time > 1]
    assert all(moving[item.case] for item in again)
    assert bool(again) == any(moving)
    for case in range(len(moving)):
        times = [item.time for item in arrivals if item.case == case]
        assert times == list(range(1, len(times) + 1))


@given(MOVING, st.integers(0, 1000))
def test_only_messages_come_late_and_none_is_lost(moving: list[bool], seed: int) -> None:
    order = [item.case for item in delayed(moving, random.Random(seed))]
    assert sorted(order) == list(range(len(moving)))
    still = [case for case in order if not moving[case]]
    assert still == sorted(still)
    assert order == [item.case for item in delayed(moving, random.Random(seed))]
