"""Which file holds the configuration, and its text as tables."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from fnfuzz.config.lines import Keys, line_of, lines_of
from fnfuzz.config.model import ConfigError

__all__ = ["FILE_NAME", "ConfigFile", "find_config", "read_config"]

FILE_NAME: Final = "fnfuzz.toml"
PROJECT: Final = "pyproject.toml"
SECTION: Final = ("tool", "fnfuzz")
LARGEST: Final = 512 * 1024
DEEPEST: Final = 64
"""Folders in which a file is looked for."""

MOST_DOTS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigFile:
    """A file and what it says of fnfuzz; ``prefix`` leads from the top of the document to ``table``."""

    path: Path
    table: Mapping[str, Any]
    prefix: tuple[str, ...]
    lines: Mapping[Keys, int]

    def place(self, *keys: str | int) -> str:
        """``fnfuzz.toml:3``, as people look it up from where they are."""
        line = line_of(self.lines, (*self.prefix, *keys))
        return f"{shown(self.path)}:{line}" if line else shown(self.path)


def shown(path: Path) -> str:
    """A file relative to the current folder where it is below that."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def find_config(start: Path) -> ConfigFile | None:
    """The first file in ``start`` or above it, up to the root of the repository; None without one.

    In one folder ``fnfuzz.toml`` comes before ``pyproject.toml``, which counts only where it has ``[tool.fnfuzz]``.
    Raises ConfigError for a file that cannot be read.
    """
    for folder in _upwards(start.resolve()):
        if (folder / FILE_NAME).is_file():
            return _read(folder / FILE_NAME, ())
        project = folder / PROJECT
        if project.is_file() and _names_us(project):
            found = _read(project, SECTION)
            if found is not None:
                return found
    return None


def read_config(path: Path) -> ConfigFile:
    """The file that the user names. Raises ConfigError."""
    path = path.resolve()
    found = _read(path, SECTION if path.name == PROJECT else ())
    if found is None:
        raise ConfigError(f"{shown(path)} has no table [tool.fnfuzz]; add it, or name another file")
    return found


def _upwards(start: Path) -> Iterator[Path]:
    for folder in (start, *start.parents)[:DEEPEST]:
        yield folder
        if (folder / ".git").exists():
            return


def _names_us(path: Path) -> bool:
    """Is there any use in reading it? A project file without our name in it is nobody's mistake here."""
    return b"fnfuzz" in _bytes(path)


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():
            raise ConfigError(f"{shown(path)}: {'is no file' if path.exists() else 'there is no such file'}")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ConfigError(f"{shown(path)}: {error.strerror or error}") from error
    if len(data) > LARGEST:
        raise ConfigError(f"{shown(path)} is larger than {LARGEST:,} bytes, which no configuration is")
    return data


def _read(path: Path, prefix: tuple[str, ...]) -> ConfigFile | None:
    """The file; None where ``prefix`` leads to no table."""
    data = _bytes(path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(f"{shown(path)}:{line}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    _check_depth(path, text)
    try:
        table: Any = tomllib.loads(text)
    except RecursionError as error:
        raise ConfigError(f"{shown(path)}: nested too deep; simplify it") from error
    except ValueError as error:
        raise ConfigError(f"{shown(path)}: this is no TOML: {error}") from error
    for name in prefix:
        if not isinstance(table, dict) or name not in table:
            return None
        table = table[name]
    lines = lines_of(text)
    if not isinstance(table, dict):
        at = line_of(lines, prefix)
        raise ConfigError(f"{shown(path)}:{at}: {'.'.join(prefix)}: expected a table")
    return ConfigFile(path=path, table=table, prefix=prefix, lines=lines)


def _check_depth(path: Path, text: str) -> None:
    """Refuse keys of very many parts: the time that TOML's reader takes for one grows with their square."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > MOST_DOTS:
            raise ConfigError(
                f"{shown(path)}:{number}: more than {MOST_DOTS} dots in one line; no key has so many parts"
            )
