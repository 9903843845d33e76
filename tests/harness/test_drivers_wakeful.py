"""Waiting awake: for a moment, and not where it is of no use."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from fnfuzz.drivers import wakeful
from fnfuzz.drivers.wakeful import PAUSE, SLOW, Wakeful

READY = [(3, 1)]


class Poller:
    """Says what the test wants, and how often it was asked."""

    def __init__(self) -> None:
        self.answers: Iterator[list[tuple[int, int]]] = iter(())
        self.asked = 0

    def poll(self, timeout: float) -> list[tuple[int, int]]:
        assert timeout == 0
        self.asked += 1
        return next(self.answers, [])


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wakeful, "AWAKE", 0.0)


def ask(waiting: Wakeful, poller: Poller) -> list[tuple[int, int]]:
    return waiting.poll(poller)  # type: ignore[arg-type] # all that is used of one


def test_what_comes_within_the_moment_is_given_at_once() -> None:
    poller = Poller()
    poller.answers = iter(([], [], READY))
    assert ask(Wakeful(), poller) == READY
    assert poller.asked == 3


def test_the_moment_is_bounded() -> None:
    began = time.monotonic()
    assert ask(Wakeful(), Poller()) == []
    assert time.monotonic() - began < 5


def test_where_there_are_too_few_cores_nobody_waits_awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wakeful, "wanted", False)
    poller = Poller()
    poller.answers = iter((READY,))
    assert ask(Wakeful(), poller) == []
    assert poller.asked == 0


@pytest.mark.usefixtures("quick")
def test_answers_that_take_their_time_are_waited_for_asleep() -> None:
    waiting, poller = Wakeful(), Poller()
    for _ in range(SLOW):
        assert ask(waiting, poller) == []
    before = poller.asked
    for _ in range(PAUSE):
        assert ask(waiting, poller) == []
    assert poller.asked == before
    poller.answers = iter((READY,))
    assert ask(waiting, poller) == READY


@pytest.mark.usefixtures("quick")
def test_one_slow_answer_among_others_changes_nothing() -> None:
    waiting, poller = Wakeful(), Poller()
    for _ in range(3 * SLOW):
        assert ask(waiting, poller) == []
        poller.answers = iter((READY,))
        assert ask(waiting, poller) == READY
