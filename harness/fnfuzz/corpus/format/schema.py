"""Versions of the rows. Each change of them adds one function from n to n + 1; old segments stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.format.rows import Row

__all__ = ["MIGRATIONS", "SCHEMA", "check_schema", "migrated"]

Rows: TypeAlias = tuple[Row, Row]
"""The exchange row and the circumstances row of one record."""

SCHEMA: Final = 1
"""The version that is written."""

MIGRATIONS: Mapping[int, Callable[[Rows], Rows]] = {}
"""What makes rows of version n into rows of version n + 1, for every n below SCHEMA.

A migration must not change what the exchange row says, because ids follow from it.
"""


def check_schema(version: int) -> None:
    """Raises CorpusError for rows that this fnfuzz cannot read."""
    if version > SCHEMA:
        raise CorpusError(
            f"was written by a newer fnfuzz (schema {version}, this one knows {SCHEMA}); please update fnfuzz"
        )
    if version < SCHEMA and version not in MIGRATIONS:
        raise CorpusError(f"has schema {version}, which never was")


def migrated(rows: Rows, version: int) -> Rows:
    """The rows in the version of today."""
    for step in range(version, SCHEMA):
        rows = MIGRATIONS[step](rows)
    return rows
