"""Reading everything there is of a corpus: to tell what is damaged, and which large bodies are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.format.bodies import Bodies
from fnfuzz.corpus.format.packing import BodyRef, unpacked
from fnfuzz.corpus.format.rows import RowError, record_of
from fnfuzz.corpus.format.segment import PackedRow, Segment

__all__ = ["needed_bodies", "read_all"]


def read_all(segment: Segment, bodies: Bodies) -> Iterator[bytes]:
    """Read a whole segment and the large bodies it needs, and tell what is damaged. The exchange row of each record."""
    checked: set[BodyRef] = set()
    with segment.reader() as (read, size):
        for frame in segment.frames(read, size):
            for number, row in enumerate(segment.read_rows(read, frame)):
                try:
                    wanted = _needed(row)
                except RowError as error:
                    segment.tell(frame.start, f"record {number + 1} of this frame: {error}")
                else:
                    for reference in set(wanted) - checked:
                        _check(bodies, reference, segment)
                    checked.update(wanted)
                yield row.exchange


def needed_bodies(segments: Iterable[Segment]) -> set[bytes]:
    """Hashes of the large bodies that records need.

    Raises CorpusError when a record cannot be read: what it needs is not known then.
    """
    needed: set[bytes] = set()
    for segment in segments:
        with segment.reader() as (read, size):
            for frame in segment.frames(read, size):
                for row in segment.rows(read, frame):
                    try:
                        needed.update(reference.digest for reference in _needed(row))
                    except RowError as error:
                        raise CorpusError(
                            f"a record of this frame cannot be read: {error}", segment.path, frame.start
                        ) from error
    return needed


def _needed(row: PackedRow) -> list[BodyRef]:
    """Raises RowError for what is no record."""
    wanted: list[BodyRef] = []

    def note(value: Any) -> bytes:
        if type(value) is not BodyRef:
            raise RowError(f"expected bytes, not {type(value).__name__}")
        wanted.append(value)
        return b""

    record_of(unpacked(row.exchange), unpacked(row.circumstances), note)
    return wanted


def _check(bodies: Bodies, reference: BodyRef, segment: Segment) -> None:
    damage = bodies.damage(reference)
    if damage is not None:
        segment.told(damage)
