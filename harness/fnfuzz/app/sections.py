"""A settings file and typed access to what is in it: a wrong value is told with file, line, column and key."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fnfuzz.app.files import read_text
from fnfuzz.app.lenient_json import JsonTextError, Keys, Places, read_json
from fnfuzz.app.model import AppError

__all__ = ["Document", "Section", "read_json_document"]

_DIGITS = re.compile(r"[-+]?[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its value, where each part stands, and which parts come from an app setting instead (``overridden``).

    ``any_case`` says whether names are looked up in any case, as .NET configuration does.
    """

    path: Path
    value: Any
    places: Places
    any_case: bool = False
    overridden: Mapping[Keys, str] = field(default_factory=dict)

    def place(self, keys: Keys = ()) -> str:
        """``file:line:column`` of the value under ``keys`` or of the nearest part around it."""
        for end in range(len(keys), -1, -1):
            if keys[:end] in self.overridden:
                return f"app setting {self.overridden[keys[:end]]}"
            if keys[:end] in self.places:
                line, column = self.places[keys[:end]]
                return f"{self.path}:{line}:{column}"
        return str(self.path)

    def error(self, keys: Keys, message: str) -> AppError:
        """An AppError about the value under ``keys``."""
        name = "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
        return AppError(f"{self.place(keys)}: {name}: {message}" if name else f"{self.place(keys)}: {message}")

    def root(self) -> Section:
        """The top level, which must be an object."""
        if not isinstance(self.value, Mapping):
            raise self.error((), f"found {described(self.value)}, expected an object; see the platform's reference")
        return Section(self, (), self.value)


@dataclass(frozen=True, slots=True)
class Section:
    """The object under ``keys`` of ``document``; one that is absent has no members."""

    document: Document
    keys: Keys
    members: Mapping[Any, Any]

    def spelled(self, name: str) -> str:
        """``name`` as the file writes it; of spellings that differ only in case the last one counts."""
        if not self.document.any_case or name in self.members:
            return name
        folded = name.lower()
        return next((key for key in reversed(list(self.members)) if str(key).lower() == folded), name)

    def get(self, name: str) -> Any:
        """The value as it is, or None."""
        return self.members.get(self.spelled(name))

    def at(self, name: str) -> Keys:
        """The path of the member ``name`` in the document."""
        return (*self.keys, self.spelled(name))

    def place(self, name: str) -> str:
        """Where ``name`` stands."""
        return self.document.place(self.at(name))

    def error(self, name: str, message: str) -> AppError:
        """An AppError about the member ``name``."""
        return self.document.error(self.at(name), message)

    def wrong(self, name: str, expected: str) -> AppError:
        """The value of ``name`` is not what is expected there."""
        return self.error(
            name, f"found {described(self.get(name))}, expected {expected}; correct the value or remove it"
        )

    def text(self, name: str, default: str = "") -> str:
        """A scalar as text; null is absent."""
        value = self.get(name)
        if isinstance(value, (Mapping, list)):
            raise self.wrong(name, "a text")
        return default if value is None else scalar_text(value)

    def flag(self, name: str, default: bool = False) -> bool:
        """true or false, also as text in any case."""
        text = self.text(name).strip().lower()
        if text not in ("true", "false", ""):
            raise self.wrong(name, "true or false")
        return default if not text else text == "true"

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, also as text."""
        text = self.text(name).strip()
        if not text or "${" in text:
            return default
        if not _DIGITS.fullmatch(text) or not low <= int(text) <= high:
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return int(text)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of scalars as texts; an object whose names are indices counts as a list, as it does for .NET."""
        found = self._elements(name, "a list of texts")
        for _, value in found:
            if isinstance(value, (Mapping, list)):
                raise self.wrong(name, "a list of texts")
        return tuple(scalar_text(value) for _, value in found if value is not None)

    def section(self, name: str) -> Section:
        """The object under ``name``; an empty section when it is absent or null."""
        value = self.get(name)
        if value is not None and not isinstance(value, Mapping):
            raise self.wrong(name, "an object")
        return Section(self.document, self.at(name), value or {})

    def sections(self, name: str) -> tuple[Section, ...]:
        """A list of objects."""
        found = []
        for key, value in self._elements(name, "a list of objects"):
            if not isinstance(value, Mapping):
                raise self.wrong(name, "a list of objects")
            found.append(Section(self.document, (*self.at(name), key), value))
        return tuple(found)

    def mapping(self, name: str) -> dict[str, str]:
        """An object of scalars as texts; objects and lists in it become JSON text."""
        return {
            str(key): json.dumps(value, default=str) if isinstance(value, (Mapping, list)) else scalar_text(value)
            for key, value in self.section(name).members.items()
        }

    def _elements(self, name: str, expected: str) -> list[tuple[str | int, Any]]:
        value = self.get(name)
        if isinstance(value, Mapping) and all(str(key).isdecimal() for key in value):
            return sorted(value.items(), key=lambda item: int(item[0]))
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.wrong(name, expected)
        return list(enumerate(value))


def read_json_document(path: Path, adjust: Callable[[Any], dict[Keys, str]] | None = None) -> Document:
    """A file of the Azure host. Raises AppError.

    ``adjust`` may change the value in place and tells which parts it changed, and by which setting.
    """
    try:
        value, places = read_json(read_text(path))
    except JsonTextError as error:
        raise AppError(f"{path}:{error.line}:{error.column}: not JSON: {error.message}; mend the file there") from error
    return Document(path, value, places, any_case=True, overridden=adjust(value) if adjust else {})


def scalar_text(value: object) -> str:
    """A scalar as the platforms' tools write it into a text."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def described(value: object) -> str:
    """A value in a few words, for messages."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"the number {value}"
    text = str(value)
    return f"the text {text[:60]!r}" + ("..." if len(text) > 60 else "")
