"""One segment file by itself, away from its corpus: what ``git diff`` hands to its text converter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from fnfuzz.corpus.errors import Damage
from fnfuzz.corpus.format.packing import BodyRef, exchange_id
from fnfuzz.corpus.format.rows import RowError
from fnfuzz.corpus.format.segment import Segment, decoded
from fnfuzz.corpus.model import Record

__all__ = ["SegmentFile"]

_ELSEWHERE: Final = "(a body of {:,} bytes in bodies/{}/{})"


class SegmentFile:
    """A segment file under any name. Large bodies are not in it: a line that names their file stands for them."""

    def __init__(self, path: Path) -> None:
        self.damage: list[Damage] = []
        self._segment = Segment(path, self.damage.append)

    def items(self) -> Iterator[tuple[str, Record]]:
        """Id and record of all that can be read, in the order of the file. Raises CorpusError for no plain file."""
        with self._segment.reader() as (read, size):
            for frame in self._segment.frames(read, size):
                for number, row in enumerate(self._segment.read_rows(read, frame)):
                    try:
                        record = decoded(row, _named)
                    except RowError as error:
                        self._segment.tell(frame.start, f"record {number + 1} of this frame: {error}")
                    else:
                        yield exchange_id(row.exchange).hex(), record


def _named(value: Any) -> bytes:
    if type(value) is not BodyRef:
        raise RowError(f"expected bytes, not {type(value).__name__}")
    name = value.digest.hex()
    return _ELSEWHERE.format(value.length, name[:2], name[2:]).encode()
