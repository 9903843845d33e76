"""One JSON object a line, with everything that a record holds."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from fnfuzz.corpus.exporting.model import Item, LeaveOut
from fnfuzz.corpus.plain import record_data

__all__ = ["as_ndjson"]


def as_ndjson(items: Iterable[Item], leave_out: LeaveOut) -> Iterator[str]:
    """A line for each record."""
    for name, record in items:
        yield json.dumps(record_data(name, record)) + "\n"
