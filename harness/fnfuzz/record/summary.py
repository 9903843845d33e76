"""What a recording holds and what it lost: counted everywhere, added up at the end, told once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import orjson

__all__ = ["SCHEMA", "Summary", "write_summary"]

SCHEMA = "fnfuzz.recording/1"


@dataclass(slots=True, kw_only=True)
class Summary:
    """Counts of one recording. What is in ``stored`` is in the corpus; everything else here is not, or not whole."""

    stored: int = 0
    """Exchanges in the corpus."""

    cut: int = 0
    """Exchanges in the corpus that have no whole answer."""

    connections: int = 0
    lost_exchanges: int = 0
    """Exchanges that are not in the corpus, as far as they could be told apart."""

    lost_bytes: int = 0
    """Bytes that passed without being looked at."""

    large_bodies: int = 0
    """Bodies of which only head, size and hash are kept."""

    not_understood: int = 0
    """Bytes that are no HTTP, or no lines; they passed."""

    upgraded: int = 0
    """Bytes that passed on connections that had left HTTP (upgrades)."""

    mishaps: int = 0
    """Connections that ended because of an error of ours."""

    bypassed: int = 0
    """The port on which the handler listened itself, so that nothing passed here."""

    errors: tuple[str, ...] = ()
    """Why something was lost; each reason once."""

    @property
    def lossless(self) -> bool:
        """Is every exchange in the corpus?"""
        return not (self.lost_exchanges or self.lost_bytes or self.mishaps or self.bypassed or self.errors)

    def add(self, other: Mapping[str, Any]) -> None:
        """Add another process's counts to ours."""
        for field in fields(self):
            value = other.get(field.name)
            if isinstance(value, int) and field.name != "errors":
                setattr(self, field.name, getattr(self, field.name) + value)
        for error in other.get("errors", ()):
            self.tell(str(error))

    def tell(self, error: str) -> None:
        """A reason for a loss; the first sixteen are kept."""
        if error and error not in self.errors and len(self.errors) < 16:
            self.errors = (*self.errors, error)

    def lines(self) -> list[str]:
        """For people: one line for each thing to tell."""
        cut = f" ({self.cut} without a whole answer)" if self.cut else ""
        found = [f"recorded {_many(self.stored, 'exchange')}{cut}"]
        if self.bypassed:
            found.append(
                f"NOT RECORDED: the handler listens on port {self.bypassed} itself, so the host calls it directly; "
                "name its port with --handler-port, or put {port} into its command"
            )
        if self.lost_exchanges or self.lost_bytes:
            found.append(f"LOST: {_many(self.lost_exchanges, 'exchange')} or more, {_many(self.lost_bytes, 'byte')}")
        if self.mishaps:
            found.append(f"BROKEN: {_many(self.mishaps, 'connection')} by an error of the recorder")
        if self.large_bodies:
            found.append(f"{_many(self.large_bodies, 'body', 'bodies')} too large to keep: only size and hash")
        if self.not_understood:
            found.append(f"{_many(self.not_understood, 'byte')} passed that the recorder does not understand")
        if self.upgraded:
            found.append(f"{_many(self.upgraded, 'byte')} passed on upgraded connections")
        return found + [f"because: {error}" for error in self.errors]


def _many(count: int, one: str, more: str = "") -> str:
    return f"{count:,} {one if count == 1 else more or one + 's'}"


def write_summary(folder: Path, name: str, summary: Summary, **more: Any) -> None:
    """Write ``NAME.json`` into ``folder``, at one stroke. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    data = {"schema": SCHEMA, **more, **asdict(summary)}
    new = folder / f".{name}.{os.getpid()}.new"
    new.write_bytes(orjson.dumps(data, option=orjson.OPT_INDENT_2) + b"\n")
    new.replace(folder / f"{name}.json")
