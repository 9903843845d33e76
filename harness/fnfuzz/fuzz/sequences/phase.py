"""The phase that sends sequences: which events, which scripts in which order, within which budget."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from random import Random

from fnfuzz.events import Event
from fnfuzz.fuzz.sequences.answer import Answer, answer_of
from fnfuzz.fuzz.sequences.candidates import Candidate, behaviours, enlarged, representatives, twins, variants
from fnfuzz.fuzz.sequences.choosing import choosing
from fnfuzz.fuzz.sequences.growth import BATCHES, LEAST, LOOK, SUSPECT, grows, look
from fnfuzz.fuzz.sequences.history import SAY_THE_SAME, History
from fnfuzz.fuzz.sequences.leaving import leaving
from fnfuzz.fuzz.sequences.moving import moved
from fnfuzz.fuzz.sequences.noise import Baseline, learn
from fnfuzz.fuzz.sequences.omissions import left_out, reduced
from fnfuzz.fuzz.sequences.openings import open_ways
from fnfuzz.fuzz.sequences.scripts import IN_A_ROW, Item, Script, Step, scripts
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.sequences.together import play_together
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trials import Trials, was_rejected
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.host import Exchange

__all__ = ["Sequences"]

SHARE = 0.2
"""This part of the run's budget goes to sequences."""

SHORTEST, SHORT_SHARE = 8.0, 0.4
"""Seconds: a short run gives so many, but this part of itself at most. Fresh instances and a second between two looks
have their price."""

LONGEST = 60.0
MOST_CASES = 20_000
EARLY = 0.3
"""This part of the time comes before the first exploring, as the phases before may take longer than they should; the
rest knows more events."""

WORTH_PLAYING = 2.5
"""Seconds: with less than that, there are no sequences early, and the time is kept for later."""

SEEDS = 6
FOR_SEEDS, FOR_WAYS = 0.15, 0.6
"""So many of the seeds are sent early, to have events of different behaviours; then ways in are looked for."""

PER_FUNCTION, ITEMS = 6, 14
IN_TWO = 3
"""Of so many events of each function there are two variants."""

LOOKED_AT = 24
"""Events of each function that are looked at for what they leave behind."""

TELLING = 8
"""Events of each function of which parts are left out."""

APART = 1.1
"""Seconds between two samples, so that clocks that show seconds differ."""

FOR_ITEMS, FOR_LOOKS, FOR_GROWTH, FOR_TOGETHER, FOR_LEFT_OUT, FOR_REDUCING = 0.5, 0.3, 0.4, 0.4, 0.3, 0.4
FOR_LEAVING, FOR_CHOOSING, FOR_TOLD = 0.5, 0.15, 0.6
"""Parts of what is left when their turn comes."""

ONE_GROWTH = 0.4
"""Seconds at least for one event in batches."""


class Sequences:
    """The budget of a run for sequences, and its two parts."""

    def __init__(self, trials: Trials) -> None:
        plan = trials.plan
        self.trials = trials
        self.cases = 0
        """Cases to keep for the second part, where cases are counted."""

        self.seconds = 0.0
        """Seconds to keep for the second part."""

        self._early = 0.0
        self._known: dict[tuple[str, Event], Item | None] = {}
        """What was learnt of events; None where it cannot be compared."""

        self._variants: dict[tuple[str, Event], list[Candidate]] = {}
        """The variants of representatives."""

        self._looked: set[tuple[str, Event]] = set()
        """What was looked at for threads and descriptors."""

        self._told_all: set[tuple[str, Event]] = set()
        """Events that say much, of which parts were left out."""

        self._grown: set[tuple[str, Event]] = set()
        """What was sent in batches."""

        if "sequences" not in plan.phases:
            return
        if plan.max_cases is not None:
            self.cases = min(MOST_CASES, int(plan.max_cases * SHARE))
        elif plan.max_time is not None:
            least = min(SHORTEST, plan.max_time * SHORT_SHARE)
            share = min(LONGEST, max(plan.max_time * SHARE, least))
            self._early = EARLY * share
            self.seconds = share - self._early

    @property
    def begins_early(self) -> bool:
        """Is there a part before the first exploring?"""
        return self._early > 0

    def early(self) -> Iterator[RunEvent]:
        """The part before the first exploring, with events that are there without it; only where time is counted."""
        if not self._early:
            return
        stage = Stage(self.trials, time.monotonic() + self._early)
        for source in self.trials.sources:
            for event in source.load_seeds()[:SEEDS]:
                if stage.seconds < (1 - FOR_SEEDS) * self._early:
                    break
                yield from stage.case(source, event)
        for source in self.trials.sources:
            yield from open_ways(stage.part(FOR_WAYS), source)
        if stage.seconds >= WORTH_PLAYING:
            yield from self._play(stage, "early")
        self.seconds += max(0.0, stage.seconds)

    def late(self) -> Iterator[RunEvent]:
        """The part that knows what exploring has shown."""
        trials = self.trials
        if trials.plan.max_cases is not None:
            stage = Stage(trials, None, min(trials.cases + self.cases, trials.plan.max_cases))
        elif trials.plan.max_time is not None:
            stage = Stage(trials, time.monotonic() + self.seconds)
        else:
            stage = Stage(trials, None, trials.cases + MOST_CASES)
        yield from self._play(stage, "late")

    def _play(self, stage: Stage, part: str) -> Generator[RunEvent, None, None]:
        random = Random(f"{self.trials.plan.seed}:sequences:{part}")
        yield from self._mixed_up(stage, random)
        yield from self._looks(stage.part(FOR_LOOKS))
        yield from self._left_out(stage)
        items = yield from self._items(stage)
        if not items:
            return
        history = History(stage, items)
        aborts = self._lets_clients_leave()
        told = list(scripts(items, random, aborts=aborts, rests=part == "late"))
        first = islice(told, len(items) * 2)
        yield from play_together(stage.part(FOR_TOGETHER), items, random)
        yield from self._scripts(stage, history, first)
        yield from self._scripts(stage, history, iter(told[len(items) * 2 :]))
        # Whatever was done to the instance is no business of the next phase.
        self.trials.host.stop()

    def _mixed_up(self, stage: Stage, random: Random) -> Iterator[RunEvent]:
        """Two events that differ in their data only, at once, before anything is known of what they get alone."""
        suspects = yield from choosing(stage.part(FOR_CHOOSING), (yield from self._candidates(stage)))
        if suspects:
            yield from play_together(stage.part(FOR_TOGETHER), (yield from self._learnt(stage, suspects)), random)

    def _left_out(self, stage: Stage) -> Iterator[RunEvent]:
        """Events that say much, then such without a part of it: do they get what the first ones said?"""
        looking = stage.part(FOR_LEFT_OUT)
        told = [[(source, event) for event in source.telling(TELLING)] for source in self.trials.sources]
        for source, event in in_turn(told):
            key = source.function.name, event
            if key in self._told_all or stage.knows(source, *SAY_THE_SAME):
                continue
            self._told_all.add(key)
            both = yield from twins(looking, source, event, f"{source.function.name} whole {len(self._told_all)}")
            if both is None:
                continue
            suspect = yield from left_out(looking.part(FOR_TOLD), *both)
            if suspect is not None:
                found = reduced(stage.part(FOR_REDUCING), suspect).cut()
            else:
                found = yield from moved(looking, source, event)
            if found is None:
                continue
            marks = (*both[0].marks, *found.words), both[1].marks
            events = (Candidate(source, found.whole, marks[0]), Candidate(source, found.lean, marks[1]))
            items = yield from self._learnt(stage, events)
            if len(items) == len(events):
                steps = tuple(Step("send", item, item.event) for item in items)
                yield from History(stage, items).play(Script("left out", steps, keyed=found.keyed))

    def _scripts(self, stage: Stage, history: History, told: Iterator[Script]) -> Iterator[RunEvent]:
        for script in told:
            if not stage.allows(len(script.steps), 1):
                return
            yield from history.play(script)

    def _lets_clients_leave(self) -> bool:
        """Only there the instance goes on after a client that left (alibaba-fc.md 2)."""
        app = self.trials.app
        return app.platform == "fc" and (app.concurrency > 1 or app.health_check is not None)

    # -- growth

    def _looks(self, stage: Stage) -> Iterator[RunEvent]:
        """A quick look at what many different events leave behind, also with a large payload; longer where something
        is left.
        """
        suspect = yield from self._left_open(stage.part(FOR_LEAVING))
        told = in_turn([self._looked_at(source) for source in self.trials.sources])
        for event, source in chain(suspect, told):
            key = source.function.name, event
            if key in self._looked or stage.knows(source, "resource-growth", "fd-or-thread-growth"):
                continue
            if not stage.allows(2 * LOOK + (BATCHES + 1) * SUSPECT, 1):
                return
            self._looked.add(key)
            seen = yield from look(stage, source, event)
            if seen.wavers:
                yield from self._again(stage, source, event)
            if seen.grows:
                exchange = yield from stage.case(source, event)
                answer = answer_of(exchange) if exchange is not None else None
                if exchange is not None and answer is not None:
                    item = _item(Candidate(source, event), exchange, answer)
                    yield from grows(stage, item, memory=False)

    def _left_open(self, stage: Stage) -> Generator[RunEvent, None, list[tuple[Event, FunctionSource]]]:
        """The event that left most behind, where more and more threads and descriptors were seen in the run."""
        cases, self.trials.handles.left_by = self.trials.handles.left_by, ()
        sources = {source.function: source for source in self.trials.sources}
        found = yield from leaving(stage, [(sources[case.function], case.event) for case in cases])
        return [(found[1], found[0])] if found is not None else []

    def _again(self, stage: Stage, source: FunctionSource, event: Event) -> Iterator[RunEvent]:
        """Is the answer to the event another one when it comes again?"""
        if stage.knows(source, *SAY_THE_SAME):
            return
        items = yield from self._learnt(stage, (Candidate(source, event),))
        if items:
            steps = (Step("send", items[0], event),) * IN_A_ROW
            yield from History(stage, items).play(Script("again", steps))

    def _looked_at(self, source: FunctionSource) -> list[tuple[Event, FunctionSource]]:
        """Events of every way and of other behaviours, then the same with large payloads where they were taken."""
        chosen = behaviours(source, LOOKED_AT)
        ways = representatives(source, PER_FUNCTION)
        large = [event for one, rejected in ways if not rejected for event in enlarged(one)]
        return [(event, source) for event in (*(event for event, _ in chosen), *large)]

    def _growth(self, stage: Stage, items: Sequence[Item]) -> Iterator[RunEvent]:
        """One event of each kind for each function: taken, and turned away or failed."""
        chosen: dict[tuple[str, bool], Item] = {}
        for item in items:
            chosen.setdefault((item.source.function.name, item.rejected), item)
        left = [item for item in chosen.values() if (item.source.function.name, item.event) not in self._grown]
        left.sort(key=lambda item: item.rejected)
        while left and stage.allows((BATCHES + 1) * LEAST):
            item = left.pop(0)
            each = stage.within(max(ONE_GROWTH, stage.seconds / (len(left) + 1)), (BATCHES + 1) * LEAST)
            self._grown.add((item.source.function.name, item.event))
            # What a handler keeps on purpose, to give it back later, takes its room.
            stores = stage.knows(item.source, *SAY_THE_SAME)
            yield from grows(each, item, memory=not stores)

    # -- items

    def _items(self, stage: Stage) -> Generator[RunEvent, None, list[Item]]:
        """Events of different behaviours, each with what a fresh instance answers, as learnt from several ones."""
        found = yield from self._candidates(stage)
        return (yield from self._learnt(stage, found, growth=True))

    def _learnt(
        self, stage: Stage, found: Sequence[Candidate], *, growth: bool = False
    ) -> Generator[RunEvent, None, list[Item]]:
        """The events with what fresh instances answer, as far as that can be compared; between the two samples of each
        there may be batches for ``growth``, as there has to be some time.
        """
        begun = time.monotonic()
        first: list[tuple[Item, Exchange]] = []
        for one in found:
            if (one.source.function.name, one.event) in self._known:
                continue
            exchange = yield from self._sample(stage, one.source, one.event)
            answer = answer_of(exchange) if exchange is not None else None
            if exchange is not None and answer is not None:
                first.append((_item(one, exchange, answer), exchange))
        if growth:
            known = [item for item in self._known.values() if item is not None]
            yield from self._growth(stage.part(FOR_GROWTH), [*known, *(item for item, _ in first)])
        if first:
            stage.rest(begun + APART - time.monotonic())
        for item, exchange in reversed(first):
            again = yield from self._sample(stage, item.source, item.event)
            baseline = _baseline(exchange, again)
            if again is not None:
                learnt = replace(item, baseline=baseline) if baseline is not None else None
                self._known[item.source.function.name, item.event] = learnt
        items = [self._known.get((one.source.function.name, one.event)) for one in found]
        return [item for item in items if item is not None]

    def _sample(self, stage: Stage, source: FunctionSource, event: Event) -> Generator[RunEvent, None, Exchange | None]:
        """The exchange of an event that is the first one of a fresh instance."""
        if not stage.allows(1, 1) or not stage.fresh():
            return None
        return (yield from stage.case(source, event))

    def _candidates(self, stage: Stage) -> Generator[RunEvent, None, list[Candidate]]:
        """Events of all functions, the first ones of each in two variants that differ in their data only."""
        sources = self.trials.sources
        room = min(ITEMS, self._affordable(stage))
        each = max(1, min(PER_FUNCTION, room // max(1, len(sources))))
        found: list[Candidate] = []
        for source in sources:
            paired = False
            for number, (event, rejected) in enumerate(representatives(source, each)):
                # Some have nothing in which two could differ.
                both = not number or (not rejected and (not paired or (number < IN_TWO and each > IN_TWO)))
                name = f"{source.function.name} {number}"
                known = self._variants.get((source.function.name, event))
                if known is None:
                    known = yield from variants(stage, source, event, name, len(self._variants), both=both)
                    self._variants[source.function.name, event] = known
                paired = paired or len(known) > 1
                events = {(item.source.function.name, item.event) for item in found}
                found += [item for item in known if (source.function.name, item.event) not in events]
        return found[: room + 1]

    def _affordable(self, stage: Stage) -> int:
        """How many events two fresh instances each may be started for."""
        if stage.cases is not None:
            return max(0, (stage.cases - self.trials.cases) // 10)
        return max(2, int(FOR_ITEMS * stage.seconds / (2.5 * stage.start_seconds)))


def _item(one: Candidate, exchange: Exchange, answer: Answer) -> Item:
    """The event with its first answer; one that failed counts as turned away, too."""
    rejected = answer.status >= 400 or was_rejected(one.source, exchange)
    return Item(one.source, one.event, rejected, Baseline(answer), one.marks, one.family)


def _baseline(one: Exchange, again: Exchange | None) -> Baseline | None:
    answers: list[Answer] = [
        answer for answer in (answer_of(item) for item in (one, again) if item is not None) if answer is not None
    ]
    return learn(answers) if len(answers) == 2 else None
