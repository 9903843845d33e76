"""``corpus.json``, which makes a folder a corpus: its format and version. Writers lock it.

A corpus that is shipped with a program says ``read_only`` there: nobody writes to it, and no index is kept in it.
"""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any, Final

from fnfuzz.corpus.errors import CorpusError, Damage
from fnfuzz.corpus.files import opened, read_small, replace_file, write_all

__all__ = ["MARK", "VERSION", "check_mark", "is_read_only", "make_mark", "make_read_only"]

MARK: Final = "corpus.json"
VERSION: Final = 1
"""Of the folder; the rows have a version of their own."""

_FORMAT: Final = "fnfuzz.corpus"
_LARGEST: Final = 65536


def make_mark(root: Path) -> bool:
    """Make the mark; False if there is one. Raises CorpusError."""
    temporary = root / f".{MARK}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        with opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as descriptor:
            write_all(descriptor, json.dumps({"format": _FORMAT, "version": VERSION}).encode() + b"\n")
        # A link, unlike a renaming, fails if somebody else was quicker.
        os.link(temporary, root / MARK)
    except FileExistsError:
        return False
    except OSError as error:
        raise CorpusError(f"cannot be written: {error.strerror or error}", root / MARK) from error
    finally:
        temporary.unlink(missing_ok=True)
    return True


def check_mark(root: Path) -> Damage | None:
    """What is wrong with the mark of a corpus that can be read all the same.

    Raises CorpusError if this is no corpus, or one that a newer fnfuzz made.
    """
    if not root.is_dir():
        raise CorpusError("is no folder" if root.exists() else "there is no such folder", root)
    version: Any = _said(root).get("version")
    if isinstance(version, int) and version > VERSION:
        raise CorpusError(f"was made by a newer fnfuzz (version {version}); please update fnfuzz", root)
    if version == VERSION:
        return None
    if not (root / "segments").is_dir():
        raise CorpusError(f"is no corpus: it has no {MARK}; `fnfuzz record --corpus {root} -- COMMAND` makes one", root)
    return Damage(MARK, 0, "is missing or damaged; `fnfuzz corpus merge` makes a corpus that is whole")


def is_read_only(root: Path) -> bool:
    """Is nothing to be written to this corpus, not even an index? Raises CorpusError."""
    return _said(root).get("read_only") is True


def make_read_only(root: Path) -> None:
    """Mark a corpus so, when all writers are done. Raises CorpusError."""
    data = {"format": _FORMAT, "version": VERSION, "read_only": True}
    try:
        replace_file(root / MARK, json.dumps(data).encode() + b"\n")
    except OSError as error:
        raise CorpusError(f"cannot be written: {error.strerror or error}", root / MARK) from error


def _said(root: Path) -> dict[str, Any]:
    """What is in the mark; nothing if it is missing or damaged."""
    with contextlib.suppress(FileNotFoundError, ValueError, RecursionError):
        data = json.loads(read_small(root / MARK, _LARGEST))
        if isinstance(data, dict) and data.get("format") == _FORMAT:
            return data
    return {}
