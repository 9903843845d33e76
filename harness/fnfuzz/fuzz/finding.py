"""A finding: all violations with one identity, with the smallest case that shows it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fnfuzz.events import Event
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.host.exchange import Exchange
from fnfuzz.rules import RULES, Severity

__all__ = ["Confirmed", "Finding", "Identity"]

Confirmed: TypeAlias = Literal["always", "sequence", "unstable", "suspected", "files", "start", "probe"]
"""How sure it is. always: again in a fresh instance. sequence: only after the events before it. unstable: seen, but not
again. suspected: seen, and not tried again yet.
files: read from the app's files. start: shown by the start. probe: shown by an experiment of fnfuzz."""


@dataclass(frozen=True, slots=True, order=True)
class Identity:
    """Rule, function, trigger and where it shows; never any payload."""

    rule: str
    function: str
    trigger: str
    place: str

    @property
    def id(self) -> str:
        """Eight hex digits, the same in every run."""
        text = "\x1f".join((self.rule, self.function, self.trigger, self.place))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``minimal`` is the shrunk event, or the shortest known sequence with the failing event last; empty when no event
    is needed.

    ``original`` is the event that first showed it. ``exchange`` is the evidence for ``minimal``, None for files and
    start.
    ``trace`` holds the last lines of the handler's stderr or stdout that go with it. ``count`` is how often it was
    seen, ``first_case`` the number of the first case (0 for anything before the first case).
    """

    identity: Identity
    message: str
    count: int = 1
    first_case: int = 0
    first_seconds: float = 0.0
    """How long the run had lasted when it was seen first."""

    minimal: tuple[Event, ...] = ()
    functions: tuple[str, ...] = ()
    """For a sequence, the name of the function that gets each event of ``minimal``."""

    original: Event | None = None
    exchange: Exchange | None = None
    trace: tuple[str, ...] = ()
    confirmed: Confirmed = "always"
    notes: tuple[str, ...] = ()
    explanation: tuple[Part, ...] = ()
    """What matters in the last event of ``minimal``; empty where that was not tried."""

    passing: Event | None = None
    """The event most like the last one of ``minimal`` that does not show it; None where none was tried."""

    path: tuple[Event, ...] = ()
    """Some of the ever smaller events on the way from the first that was shrunk to the smallest, in this order; empty
    for a sequence.
    """

    cut_short: bool = False
    """Did the search for a smaller case end by its budget, so that there may be one?"""

    regressed: str = ""
    """When it was found to be fixed, as ISO 8601 text, if it was and has come back."""

    @property
    def id(self) -> str:
        """The identity's short form."""
        return self.identity.id

    @property
    def severity(self) -> Severity:
        """The rule's severity."""
        return RULES[self.identity.rule].severity
