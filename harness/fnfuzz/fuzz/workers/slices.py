"""A slice: a bounded piece of boundaries or exploration that any process can do, and what comes of it.

A slice is a function of its plan: it starts with a fresh instance and goes on from the states that it carries, so it
does not matter who does it, and everything in it can be pickled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeAlias

from fnfuzz.app.model import App, Function
from fnfuzz.extensions.fuse import Topic
from fnfuzz.fuzz.feeds import event_sources
from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.fitting import recorded_for
from fnfuzz.fuzz.learnt import SourceState
from fnfuzz.fuzz.ledger import Ledger
from fnfuzz.fuzz.own_mutants import source_for
from fnfuzz.fuzz.plan import Plan
from fnfuzz.fuzz.sources import FunctionSource, share
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.streaming import Chosen, streamed
from fnfuzz.fuzz.triage import Case
from fnfuzz.fuzz.trials import Over, Trials
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.host import Host, StartFailed

__all__ = ["Job", "Kind", "Slice", "SliceDone", "explore", "tell_boundaries", "work"]

Kind: TypeAlias = Literal["boundaries", "explore"]

PLATEAU = 20_000
"""Cases without anything new after which a run without any bound ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What all slices of a run have in common. ``environ`` is that of the user, as in Host; ``extensions`` are files to
    load.
    """

    app: App
    plan: Plan
    functions: tuple[Function, ...]
    words: Dictionary
    environ: Mapping[str, str]
    extensions: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """``share`` is (number, of) in its ``turn``. Ends after ``cases`` or ``seconds``, whichever is not None.

    ``states`` has one state for each function, ``known`` the identities that need no further look, ``told`` what was
    told of extensions.
    """

    kind: Kind
    turn: int
    share: tuple[int, int]
    states: tuple[SourceState, ...]
    known: frozenset[Identity]
    cases: int | None = None
    seconds: float | None = None
    told: Mapping[Topic, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceDone:
    """``counts`` tells how often each identity was seen, ``states`` what was learnt. ``finished`` is True when there is
    nothing left of this kind; ``lost`` tells why the handler could not be kept alive. ``left_by`` is that of
    Handles."""

    share: tuple[int, int]
    cases: int
    starts: int
    states: tuple[SourceState, ...]
    counts: Mapping[Identity, int] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    finished: bool = False
    lost: str = ""
    stderr: tuple[str, ...] = ()
    told: Mapping[Topic, str] = field(default_factory=dict)
    left_by: tuple[Case, ...] = ()


def sources_of(job: Job) -> list[FunctionSource]:
    """New sources for all functions of the job."""
    loaded = event_sources()
    recorded = {item: recorded_for(item, job.app.functions, job.plan.recorded) for item in job.functions}
    return [source_for(item, job.words, job.plan.seed, loaded, recorded[item]) for item in job.functions]


def tell_boundaries(trials: Trials, reserve: float = 0.0) -> Iterator[RunEvent]:
    """The boundary events of all functions in turn, until only ``reserve`` seconds are left."""
    return streamed(trials, _boundaries(trials, reserve))


def _boundaries(trials: Trials, reserve: float) -> Iterator[Chosen]:
    waiting = list(trials.sources)
    while waiting and trials.left > reserve:
        for source in tuple(waiting):
            event = source.next_boundary()
            if event is None:
                waiting.remove(source)
            else:
                yield source, event


def explore(trials: Trials, reserve: float = 0.0) -> Iterator[RunEvent]:
    """Explored events until only ``reserve`` seconds are left; without any budget, until nothing new came for long."""
    return streamed(trials, _explored(trials, reserve))


def _explored(trials: Trials, reserve: float) -> Iterator[Chosen]:
    plan, sources = trials.plan, trials.sources
    bounded = plan.max_time is not None or plan.max_cases is not None
    while trials.left > reserve if bounded else any(source.stale < PLATEAU for source in sources):
        source = share(sources, by_time=plan.max_cases is None)
        yield source, source.next_explored()


def work(job: Job, sources: list[FunctionSource], host: Host, task: Slice) -> Iterator[RunEvent | SliceDone]:
    """Do one slice on ``host``; the last thing that comes is SliceDone."""
    plan = replace(job.plan, max_cases=task.cases, max_time=task.seconds)
    trials = Trials(job.app, plan, host, job.functions, Ledger(task.known, plan.ignored))
    trials.extensions.resume(task.told)
    trials.sources = sources
    trials.phase = task.kind
    for source, state in zip(sources, task.states, strict=True):
        source.resume(state, task.share, task.turn)
    starts, finished, lost, stderr = host.starts, False, "", tuple[str, ...]()
    try:
        host.fresh()
        yield from tell_boundaries(trials) if task.kind == "boundaries" else explore(trials)
        finished = True
    except StartFailed as failed:
        lost, stderr = failed.message, failed.stderr
    except Over as over:
        lost, stderr = over.error, over.stderr
    yield SliceDone(
        share=task.share,
        cases=trials.cases,
        starts=host.starts - starts,
        states=tuple(source.state() for source in sources),
        counts=dict(trials.ledger.counts),
        findings=trials.ledger.counted(),
        finished=finished,
        lost=lost,
        stderr=stderr,
        told=trials.extensions.notices.told,
        left_by=trials.handles.left_by,
    )
