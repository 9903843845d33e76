"""Examples outside of a test: the same seed draws the same values."""

from __future__ import annotations

from typing import TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis.strategies import SearchStrategy

from fnfuzz_strategies.arguments import check_count, check_strategy

__all__ = ["draw_many"]

T = TypeVar("T")


def draw_many(strategy: SearchStrategy[T], count: int, seed: int) -> list[T]:
    """At most ``count`` examples of ``strategy``, the first of them a simple one; fewer only if it has no more.

    A function of the seed, for one version of Hypothesis and one set of loaded modules (Hypothesis also tries
    constants that it finds in the user's own modules). Prints nothing, keeps nothing on disk.
    """
    check_strategy("strategy", strategy)
    if check_count("count", count, low=0, high=1_000_000) == 0:
        return []
    drawn: list[T] = []

    @hypothesis.seed(seed)
    @settings(
        database=None,
        deadline=None,
        derandomize=False,
        max_examples=count,
        phases=[Phase.generate],
        print_blob=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(strategy)
    def collect(value: T) -> None:
        drawn.append(value)

    collect()
    return drawn[:count]
