"""The baseline: findings that are known and shall not fail a run, as a file that people read and keep in git.

JSON: ``{"schema": "fnfuzz.baseline/1", "findings": [ENTRY, ...]}``, in a fixed order. Each ENTRY has the texts ``id``,
``rule``, ``function`` (empty for the app) and ``place`` of the finding, ``confirmed`` (how it was found, as in the JSON
report), ``first_seen`` and ``last_seen``, and where a person adds them ``expires`` (the last day on which it is let
pass) and ``reason``. Days are written 2026-12-31 and are days in UTC. Anything else is refused.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Literal, TypeAlias

from fnfuzz.report.files import write_whole

__all__ = [
    "BASELINE_SCHEMA",
    "BaselineError",
    "Entry",
    "FailOn",
    "Standing",
    "baseline_text",
    "read_baseline",
    "write_baseline",
]

BASELINE_SCHEMA = "fnfuzz.baseline/1"
MOST_BYTES = 16 * 1024 * 1024
DAYS = ("first_seen", "last_seen", "expires")
REQUIRED = ("id", "rule")

FailOn: TypeAlias = Literal["error", "warning", "new", "none"]
"""Which findings fail a run, of those that the baseline does not let pass. new: errors that are not known."""


class BaselineError(ValueError):
    """A baseline that cannot be read or written; the message says where and what to do next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One known finding; see above. Texts that are not there are empty."""

    id: str
    rule: str
    function: str = ""
    place: str = ""
    confirmed: str = ""
    first_seen: str = ""
    last_seen: str = ""
    expires: str = ""
    reason: str = ""

    def expired(self, today: str) -> bool:
        """Is it let pass no more? ``today`` as 2026-12-31."""
        return bool(self.expires) and today > self.expires


KEYS = tuple(field.name for field in fields(Entry))


@dataclass(frozen=True, slots=True)
class Standing:
    """How a finding stands. known: the baseline lets it pass, as ``entry`` says. expired: it did so once. new: it is
    not in the baseline; without one, no earlier run left it in the state folder. earlier: one did.
    """

    kind: Literal["new", "earlier", "known", "expired"]
    entry: Entry | None = None

    def __str__(self) -> str:
        entry = self.entry
        if entry is None:
            return {"new": "", "earlier": "left by an earlier run"}.get(self.kind, self.kind)
        reason = f": {entry.reason}" if entry.reason else ""
        if self.kind == "expired":
            return f"known, but let pass only until {entry.expires}{reason}"
        since = f" since {entry.first_seen}" if entry.first_seen else ""
        until = f", let pass until {entry.expires}" if entry.expires else ""
        return f"known{since}{until}{reason}"


def read_baseline(path: Path) -> tuple[Entry, ...]:
    """The entries of a file. Raises FileNotFoundError, and BaselineError for anything else that is wrong with it."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise BaselineError(f"{path} cannot be read: {error.strerror or error}") from error
    if len(data) > MOST_BYTES:
        raise BaselineError(f"{path} is larger than {MOST_BYTES:,} bytes: no baseline of fnfuzz is; name another file")
    try:
        return _entries(_document(data))
    except BaselineError as error:
        raise BaselineError(f"{path}: {error}") from error


def baseline_text(entries: Iterable[Entry]) -> str:
    """The file of these entries: pure ASCII, always the same for the same entries."""
    ranked = sorted(entries, key=lambda entry: (entry.rule, entry.function, entry.place, entry.id))
    told = [{key: text for key in KEYS if (text := getattr(entry, key)) or key == "function"} for entry in ranked]
    return json.dumps({"schema": BASELINE_SCHEMA, "findings": told}, indent=2) + "\n"


def write_baseline(path: Path, entries: Iterable[Entry]) -> bool:
    """Make the file hold these entries, at one stroke; False where it does already. Raises BaselineError."""
    data = baseline_text(entries).encode("ascii")
    try:
        if path.is_file() and path.read_bytes() == data:
            return False
        write_whole(path, data)
    except OSError as error:
        raise BaselineError(f"{path} cannot be written: {error.strerror or error}; name another file") from error
    return True


def _document(data: bytes) -> list[Any]:
    again = "mend it, or delete it and write it anew with --update-baseline"
    try:
        document = json.loads(data)
    except UnicodeDecodeError as error:
        raise BaselineError(f"is not UTF-8 at byte {error.start}; {again}") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BaselineError(f"is not JSON: {error.msg} in {where}; {again}") from error
    except (RecursionError, ValueError) as error:
        raise BaselineError(f"is no baseline: {error}; {again}") from error
    if not isinstance(document, dict) or document.get("schema") != BASELINE_SCHEMA:
        told = document.get("schema") if isinstance(document, dict) else None
        raise BaselineError(
            f"schema: {told!r} is not {BASELINE_SCHEMA!r}; update fnfuzz, or name a file of --update-baseline"
        )
    findings = document.get("findings")
    if not isinstance(findings, list):
        raise BaselineError("findings: expected a list")
    return findings


def _entries(items: list[Any]) -> tuple[Entry, ...]:
    entries: dict[str, Entry] = {}
    for number, item in enumerate(items):
        entry = _entry(item, f"findings[{number}]")
        if entry.id in entries:
            raise BaselineError(f"findings[{number}].id: {entry.id} is there twice; delete one of them")
        entries[entry.id] = entry
    return tuple(entries.values())


def _entry(item: object, where: str) -> Entry:
    if not isinstance(item, Mapping):
        raise BaselineError(f"{where}: expected an object with the keys of a finding")
    for key, value in item.items():
        if key not in KEYS:
            near = difflib.get_close_matches(str(key), KEYS, 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(KEYS)}"
            raise BaselineError(f"{where}.{key}: there is no such key; {hint}")
        if not isinstance(value, str):
            raise BaselineError(f"{where}.{key}: expected a text")
        if key in DAYS and value and not _is_day(value):
            raise BaselineError(f"{where}.{key}: {value!r} is no day; write it as 2026-12-31")
    for key in REQUIRED:
        if not item.get(key):
            raise BaselineError(f"{where}: {key} is missing")
    return Entry(**item)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
