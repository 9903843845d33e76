"""One replay: the corpus through the handler, noise learnt where it is needed, everything counted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from fnfuzz.app.model import App
from fnfuzz.corpus import Corpus
from fnfuzz.host import Host
from fnfuzz.replay.cases import Case, Cases
from fnfuzz.replay.crowd import play_together
from fnfuzz.replay.judging import Differs, Judge
from fnfuzz.replay.learning import learn, sampled
from fnfuzz.replay.masks import Noise
from fnfuzz.replay.model import Ended, Plan, Result
from fnfuzz.replay.noise_file import noise_path, read_noise, write_noise
from fnfuzz.replay.pacing import Schedule
from fnfuzz.replay.playing import opened_host, play

__all__ = ["Progress", "learn_noise", "replay", "told_of"]

Progress = Callable[[str, int, int], None]
"""Told what is done, how many records were replayed, and how many groups of differences there are."""

TOLD_EVERY = 0.2
LEARNING = "learning what is noise"


def replay(
    app: App, corpus: Corpus, plan: Plan, *, progress: Progress | None = None, differs: Differs | None = None
) -> Result:
    """Replay what the plan's filters choose. ``differs`` is told of each answer with differences that are no noise.

    An interrupt ends it, and the result says so. Raises StartFailed, CorpusError and NoiseFileError.
    """
    until = plan.until()
    noise = read_noise(corpus.path)
    learnt = False
    if plan.learn == "always":
        noise, learnt = learn_noise(app, corpus, plan, until, noise, progress=progress), True
    if plan.learn == "needed" and not all(_is_known(noise, item.name) for item in app.functions):
        # What looks like a difference may be noise: the first one is a reason to learn, and to begin again.
        with opened_host(app, plan) as host:
            first = _Run(host, corpus, plan, until, noise, progress, None, impatient=True)
            result = first.run()
        again = first.to_learn() or (differs is not None and (first.judge.groups or result.unanswered))
        if result.ended != "done" or not again:
            return _of_file(result, corpus, noise)
        if first.to_learn():
            noise = learn_noise(app, corpus, plan, until, noise, only_new=True, progress=progress)
            learnt = True
    with opened_host(app, plan) as host:
        result = _Run(host, corpus, plan, until, noise, progress, differs).run()
    result.learnt = learnt
    if learnt:
        # Learnt from other answers than those that were just compared.
        result.unused = ()
    return _of_file(result, corpus, noise)


def _of_file(result: Result, corpus: Corpus, noise: Noise | None) -> Result:
    """The result, with the name of the file that the noise is kept in."""
    if noise is not None and noise_path(corpus.path).exists():
        result.noise_file = str(noise_path(corpus.path))
    return result


def _is_known(noise: Noise | None, function: str) -> bool:
    return noise is not None and noise.was_asked(function)


def learn_noise(
    app: App,
    corpus: Corpus,
    plan: Plan,
    until: float,
    known: Noise | None = None,
    *,
    only_new: bool = False,
    progress: Progress | None = None,
) -> Noise:
    """Learn the noise of a corpus, and write it beside it if the plan wants that and the corpus may be changed.

    What is ``known`` of other functions than those that are asked stays; with ``only_new`` none is asked of which
    something is. ``until`` is of the monotonic clock.
    """
    cases = Cases(app)
    chosen = cases.of(corpus, dict(plan.filters))
    sample = sampled(chosen, lambda function: not (only_new and _is_known(known, function)))
    noise = learn(app, cases, sample, plan=plan, until=until, told=told_of(progress))
    if known is not None:
        noise = known.renewed(noise)
    if plan.keep_noise and not corpus.read_only:
        write_noise(corpus.path, noise)
    return noise


def told_of(progress: Progress | None) -> Callable[[int], None] | None:
    """What learning tells of itself, for ``progress``."""
    if progress is None:
        return None
    progress(LEARNING, 0, 0)
    return lambda count: progress(LEARNING, count, 0)


@dataclass(slots=True)
class _Run:
    host: Host
    corpus: Corpus
    plan: Plan
    until: float
    """When it ends, of the monotonic clock."""

    noise: Noise | None
    progress: Progress | None
    differs: Differs | None
    impatient: bool = False
    """Is the first difference of a function whose noise is not known the end?"""

    cases: Cases = field(init=False)
    judge: Judge = field(init=False)
    schedule: Schedule | None = field(init=False)
    ended: Ended = "done"
    rounds: int = 0
    _told: float = 0.0

    def __post_init__(self) -> None:
        self.cases = Cases(self.host.app, self.host)
        self.judge = Judge(self.cases, self.noise, self.differs, checks=self.plan.checks)
        self.schedule = Schedule(self.plan.speed) if self.plan.speed else None

    def run(self) -> Result:
        began = time.monotonic()
        try:
            self.host.start()
            began = time.monotonic()
            self._rounds()
        except KeyboardInterrupt:
            self.ended = "interrupted"
        self._take_late()
        path, read_only = str(self.corpus.path), self.corpus.read_only
        result = Result(corpus=path, read_only=read_only, rounds=self.rounds, ended=self.ended)
        self.judge.fill(result)
        result.seconds = time.monotonic() - began
        if self.schedule is not None:
            result.lateness = self.schedule.lateness()
        return result

    def _rounds(self) -> None:
        while True:
            before = self.judge.replayed
            self._one()
            self.rounds += 1
            if not self.plan.loop or self.judge.replayed == before or not self.go_on():
                return
            if self.schedule is not None:
                self.schedule.begin_again()

    def _one(self) -> None:
        chosen = self.judge.chosen(self.corpus, self.plan.filters)
        if self.plan.connections > 1:
            play_together(
                self.host, chosen, self.plan.connections, self.judge, schedule=self.schedule, go_on=self.go_on
            )
            return

        def wait(case: Case) -> None:
            self._take_late()
            if self.schedule is not None:
                self.schedule.wait(self.host, case)

        play(
            self.host,
            chosen,
            self.judge.take,
            lambda case, why: self.judge.refuse(why),
            wait=wait,
            go_on=self.go_on,
        )

    def go_on(self) -> bool:
        """Is there time left, and something to find out?"""
        now = time.monotonic()
        if self.progress is not None and now - self._told > TOLD_EVERY:
            self._told = now
            self.progress("replaying", self.judge.replayed, len(self.judge.groups))
        if now > self.until:
            self.ended = "out of time"
            return False
        return not (self.impatient and self.to_learn())

    def to_learn(self) -> bool:
        """Does something differ in an answer of a function whose noise is not known?"""
        return any(not _is_known(self.noise, group.function) for group in self.judge.groups)

    def _take_late(self) -> None:
        """An instance that ended, or sent more, after its answer."""
        late, self.host.late = self.host.late, None
        if late is not None:
            self.judge.late(late)
