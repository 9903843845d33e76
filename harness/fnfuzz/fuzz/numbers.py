"""Numbers among values of every type."""

from __future__ import annotations

from typing import TypeGuard

__all__ = ["is_number"]


def is_number(value: object) -> TypeGuard[int | float]:
    """Is it a number, no truth value?"""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
