"""Learns what is noise: the same events are asked again under changed circumstances, and what differs is looked at.

Runs that keep the order of events tell noise. Asking twice, and in reverse order, tells what depends on the events
before: a number that only rises is a counter, anything else is state in the handler, which is told and never masked.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from operator import itemgetter
from typing import Any, Final

from fnfuzz.app.model import App
from fnfuzz.corpus.shape import shape
from fnfuzz.fuzz.sequences.noise import DIGITS, MEASURED
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.host import Host
from fnfuzz.replay.cases import Case, Cases, delivery_for
from fnfuzz.replay.difference import Change, changes, in_other_order
from fnfuzz.replay.forms import form_of, moved, time_in
from fnfuzz.replay.groups import shown
from fnfuzz.replay.masks import Dependence, Mask, Noise, uncovered
from fnfuzz.replay.model import Plan
from fnfuzz.replay.playing import cannot_carry, deliver, opened_host
from fnfuzz.replay.said import Said

__all__ = ["CIRCUMSTANCES", "Sample", "learn", "sampled"]

EACH: Final = 8
MOST: Final = 200
"""So many records of one shape, and of all, are asked."""

LOOKED: Final = 20_000
"""So many records are looked at for shapes, where enough were found."""

TOLD_EVERY: Final = 0.2
PAIRS: Final = 60
EXAMPLES: Final = 3
LONGEST_EXAMPLE: Final = 80

STEADY: Final = 5
"""So many recorded answers that say the same are no chance."""

SLACK: Final = 5.0
"""Seconds between a request and what its handler takes for now."""

DAY: Final = 86400.0
NEAR: Final = 26 * 3600.0
"""Seconds: a date without a zone may be of any zone."""


@dataclass(frozen=True, slots=True)
class Circumstance:
    """What is changed in one run: variables, the host's clock (seconds), the order of the events."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)
    shift: float = 0.0
    reverse: bool = False
    twice: bool = False


CIRCUMSTANCES: Final = (
    Circumstance("process"),
    Circumstance("hash seed", {"PYTHONHASHSEED": "4242"}),
    Circumstance("time zone", {"TZ": "Asia/Kathmandu"}),
    Circumstance("host's clock", shift=-400 * 86400.0 - 3 * 3600.0),
)
"""Each in a fresh process, in the order of recording."""

AGAIN: Final = Circumstance("asked twice", twice=True)
ORDER: Final = Circumstance("other order", reverse=True)
CALENDAR: Final = "calendar"
"""The recorded value is the time of the recording, and the value of now is the time of now."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The cases that are asked, in the order of recording."""

    cases: tuple[Case, ...]


def sampled(cases: Iterable[Case | str], wanted: Callable[[str], bool] = lambda function: True) -> Sample:
    """Some records of every shape of the functions that are ``wanted``, the first ones."""
    found: dict[str, dict[str, list[tuple[int, Case]]]] = {}
    counts: Counter[str] = Counter()
    for at, case in enumerate(cases):
        if at >= LOOKED and counts.total() >= MOST:
            break
        if isinstance(case, str) or not wanted(case.function.name) or counts[case.function.name] >= MOST:
            continue
        alike = found.setdefault(case.function.name, {}).setdefault(shape(case.record), [])
        if len(alike) < EACH:
            alike.append((at, case))
            counts[case.function.name] += 1
    # Each function in turn, of each its shapes in turn.
    turns = in_turn(in_turn(shapes.values()) for shapes in found.values())
    return Sample(tuple(case for _, case in sorted(islice(turns, MOST), key=itemgetter(0))))


def learn(
    app: App,
    cases: Cases,
    sample: Sample,
    *,
    plan: Plan,
    until: float,
    to_caller: bool = False,
    told: Callable[[int], None] | None = None,
) -> Noise:
    """What is noise in the answers to ``sample``, and what depends on order. Raises StartFailed.

    Where the handler is so slow that the plan's ``learn_time`` would not do, or the time before ``until`` (of the
    monotonic clock), fewer events are asked. With ``to_caller`` the answers
    are taken as the caller sees them. ``told`` is given the number of events that were asked so far, now and then.
    """
    asker = _Asker(app, plan, to_caller, told)
    seconds = max(0.0, min(plan.learn_time, until - time.monotonic()))
    began = time.time()
    base = asker.run(Circumstance("first"), sample.cases, seconds / (len(CIRCUMSTANCES) + 4))
    when = began, time.time()
    asked = sample.cases[: len(base)]
    places = _Places()
    for circumstance in CIRCUMSTANCES:
        places.compare(asked, base, asker.run(circumstance, asked), circumstance.name)
    if not to_caller:
        _follow_the_calendar(cases, asked, base, places, when)
        _keep_what_was_steady(cases, asked, base, places)
    masks = places.masks()
    states = _Places()
    pairs = asker.run(AGAIN, [case for case in asked for _ in range(2)])
    states.compare(asked, pairs[::2], pairs[1::2], AGAIN.name, masks)
    chance = _Places()
    for places_seen in (states, chance):
        # What shows in only one of two runs of the same order is chance.
        places_seen.compare(asked, base, asker.run(ORDER, asked[::-1])[::-1], ORDER.name, masks)
    return replace(_told_apart(places, masks, states, chance), asked=frozenset(case.function.name for case in asked))


class _Asker:
    def __init__(self, app: App, plan: Plan, to_caller: bool, told: Callable[[int], None] | None) -> None:
        self.app, self.plan, self.to_caller = app, plan, to_caller
        self._told, self._next, self._asked = told, 0.0, 0

    def run(self, circumstance: Circumstance, asked: Sequence[Case], seconds: float | None = None) -> list[Said]:
        """What a fresh instance says to each, to as many as ``seconds`` allow."""
        environ = {**os.environ, **circumstance.variables}
        until = time.monotonic() + seconds if seconds is not None else float("inf")
        said: list[Said] = []
        with opened_host(self.app, self.plan, environ) as host:
            host.start()
            for case in asked:
                if time.monotonic() > until and said:
                    break
                said.append(self._said(host, case, circumstance.shift))
                self._tell()
        return said

    def _tell(self) -> None:
        self._asked += 1
        now = time.monotonic()
        if self._told is not None and now >= self._next:
            self._next = now + TOLD_EVERY
            self._told(self._asked)

    def _said(self, host: Host, case: Case, shift: float) -> Said:
        if cannot_carry(host, case) is not None:
            return Said(fault="not sent")
        host.live()
        delivery = delivery_for(host, case)
        if shift:
            delivery = replace(delivery, now=_shifted(delivery.now, shift))
        return deliver(host, case, delivery=delivery).said(to_caller=self.to_caller or not case.same_contract)


def _shifted(now: str, seconds: float) -> str:
    moment = datetime.strptime(now[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=UTC) + timedelta(seconds=seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}{now[19:]}"


@dataclass(slots=True)
class _Place:
    """What was seen at one path: values that differed, whether a list was in another order or a member missing."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    present: list[Any] = field(default_factory=list)
    """What was there where there was null at another time."""

    evidence: dict[str, int] = field(default_factory=dict)
    order: bool = False
    optional: bool = False
    types: bool = False
    steady: bool = False
    """Was there a change that no mask may hide?"""

    def add(self, change: Change, circumstance: str) -> None:
        self.evidence[circumstance] = self.evidence.get(circumstance, 0) + 1
        if change.kind in ("status", "fault"):
            self.steady = True
        elif change.kind in ("removed", "added"):
            self.optional = True
        elif change.kind == "type" and None in (change.one, change.other):
            if len(self.present) < PAIRS:
                self.present.append(change.other if change.one is None else change.one)
        elif change.kind == "type":
            self.types = True
        elif in_other_order(change.one, change.other):
            self.order = True
        elif len(self.pairs) < PAIRS:
            self.pairs.append((change.one, change.other))

    def kinds(self) -> frozenset[str]:
        """The narrowest mask for what was seen; empty where there is none."""
        if self.steady:
            return frozenset()
        pairs = [*self.pairs, *pairwise(self.present), *zip(self.present, self.present, strict=True)]
        form = form_of(pairs) if pairs else frozenset[str]()
        if form is None or self.types:
            form = frozenset(("any",))
        named = (("null", bool(self.present)), ("order", self.order), ("optional", self.optional))
        return form | {name for name, seen in named if seen}

    def examples(self) -> tuple[str, ...]:
        values = dict.fromkeys(shown(value)[:LONGEST_EXAMPLE] for pair in self.pairs for value in pair)
        return tuple(values)[:EXAMPLES]


class _Places:
    """Everything that differed, by function and path."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, str], _Place] = {}
        self.samples: dict[str, int] = {}

    def compare(
        self,
        asked: Sequence[Case],
        one: Sequence[Said],
        other: Sequence[Said],
        circumstance: str,
        known: Mapping[tuple[str, str], Mask] | None = None,
    ) -> None:
        """Note where the answers differ, apart from what ``known`` masks cover."""
        counts: dict[str, int] = {}
        for case, left, right in zip(asked, one, other, strict=False):
            name = case.function.name
            counts[name] = counts.get(name, 0) + 1
            self.note(name, uncovered(changes(left, right), name, known or {})[0], circumstance)
        for name, count in counts.items():
            self.samples[name] = max(self.samples.get(name, 0), count)

    def note(self, function: str, found: Sequence[Change], circumstance: str) -> None:
        """Note the changes of one answer; several at one path count once."""
        seen: set[str] = set()
        for change in found:
            place = self.found.setdefault((function, change.path), _Place())
            place.add(change, circumstance)
            if change.path in seen:
                place.evidence[circumstance] -= 1
            seen.add(change.path)

    def masks(self) -> dict[tuple[str, str], Mask]:
        """The mask of every place that can have one."""
        return {key: self.mask(*key, kinds) for key, place in self.found.items() if (kinds := place.kinds())}

    def mask(self, function: str, path: str, kinds: frozenset[str]) -> Mask:
        """The mask of a place, with its evidence."""
        place = self.found[function, path]
        return Mask(function, path, kinds, place.evidence, self.samples.get(function, 0), place.examples())


def _follow_the_calendar(
    cases: Cases, asked: Sequence[Case], base: Sequence[Said], places: _Places, when: tuple[float, float]
) -> None:
    """A day or an hour that no run changes: it was the recording's own time, and it is the time of now, ``when`` the
    events of ``base`` were asked.
    """
    known = places.masks()
    for case, said in zip(asked, base, strict=True):
        if not case.answered or not case.record.at:
            continue
        name = case.function.name
        left, _ = uncovered(changes(cases.recorded(case), said), name, known)
        fitting = [item for item in left if _is_clock(item, case.record.at / 1e6, *when)]
        places.note(name, fitting, CALENDAR)


def _is_clock(change: Change, then: float, began: float, ended: float) -> bool:
    """Is it the time of the recording and that of now, or were all its clocks put on by what lies between them?"""
    if change.kind != "value":
        return False
    one, other = time_in(change.one), time_in(change.other)
    if one is not None and other is not None and abs(one - then) < NEAR and abs(other - ended) < NEAR:
        return True
    steps = moved(change.one, change.other) or []
    return bool(steps) and all(_went_by(*step, began - then, ended - then) for step in steps)


def _went_by(seconds: float, is_date: bool, least: float, most: float) -> bool:
    """Was a clock put on by the time that went by? Of a mere date only days tell anything."""
    if is_date:
        return most >= DAY and abs(seconds - most) <= DAY
    return least - SLACK <= seconds <= most + SLACK


def _keep_what_was_steady(cases: Cases, asked: Sequence[Case], base: Sequence[Said], places: _Places) -> None:
    """Where all recorded answers say the same and those of now each another thing, that is new: no noise."""
    met: dict[tuple[str, str], list[Change]] = {}
    for case, said in zip(asked, base, strict=True):
        for change in changes(cases.recorded(case), said) if case.answered else ():
            met.setdefault((case.function.name, change.path), []).append(change)
    for key, found in met.items():
        place = places.found.get(key)
        if place is None or len(found) < STEADY or any(change.kind != "value" for change in found):
            continue
        then, now = {repr(item.one) for item in found}, {repr(item.other) for item in found}
        measured = MEASURED.search(str(found[0].steps[-1])) is not None
        if len(then) == 1 and len(now) >= STEADY - 1 and not measured and "clock" not in place.kinds():
            place.steady = True


def _told_apart(noise: _Places, masks: dict[tuple[str, str], Mask], states: _Places, again: _Places) -> Noise:
    """Counters become masks; everything else that depends on the events before is told, unless it differs with the same
    events before it, too.
    """
    counters: list[Mask] = []
    dependences: list[Dependence] = []
    for (function, path), place in states.found.items():
        if _counts(place) and (function, path) not in masks:
            counters.append(states.mask(function, path, frozenset(("counter",))))
            continue
        samples = states.samples.get(function, 0)
        if (function, path) in noise.found:
            continue
        if AGAIN.name in place.evidence or (function, path) in again.found:
            dependences.append(Dependence(function, path, place.evidence, samples, place.examples()))
    return Noise((*masks.values(), *counters), tuple(dependences))


def _counts(place: _Place) -> bool:
    """Whole numbers, also in a text, that rise by one or two with every event, the same one or any other."""
    if place.steady or place.optional or place.types or place.order or place.present:
        return False
    if not all(place.evidence.get(item.name) for item in (AGAIN, ORDER)):
        return False
    return all(0 < _rise(one, other) <= 2 for one, other in place.pairs[: place.evidence[AGAIN.name]])


def _rise(one: Any, other: Any) -> int:
    """By how much the only whole number that differs is more; 0 where something else differs."""
    if isinstance(one, int) and isinstance(other, int):
        return 0 if isinstance(one, bool) or isinstance(other, bool) else other - one
    if not isinstance(one, str) or not isinstance(other, str):
        return 0
    left, right = DIGITS.split(one), DIGITS.split(other)
    unlike = [(a, b) for a, b in zip(left, right, strict=False) if a != b]
    if len(left) != len(right) or len(unlike) != 1 or not all(text.isdigit() for text in unlike[0]):
        return 0
    return int(unlike[0][1][:18]) - int(unlike[0][0][:18])
