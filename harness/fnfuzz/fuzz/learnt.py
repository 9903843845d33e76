"""What was learnt of one function: carried from process to process, and put together from several of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.behaviour import Signature
from fnfuzz.fuzz.mutation.rounds import Begun, merged_rounds
from fnfuzz.fuzz.refusals import Form
from fnfuzz.fuzz.stream import FunctionTally

__all__ = [
    "ANSWERS",
    "LATENCIES",
    "MAX_BEHAVIOURS",
    "MAX_TOLD",
    "MAX_WAYS",
    "Kept",
    "SourceState",
    "Told",
    "added",
    "merged",
]

LATENCIES, ANSWERS = 32, 6
"""Classes of times and of statuses that answers are counted in."""

MAX_BEHAVIOURS = 100_000
"""So many different behaviours are told apart; an echoing handler has one for each event."""

MAX_WAYS = 64
"""The first event that was taken is kept of so many methods with paths."""

MAX_TOLD = 256
"""For so many behaviours, each at one path, events are kept for what they name."""

Told: TypeAlias = tuple[Signature, str]
"""A behaviour and a path, empty for what has none."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An event that showed something new, and how often it was mutated since."""

    event: Event
    seen: Signature
    rejected: bool
    chosen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceState:
    """All that was learnt of one function, for another process to go on with."""

    cases: int = 0
    rejected: int = 0
    seconds: float = 0.0
    latencies: tuple[int, ...] = (0,) * LATENCIES
    answers: tuple[int, ...] = (0,) * ANSWERS
    stale: int = 0
    drawn: int = 0
    boundaries: int = 0
    rounds: tuple[Begun, ...] = ()
    kept: tuple[Kept, ...] = ()
    seen: Mapping[Signature, int] = field(default_factory=dict)
    """How often each behaviour was shown."""

    ways: tuple[HttpEvent, ...] = ()
    """The first event that was taken, of each method with each path."""

    told: Mapping[Told, Mapping[bytes, Event]] = field(default_factory=dict)
    """By behaviour and path: the first event that was taken with a name of the source."""

    answered: tuple[str, ...] = ()
    """Members of answers that the source names."""

    more: float = 0.0
    """So many steps more make a mutant."""

    refusal: Form | None = None
    tells: bool = False
    """What Refusals knows: the form of a refusal, and whether there are answers of another one."""


def merged(base: SourceState, ends: Sequence[SourceState]) -> SourceState:
    """What several workers learnt that all went on from ``base``, in their order."""
    seen = dict(base.seen)
    for end in ends:
        for signature, times in end.seen.items():
            if signature in seen or len(seen) < MAX_BEHAVIOURS:
                seen[signature] = seen.get(signature, 0) + times - base.seen.get(signature, 0)
    before = {kept.event for kept in base.kept}
    chosen: Counter[Event] = Counter()
    new: dict[Signature, Kept] = {}
    for end in ends:
        for kept in end.kept:
            if kept.event in before:
                chosen[kept.event] += kept.chosen
            else:
                new.setdefault(kept.seen, kept)
    old = [
        replace(kept, chosen=max(0, chosen[kept.event] - (len(ends) - 1) * kept.chosen))
        for kept in base.kept
        if kept.event in chosen
    ]
    return SourceState(
        cases=base.cases + sum(end.cases - base.cases for end in ends),
        rejected=base.rejected + sum(end.rejected - base.rejected for end in ends),
        seconds=base.seconds + sum(end.seconds - base.seconds for end in ends),
        latencies=_added(base.latencies, [end.latencies for end in ends]),
        answers=_added(base.answers, [end.answers for end in ends]),
        stale=0 if new else base.stale + sum(max(0, end.stale - base.stale) for end in ends),
        drawn=max((end.drawn for end in ends), default=base.drawn),
        boundaries=max((end.boundaries for end in ends), default=base.boundaries),
        rounds=merged_rounds(base.rounds, [end.rounds for end in ends]),
        kept=(*old, *new.values()),
        seen=seen,
        ways=_merged_ways(ends),
        told=_merged_told(ends),
        answered=tuple(dict.fromkeys(name for end in ends for name in end.answered)),
        more=max((end.more for end in ends), default=base.more),
        refusal=base.refusal,
        tells=base.tells or any(end.tells for end in ends),
    )


def added(base: FunctionTally, ends: Sequence[FunctionTally]) -> FunctionTally:
    """The account of several workers together that all went on from ``base``."""
    cases = base.cases + sum(end.cases - base.cases for end in ends)
    seconds = sum(end.cases * end.mean_seconds for end in ends) - (len(ends) - 1) * base.cases * base.mean_seconds
    return replace(
        base,
        cases=cases,
        rejected=base.rejected + sum(end.rejected - base.rejected for end in ends),
        mean_seconds=seconds / cases if cases else 0.0,
        behaviours=max((end.behaviours for end in ends), default=base.behaviours),
        latencies=_added(base.latencies, [end.latencies for end in ends]),
        answers=_added(base.answers, [end.answers for end in ends]),
    )


def _added(base: tuple[int, ...], ends: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Counts that several workers went on with from ``base``."""
    return tuple(sum(counts) - (len(ends) - 1) * begun for begun, *counts in zip(base, *ends, strict=True))


def _merged_ways(states: Sequence[SourceState]) -> tuple[HttpEvent, ...]:
    """The first event of each method and path, the earlier states' before those of later ones."""
    found: dict[tuple[str, str], HttpEvent] = {}
    for way in (way for state in states for way in state.ways):
        found.setdefault((way.method, way.path), way)
    return tuple(found.values())[:MAX_WAYS]


def _merged_told(states: Sequence[SourceState]) -> dict[Told, dict[bytes, Event]]:
    """The first event for each name, the earlier states' before those of later ones."""
    found: dict[Told, dict[bytes, Event]] = {}
    for key, told in (pair for state in states for pair in state.told.items()):
        if key in found or len(found) < MAX_TOLD:
            found[key] = {**told, **found.get(key, {})}
    return found
