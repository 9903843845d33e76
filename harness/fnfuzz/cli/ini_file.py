"""pytest's configuration file: which one counts, and keys added to it without touching anything else in it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from iniconfig import IniConfig, ParseError

from fnfuzz.cli.stops import Stop

__all__ = ["IniFile", "Value", "find_ini"]

Value: TypeAlias = str | Sequence[str]
"""A text, or a list of paths."""

LARGEST: Final = 4 * 1024 * 1024
PLACES: Final = (
    ("pytest.toml", "pytest", True),
    (".pytest.toml", "pytest", True),
    ("pytest.ini", "pytest", True),
    (".pytest.ini", "pytest", True),
    ("pyproject.toml", "tool.pytest", False),
    ("pyproject.toml", "tool.pytest.ini_options", False),
    ("tox.ini", "pytest", False),
    ("setup.cfg", "tool:pytest", False),
)
"""File, section, and whether the file counts without that section; in pytest's order."""


@dataclass(frozen=True, slots=True)
class IniFile:
    """A file and the section in it. ``text`` is empty for a file that is to be made."""

    path: Path
    section: str
    text: str = ""

    @property
    def values(self) -> Mapping[str, Any]:
        """What the section holds. Raises Stop for a file that cannot be read."""
        return _values(self.path, self.section, self.text) or {}

    def with_keys(self, keys: Mapping[str, Value]) -> str:
        """The text with ``keys`` in the section, right below its head. Raises Stop where that cannot be done safely."""
        if not keys:
            return self.text
        newline = "\r\n" if "\r\n" in self.text else "\n"
        lines = [_line(self.path, key, value) + newline for key, value in keys.items()]
        new = self._inserted(lines, newline)
        wanted = {**self.values, **{key: _read_back(self.path, value) for key, value in keys.items()}}
        try:
            right = _values(self.path, self.section, new) == wanted
        except Stop:
            right = False
        if not right:
            by_hand = tuple(line.rstrip() for line in lines)
            raise Stop(
                f"{self.path} is written in a way that is not changed by itself; add to {self.section}:", by_hand
            )
        return new

    def _inserted(self, lines: Sequence[str], newline: str) -> str:
        head = re.compile(rf"^[ \t]*\[[ \t]*{re.escape(self.section)}[ \t]*\][ \t]*([#;].*)?\r?$\n?", re.MULTILINE)
        found = head.search(self.text)
        if found is not None:
            before = self.text[: found.end()]
            before += "" if before.endswith("\n") else newline
            return before + "".join(lines) + self.text[found.end() :]
        before = self.text
        before += "" if not before or before.endswith("\n") else newline
        blank = newline if before else ""
        return f"{before}{blank}[{self.section}]{newline}" + "".join(lines)


def find_ini(folder: Path) -> IniFile:
    """The file that pytest reads for ``folder``, there or above it in its repository; else where one is to be made.

    Raises Stop for a file that cannot be read.
    """
    for place in (folder, *folder.parents):
        for name, section, always in PLACES:
            path = place / name
            text = _read(path) if path.is_file() else None
            if text is not None and (always or _values(path, section, text) is not None):
                # The table of pytest 9 also holds the one of its predecessors.
                if section == "tool.pytest" and set(_values(path, section, text) or ()) == {"ini_options"}:
                    continue
                return IniFile(path, section, text)
        if (place / ".git").exists():
            break
    project = folder / "pyproject.toml"
    if project.is_file():
        return IniFile(project, "tool.pytest.ini_options", _read(project))
    return IniFile(folder / "pytest.ini", "pytest")


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if len(data) > LARGEST:
            raise Stop(f"{path} is larger than {LARGEST:,} bytes")
        return data.decode("utf-8")
    except OSError as error:
        raise Stop(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Stop(f"{path} is not UTF-8 at byte {error.start}") from error


def _values(path: Path, section: str, text: str) -> Mapping[str, Any] | None:
    """The section of a file, None if it has none."""
    try:
        if path.suffix != ".toml":
            ini = IniConfig(str(path), data=text)
            return dict(ini[section].items()) if section in ini else None
        found: Any = tomllib.loads(text)
    except (ParseError, ValueError, RecursionError) as error:
        raise Stop(f"{path} cannot be read: {error}") from error
    for name in section.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None


def _line(path: Path, key: str, value: Value) -> str:
    if path.suffix == ".toml":
        # JSON of texts is TOML as well, but for the one control character that JSON lets be.
        told = json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        return f"{key} = {told}"
    return f"{key} = {_read_back(path, value)}"


def _read_back(path: Path, value: Value) -> Any:
    """The value as the file's reader gives it back."""
    if path.suffix == ".toml":
        return value if isinstance(value, str) else list(value)
    return value if isinstance(value, str) else " ".join(value)
