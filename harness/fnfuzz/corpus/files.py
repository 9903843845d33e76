"""Files of a corpus, whoever made them: no link is followed, only plain files are read, writing is all or nothing."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from fnfuzz.corpus.errors import CorpusError

__all__ = ["listed", "made_folder", "opened", "read_small", "replace_file", "sync_folder", "write_all"]


@contextlib.contextmanager
def opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[int]:
    """A descriptor of a plain file.

    Raises FileNotFoundError where there is none, CorpusError for a link, a pipe, a device, or what may not be read.
    """
    try:
        # O_NONBLOCK: opening a named pipe must not wait for its writer.
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = "is a link or a device" if stat.S_ISLNK(_mode(path)) else error.strerror or str(error)
        raise CorpusError(f"{reason}; a corpus holds plain files only", path) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise CorpusError("is no plain file; a corpus holds plain files only", path)
        yield descriptor
    finally:
        os.close(descriptor)


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return 0


def read_small(path: Path, limit: int) -> bytes:
    """The whole of a file of at most ``limit`` bytes. Raises as ``opened`` does, and CorpusError when it is larger."""
    with opened(path) as descriptor:
        size = os.fstat(descriptor).st_size
        if size > limit:
            raise CorpusError(f"has {size:,} bytes; more than {limit:,} are never read", path)
        return os.pread(descriptor, size, 0)


def listed(folder: Path) -> list[str]:
    """Names in a folder, sorted; none when there is no such folder. Raises CorpusError for a link."""
    mode = _mode(folder)
    if not mode:
        return []
    if not stat.S_ISDIR(mode):
        raise CorpusError("is no folder; a corpus has folders of its own, no links", folder)
    try:
        return sorted(path.name for path in folder.iterdir())
    except OSError as error:
        raise CorpusError(error.strerror or str(error), folder) from error


def made_folder(folder: Path) -> Path:
    """``folder``, made if need be. Raises CorpusError if there is something else."""
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise CorpusError(f"cannot be made: {error.strerror or error}", folder) from error
    listed(folder)
    return folder


def write_all(descriptor: int, data: bytes) -> None:
    """All of ``data`` at the end of the file. Raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def replace_file(path: Path, data: bytes, *, sync: bool = False) -> None:
    """Put ``data`` there at one stroke: a reader sees the old file or the new one. Raises OSError or CorpusError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}.new")
    try:
        with opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as descriptor:
            write_all(descriptor, data)
            if sync:
                os.fsync(descriptor)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if sync:
        sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Names in ``folder`` reach the disk; where that cannot be asked for, nothing happens."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
