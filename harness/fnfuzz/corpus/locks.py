"""Who may do what at once: any number of writers, or one that rewrites. Readers are never kept waiting."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.files import opened
from fnfuzz.corpus.mark import is_read_only

__all__ = ["locked"]


@contextlib.contextmanager
def locked(path: Path, *, alone: bool) -> Iterator[None]:
    """Hold the lock of a corpus, which its ``corpus.json`` carries; it ends with the process. ``alone`` for rewriting.

    Raises CorpusError if somebody else holds it in a way that excludes this, and for a corpus that is read-only.
    """
    with contextlib.ExitStack() as held:
        try:
            descriptor = held.enter_context(opened(path, os.O_RDONLY))
            _check_writable(path)
            fcntl.flock(descriptor, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            busy = (
                "is being written to; stop that first" if alone else "is being rewritten; try again when that is done"
            )
            raise CorpusError(busy, path.parent) from error
        except OSError as error:
            why = "is what writers agree by" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
            raise CorpusError(f"cannot be locked: {why}; `fnfuzz corpus merge` makes a new corpus", path) from error
        yield


def _check_writable(path: Path) -> None:
    if is_read_only(path.parent):
        raise CorpusError(f"is read-only; `fnfuzz corpus merge NEW {path.parent}` makes a copy to change", path.parent)
