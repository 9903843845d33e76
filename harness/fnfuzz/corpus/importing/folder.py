"""Plain folders of samples: every file by its own form, in the order of names; folders name the functions."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from fnfuzz.corpus.importing.model import Format, ImportRefused, Options, Tally
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.model import Record

__all__ = ["looks", "reader"]

SUFFIXES = frozenset(
    (".json", ".ndjson", ".jsonl", ".har", ".avro", ".http", ".bin", ".txt", ".xml", ".csv", ".dat", ".cbor")
)
MAX_FILES = 1_000_000
MAX_LEVELS = 32


def looks(sample: Sample) -> str:
    """Is it a folder?"""
    return "it is a folder: each file by its own form" if sample.kind == "folder" else ""


def reader(detect: Callable[[Path], Format]) -> Callable[[Path, Options, Tally], Iterator[Record]]:
    """What reads a folder, with ``detect`` for its files."""

    def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
        for number, file in enumerate(_files(path, tally, MAX_LEVELS)):
            if number >= MAX_FILES:
                raise ImportRefused(f"has more than {MAX_FILES} files; import its folders one by one", path)
            name = options.function or _function(path, file)
            try:
                yield from detect(file).read(file, replace(options, function=name), tally)
            except ImportRefused as error:
                tally.skip(f"a file that cannot be read on: {error.message}", str(file))

    return read


def _function(root: Path, file: Path) -> str:
    """The folder below the root that holds the file, or the root itself."""
    return file.relative_to(root).parts[0] if file.parent != root else root.resolve().name


def _files(folder: Path, tally: Tally, levels: int) -> Iterator[Path]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise ImportRefused(f"cannot be read: {error.strerror}", folder) from error
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith("."):
            tally.skip("a hidden file or folder", str(path))
        elif entry.is_symlink():
            tally.skip("a symbolic link", str(path))
        elif entry.is_dir():
            yield from _deeper(path, tally, levels)
        elif path.suffix.lower() not in SUFFIXES:
            tally.skip(f"a file whose suffix is none of {' '.join(sorted(SUFFIXES))}", str(path))
        else:
            yield path


def _deeper(path: Path, tally: Tally, levels: int) -> Iterator[Path]:
    if levels == 0:
        tally.skip(f"a folder more than {MAX_LEVELS} levels down", str(path))
        return
    try:
        yield from _files(path, tally, levels - 1)
    except ImportRefused as error:
        tally.skip(f"a folder that {error.message}", str(path))
