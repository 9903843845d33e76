"""What earlier runs found is tried first: is it fixed, or does it still fail?"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fnfuzz.contracts.model import Violation
from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.plan import KnownCase
from fnfuzz.fuzz.sequences import COMPARED
from fnfuzz.fuzz.sequences.retrying import RETRIED, played, retry
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import FindingFound, KnownTried, PhaseStarted, RunEvent
from fnfuzz.fuzz.triage import LINGER, NO_ANSWER, Case, first_look, identify, is_traced
from fnfuzz.fuzz.trials import Trials
from fnfuzz.host import Exchange, Host, StartFailed
from fnfuzz.rules import RULES

__all__ = ["NOT_AGAIN", "NOT_ALONE", "delivered", "same_fault", "shown_by", "try_known"]

SHARE = 0.25
"""Of the run's time, at most."""

SLOW_START = 0.5
"""Seconds of a start from which on a case is tried in the live instance first."""

LATE = frozenset(
    (
        "proc-crash",
        "proc-exit-zero",
        "process-exit-on-request",
        "non-json-event-crash",
        "line-exit-mid-request",
        "content-length-mismatch",
    )
)
"""Rules that an instance may break only after its answer."""


NOT_ALONE = COMPARED | {"client-abort-kills-server"}
"""Rules that need more than the events of a case: answers to compare, or a client that leaves."""

NOT_AGAIN = NOT_ALONE - RETRIED
"""Those that only a phase of a run can show."""


class _Unclear(Exception):
    """The case was tried, and nothing can be said of it."""


def same_fault(one: Identity, other: Identity) -> bool:
    """Are they the same, or two names for one exception at one place?"""
    if one == other:
        return True
    traced = bool(one.place) and is_traced(one.rule) and is_traced(other.rule)
    return traced and (one.function, one.place) == (other.function, other.place)


def shown_by(exchange: Exchange, violations: Sequence[Violation], identity: Identity) -> Violation | None:
    """The violation of the exchange that is this fault, else one of the same rule, else any error."""
    named = [(identify(exchange, item), item) for item in violations]
    for fits in (
        lambda found: same_fault(found, identity),
        lambda found: found.rule == identity.rule,
        lambda found: RULES[found.rule].severity == "error",
    ):
        for found, violation in named:
            if fits(found):
                return violation
    return None


def delivered(host: Host, cases: Sequence[Case], rule: str) -> Exchange:
    """The last exchange of ``cases`` on the live instance; for a rule of an instance's end, with the end that comes a
    moment after the answer. Raises StartFailed, and ValueError for what no host can send.
    """
    exchange = played(host, cases)
    late = (rule in LATE or rule.endswith(NO_ANSWER)) and exchange.observed.exit is None
    return host.outlived(exchange, LINGER) if late else exchange


@dataclass(frozen=True, slots=True)
class _Shown:
    """What one try showed: the fault itself, or ``elsewhere`` another one."""

    exchange: Exchange
    violation: Violation
    elsewhere: bool
    cases: tuple[Case, ...]


def try_known(trials: Trials) -> Iterator[RunEvent]:
    """Try the known cases of the plan; what still fails is a finding of this run."""
    if not trials.plan.known:
        return
    trials.phase = "known findings"
    yield PhaseStarted(phase=trials.phase)
    limit = trials.plan.max_time
    until = float("inf") if limit is None else time.monotonic() + SHARE * limit
    driven = {item.function.name: item for item in trials.sources}
    apps = {item.name for item in trials.app.functions}
    tries: list[_Try] = []
    for case in trials.plan.known:
        names = {*case.functions, case.identity.function}
        gone = sorted(names - apps)
        if gone:
            yield KnownTried(case=case, verdict="not tried", reason=f"the app has no function {', '.join(gone)}")
        elif case.identity.rule in NOT_AGAIN:
            yield KnownTried(case=case, verdict="not tried", reason="only the phase sequences of a run can show it")
        elif (ignored := trials.ledger.ignoring.entry(case.identity)) is not None:
            yield KnownTried(case=case, verdict="not tried", reason=f"ignored: {ignored.reason}")
        elif time.monotonic() >= until:
            yield KnownTried(case=case, verdict="not tried", reason="no time was left for it")
        elif names <= driven.keys():
            trials.check_budget()
            tries.append(_Try(trials, case, driven, until))
            yield from tries[-1].verdict()
    for item in tries:
        yield from item.findings()


class _Try:
    """One known case on the way to its verdict."""

    def __init__(self, trials: Trials, case: KnownCase, driven: dict[str, FunctionSource], until: float) -> None:
        self.trials = trials
        self.case = case
        self.until = until
        self.source = driven[case.identity.function]
        named = {name: source.function for name, source in driven.items()}
        self.alone = tuple(Case(named[name], event) for name, event in zip(case.functions, case.events, strict=True))
        before = tuple(Case(named[name], event) for name, event in case.before if name in named)
        self.tail = (*before, *self.alone) if before else ()
        self.sure = case.confirmed in ("always", "sequence")
        self._finding: Finding | None = None
        self._cases: tuple[Case, ...] = ()
        self._steady = False

    def verdict(self) -> Iterator[RunEvent]:
        """Try until it is clear; a start that fails leaves the case untried."""
        try:
            first = self._first_try()
            second = None
            if first is None or first.elsewhere or not self.sure:
                second = self._delivered(self.tail if self.tail and first is None else self.alone)
        except StartFailed as failed:
            yield KnownTried(case=self.case, verdict="not tried", reason=f"the handler did not start: {failed.message}")
            yield from self.trials.not_started_again(failed)
            return
        except ValueError as error:
            yield KnownTried(case=self.case, verdict="not tried", reason=f"no host can send it: {error}")
            return
        except _Unclear as unclear:
            yield KnownTried(case=self.case, verdict="not tried", reason=str(unclear))
            return
        same = [item for item in (first, second) if item is not None and not item.elsewhere]
        shown = same[0] if same else second or first
        if shown is None:
            yield KnownTried(case=self.case, verdict="fixed" if self.sure else "not seen")
            return
        steady = not same or len(same) == 2 or (self.sure and first in same) or shown.cases == self.tail
        yield from self._found(shown, steady)

    def _first_try(self) -> _Shown | None:
        """Where starts are slow, what shows in the live instance is enough; else in a fresh one."""
        slow = self.trials.host.start_seconds > SLOW_START
        if slow and self.case.confirmed == "always" and len(self.alone) == 1:
            shown = self._delivered(self.alone, fresh=False)
            if shown is not None and not shown.elsewhere:
                return shown
        return self._delivered(self.alone)

    def _delivered(self, cases: Sequence[Case], *, fresh: bool = True) -> _Shown | None:
        host, identity = self.trials.host, self.case.identity
        if identity.rule in RETRIED:
            return self._compared(cases)
        if fresh:
            host.fresh()
        exchange = delivered(host, cases, identity.rule)
        self.trials.cases += len(cases)
        violation = shown_by(exchange, self._violations(exchange), identity)
        if violation is None:
            return None
        elsewhere = not same_fault(identify(exchange, violation), identity)
        return _Shown(exchange, violation, elsewhere, tuple(cases))

    def _violations(self, exchange: Exchange) -> list[Violation]:
        """What the exchange shows and nobody ignores."""
        ignoring = self.trials.ledger.ignoring
        found = (*exchange.violations, *self.trials.observe(exchange))
        return [item for item in found if ignoring.entry(identify(exchange, item)) is None]

    def _compared(self, cases: Sequence[Case]) -> _Shown | None:
        identity = self.case.identity
        tried = retry(self.trials.host, self._violations, cases, identity.rule)
        self.trials.cases += len(cases) + 2
        if tried.unclear:
            raise _Unclear(tried.unclear)
        if tried.violation is None:
            return None
        return _Shown(tried.exchange, tried.violation, tried.violation.rule != identity.rule, tuple(cases))

    def _found(self, shown: _Shown, steady: bool) -> Iterator[RunEvent]:
        """Keep it as a finding of this run, with its stored minimum where the search for that had ended."""
        trials, case = self.trials, self.case
        identity = identify(shown.exchange, shown.violation) if shown.elsewhere else case.identity
        known = trials.ledger.is_new(identity) is None
        first = replace(
            first_look(shown.exchange, shown.violation, identity, trials.cases),
            first_seconds=trials.elapsed,
            minimal=tuple(item.event for item in shown.cases),
            functions=tuple(item.function.name for item in shown.cases) if len(shown.cases) > 1 else (),
            original=case.original or shown.exchange.event,
            confirmed=("sequence" if len(shown.cases) > 1 else "always") if steady else "unstable",
            notes=() if steady else ("fails only sometimes in a fresh instance",),
            explanation=case.explanation if steady and not shown.elsewhere else (),
            passing=case.passing if steady and not shown.elsewhere else None,
            cut_short=case.cut_short or (steady and not self.sure),
            regressed=case.regressed,
        )
        if not known:
            self._finding, self._cases, self._steady = trials.ledger.keep(first), shown.cases, steady
        yield KnownTried(case=case, verdict="still failing" if steady else "unstable", finding=first)

    def findings(self) -> Iterator[RunEvent]:
        """The finding that was shown, if any, with a further search where the last one had not ended."""
        finding = self._finding
        if finding is None:
            return
        alone = self.case.identity.rule not in RETRIED
        if alone and self._steady and (self.case.cut_short or not self.sure):
            yield from self.trials.examined(finding, lambda one: self._smaller(one, self._cases))
        else:
            yield FindingFound(finding=finding)

    def _smaller(self, finding: Finding, cases: Sequence[Case]) -> Finding:
        triage = self.trials.triage(self.source)
        triage.deadline = min(triage.deadline, max(self.until, time.monotonic() + 1.0))
        smaller = triage.again(finding, cases)
        # It was shown just now: what a search without luck says does not count.
        return smaller if smaller.confirmed in ("always", "sequence") else finding
