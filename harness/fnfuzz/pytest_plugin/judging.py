"""What the rules say of an exchange, with own checks, and without what the configuration ignores."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any, TypeAlias

from fnfuzz.app import App
from fnfuzz.contracts.model import CallerReply, Violation
from fnfuzz.extensions.observing import violations_of
from fnfuzz.frozen import quick_dataclass
from fnfuzz.fuzz.finding import Identity
from fnfuzz.fuzz.ignoring import Ignored, Ignoring
from fnfuzz.fuzz.triage import identify
from fnfuzz.host import Exchange
from fnfuzz.pytest_plugin.wording import exchange_lines
from fnfuzz.rules import RULES

__all__ = ["Aside", "Judged", "Judging"]

Aside: TypeAlias = tuple[tuple[Violation, Ignored], ...]
"""Broken rules that are ignored, each with the entry of the configuration that says so."""


@quick_dataclass(frozen=True, kw_only=True)
class Judged(Exchange):
    """An exchange with everything that the rules say of it, observers of logs and answers included; what the
    configuration ignores is in ``ignored``.
    """

    ignored: Aside = ()

    @property
    def errors(self) -> tuple[Violation, ...]:
        """The broken rules that make the invocation fail, hang, or be wrong on the real host."""
        return tuple(item for item in self.violations if RULES[item.rule].severity == "error")

    @property
    def warnings(self) -> tuple[Violation, ...]:
        """The other broken rules."""
        return tuple(item for item in self.violations if RULES[item.rule].severity != "error")

    @property
    def acceptable(self) -> bool:
        """May the answer become the recorded one? Not with an error, ignored or not."""
        return not self.errors and all(RULES[item.rule].severity != "error" for item, _ in self.ignored)

    @property
    def completed(self) -> bool:
        """Does the invocation complete, as the host sees it?"""
        return self.outcome.status == "completed"

    @property
    def caller(self) -> CallerReply:
        """What the client of an HTTP function receives. Raises AssertionError where nobody receives anything."""
        __tracebackhide__ = True
        if self.outcome.caller is None:
            raise AssertionError(f"no client receives anything: {self!r}")
        return self.outcome.caller

    @property
    def json(self) -> Any:
        """The body that the client receives, or the result of the function, as JSON. Raises AssertionError if it is
        none.
        """
        __tracebackhide__ = True
        body = self.outcome.result if self.outcome.caller is None else self.outcome.caller.body
        try:
            return json.loads(body or b"")
        except (ValueError, RecursionError) as error:
            raise AssertionError(f"the answer is no JSON: {error}; it is {body!r:.200}") from error

    def output(self, binding: str) -> tuple[bytes, ...]:
        """What an output binding writes, one entry for each message; nothing where it writes nothing."""
        return tuple(payload for item in self.outcome.outputs if item.binding == binding for payload in item.payloads)

    def __str__(self) -> str:
        """Request, answer, logs, the host's view, the rules broken."""
        return "\n".join(exchange_lines(self))

    def __repr__(self) -> str:
        """One line, as pytest shows it beside an assertion."""
        broken = ", ".join(item.rule for item in self.violations) or "no rule broken"
        return f"<{self.function.name} ({self.function.trigger}): {self.outcome.status}, {broken}>"


class Judging:
    """Judges for one app. ``checks`` names the own checks that are wanted, by function; ``ignored`` are entries of the
    configuration.
    """

    def __init__(self, checks: Mapping[str, tuple[str, ...]], ignored: Sequence[Ignored]) -> None:
        self._checks = checks
        self._ignoring = Ignoring(ignored)

    def judged(self, app: App, exchange: Exchange) -> Judged:
        """The exchange with what is said of it."""
        counted, aside = self.parted(exchange, violations_of(app, exchange, self._checks))
        values = {item.name: getattr(exchange, item.name) for item in fields(Exchange)}
        values["verdict"] = replace(exchange.verdict, violations=counted)
        return Judged(**values, ignored=aside)

    def parted(self, exchange: Exchange, violations: Iterable[Violation]) -> tuple[tuple[Violation, ...], Aside]:
        """What counts of an exchange's violations, and what is ignored."""
        return self._parted((item, identify(exchange, item)) for item in violations)

    def of_start(self, violations: Iterable[Violation]) -> tuple[tuple[Violation, ...], Aside]:
        """What counts of a start, and what is ignored."""
        return self._parted((item, Identity(item.rule, "", "", item.place)) for item in violations)

    def entry(self, identity: Identity) -> Ignored | None:
        """The entry of the configuration that ignores this finding, None if it counts."""
        return self._ignoring.entry(identity)

    def _parted(self, found: Iterable[tuple[Violation, Identity]]) -> tuple[tuple[Violation, ...], Aside]:
        entries = [(violation, self._ignoring.entry(identity)) for violation, identity in found]
        counted = tuple(violation for violation, entry in entries if entry is None)
        return counted, tuple((violation, entry) for violation, entry in entries if entry is not None)
