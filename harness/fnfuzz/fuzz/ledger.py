"""The findings of a run: one for each identity, with its count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from fnfuzz.fuzz.finding import Confirmed, Finding, Identity
from fnfuzz.fuzz.ignoring import Ignored, Ignoring
from fnfuzz.fuzz.shrinking.shrink import size
from fnfuzz.fuzz.triage import is_traced
from fnfuzz.rules import RULES

__all__ = ["Ledger", "better"]

MAX_PLACES = 20
"""In so many places a rule is told for one function; a place that is made of payload after all does no more harm."""


class Ledger:
    """Findings by identity. ``elsewhere`` are identities that somebody else examines: they are counted and no more, and
    so is what is ``ignored``.
    """

    def __init__(self, elsewhere: Iterable[Identity] = (), ignored: Sequence[Ignored] = ()) -> None:
        self.findings: dict[Identity, Finding] = {}
        self.counts: Counter[Identity] = Counter()
        """How often each identity was seen, those of ``elsewhere`` and ignored ones included."""

        self.ignoring = Ignoring(ignored)
        self._elsewhere = frozenset(elsewhere)
        self._faults: dict[tuple[str, str], Identity] = {}
        self._places: Counter[tuple[str, str]] = Counter()
        for identity in sorted(self._elsewhere):
            self._same_fault(identity)

    def __len__(self) -> int:
        return len(self.findings)

    def is_new(self, identity: Identity) -> Identity | None:
        """Count one more sighting; the identity to keep it under if it is the first one, else None."""
        if self.ignoring.entry(identity) is not None:
            self.counts[identity] += 1
            return None
        identity = self._same_fault(identity)
        self.counts[identity] += 1
        if identity in self.findings or identity in self._elsewhere:
            return None
        place = identity.rule, identity.function
        self._places[place] += 1
        return identity if self._places[place] <= MAX_PLACES else None

    def keep(self, finding: Finding) -> Finding:
        """Keep a finding under its identity, in place of what was known of it."""
        self._same_fault(finding.identity)
        self.findings[finding.identity] = finding
        return finding

    def knows_rule(self, *prefixes: str) -> bool:
        """Is there a finding whose rule begins so?"""
        return any(identity.rule.startswith(prefixes) for identity in self.findings)

    def counted(self) -> tuple[Finding, ...]:
        """All findings with their final counts: errors first, then by identity."""
        counted = (replace(item, count=max(1, self.counts[item.identity])) for item in self.findings.values())
        return tuple(sorted(counted, key=_importance))

    def _same_fault(self, identity: Identity) -> Identity:
        """Rules that only say that the handler failed share one identity when the same exception at the same place is
        behind them.
        """
        if not is_traced(identity.rule) or not identity.place:
            return identity
        return self._faults.setdefault((identity.function, identity.place), identity)


_SURE: tuple[Confirmed, ...] = ("always", "sequence", "unstable", "suspected")
"""How sure a finding is that needs an event, best first."""


def better(one: Finding | None, other: Finding) -> Finding:
    """Of two findings with one identity the surer one, then the one with the smaller case, then the first."""
    return other if one is None or _rank(other) < _rank(one) else one


def _rank(finding: Finding) -> tuple[int, int, list[tuple[int, int, str]], bool]:
    sure = _SURE.index(finding.confirmed) if finding.confirmed in _SURE else 0
    return sure, len(finding.minimal), [size(event) for event in reversed(finding.minimal)], finding.cut_short


def _importance(finding: Finding) -> tuple[bool, Identity]:
    return (RULES[finding.identity.rule].severity != "error", finding.identity)
