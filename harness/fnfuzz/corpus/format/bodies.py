"""Large bodies, each kept once: ``bodies/ab/cdef...`` is one zstandard frame, named by the hash of what is in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Final

import zstandard

from fnfuzz.corpus.errors import CorpusError, Damage
from fnfuzz.corpus.files import listed, made_folder, read_small, replace_file
from fnfuzz.corpus.format.packing import BodyRef

__all__ = ["MAX_BODY", "Bodies"]

MAX_BODY: Final = 1024 * 1024 * 1024
"""Bytes of one body. A few bytes on disk can stand for as many, so this is also what a hostile file can cost."""

_FOLDER: Final = re.compile(r"[0-9a-f]{2}")
_FILE: Final = re.compile(r"[0-9a-f]{38}")
_STEP: Final = 1024 * 1024


class Bodies:
    """The large bodies of the corpus in ``root``."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder = root / "bodies"
        self._kept: set[bytes] = set()

    def keep(self, reference: BodyRef, data: bytes) -> None:
        """Have ``data`` on disk. Raises CorpusError for a body that is too large, OSError when it cannot be written."""
        if reference.digest in self._kept:
            return
        if len(data) > MAX_BODY:
            raise CorpusError(
                f"a body of {len(data):,} bytes is too large for a corpus; {MAX_BODY:,} is the most", lost=1
            )
        path = self._path(reference)
        if not self._is_whole(reference):
            listed(self._folder)
            made_folder(made_folder(self._folder) / path.parent.name)
            replace_file(path, zstandard.ZstdCompressor(level=3, write_content_size=True).compress(data))
        self._kept.add(reference.digest)

    def load(self, reference: BodyRef) -> bytes:
        """The body. Raises CorpusError where it is missing or damaged."""
        pieces: list[bytes] = []
        self._read(reference, pieces.append)
        return b"".join(pieces)

    def check(self, reference: BodyRef) -> None:
        """Raises CorpusError as ``load`` does, and keeps nothing in memory."""
        self._read(reference, lambda piece: None)

    def files(self) -> Iterator[tuple[bytes, Path]]:
        """Hash and path of every body on disk."""
        for folder in listed(self._folder):
            if _FOLDER.fullmatch(folder):
                for name in listed(self._folder / folder):
                    if _FILE.fullmatch(name):
                        yield bytes.fromhex(folder + name), self._folder / folder / name

    def remove_others(self, wanted: set[bytes]) -> int:
        """Remove every body that is not wanted, and what a writer left half done; how many bodies that were."""
        removed = 0
        for digest, path in list(self.files()):
            if digest not in wanted:
                path.unlink(missing_ok=True)
                removed += 1
        for folder in listed(self._folder):
            if _FOLDER.fullmatch(folder):
                for name in listed(self._folder / folder):
                    if name.endswith(".new"):
                        (self._folder / folder / name).unlink(missing_ok=True)
        return removed

    def damage(self, reference: BodyRef) -> Damage | None:
        """What is wrong with a body, if anything is."""
        try:
            self.check(reference)
        except CorpusError as error:
            return Damage(str(self._path(reference).relative_to(self._root)), error.offset or 0, error.message)
        return None

    def _path(self, reference: BodyRef) -> Path:
        name = reference.digest.hex()
        return self._folder / name[:2] / name[2:]

    def _is_whole(self, reference: BodyRef) -> bool:
        """Is it there, and what it should be? A damaged one is written again."""
        try:
            self.check(reference)
        except CorpusError:
            return False
        return True

    def _read(self, reference: BodyRef, take: Callable[[bytes], object]) -> None:
        path = self._path(reference)
        if reference.length > MAX_BODY:
            raise CorpusError(
                f"a body is said to have {reference.length:,} bytes; more than {MAX_BODY:,} are never read", path
            )
        listed(self._folder)
        listed(path.parent)
        try:
            # Compressed data is never much longer than what is in it.
            packed = read_small(path, reference.length + reference.length // 64 + 4096)
        except FileNotFoundError as error:
            raise CorpusError("this body is missing; without it its records cannot be read", path) from error
        digest, length = blake2b(digest_size=len(reference.digest)), 0
        try:
            for piece in zstandard.ZstdDecompressor(max_window_size=_STEP * 8).read_to_iter(packed, write_size=_STEP):
                length += len(piece)
                if length > reference.length:
                    break
                digest.update(piece)
                take(piece)
        except zstandard.ZstdError as error:
            raise CorpusError(f"this body cannot be unpacked: {error}", path, 0) from error
        if length != reference.length or digest.digest() != reference.digest:
            raise CorpusError("this body is damaged: it is not what was written", path, 0)
