"""Finds what to replace in a text of any format, and inside whatever is wrapped in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from fnfuzz.corpus.redaction.checksums import is_card
from fnfuzz.corpus.redaction.content import redacted_bytes
from fnfuzz.corpus.redaction.credentials import STRUCTURED, jwt_edits
from fnfuzz.corpus.redaction.csv_text import csv_edits
from fnfuzz.corpus.redaction.defaults import CLAIMS_KEPT
from fnfuzz.corpus.redaction.encoded import TOKEN, base64_text, to_base64
from fnfuzz.corpus.redaction.form_text import form_edits, is_form
from fnfuzz.corpus.redaction.free_text import free_edits
from fnfuzz.corpus.redaction.json_text import json_edits
from fnfuzz.corpus.redaction.layers import Edit, applied
from fnfuzz.corpus.redaction.multipart import multipart_edits
from fnfuzz.corpus.redaction.rules import RedactionRules
from fnfuzz.corpus.redaction.shape_spans import shape_spans
from fnfuzz.corpus.redaction.shapes import CARD, JWT
from fnfuzz.corpus.redaction.standins import KINDS, StandIns
from fnfuzz.corpus.redaction.suspicion import Suspicion, parts_of
from fnfuzz.corpus.redaction.xml_text import xml_edits

__all__ = ["Finder", "Note"]

Replaced: TypeAlias = dict[str, tuple[str, str]]
"""Stand-ins and their kinds, by what they took the place of."""

DEEPEST: Final = 24
"""Wrappings inside of each other; what is deeper goes as a whole."""

PLACEHOLDERS: Final = frozenset({"true", "false", "null", "none", "undefined", "nil", "n/a", "yes", "no"})

NETWORK: Final = re.compile(
    r"(?:\d{1,3}\.){3}\d{1,3}(?::\d+)?|\[?[0-9a-f:]*::[0-9a-f:]*\]?(?::\d+)?|localhost(?::\d+)?", re.ASCII
)
"""Where a machine is to be found, which is no one's address."""

COLUMNS: Final = re.compile(r" *[,;\t|] *")
COLUMN: Final = re.compile(r"[^\W\d][\w.\[\]-]{0,40}(?: [\w.-]{1,20}){0,2}")
HEADER_LINE: Final = re.compile(r"[^\r\n]{1,4096}\r?\n")


@dataclass(frozen=True, slots=True)
class Note:
    """What a rule does at a place: the kind of stand-in, and how many characters it takes the place of."""

    place: str
    rule: str
    kind: str
    length: int


class Finder(Suspicion):
    """The rules at work. ``suspicious`` is a quick no for most texts; ``find`` and ``value`` give the edits.

    While ``noting``, each replacement is put into ``notes`` with the ``trail`` of places that leads to it. ``replaced``
    collects what was replaced by what, and as what kind; ``left_out`` counts what was not kept as a whole; ``pairs``
    remembers what became of a header and the like, of which most come again with each record.
    """

    def __init__(self, rules: RedactionRules, stand_ins: StandIns) -> None:
        super().__init__(rules)
        self.stand_ins = stand_ins
        self.noting = False
        self.trail: list[str] = []
        self.notes: list[Note] = []
        self.replaced: Replaced = {}
        self.left_out = 0
        self.pairs: dict[object, tuple[tuple[str, str], Replaced]] = {}

    def begin(self) -> None:
        """Forget what belongs to the last record."""
        super().begin()
        self.replaced.clear()
        self.left_out = 0

    def passes_on(self, rule: str, neutral: bool, name: str) -> bool:
        """Does the rule for an object apply to its member ``name``?"""
        return name not in CLAIMS_KEPT if rule == "claims" else not neutral

    def find(self, text: str, depth: int = 0) -> list[Edit]:
        """What to replace in ``text``, in order."""
        if depth > DEEPEST:
            return self._marked(text)
        start = text.lstrip("\ufeff \t\r\n")[:1]
        # Columns may be quoted; of a table no line but a header looks like JSON.
        if start and start in '{["' and not (start == '"' and self._table(text)):
            edits = json_edits(self, text, depth)
            if edits is not None:
                return edits
        elif start == "<":
            edits = xml_edits(self, text, depth)
            if edits is not None:
                return edits
        elif start == "-" and (edits := multipart_edits(self, text, depth)) is not None:
            return edits
        elif is_form(text):
            return form_edits(self, text, depth)
        return free_edits(self, text, depth, csv_edits(self, text, depth) if self._table(text) else [])

    def redacted(self, text: str, depth: int = 0) -> str:
        """``text`` with everything replaced that is to be replaced."""
        return applied(text, self.find(text, depth)) if self.suspicious(text) else text

    def _table(self, text: str) -> bool:
        """Does the first of several lines name columns?"""
        line = HEADER_LINE.match(text)
        if line is None:
            return False
        names = COLUMNS.split(line[0].strip('\ufeff" \r\n').replace('"', ""))
        return any(self.rule_of(name) not in ("", "keep") for name in names if COLUMN.fullmatch(name))

    def value(self, text: str, rule: str, depth: int = 0) -> list[Edit]:
        """What to replace in ``text``, the value of something whose name tells that it is to be replaced."""
        if rule == "keep" or text.strip().lower() in PLACEHOLDERS:
            return []
        if depth > DEEPEST:
            return self._marked(text)
        start = text.lstrip()[:1]
        if start and start in '{["' and len(text) > 1:
            edits = json_edits(self, text, depth, rule)
            if edits:
                return edits
        if rule == "claims":
            identifier, kind = "claims", "secret"
        else:
            identifier, _, kind = rule.rpartition(":")
        if kind == "words" and NETWORK.fullmatch(text):
            return []
        structured = STRUCTURED.get(kind)
        if structured is not None:
            return structured(self, text, identifier, depth)
        if JWT.fullmatch(text.strip()):
            return jwt_edits(self, text, identifier, depth)
        wrapped = self._wrapped_value(text, kind, depth)
        return wrapped if wrapped is not None else self._plain_value(text, identifier, kind)

    def replace(self, text: str, identifier: str, kind: str) -> str:
        """The stand-in of ``text``."""
        new = self.stand_ins.of(kind, text)
        self.replaced[text] = new, kind
        if self.noting:
            self.note(identifier, kind, len(text))
        return new

    def again(self, text: str) -> str:
        """The stand-in of a known text where nothing but the text itself tells of it."""
        if self.noting:
            self.note("known", "known", len(text))
        return self.replaced[text][0]

    def note(self, identifier: str, kind: str, length: int) -> None:
        """Write down that a rule did something at the present place."""
        place, *inner = self.trail or [""]
        keys = [key for key in inner if key]
        self.notes.append(Note(place + (f" {'.'.join(keys)}" if keys else ""), identifier, kind, length))

    def number(self, word: str, rule: str) -> str:
        """The stand-in of a JSON number under a telling name: a number."""
        identifier, _, kind = rule.rpartition(":")
        return self.replace(word, identifier, kind if kind in ("phone", "date") else "digits")

    def number_of_card(self, word: str) -> str:
        """A JSON number that is a card's gets a stand-in."""
        if 13 <= len(word) <= 19 and self.rules.on("card") and CARD.fullmatch(word) and is_card(word):
            return self.replace(word, "card", "digits")
        return word

    def base64_edits(self, token: str, depth: int) -> list[Edit]:
        """Edits of a text that may be base64, or of those parts of it that are."""
        edits: list[Edit] = []
        for start, part in parts_of(token):
            if edits and start < edits[-1][1]:
                continue
            inside = self.inside(part)
            if inside is None:
                continue
            data = inside if isinstance(inside, bytes) else inside.encode("utf-8", "surrogatepass")
            changed = (
                redacted_bytes(self, inside, depth + 1)
                if isinstance(inside, bytes)
                else applied(inside, self.find(inside, depth + 1)).encode("utf-8", "surrogatepass")
            )
            if changed != data:
                edits.append((start, start + len(part), to_base64(changed, part)))
        return edits

    def _wrapped_value(self, text: str, kind: str, depth: int) -> list[Edit] | None:
        """A value that is base64 of something with secrets of its own keeps being that."""
        token = TOKEN.fullmatch(text)
        if token is None or kind == "digits" or base64_text(text) is None:
            return None
        edits = self.base64_edits(text, depth)
        return edits if edits == [(0, len(text), edits[0][2] if edits else "")] else None

    def _plain_value(self, text: str, identifier: str, kind: str) -> list[Edit]:
        if kind not in KINDS:
            kind = "secret"
        if kind == "secret":
            return [(0, len(text), self.replace(text, identifier, kind))]
        edits: list[Edit] = []
        at = 0
        for start, end, shape in [*shape_spans(self.shapes, text, ("email",)), (len(text), len(text), "")]:
            if text[at:start].strip():
                edits.append((at, start, self.replace(text[at:start], identifier, kind)))
            if shape:
                edits.append((start, end, self.replace(text[start:end], identifier, shape)))
            at = end
        return edits

    def _marked(self, text: str) -> list[Edit]:
        if len(text) < 4:
            return []
        self.note_size("depth", len(text))
        digest = self.stand_ins.digest(text.encode("utf-8", "surrogatepass"))
        return [(0, len(text), f"[fnfuzz: {len(text)} characters not kept, wrapped too deeply; {digest}]")]

    def note_size(self, kind: str, length: int) -> None:
        """Something was left out as a whole."""
        self.left_out += 1
        if self.noting:
            self.note("size", kind, length)
