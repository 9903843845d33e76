"""Tables in a handler's source, and what is looked up in them: the texts that a member may have, in many languages.

``PLANS = {"basic": ..., "team": ...}`` says what ``plan`` may be, by its name or by ``order["plan"] in PLANS``. A
table that is none costs a few cases and nothing else. Every pattern is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from fnfuzz.fuzz.words.comparisons import CLOSED, NAME, OF

__all__ = ["choices", "singular"]

MADE_BY = (
    r"(?:new\s{1,3})?(?:map\[[\w.]{1,24}\][\w.*]{0,24}|\[[\d.]{0,4}\][\w.]{1,24}"
    r"|(?:[\w.]{0,24}(?:Map|Set|set|dict|list|tuple|freeze|entries|of|asList|Dict|Dictionary|List|vec!)"
    r"(?:<[^>\n]{0,40}>)?\s{0,3}\(?\s{0,12}){0,3})\s{0,3}"
)
"""What may stand before the brackets of a table."""

TABLE = re.compile(
    r"(?<![\w.$])([A-Za-z_$]\w{1,40})\b(?:\s?:\s?[\w.\[\], ]{1,40})?[^\S\n]{0,8}(?::=|=(?![=>~]))\s{0,3}"
    rf"{MADE_BY}(?=[\[({{])"
)
TOKEN = re.compile(
    r"\"(?P<one>[^\"\\\n]{0,64})\"|'(?P<two>[^'\\\n]{0,64})'|(?P<bare>[A-Za-z_$][\w$]{0,40})(?=\s?:(?!:))"
    r"|(?P<open>[\[({])|(?P<close>[\])}])|(?P<end>;|\n(?=[A-Za-z_$@/#]))"
)
VALUE = re.compile(r"\s{0,3}(?:\"(?P<one>[^\"\\\n]{0,64})\"|'(?P<two>[^'\\\n]{0,64})')")
KEY = re.compile(r"\s{0,3}(?::(?!:)|=>)")
ITEM = re.compile(r"\s{0,8}[,\])}\n]")
MEMBERS = frozenset(("id", "name", "code", "key", "type", "kind", "slug"))
"""Of a list of objects, the members by which one is found."""

LOOKUPS = tuple(
    re.compile(pattern)
    for pattern in (
        rf"{NAME}{CLOSED}\s(?:not )?in\s(?P<table>[A-Za-z_$]\w{{1,40}})\b(?!\s?[(.\[])",
        rf"(?<![\w.$])(?P<table>[A-Za-z_$]\w{{1,40}})\.(?:get|has|includes?|contains|containsKey|ContainsKey|TryGetValue"
        rf"|indexOf|key|hasOwnProperty|fetch|find)\??\(\s{{0,3}}{OF}{NAME}{CLOSED}\s{{0,3}}[,)]",
        rf"(?:hasOwn|hasOwnProperty\.call|[cC]ontains|array_key_exists|in_array)\(\s{{0,3}}"
        rf"(?P<table>[A-Za-z_$]\w{{1,40}}),\s{{0,3}}{OF}{NAME}{CLOSED}\s{{0,3}}[,)]",
        rf"(?<![\w.$])(?P<table>[A-Za-z_$]\w{{1,40}})\[\s?{OF}{NAME}{CLOSED}\s?\]",
    )
)
WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
MOST_TABLES, MOST_CHOICES, MOST_LOOKUPS = 60, 40, 400
LONGEST = 4000
"""Characters of a table that are read."""


def choices(text: str) -> Mapping[str, Sequence[str]]:
    """By name in small letters: the texts of the tables in which it is looked up, then of those that are called so."""
    tables: dict[str, tuple[str, ...]] = {}
    # What a function makes for itself is mostly an answer.
    constant: list[str] = []
    for match in islice(TABLE.finditer(text), MOST_TABLES * 4):
        told = tuple(dict.fromkeys(islice(_first_level(text, match.end()), MOST_CHOICES)))
        if told and match[1] not in tables and len(tables) < MOST_TABLES:
            tables[match[1]] = told
            if match[1].isupper() or not text[text.rfind("\n", 0, match.start()) + 1].isspace():
                constant.append(match[1])
    found: dict[str, dict[str, None]] = {}
    for lookup in LOOKUPS if tables else ():
        for match in islice(lookup.finditer(text), MOST_LOOKUPS):
            name = match[1] if match[1] != match["table"] else match[2]
            found.setdefault(name.lower(), {}).update(dict.fromkeys(tables.get(match["table"], ())))
    for table in constant:
        for word in WORD.findall(table):
            found.setdefault(singular(word.lower()), {}).update(dict.fromkeys(tables[table]))
    return {name: tuple(told)[:MOST_CHOICES] for name, told in found.items() if told}


def singular(word: str) -> str:
    """``category`` for ``categories``, ``plan`` for ``plans``."""
    if len(word) > 4 and word.endswith("ies"):
        return f"{word[:-3]}y"
    if len(word) > 4 and word.endswith(("ses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _first_level(text: str, at: int) -> Iterator[str]:
    """The keys of an object, the texts of a list, or by what the objects of a list are found."""
    opened: list[str] = []
    level, keyed = 0, False
    for match in TOKEN.finditer(text, at, at + LONGEST):
        if match["end"]:
            if match["end"] == ";" or not opened:
                return
        elif match["open"]:
            opened.append(match["open"])
        elif match["close"]:
            if opened:
                opened.pop()
            if not opened:
                return
        elif opened:
            word = match["bare"] or match["one"] or match["two"] or ""
            is_key = bool(match["bare"] or KEY.match(text, match.end()))
            if not level:
                level, keyed = len(opened), is_key
            if len(opened) != level or not word:
                continue
            if keyed and len(opened) > 1 and opened[-2] == "[":
                key = KEY.match(text, match.end()) if word in MEMBERS else None
                value = VALUE.match(text, key.end()) if key else None
                if value and (told := value["one"] or value["two"]):
                    yield told
            elif keyed == is_key and (keyed or ITEM.match(text, match.end())):
                yield word
