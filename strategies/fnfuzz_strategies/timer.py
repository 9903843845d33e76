"""Timer events: a schedule that fires, in time or late."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.events import TimerEvent
from fnfuzz_strategies.arguments import check_strategy
from fnfuzz_strategies.payloads import json_texts, texts
from fnfuzz_strategies.times import iso_times

__all__ = ["timer_events"]


def timer_events(*, texts_configured: SearchStrategy[str] | None = None) -> SearchStrategy[TimerEvent]:
    """Firings; the smallest is in time, at the default instant, without a text.

    ``texts_configured`` draws the text of the trigger's configuration that Function Compute sends along
    (alibaba-fc.md 6.1): by default empty, words, or JSON text, without NUL. Raises ValueError for a wrong argument.
    """
    if texts_configured is None:
        drawn = st.one_of(st.just(""), texts(), json_texts()).filter(lambda text: "\x00" not in text)
    else:
        drawn = check_strategy("texts_configured", texts_configured)
    due = st.one_of(st.just(TimerEvent().due), iso_times())
    return st.builds(TimerEvent, due=due, past_due=st.booleans(), payload=drawn)
