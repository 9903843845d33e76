"""Examples that are drawn in another process are the same, and come whatever becomes of it."""

from __future__ import annotations

import time

import pytest

from fnfuzz.app.model import Function
from fnfuzz.fuzz.sources import DRAWN, FunctionSource, drawn_events, event_sources
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.fuzz.workers.drawing import Drawing

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
TIMER = Function(name="t", trigger="timer", contract="fc-event", form="timer")


def test_the_examples_are_those_that_would_be_drawn_here() -> None:
    with Drawing(3, patient=True) as drawing:
        first, second = drawing.of(RAW), drawing.of(TIMER)
        assert drawing.of(RAW) is first
    assert first == drawn_events(RAW, event_sources(), 3)
    assert second == drawn_events(TIMER, event_sources(), 3)
    assert first
    assert len(first) <= DRAWN


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
        assert drawing.of(RAW) == drawn_events(RAW, event_sources(), 3)
    with Drawing(3, patient=patient):
        pass
