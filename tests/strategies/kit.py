"""A small vocabulary for tests of strategies: ``minimal``, ``find_any``, ``assert_all_examples``."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TypeVar

from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

_QUIET = settings(database=None, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def minimal(strategy: SearchStrategy[T], condition: Callable[[T], bool] = lambda value: True) -> T:
    """The smallest example of ``strategy`` that meets ``condition``."""
    return find(strategy, condition, settings=settings(_QUIET, max_examples=3000))


def find_any(strategy: SearchStrategy[T], condition: Callable[[T], bool]) -> T:
    """Some example of ``strategy`` that meets ``condition``, unshrunk; fails if none comes up."""
    quick = settings(_QUIET, max_examples=6000, phases=[Phase.generate])
    return find(strategy, condition, settings=quick, random=Random(1))


def assert_all_examples(strategy: SearchStrategy[T], predicate: Callable[[T], bool], *, count: int = 120) -> None:
    """Fails if an example of ``strategy`` does not meet ``predicate``."""

    @settings(_QUIET, max_examples=count, phases=[Phase.generate, Phase.shrink])
    @given(strategy)
    def holds(value: T) -> None:
        assert predicate(value), f"{predicate!r} does not hold for {value!r}"

    holds()
