"""What can be wrong with a corpus: an error that stops, and damage that is told and stepped over."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["AmbiguousId", "CorpusError", "Damage", "UnknownId"]


class CorpusError(Exception):
    """A corpus that cannot be used as asked. The text names the file, the offset in bytes where there is one, and what
    to do. ``lost`` is how many records were given up because of it (a writer that could not write).
    """

    def __init__(
        self, message: str, file: Path | str | None = None, offset: int | None = None, *, lost: int = 0
    ) -> None:
        place = "" if file is None else f"{file}: " if offset is None else f"{file}, byte {offset}: "
        super().__init__(f"{place}{message}")
        self.message = message
        self.file = file
        self.offset = offset
        self.lost = lost


class UnknownId(CorpusError):
    """No record has this id."""


class AmbiguousId(CorpusError):
    """Several records have ids that begin so."""


@dataclass(frozen=True, slots=True, order=True)
class Damage:
    """A part of a corpus that cannot be read: ``file`` is relative to the corpus, ``offset`` counts bytes in it."""

    file: str
    offset: int
    message: str

    def __str__(self) -> str:
        return f"{self.file}, byte {self.offset}: {self.message}"
