"""What a run is asked to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from fnfuzz.events import Event, Pairs
from fnfuzz.fuzz.finding import Confirmed, Identity
from fnfuzz.fuzz.ignoring import Ignored
from fnfuzz.fuzz.shrinking.explain import Part

__all__ = ["ALL_PHASES", "KnownCase", "Phase", "Plan", "Recorded"]

Phase: TypeAlias = Literal["known", "probes", "boundaries", "explore", "sequences", "slow-probes"]
Recorded: TypeAlias = tuple[str, Event]
"""An event, and the name of the function that got it when it was recorded."""

ALL_PHASES: frozenset[Phase] = frozenset(("known", "probes", "boundaries", "explore", "sequences", "slow-probes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownCase:
    """A finding of an earlier run: its smallest event or sequence, and the function of each event of it.

    ``before`` is what the instance may have got earlier, each event with the name of its function; only where the
    finding never came again.
    """

    identity: Identity
    events: tuple[Event, ...]
    functions: tuple[str, ...]
    original: Event | None = None
    before: tuple[tuple[str, Event], ...] = ()
    confirmed: Confirmed = "always"
    explanation: tuple[Part, ...] = ()
    passing: Event | None = None
    cut_short: bool = False
    regressed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``max_time`` in seconds for the whole run and ``max_cases`` for all functions together, None for no limit.

    ``functions`` names the functions to drive, all when empty. ``patience`` and ``start_patience`` as in Host. ``jobs``
    is the number of instances that are driven at the same time.
    """

    seed: int = 0
    max_time: float | None = 30.0
    max_cases: int | None = None
    functions: tuple[str, ...] = ()
    phases: frozenset[Phase] = ALL_PHASES
    patience: float = 5.0
    start_patience: float = 30.0
    jobs: int = 1
    known: tuple[KnownCase, ...] = ()
    """What earlier runs found, to be tried first, in this order."""

    fixed: Mapping[str, str] = field(default_factory=dict)
    """The ids of findings that were found to be fixed, and when, as ISO 8601 text."""

    recorded: tuple[Recorded, ...] = ()
    """Events to begin with."""

    hostile: bool = False
    """Also send what no host sends."""

    ignored: tuple[Ignored, ...] = ()
    """Findings that are counted and no more."""

    limits: Mapping[str, float] = field(default_factory=dict)
    """Seconds of patience by function, where they differ from ``patience``."""

    headers: Mapping[str, Pairs] = field(default_factory=dict)
    """Headers of HTTP events that do not have them, as in Host."""

    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The own checks and probes that are wanted, by function; all where a function is not named."""
