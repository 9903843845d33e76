"""From the tables of a file, and from variables, to checked settings; every mistake is told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fnfuzz.config.files import ConfigFile
from fnfuzz.config.keys import FUNCTION_KEYS, KEYS, TABLES, Key
from fnfuzz.config.model import ConfigError, Configuration, Setting
from fnfuzz.config.values import MOST, Wrong, nearest_hint

__all__ = ["checked", "from_variables"]

MOST_TOLD: Final = 12
LONGEST_NAME: Final = 200
FUNCTIONS: Final = "functions"
SCHEMA_KEY: Final = "$schema"
"""Editors look for the schema's address there."""


def checked(file: ConfigFile) -> Configuration:
    """What the file says. Raises ConfigError with all mistakes."""
    reader = _Reader(file)
    settings = dict(reader.top())
    functions = dict(reader.functions())
    if reader.mistakes:
        told = reader.mistakes[:MOST_TOLD]
        more = len(reader.mistakes) - len(told)
        raise ConfigError(*told, *([f"and {more:,} more"] if more else []))
    return Configuration(path=file.path, settings=settings, functions=functions)


def from_variables(environ: Mapping[str, str]) -> dict[str, Setting]:
    """The settings that variables give, by key; an empty variable gives none. Raises ConfigError."""
    found: dict[str, Setting] = {}
    mistakes = []
    for key in KEYS:
        text = environ.get(key.variable, "") if key.variable else ""
        if not text or key.kind.parse is None:
            continue
        try:
            plain = key.kind.parse(text)
            found[key.id] = Setting(key=key.id, plain=plain, value=key.kind.read(plain), origin=key.variable)
        except Wrong as wrong:
            mistakes.append(f"the variable {key.variable}{wrong.at}: {wrong}")
    if mistakes:
        raise ConfigError(*mistakes)
    return found


class _Reader:
    """Reads one file and keeps its mistakes."""

    def __init__(self, file: ConfigFile) -> None:
        self.file = file
        self.mistakes: list[str] = []

    def top(self) -> Iterator[tuple[str, Setting]]:
        """The settings outside of the functions' sections, by full key."""
        known = {key.id: key for key in KEYS if not key.table}
        for name, plain in self.file.table.items():
            if name in TABLES:
                yield from self._table(name, plain)
            elif name in known:
                yield from self._setting(known[name], plain, (name,))
            elif name not in (FUNCTIONS, SCHEMA_KEY):
                self._wrong((name,), f"there is no such key; {self._hint(name)}")

    def functions(self) -> Iterator[tuple[str, Mapping[str, Setting]]]:
        """The sections of functions, by name."""
        sections = self.file.table.get(FUNCTIONS, {})
        if not isinstance(sections, dict):
            self._wrong(
                (FUNCTIONS,), 'expected tables such as [functions.orders]; to drive a few alone: only = ["orders"]'
            )
            return
        if len(sections) > MOST:
            self._wrong((FUNCTIONS,), f"has more than {MOST:,} sections")
            return
        known = {key.name: key for key in FUNCTION_KEYS}
        for function, section in sections.items():
            path = (FUNCTIONS, function)
            if not isinstance(section, dict):
                self._wrong(path, f"expected a table with the keys of a function: {', '.join(known)}")
                continue
            found: dict[str, Setting] = {}
            for name, plain in section.items():
                if name not in known:
                    self._wrong((*path, name), f"a function has no such key; {nearest_hint(name, known)}")
                else:
                    found.update(self._setting(known[name], plain, (*path, name)))
            yield function, found

    def _table(self, table: str, content: Any) -> Iterator[tuple[str, Setting]]:
        known = {key.name: key for key in KEYS if key.table == table}
        if not isinstance(content, dict):
            self._wrong((table,), f"expected a table with {', '.join(known)}")
            return
        for name, plain in content.items():
            if name in known:
                yield from self._setting(known[name], plain, (table, name))
            else:
                self._wrong((table, name), f"there is no such key; {nearest_hint(name, known)}")

    def _setting(self, key: Key, plain: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Setting]]:
        try:
            value = key.kind.read(plain)
            if key.kind.place is not None:
                value = key.kind.place(value, self.file.path.parent)
        except (Wrong, OSError, RuntimeError) as wrong:
            # A name such as ~nobody is a RuntimeError of pathlib.
            self._wrong(path, str(wrong), getattr(wrong, "at", ""))
            return
        yield key.id, Setting(key=key.id, plain=plain, value=value, origin=self.file.place(*path))

    def _wrong(self, path: tuple[str, ...], text: str, at: str = "") -> None:
        name = ".".join(part if part.isidentifier() else repr(part[:LONGEST_NAME]) for part in path)
        self.mistakes.append(f"{self.file.place(*path)}: {name}{at}: {text}")

    def _hint(self, name: str) -> str:
        names = [key.id for key in KEYS if not key.table] + [*TABLES, FUNCTIONS]
        inner = [key.id for key in KEYS if key.name == name and key.table]
        if inner:
            return f"it belongs into [{inner[0].partition('.')[0]}]"
        hint = nearest_hint(name, names)
        return hint if "did you" in hint else "`fnfuzz config reference` lists all"
