"""The file beside a corpus in which its noise is kept: TOML, made to be read, put under version control and changed."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

from fnfuzz.replay.masks import MASK_KINDS, Dependence, Mask, Noise

__all__ = ["NAME", "NoiseFileError", "noise_path", "read_noise", "write_noise"]

NAME: Final = "noise.toml"
LARGEST: Final = 4 * 1024 * 1024
MOST: Final = 20_000
LONGEST: Final = 4096

_HEAD: Final = """# What differs from answer to answer of one handler by itself, as `fnfuzz replay` has learnt it.
# `kinds` say what a value may still be: {kinds}.
# Take an entry out, and its differences count again; `fnfuzz replay --learn` writes those of the functions that it asks
# anew. `asked` are those that were.

version = 1
"""


E = TypeVar("E", Mask, Dependence)


class NoiseFileError(Exception):
    """A noise file that cannot be used; the message tells file, entry and what to do next."""


def noise_path(corpus: Path) -> Path:
    """Where the noise of a corpus is kept."""
    return corpus / NAME


def read_noise(corpus: Path) -> Noise | None:
    """What is known of the corpus's noise; None when nothing was learnt yet. Raises NoiseFileError."""
    path = noise_path(corpus)
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror or error}") from error
    if len(data) > LARGEST:
        raise _wrong(path, f"is larger than {LARGEST:,} bytes")
    try:
        found = tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise _wrong(path, f"is no TOML: {error!s:.200}") from error
    if found.get("version") != 1:
        raise _wrong(path, "has another version than 1; please update fnfuzz")
    masks = tuple(_mask(path, at, entry) for at, entry in _entries(path, found, "mask"))
    states = tuple(_dependence(path, at, entry) for at, entry in _entries(path, found, "order"))
    asked = found.get("asked")
    if asked is not None and not (isinstance(asked, list) and all(isinstance(name, str) for name in asked)):
        raise _wrong(path, "asked: expected names of functions")
    return Noise(masks, states, None if asked is None else frozenset(asked))


def write_noise(corpus: Path, noise: Noise) -> Path:
    """Keep ``noise`` with the corpus, at one stroke. Raises NoiseFileError."""
    path = noise_path(corpus)
    most = MOST
    while len(data := _text_of(noise, most)) > LARGEST:
        most //= 2
    temporary = path.with_name(f".{NAME}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise _wrong(path, f"cannot be written: {error.strerror or error}") from error
    return path


def _text_of(noise: Noise, most: int) -> bytes:
    """The file, with ``most`` entries of a kind: those with the most evidence."""
    parts = [_HEAD.format(kinds=", ".join(MASK_KINDS))]
    if noise.asked is not None:
        parts.append(f"asked = {_text(sorted(noise.asked))}\n")
    for mask in _foremost(noise.masks, most):
        kinds = [kind for kind in MASK_KINDS if kind in mask.kinds]
        parts.append("".join(_lines("mask", mask, f"kinds = {_text(kinds)}\n")))
    parts += ["".join(_lines("order", item, "")) for item in _foremost(noise.dependences, most)]
    return "\n".join(parts).encode("utf-8", "replace")


def _foremost(entries: Sequence[E], most: int) -> list[E]:
    readable = [item for item in entries if max(len(item.function), len(item.path)) <= LONGEST]
    kept = sorted(readable, key=lambda item: -sum(item.evidence.values()))[:most]
    return sorted(kept, key=lambda item: (item.function, item.path))


def _lines(table: str, entry: Mask | Dependence, more: str) -> Iterator[str]:
    yield f"[[{table}]]\nfunction = {_text(entry.function)}\npath = {_text(entry.path)}\n{more}"
    counts = ", ".join(f"{_text(name)} = {count}" for name, count in entry.evidence.items())
    yield f"samples = {entry.samples}\nevidence = {{ {counts} }}\n" if counts else f"samples = {entry.samples}\n"
    if entry.examples:
        yield f"examples = {_text(list(entry.examples))}\n"


def _text(value: Any) -> str:
    """JSON of texts, lists and numbers is TOML as well, but for the one control character that JSON lets be."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _entries(path: Path, found: dict[str, Any], table: str) -> Iterable[tuple[str, dict[str, Any]]]:
    entries = found.get(table, [])
    if not isinstance(entries, list) or len(entries) > MOST or not all(isinstance(item, dict) for item in entries):
        raise _wrong(path, f"{table}: expected up to {MOST:,} tables [[{table}]]")
    return ((f"{table} {at}", entry) for at, entry in enumerate(entries, 1))


def _mask(path: Path, at: str, entry: dict[str, Any]) -> Mask:
    kinds = entry.get("kinds")
    if not isinstance(kinds, list) or not kinds or not all(kind in MASK_KINDS for kind in kinds):
        raise _wrong(path, f"{at}: kinds must be some of {', '.join(MASK_KINDS)}")
    return Mask(kinds=frozenset(kinds), **_common(path, at, entry))


def _dependence(path: Path, at: str, entry: dict[str, Any]) -> Dependence:
    return Dependence(**_common(path, at, entry))


def _common(path: Path, at: str, entry: dict[str, Any]) -> dict[str, Any]:
    for key in ("function", "path"):
        if not isinstance(entry.get(key), str) or len(entry[key]) > LONGEST:
            raise _wrong(path, f"{at}: {key} must be a text")
    evidence, samples, examples = entry.get("evidence", {}), entry.get("samples", 0), entry.get("examples", [])
    if not isinstance(evidence, dict) or not all(_is_count(count) for count in evidence.values()):
        raise _wrong(path, f"{at}: evidence must be counts by circumstance")
    if not _is_count(samples):
        raise _wrong(path, f"{at}: samples must be a count")
    if not isinstance(examples, list) or not all(isinstance(text, str) for text in examples):
        raise _wrong(path, f"{at}: examples must be texts")
    named = {"function": entry["function"], "path": entry["path"]}
    return {**named, "evidence": evidence, "samples": samples, "examples": tuple(examples)}


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _wrong(path: Path, why: str) -> NoiseFileError:
    return NoiseFileError(f"{path} {why}; mend it, or remove it and let `fnfuzz replay --learn` write it anew")
