"""Reads the small text files of an app; they are somebody else's and may be anything."""

from __future__ import annotations

from pathlib import Path

from fnfuzz.app.model import AppError

__all__ = ["MAX_BYTES", "read_text", "resolved"]

MAX_BYTES = 4 * 1024 * 1024


def read_text(path: Path) -> str:
    """The text of ``path``, UTF-8 with or without a byte order mark, 4 MiB at most.

    Raises AppError for a file that is larger, no regular file, not readable or not UTF-8.
    """
    try:
        if not path.is_file():
            raise AppError(f"{path}: is no regular file; put the app's file in its place or remove it")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise AppError(f"{path}: cannot be read: {error.strerror or error}; check its permissions") from error
    if len(data) > MAX_BYTES:
        raise AppError(f"{path}: is larger than 4 MiB, which no such file is; name the right folder")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise AppError(f"{path}:{line}: is not UTF-8 at byte {error.start}; save the file as UTF-8") from error


def resolved(path: Path) -> Path:
    """``path`` absolute, links followed except a link to a file, which stands where its user put it.

    Raises AppError for a loop of links or a name no file can have.
    """
    try:
        return path.resolve() if path.is_dir() else path.parent.resolve() / path.name
    except (OSError, RuntimeError, ValueError) as error:
        raise AppError(f"{path!s}: is no path that can be followed: {error}") from error
