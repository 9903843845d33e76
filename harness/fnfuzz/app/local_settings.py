"""local.settings.json: app settings of local runs, and the overrides of host.json among them (azure-functions.md 1)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fnfuzz.app.lenient_json import Keys
from fnfuzz.app.sections import read_json_document

__all__ = ["override", "read_local_settings"]

_PREFIX = "azurefunctionsjobhost"
_SEPARATOR = re.compile(r"__|:")


def read_local_settings(folder: Path) -> dict[str, str]:
    """``Values`` as texts; empty without the file. Raises AppError, for an encrypted file too."""
    path = folder / "local.settings.json"
    if not path.exists():
        return {}
    root = read_json_document(path).root()
    if root.flag("IsEncrypted"):
        raise root.error("IsEncrypted", "the values are encrypted; run `func settings decrypt` in that folder")
    return root.mapping("Values")


def override(value: Any, settings: Mapping[str, str]) -> dict[Keys, str]:
    """Put the settings ``AzureFunctionsJobHost__a__b`` over ``value`` in place; which keys came from which setting."""
    changed: dict[Keys, str] = {}
    for name, text in sorted(settings.items()):
        prefix, *path = _SEPARATOR.split(name)
        if prefix.lower() == _PREFIX and path and all(path) and isinstance(value, dict):
            changed[_put(value, path, text)] = name
    return changed


def _put(members: dict[Any, Any], path: list[str], text: str) -> Keys:
    """Set one value; lists on the way become objects with indices for names, as in .NET configuration."""
    keys: list[str | int] = []
    for name in path[:-1]:
        key = _key(members, name)
        inner = members.get(key)
        if isinstance(inner, list):
            inner = {str(at): element for at, element in enumerate(inner)}
        members[key] = inner if isinstance(inner, dict) else {}
        members = members[key]
        keys.append(key)
    last = _key(members, path[-1])
    members[last] = text
    return (*keys, last)


def _key(members: Mapping[Any, Any], name: str) -> str:
    return next((key for key in members if str(key).lower() == name.lower()), name)
