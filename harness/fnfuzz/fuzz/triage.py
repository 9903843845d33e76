"""From a violation to a finding: identity, confirmation in a fresh instance, the smallest case."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import HttpReply, LineReply, Violation
from fnfuzz.events import Event
from fnfuzz.fuzz.finding import Confirmed, Finding, Identity
from fnfuzz.fuzz.shrink import Budget, shrink_event, shrink_sequence
from fnfuzz.fuzz.traces import find_trace, trace_block
from fnfuzz.host import Exchange, Host, StartFailed
from fnfuzz.rules import RULES

__all__ = ["Case", "Triage", "identify", "trace_lines"]

TRACED = frozenset(
    (
        "server-error",
        "proc-crash",
        "proc-exit-zero",
        "resp-status-non2xx",
        "resp-conn-reset",
        "error-not-reported",
        "process-exit-on-request",
        "non-json-event-crash",
        "rejects-empty-event",
        "rejects-octet-stream",
        "no-response",
        "line-exit-mid-request",
        "line-not-json",
        "line-stdout-pollution",
        "line-missing",
        "connection-dropped-mid-response",
    )
)
"""Rules that say only that the handler failed; the exception in its logs says where, and so tells two faults apart."""

TAIL = 24
"""How many earlier events are kept to explain a failure that does not come again alone."""


@dataclass(frozen=True, slots=True)
class Case:
    """One event and the function it goes to."""

    function: Function
    event: Event


def identify(exchange: Exchange, violation: Violation) -> Identity:
    """The identity of a violation: its place, and for failures the exception and frame that the logs show."""
    place = violation.place
    if violation.rule in TRACED:
        trace = find_trace(log_text(exchange))
        if trace is not None:
            place = str(trace)
    return Identity(violation.rule, exchange.function.name, exchange.function.trigger, place)


def log_text(exchange: Exchange) -> str:
    """Logs of one exchange, and the answer's body, where many handlers put their traceback."""
    reply = exchange.observed.reply
    body = (
        reply.body if isinstance(reply, HttpReply) else b"\n".join(reply.lines) if isinstance(reply, LineReply) else b""
    )
    parts = (exchange.stderr[-16384:], exchange.stdout[-16384:], body[:16384])
    return "\n".join(part.decode("utf-8", "replace") for part in parts if part)


def trace_lines(exchange: Exchange) -> tuple[str, ...]:
    """The last trace, or the last lines, of stderr that go with the exchange, else of stdout."""
    for data in (exchange.stderr, exchange.stdout):
        lines = trace_block(data.decode("utf-8", "replace"))
        if lines:
            return lines
    return ()


@dataclass(slots=True)
class Triage:
    """Confirms and shrinks on the same host that found the failure; afterwards the host's instance may be a new one."""

    host: Host
    observe: Callable[[Exchange], Sequence[Violation]]
    deadline: float
    """Monotonic time at which shrinking ends, whatever is left to gain."""

    max_calls: int = 600
    seconds_each: float = 6.0
    tail: deque[Case] = field(default_factory=lambda: deque(maxlen=TAIL))

    def examine(self, exchange: Exchange, violation: Violation, identity: Identity, number: int) -> Finding:
        """The finding for a violation seen for the first time at case ``number``."""
        finding = Finding(
            identity=identity,
            message=violation.message,
            first_case=number,
            minimal=(exchange.event,),
            original=exchange.event,
            exchange=exchange,
            trace=trace_lines(exchange),
        )
        if RULES[violation.rule].severity == "warning" and not exchange.observed.fault:
            return self._shrunk_here(finding, exchange)
        again = self._fresh_again(exchange.function, exchange.event, identity)
        if again is not None:
            return self._shrunk_here(self._with(finding, again), again)
        return self._by_sequence(finding, exchange)

    def _shrunk_here(self, finding: Finding, exchange: Exchange) -> Finding:
        """Shrink on live instances; whatever ends one gets a new one."""
        limit = self._short_limit(exchange)
        best: list[Exchange] = [exchange]

        def fails(event: Event) -> bool:
            seen = self._shows(exchange.function, event, finding.identity, limit)
            if seen is not None:
                best[0] = seen
            return seen is not None

        smallest = shrink_event(exchange.event, exchange.function, fails, self._budget())
        if smallest == exchange.event:
            return finding
        final = self._fresh_again(exchange.function, smallest, finding.identity)
        if final is None:
            return replace(
                finding,
                notes=(*finding.notes, "not shrunk: smaller events fail only in an instance that has been used"),
            )
        return self._with(replace(finding, minimal=(smallest,)), final)

    def _by_sequence(self, finding: Finding, exchange: Exchange) -> Finding:
        """It did not come again alone: replay what was sent before it, then leave out what is not needed."""
        earlier = [case for case in self.tail if case.event is not exchange.event]
        for count in (1, 4, len(earlier)):
            cases = earlier[-count:]
            if not cases or time.monotonic() > self.deadline:
                break
            if self._sequence_shows(cases, exchange, finding.identity):
                whole = [*cases, Case(exchange.function, exchange.event)]
                shortest = shrink_sequence(
                    whole, lambda some: self._sequence_shows(some[:-1], exchange, finding.identity), self._budget()
                )
                return replace(
                    finding,
                    minimal=tuple(case.event for case in shortest),
                    functions=tuple(case.function.name for case in shortest),
                    confirmed="sequence",
                )
        return replace(finding, confirmed="unstable", notes=("seen once, but not again in a fresh instance",))

    def _sequence_shows(self, before: Sequence[Case], exchange: Exchange, identity: Identity) -> bool:
        try:
            self.host.fresh()
            for case in before:
                self.host.invoke(case.function, case.event)
            return self._shows(exchange.function, exchange.event, identity, None) is not None
        except StartFailed:
            return False

    def _fresh_again(self, function: Function, event: Event, identity: Identity) -> Exchange | None:
        try:
            self.host.fresh()
        except StartFailed:
            return None
        # A slow answer on a busy machine is no hang: the second look waits twice as long.
        return self._shows(function, event, identity, 2 * self.host.limit(function))

    def _shows(self, function: Function, event: Event, identity: Identity, limit: float | None) -> Exchange | None:
        try:
            exchange = self.host.invoke(function, event, limit=limit)
        except (StartFailed, ValueError):
            return None
        found = any(identify(exchange, item) == identity for item in (*exchange.violations, *self.observe(exchange)))
        return exchange if found else None

    def _short_limit(self, exchange: Exchange) -> float:
        """Shrinking a hang waits a second, not the whole patience, for each try."""
        fault = exchange.observed.fault
        return (
            min(1.0, exchange.observed.limit)
            if fault is not None and fault.kind == "timeout"
            else self.host.limit(exchange.function)
        )

    def _budget(self) -> Budget:
        end = min(self.deadline, time.monotonic() + self.seconds_each)
        return Budget(self.max_calls, end, time.monotonic)

    @staticmethod
    def _with(finding: Finding, exchange: Exchange) -> Finding:
        confirmed: Confirmed = "always"
        message = next(
            (item.message for item in exchange.violations if item.rule == finding.identity.rule), finding.message
        )
        return replace(
            finding,
            exchange=exchange,
            message=message,
            trace=trace_lines(exchange) or finding.trace,
            confirmed=confirmed,
        )
