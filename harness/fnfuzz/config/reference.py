"""The reference of all keys as Markdown, and a file to begin with; made from the table of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fnfuzz.config.keys import FUNCTION_KEYS, KEYS, TABLES, Key

__all__ = ["markdown"]


def markdown() -> str:
    """The tables of docs/configuration.md."""
    return "\n".join(_lines()).rstrip() + "\n"


def _lines() -> Iterator[str]:
    yield "### At the top\n"
    yield from _table(key for key in KEYS if not key.table)
    for name, text in TABLES.items():
        yield f"### `[{name}]`\n\n{text}\n"
        yield from _table(key for key in KEYS if key.table == name)
    yield "### `[functions.NAME]`\n\nFor one function alone.\n"
    yield "| key | value | |"
    yield "|---|---|---|"
    for key in FUNCTION_KEYS:
        yield f"| `{key.name}` | {key.kind.name} | {_cell(key)} |"
    yield ""


def _table(keys: Iterable[Key]) -> Iterator[str]:
    yield "| key | value | option | variable | commands | |"
    yield "|---|---|---|---|---|---|"
    for key in keys:
        option = ", ".join(f"`{name}`" for name in key.option.split(", ") if name)
        variable = f"`{key.variable}`" if key.variable else ""
        commands = ", ".join(key.commands)
        yield f"| `{key.name}` | {key.kind.name} | {option} | {variable} | {commands} | {_cell(key)} |"
    yield ""


def _cell(key: Key) -> str:
    default = f" Default: {key.default}." if key.default else ""
    return f"{key.help}{default}".replace("|", "\\|")
