"""How the Functions host quotes values for a custom handler, and how message members get into Metadata.

Source: azure-functions.md 3.1. Bytes travel as base64 and dates as ISO text, both as plain JSON strings; objects as
objects; everything else as JSON text inside a JSON string. Metadata is a map whose keys have no case: a later value
replaces an earlier one, and the first spelling stays.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from fnfuzz.contracts import newtonsoft
from fnfuzz.contracts.dotnet import fold, scalar_text

__all__ = ["Metadata", "base64_text", "hoisted", "quoted", "text_of"]

HOIST_DEPTH = 64
"""What the JSON library allows by default; a message nested more deeply is not looked into."""

DIGITS = bytes(ord("0") if chr(code).isdecimal() else ord(" ") for code in range(128)) + b" " * 128
MANY_DIGITS = b"0" * 19
"""As many digits in a row may be more than orjson reads exactly. Looked for without a regex: that takes ten times as
long, and every event is looked at.
"""

ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T")

BOMS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


class Metadata:
    """The Metadata map of one invocation while it is filled; values are in their wire form, None for null."""

    __slots__ = ("_spelling", "_values")

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values
        self._spelling = dict(zip(_folded(tuple(values)), values, strict=True)) if values else {}

    def put(self, key: str, value: object) -> None:
        """Set ``key`` in any case, keeping the first spelling and the place."""
        self._values[self._spelling.setdefault(fold(key), key)] = value

    def put_all(self, members: Iterable[tuple[str, object]]) -> None:
        """``put`` each of ``members`` in turn."""
        for key, value in members:
            self.put(key, value)

    def put_new(self, key: str, value: object) -> None:
        """Set ``key`` unless it is there in any case."""
        if fold(key) not in self._spelling:
            self.put(key, value)

    def wire(self) -> dict[str, Any]:
        """What the host sends of it: no nulls, and no key that ends in ``trigger``."""
        return {
            key: value for key, value in self._values.items() if value is not None and key[-7:].lower() != "trigger"
        }


@lru_cache(maxsize=64)
def _folded(keys: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(fold, keys))


def quoted(text: str) -> str:
    """JSON text of ``text``; inside a JSON document it becomes the well-known double encoding."""
    return newtonsoft.escaped(text)


def base64_text(content: bytes) -> str:
    """How bytes travel: base64, encoded once."""
    return base64.b64encode(content).decode("ascii")


def text_of(content: bytes) -> str:
    """Bytes read as text: UTF-8, or what a byte order mark says; what is invalid becomes U+FFFD."""
    try:
        if content[:1] not in (b"\xef", b"\xff", b"\xfe", b"\x00"):
            return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("utf-8", "replace")
    for bom, encoding in BOMS:
        if content.startswith(bom):
            return _without_surrogates(content[len(bom) :].decode(encoding, "replace"))
    return content.decode("utf-8", "replace")


def hoisted(text: str) -> list[tuple[str, object]]:
    """The members that ``text`` adds to Metadata, in wire form; none unless it looks like a JSON object and is one.

    Scalars become strings first (``7``, ``True``, ``03/11/2025 09:15:00``) and are then quoted; nulls and arrays stay
    away.
    """
    text = text.strip()
    if not (text.startswith("{") and text.endswith("}")):
        return []
    document, plain = _document(text)
    if not isinstance(document, dict):
        return []
    plain = plain and not _has_dates(text)
    members: list[tuple[str, object]] = []
    for key, value in document.items():
        if isinstance(value, dict):
            members.append((key, value if plain else orjson.Fragment(newtonsoft.write(value))))
        elif value is not None and not isinstance(value, list):
            members.append((key, newtonsoft.escaped(scalar_text(value))))
    return members


def _document(text: str) -> tuple[object, bool]:
    """The value of ``text``, and whether orjson read it and can write it; None for what the host cannot read."""
    if MANY_DIGITS not in text.encode().translate(DIGITS):
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError:
            pass
        else:
            shallow = text.count("{") + text.count("[") <= HOIST_DEPTH or newtonsoft.depth(value) <= HOIST_DEPTH
            return (value if shallow else None), True
    try:
        reading = newtonsoft.read(text, HOIST_DEPTH)
    except newtonsoft.JsonReaderError:
        return None, False
    return (None if reading.trailing else reading.value), False


def _has_dates(text: str) -> bool:
    """May there be a date in it, which the host writes in its own way?"""
    return "/Date(" in text or ("T" in text and "-" in text and ISO_DATE.search(text) is not None)


def _without_surrogates(text: str) -> str:
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
