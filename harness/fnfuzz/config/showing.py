"""Every value in force for one command, and where it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fnfuzz.config.keys import Key, keys_of
from fnfuzz.config.model import Configuration, Setting

__all__ = ["Shown", "rows"]

DEFAULT, COMMAND_LINE = "default", "command line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """``value`` is None where nothing is set; ``default`` says then what holds. ``origin`` is a place in a file, the
    name of a variable, ``command line`` or ``default``.
    """

    key: str
    value: Any
    origin: str
    default: str = ""

    @property
    def text(self) -> str:
        """The value as TOML has it; that of a default as the reference tells it."""
        return toml(self.value) if self.origin != DEFAULT else self.default or "not set"


def rows(
    command: str, configuration: Configuration, used: Mapping[str, Setting], on_command_line: Mapping[str, Any]
) -> Iterator[Shown]:
    """One row for each key that the command takes, then the sections of the functions. ``on_command_line`` has the
    parameters that were given there. Values of variables that a file refers to are not told.
    """
    for key in keys_of(command):
        yield _row(key, used, on_command_line)
    for name, section in configuration.functions.items():
        for setting in section.values():
            yield Shown(key=f"functions.{_bare(name)}.{setting.key}", value=setting.plain, origin=setting.origin)


def _row(key: Key, used: Mapping[str, Setting], given: Mapping[str, Any]) -> Shown:
    told = {param: given[param] for param in key.params if param in given}
    if told:
        return Shown(key=key.id, value=_from_params(key, told), origin=COMMAND_LINE)
    if key.id in used:
        return Shown(key=key.id, value=used[key.id].plain, origin=used[key.id].origin)
    rivals = [param for param in key.rivals if param in given]
    silent = f"not set, because of --{rivals[0].replace('_', '-')}" if rivals else key.default
    return Shown(key=key.id, value=None, origin=DEFAULT, default=silent)


def _from_params(key: Key, told: Mapping[str, Any]) -> Any:
    if key.param:
        value = told[key.param]
        return key.kind.parse(value) if isinstance(value, str) and key.kind.parse is not None else value
    values = [value for value, param in key.flags.items() if told.get(param)]
    return values[0] if values else None


def toml(value: Any) -> str:
    """A plain value as one line of TOML, in pure ASCII."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_bare(str(name))} = {toml(item)}" for name, item in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for halves of surrogate pairs, which TOML cannot hold, and for DEL.
        return _escaped(value)
    return json.dumps(value)


def _escaped(text: str) -> str:
    return '"' + "".join(_letter(letter) for letter in text) + '"'


def _letter(letter: str) -> str:
    if letter < "\x7f":
        return json.dumps(letter)[1:-1]
    return f"\\u{ord(letter):04x}" if letter < "\U00010000" else f"\\U{ord(letter):08x}"


def _bare(name: str) -> str:
    return name if re.fullmatch("[A-Za-z0-9_-]+", name) else toml(name)
