"""Mutants that extensions make, as a part of what a function's source tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.extensions.force import Mutation, in_force
from fnfuzz.fuzz.feeds import Source, legal_event
from fnfuzz.fuzz.learnt import SourceState
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["source_for"]


def source_for(
    function: Function,
    words: Dictionary,
    seed: int,
    sources: Mapping[str, Source],
    recorded: tuple[Event, ...] = (),
) -> FunctionSource:
    """The source of a function's events; one that also asks mutators of extensions where there are such."""
    fitting = [item for item in in_force().mutations if not item.triggers or function.trigger in item.triggers]
    kind = _Extended if fitting else FunctionSource
    source = kind(function, words, seed, sources, recorded=recorded)
    if isinstance(source, _Extended):
        source.mutations = fitting
    return source


class _Extended(FunctionSource):
    """Gives each own mutator its part of the explored events."""

    mutations: Sequence[Mutation] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self._chance = self._chance_of("")

    def resume(self, state: SourceState, share: tuple[int, int], turn: int) -> None:
        """As every source, with other chances for each turn and share."""
        super().resume(state, share, turn)
        self._chance = self._chance_of(f"{turn}:{share[0]}")

    def _chance_of(self, what: str) -> Random:
        """For extensions alone: whatever they do with it, other events stay the same."""
        return Random(f"{self.seed}:{self.function.name}:{self.function.trigger}:own:{what}")

    def next_explored(self) -> Event:
        """An own mutant when it is its turn, else what comes without extensions."""
        mutation = self._chosen()
        event = self._mutant(mutation) if mutation is not None else None
        return super().next_explored() if event is None else event

    def _chosen(self) -> Mutation | None:
        point = self._chance.random()
        for mutation in self.mutations:
            point -= mutation.weight
            if point < 0:
                return mutation
        return None

    def _mutant(self, mutation: Mutation) -> Event | None:
        """A new mutant of an event that showed something new; None where there is none that could be sent."""
        if mutation.fuse.blown:
            return None
        base = self._parent().base
        made: Any = mutation.fuse.call(mutation.target, base, self._chance)
        if made is None:
            return None
        event = legal_event(made, base, self.function)
        if isinstance(event, str):
            mutation.fuse.nonsense(f"an event that it made for {self.function.name} is left out: {event}")
            return None
        return None if hash(event) in self._sent or self._is_dead(event) else event
