"""Work that the workers of pytest-xdist have in common: the first one that needs it begins it, the last one ends it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["Shared"]


class Shared:
    """One such work, known to all by ``key``, in a folder that they share. Raises OSError where that cannot be used.

    Whoever takes part holds a lock, which ends with its process.
    """

    def __init__(self, folder: Path, key: str) -> None:
        self._folder = folder
        self._name = hashlib.sha256(os.fsencode(key)).hexdigest()[:16]
        self._part = -1

    def begin(self, work: Callable[[], None]) -> None:
        """Take part; ``work`` is done first if nobody does yet. What it raises comes through, and nobody takes part."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        with self._gate():
            if self._is_last():
                work()
            self._part = self._opened("parts")
            fcntl.flock(self._part, fcntl.LOCK_SH)

    def end(self, work: Callable[[], None]) -> None:
        """Take part no more; ``work`` is done if nobody else does."""
        with self._gate():
            os.close(self._part)
            if self._is_last():
                work()

    def _is_last(self) -> bool:
        parts = self._opened("parts")
        try:
            fcntl.flock(parts, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(parts)
        return True

    @contextlib.contextmanager
    def _gate(self) -> Iterator[None]:
        """One at a time; the others wait as long as its work takes."""
        gate = self._opened("gate")
        try:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield
        finally:
            os.close(gate)

    def _opened(self, what: str) -> int:
        return os.open(self._folder / f"{self._name}.{what}", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
