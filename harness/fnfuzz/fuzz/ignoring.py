"""Findings that the user does not want to hear of, by rule, function and place, each with a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from fnfuzz.app.model import Function
from fnfuzz.fuzz.finding import Identity
from fnfuzz.rules import RULES

__all__ = ["Ignored", "IgnoredFinding", "Ignoring"]

MOST_TOLD = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Findings of ``rule``, of one ``function`` or with an empty name of all and of the app itself, whose place fits
    the pattern ``place`` (``*`` and ``?`` as in names of files) if there is one. ``origin`` says where that was asked
    for.
    """

    rule: str
    reason: str
    function: str = ""
    place: str = ""
    origin: str = ""

    def fits(self, identity: Identity) -> bool:
        """Is this finding meant?"""
        return (
            identity.rule == self.rule
            and self.function in ("", identity.function)
            and (not self.place or fnmatchcase(identity.place, self.place))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IgnoredFinding:
    """A finding that was ignored, how often it was seen, and why it is ignored."""

    identity: Identity
    reason: str
    count: int


class Ignoring:
    """All that is ignored in one run."""

    def __init__(self, entries: Sequence[Ignored] = ()) -> None:
        self.entries = tuple(entries)
        self._rules = frozenset(entry.rule for entry in entries)

    def entry(self, identity: Identity) -> Ignored | None:
        """The first entry that the finding fits, None if it is to be told."""
        if identity.rule not in self._rules:
            return None
        return next((entry for entry in self.entries if entry.fits(identity)), None)

    def findings(self, counts: Mapping[Identity, int]) -> tuple[IgnoredFinding, ...]:
        """What was ignored of all that was counted, by identity."""
        found = ((identity, self.entry(identity)) for identity in sorted(counts) if identity.rule in self._rules)
        told = [
            IgnoredFinding(identity=identity, reason=entry.reason, count=counts[identity])
            for identity, entry in found
            if entry is not None
        ]
        return tuple(told[:MOST_TOLD])

    def idle(
        self, counts: Mapping[Identity, int], driven: Sequence[Function], *, hostile: bool = False
    ) -> Iterator[str]:
        """A line for each entry that nothing was ignored by, though a function was driven that its rule is of."""
        for entry in self.entries:
            rule = RULES.get(entry.rule)
            if rule is None or rule.undecided or (entry.rule.startswith("hostile-") and not hostile):
                continue
            near = [item for item in driven if entry.function in ("", item.name) and item.contract in rule.contracts]
            if near and not any(entry.fits(identity) for identity in counts):
                where = f" in {entry.function}" if entry.function else ""
                place = f" at {entry.place}" if entry.place else ""
                yield (
                    f"{entry.origin or 'ignore'}: {entry.rule}{where}{place} is ignored, but nothing broke it in this "
                    "run; take the entry out if it is mended"
                )
