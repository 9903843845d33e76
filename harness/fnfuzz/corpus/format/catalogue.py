"""The indexes of a corpus: read where they are kept, made where they are not, and compared with the data."""

from __future__ import annotations

import contextlib
from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.files import listed
from fnfuzz.corpus.format.bodies import Bodies
from fnfuzz.corpus.format.index import KEY_BYTES, Entries, Index, IndexDamaged
from fnfuzz.corpus.format.indexing import fits, kept_index, made_index, write_index
from fnfuzz.corpus.format.kinds import Kinds, kinds_of
from fnfuzz.corpus.format.packing import exchange_id
from fnfuzz.corpus.format.segment import Segment

__all__ = ["Catalogue", "Indexed"]


@dataclass(frozen=True, slots=True)
class Indexed:
    """A segment with its index. ``times`` is empty when the index was not ``checked`` against the segment."""

    segment: Segment
    size: int
    index: Index
    times: array[int]
    checked: bool


class Catalogue:
    """Indexes in ``folder``, by the name of their segment."""

    def __init__(self, folder: Path, bodies: Bodies) -> None:
        self._folder = folder
        self._bodies = bodies
        self._known: dict[str, Indexed] = {}

    def indexed(self, segments: Iterable[Segment], *, checked: bool) -> list[Indexed]:
        """Each segment with the index of all of it; ``checked`` ones were compared with the segment's frames."""
        return [self._indexed(segment, checked=checked) for segment in segments]

    def anew(self, segments: Iterable[Segment]) -> list[Indexed]:
        """As ``indexed``, from the data alone."""
        self.forget()
        return [self._made(segment, None) for segment in segments]

    def kinds(self, indexed: Indexed) -> Kinds:
        """The kinds of a segment's records."""
        return kinds_of(self._folder, indexed.segment, indexed.index, self._bodies)

    def keep(self, name: str, entries: Entries) -> None:
        """Keep the index that a writer has made. Without one everything works, and the next reader makes it."""
        with contextlib.suppress(OSError, CorpusError):
            write_index(self._folder, name, entries.to_bytes())

    def compare(self, segment: Segment, exchanges: Iterable[bytes]) -> None:
        """Make the index of a segment again if it does not hold exactly these records."""
        keys = array("Q", sorted(int.from_bytes(exchange_id(row)[:KEY_BYTES], "big") for row in exchanges))
        with contextlib.suppress(IndexDamaged):
            index = kept_index(self._folder, segment)
            if index.sorted_keys() == keys and fits(index, segment):
                return
        with contextlib.suppress(OSError, CorpusError):
            listed(self._folder)
            (self._folder / f"{segment.name}.kinds").unlink(missing_ok=True)
        self._made(segment, None)

    def forget(self) -> None:
        """Believe nothing of what was seen before."""
        self._known.clear()

    def _indexed(self, segment: Segment, *, checked: bool) -> Indexed:
        name, size = segment.name, _size(segment)
        known = self._known.get(name)
        if known is None or known.size != size or (checked and not known.checked):
            known = self._known[name] = self._read(segment, size, checked=checked)
        return known

    def _read(self, segment: Segment, size: int, *, checked: bool) -> Indexed:
        try:
            index = kept_index(self._folder, segment)
            if index.covered > size or (checked and not fits(index, segment)):
                return self._made(segment, None)
            times = index.times() if checked else array("q")
        except IndexDamaged:
            return self._made(segment, None)
        if index.covered < size:
            return self._made(segment, index, checked=checked)
        for offset, message in index.damage:
            segment.tell(offset, message)
        return Indexed(segment, size, index, times, checked)

    def _made(self, segment: Segment, before: Index | None, *, checked: bool = True) -> Indexed:
        size = _size(segment)
        index = made_index(self._folder, segment, before)
        try:
            times = index.times()
        except IndexDamaged:
            index = made_index(self._folder, segment, None)
            times = index.times()
        for offset, message in index.damage:
            segment.tell(offset, message)
        return Indexed(segment, size, index, times, checked)


def _size(segment: Segment) -> int:
    with segment.reader() as (_, size):
        return size
