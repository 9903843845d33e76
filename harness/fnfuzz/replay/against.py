"""The same events through two apps: what the one under test answers otherwise than the other one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from fnfuzz.app.model import App
from fnfuzz.corpus import Corpus
from fnfuzz.host import Host
from fnfuzz.replay.cases import Case, Cases
from fnfuzz.replay.difference import changes
from fnfuzz.replay.judging import Judge
from fnfuzz.replay.learning import learn, sampled
from fnfuzz.replay.masks import Noise
from fnfuzz.replay.model import Ended, Plan, Result
from fnfuzz.replay.noise_file import read_noise
from fnfuzz.replay.playing import cannot_carry, deliver, opened_host
from fnfuzz.replay.replaying import Progress, told_of

__all__ = ["replay_against"]


def replay_against(app: App, other: App, corpus: Corpus, plan: Plan, *, progress: Progress | None = None) -> Result:
    """Send every event to both apps, and compare the answers of ``app`` with those of ``other``.

    Apps on different contracts are compared by what their callers get. The noise of ``other`` is learnt when there is a
    difference. Raises StartFailed, CorpusError and NoiseFileError.
    """
    until = plan.until()
    noise = read_noise(corpus.path)
    first = _Pair(app, other, corpus, plan, until, noise, progress, impatient=plan.learn != "never")
    result = first.run()
    if plan.learn == "never" or not first.judge.groups or result.ended != "done":
        return result
    found = _noise_of(other, corpus, plan, until, first.to_caller, first.names, told_of(progress))
    known = noise.masks if noise is not None and not first.to_caller else ()
    masks = {(mask.function, mask.path): mask for mask in (*known, *found.masks)}
    together = Noise(tuple(masks.values()), found.dependences)
    result = _Pair(app, other, corpus, plan, until, together, progress).run()
    result.learnt, result.unused = True, ()
    return result


def _noise_of(
    other: App,
    corpus: Corpus,
    plan: Plan,
    until: float,
    to_caller: bool,
    names: dict[str, str],
    told: Callable[[int], None] | None,
) -> Noise:
    """The noise of the other app, with the names that the functions have in the app under test."""
    cases = Cases(other)
    found = learn(
        other,
        cases,
        sampled(cases.of(corpus, dict(plan.filters))),
        plan=plan,
        until=until,
        to_caller=to_caller,
        told=told,
    )
    return Noise(
        tuple(replace(mask, function=names.get(mask.function, mask.function)) for mask in found.masks),
        tuple(replace(item, function=names.get(item.function, item.function)) for item in found.dependences),
    )


@dataclass(slots=True)
class _Pair:
    app: App
    other: App
    corpus: Corpus
    plan: Plan
    until: float
    noise: Noise | None
    progress: Progress | None
    impatient: bool = False
    names: dict[str, str] = field(default_factory=dict)
    """What the other app's functions are called in the app under test."""

    to_caller: bool = field(init=False)
    cases: Cases = field(init=False)
    judge: Judge = field(init=False)
    ended: Ended = "done"

    def __post_init__(self) -> None:
        self.cases = Cases(self.app)
        self.judge = Judge(self.cases, self.noise, checks=self.plan.checks)
        speaks = [{function.contract for function in app.functions} for app in (self.app, self.other)]
        self.to_caller = speaks[0] != speaks[1]

    def run(self) -> Result:
        began = time.monotonic()
        told = 0.0
        try:
            with opened_host(self.app, self.plan) as host, opened_host(self.other, self.plan) as reference:
                reference.start()
                host.start()
                for case, twin in self._chosen():
                    now = time.monotonic()
                    if self.progress is not None and now - told > 0.2:
                        told = now
                        self.progress("comparing", self.judge.replayed, len(self.judge.groups))
                    if now > self.until:
                        self.ended = "out of time"
                        break
                    self._both(host, case, reference, twin)
                    if self.impatient and self.judge.groups:
                        break
        except KeyboardInterrupt:
            self.ended = "interrupted"
        result = Result(corpus=str(self.corpus.path), against=str(self.other.root), rounds=1, ended=self.ended)
        self.judge.fill(result)
        result.seconds = time.monotonic() - began
        return result

    def _chosen(self) -> Iterator[tuple[Case, Case]]:
        others = Cases(self.other)
        for id_, record in self.corpus.items(**self.plan.filters):
            case, twin = self.cases.case(id_, record), others.case(id_, record)
            if isinstance(case, str):
                self.judge.refuse(case)
            elif isinstance(twin, str):
                self.judge.refuse(f"the other app: {twin}")
            else:
                self.names[twin.function.name] = case.function.name
                yield case, twin

    def _both(self, host: Host, case: Case, reference: Host, twin: Case) -> None:
        for one, which in ((host, case), (reference, twin)):
            why = cannot_carry(one, which)
            if why is not None:
                self.judge.refuse(f"{which.function.contract} cannot carry it: {why}")
                return
        before, now = deliver(reference, twin), deliver(host, case)
        judge = self.judge
        judge.replayed += 1
        judge.compared += 1
        judge.by_outcome += self.to_caller
        if now.exchange is not None:
            judge.judge(now.exchange, case.id)
        said = [played.said(to_caller=self.to_caller) for played in (before, now)]
        judge.add(now, changes(*said))
