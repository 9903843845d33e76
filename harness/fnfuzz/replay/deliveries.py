"""Queue and blob events delivered at least once, as the platforms promise no more: again, late, in another order.

The corpus is taken in slices. Each slice goes once, in order, through a fresh instance: that is the clean run. Then it
goes through another one with messages that come again, and through a third one with messages that come late. The answer
to each event must be that of the clean run, however often and whenever it comes.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final

from fnfuzz.app.model import App
from fnfuzz.corpus import Corpus
from fnfuzz.events import BlobEvent, Event, QueueEvent
from fnfuzz.fuzz.sequences.noise import TELLING, TELLING_STATUSES, TELLING_WORDS
from fnfuzz.replay.cases import Case, Cases
from fnfuzz.replay.difference import Change, changes
from fnfuzz.replay.judging import Judge
from fnfuzz.replay.masks import Noise
from fnfuzz.replay.model import Ended, Plan, Result
from fnfuzz.replay.noise_file import read_noise
from fnfuzz.replay.playing import Played, cannot_carry, deliver, opened_host
from fnfuzz.replay.replaying import Progress, learn_noise
from fnfuzz.replay.said import Said

__all__ = ["Arrival", "delayed", "repeated", "replay_deliveries"]

SLICE: Final = 1000
"""Events of which the clean answers are kept in memory."""

SHARE: Final = 0.3
FARTHEST: Final = 8
"""So many places later an event comes again, or comes at all."""

MOST_DELIVERIES: Final = 5


@dataclass(frozen=True, slots=True)
class Arrival:
    """One delivery: which case of the slice, and for which time it comes, from 1."""

    case: int
    time: int = 1


def repeated(moving: Sequence[bool], chance: random.Random) -> list[Arrival]:
    """Every case in its place; some of those that may (``moving``) come again later, once or several times."""
    found: list[tuple[float, int, Arrival]] = []
    for at, may in enumerate(moving):
        place = float(at)
        found.append((place, 0, Arrival(at)))
        for number in range(2, MOST_DELIVERIES + 1):
            if not may or chance.random() >= SHARE:
                break
            place += chance.randint(1, FARTHEST)
            found.append((place, number, Arrival(at, number)))
    if any(moving) and len(found) == len(moving):
        last = max(at for at, may in enumerate(moving) if may)
        found.append((float(last), 2, Arrival(last, 2)))
    return [arrival for _, _, arrival in sorted(found, key=lambda item: item[:2])]


def delayed(moving: Sequence[bool], chance: random.Random) -> list[Arrival]:
    """Every case once; some of those that may (``moving``) come later than in the recording."""
    places = [
        at + (chance.randint(1, FARTHEST) + 0.5 if may and chance.random() < SHARE else 0)
        for at, may in enumerate(moving)
    ]
    return [Arrival(at) for at in sorted(range(len(moving)), key=places.__getitem__)]


DISTURBANCES: Final[Sequence[tuple[str, Callable[[Sequence[bool], random.Random], list[Arrival]]]]] = (
    ("repeated", repeated),
    ("delayed", delayed),
)


def replay_deliveries(app: App, corpus: Corpus, plan: Plan, *, progress: Progress | None = None) -> Result:
    """Replay what the filters choose, clean and disturbed; the plan's seed decides what is disturbed.

    Differences are those between the runs; the rules judge all of them. Raises StartFailed, CorpusError and
    NoiseFileError.
    """
    until = plan.until()
    noise = read_noise(corpus.path)
    learnt = plan.learn == "always" or (noise is None and plan.learn != "never")
    if learnt:
        noise = learn_noise(app, corpus, plan, until, noise, progress=progress)
    run = _Disturbed(app, corpus, plan, until, without_counters(noise or Noise()), progress)
    result = run.run()
    result.learnt = learnt
    return result


def without_counters(noise: Noise) -> Noise:
    """From a clean run to the next a counter is the same; one that is not has counted a delivery."""
    return replace(noise, masks=tuple(mask for mask in noise.masks if "counter" not in mask.kinds))


class _Disturbed:
    def __init__(
        self, app: App, corpus: Corpus, plan: Plan, until: float, noise: Noise, progress: Progress | None
    ) -> None:
        self.app, self.corpus, self.plan, self.progress = app, corpus, plan, progress
        self.cases = Cases(app)
        self.judge = Judge(self.cases, noise, checks=plan.checks)
        self.counts = {"events": 0, "repeated": 0, "delayed": 0}
        self.ended: Ended = "done"
        self._until = until

    def run(self) -> Result:
        began = time.monotonic()
        chance = random.Random(self.plan.seed)
        chosen = self.judge.chosen(self.corpus, self.plan.filters)
        try:
            while (part := list(islice(chosen, SLICE))) and self.ended == "done":
                self._slice(part, chance)
        except KeyboardInterrupt:
            self.ended = "interrupted"
        result = Result(corpus=str(self.corpus.path), rounds=1, ended=self.ended, deliveries=self.counts)
        self.judge.fill(result)
        result.unused = ()
        result.seconds = time.monotonic() - began
        return result

    def _slice(self, part: list[Case], chance: random.Random) -> None:
        with opened_host(self.app, self.plan) as host:
            host.start()
            part = [case for case in part if self._can_carry(cannot_carry(host, case), case)]
            clean = [self._judged(deliver(host, case)).said() for case in part if self._go_on()]
        part = part[: len(clean)]
        moving = [isinstance(case.event, QueueEvent | BlobEvent) for case in part]
        self.counts["events"] += sum(moving)
        for cause, disturb in DISTURBANCES:
            if any(moving):
                self._disturb(cause, part, clean, disturb(moving, chance))

    def _can_carry(self, why: str | None, case: Case) -> bool:
        if why is not None:
            self.judge.refuse(f"{case.function.contract} cannot carry it: {why}")
        return why is None

    def _disturb(self, cause: str, part: list[Case], clean: list[Said], arrivals: list[Arrival]) -> None:
        in_order = [arrival.case for arrival in arrivals if arrival.time == 1]
        late = sum(1 for at, case in enumerate(in_order) if case < at)
        self.counts[cause] += len(arrivals) - len(part) if cause == "repeated" else late
        with opened_host(self.app, self.plan) as host:
            host.start()
            for arrival in arrivals:
                if not self._go_on():
                    return
                case = part[arrival.case]
                played = self._judged(deliver(host, case, event=again(case.event, arrival.time)))
                self._compare(cause, arrival, played, clean[arrival.case])

    def _judged(self, played: Played) -> Played:
        self.judge.replayed += 1
        if played.exchange is not None:
            self.judge.judge(played.exchange, played.case.id)
        return played

    def _compare(self, cause: str, arrival: Arrival, played: Played, clean: Said) -> None:
        found = [item for item in changes(clean, played.said()) if not _is_count(item, played.case.event, arrival)]
        if arrival.time > 1 and all(_says_so(item) for item in found):
            found = []
        self.judge.compared += 1
        self.judge.add(played, found, cause)

    def _go_on(self) -> bool:
        if self.progress is not None and self.judge.replayed % 64 == 0:
            self.progress("delivering", self.judge.replayed, len(self.judge.groups))
        if time.monotonic() > self._until:
            self.ended = "out of time"
        return self.ended == "done"


def again(event: Event | None, time: int) -> Event | None:
    """The event as it comes for the ``time``. time: a message says how often it was delivered."""
    if isinstance(event, QueueEvent) and time > 1:
        return replace(event, dequeue_count=event.dequeue_count + time - 1)
    return event


def _is_count(change: Change, event: Event | None, arrival: Arrival) -> bool:
    """Does the handler only give back the dequeue count?"""
    if not isinstance(event, QueueEvent) or arrival.time == 1:
        return False
    told = event.dequeue_count, event.dequeue_count + arrival.time - 1
    return (change.one, change.other) in (told, tuple(map(str, told)))


def _says_so(change: Change) -> bool:
    """Does the handler say that it knows the event: by a flag, a word or a status, and not by a number?"""
    if change.kind == "status":
        return change.other in TELLING_STATUSES or (_is_well(change.one) and _is_well(change.other))
    return bool(TELLING.search(str(change.steps[-1]))) and all(map(_is_plain, (change.one, change.other)))


def _is_well(status: Any) -> bool:
    return isinstance(status, int) and 200 <= status < 300


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, bool) or (isinstance(value, str) and value.lower() in TELLING_WORDS)
