"""Corpora in other formats. An exporter is a generator of text, so that a corpus of any size goes through."""

from __future__ import annotations

from collections.abc import Mapping

from fnfuzz.corpus.exporting.curl import as_curl
from fnfuzz.corpus.exporting.har import as_har
from fnfuzz.corpus.exporting.json_array import as_json
from fnfuzz.corpus.exporting.model import Exporter, Item, LeaveOut
from fnfuzz.corpus.exporting.ndjson import as_ndjson
from fnfuzz.corpus.exporting.pytest_file import as_pytest

__all__ = ["EXPORTERS", "Exporter", "Item", "LeaveOut"]

EXPORTERS: Mapping[str, Exporter] = {
    "json": as_json,
    "ndjson": as_ndjson,
    "har": as_har,
    "curl": as_curl,
    "pytest": as_pytest,
}
