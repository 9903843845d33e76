"""Which of the events that were recorded are for a function. Reads no corpus: every run and worker needs it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fnfuzz.app.model import Function
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.plan import Recorded
from fnfuzz.fuzz.trees.tree import to_event, to_tree

__all__ = ["recorded_for"]


def recorded_for(function: Function, functions: Sequence[Function], recorded: Iterable[Recorded]) -> tuple[Event, ...]:
    """The events that a host could deliver to ``function``: those recorded of one of its name, and where it alone has
    its trigger those of functions that the app does not have.
    """
    names = {item.name for item in functions}
    only = sum(item.trigger == function.trigger for item in functions) == 1
    fitting = (event for name, event in recorded if name == function.name or (only and name not in names))
    return tuple(dict.fromkeys(event for event in fitting if _is_for(event, function)))


def _is_for(event: Event, function: Function) -> bool:
    if event.trigger != function.trigger:
        return False
    if isinstance(event, HttpEvent):
        methods = function.methods
        if route_of(function).values(event.path) is None or (methods and event.method not in methods):
            return False
    return to_event(to_tree(event, function), event, function) is not None
