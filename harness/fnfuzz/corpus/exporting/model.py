"""What every exporter has in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from fnfuzz.corpus.model import Record

__all__ = ["Exporter", "Item", "LeaveOut"]

Item: TypeAlias = tuple[str, Record]
"""A record with its id."""

LeaveOut: TypeAlias = Callable[[str, str], None]
"""Is told the id of a record that the format cannot hold, and why."""

Exporter: TypeAlias = Callable[[Iterable[Item], LeaveOut], Iterator[str]]
"""Gives the text of the file in pieces: printable, UTF-8."""
