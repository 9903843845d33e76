"""Where sequences are played: the run's own instance, within a budget of their own."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import HttpRequest, Violation
from fnfuzz.drivers import HandlerGone
from fnfuzz.drivers.instance import HttpInstance
from fnfuzz.events import Event
from fnfuzz.fuzz.finding import Confirmed, Finding, Identity
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.scripts import REST, Item, Step
from fnfuzz.fuzz.shrinking.reduction import Budget
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import FindingFound, RunEvent
from fnfuzz.fuzz.streaming import Chosen
from fnfuzz.fuzz.triage import trace_lines
from fnfuzz.fuzz.trials import Trials
from fnfuzz.host import Exchange, StartFailed

__all__ = ["Stage"]

SHRINK_CALLS = 40
SHRINK_SECONDS = 5.0
NOTICED = 0.02
"""Seconds in which a server notices that a client has left."""


@dataclass(slots=True)
class Stage:
    """``end`` is the monotonic time and ``cases`` the number of the run's case at which the sequences are over, None
    where the other one bounds them.
    """

    trials: Trials
    end: float | None
    cases: int | None = None

    def allows(self, cases: int = 1, starts: int = 0) -> bool:
        """Is there room for so many more cases and starts of the handler?"""
        if self.cases is not None and self.trials.cases + cases > self.cases:
            return False
        return self.seconds > starts * self.start_seconds

    @property
    def seconds(self) -> float:
        """Seconds that are left; without end where only the number of cases counts."""
        if self.cases is not None or self.end is None:
            return self.trials.left
        return min(self.trials.left, self.end - time.monotonic())

    @property
    def start_seconds(self) -> float:
        """How long one start takes."""
        return max(0.02, self.trials.host.start_seconds)

    def within(self, seconds: float, cases: int | None = None) -> Stage:
        """The same stage with a part of what is left."""
        if self.cases is not None:
            cases = self.cases if cases is None else min(self.cases, self.trials.cases + cases)
            return Stage(self.trials, self.end, cases)
        return Stage(self.trials, time.monotonic() + min(seconds, self.seconds))

    def part(self, share: float) -> Stage:
        """The same stage with this share of the time, or of the cases, that are left."""
        left = 0 if self.cases is None else max(0, self.cases - self.trials.cases)
        return self.within(share * self.seconds, int(share * left))

    def fresh(self) -> bool:
        """Go on with a fresh instance; False when there is none."""
        try:
            self.trials.host.fresh()
        except StartFailed:
            return False
        return True

    @property
    def process(self) -> int | None:
        """The process that leads the live instance, which is started where there is none; None where that fails."""
        try:
            return getattr(getattr(self.trials.host.live(), "process", None), "pid", None)
        except StartFailed:
            return None

    def rest(self, seconds: float) -> None:
        """Let time pass; logs are taken in meanwhile."""
        instance = self.trials.host.instance
        if instance is not None and seconds > 0:
            instance.wait_logs(seconds)

    # -- deliveries that are cases

    def case(
        self, source: FunctionSource, event: Event, attempt: int = 0
    ) -> Generator[RunEvent, None, Exchange | None]:
        """One case of the run; None when its answer did not come from the instance that was there before."""
        host = self.trials.host
        before = self.lease
        delivery = None
        if attempt:
            host.live()
            delivery = host.delivery(attempt=attempt)
        exchange = yield from self.trials.case(source, event, delivery)
        return exchange if self.lease == before else None

    def answered(self, chosen: Iterable[Chosen]) -> Generator[RunEvent, None, bool]:
        """Cases of the run: did one and the same instance answer all of them?"""
        for source, event in chosen:
            exchange = (yield from self.case(source, event)) if self.allows() else None
            if exchange is None or answer_of(exchange) is None:
                return False
        return True

    @property
    def lease(self) -> tuple[int, bool]:
        """Changes when the instance does."""
        return self.trials.host.starts, self.trials.host.instance is not None

    def play(self, step: Step) -> Generator[RunEvent, None, Exchange | None]:
        """One step as part of the run."""
        if step.kind == "send":
            return (yield from self.case(step.item.source, step.event, step.attempt))
        self._aside(step)
        return None

    # -- repetitions, which are no cases

    def replay(self, steps: Sequence[Step]) -> Exchange | None:
        """The exchange of the last step; None when the fresh instance did not last until then."""
        exchanges = self.replay_each(steps)
        lasted = len(exchanges) == sum(step.kind == "send" for step in steps)
        return exchanges[-1] if exchanges and lasted else None

    def replay_each(self, steps: Sequence[Step]) -> list[Exchange]:
        """The exchanges of the steps on a fresh instance, as far as it lasted."""
        return self._on_fresh(partial(self._done, step) for step in steps)

    def replay_events(self, function: Function, events: Sequence[Event]) -> list[Exchange]:
        """The exchanges of these events of one function on a fresh instance, as far as it lasted."""
        return self._on_fresh(partial(self.trials.host.invoke, function, event) for event in events)

    def _on_fresh(self, actions: Iterable[Callable[[], Exchange | None]]) -> list[Exchange]:
        exchanges: list[Exchange] = []
        if not self.fresh():
            return exchanges
        lease = self.lease
        try:
            for action in actions:
                exchange = action()
                if exchange is None:
                    continue
                exchanges.append(exchange)
                if self.lease != lease:
                    break
        except (StartFailed, ValueError):
            pass
        finally:
            self.trials.host.late = None
        return exchanges

    def _done(self, step: Step) -> Exchange | None:
        if step.kind != "send":
            self._aside(step)
            return None
        host = self.trials.host
        return host.invoke(step.item.source.function, step.event, delivery=host.delivery(attempt=step.attempt))

    def _aside(self, step: Step) -> None:
        if step.kind == "rest":
            self.rest(REST)
        else:
            self._leave(step)

    def _leave(self, step: Step) -> None:
        """Send the request over a connection of its own and go away at once."""
        host = self.trials.host
        host.live()
        request = host.encode(step.item.source.function, step.event, host.delivery())
        if not isinstance(host.instance, HttpInstance) or not isinstance(request, HttpRequest):
            return
        host.http.connection.close()
        connection = host.http.connect()
        try:
            if connection.open_silent() is None:
                connection.send_only(request.to_bytes())
                connection.close(abort=True)
        except HandlerGone:
            return
        self.rest(NOTICED)

    def budget(self) -> Budget:
        """For one search for a shorter sequence."""
        if self.cases is not None:
            return Budget(SHRINK_CALLS, time.monotonic() + 60.0, time.monotonic)
        return Budget(SHRINK_CALLS, time.monotonic() + max(1.0, min(SHRINK_SECONDS, self.seconds)), time.monotonic)

    # -- findings

    def knows(self, source: FunctionSource, *rules: str) -> bool:
        """Was one of the rules reported for the function, or for the whole app?"""
        names = (source.function.name, "")
        return any(item.rule in rules and item.function in names for item in self.trials.ledger.findings)

    def report(
        self,
        violation: Violation,
        items: Sequence[tuple[Item, Event]],
        exchange: Exchange | None,
        confirmed: Confirmed,
        notes: tuple[str, ...] = (),
    ) -> Generator[RunEvent, None, None]:
        """A finding that was confirmed already; ``items`` with the event that shows it at the end."""
        trials = self.trials
        function = items[-1][0].source.function
        identity = trials.ledger.is_new(Identity(violation.rule, function.name, function.trigger, violation.place))
        if identity is None:
            return
        finding = Finding(
            identity=identity,
            message=violation.message,
            first_case=trials.cases,
            first_seconds=time.monotonic() - trials.began,
            minimal=tuple(event for _, event in items),
            functions=tuple(item.source.function.name for item, _ in items) if len(items) > 1 else (),
            original=items[-1][1],
            exchange=exchange,
            trace=trace_lines(exchange) if exchange is not None and exchange.observed.fault else (),
            confirmed=confirmed,
            notes=notes,
        )
        yield FindingFound(finding=trials.ledger.keep(finding))
