"""What a failing test says: what was sent, what was expected, what came, and what the host makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from fnfuzz.contracts.model import Observed, Request, Violation
from fnfuzz.corpus import Record
from fnfuzz.fuzz.ignoring import Ignored
from fnfuzz.host import Exchange
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import observed_lines, outcome_lines, request_lines, stream_lines
from fnfuzz.rules import RULES

__all__ = ["answer_lines", "block", "exchange_lines", "ignored_line", "recorded_lines", "rule_line", "violation_lines"]


def block(title: str, lines: Iterable[str]) -> Iterator[str]:
    """A title with lines below it, nothing where there is none."""
    body = [f"  {line}".rstrip() for line in lines]
    if body:
        yield title
        yield from body


def answer_lines(request: Request, expected: Sequence[str], observed: Observed) -> Iterator[str]:
    """What was sent, what was to come, and what came."""
    yield from block("request", request_lines(request))
    yield from block("expected", expected)
    yield from block("got", observed_lines(observed))


def exchange_lines(exchange: Exchange, expected: Sequence[str] = ()) -> Iterator[str]:
    """An exchange in full; ``expected`` is what was to come."""
    yield from answer_lines(exchange.request, expected, exchange.observed)
    yield from block("the host", outcome_lines(exchange.outcome, exchange.event))
    yield from block("stderr", stream_lines(exchange.stderr))
    yield from block("stdout", stream_lines(exchange.stdout))
    yield from block("rules broken", violation_lines(exchange.violations))
    yield from block("rules broken, but ignored", (ignored_line(*item) for item in getattr(exchange, "ignored", ())))


def recorded_lines(record: Record) -> list[str]:
    """The recorded answer."""
    seen = Observed(reply=record.reply, fault=record.fault, exit=record.exit, elapsed=record.elapsed / 1_000_000)
    return observed_lines(seen)


def violation_lines(violations: Iterable[Violation]) -> Iterator[str]:
    """Each broken rule, and what to do."""
    for violation in violations:
        yield rule_line(violation)
        yield f"  fix: {RULES[violation.rule].remedy}"


def ignored_line(violation: Violation, entry: Ignored) -> str:
    """One broken rule that is ignored, and why."""
    return f"{violation.rule} is broken, and ignored by {visible(entry.origin)}: {visible(entry.reason)}"


def rule_line(violation: Violation) -> str:
    """One broken rule in one line."""
    rule = RULES[violation.rule]
    return f"{rule.severity}[{rule.id}] {visible(violation.message)}"
