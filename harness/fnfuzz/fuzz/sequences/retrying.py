"""The case of a finding that only a comparison shows, tried again: is its last answer still not that of a fresh
instance?
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fnfuzz.contracts.model import Violation
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.history import AGAIN, HISTORY, LEAK, OWN_LEAK, failed, told
from fnfuzz.fuzz.sequences.noise import learn
from fnfuzz.fuzz.triage import Case
from fnfuzz.host import Exchange, Host
from fnfuzz.rules import RULES

__all__ = ["RETRIED", "Retried", "played", "retry"]

REDELIVERED: Final = frozenset(AGAIN.values())
"""Rules that are broken when a message fails only when it comes again."""

RETRIED: Final = REDELIVERED | {HISTORY, LEAK, *OWN_LEAK.values()}
"""Rules whose cases are tried again by a comparison of answers."""


@dataclass(frozen=True, slots=True)
class Retried:
    """``exchange`` is that of the last event after the others; ``unclear`` says why nothing could be compared."""

    exchange: Exchange
    violation: Violation | None = None
    unclear: str = ""


def retry(host: Host, judge: Callable[[Exchange], Sequence[Violation]], cases: Sequence[Case], rule: str) -> Retried:
    """Send the last event of ``cases`` alone, twice, then after the others, each time to a fresh instance.

    ``rule`` is one of ``RETRIED``; an error of another rule that ``judge`` finds in the last exchange counts too.
    Raises StartFailed, and ValueError for what no host can send.
    """
    alone = [_played_afresh(host, cases[-1:]) for _ in range(2)]
    last = _played_afresh(host, cases)
    if rule in REDELIVERED and failed(last) and not any(failed(item) for item in alone):
        return Retried(last, Violation(rule, "The message fails only when it is delivered again."))
    errors = [item for item in judge(last) if RULES[item.rule].severity == "error"]
    if errors or rule in REDELIVERED:
        return Retried(last, errors[0] if errors else None)
    usual = [answer for item in alone if (answer := answer_of(item)) is not None]
    answer = answer_of(last)
    baseline = learn(usual) if len(usual) == len(alone) else None
    if baseline is None or answer is None:
        return Retried(last, unclear="the answers of fresh instances differ by themselves, so nothing can be compared")
    found = baseline.unlike(answer, len(cases) - 1)
    return Retried(last, Violation(rule, f"After the events before it, {told(found[0])}.") if found else None)


def _played_afresh(host: Host, cases: Sequence[Case]) -> Exchange:
    host.fresh()
    return played(host, cases)


def played(host: Host, cases: Sequence[Case]) -> Exchange:
    """The last exchange of ``cases``, all sent to the live instance. Raises StartFailed, ValueError as ``retry``."""
    *before, last = cases
    for case in before:
        host.invoke(case.function, case.event)
    exchange = host.invoke(last.function, last.event)
    # What an earlier event did late is no part of this case.
    host.late = None
    return exchange
