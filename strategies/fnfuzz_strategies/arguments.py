"""Checks of arguments on entry; each message names the argument and its value."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from hypothesis.strategies import SearchStrategy

__all__ = ["check_choice", "check_choices", "check_count", "check_strategy", "check_text"]


def check_count(name: str, value: object, *, low: int, high: int) -> int:
    """``value`` when it is a whole number from ``low`` to ``high``; raises ValueError otherwise."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ValueError(f"{name}: {value!r} is not a whole number from {low} to {high}")
    return value


def check_text(name: str, value: object) -> str:
    """``value`` when it is text; raises ValueError otherwise."""
    if not isinstance(value, str):
        raise ValueError(f"{name}: {value!r} is not text")
    return value


def check_choice(name: str, value: object, choices: Collection[str]) -> str:
    """``value`` when it is one of ``choices``; raises ValueError otherwise."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"{name}: {value!r} is none of {', '.join(choices)}")
    return value


def check_choices(name: str, values: object, choices: Collection[str]) -> tuple[str, ...]:
    """``values`` as a tuple when it is a non-empty collection of ``choices``; raises ValueError otherwise."""
    if isinstance(values, str) or not isinstance(values, Collection) or not values:
        raise ValueError(f"{name}: {values!r} is not a non-empty list; choose from {', '.join(choices)}")
    return tuple(check_choice(name, value, choices) for value in values)


def check_strategy(name: str, value: object) -> SearchStrategy[Any]:
    """``value`` when it is a Hypothesis strategy; raises ValueError otherwise."""
    if not isinstance(value, SearchStrategy):
        raise ValueError(f"{name}: {value!r} is not a Hypothesis strategy")
    return value
