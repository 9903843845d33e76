"""Runs a plan against an app: a generator of events from which every report is made."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fnfuzz.app.model import App, Function
from fnfuzz.checks import OBSERVERS, PROBES, Breach, Observer, Probe, typical_event
from fnfuzz.contracts.model import HttpReply, Violation
from fnfuzz.drivers import DriverError
from fnfuzz.events import EVENT_TYPES, Event
from fnfuzz.fuzz.behaviour import signature
from fnfuzz.fuzz.dictionary import mine
from fnfuzz.fuzz.finding import Confirmed, Finding, Identity
from fnfuzz.fuzz.plan import Plan
from fnfuzz.fuzz.sources import FunctionSource, event_sources, share
from fnfuzz.fuzz.stream import (
    Ended,
    FindingFound,
    FunctionTally,
    HandlerStarted,
    PhaseStarted,
    ProbeFinished,
    Progressed,
    RunEvent,
    RunFinished,
    RunStarted,
)
from fnfuzz.fuzz.triage import TAIL, TRACED, Case, Triage, first_look, identify, trace_lines
from fnfuzz.host import Exchange, Host, StartFailed, settle
from fnfuzz.rules import RULES

__all__ = ["run"]

PROGRESS_EVERY = 0.25
MAX_FAILED_STARTS = 3
PLATEAU = 20_000
MAX_PLACES = 20
"""In so many places a rule is told for one function; a place that is made of payload after all does no more harm."""


class _Over(Exception):
    """The budget is spent, or the handler cannot be kept alive."""

    def __init__(self, ended: Ended, error: str = "", stderr: tuple[str, ...] = ()) -> None:
        super().__init__(ended)
        self.ended: Ended = ended
        self.error = error
        self.stderr = stderr


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
    with Host(app, patience=plan.patience, start_patience=plan.start_patience, environ=environ) as host:
        state = _Run(app, plan, host, functions)
        ended: Ended = "done"
        error, stderr = "", tuple[str, ...]()
        try:
            yield RunStarted(app=app, seed=plan.seed, max_time=plan.max_time, max_cases=plan.max_cases, skipped=skipped)
            yield from state.files()
            if isinstance(unknown, StartFailed):
                yield from state.not_started(unknown)
            elif unknown is not None:
                raise unknown
            yield from state.phases()
        except _Over as over:
            ended, error, stderr = over.ended, over.error, over.stderr
        except KeyboardInterrupt:
            ended = "interrupted"
        host.stop()
        yield state.finished(ended, error, stderr)


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


@dataclass(slots=True)
class _Run:
    app: App
    plan: Plan
    host: Host
    functions: tuple[Function, ...]
    began: float = field(default_factory=time.monotonic)
    findings: dict[Identity, Finding] = field(default_factory=dict)
    cases: int = 0
    phase: str = ""
    sources: list[FunctionSource] = field(default_factory=list)
    observers: dict[str, tuple[Observer, ...]] = field(default_factory=dict)
    failed_starts: int = 0
    tail: deque[Case] = field(default_factory=lambda: deque(maxlen=TAIL))
    _faults: dict[tuple[str, str], Identity] = field(default_factory=dict)
    _places: Counter[tuple[str, str]] = field(default_factory=Counter)
    _told: tuple[Violation, ...] = ()
    """What the last case showed."""

    _last_progress: float = 0.0

    # -- the course of a run

    def phases(self) -> Iterator[RunEvent]:
        """Everything between the first and the last event."""
        contracts = {item.contract for item in self.functions}
        self.observers = {
            contract: tuple(item for item in OBSERVERS if contract in item.contracts) for contract in contracts
        }
        if not self.functions:
            raise _Over("done")
        yield from self._start()
        words = mine(self.app)
        loaded = event_sources() if self.plan.phases & {"boundaries", "explore"} else {}
        self.sources = [FunctionSource(item, words, self.plan.seed, loaded) for item in self.functions]
        self.phase = "first events"
        for source in self.sources:
            yield from self._case(source, typical_event(source.function))
        if "probes" in self.plan.phases:
            yield from self._probes([item for item in PROBES if not item.slow], "probes")
        if "boundaries" in self.plan.phases:
            yield from self._boundaries()
        slow = [item for item in PROBES if item.slow]
        if "explore" in self.plan.phases:
            yield from self._explore(reserve=self._reserve(slow))
        if "slow-probes" in self.plan.phases:
            yield from self._probes(slow, "slow probes")
        if "explore" in self.plan.phases:
            yield from self._explore(reserve=0.0)
        if self.plan.max_time is not None and self._left() <= 0:
            raise _Over("time")

    def files(self) -> Iterator[RunEvent]:
        """The findings that the app's own files show."""
        for problem in self.app.problems:
            yield from self._found(Violation(problem.rule, problem.message, problem.place), "files")

    def _start(self) -> Iterator[RunEvent]:
        try:
            launched = self.host.start()
        except StartFailed as failed:
            yield from self.not_started(failed)
            return
        yield HandlerStarted(seconds=launched.seconds, port=launched.port)
        for violation in launched.violations:
            yield from self._found(violation, "start")

    def not_started(self, failed: StartFailed) -> Iterator[RunEvent]:
        """The findings of a start that failed, and the end of the run."""
        # What the files said of the executable is not said again in the words of the operating system.
        if not any(identity.rule.startswith(("start-exec-", "start-file-")) for identity in self.findings):
            for violation in failed.violations:
                yield from self._found(violation, "start", trace=failed.stderr)
        raise _Over("not-started", failed.message, failed.stderr) from failed

    def _probes(self, probes: Sequence[Probe], phase: str) -> Iterator[RunEvent]:
        self._enter(phase)
        yield PhaseStarted(phase=phase)
        for probe in probes:
            members = [item for item in self.functions if suits(probe, self.app, item)]
            for function in members[:1] if probe.scope == "app" else members:
                if self._left() <= 0:
                    raise _Over("time")
                yield from self._probe(probe, function)
        # An experiment may leave the instance in any state.
        self.host.stop()

    def _probe(self, probe: Probe, function: Function) -> Iterator[RunEvent]:
        began = time.monotonic()
        broken: list[str] = []
        skipped = ""
        try:
            for breach in probe.run(self.host, function):
                broken.append(breach.violation.rule)
                yield from self._breach(breach, function if probe.scope == "function" else None, function)
        except StartFailed as failed:
            skipped = f"the handler did not start again: {failed.message}"
            yield from self._not_started_again(failed)
        except DriverError as error:
            skipped = str(error)
            self.host.stop()
        yield ProbeFinished(
            probe=probe.name,
            title=probe.title,
            function=function.name if probe.scope == "function" else "",
            rules=probe.rules,
            broken=tuple(dict.fromkeys(broken)),
            seconds=time.monotonic() - began,
            skipped=skipped,
        )

    def _boundaries(self) -> Iterator[RunEvent]:
        self._enter("boundaries")
        yield PhaseStarted(phase="boundaries")
        waiting = list(self.sources)
        while waiting:
            for source in tuple(waiting):
                event = source.next_boundary()
                if event is None:
                    waiting.remove(source)
                else:
                    yield from self._case(source, event)

    def _explore(self, reserve: float) -> Iterator[RunEvent]:
        self._enter("explore")
        yield PhaseStarted(phase="explore")
        if self.plan.max_time is None and self.plan.max_cases is None:
            # Without any bound there is still an end: when nothing new came for long.
            while any(source.stale < PLATEAU for source in self.sources):
                source = share(self.sources, by_time=True)
                yield from self._case(source, source.next_explored())
            return
        while self._left() > reserve:
            source = share(self.sources, by_time=self.plan.max_cases is None)
            yield from self._case(source, source.next_explored())

    def _reserve(self, slow: Sequence[Probe]) -> float:
        """Seconds to keep for the slow probes, at most a third of the whole run."""
        if "slow-probes" not in self.plan.phases or self.plan.max_time is None:
            return 0.0
        wanted = sum(probe.seconds for probe in slow if any(suits(probe, self.app, item) for item in self.functions))
        return min(wanted, self.plan.max_time / 3)

    # -- one case

    def _case(self, source: FunctionSource, event: Event) -> Iterator[RunEvent]:
        if self.plan.max_cases is not None and self.cases >= self.plan.max_cases:
            raise _Over("cases")
        if self._left() <= 0:
            raise _Over("time")
        try:
            exchange = self.host.invoke(source.function, event)
        except StartFailed as failed:
            yield from self._late_end()
            yield from self._not_started_again(failed)
            return
        self.failed_starts = 0
        yield from self._late_end()
        self.cases += 1
        source.learn(event, signature(exchange), exchange.observed.elapsed, was_rejected(exchange))
        self._told = (*exchange.violations, *self.observe(exchange))
        if self._told:
            yield from self._judge(exchange, self._told, source)
        self.tail.append(Case(source.function, event))
        now = time.monotonic()
        if now - self._last_progress >= PROGRESS_EVERY:
            self._last_progress = now
            yield self._progress(now)

    def _late_end(self) -> Iterator[RunEvent]:
        """The event before this one was answered, but its instance ended afterwards, by itself."""
        late, self.host.late = self.host.late, None
        source = next((item for item in self.sources if late and item.function == late.function), None)
        if late is None or source is None:
            return
        yield from self._judge(late, [item for item in late.violations if item not in self._told], source)

    def _not_started_again(self, failed: StartFailed) -> Iterator[RunEvent]:
        self.failed_starts += 1
        if self.failed_starts >= MAX_FAILED_STARTS:
            for violation in failed.violations:
                yield from self._found(violation, "start", trace=failed.stderr)
            raise _Over("lost", f"the handler could not be started again: {failed.message}", failed.stderr)

    def _judge(self, exchange: Exchange, violations: Sequence[Violation], source: FunctionSource) -> Iterator[RunEvent]:
        for violation in violations:
            identity = self._same_fault(identify(exchange, violation))
            known = self.findings.get(identity)
            if known is not None:
                self.findings[identity] = replace(known, count=known.count + 1)
                continue
            self._places[identity.rule, identity.function] += 1
            if self._places[identity.rule, identity.function] > MAX_PLACES:
                continue
            finding = first_look(exchange, violation, identity, self.cases)
            self.findings[identity] = finding
            try:
                finding = self._triage(source).examine(finding, exchange)
            except KeyboardInterrupt:
                yield FindingFound(finding=finding)
                raise
            self.findings[identity] = finding
            yield FindingFound(finding=finding)

    def _same_fault(self, identity: Identity) -> Identity:
        """Rules that only say that the handler failed share one identity when the same exception at the same place is
        behind them.
        """
        if identity.rule not in TRACED or not identity.place:
            return identity
        return self._faults.setdefault((identity.function, identity.place), identity)

    def _triage(self, source: FunctionSource) -> Triage:
        end = time.monotonic() + max(1.0, min(10.0, self._left()))
        usual = source.seconds / source.cases if source.cases else 0.0
        if self.plan.max_time is not None:
            return Triage(self.host, self.observe, end, tuple(self.tail), usual)
        # To be repeatable, the search ends by the number of its calls; the time is there only against endless ones.
        return Triage(self.host, self.observe, end + 50.0, tuple(self.tail), usual, max_calls=300, seconds_each=30.0)

    def observe(self, exchange: Exchange) -> tuple[Violation, ...]:
        """What the observers of the exchange's contract say."""
        observers = self.observers.get(exchange.function.contract, ())
        return tuple(violation for observer in observers for violation in observer.watch(self.app, exchange))

    # -- findings without a case

    def _breach(self, breach: Breach, owner: Function | None, function: Function) -> Iterator[RunEvent]:
        trace = trace_lines(breach.exchange) if breach.exchange else ()
        yield from self._found(breach.violation, "probe", owner=owner, exchange=breach.exchange, trace=trace)

    def _found(
        self,
        violation: Violation,
        how: Confirmed,
        *,
        owner: Function | None = None,
        exchange: Exchange | None = None,
        trace: tuple[str, ...] = (),
    ) -> Iterator[RunEvent]:
        identity = Identity(
            violation.rule, owner.name if owner else "", owner.trigger if owner else "", violation.place
        )
        known = self.findings.get(identity)
        if known is not None:
            self.findings[identity] = replace(known, count=known.count + 1)
            return
        finding = Finding(
            identity=identity,
            message=violation.message,
            first_case=self.cases,
            minimal=(exchange.event,) if exchange else (),
            original=exchange.event if exchange else None,
            exchange=exchange,
            trace=trace,
            confirmed=how,
        )
        self.findings[identity] = finding
        yield FindingFound(finding=finding)

    # -- accounts

    def _enter(self, phase: str) -> None:
        self.phase = phase

    def _left(self) -> float:
        """Seconds of the budget that are left."""
        return float("inf") if self.plan.max_time is None else self.began + self.plan.max_time - time.monotonic()

    def _progress(self, now: float) -> Progressed:
        return Progressed(
            phase=self.phase,
            cases=self.cases,
            elapsed=now - self.began,
            behaviours=sum(item.behaviours for item in self.sources),
            restarts=max(0, self.host.starts - 1),
            findings=len(self.findings),
        )

    def finished(self, ended: Ended, error: str, stderr: tuple[str, ...]) -> RunFinished:
        """The last event."""
        return RunFinished(
            ended=ended,
            cases=self.cases,
            duration_s=time.monotonic() - self.began,
            behaviours=sum(item.behaviours for item in self.sources),
            restarts=max(0, self.host.starts - 1),
            functions=tuple(tally(item) for item in self.sources),
            findings=tuple(sorted(self.findings.values(), key=importance)),
            error=error,
            stderr=stderr,
        )


def suits(probe: Probe, app: App, function: Function) -> bool:
    """Does the experiment mean anything for this function?"""
    return function.contract in probe.contracts and probe.applies(app, function)


def importance(finding: Finding) -> tuple[bool, Identity]:
    """Errors first, then by identity."""
    return (RULES[finding.identity.rule].severity != "error", finding.identity)


def tally(source: FunctionSource) -> FunctionTally:
    """The account of one function."""
    return FunctionTally(
        name=source.function.name,
        trigger=source.function.trigger,
        contract=source.function.contract,
        cases=source.cases,
        rejected=source.rejected,
        mean_seconds=source.seconds / source.cases if source.cases else 0.0,
    )


def was_rejected(exchange: Exchange) -> bool:
    """Did the handler itself turn the event away (4xx)?"""
    caller = exchange.outcome.caller
    reply = exchange.observed.reply
    status = caller.status if caller else reply.status if isinstance(reply, HttpReply) else 0
    return 400 <= status < 500
