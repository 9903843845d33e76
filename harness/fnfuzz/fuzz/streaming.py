"""Cases at the handler's speed: while it works on one, the one before is looked at and the next one is chosen."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TypeAlias

from fnfuzz.events import Event
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trials import Trials

__all__ = ["Chosen", "streamed"]

Chosen: TypeAlias = tuple[FunctionSource, Event]


def streamed(trials: Trials, chosen: Iterator[Chosen]) -> Iterator[RunEvent]:
    """Try what is ``chosen``, one after another. What does not look like a good answer is judged, and examined, before
    anything else is sent; what only a closer look shows, after the one event that is on its way then.
    """
    following = next(chosen, None)
    busy = False

    def work() -> None:
        nonlocal following, busy
        if busy:
            return
        busy = True
        trials.look_back()
        # What would not be sent any more is left to whoever goes on.
        is_last = trials.plan.max_cases is not None and trials.cases + 1 >= trials.plan.max_cases
        following = None if is_last else next(chosen, None)
        if following is not None:
            source, event = following
            # What cannot be encoded is told when it is its turn.
            with contextlib.suppress(ValueError):
                trials.host.prepare(source.function, event)

    try:
        while following is not None and trials.spent is None:
            source, event = following
            busy = False
            answer = yield from trials.delivered(source, event, meanwhile=work)
            if not busy:
                work()
            if answer is None:
                continue
            if trials.may_wait(answer):
                trials.note(source, answer)
                yield from trials.progressed()
            else:
                yield from trials.take(source, trials.host.judge(answer))
    except KeyboardInterrupt:
        yield from trials.unexamined()
        raise
    finally:
        trials.look_back()
    yield from trials.caught_up()
    trials.check_budget()
