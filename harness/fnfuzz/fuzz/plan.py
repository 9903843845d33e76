"""What a run is asked to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["ALL_PHASES", "Phase", "Plan"]

Phase: TypeAlias = Literal["probes", "boundaries", "explore", "slow-probes"]
ALL_PHASES: frozenset[Phase] = frozenset(("probes", "boundaries", "explore", "slow-probes"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``max_time`` in seconds for the whole run and ``max_cases`` for all functions together, None for no limit.

    ``functions`` names the functions to drive, all when empty. ``patience`` and ``start_patience`` as in Host.
    """

    seed: int = 0
    max_time: float | None = 30.0
    max_cases: int | None = None
    functions: tuple[str, ...] = ()
    phases: frozenset[Phase] = ALL_PHASES
    patience: float = 5.0
    start_patience: float = 30.0
