"""A finding of ``fnfuzz run`` as a test, which fails until the fault is fixed: the rule is asserted, no answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from fnfuzz.fuzz.sequences.retrying import RETRIED, retry
from fnfuzz.fuzz.triage import Case as Sent
from fnfuzz.host import Exchange
from fnfuzz.pytest_plugin.judging import Judged
from fnfuzz.pytest_plugin.playing import PlayedHost
from fnfuzz.pytest_plugin.recorded import plain_name
from fnfuzz.pytest_plugin.wording import exchange_lines
from fnfuzz.report.case_files import nearest, unknown_rule
from fnfuzz.report.cases import Case, CaseError, read_case
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import event_lines
from fnfuzz.rules import RULES

__all__ = ["FindingCase", "FindingName", "finding_name"]

LARGEST: Final = 32 * 1024 * 1024
OWN: Final = "/"
"""In the rules of extensions, which are not known before the app is."""


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
    if case.rule and case.rule not in RULES and OWN not in case.rule:
        raise CaseError(unknown_rule(case.rule))
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
        entry = self._host.judging.entry(self.case.identity)
        if entry is not None:
            pytest.skip(f"{rule} is ignored by {entry.origin}: {entry.reason}")
        if rule in RETRIED:
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
        self._host.started()
        try:
            tried = retry(self._host.played, self._judge, cases, self.case.rule)
        except ValueError as error:
            pytest.fail(f"{nearest(self.path)}: no host can send it: {error}", pytrace=False)
        last = self._host.judged_last(tried.exchange)
        if tried.unclear:
            pytest.skip(tried.unclear)
        if tried.violation is not None:
            self._fail(last, tried.violation)
        return last

    def _judge(self, exchange: Exchange) -> Sequence[Violation]:
        return self._host.judging.judged(self._host.app, exchange).violations

    def _cases(self) -> list[Sent]:
        if self.case.rule and self.case.rule not in RULES:
            pytest.fail(f"{nearest(self.path)} {unknown_rule(self.case.rule)}", pytrace=False)
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
