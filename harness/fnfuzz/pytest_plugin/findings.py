"""A finding of ``fnfuzz run`` as a test, which fails until the fault is fixed: the rule is asserted, no answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Final

import pytest

from fnfuzz.app import Function
from fnfuzz.cli.cases import targets_of
from fnfuzz.cli.stops import Stop
from fnfuzz.contracts.model import Violation
from fnfuzz.fuzz.known import NOT_ALONE, delivered, shown_by
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.history import AGAIN, HISTORY, LEAK, OWN_LEAK, failed
from fnfuzz.fuzz.sequences.noise import Difference, learn
from fnfuzz.fuzz.triage import Case as Sent
from fnfuzz.pytest_plugin.playing import Judged, PlayedHost
from fnfuzz.pytest_plugin.recorded import plain_name
from fnfuzz.pytest_plugin.wording import exchange_lines
from fnfuzz.report.case_files import nearest
from fnfuzz.report.cases import Case, CaseError, read_case
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import event_lines
from fnfuzz.rules import RULES

__all__ = ["FindingCase", "FindingName", "finding_name"]

LARGEST: Final = 32 * 1024 * 1024
REMEMBERED: Final = frozenset((HISTORY, LEAK, *OWN_LEAK.values()))
"""Rules that are broken when an answer is not that of a fresh instance."""

REDELIVERED: Final = frozenset(AGAIN.values())
"""Rules that are broken when a message fails only when it comes again."""


@dataclass(frozen=True, slots=True)
class FindingName:
    """A case file, what is in it, and the ``name`` of its test."""

    path: Path
    case: Case
    name: str


def finding_name(path: Path) -> FindingName:
    """The case in a file. Raises CaseError and OSError."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise CaseError(f"is larger than {LARGEST:,} bytes")
    case = read_case(data)
    if case.rule and case.rule not in RULES:
        raise CaseError(f"rule: {case.rule!r} is unknown; update fnfuzz")
    # A case that was kept by `fnfuzz init` has a telling name already; that of a run is an id.
    telling = bool(case.rule) and case.rule in path.stem
    words = [] if telling else [plain_name(case.function), plain_name(case.rule) or "event"]
    return FindingName(path, case, "-".join(word for word in (*words, plain_name(path.stem)) if word))


class FindingCase:
    """A case and the host that tries it; tests get it as the fixture ``fnfuzz_case``."""

    def __init__(self, name: FindingName, host: PlayedHost, *, asked: bool = True) -> None:
        self.path = name.path
        self.case = name.case
        self.asked = asked
        self._host = host

    def __repr__(self) -> str:
        return f"<{self.case.rule or 'event'} of {self.path}>"

    def replay(self) -> Judged:
        """Send the events to a fresh instance, in their order; the last exchange, with what it ends in."""
        cases = self._cases()
        self._host.fresh()
        try:
            return self._host.judged_last(delivered(self._host.played, cases, self.case.rule))
        except ValueError as error:
            pytest.fail(f"{nearest(self.path)}: no host can send it: {error}", pytrace=False)

    def check(self) -> Judged:
        """Replay, and fail the test if the fault shows: the same rule, or any error instead of it."""
        rule = self.case.rule
        if rule in REMEMBERED or rule in REDELIVERED:
            return self._check_compared()
        if rule in NOT_ALONE:
            pytest.skip(f"{rule} shows in no exchange alone; `fnfuzz run` tries it")
        for _ in range(1 if self.case.confirmed in ("always", "sequence") else 2):
            exchange = self.replay()
            broken = shown_by(exchange, exchange.violations, self.case.identity)
            if broken is not None:
                self._fail(exchange, broken)
        return exchange

    def _check_compared(self) -> Judged:
        """The last event gets another answer after the others than alone, where it always gets the same one."""
        cases = self._cases()
        alone = [self._alone(cases[-1]) for _ in range(2)]
        last = self.replay()
        again = self.case.rule in REDELIVERED
        if again and failed(last) and not any(failed(item) for item in alone):
            self._fail(last, Violation(self.case.rule, "the message fails only when it is delivered again"))
        if last.errors:
            self._fail(last, last.errors[0])
        if again:
            return last
        answers = [answer_of(item) for item in alone]
        baseline = learn(item for item in answers if item is not None) if None not in answers else None
        answer = answer_of(last)
        if baseline is None or answer is None:
            pytest.skip("the answers of fresh instances differ by themselves, so nothing can be compared")
        if found := baseline.unlike(answer, len(cases) - 1):
            self._fail(last, Violation(self.case.rule, _unlike(found[0])))
        return last

    def _alone(self, sent: Sent) -> Judged:
        self._host.fresh()
        return self._host.invoke(sent.function, sent.event)

    def _cases(self) -> list[Sent]:
        try:
            targets: list[Function] = targets_of(self._host.app, self.case)
        except Stop as stop:
            pytest.fail(f"{nearest(self.path)}: {stop.message}", pytrace=False)
        return [Sent(target, event) for target, event in zip(targets, self.case.events, strict=True)]

    def _fail(self, exchange: Judged, broken: Violation) -> None:
        self._host.told()
        pytest.fail("\n".join(self._failure(exchange, broken)), pytrace=False)

    def _failure(self, exchange: Judged, broken: Violation) -> Iterator[str]:
        case, rule = self.case, RULES[broken.rule]
        function = exchange.function
        yield f"{visible(function.name)} ({visible(function.trigger)}, {function.contract}): {visible(broken.message)}"
        if broken.rule != case.rule and case.rule:
            yield f"(found as {case.rule}; now it breaks {broken.rule})"
        yield ""
        for number, event in enumerate(case.events[:-1], 1):
            yield f"before {number}"
            yield from (f"  {line}" for line in event_lines(event))
        yield from exchange_lines(exchange, [f"{rule.id}: {rule.title}", *([] if not case.rule else [rule.reason])])
        yield ""
        by_hand = f"fnfuzz invoke --event {quote(nearest(self.path))}"
        yield f"`{by_hand}` sends it by hand, `fnfuzz rules {rule.id}` explains the rule"


def _unlike(found: Difference) -> str:
    return (
        f"after the events before it, {visible(found.place)} is {visible(repr(found.other))[:200]} "
        f"instead of {visible(repr(found.one))[:200]}"
    )
