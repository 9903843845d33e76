"""The events of a sequence, each as small as the sequence still shows the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from fnfuzz.events import Event
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.scripts import Item, Step
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.shrinking.reduction import Budget
from fnfuzz.fuzz.shrinking.shrink import shrink_event

__all__ = ["smaller"]


def smaller(stage: Stage, steps: Sequence[Step], same: Callable[[Sequence[Step]], bool]) -> Sequence[Step]:
    """``steps`` with smaller events as long as ``same`` holds; the last one first, equal ones together.

    What a fresh instance answers to a smaller last event is asked for, so that its answer can be compared.
    """
    whole = stage.budget()
    items = list({id(step.item): step.item for step in reversed(steps)}.values())
    for left, item in zip(range(len(items), 0, -1), items, strict=True):
        now = whole.clock()
        part = Budget((whole.calls - whole.used) // left, now + (whole.deadline - now) / left, whole.clock)
        known: dict[Event, Sequence[Step]] = {}

        def shows(event: Event, item: Item = item, known: dict[Event, Sequence[Step]] = known) -> bool:
            changed = _with_event(stage, steps, item, event)  # noqa: B023
            if changed is None or not same(changed):
                return False
            known[event] = changed
            return True

        steps = known.get(shrink_event(item.event, item.source.function, shows, part), steps)
        whole.used += part.used
    return steps


def _with_event(stage: Stage, steps: Sequence[Step], item: Item, event: Event) -> Sequence[Step] | None:
    """The steps with another event in place of that of ``item``; None when a fresh instance answers it otherwise."""
    baseline = item.baseline
    if item is steps[-1].item:
        exchange = stage.replay([replace(steps[-1], event=event)])
        answer = answer_of(exchange) if exchange is not None else None
        if answer is None or answer.status != baseline.answer.status:
            return None
        baseline = replace(baseline, answer=answer)
    new = replace(item, event=event, baseline=baseline)
    return [replace(step, item=new, event=event) if step.item is item else step for step in steps]
