"""The kinds of values that keys have: how one is checked, what a message says is expected, and its JSON schema."""

from __future__ import annotations

import difflib
import math
import os
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

__all__ = [
    "COMMAND",
    "COMMANDS",
    "CONTRACT",
    "FILE",
    "FILES",
    "FLAG",
    "HEADERS",
    "IGNORED",
    "NAMES",
    "NUMBER",
    "REPORT",
    "REPORTS",
    "SHIPPED",
    "SIZE",
    "TIME",
    "VARIABLES",
    "Kind",
    "Wrong",
    "choice",
    "count",
    "nearest_hint",
    "seconds_of",
    "size_of",
]

LONGEST: Final = 65536
"""Characters of one text."""

MOST: Final = 1000
"""Entries of one list or table."""

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?|\.\d{1,6})\s*(ms|s|m|h|)")
_SIZES = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_SIZE = re.compile(r"(\d{1,9})\s*([kmg]?)(?:i?b)?")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}")
_CONTRACT = re.compile(r"[a-z][a-z0-9-]{0,31}")
_VARIABLE = re.compile(r"[^=\x00-\x1f\x7f]{1,1024}")

CONTRACTS: Final = ("azure-http", "azure-forward", "azure-stdio", "fc-event", "fc-web")
"""Named again here, so that no codec is imported; a test compares."""

FRAMING: Final = ("connection", "content-length", "expect", "host", "te", "trailer", "transfer-encoding", "upgrade")
OF_HOSTS: Final = ("x-azure-functions-", "x-fc-")
OF_START: Final = (
    "FUNCTIONS_CUSTOMHANDLER_PORT",
    "FUNCTIONS_HTTPWORKER_PORT",
    "FC_SERVER_PORT",
    "FC_CUSTOM_LISTEN_PORT",
    "FNFUZZ_RUN",
    "FNFUZZ_INSTANCE",
)
"""Variables that are new at each start of the handler."""


class Wrong(ValueError):
    """A value that is not taken; the text says why, or what is expected. ``at`` leads on from the key to it."""

    def __init__(self, text: str, at: str = "") -> None:
        super().__init__(text)
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """``name`` is told in the reference, ``expected`` in messages. ``read`` checks a plain value of TOML.

    ``parse`` makes the plain value of a variable's text, None where no variable can hold one. ``place`` makes names of
    files absolute. Both and ``read`` raise Wrong.
    """

    name: str
    expected: str
    schema: Mapping[str, Any]
    read: Callable[[Any], Any]
    parse: Callable[[str], Any] | None = None
    place: Callable[[Any, Path], Any] | None = None


def seconds_of(text: str) -> float | None:
    """A time such as 30, 30s, 500ms, 5m or 1h in seconds; None for anything else, and for no time at all."""
    match = _DURATION.fullmatch(text.strip().lower())
    number = float(match[1]) * _UNITS[match[2]] if match else 0.0
    return number if number > 0 else None


def size_of(text: str) -> int | None:
    """A size such as 64k, 16m or 1g in bytes; None for anything else."""
    match = _SIZE.fullmatch(text.strip().lower())
    return int(match[1]) * _SIZES[match[2]] if match else None


def nearest_hint(name: str, known: Iterable[str]) -> str:
    """``did you mean max_time?``, or all that there are."""
    names = list(known)
    near = difflib.get_close_matches(name[:200], names, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(names)}"


# -- reading


def _text(plain: Any) -> str:
    if not isinstance(plain, str):
        raise Wrong(f"expected a text, not {_told(plain)}")
    if len(plain) > LONGEST:
        raise Wrong(f"the text is longer than {LONGEST:,} characters")
    if "\x00" in plain:
        raise Wrong("the text holds a NUL character")
    return plain


def _filled(plain: Any) -> str:
    text = _text(plain)
    if not text.strip():
        raise Wrong("the text is empty")
    return text


def _is_number(plain: Any) -> bool:
    return isinstance(plain, (int, float)) and not isinstance(plain, bool)


def _time(plain: Any) -> str:
    # The text of the option, which reads it again: a number of TOML is one of seconds.
    text = f"{plain:.6f}" if _is_number(plain) and 0 < plain < 1e9 else plain
    if not isinstance(text, str) or seconds_of(text) is None:
        raise Wrong(f"expected {TIME.expected}, not {_told(plain)}")
    return text.rstrip("0").rstrip(".") if text is not plain else text


def _size(plain: Any) -> str:
    text = str(plain) if isinstance(plain, int) and not isinstance(plain, bool) and 0 <= plain < 1e9 else plain
    if not isinstance(text, str) or size_of(text) is None:
        raise Wrong(f"expected {SIZE.expected}, not {_told(plain)}")
    return text


def _flag(plain: Any) -> bool:
    if not isinstance(plain, bool):
        raise Wrong(f"expected {FLAG.expected}, not {_told(plain)}")
    return plain


def _number(plain: Any) -> float:
    if not _is_number(plain) or not 0.001 <= plain < math.inf:
        raise Wrong(f"expected {NUMBER.expected}, not {_told(plain)}")
    return float(plain)


def _list(plain: Any, what: str) -> list[Any]:
    if not isinstance(plain, list):
        raise Wrong(f"expected {what}, not {_told(plain)}")
    if len(plain) > MOST:
        raise Wrong(f"has more than {MOST:,} entries")
    return plain


def _table(plain: Any, what: str) -> dict[str, Any]:
    if not isinstance(plain, dict):
        raise Wrong(f"expected {what}, not {_told(plain)}")
    if len(plain) > MOST:
        raise Wrong(f"has more than {MOST:,} entries")
    return plain


def _each(items: Iterable[Any], read: Callable[[Any], Any]) -> tuple[Any, ...]:
    found = []
    for number, item in enumerate(items):
        try:
            found.append(read(item))
        except Wrong as wrong:
            raise Wrong(str(wrong), f"[{number}]{wrong.at}") from wrong
    return tuple(found)


def _names(plain: Any) -> tuple[str, ...]:
    return _each(_list(plain, NAMES.expected), _filled)


def _words(plain: Any) -> tuple[str, ...]:
    if isinstance(plain, list) and not plain:
        raise Wrong("the command is empty")
    words = _each(_list(plain, COMMAND.expected), _text)
    if not words[0].strip():
        raise Wrong("the text is empty", "[0]")
    return words


def _commands(plain: Any) -> tuple[tuple[str, ...], ...]:
    found = _list(plain, COMMANDS.expected)
    if found and all(isinstance(item, str) for item in found):
        return (_words(found),)
    return _each(found, _words)


def _contract(plain: Any) -> str:
    text = _text(plain)
    near = difflib.get_close_matches(text[:200], CONTRACTS, 1)
    if text in CONTRACTS or (_CONTRACT.fullmatch(text) and not near):
        return text
    raise Wrong(f"expected {CONTRACT.expected}, not {_told(plain)}{f'; did you mean {near[0]}?' if near else ''}")


def _reports(plain: Any) -> tuple[str, ...]:
    return _each(_list(plain, REPORTS.expected), _filled)


def _variables(plain: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _table(plain, VARIABLES.expected).items():
        if _VARIABLE.fullmatch(name) is None:
            raise Wrong("is no name of a variable", f".{name[:200]}")
        if name in OF_START:
            raise Wrong("is made by the host for each start, and cannot be set", f".{name}")
        found[name] = _inside(value, f".{name}", _text)
    return found


def _headers(plain: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in _table(plain, HEADERS.expected).items():
        lower = name.lower()
        if _HEADER.fullmatch(name) is None:
            raise Wrong("is no name of a header", f".{name[:200]}")
        if lower in FRAMING or lower.startswith(OF_HOSTS):
            raise Wrong("is made by the host for each request, and cannot be set", f".{name}")
        if lower in (item.lower() for item in found):
            raise Wrong("comes twice", f".{name}")
        found[name] = _inside(value, f".{name}", header_value)
    return found


def header_value(plain: Any) -> str:
    """A text that a header can hold. Raises Wrong."""
    text = _text(plain)
    if not all(letter == "\t" or (letter.isprintable() and ord(letter) < 256) for letter in text):
        raise Wrong("a header holds letters of Latin-1 alone, and no line breaks")
    return text


def _ignored(plain: Any) -> tuple[dict[str, str], ...]:
    return _each(_list(plain, IGNORED.expected), _one_ignored)


def _one_ignored(plain: Any) -> dict[str, str]:
    found = _table(plain, 'a table such as {rule = "...", reason = "..."}')
    for name in found:
        if name not in _IGNORED_KEYS:
            raise Wrong(f"there is no such key; {nearest_hint(name, _IGNORED_KEYS)}", f".{name[:200]}")
    for name in ("rule", "reason"):
        if name not in found:
            raise Wrong(f"{name} is missing: {_IGNORED_KEYS[name]}")
    return {name: _inside(value, f".{name}", _filled) for name, value in found.items()}


def _inside(plain: Any, at: str, read: Callable[[Any], str]) -> str:
    try:
        return read(plain)
    except Wrong as wrong:
        raise Wrong(str(wrong), f"{at}{wrong.at}") from wrong


_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "a table",
}


def _told(plain: Any) -> str:
    """A plain value as a message names it: short ones as they are."""
    if isinstance(plain, str):
        return repr(plain if len(plain) <= 60 else f"{plain[:57]}...")
    if isinstance(plain, bool):
        return str(plain).lower()
    if isinstance(plain, float) or (isinstance(plain, int) and abs(plain) < 10**15):
        return f"{plain}"
    return _KINDS.get(type(plain), "a date or time")


# -- from the text of a variable


def _parsed_number(text: str) -> int | float | str:
    try:
        return int(text) if len(text) < 20 else text
    except ValueError:
        return text


def _parsed_float(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _parsed_flag(text: str) -> bool | str:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    return known.get(text.strip().lower(), text)


def _parsed_words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError as error:
        raise Wrong(f"expected words as for a shell, and {error}") from error


# -- places of files


def _absolute(value: str, folder: Path) -> str:
    return value if value.startswith(SHIPPED) else os.path.normpath(folder / Path(value).expanduser())


def _all_absolute(values: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    return tuple(_absolute(value, folder) for value in values)


def _absolute_report(value: str, folder: Path) -> str:
    name, sign, path = value.partition("=")
    return f"{name}={_absolute(path, folder)}" if path else f"{name}{sign}"


def _absolute_reports(values: tuple[str, ...], folder: Path) -> tuple[str, ...]:
    return tuple(_absolute_report(value, folder) for value in values)


# -- the kinds

SHIPPED = "shipped:"
"""Begins the name of a corpus that comes with fnfuzz."""

_SHORT: Mapping[str, Any] = {"type": "string", "maxLength": LONGEST}
_FILLED: Mapping[str, Any] = {**_SHORT, "pattern": r"\S"}
_WORDS_SCHEMA: Mapping[str, Any] = {"type": "array", "minItems": 1, "maxItems": MOST, "items": _SHORT}

TIME = Kind(
    name="time",
    expected="a time such as 30s, 500ms, 5m or 1h, or a number of seconds",
    schema={
        "anyOf": [
            {"type": "string", "pattern": r"^\s*(\d{1,9}(\.\d{1,6})?|\.\d{1,6})\s*([mM][sS]|[sSmMhH]|)\s*$"},
            {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1e9},
        ]
    },
    read=_time,
    parse=str,
)
SIZE = Kind(
    name="size",
    expected="a size such as 64k, 16m or 1g, or a number of bytes",
    schema={
        "anyOf": [
            {"type": "string", "pattern": r"^\s*\d{1,9}\s*[kmgKMG]?([iI]?[bB])?\s*$"},
            {"type": "integer", "minimum": 0, "exclusiveMaximum": 1e9},
        ]
    },
    read=_size,
    parse=str,
)
FLAG = Kind(name="true or false", expected="true or false", schema={"type": "boolean"}, read=_flag, parse=_parsed_flag)
NUMBER = Kind(
    name="number",
    expected="a number of at least 0.001",
    schema={"type": "number", "minimum": 0.001},
    read=_number,
    parse=_parsed_float,
)
REPORT = Kind(
    name="FORMAT=PATH",
    expected="a text such as json=report.json",
    schema=_FILLED,
    read=_filled,
    parse=str,
    place=_absolute_report,
)
FILE = Kind(
    name="file name",
    expected="the name of a file or folder",
    schema=_FILLED,
    read=_filled,
    parse=str,
    place=_absolute,
)
NAMES = Kind(
    name="list of texts",
    expected="a list of texts",
    schema={"type": "array", "maxItems": MOST, "items": _FILLED},
    read=_names,
    parse=_parsed_words,
)
FILES = replace(NAMES, name="list of file names", place=_all_absolute)
REPORTS = Kind(
    name="list of FORMAT=PATH",
    expected='a list such as ["json=report.json"]',
    schema={"type": "array", "maxItems": MOST, "items": _FILLED},
    read=_reports,
    parse=_parsed_words,
    place=_absolute_reports,
)
COMMAND = Kind(
    name="list of words",
    expected='a list of words such as ["python", "app.py"]; nothing goes through a shell',
    schema=_WORDS_SCHEMA,
    read=_words,
    parse=_parsed_words,
)
COMMANDS = Kind(
    name="command, or list of commands",
    expected='a command as a list of words such as ["make", "seed"], or a list of such; nothing goes through a shell',
    schema={
        "anyOf": [
            _WORDS_SCHEMA,
            {"type": "array", "maxItems": MOST, "items": _WORDS_SCHEMA},
        ]
    },
    read=_commands,
)
VARIABLES = Kind(
    name="table of texts",
    expected='a table such as {DATABASE = "test"}',
    schema={
        "type": "object",
        "maxProperties": MOST,
        "propertyNames": {"pattern": r"^[^=\u0000-\u001f\u007f]{1,1024}$", "not": {"enum": list(OF_START)}},
        "additionalProperties": _SHORT,
    },
    read=_variables,
)
HEADERS = Kind(
    name="table of texts",
    expected='a table such as {Authorization = "Bearer ${TOKEN}"}',
    schema={
        "type": "object",
        "maxProperties": MOST,
        "propertyNames": {"pattern": r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,256}$"},
        "additionalProperties": {**_SHORT, "pattern": r"^[\t -~\u00a1-\u00ac\u00ae-\u00ff]*$"},
    },
    read=_headers,
)
CONTRACT = Kind(
    name="name of a contract",
    expected=f"one of {', '.join(CONTRACTS)}, or the name of an extension's contract",
    schema={"anyOf": [{"enum": list(CONTRACTS)}, {"type": "string", "pattern": r"^[a-z][a-z0-9-]{0,31}$"}]},
    read=_contract,
    parse=str,
)
_IGNORED_KEYS: Mapping[str, str] = {
    "rule": "the rule's id, as `fnfuzz rules` lists it",
    "reason": "why its findings are no bugs here, for those who read it later",
    "place": "only findings whose place fits this pattern; * and ? as in file names",
}
IGNORED = Kind(
    name="list of tables",
    expected='a list such as [{rule = "...", reason = "..."}]',
    schema={
        "type": "array",
        "maxItems": MOST,
        "items": {
            "type": "object",
            "required": ["rule", "reason"],
            "additionalProperties": False,
            "properties": {name: {**_FILLED, "description": text} for name, text in _IGNORED_KEYS.items()},
        },
    },
    read=_ignored,
)


def choice(*known: str) -> Kind:
    """One of some texts."""
    names = ", ".join(known)

    def read(plain: Any) -> str:
        if plain not in known:
            hint = f"; {nearest_hint(plain, known)}" if isinstance(plain, str) else ""
            raise Wrong(f"expected one of {names}, not {_told(plain)}{hint if 'did you' in hint else ''}")
        return str(plain)

    return Kind(name="one of " + names, expected=f"one of {names}", schema={"enum": list(known)}, read=read, parse=str)


def count(least: int, most: int | None = None) -> Kind:
    """A whole number with its bounds."""
    expected = f"a whole number from {least} to {most:,}" if most else f"a whole number of at least {least}"

    def read(plain: Any) -> int:
        whole = isinstance(plain, int) and not isinstance(plain, bool)
        if not whole or plain < least or (most is not None and plain > most):
            raise Wrong(f"expected {expected}, not {_told(plain)}")
        return int(plain)

    schema: dict[str, Any] = {"type": "integer", "minimum": least}
    if most is not None:
        schema["maximum"] = most
    return Kind(name="whole number", expected=expected, schema=schema, read=read, parse=_parsed_number)
