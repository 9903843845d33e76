"""The place that a host gives its handler: on which ports it expects it, and what the real handler is told instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fnfuzz.host.environment import AZURE_LEGACY_PORT, AZURE_PORT, FC_PORTS

__all__ = ["FC_DEFAULT_PORT", "Door", "doors_of", "handler_command", "handler_environment", "moved"]

KEY_VARIABLE: Final = "FNFUZZ_REDACTION_KEY"
"""Named again here, so that the relay needs no redaction; a test compares."""

FC_DEFAULT_PORT: Final = 9000
"""Where Function Compute expects the handler when nothing says otherwise (alibaba-fc.md 2)."""

VARIABLES: Final = (AZURE_PORT, AZURE_LEGACY_PORT, *reversed(FC_PORTS))
"""The variables in which a host names the port, the one to believe in first (azure-functions.md 2,
alibaba-fc.md 1.4)."""


@dataclass(frozen=True, slots=True)
class Door:
    """The host comes to ``outer``; the real handler is told to listen on ``inner``."""

    outer: int
    inner: int = 0
    variables: tuple[str, ...] = ()


def doors_of(environment: Mapping[str, str], port: int | None = None) -> tuple[Door, ...]:
    """Where the host expects the handler; none without any sign of a host that speaks HTTP.

    ``port`` overrules the environment. Two hosts may each have named a port of their own, as ``fnfuzz run`` does to
    find out the contract. Raises ValueError for a variable that holds no port.
    """
    given = [name for name in VARIABLES if environment.get(name)]
    if port is not None:
        return (Door(port, variables=tuple(given)),)
    found: dict[int, Door] = {}
    for name in given:
        number = _port(name, environment[name])
        door = found.get(number, Door(number))
        found[number] = replace(door, variables=(*door.variables, name))
    if not found and any(name.startswith("FC_") for name in environment):
        return (Door(FC_DEFAULT_PORT, variables=FC_PORTS),)
    return tuple(found.values())


def _port(name: str, value: str) -> int:
    text = value.strip()
    if not (text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) < 65536):
        raise ValueError(f"{name} holds {value!r}, which is no port; mend it, or give --port")
    return int(text)


def moved(doors: Sequence[Door], inner: Sequence[int]) -> tuple[Door, ...]:
    """The doors with the ports of the real handler."""
    return tuple(replace(door, inner=number) for door, number in zip(doors, inner, strict=True))


def handler_environment(environment: Mapping[str, str], doors: Sequence[Door]) -> dict[str, str]:
    """What the real handler inherits: everything, with its own port wherever the host named the one of the door.

    ``PORT`` is no host's variable, but start scripts copy the port into it. The key for redaction is left out.
    """
    told = {name: value for name, value in environment.items() if name != KEY_VARIABLE}
    for door in doors:
        told.update(dict.fromkeys(door.variables, str(door.inner)))
        if environment.get("PORT") == str(door.outer):
            told["PORT"] = str(door.inner)
    return told


def handler_command(words: Sequence[str], doors: Sequence[Door]) -> tuple[str, ...]:
    """The real handler's command: ``{port}`` stands for its port, and so does the door's port where a word is that port
    or ends with it after ``=`` or ``:`` (the host has put it there: azure-functions.md 2).
    """
    return tuple(_word(word, doors) for word in words)


def _word(word: str, doors: Sequence[Door]) -> str:
    if doors and "{port}" in word:
        return word.replace("{port}", str(doors[0].inner))
    for door in doors:
        outer = str(door.outer)
        if word == outer or word.endswith((f"={outer}", f":{outer}")):
            return word.removesuffix(outer) + str(door.inner)
    return word
