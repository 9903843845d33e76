"""Foreign files as records: archives, exports, sample events, plain payloads."""

from __future__ import annotations

from fnfuzz.corpus.importing.model import ImportRefused, Options, Tally
from fnfuzz.corpus.importing.registry import FORMATS, Detected, detect, read_records

__all__ = ["FORMATS", "Detected", "ImportRefused", "Options", "Tally", "detect", "read_records"]
