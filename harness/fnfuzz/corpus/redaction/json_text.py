"""Edits in JSON: values are found in the text itself, so that everything else keeps its bytes.

Reads what is cut off in the middle, several values in a row, and any depth of brackets.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from fnfuzz.corpus.redaction.layers import JSON, Edit, shifted
from fnfuzz.corpus.redaction.persons import NAME_RULE, is_name, tells_of_person
from fnfuzz.corpus.redaction.standins import normal_number

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["json_edits"]

TOKEN: Final = re.compile(
    r'"((?:[^"\\]++|\\.)*+)(?:"(\s*+:)?|\\?\Z)|([{\[])|([}\]])|([^\s"{}\[\],:]++)|(,)|:', re.DOTALL
)
TEXT, COLON, OPEN, CLOSE, SCALAR, COMMA = range(1, 7)
CUT: Final = re.compile(r"t(?:r|ru)?|f(?:a|al|als)?|n(?:u|ul)?|-?(?:0|[1-9][0-9]*)?(?:\.[0-9]*)?(?:[eE][-+]?[0-9]*)?")
"""The beginning of a scalar whose end was cut off."""

CLAIM: Final = re.compile(r"https?:\\?/\\?/schemas\.")
"""How the types of claims begin that the platforms put into an identity."""

LITERALS: Final = frozenset({"true", "false", "null"})
NAME_KEYS: Final = frozenset({"name", "key", "header", "field", "columnname", "param", "parameter", "property", "k"})
TYPE_KEYS: Final = frozenset({"type", "typ"})
IDENTITIES: Final = frozenset({"identity", "identities"})
VALUE_KEYS: Final = frozenset({"value", "values", "val", "data", "content", "v"})
LONGEST_OWNED: Final = 96
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
    that came before the name. ``paired`` is a list in a list, which may be a pair of name and value. ``owner`` is what
    the object is called, or the list that it is in; ``name`` holds a mere name, and where, for what may be a person.
    """

    rule: str
    named: str = ""
    waiting: tuple[int, str] | None = None
    key: str = ""
    key_rule: str = ""
    listed: bool = False
    paired: bool = False
    first: str | None = None
    owner: str = ""
    name: tuple[int, str] | None = None
    person: bool = False


def json_edits(finder: Finder, text: str, depth: int, rule: str = "") -> list[Edit] | None:
    """What to replace in ``text``, or None if it is no JSON. ``rule`` applies to all values in it."""
    edits: list[Edit] = []
    frames = [_Frame(rule)]
    frame = frames[0]
    before = None
    for token in TOKEN.finditer(text):
        kind = token.lastindex
        if len(frames) == 1:
            # Objects and lists may follow each other; any other two values tell that this is no JSON.
            value = kind if kind in (TEXT, OPEN, SCALAR) else None
            if value and before and (value, before) != (OPEN, OPEN):
                return None
            before = value
        if kind == COLON:
            _key(finder, frame, token[TEXT], token.start() + 1, edits, depth)
        elif kind == TEXT:
            _text(finder, frame, token[TEXT], token.start() + 1, edits, depth)
        elif kind == SCALAR:
            word = token[SCALAR]
            cut = token.end() == len(text) and CUT.fullmatch(word) is not None
            if not _scalar(finder, frame, word, token.start(), edits) and not cut:
                return None
        elif kind == OPEN:
            inner = frame.key_rule or (frame.named if frame.key.lower() in VALUE_KEYS else "") or frame.rule
            if finder.noting:
                finder.trail.append(frame.key)
            listed = token[OPEN] == "["
            owner = frame.owner if frame.listed else frame.key
            frames.append(_Frame(inner, listed=listed, paired=listed and frame.listed, owner=owner))
            frame = frames[-1]
        elif kind == CLOSE:
            if len(frames) == 1:
                return None
            _name(finder, frames.pop(), edits, depth)
            frame = frames[-1]
            if finder.noting:
                finder.trail.pop()
        elif kind == COMMA:
            frame.key = frame.key_rule = ""
    for frame in frames:
        _name(finder, frame, edits, depth)
    if finder.noting:
        del finder.trail[len(finder.trail) - len(frames) + 1 :]
    edits.sort()
    return edits


def _key(finder: Finder, frame: _Frame, raw: str, at: int, edits: list[Edit], depth: int) -> None:
    frame.key = name = JSON.layer(raw).text if "\\" in raw else raw
    frame.key_rule = finder.rule_of(name) or (_owned(finder, frame.owner, name) if frame.owner else "")
    frame.person = frame.person or tells_of_person(frame.key_rule)
    if (
        not frame.key_rule
        and frame.rule
        and frame.rule != "keep"
        and not finder.passes_on(frame.rule, name.lower() in NEUTRAL, name)
    ):
        frame.key_rule = "plain"
    if len(name) >= 6 and not name.isidentifier() and frame.rule != "keep" and finder.suspicious(name):
        edits += shifted(JSON.layer(raw).outward(finder.find(name, depth + 1)), at)


def _owned(finder: Finder, owner: str, name: str) -> str:
    """The rule for a member of ``{"customer": {...}}``: a ``name`` is a customer name there. One of many is called
    as they are.
    """
    if owner.lower() in IDENTITIES and name.lower() == "name":
        return NAME_RULE if finder.rules.on("name") else ""
    one = owner[:-1] if owner.endswith("s") and not owner.endswith("ss") else owner
    return finder.rule_of(f"{one} {name}") if len(one) + len(name) <= LONGEST_OWNED else ""


def _name(finder: Finder, frame: _Frame, edits: list[Edit], depth: int) -> None:
    """At the end of an object: its mere name is a person's if other members are."""
    if frame.name is None or not frame.person or not finder.rules.on("name"):
        return
    start, raw = frame.name
    edits[:] = [edit for edit in edits if not start <= edit[0] < start + len(raw)]
    edits += _value(finder, raw, start, "name", NAME_RULE, depth)


def _text(finder: Finder, frame: _Frame, raw: str, at: int, edits: list[Edit], depth: int) -> None:
    lower = frame.key.lower()
    claim = lower in TYPE_KEYS and CLAIM.match(raw) is not None
    if (lower in NAME_KEYS or claim) and not frame.rule:
        told = JSON.layer(raw).text
        named = claim and told.endswith("/name") and finder.rules.on("name")
        frame.named = finder.rule_of(told) or (NAME_RULE if named else "")
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
    if not rule and not frame.named and is_name(frame.key):
        frame.name = at, raw
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
