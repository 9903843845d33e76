"""The functions of a handler that is only a command: those that the corpus tells of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from fnfuzz.app.model import App, Function
from fnfuzz.corpus import Corpus
from fnfuzz.events import EVENT_TYPES

__all__ = ["with_recorded_functions"]

FORMS: Final[Mapping[str, str]] = {"raw": "raw", "blob": "oss", "queue": "mns-topic-json", "timer": "timer"}
"""The usual form of an event of Function Compute by trigger (alibaba-fc.md 4)."""

MOST: Final = 1000


def with_recorded_functions(app: App, corpus: Corpus) -> App:
    """``app``, whose files tell of no functions, with a function for each name and trigger that were recorded."""
    if not app.functions:
        return app
    known: dict[tuple[str, str], None] = {}
    for kinds, _ in corpus.kinds():
        known |= {(kind.function, kind.trigger): None for kind in kinds.kinds if kind.trigger in EVENT_TYPES}
    functions = tuple(_named(app.functions[0], name, trigger) for name, trigger in sorted(known)[:MOST])
    return replace(app, functions=functions or app.functions)


def _named(like: Function, name: str, trigger: str) -> Function:
    form = FORMS.get(trigger, "") if like.contract == "fc-event" else like.form
    return replace(like, name=name or like.name, trigger=trigger, form=form)
