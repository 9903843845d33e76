"""Texts behind escapes: JSON strings, percent-encoding, XML entities, doubled quotes.

A layer knows where each of its characters stands in the text around it, so that an edit touches nothing but its span.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias
from urllib.parse import quote, unquote_to_bytes
from xml.sax.saxutils import escape

__all__ = ["DOUBLED", "ENTITIES", "FORM", "JSON", "PERCENT", "Edit", "Escape", "Layer", "applied", "shifted"]

Edit: TypeAlias = tuple[int, int, str]
"""Replace what is from the first offset up to the second."""

SIGNS: Final = frozenset("@:/,;!*'()~$|{}[]\"=?+")
"""What may stand unescaped in a percent-encoded text, and does if it did before."""


@dataclass(frozen=True, slots=True)
class Escape:
    """``pattern`` finds runs of escapes; ``read`` gives their characters with the width of each; ``write`` escapes a
    text that goes into the place of a part of ``raw``.
    """

    pattern: re.Pattern[str]
    read: Callable[[str], list[tuple[str, int]]]
    write: Callable[[str, str], str]

    def layer(self, raw: str) -> Layer:
        """What stands in ``raw``."""
        chars: list[str] = []
        offsets: list[int] = []
        at = 0
        for match in self.pattern.finditer(raw):
            offsets.extend(range(at, match.start()))
            chars.append(raw[at : match.start()])
            at = match.start()
            for char, width in self.read(match[0]):
                chars.append(char)
                offsets.append(at)
                at += width
            at = match.end()
        if not offsets and not at:
            return Layer(raw, raw, None, self)
        offsets.extend(range(at, len(raw) + 1))
        chars.append(raw[at:])
        return Layer(raw, "".join(chars), offsets, self)


@dataclass(frozen=True, slots=True)
class Layer:
    """``text`` is what ``raw`` says."""

    raw: str
    text: str
    offsets: list[int] | None
    escape: Escape

    def outward(self, edits: Iterable[Edit]) -> list[Edit]:
        """Edits of ``text`` as edits of ``raw``."""
        write, raw, offsets = self.escape.write, self.raw, self.offsets
        if offsets is None:
            return [(start, end, write(new, raw)) for start, end, new in edits]
        return [(offsets[start], offsets[end], write(new, raw)) for start, end, new in edits]


def applied(text: str, edits: list[Edit]) -> str:
    """``text`` after ``edits``, which are in order and do not overlap."""
    parts: list[str] = []
    at = 0
    for start, end, new in edits:
        parts += (text[at:start], new)
        at = end
    return "".join((*parts, text[at:]))


def shifted(edits: Iterable[Edit], by: int) -> list[Edit]:
    """The same edits in a text that has ``by`` characters more in front."""
    return [(start + by, end + by, new) for start, end, new in edits]


PLAIN: Final = {f"\\{sign}": [(char, 2)] for sign, char in zip('"\\/bfnrt', '"\\/\b\f\n\r\t', strict=True)}
"""Most escapes, by far."""


def _read_json(run: str) -> list[tuple[str, int]]:
    if found := PLAIN.get(run):
        return found
    try:
        return [(json.loads(f'"{run}"'), len(run))]
    except ValueError:
        return [(char, 1) for char in run]


def _write_json(text: str, raw: str) -> str:
    return json.dumps(text, ensure_ascii=raw.isascii())[1:-1]


def _read_percent(run: str) -> list[tuple[str, int]]:
    if run == "+":
        return [(" ", 1)]
    text = unquote_to_bytes(run).decode("utf-8", "surrogateescape")
    return [(char, 3 * len(char.encode("utf-8", "surrogateescape"))) for char in text]


def _write_percent(text: str, raw: str) -> str:
    return quote(text, safe="".join(SIGNS.intersection(raw)), errors="surrogateescape")


def _write_form(text: str, raw: str) -> str:
    written = quote(text, safe="".join(SIGNS.intersection(raw) - {"+"}), errors="surrogateescape")
    return written if "%20" in raw else written.replace("%20", "+")


JSON: Final = Escape(
    re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL),
    _read_json,
    _write_json,
)
PERCENT: Final = Escape(re.compile(r"(?:%[0-9A-Fa-f]{2})+"), _read_percent, _write_percent)
FORM: Final = Escape(re.compile(r"(?:%[0-9A-Fa-f]{2})+|\+"), _read_percent, _write_form)
ENTITIES: Final = Escape(
    re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{1,32});"),
    lambda run: [(html.unescape(run)[:1] or " ", len(run))],
    lambda text, raw: escape(text, {'"': "&quot;"}),
)
DOUBLED: Final = Escape(re.compile('""'), lambda run: [('"', 2)], lambda text, raw: text.replace('"', '""'))
