"""The values of a JSON file, however they stand in it: one a line, in an array, in an array that a member holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from fnfuzz.corpus.importing.json_stream import json_lines, json_values
from fnfuzz.corpus.importing.model import Placed
from fnfuzz.corpus.importing.sample import HEAD, Sample, look
from fnfuzz.corpus.importing.source import opened

__all__ = ["WRAPPERS", "documents", "sample_of"]

WRAPPERS = ("value", "messages", "Messages", "items", "data")
"""Members in which exports hold their list."""


def sample_of(path: Path) -> Sample:
    """A first look at the file or folder. Raises ImportRefused for one that cannot be read."""
    if path.is_dir():
        return look(path)
    with opened(path) as file:
        return look(path, file.read(HEAD))


def documents(path: Path, *within: str) -> Iterator[Placed]:
    """Every value: by line where the file has one a line, so that a bad line costs only itself."""
    if not within and sample_of(path).kind == "lines":
        return json_lines(path)
    return json_values(path, *within)
