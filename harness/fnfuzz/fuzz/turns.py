"""Taking turns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import TypeVar

__all__ = ["in_turn"]

T = TypeVar("T")


def in_turn(rows: Iterable[Iterable[T]]) -> Iterator[T]:
    """The first of each row, then the second of each, and so on, made as they are asked for; None is left out."""
    return (item for column in zip_longest(*rows) for item in column if item is not None)
