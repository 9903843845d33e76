"""Runs a plan against an app: a generator of events from which every report is made."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace

from fnfuzz.app.model import App, Function
from fnfuzz.checks import HOSTILE_PROBES, PROBES, Breach, Probe, typical_event
from fnfuzz.contracts.model import Violation
from fnfuzz.drivers import DriverError
from fnfuzz.events import EVENT_TYPES
from fnfuzz.fuzz.collecting import seldom_collecting
from fnfuzz.fuzz.feeds import event_sources
from fnfuzz.fuzz.fitting import recorded_for
from fnfuzz.fuzz.known import try_known
from fnfuzz.fuzz.ledger import Ledger
from fnfuzz.fuzz.own_mutants import source_for
from fnfuzz.fuzz.plan import Plan
from fnfuzz.fuzz.sequences import Sequences
from fnfuzz.fuzz.stream import (
    Ended,
    HandlerStarted,
    Noted,
    PhaseStarted,
    ProbeFinished,
    RunEvent,
    RunFinished,
    RunStarted,
)
from fnfuzz.fuzz.triage import trace_lines
from fnfuzz.fuzz.trials import Over, Trials
from fnfuzz.fuzz.words.dictionary import mine
from fnfuzz.fuzz.workers.drawing import Drawing
from fnfuzz.fuzz.workers.exploring import Exploring
from fnfuzz.fuzz.workers.pool import WorkerLost, Workers
from fnfuzz.fuzz.workers.slices import Job
from fnfuzz.host import Host, StartFailed, settle

__all__ = ["run"]

MOSTLY = 0.95
"""This share of events turned away by the handler itself is told."""

EXPLORED = 0.5
"""This share of the time is left for exploring, however many boundary events there are."""

SLOW_PROBE = 8.0
"""Seconds that have to be left for a slow probe to begin."""

SHORT_RUN = 15.0
"""Seconds: a run that is no longer leaves no time for slow probes."""

ENOUGH_TO_TELL = 200
ONE_PORT = "The handler listens on its fixed port"


def run(app: App, plan: Plan, environ: Mapping[str, str] | None = None) -> Generator[RunEvent, None, None]:
    """Run ``plan``, after the contract was found out by trying where the app's files leave it open; the first event is
    RunStarted, the last one RunFinished, whatever happens between.

    KeyboardInterrupt inside the run ends it in order. Closing the generator ends the handler at once.
    """
    unknown: StartFailed | KeyboardInterrupt | None = None
    try:
        app = settle(app, environ, patience=plan.start_patience)
    except (StartFailed, KeyboardInterrupt) as ended_early:
        unknown = ended_early
    functions, skipped = driven(app, plan)
    host = Host(
        app,
        patience=plan.patience,
        start_patience=plan.start_patience,
        environ=environ,
        limits=plan.limits,
        headers=plan.headers,
    )
    with seldom_collecting(), host:
        course = _Course(Trials(app, plan, host, functions, Ledger(ignored=plan.ignored)))
        ended: Ended = "done"
        error, stderr = "", tuple[str, ...]()
        try:
            yield RunStarted(app=app, seed=plan.seed, max_time=plan.max_time, max_cases=plan.max_cases, skipped=skipped)
            yield from course.files()
            if isinstance(unknown, StartFailed):
                yield from course.not_started(unknown)
            elif unknown is not None:
                raise unknown
            yield from course.phases()
        except Over as over:
            ended, error, stderr = over.ended, over.error, over.stderr
        except KeyboardInterrupt:
            ended = "interrupted"
        host.stop()
        yield from course.notes(ended)
        yield course.finished(ended, error, stderr)


def driven(app: App, plan: Plan) -> tuple[tuple[Function, ...], tuple[str, ...]]:
    """The functions that will be driven, and one line for each that will not."""
    chosen, skipped = [], []
    for function in app.functions:
        if plan.functions and function.name not in plan.functions:
            continue
        if function.trigger not in EVENT_TYPES:
            skipped.append(f"{function.name}: fnfuzz has no events for {function.trigger}")
        else:
            chosen.append(function)
    return tuple(chosen), tuple(skipped)


class _Course:
    """The phases of a run, in their order."""

    def __init__(self, trials: Trials) -> None:
        self.trials = trials
        self.app, self.plan, self.functions = trials.app, trials.plan, trials.functions
        # Own ones first: a short run has no time left for what comes last.
        self.probes = (*trials.extensions.probes, *PROBES)

    def phases(self) -> Iterator[RunEvent]:
        """Everything between the first and the last event."""
        trials, phases = self.trials, self.plan.phases
        if not self.functions:
            raise Over("done")
        yield from self._start()
        words = mine(self.app)
        loaded = event_sources() if phases & {"boundaries", "explore", "sequences"} else {}
        trials.sources = [
            source_for(item, words, self.plan.seed, loaded, recorded_for(item, self.app.functions, self.plan.recorded))
            for item in self.functions
        ]
        yield from self._told_recorded()
        if "known" in phases:
            yield from try_known(trials)
        trials.phase = "first events"
        for source in trials.sources:
            for event in (typical_event(source.function), *source.recorded):
                yield from trials.case(source, event)
            if phases & {"boundaries", "explore"}:
                yield from trials.hopeless(source)
        if not self._side_by_side():
            if self.plan.jobs > 1:
                yield Noted(text=f"{ONE_PORT} (port {self.app.port}), so one instance is driven, not {self.plan.jobs}.")
            with Drawing(self.plan.seed, patient=self.plan.max_cases is not None) as drawing:
                for source in trials.sources:
                    source.drawn_elsewhere = drawing.of
                yield from self._all(Exploring(trials, None))
            return
        job = Job(
            app=self.app,
            plan=self.plan,
            functions=self.functions,
            words=words,
            environ=trials.host.environ,
            extensions=trials.extensions.files,
        )
        try:
            with Workers(job, self.plan.jobs) as workers:
                yield from self._all(Exploring(trials, workers))
        except WorkerLost as lost:
            raise Over("lost", str(lost)) from lost

    def _told_recorded(self) -> Iterator[RunEvent]:
        if self.plan.recorded:
            counts = {source.function.name: len(source.recorded) for source in self.trials.sources}
            told = ", ".join(f"{count} of {name}" for name, count in counts.items() if count)
            text = f"begins with recorded events: {told}" if told else "none of the recorded events is for this app"
            yield Noted(text=text)

    def _all(self, exploring: Exploring) -> Iterator[RunEvent]:
        phases, sequences = self.plan.phases, Sequences(self.trials)
        slow = [item for item in self.probes if item.slow] if "slow-probes" in phases else []
        reserve = self._reserve([*slow, *(HOSTILE_PROBES if self.plan.hostile else ())])
        if "probes" in phases:
            yield from self._probes([item for item in self.probes if not item.slow], "probes")
        if sequences.begins_early:
            yield from self._entered("sequences")
            yield from sequences.early()
        yield from self._leaving(sequences.cases, self._explored(exploring, reserve + sequences.seconds))
        if "sequences" in phases:
            yield from self._entered("sequences")
            yield from sequences.late()
        if "slow-probes" in phases:
            yield from self._probes(slow, "slow probes")
        if self.plan.hostile:
            yield from self._probes(HOSTILE_PROBES, "hostile")
        if "explore" in phases:
            yield from self._entered("explore")
            yield from exploring.explore(0.0)
        if self.plan.max_time is not None and self.trials.left <= 0:
            raise Over("time")

    def _explored(self, exploring: Exploring, reserve: float) -> Iterator[RunEvent]:
        if "boundaries" in self.plan.phases:
            yield from self._entered("boundaries")
            left = self.trials.left - reserve if self.plan.max_time is not None else 0.0
            yield from exploring.boundaries(reserve + EXPLORED * left if "explore" in self.plan.phases else reserve)
        if "explore" in self.plan.phases:
            yield from self._entered("explore")
            yield from exploring.explore(reserve)

    def _leaving(self, cases: int, course: Iterator[RunEvent]) -> Iterator[RunEvent]:
        """``course``, ended so early that this many cases of the run are left."""
        trials, plan = self.trials, self.trials.plan
        if plan.max_cases is None or not cases:
            yield from course
            return
        trials.plan = replace(plan, max_cases=plan.max_cases - cases)
        try:
            yield from course
        except Over as over:
            if over.ended != "cases":
                raise
        finally:
            trials.plan = plan

    def _side_by_side(self) -> bool:
        """Shall several instances run at the same time? Not where the handler listens on one port, told or not."""
        port = self.trials.host.port
        return self.plan.jobs > 1 and not (port and port == self.app.port)

    def _entered(self, phase: str) -> Iterator[RunEvent]:
        self.trials.phase = phase
        yield PhaseStarted(phase=phase)

    def files(self) -> Iterator[RunEvent]:
        """The findings that the app's own files show."""
        for problem in self.app.problems:
            yield from self.trials.found(Violation(problem.rule, problem.message, problem.place), "files")

    def _start(self) -> Iterator[RunEvent]:
        try:
            launched = self.trials.host.start()
        except StartFailed as failed:
            yield from self.not_started(failed)
            return
        yield HandlerStarted(seconds=launched.seconds, port=launched.port)
        for violation in launched.violations:
            yield from self.trials.found(violation, "start")

    def not_started(self, failed: StartFailed) -> Iterator[RunEvent]:
        """The findings of a start that failed, and the end of the run."""
        # What the files said of the executable is not said again in the words of the operating system.
        if not self.trials.ledger.knows_rule("start-exec-", "start-file-"):
            for violation in failed.violations:
                yield from self.trials.found(violation, "start", trace=failed.stderr)
        raise Over("not-started", failed.message, failed.stderr) from failed

    # -- probes

    def _probes(self, probes: Sequence[Probe], phase: str) -> Iterator[RunEvent]:
        """Experiments, as far as there is time; what a slow one leaves is for exploring, where the run does that."""
        yield from self._entered(phase)
        for probe in probes:
            if probe.slow and self.trials.left <= SLOW_PROBE and "explore" in self.plan.phases:
                break
            members = [item for item in self.functions if suits(probe, self.app, item)]
            if self.plan.checks:
                members = [item for item in members if self.trials.is_wanted(probe.name, item)]
            for function in members[:1] if probe.scope == "app" else members:
                if self.trials.left <= (SLOW_PROBE if probe.slow else 0):
                    raise Over("time")
                yield from self._probe(probe, function)
        # An experiment may leave the instance in any state.
        self.trials.host.stop()

    def _probe(self, probe: Probe, function: Function) -> Iterator[RunEvent]:
        began = time.monotonic()
        broken: list[str] = []
        skipped = ""
        try:
            for breach in probe.run(self.trials.host, function):
                owner = function if probe.scope == "function" else None
                if not self.trials.is_ignored(breach.violation, owner):
                    broken.append(breach.violation.rule)
                yield from self._breach(breach, owner)
        except StartFailed as failed:
            skipped = f"the handler did not start again: {failed.message}"
            yield from self.trials.not_started_again(failed)
        except DriverError as error:
            skipped = str(error)
            self.trials.host.stop()
        yield ProbeFinished(
            probe=probe.name,
            title=probe.title,
            function=function.name if probe.scope == "function" else "",
            rules=probe.rules,
            broken=tuple(dict.fromkeys(broken)),
            seconds=time.monotonic() - began,
            skipped=skipped,
        )

    def _breach(self, breach: Breach, owner: Function | None) -> Iterator[RunEvent]:
        trace = trace_lines(breach.exchange) if breach.exchange else ()
        yield from self.trials.found(breach.violation, "probe", owner=owner, exchange=breach.exchange, trace=trace)

    def _reserve(self, late: Sequence[Probe]) -> float:
        """Seconds to keep for the probes that come late: a third of a long run, little or nothing of a short one."""
        if self.plan.max_time is None:
            return 0.0
        wanted = sum(probe.seconds for probe in late if any(suits(probe, self.app, item) for item in self.functions))
        return min(wanted, self.plan.max_time / 3, max(0.0, (self.plan.max_time - SHORT_RUN) / 1.5))

    # -- the end

    def notes(self, ended: Ended) -> Iterator[RunEvent]:
        """What the user should know of the events themselves, of extensions, and of what is ignored in vain."""
        yield from self.trials.noted()
        if ended in ("done", "time", "cases") and "explore" in self.plan.phases:
            tried = [source.function for source in self.trials.sources if source.cases]
            ledger = self.trials.ledger
            for text in ledger.ignoring.idle(ledger.counts, tried, hostile=self.plan.hostile):
                yield Noted(text=text)
        for source in self.trials.sources:
            if source.cases >= ENOUGH_TO_TELL and source.rejected >= MOSTLY * source.cases:
                share = f"{source.rejected / source.cases:.0%}"
                yield Noted(
                    text=f"{source.function.name} turned away {share} of its events (4xx): little of it was tried. "
                    "A sample event beside the handler (a .json file) shows what it takes."
                )

    def finished(self, ended: Ended, error: str, stderr: tuple[str, ...]) -> RunFinished:
        """The last event."""
        trials = self.trials
        return RunFinished(
            ended=ended,
            cases=trials.cases,
            duration_s=time.monotonic() - trials.began,
            behaviours=sum(item.behaviours for item in trials.sources),
            restarts=trials.restarts,
            functions=tuple(item.tally() for item in trials.sources),
            findings=trials.ledger.counted(),
            error=error,
            stderr=stderr,
            ignored=trials.ledger.ignoring.findings(trials.ledger.counts),
        )


def suits(probe: Probe, app: App, function: Function) -> bool:
    """Does the experiment mean anything for this function?"""
    return function.contract in probe.contracts and probe.applies(app, function)
