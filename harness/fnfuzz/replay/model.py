"""How a replay is asked for, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from fnfuzz.contracts.model import Violation
from fnfuzz.replay.groups import Group
from fnfuzz.replay.masks import Dependence, Mask
from fnfuzz.replay.pacing import Lateness
from fnfuzz.rules import RULES

__all__ = ["Accepted", "Broken", "Ended", "Plan", "Result"]

Ended: TypeAlias = Literal["done", "interrupted", "out of time"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``filters`` are those of ``Corpus.items``. ``speed`` None is as fast as the handler goes. ``learn``: always,
    never, or when there are differences and nothing was learnt before. Times in seconds.
    """

    filters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    speed: float | None = None
    connections: int = 1
    loop: bool = False
    max_time: float | None = None
    patience: float = 5.0
    start_patience: float = 30.0
    learn: Literal["always", "needed", "never"] = "needed"
    learn_time: float = 60.0
    keep_noise: bool = True
    seed: int = 0
    limits: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Patience by function, where it differs."""

    checks: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    """The own checks that are wanted, by function; all where a function is not named."""

    def until(self) -> float:
        """When a replay that begins now is to end, of the monotonic clock."""
        return time.monotonic() + (self.max_time or float("inf"))


@dataclass(slots=True)
class Broken:
    """A rule that was broken: how often at one place, and the first record that shows it."""

    violation: Violation
    function: str
    record: str
    count: int = 0

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""
        return RULES[self.violation.rule].severity


@dataclass(frozen=True, slots=True)
class Accepted:
    """How many records have the new answer now, and how many were left because something else differs in them too."""

    changed: int
    left: int
    groups: tuple[str, ...]


@dataclass(slots=True, kw_only=True)
class Result:
    """What came of a replay. ``compared`` counts answers, ``same`` those without a difference but noise."""

    corpus: str
    read_only: bool = False
    """May nothing be accepted into the corpus?"""

    against: str = ""
    replayed: int = 0
    compared: int = 0
    same: int = 0
    unanswered: int = 0
    """Records without an answer to compare with; the rules judged them all the same."""

    by_outcome: int = 0
    """Answers that were compared as the caller sees them, since they were recorded on another contract."""

    skipped: dict[str, int] = field(default_factory=dict)
    """Records that could not be replayed, by reason."""

    groups: tuple[Group, ...] = ()
    beyond: int = 0
    broken: tuple[Broken, ...] = ()
    ignored: tuple[tuple[Broken, str], ...] = ()
    """Broken rules that are ignored, each with the reason; in ``broken`` no more."""

    masks: tuple[Mask, ...] = ()
    unused: tuple[Mask, ...] = ()
    """Masks of functions that were compared, which no difference needed."""

    masked: int = 0
    """Differences that were noise."""

    dependences: tuple[Dependence, ...] = ()
    learnt: bool = False
    """Was the noise learnt in this replay?"""

    noise_file: str = ""
    lateness: Lateness | None = None
    deliveries: Mapping[str, int] = field(default_factory=dict)
    rounds: int = 0
    seconds: float = 0.0
    ended: Ended = "done"
    accepted: Accepted | None = None

    @property
    def open_groups(self) -> tuple[Group, ...]:
        """The differences that are not accepted."""
        done = self.accepted.groups if self.accepted is not None else ()
        return tuple(group for group in self.groups if group.id not in done)

    @property
    def errors(self) -> tuple[Broken, ...]:
        """Broken rules that are errors."""
        return tuple(item for item in self.broken if item.severity == "error")

    @property
    def failed(self) -> bool:
        """Is there an unaccepted difference or an error?"""
        return bool(self.open_groups or self.beyond or self.errors)
