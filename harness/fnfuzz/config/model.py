"""What a configuration file says, checked, and where each value was said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["ConfigError", "Configuration", "Setting"]


class ConfigError(Exception):
    """A configuration that cannot be taken; one line for each mistake, each with its place and what is expected."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """``plain`` is the value as it was written, ``value`` as it is used (names of files are absolute); ``origin`` is
    ``fnfuzz.toml:3``, or the name of a variable.
    """

    key: str
    plain: Any
    value: Any
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """``settings`` by full key (``max_time``, ``replay.speed``), ``functions`` the sections of functions, by name and
    key. ``path`` is None without a file.
    """

    path: Path | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)
    functions: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """What names of files are relative to, and where commands of set-up run."""
        return self.path.parent if self.path is not None else Path.cwd()

    def value(self, key: str, otherwise: Any = None) -> Any:
        """The value of a key, ``otherwise`` where it is not set."""
        return self.settings[key].value if key in self.settings else otherwise

    def each(self, key: str, driven: frozenset[str] | None = None) -> Iterator[tuple[str, Setting]]:
        """The setting at the top, with an empty name, then those of the functions; of ``driven`` ones alone, all when
        None.
        """
        if key in self.settings:
            yield "", self.settings[key]
        for name, section in self.functions.items():
            if key in section and (driven is None or name in driven):
                yield name, section[key]
