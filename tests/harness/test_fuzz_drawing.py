"""Examples that are drawn in another process are the same, and come whatever becomes of it."""

from __future__ import annotations

import time

import pytest

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.seeding import DRAWN
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.fuzz.workers.drawing import Drawing

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
TIMER = Function(name="t", trigger="timer", contract="fc-event", form="timer")


def test_the_same_seed_draws_the_same_examples_for_each_function() -> None:
    def drawn(seed: int) -> list[tuple[Event, ...] | None]:
        with Drawing(seed, patient=True) as drawing:
            both = [drawing.of(RAW), drawing.of(TIMER)]
            assert drawing.of(RAW) is both[0]
        return both

    raw, timer = drawn(3)
    assert [raw, timer] == drawn(3)
    assert drawn(4)[0] != raw
    assert raw
    assert len(raw) <= DRAWN
    assert {event.trigger for event in timer or ()} == {"timer"}


def test_who_is_not_patient_goes_on_until_they_are_there() -> None:
    with Drawing(3, patient=False) as drawing:
        source = FunctionSource(RAW, Dictionary(), 3, {}, drawn_elsewhere=drawing.of)
        source.stale = 10**6
        assert drawing.of(RAW) is None
        assert source.next_explored() is not None
        until = time.monotonic() + 60
        while (events := drawing.of(RAW)) is None and time.monotonic() < until:
            time.sleep(0.02)
        assert events
        assert set(events) & {source.next_explored() for _ in range(200)}


@pytest.mark.parametrize("patient", [True, False])
def test_they_are_drawn_here_when_the_other_process_is_gone(patient: bool) -> None:
    with Drawing(3, patient=patient) as drawing:
        drawing._ask(RAW)
        assert drawing._process is not None
        drawing._process.kill()
        drawing._process.wait()
        assert drawing.of(RAW)
    with Drawing(3, patient=patient):
        pass
