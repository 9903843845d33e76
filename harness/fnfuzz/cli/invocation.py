"""One or more events delivered in order to one fresh instance, and what the host and the rules say to the last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from fnfuzz.app import Function
from fnfuzz.cli.configured import wanted_checks
from fnfuzz.contracts.model import Violation
from fnfuzz.events import to_data
from fnfuzz.extensions.observing import violations_of
from fnfuzz.fuzz.known import NOT_AGAIN
from fnfuzz.fuzz.sequences.retrying import RETRIED, retry
from fnfuzz.fuzz.triage import LINGER, identify
from fnfuzz.fuzz.triage import Case as Sent
from fnfuzz.host import Exchange, Host
from fnfuzz.report.cases import Case
from fnfuzz.report.finding_text import STYLES
from fnfuzz.report.page import Page
from fnfuzz.report.plain_data import exchange_data, violation_data
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import duration, event_lines, observed_lines, outcome_lines, request_lines, stream_lines
from fnfuzz.rules import RULES

__all__ = ["Invocation", "deliver", "invocation_data", "print_invocation"]

INVOKE_SCHEMA = "fnfuzz.invoke/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """``exchange`` is the last one. ``verdict`` is STILL FAILING or FIXED for the case of a finding that its events can
    show, else empty. ``unclear`` says why answers that had to be compared could not be.
    """

    exchange: Exchange
    before: tuple[Exchange, ...]
    violations: tuple[Violation, ...]
    start_violations: tuple[Violation, ...]
    start_seconds: float
    case: Case
    unclear: str = ""

    @property
    def verdict(self) -> str:
        """Is the rule of the case's finding still broken?"""
        if not self.case.rule or self.case.rule in NOT_AGAIN or self.unclear:
            return ""
        broken = any(violation.rule == self.case.rule for violation in self.violations)
        return "STILL FAILING" if broken else "FIXED"

    @property
    def elsewhere(self) -> bool:
        """Is the rule broken in another place than the case was made for?"""
        places = [identify(self.exchange, item).place for item in self.violations if item.rule == self.case.rule]
        return bool(self.case.place and places and self.case.place not in places)

    @property
    def failed(self) -> bool:
        """Is an error found, or the case's rule still broken?"""
        found = (*self.violations, *self.start_violations)
        return self.verdict == "STILL FAILING" or any(RULES[item.rule].severity == "error" for item in found)


def deliver(host: Host, targets: Sequence[Function], case: Case) -> Invocation:
    """Deliver the case's events, each to its function. Raises StartFailed, and ValueError for what no host can send."""
    judged = partial(violations_of, host.app, checks=wanted_checks())
    host.fresh()
    seconds, started = host.start_seconds, host.start_violations
    exchanges = [host.invoke(target, event) for target, event in zip(targets, case.events, strict=True)]
    last = host.outlived(exchanges[-1], LINGER)
    invocation = Invocation(
        exchange=last,
        before=tuple(exchanges[:-1]),
        violations=judged(last),
        start_violations=started,
        start_seconds=seconds,
        case=case,
    )
    return _compared(host, targets, invocation, judged) if case.rule in RETRIED else invocation


def _compared(
    host: Host,
    targets: Sequence[Function],
    invocation: Invocation,
    judged: Callable[[Exchange], tuple[Violation, ...]],
) -> Invocation:
    """With what a comparison with the answers of fresh instances shows."""
    case = invocation.case
    cases = [Sent(target, event) for target, event in zip(targets, case.events, strict=True)]
    tried = retry(host, judged, cases, case.rule)
    found = tried.violation
    if found is not None and found.rule == case.rule:
        found = replace(found, place=case.place)
    new = (found,) if found is not None and found not in invocation.violations else ()
    return replace(invocation, violations=(*invocation.violations, *new), unclear=tried.unclear)


def invocation_data(invocation: Invocation) -> dict[str, Any]:
    """The document ``fnfuzz.invoke/1``."""
    exchange = invocation.exchange
    return {
        "schema": INVOKE_SCHEMA,
        "function": exchange.function.name,
        "contract": exchange.function.contract,
        "event": to_data(exchange.event),
        "before": [to_data(item.event) for item in invocation.before],
        "exchange": exchange_data(exchange),
        "violations": [violation_data(item) for item in (*invocation.start_violations, *invocation.violations)],
        "verdict": invocation.verdict or None,
    }


def print_invocation(page: Page, invocation: Invocation) -> None:
    """Request, answer, logs, the host's view, the rules broken, and the verdict on a case."""
    exchange = invocation.exchange
    function = exchange.function
    ready = f"handler ready after {duration(invocation.start_seconds)}"
    page.line(f"{visible(function.name)} ({visible(function.trigger)}, {function.contract}), {ready}")
    page.line()
    for number, earlier in enumerate(invocation.before, 1):
        page.block(f"before {number}", event_lines(earlier.event), exact=True)
        page.block("", [f"-> {earlier.outcome.status}"], "dim")
    page.block("sent", request_lines(exchange.request), exact=True)
    page.block("came back", observed_lines(exchange.observed), exact=True)
    page.block("stderr", stream_lines(exchange.stderr), "dim", exact=True)
    page.block("stdout", stream_lines(exchange.stdout), "dim", exact=True)
    page.block("the host", outcome_lines(exchange.outcome, exchange.event))
    page.line()
    for violation in (*invocation.start_violations, *invocation.violations):
        _print_violation(page, violation)
    if not (*invocation.start_violations, *invocation.violations):
        page.line("no rule is broken", "bold green")
    _print_verdict(page, invocation)


def _print_violation(page: Page, violation: Violation) -> None:
    rule = RULES[violation.rule]
    page.parts((f"{rule.severity}[{rule.id}]", STYLES[rule.severity]), (f" {visible(violation.message)}", "bold"))
    page.block("fix", [rule.remedy])


def _print_verdict(page: Page, invocation: Invocation) -> None:
    if invocation.unclear:
        page.line(f"NOT CLEAR: {invocation.unclear}", "bold yellow")
    elif invocation.verdict == "FIXED":
        page.line(f"FIXED: this case does not break {visible(invocation.case.rule)}", "bold green")
    elif invocation.verdict:
        where = ", but elsewhere than before" if invocation.elsewhere else ""
        page.line(f"STILL FAILING: this case breaks {visible(invocation.case.rule)}{where}", "bold red")
