"""One JSON array of everything that the records hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from fnfuzz.corpus.exporting.model import Item, LeaveOut
from fnfuzz.corpus.plain import record_data

__all__ = ["as_json"]


def as_json(items: Iterable[Item], leave_out: LeaveOut) -> Iterator[str]:
    """An object for each record, laid out."""
    before = "[\n"
    for name, record in items:
        yield before + json.dumps(record_data(name, record), indent=2)
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"
