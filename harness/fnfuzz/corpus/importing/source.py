"""Foreign files, opened and read within bounds: whole, or piece by piece as UTF-8."""

from __future__ import annotations

import codecs
import os
import stat
from pathlib import Path
from typing import BinaryIO

from fnfuzz.corpus.importing.model import ImportRefused, Unfit

__all__ = ["CHUNK", "MAX_DOCUMENT", "Utf8", "opened", "utf8", "whole_file"]

MAX_DOCUMENT = 64 * 1024 * 1024
"""Bytes of one line, one value of an array, or one file that is read whole."""

CHUNK = 64 * 1024
BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def opened(path: Path) -> BinaryIO:
    """The regular file at ``path``. Raises ImportRefused for what is none, or may not be read."""
    try:
        # Without waiting, so that a pipe is refused instead of waited for.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise ImportRefused(f"cannot be read: {error.strerror}", path) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ImportRefused("is no regular file; save it to one first", path)
    return os.fdopen(descriptor, "rb")


def whole_file(path: Path) -> bytes:
    """All bytes of a file of bounded size."""
    with opened(path) as file:
        try:
            content = file.read(MAX_DOCUMENT + 1)
        except OSError as error:
            raise ImportRefused(f"cannot be read: {error.strerror}", path) from error
    if len(content) > MAX_DOCUMENT:
        raise ImportRefused(f"holds more than {MAX_DOCUMENT >> 20} MiB in one piece; split it", path)
    return content


class Utf8:
    """A file's bytes as UTF-8 without a byte order mark; UTF-16 with one is turned into it.

    ``position`` counts the bytes given, ``mark`` is where the value began that is being read: one that gets too long is
    refused before it is whole.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self._file, self._path = file, path
        self.position = self.mark = 0
        head = file.read(3)
        bom, encoding = next((item for item in BOMS if head.startswith(item[0])), (b"", "utf-8"))
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
        self._head = head[len(bom) :]

    def read(self, size: int = CHUNK) -> bytes:
        """At most about ``size`` bytes, none at the end."""
        if size == 0:
            return b""
        if self.position - self.mark > MAX_DOCUMENT:
            message = f"one value is longer than {MAX_DOCUMENT >> 20} MiB"
            raise ImportRefused(f"{message}; take it out", self._path, self.mark)
        try:
            data = self._head + self._file.read(CHUNK if size < 0 else size)
            self._head = b""
            if self._decoder is not None:
                data = self._decoder.decode(data, final=not data).encode("utf-8")
        except (OSError, UnicodeError) as error:
            raise ImportRefused(f"cannot be read further: {error}", self._path, self.position) from error
        self.position += len(data)
        return data


def utf8(text: str) -> bytes:
    """The bytes of ``text``. Raises Unfit for half of a surrogate pair."""
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unfit("half of a surrogate pair in a text") from error
