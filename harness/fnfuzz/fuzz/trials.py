"""Cases, one after another, on one host: deliver, learn, judge, examine what is new."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from fnfuzz.app.model import App, Function
from fnfuzz.checks import Observer
from fnfuzz.contracts.model import Delivery, HttpReply, NotCarried, Violation
from fnfuzz.drivers import Work
from fnfuzz.drivers.usage import Usage, usage_of
from fnfuzz.events import Event
from fnfuzz.extensions import in_force
from fnfuzz.fuzz.behaviour import signature, went_wrong
from fnfuzz.fuzz.finding import Confirmed, Finding, Identity
from fnfuzz.fuzz.handles import Handles, is_due
from fnfuzz.fuzz.ledger import Ledger
from fnfuzz.fuzz.plan import Plan
from fnfuzz.fuzz.pool import weight
from fnfuzz.fuzz.refusals import hopeless_events
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import Ended, FindingFound, FindingSuspected, Noted, Progressed, RunEvent
from fnfuzz.fuzz.triage import Case, Triage, answer_bytes, first_look, identify, said
from fnfuzz.host import Answer, Exchange, Host, StartFailed

__all__ = ["Over", "Trials", "was_rejected"]

TRIAGE, TRIAGE_SLOW = 10.0, 20.0
"""Seconds for one finding, at most."""

LEAST, LEAST_SLOW = 2.0, 5.0
"""Seconds for one that shows when the time is nearly up: a finding is worth more when it is small."""

PROGRESS_EVERY, USAGE_EVERY = 0.25, 1.0
NOTHING_THERE = (404, 405)
NOT_CARRIED = b"not carried"
"""The signature of events that were not sent."""

SUSPECT_TAIL = 24
"""So many earlier events are told with a failure that was not examined yet."""

MAX_FAILED_STARTS = 3
MAX_NOT_CARRIED = 1000
"""So many events in a row for which an own contract has no request end a run."""

LONGEST_TAIL, TAIL_BYTES = 4096, 32 * 1024 * 1024
"""Events and bytes of payload that are kept of what an instance got, to explain a failure that does not come alone."""


class Over(Exception):
    """The budget is spent, or the handler cannot be kept alive."""

    def __init__(self, ended: Ended, error: str = "", stderr: tuple[str, ...] = ()) -> None:
        super().__init__(ended)
        self.ended: Ended = ended
        self.error = error
        self.stderr = stderr


class Trials:
    """What every phase works with: the live host, the sources of events, the findings and the budget.

    Methods that are generators yield what happened; they raise Over when nothing may be tried any more.
    """

    def __init__(self, app: App, plan: Plan, host: Host, functions: Sequence[Function], ledger: Ledger) -> None:
        self.app = app
        self.plan = plan
        self.host = host
        self.functions = tuple(functions)
        self.ledger = ledger
        self.sources: list[FunctionSource] = []
        self.cases = 0
        self.starts_elsewhere = 0
        """Starts of the handler in other processes."""

        self.phase = ""
        self.began = time.monotonic()
        self.tail: deque[Case] = deque()
        """What the live instance got so far, as far as it is kept."""

        self._tail_bytes = 0
        self.handles = Handles()
        self.extensions = in_force()
        self._observers = {item.name: self._observers_of(item) for item in functions}
        own = {item.name for item in self.extensions.observers}
        self._closely = {name for name, found in self._observers.items() if any(item.name in own for item in found)}
        """Functions that own checks look at."""

        self._failed_starts = 0
        self._not_carried = (0, 0)
        """The number of the last case that was not carried, and how many there were up to it without another one."""

        self._unseen: tuple[FunctionSource, Answer] | None = None
        """What was counted, and no more."""

        self._behind: tuple[FunctionSource, Exchange] | None = None
        """What broke rules, and was not judged yet."""

        self._told: tuple[Violation, ...] = ()
        """What the last case showed."""

        self._last_progress = self._last_usage = 0.0
        self._usage: Usage | None = None

    @property
    def left(self) -> float:
        """Seconds of the budget that are left."""
        return float("inf") if self.plan.max_time is None else self.began + self.plan.max_time - time.monotonic()

    @property
    def restarts(self) -> int:
        """Starts of the handler after the first one."""
        return max(0, self.host.starts + self.starts_elsewhere - 1)

    @property
    def spent(self) -> Ended | None:
        """The bound that the run has reached, if any."""
        if self.plan.max_cases is not None and self.cases >= self.plan.max_cases:
            return "cases"
        return "time" if self.left <= 0 else None

    def check_budget(self) -> None:
        """Raise Over if no further case may be tried."""
        spent = self.spent
        if spent is not None:
            raise Over(spent)

    # -- one case

    def case(
        self, source: FunctionSource, event: Event, delivery: Delivery | None = None
    ) -> Generator[RunEvent, None, Exchange | None]:
        """Deliver ``event`` to the live instance and make everything of what comes back; the exchange is returned."""
        self.check_budget()
        answer = yield from self.delivered(source, event, delivery)
        if answer is None:
            return None
        exchange = self.host.judge(answer)
        yield from self.take(source, exchange)
        return exchange

    def hopeless(self, source: FunctionSource) -> Iterator[RunEvent]:
        """What nobody could take, so that it is known how the handler says that."""
        bodies: list[bytes | None] = []
        for event in hopeless_events(source.function):
            exchange = yield from self.case(source, event)
            bodies.append(None if exchange is None or went_wrong(exchange) else answer_bytes(exchange))
        source.refusals.begin(bodies)

    def delivered(
        self, source: FunctionSource, event: Event, delivery: Delivery | None = None, meanwhile: Work | None = None
    ) -> Generator[RunEvent, None, Answer | None]:
        """The answer, None when no instance could be started for the event; all before it is caught up with."""
        try:
            answer = self.host.deliver(source.function, event, delivery=delivery, meanwhile=meanwhile)
        except StartFailed as failed:
            yield from self.caught_up()
            yield from self._late_end()
            yield from self.not_started_again(failed)
            return None
        except NotCarried as refused:
            yield from self.caught_up()
            self._leave_out(source, event, refused)
            return None
        if self._unseen is not None or self._behind is not None:
            yield from self.caught_up()
        self._failed_starts = 0
        if self.host.late is not None:
            yield from self._late_end()
        return answer

    def _leave_out(self, source: FunctionSource, event: Event, refused: NotCarried) -> None:
        """An event that an own contract does not carry is a case without a result. Raises Over when no other comes."""
        last, count = self._not_carried
        self._not_carried = self.cases + 1, count + 1 if last == self.cases else 1
        self.cases += 1
        source.learn(event, NOT_CARRIED, 0.0, True)
        if self._not_carried[1] >= MAX_NOT_CARRIED:
            raise Over("lost", str(refused)) from refused

    def take(self, source: FunctionSource, exchange: Exchange) -> Iterator[RunEvent]:
        """Learn from an exchange that was just made on the live instance, and judge it."""
        self._count(exchange.number)
        self._look_at(source, exchange)
        yield from self.caught_up()
        if self.host.instance is not None:
            self.handles.after(exchange.number, self.host.instance.process.pid, self.tail)
        yield from self.progressed()

    def may_wait(self, answer: Answer) -> bool:
        """May the next event be sent before anybody takes a closer look? Where the contract was seen to be broken it is
        examined first, and who wrote a check of their own may look at what the handler left behind.
        """
        exchange = answer.exchange
        if exchange is not None and (exchange.violations or exchange.observed.exit is not None):
            return False
        return answer.function.name not in self._closely and not is_due(answer.number)

    def note(self, source: FunctionSource, answer: Answer) -> None:
        """Count what the live instance just answered; ``look_back`` or ``caught_up`` is to follow."""
        self._count(answer.number)
        self._unseen = source, answer

    def _count(self, number: int) -> None:
        self.cases += 1
        if number == 1:
            self._forget()

    def look_back(self) -> None:
        """Judge what was noted last, and learn from it; for when another event is on its way, or there is none."""
        if self._unseen is not None:
            (source, answer), self._unseen = self._unseen, None
            self._look_at(source, self.host.judge(answer, overtaken=True))

    def _look_at(self, source: FunctionSource, exchange: Exchange) -> None:
        self._learn(source, exchange)
        self._told = (*exchange.violations, *self.observe(exchange))
        if self._told:
            self._behind = source, exchange
        else:
            self._remember(Case(source.function, exchange.event))

    def caught_up(self) -> Iterator[RunEvent]:
        """Look back, and judge what broke a rule."""
        self.look_back()
        if self._behind is None:
            return
        (source, exchange), self._behind = self._behind, None
        yield from self.judge(exchange, self._told, source)
        self._remember(Case(source.function, exchange.event))

    def unexamined(self) -> Iterator[RunEvent]:
        """Keep what the last event showed as it is, for there is no time to examine it."""
        self.look_back()
        if self._behind is None:
            return
        (_, exchange), self._behind = self._behind, None
        for violation in self._told:
            identity = self.ledger.is_new(identify(exchange, violation))
            if identity is not None:
                yield FindingFound(finding=self.ledger.keep(self._first_look(exchange, violation, identity)))

    def _learn(self, source: FunctionSource, exchange: Exchange) -> None:
        event, status = exchange.event, told_status(exchange)
        rejected = 400 <= status < 500
        seen = signature(exchange, source.words.phrases)
        failed = went_wrong(exchange)
        refused = source.refuses(seen, answer_bytes(exchange), well=not (rejected or failed))
        new = source.learn(event, seen, exchange.observed.elapsed, rejected, status, refused=refused)
        source.is_there(event, status not in NOTHING_THERE)
        # Of an event without a caller only the words tell whether the handler liked it.
        disliked = rejected or refused or failed
        heard = disliked or exchange.outcome.caller is None
        log, answer = said(exchange) if new or disliked or (heard and source.is_chasing) else ("", "")
        if new and not disliked:
            source.read(answer)
        if disliked or (new and heard):
            source.hear(event, log, answer)
        elif source.is_chasing:
            source.hear(event, *((log, answer) if heard else ("", "")))

    def _remember(self, case: Case) -> None:
        self.tail.append(case)
        self._tail_bytes += weight(case.event)
        while len(self.tail) > LONGEST_TAIL or (self._tail_bytes > TAIL_BYTES and len(self.tail) > 1):
            self._tail_bytes -= weight(self.tail.popleft().event)

    def _forget(self) -> None:
        self.tail.clear()
        self._tail_bytes = 0

    def _late_end(self) -> Iterator[RunEvent]:
        """The event before this one was answered, but its instance ended afterwards, by itself."""
        late, self.host.late = self.host.late, None
        source = next((item for item in self.sources if late and item.function == late.function), None)
        if late is None or source is None:
            return
        yield from self.judge(late, [item for item in late.violations if item not in self._told], source)

    def not_started_again(self, failed: StartFailed) -> Iterator[RunEvent]:
        """Note a start that failed after others succeeded; raises Over when there were too many in a row."""
        self._failed_starts += 1
        if self._failed_starts >= MAX_FAILED_STARTS:
            for violation in failed.violations:
                yield from self.found(violation, "start", trace=failed.stderr)
            raise Over("lost", f"the handler could not be started again: {failed.message}", failed.stderr)

    # -- findings

    def judge(self, exchange: Exchange, violations: Iterable[Violation], source: FunctionSource) -> Iterator[RunEvent]:
        """Count what is known, examine what is new."""
        for violation in violations:
            identity = self.ledger.is_new(identify(exchange, violation))
            if identity is not None:
                yield from self._new(exchange, violation, identity, source)

    def _new(
        self, exchange: Exchange, violation: Violation, identity: Identity, source: FunctionSource
    ) -> Iterator[RunEvent]:
        finding = self._first_look(exchange, violation, identity)
        slow = exchange.observed.timed_out
        yield from self.examined(finding, lambda one: self.triage(source, slow=slow).examine(one, exchange))

    def _first_look(self, exchange: Exchange, violation: Violation, identity: Identity) -> Finding:
        return replace(
            first_look(exchange, violation, identity, self.cases),
            first_seconds=self.elapsed,
            regressed=self.plan.fixed.get(identity.id, ""),
        )

    def examined(self, finding: Finding, examine: Callable[[Finding], Finding]) -> Iterator[RunEvent]:
        """Keep a finding as it was first seen, then as ``examine`` leaves it; an interrupt loses nothing."""
        self.ledger.keep(finding)
        yield FindingSuspected(finding=finding, before=self._just_before())
        try:
            finding = self.ledger.keep(examine(finding))
        except KeyboardInterrupt:
            yield FindingFound(finding=finding)
            raise
        # What the live instance got meanwhile is not known here.
        self.host.stop()
        yield FindingFound(finding=finding)

    def _just_before(self) -> tuple[tuple[str, Event], ...]:
        """The last events, with the functions that got them."""
        start = max(0, len(self.tail) - SUSPECT_TAIL)
        return tuple((case.function.name, case.event) for case in islice(self.tail, start, None))

    def found(
        self,
        violation: Violation,
        how: Confirmed,
        *,
        owner: Function | None = None,
        exchange: Exchange | None = None,
        trace: tuple[str, ...] = (),
    ) -> Iterator[RunEvent]:
        """A finding that needs no further look. ``owner`` is the function that it is of, None for the whole app."""
        identity = self.ledger.is_new(owned(violation, owner))
        if identity is None:
            return
        finding = Finding(
            identity=identity,
            message=violation.message,
            first_case=self.cases,
            first_seconds=self.elapsed,
            minimal=(exchange.event,) if exchange else (),
            original=exchange.event if exchange else None,
            exchange=exchange,
            trace=trace,
            confirmed=how,
        )
        yield FindingFound(finding=self.ledger.keep(finding))

    def is_ignored(self, violation: Violation, owner: Function | None) -> bool:
        """Is it one of those that the plan ignores?"""
        return self.ledger.ignoring.entry(owned(violation, owner)) is not None

    def triage(self, source: FunctionSource, *, slow: bool = False) -> Triage:
        """A triage on the live host within what is left of the budget; ``slow`` where each try may be a long wait."""
        least, most = (LEAST_SLOW, TRIAGE_SLOW) if slow else (LEAST, TRIAGE)
        end = time.monotonic() + max(least, min(most, self.left))
        found = Triage(self.host, self.observe, end, tuple(self.tail), source.usual_seconds)
        if self.plan.max_time is None:
            # To be repeatable, the search ends by the number of its calls; the time is there only against endless ones.
            found.deadline += 50.0
            found.max_calls, found.seconds_each = 300, 30.0
        return found

    def observe(self, exchange: Exchange) -> tuple[Violation, ...]:
        """What the observers of the exchange's contract say."""
        observers = self._observers.get(exchange.function.name, ())
        return tuple(violation for observer in observers for violation in observer.watch(self.app, exchange))

    def is_wanted(self, check: str, function: Function) -> bool:
        """Shall this check or probe look at the function? Always, unless it is an own one and others are named."""
        return self.extensions.wants(check, self.plan.checks.get(function.name))

    def _observers_of(self, function: Function) -> tuple[Observer, ...]:
        found = self.extensions.observers_of(function.contract)
        return tuple(item for item in found if self.is_wanted(item.name, function)) if self.plan.checks else found

    # -- accounts

    def noted(self) -> Iterator[Noted]:
        """What there is to tell of extensions."""
        return (Noted(text=text) for text in self.extensions.notices.take())

    def progressed(self) -> Iterator[RunEvent]:
        """The state of things, where it was not told lately."""
        now = time.monotonic()
        if now - self._last_progress >= PROGRESS_EVERY:
            self._last_progress = now
            yield self.progress(now)
            yield from self.noted()

    def progress(self, now: float) -> Progressed:
        """The state of things at the monotonic time ``now``."""
        return Progressed(
            phase=self.phase,
            cases=self.cases,
            elapsed=now - self.began,
            behaviours=sum(item.behaviours for item in self.sources),
            restarts=self.restarts,
            findings=len(self.ledger),
            functions=tuple(source.tally() for source in self.sources),
            usage=self._usage_now(now),
        )

    def _usage_now(self, now: float) -> Usage | None:
        """What the live instance uses; looked at so seldom that it costs nothing."""
        if self.host.instance is None:
            return None
        if now - self._last_usage >= USAGE_EVERY:
            self._last_usage, self._usage = now, usage_of(self.host.instance.process.pid)
        return self._usage

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return time.monotonic() - self.began


def owned(violation: Violation, owner: Function | None) -> Identity:
    """The identity of what needs no event; None for an owner means the whole app."""
    return Identity(violation.rule, owner.name if owner else "", owner.trigger if owner else "", violation.place)


def told_status(exchange: Exchange) -> int:
    """The status that the caller gets, or that the handler answers with; 0 without one."""
    caller, reply = exchange.outcome.caller, exchange.observed.reply
    return caller.status if caller else reply.status if isinstance(reply, HttpReply) else 0


def was_rejected(source: FunctionSource, exchange: Exchange) -> bool:
    """Did the handler itself turn the event away, by its status (4xx) or in words?"""
    if 400 <= told_status(exchange) < 500:
        return True
    return source.refusals.tells and source.refusals.is_one(signature(exchange, source.words.phrases))
