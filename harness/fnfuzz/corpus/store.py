"""A corpus: a folder of recorded exchanges."""

from __future__ import annotations

import contextlib
import re
from array import array
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from fnfuzz.corpus.errors import AmbiguousId, CorpusError, Damage, UnknownId
from fnfuzz.corpus.files import made_folder
from fnfuzz.corpus.filters import Filter
from fnfuzz.corpus.format.bodies import Bodies
from fnfuzz.corpus.format.catalogue import Catalogue, Indexed
from fnfuzz.corpus.format.index import Entries, IndexDamaged
from fnfuzz.corpus.format.kinds import Kinds
from fnfuzz.corpus.format.packing import exchange_id
from fnfuzz.corpus.format.rows import RowError
from fnfuzz.corpus.format.segment import HIDDEN, PackedRow, Segment, decoded, loader
from fnfuzz.corpus.locks import locked
from fnfuzz.corpus.mark import MARK, check_mark, is_read_only, make_mark
from fnfuzz.corpus.model import Record
from fnfuzz.corpus.ordering import in_order
from fnfuzz.corpus.reading import FrameCache
from fnfuzz.corpus.switching import Switch
from fnfuzz.corpus.verifying import needed_bodies, read_all
from fnfuzz.corpus.writer import Writer

__all__ = ["Corpus"]

_ID: Final = re.compile(r"[0-9a-f]{1,32}")


class Corpus:
    """A corpus that is open. It holds no file open; what others write meanwhile is seen by the next call.

    What is damaged is stepped over and told in ``damage``. Methods raise CorpusError for a file that may not be read,
    and when the corpus was rewritten by somebody else while they read.
    """

    def __init__(self, path: Path) -> None:
        """Use ``open`` or ``create``."""
        self.path = path
        self.bodies = Bodies(path)
        self._damage: dict[Damage, None] = {}
        self._catalogue = Catalogue(path / "index", self.bodies)

    @classmethod
    def open(cls, path: Path | str) -> Corpus:
        """The corpus in a folder. Raises CorpusError if there is none, or a newer fnfuzz made it."""
        corpus = cls(Path(path))
        corpus._check_mark()
        return corpus

    @classmethod
    def create(cls, path: Path | str, *, exist_ok: bool = False) -> Corpus:
        """A new corpus; with ``exist_ok`` also one that is there. Raises CorpusError otherwise."""
        corpus = cls(Path(path))
        try:
            corpus.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CorpusError(f"cannot be made: {error.strerror or error}", path) from error
        if not make_mark(corpus.path) and not exist_ok:
            raise CorpusError("there is a corpus already; give another folder, or open this one", path)
        corpus._check_mark()
        return corpus

    @contextlib.contextmanager
    def writer(self) -> Iterator[Writer]:
        """What appends records. Several may write at once, in one process or in many."""
        self._finish_rewriting()
        with locked(self.path / MARK, alone=False):
            folder = made_folder(self.path / "segments")
            with Writer(folder, self.bodies, self._catalogue.keep) as writer:
                yield writer

    @property
    def read_only(self) -> bool:
        """Is nothing to be written to it, as to those that are shipped? Raises CorpusError."""
        return is_read_only(self.path)

    @property
    def damage(self) -> tuple[Damage, ...]:
        """What could not be read so far, by file and offset. Only ``verify`` reads everything."""
        return tuple(sorted(self._damage))

    def __len__(self) -> int:
        return sum(indexed.index.count for indexed in self._indexed())

    def __iter__(self) -> Iterator[Record]:
        """All records, in the order of recording."""
        return (record for _, record in self.items())

    def items(
        self,
        *,
        contract: str | None = None,
        function: str | None = None,
        trigger: str | None = None,
        status: str | int | None = None,
        shape: str | None = None,
        since: datetime | int | None = None,
        until: datetime | int | None = None,
    ) -> Iterator[tuple[str, Record]]:
        """Id and record of all that pass every filter that is given, in the order of recording.

        ``status`` is a status (404), a class (``4xx``), a fault (``timeout``), ``exited``, ``answered`` or
        ``unanswered``; ``shape`` may be the beginning of one. ``since`` is included, ``until`` is not; both are a time
        (without a zone: UTC) or microseconds since 1970, and leave out records whose time is not known.
        """
        chosen = Filter.of(contract, function, trigger, status, shape, since, until)
        indexed = self._indexed()
        places = [chosen.places(item.times, partial(self._catalogue.kinds, item)) for item in indexed]
        cache = FrameCache()
        load = loader(self.bodies)
        for number, place in in_order([item.times for item in indexed], places):
            item = indexed[number]
            row = cache.row(item.segment, item.index, place)
            record = self._decoded(item, place, row, load) if row is not None else None
            if row is not None and record is not None:
                yield exchange_id(row.exchange).hex(), record

    def find(self, **filters: Any) -> Iterator[Record]:
        """The records that ``items`` finds with the same filters."""
        return (record for _, record in self.items(**filters))

    def get(self, id: str) -> Record:
        """The record whose id this is or begins so; the first one of several with one id.

        Raises UnknownId, AmbiguousId, and CorpusError for a record that is damaged.
        """
        return self.item(id)[1]

    def item(self, id: str) -> tuple[str, Record]:
        """The whole id, and the record as ``get`` has it."""
        if not _ID.fullmatch(id):
            raise UnknownId(f"{id!r:.80} is no id; ids are hex digits, as `fnfuzz corpus show` prints them", self.path)
        # An index that is wrong must not hide a record: it is compared with the data before the answer is no.
        with contextlib.suppress(UnknownId, IndexDamaged):
            return self._item(id, self._catalogue.indexed(self.segments(), checked=False))
        with contextlib.suppress(IndexDamaged):
            return self._item(id, self._indexed())
        return self._item(id, self._catalogue.anew(self.segments()))

    def kinds(self) -> Iterator[tuple[Kinds, array[int]]]:
        """For each segment the kinds of its records, and their times (0 when unknown)."""
        for indexed in self._indexed():
            yield self._catalogue.kinds(indexed), indexed.times

    def segments(self) -> list[Segment]:
        """The files that hold the records, in their order."""
        return [Segment(path, self._tell) for path in Switch(self.path).segments()]

    def stored_bytes(self) -> int:
        """Bytes on disk, without indexes."""
        files = [*(segment.path for segment in self.segments()), *(path for _, path in self.bodies.files())]
        with contextlib.suppress(FileNotFoundError):
            return sum(path.lstat().st_size for path in files)
        raise CorpusError("was rewritten meanwhile; try again", self.path)

    def replace(self, write: Callable[[Writer], None]) -> None:
        """Let ``write`` write everything anew, then put that in the place of what is there, at one stroke.

        Nobody may write to the corpus meanwhile. If anything is raised, everything is as before. Large bodies that no
        record needs any more are removed. Raises CorpusError.
        """
        with locked(self.path / MARK, alone=True):
            switch = Switch(self.path)
            switch.finish(self._remove_bodies)
            folder = made_folder(self.path / "segments")
            old = [segment.name for segment in self.segments()]
            added: dict[str, Entries] = {}
            try:
                with Writer(folder, self.bodies, added.__setitem__, suffix=HIDDEN) as writer:
                    write(writer)
                switch.commit(old, list(added))
            finally:
                switch.finish(self._remove_bodies)
            self._damage.clear()
            self._catalogue.forget()
            for name, entries in added.items():
                self._catalogue.keep(name, entries)

    def verify(self, *, each: Callable[[], None] | None = None) -> tuple[Damage, ...]:
        """Read every byte, and tell all damage, also of large bodies. Indexes that are wrong are made again.

        ``each`` is called for every record.
        """
        self._damage.clear()
        self._catalogue.forget()
        self._check_mark()
        for segment in self.segments():
            self._catalogue.compare(segment, _told(read_all(segment, self.bodies), each))
        return self.damage

    def _item(self, id: str, segments: list[Indexed]) -> tuple[str, Record]:
        low, high = int(id[:16].ljust(16, "0"), 16), int(id[:16].ljust(16, "f"), 16)
        keys: set[int] = set()
        found: tuple[str, Record] | None = None
        cache = FrameCache()
        for item in segments:
            first, end = item.index.between(low, high)
            if first == end:
                continue
            (key, place), (last, _) = item.index.entry(first), item.index.entry(end - 1)
            keys |= {key, last}
            if len(keys) > 1:
                some = ", ".join(sorted(f"{key:016x}" for key in keys))
                raise AmbiguousId(f"{id} begins several ids, such as {some}; give more of it", self.path)
            found = found or self._at(id, item, place, cache, key)
        if found is None:
            raise UnknownId(f"no record has an id that begins with {id}; `fnfuzz corpus show` lists them", self.path)
        return found

    def _at(self, id: str, item: Indexed, place: int, cache: FrameCache, key: int) -> tuple[str, Record] | None:
        row = cache.row(item.segment, item.index, place)
        if row is None:
            raise IndexDamaged
        whole = exchange_id(row.exchange).hex()
        if not whole.startswith(f"{key:016x}"):
            raise IndexDamaged
        if not whole.startswith(id):
            return None
        try:
            return whole, decoded(row, loader(self.bodies))
        except RowError as error:
            raise CorpusError(
                f"{whole} cannot be read: {error}", item.segment.path, item.index.frame_of(place)[0]
            ) from error

    def _decoded(self, item: Indexed, place: int, row: PackedRow, load: Callable[[Any], bytes]) -> Record | None:
        try:
            return decoded(row, load)
        except RowError as error:
            offset, position = item.index.frame_of(place)
            item.segment.tell(offset, f"record {position + 1} of this frame: {error}")
        except CorpusError as error:
            self._tell(Damage(self._relative(error.file), error.offset or 0, error.message))
        return None

    def _indexed(self) -> list[Indexed]:
        return self._catalogue.indexed(self.segments(), checked=True)

    def _remove_bodies(self) -> None:
        self.bodies.remove_others(needed_bodies(self.segments()))

    def _finish_rewriting(self) -> None:
        switch = Switch(self.path)
        if switch.is_pending:
            with locked(self.path / MARK, alone=True):
                switch.finish(self._remove_bodies)

    def _check_mark(self) -> None:
        damage = check_mark(self.path)
        if damage is not None:
            self._tell(damage)

    def _tell(self, damage: Damage) -> None:
        self._damage[damage] = None

    def _relative(self, file: Path | str | None) -> str:
        path = Path(file or self.path)
        return str(path.relative_to(self.path)) if path.is_relative_to(self.path) else str(path)


def _told(rows: Iterator[bytes], each: Callable[[], None] | None) -> Iterator[bytes]:
    for row in rows:
        if each is not None:
            each()
        yield row
