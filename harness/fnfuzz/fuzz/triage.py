"""From a violation to a finding: identity, confirmation in a fresh instance, the smallest case."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import HttpReply, LineReply, Observed, Violation
from fnfuzz.events import Event
from fnfuzz.frozen import quick_dataclass
from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.shrinking.between import between
from fnfuzz.fuzz.shrinking.explain import explain, most_alike
from fnfuzz.fuzz.shrinking.shrink import Budget, Progress, shrink_cases, shrink_event, shrink_sequence, size
from fnfuzz.fuzz.traces import find_trace, trace_block
from fnfuzz.host import Exchange, Host, StartFailed

__all__ = [
    "LINGER",
    "NO_ANSWER",
    "TRACED",
    "Case",
    "Triage",
    "first_look",
    "identify",
    "is_traced",
    "said",
    "trace_lines",
]

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

NO_ANSWER = "/no-answer"
"""How such a rule of an own contract ends."""

SHORT_TAILS = (1, 4, 24)
"""So many of the events before a failure are tried first, before all that its instance got."""

EXPLAIN_CALLS = 60
EXPLAIN_SHARE = 0.25
"""Of the seconds for shrinking."""

SLOW_TRY = 0.3
"""Seconds for one try from which on nothing is explained."""

MOST_STEPS, MOST_BETWEEN = 64, 4
"""Events on the way to the smallest one that are kept, and looks at them where the smallest does not always fail."""

MOST_TOLD = 12
"""Events on that way that are kept for the report."""

QUICK = 100
SHORT = 0.25
"""Seconds that each try waits while a hang is shrunk; at the end it is looked at with all patience."""

LINGER, LEAST_LINGER = 1.0, 0.1
"""Seconds that a handler gets to end after its answer, where it did so before."""

AFTERMATH = 0.1
"""Seconds that it gets to send more than its answer, where it did so before."""


@quick_dataclass(frozen=True)
class Case:
    """One event and the function it goes to."""

    function: Function
    event: Event


def is_traced(rule: str) -> bool:
    """Does the rule say only that the handler failed?"""
    return rule in TRACED or rule.endswith(NO_ANSWER)


def identify(exchange: Exchange, violation: Violation) -> Identity:
    """The identity of a violation: its place, and for failures the exception and frame that the logs show."""
    place = violation.place
    if is_traced(violation.rule):
        trace = find_trace(log_text(exchange))
        if trace is not None:
            place = str(trace)
    return Identity(violation.rule, exchange.function.name, exchange.function.trigger, place)


def first_look(exchange: Exchange, violation: Violation, identity: Identity, number: int) -> Finding:
    """The finding for a violation seen for the first time at case ``number``, before anything is known of it."""
    return Finding(
        identity=identity,
        message=violation.message,
        first_case=number,
        minimal=(exchange.event,),
        original=exchange.event,
        exchange=exchange,
        trace=trace_lines(exchange),
        confirmed="suspected",
        notes=("seen once; the run ended before it was tried again",),
    )


def answer_bytes(exchange: Exchange) -> bytes:
    """The body of the answer, or all lines of a handler that reads lines."""
    reply = exchange.observed.reply
    if isinstance(reply, HttpReply):
        return reply.body
    return b"\n".join(reply.lines) if isinstance(reply, LineReply) else b""


def said(exchange: Exchange) -> tuple[str, str]:
    """The logs of one exchange, and the answer's body."""
    body = answer_bytes(exchange)
    logs = b"\n".join(part for part in (exchange.stderr[-16384:], exchange.stdout[-16384:]) if part)
    return logs.decode("utf-8", "replace"), body[:16384].decode("utf-8", "replace")


def log_text(exchange: Exchange) -> str:
    """Logs of one exchange, and the answer's body, where many handlers put their traceback."""
    return "\n".join(part for part in said(exchange) if part)


def trace_lines(exchange: Exchange) -> tuple[str, ...]:
    """The last trace, or the last lines, of stderr that go with the exchange, else of stdout."""
    for data in (exchange.stderr, exchange.stdout):
        lines = trace_block(data.decode("utf-8", "replace"))
        if lines:
            return lines
    return ()


def lingering(observed: Observed) -> float:
    """Seconds to wait for what came after the answer and may come late again: the end of the process, more bytes."""
    if observed.reply is None:
        return 0.0
    if observed.exit is not None:
        return LINGER
    return AFTERMATH if observed.fault is not None and observed.fault.kind == "extra-bytes" else 0.0


@dataclass(slots=True)
class Triage:
    """Confirms and shrinks on the same host that found the failure; afterwards the host's instance may be a new one."""

    host: Host
    observe: Callable[[Exchange], Sequence[Violation]]
    deadline: float
    """Monotonic time at which the search ends, whatever is left to gain."""

    tail: Sequence[Case] = ()
    """What was sent before, oldest first."""

    usual: float = 0.0
    """Seconds that the function usually takes for one answer."""

    max_calls: int = 600
    seconds_each: float = 6.0
    clock: Callable[[], float] = time.monotonic
    """What ``deadline`` is compared with; it may jump ahead to end the search early."""

    progress: Progress | None = None
    _cut_short: bool = False
    _path: tuple[Event, ...] = ()
    _linger: float = 0.0
    _try_seconds: float = 0.0
    """How long the last try in a new instance took, with its start."""

    def examine(self, finding: Finding, exchange: Exchange) -> Finding:
        """``finding``, just made by ``first_look`` from ``exchange``, confirmed, shrunk and explained."""
        return self._explained(self._proved(finding, exchange))

    def again(self, finding: Finding, cases: Sequence[Case]) -> Finding:
        """``finding``, just shown by ``cases`` in a fresh instance, shrunk further and explained."""
        assert finding.exchange is not None
        if len(cases) == 1:
            return self.examine(finding, finding.exchange)
        self.tail = cases[:-1]
        self._linger = lingering(finding.exchange.observed)
        return self._explained(self._shortest(finding, cases))

    def _proved(self, finding: Finding, exchange: Exchange) -> Finding:
        self._linger = lingering(exchange.observed)
        confirmed: Exchange | None = None
        if finding.severity == "error" or exchange.observed.fault:
            confirmed = self._fresh_again(exchange, finding.identity, self._long_limit(exchange.function))
            if confirmed is None:
                return self._by_sequence(finding, exchange)
        return self._alone(finding, exchange, confirmed)

    def _alone(self, finding: Finding, exchange: Exchange, confirmed: Exchange | None) -> Finding:
        """The smallest event that shows it alone; ``confirmed`` did so in a fresh instance."""
        steps = self._smaller(confirmed or exchange, finding.identity)
        if confirmed is not None and len(steps) == 1:
            return self._with(finding, confirmed)
        final = self._fresh_again(steps[-1], finding.identity)
        if final is not None:
            return self._with(finding, final)
        if confirmed is None and len(steps) > 1:
            confirmed = self._fresh_again(exchange, finding.identity)
        if confirmed is None:
            return self._by_sequence(finding, exchange)
        return self._as_small_as_sure(finding, confirmed, steps)

    def _as_small_as_sure(self, finding: Finding, sure: Exchange, steps: Sequence[Exchange]) -> Finding:
        """The last of the ever smaller events does not fail in a fresh instance with all patience, ``sure`` does: one
        between them.
        """
        good, bad, reach = 0, len(steps) - 1, 1
        for number in range(MOST_BETWEEN):
            if bad - good < 2 or (number and self.clock() > self.deadline):
                break
            at = (good + bad) // 2
            if not good and sure.observed.timed_out:
                # What is not slow enough is known sooner: what is hardly larger comes first.
                at = max(1, bad - reach)
            shown = self._fresh_again(steps[at], finding.identity)
            if shown is None:
                bad, reach = at, 2 * reach
            else:
                good, sure = at, shown
        if not good and sure.observed.timed_out:
            # What takes a moment at this length takes all patience a little later.
            for event in between(steps[-1].event, sure.event, sure.function):
                shown = self._sequence_shows([Case(sure.function, event)], finding.identity)
                if shown is not None:
                    good, sure = 1, shown
                    break
        self._cut_short = False
        note = "" if good else "not shrunk: smaller events fail only in an instance that has been used"
        return replace(self._with(finding, sure), notes=(note,) if note else ())

    def _smaller(self, exchange: Exchange, identity: Identity) -> list[Exchange]:
        """Ever smaller events that fail, ``exchange`` first; shrunk on live instances, whatever ends one gets a new
        one.
        """
        limit = self._short_limit(exchange)
        steps = [exchange]

        def fails(event: Event) -> bool:
            seen = self._shows(exchange.function, event, identity, limit)
            if seen is not None:
                steps.append(seen)
                if len(steps) > MOST_STEPS:
                    del steps[1:-1:2]
            return seen is not None

        budget = self._budget()
        smallest = shrink_event(exchange.event, exchange.function, fails, budget, self.progress)
        self._cut_short = budget.spent
        kept = [item for item in steps if item is exchange or size(item.event) < size(exchange.event)]
        last = next((at for at, item in enumerate(kept) if item.event == smallest), 0)
        self._path = tuple(item.event for item in kept[: last + 1])
        return kept[: last + 1]

    def _by_sequence(self, finding: Finding, exchange: Exchange) -> Finding:
        """It did not come again alone: replay what was sent before it, then leave out what is not needed."""
        last = Case(exchange.function, exchange.event)
        cases = [*self.tail, last]
        counts = sorted({min(count, len(self.tail)) for count in (*SHORT_TAILS, len(self.tail))} - {0})
        tries = [cases[-count - 1 :] for count in counts]
        limit = self._short_limit(exchange)
        for whole in tries:
            shown = self._played(whole, finding.identity, limit)
            if shown is not None:
                return self._shortest(finding, shown[0])
        if exchange.observed.exit is not None and not self._linger:
            # An earlier event may have killed it, and this one have met its end by chance.
            self._linger = LINGER
            if self._sequence_shows(cases, finding.identity):
                return self._shortest(finding, cases)
        return replace(finding, confirmed="unstable", notes=("seen once, but not again in a fresh instance",))

    def _shortest(self, finding: Finding, whole: Sequence[Case]) -> Finding:
        """The shortest part of a sequence that shows the finding, or one event of it that does the same alone."""
        limit = self._short_limit(finding.exchange) if finding.exchange is not None else None
        steps: list[tuple[Sequence[Case], Exchange]] = []

        def shows(some: Sequence[tuple[Function, Event]]) -> bool:
            shown = self._played([Case(*case) for case in some], finding.identity, limit)
            if shown is not None:
                steps.append(shown)
            return shown is not None

        ended = finding.exchange is not None and finding.exchange.observed.exit is not None
        hangs = finding.exchange is not None and finding.exchange.observed.timed_out
        budget = self._budget()
        if hangs:
            # At the end it is looked at once more, with all patience.
            budget.deadline = self.deadline - self.host.limit(whole[-1].function)
        pairs: Sequence[tuple[Function, Event]] = [(case.function, case.event) for case in whole]
        if len(pairs) <= SHORT_TAILS[-1] + 1 and not hangs:
            pairs = shrink_sequence(pairs, shows, budget)
        if len(pairs) == 2 and ended:
            self._linger = LINGER
            alone = self._sequence_shows([Case(*pairs[0])], finding.identity)
            if alone is not None:
                return self._alone(finding, alone, alone)
        shrink_cases(pairs, shows, budget, self.progress)
        self._cut_short = budget.spent
        cases, shown = self._surely(whole, steps, finding.identity) if hangs else steps[-1] if steps else (whole, None)
        return replace(
            finding,
            minimal=tuple(case.event for case in cases),
            functions=tuple(case.function.name for case in cases),
            exchange=shown or finding.exchange,
            confirmed="sequence",
            notes=(),
            cut_short=self._cut_short,
        )

    def _surely(
        self, whole: Sequence[Case], steps: Sequence[tuple[Sequence[Case], Exchange]], identity: Identity
    ) -> tuple[Sequence[Case], Exchange | None]:
        """One of the last of ever smaller sequences that shows it with all patience too; ``whole`` if none does."""
        for at in dict.fromkeys((len(steps) - 1, len(steps) // 2)) if steps else ():
            shown = self._played(steps[at][0], identity)
            if shown is not None:
                return shown
        return whole, None

    def _explained(self, finding: Finding) -> Finding:
        """With what matters in the last event, unless each try would take long: for hangs, and where every try needs a
        start that is slow.
        """
        exchange = finding.exchange
        if exchange is None or finding.confirmed not in ("always", "sequence") or finding.notes:
            return finding
        observed = exchange.observed
        starts = observed.exit is not None or finding.confirmed == "sequence"
        if observed.timed_out or (starts and self._try_seconds > SLOW_TRY):
            return finding
        function = exchange.function
        named = {case.function.name: case.function for case in self.tail}
        before = [
            Case(named[name], event) for name, event in zip(finding.functions, finding.minimal[:-1], strict=False)
        ]
        verdicts: dict[Event, bool] = {}

        def fails(event: Event) -> bool:
            if before:
                shown = self._sequence_shows([*before, Case(function, event)], finding.identity)
            else:
                shown = self._shows(function, event, finding.identity, None)
            verdicts[event] = shown is not None
            return verdicts[event]

        budget = Budget(EXPLAIN_CALLS, min(self.deadline, self.clock() + EXPLAIN_SHARE * self.seconds_each), self.clock)
        parts = explain(finding.minimal[-1], function, fails, budget)
        # An instance that the failure has spoilt fails from then on whatever comes.
        failed = [event for event, shows in verdicts.items() if shows]
        if failed and not before and not self._sequence_shows([Case(function, failed[-1])], finding.identity):
            return finding
        passing = most_alike(finding.minimal[-1], [event for event, shows in verdicts.items() if not shows])
        return replace(finding, explanation=parts, passing=passing)

    def _sequence_shows(self, cases: Sequence[Case], identity: Identity, limit: float | None = None) -> Exchange | None:
        shown = self._played(cases, identity, limit)
        return shown[1] if shown is not None else None

    def _played(
        self, cases: Sequence[Case], identity: Identity, limit: float | None = None
    ) -> tuple[Sequence[Case], Exchange] | None:
        """The cases up to the first one that ends a fresh instance so, or up to the last one if that shows it."""
        *before, last = cases
        if self.clock() > self.deadline:
            return None
        began = time.monotonic()
        try:
            self.host.fresh()
            for at, case in enumerate(before, 1):
                if self.clock() > self.deadline:
                    return None
                exchange = self.host.invoke(case.function, case.event, limit=limit)
                ended = exchange.observed.exit is not None or exchange.observed.fault is not None
                if ended and self._violation(exchange, identity):
                    return cases[:at], exchange
        except (StartFailed, ValueError):
            return None
        shown = self._shows(last.function, last.event, identity, limit)
        self._try_seconds = time.monotonic() - began
        return (cases, shown) if shown is not None else None

    def _fresh_again(self, exchange: Exchange, identity: Identity, limit: float | None = None) -> Exchange | None:
        began = time.monotonic()
        try:
            self.host.fresh()
        except StartFailed:
            return None
        shown = self._shows(exchange.function, exchange.event, identity, limit)
        self._try_seconds = time.monotonic() - began
        return shown

    def _shows(self, function: Function, event: Event, identity: Identity, limit: float | None) -> Exchange | None:
        try:
            exchange = self.host.invoke(function, event, limit=limit)
        except (StartFailed, ValueError):
            return None
        if self._linger and exchange.observed.exit is None:
            began = time.monotonic()
            exchange = self.host.outlived(exchange, self._linger)
            if exchange.observed.exit is not None:
                self._linger = min(LINGER, LEAST_LINGER + 3 * (time.monotonic() - began))
        return exchange if self._violation(exchange, identity) else None

    def _violation(self, exchange: Exchange, identity: Identity) -> Violation | None:
        """The violation of the exchange that has this identity."""
        found = (*exchange.violations, *self.observe(exchange))
        return next((item for item in found if identify(exchange, item) == identity), None)

    def _long_limit(self, function: Function) -> float:
        """A slow answer on a busy machine is no hang: unless they are usually quick, the second look waits longer."""
        limit = self.host.limit(function)
        return limit if QUICK * self.usual < limit else 2 * limit

    def _short_limit(self, exchange: Exchange) -> float:
        """Shrinking a hang waits a moment, or many times the usual, not the whole patience for each try."""
        limit = self.host.limit(exchange.function)
        if not exchange.observed.timed_out:
            return limit
        return min(limit, max(SHORT, 20 * self.usual))

    def _budget(self) -> Budget:
        return Budget(self.max_calls, min(self.deadline, self.clock() + self.seconds_each), self.clock)

    def _told_path(self, smallest: Event) -> tuple[Event, ...]:
        """The way to ``smallest``, thinned; empty where it was never shrunk."""
        if smallest not in self._path[1:]:
            return ()
        way = self._path[: self._path.index(smallest) + 1]
        last = len(way) - 1
        return tuple(way[round(at * last / (MOST_TOLD - 1))] for at in range(MOST_TOLD)) if last >= MOST_TOLD else way

    def _with(self, finding: Finding, exchange: Exchange) -> Finding:
        """The finding with a new proof: ``exchange`` shows it in a fresh instance."""
        violation = self._violation(exchange, finding.identity)
        return replace(
            finding,
            minimal=(exchange.event,),
            exchange=exchange,
            message=violation.message if violation else finding.message,
            trace=trace_lines(exchange) or finding.trace,
            confirmed="always",
            notes=(),
            functions=(),
            path=self._told_path(exchange.event),
            cut_short=self._cut_short,
        )
