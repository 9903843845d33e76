"""The JSON schema of a configuration, for editors; made from the table of keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fnfuzz.config.keys import FUNCTION_KEYS, KEYS, TABLES, Key
from fnfuzz.config.reading import FUNCTIONS, SCHEMA_KEY

__all__ = ["schema"]

DRAFT: Final = "http://json-schema.org/draft-07/schema#"
"""The one that editors of TOML know."""


def schema() -> dict[str, Any]:
    """A schema for ``fnfuzz.toml`` and for ``[tool.fnfuzz]``. What takes more than one value to see is left to the
    reading.
    """
    top = _properties(key for key in KEYS if not key.table)
    tables = {
        name: {**_closed(_properties(key for key in KEYS if key.table == name)), "description": text}
        for name, text in TABLES.items()
    }
    functions = {
        "type": "object",
        "description": "What holds for one function alone, by its name.",
        "additionalProperties": _closed(_properties(FUNCTION_KEYS)),
    }
    properties = {SCHEMA_KEY: {"type": "string"}, **top, **tables, FUNCTIONS: functions}
    return {"$schema": DRAFT, "title": "fnfuzz", **_closed(properties)}


def _closed(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": dict(properties)}


def _properties(keys: Iterable[Key]) -> dict[str, Any]:
    return {key.name: {**key.kind.schema, "description": _described(key)} for key in keys}


def _described(key: Key) -> str:
    default = f" Default: {key.default}." if key.default else ""
    return f"{key.help}{default}"
