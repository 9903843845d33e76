"""Edits in JSON: values are found in the text itself, so that everything else keeps its bytes.

Reads what is cut off in the middle, several values in a row, and any depth of brackets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fnfuzz.corpus.redaction.layers import JSON, Edit, shifted
from fnfuzz.corpus.redaction.standins import normal_number

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["json_edits"]

TOKEN: Final = re.compile(
    r'"((?:[^"\\]++|\\.)*+)(?:"(\s*+:)?|\\?\Z)|([{\[])|([}\]])|([^\s"{}\[\],:]++)|(,)|:', re.DOTALL
)
TEXT, COLON, OPEN, CLOSE, SCALAR, COMMA = range(1, 7)
LITERALS: Final = frozenset({"true", "false", "null"})
NAME_KEYS: Final = frozenset({"name", "key", "header", "field", "columnname", "param", "parameter", "property", "k"})
VALUE_KEYS: Final = frozenset({"value", "values", "val", "data", "content", "v"})
SHORT: Final = 16
DIGIT: Final = re.compile(r"[0-9]")
"""A short text without digits next to a card's number is its brand or its state."""

NEUTRAL: Final = frozenset(
    {
        *("type", "kind", "status", "label", "format", "lang", "scope", "brand", "currency"),
        *(
            "country",
            "countrycode",
            "country_code",
            "expires",
            "expires_in",
            "expiresin",
            "exp",
            "expiry",
            "expirydate",
        ),
        *("exp_month", "exp_year", "expmonth", "expyear", "expirymonth", "expiryyear", "month", "year"),
    }
)
"""Names inside of an object with a telling name that say nothing themselves."""


@dataclass(slots=True)
class _Frame:
    """One object or list. ``named`` is the rule of ``{"name": "password", "value": ...}``; ``waiting`` holds a value
    that came before the name. ``paired`` is a list in a list, which may be a pair of name and value.
    """

    rule: str
    named: str = ""
    waiting: tuple[int, str] | None = None
    key: str = ""
    key_rule: str = ""
    listed: bool = False
    paired: bool = False
    first: str | None = None


def json_edits(finder: Finder, text: str, depth: int, rule: str = "") -> list[Edit] | None:
    """What to replace in ``text``, or None if it is no JSON. ``rule`` applies to all values in it."""
    edits: list[Edit] = []
    frames = [_Frame(rule)]
    frame = frames[0]
    for token in TOKEN.finditer(text):
        kind = token.lastindex
        if kind == COLON:
            _key(finder, frame, token[TEXT], token.start() + 1, edits, depth)
        elif kind == TEXT:
            _text(finder, frame, token[TEXT], token.start() + 1, edits, depth)
        elif kind == SCALAR:
            word = token[SCALAR]
            if not _scalar(finder, frame, word, token.start(), edits) and token.end() < len(text):
                return None
        elif kind == OPEN:
            inner = frame.key_rule or (frame.named if frame.key.lower() in VALUE_KEYS else "") or frame.rule
            if finder.noting:
                finder.trail.append(frame.key)
            listed = token[OPEN] == "["
            frames.append(_Frame(inner, listed=listed, paired=listed and frame.listed))
            frame = frames[-1]
        elif kind == CLOSE:
            if len(frames) == 1:
                return None
            frames.pop()
            frame = frames[-1]
            if finder.noting:
                finder.trail.pop()
        elif kind == COMMA:
            frame.key = frame.key_rule = ""
    if finder.noting:
        del finder.trail[len(finder.trail) - len(frames) + 1 :]
    edits.sort()
    return edits


def _key(finder: Finder, frame: _Frame, raw: str, at: int, edits: list[Edit], depth: int) -> None:
    frame.key = name = JSON.layer(raw).text if "\\" in raw else raw
    frame.key_rule = finder.rule_of(name)
    if (
        not frame.key_rule
        and frame.rule
        and frame.rule != "keep"
        and not finder.passes_on(frame.rule, name.lower() in NEUTRAL, name)
    ):
        frame.key_rule = "plain"
    if len(name) >= 6 and not name.isidentifier() and frame.rule != "keep" and finder.suspicious(name):
        edits += shifted(JSON.layer(raw).outward(finder.find(name, depth + 1)), at)


def _text(finder: Finder, frame: _Frame, raw: str, at: int, edits: list[Edit], depth: int) -> None:
    lower = frame.key.lower()
    if lower in NAME_KEYS and not frame.rule:
        frame.named = finder.rule_of(JSON.layer(raw).text)
        if frame.named and frame.waiting is not None:
            start, waiting = frame.waiting
            since = []
            while edits and edits[-1][0] >= start:
                if (edit := edits.pop())[0] > start + len(waiting):
                    since.append(edit)
            edits += reversed(since)
            edits += _value(finder, waiting, start, "value", frame.named, depth)
            frame.waiting = None
    rule = frame.key_rule or frame.rule
    if (
        rule
        and not frame.key_rule
        and len(raw) <= SHORT
        and rule.endswith((":digits", ":phone"))
        and not DIGIT.search(raw)
    ):
        rule = "plain"
    if frame.paired:
        # Pairs in lists: ["authorization", "Bearer ..."].
        if frame.first is None:
            frame.first = raw
        elif not rule:
            rule = finder.rule_of(JSON.layer(frame.first).text) if len(frame.first) < 64 else ""
            frame.first = ""
    elif not rule and lower in VALUE_KEYS:
        rule = frame.named
        frame.waiting = (at, raw)
    edits += _value(finder, raw, at, frame.key, rule, depth)


def _value(finder: Finder, raw: str, at: int, key: str, rule: str, depth: int) -> list[Edit]:
    if rule == "keep" or not raw:
        return []
    layer = JSON.layer(raw)
    named = rule not in ("", "plain")
    if not named and not finder.suspicious(layer.text):
        return []
    finder.trail.append(key)
    edits = finder.value(layer.text, rule, depth + 1) if named else finder.find(layer.text, depth + 1)
    finder.trail.pop()
    return shifted(layer.outward(edits), at)


def _scalar(finder: Finder, frame: _Frame, word: str, at: int, edits: list[Edit]) -> bool:
    """Is it a JSON scalar?"""
    if word in LITERALS:
        return True
    if not normal_number(word):
        return False
    rule = frame.key_rule or (frame.named if frame.key.lower() in VALUE_KEYS else "") or frame.rule
    finder.trail.append(frame.key)
    if rule and rule not in ("keep", "plain", "claims"):
        new = finder.number(word, rule)
    else:
        new = finder.number_of_card(word)
    finder.trail.pop()
    if new != word:
        edits.append((at, at + len(word), new))
    return True
