"""What a handler asks for in its error messages: the member that is missing, the type, the values, the limits.

Whatever matches is only a hint of what to try next: a wrong one costs a few cases and nothing else. The text is
bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import islice
from typing import Any

import orjson

from fnfuzz.fuzz.mutation.messages import BEFORE, BLANKET, OWNED, RULES, Rule, type_of
from fnfuzz.fuzz.mutation.moments import moments
from fnfuzz.fuzz.trees.tree import Path, parse_json

__all__ = ["Hint", "Hints", "learn"]

MAX_TEXT = 3000
"""Characters of the end of the log, and of the answer, that are read."""

MAX_HINTS = 40
MAX_MATCHES = 12
"""Of one pattern in one text."""

MAX_VALUES = 24


@dataclass(frozen=True, slots=True)
class Hint:
    """One wish.

    ``path`` ends in ``name`` and is empty when only the name is known; both are empty for a message that names none.
    ``type`` is a key of ``messages.EXAMPLES`` or empty. ``values`` are to be tried literally, ``lengths`` are numbers
    of characters or items. ``got`` is the text that was refused. ``inner``: what should hold the member is no object.
    """

    name: str = ""
    path: Path = ()
    type: str = ""
    values: tuple[str | int | float, ...] = ()
    lengths: tuple[int, ...] = ()
    got: str = ""
    inner: bool = False


@dataclass(frozen=True, slots=True)
class Hints:
    """The wishes of one answer and its log, each once, in the order of the text."""

    fields: tuple[Hint, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fields)


NO_NAMES = frozenset(
    re.findall(
        r"\w+",
        " a an and any are argument arguments attribute be but by can cannot each element error expected field"
        " fields for from got handler has have if in invalid is it json key keys member missing must no not null"
        " object of on one only or param parameter properties property request required response should such that"
        " the there these they this to undefined value values was what which with you your validation exception"
        " none nil true false most least more less than at following its both string number integer array input"
        " body character column",
    )
)
"""Words that are no names, unless they stand in quotes."""

PATH_KEYS = (
    "loc",
    "path",
    "instancePath",
    "dataPath",
    "pointer",
    "field",
    "param",
    "property",
    "propertyPath",
    "attribute",
    "key",
)
NOT_PATHS = frozenset(("body", "$", "instance", "request", "payload", "input", "query"))
ABOUT = frozenset(
    re.findall(
        r"\w+",
        " errors error detail details msg msgs messages message issues description title reason cause code status"
        " statuscode outputs logs returnvalue res return defaultmessage stack trace traceback violations"
        " non_field_errors fielderrors formerrors context ctx schema schemapath keyword params missingproperty url"
        " kind class result info log warning instance errormessage errortype stacktrace error_description _root"
        " root headers req response output type body data value text",
    )
)
"""Members of answers that tell about a message, where others are named after the refused member."""

JSON_BEGINS = re.compile(r"\{\"|\[\{")
QUOTES = "\"'`“‘"
TOKEN = re.compile(r"[\w$-]{1,64}")
BRACKETED = re.compile(r"\[[\"']?([\w$-]{1,64})[\"']?\]")
QUOTED = re.compile(r"[\"'`‘“]([^\"'`’”\n]{1,64})[\"'`’”]")
BETWEEN = re.compile(r"\s*(?:,|\||/|;)\s*(?:or |and )?|\s+(?:or|and)\s+")
NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,6})?\Z")


def learn(log_text: str, answer_text: str) -> Hints:
    """What the log and the answer of one event wish for; never raises."""
    return _learn(log_text[-MAX_TEXT:], answer_text[:MAX_TEXT])


@lru_cache(maxsize=256)
def _learn(log: str, answer: str) -> Hints:
    found: dict[Hint, None] = {}
    for text in (answer, log):
        for hint in _of_text(text):
            found.setdefault(hint)
    # A message that names its member says more than the same one without.
    named = {(hint.type, hint.values, hint.lengths) for hint in found if hint.name}
    kept = [hint for hint in found if hint.name or (hint.type, hint.values, hint.lengths) not in named]
    return Hints(tuple(kept[:MAX_HINTS]))


def _of_text(text: str) -> Iterator[Hint]:
    value = _json(text)
    if isinstance(value, (dict, list)):
        yield from _of_json(value, (), 0)
        return
    yield from _of_message(text, ())
    for line in text.splitlines()[-20:]:
        brace = JSON_BEGINS.search(line)
        inner = _json(line[brace.start() :]) if brace else None
        if isinstance(inner, (dict, list)):
            yield from _of_json(inner, (), 0)


def _json(text: str) -> Any:
    try:
        return parse_json(text.encode("utf-8")) if text.lstrip()[:1] in ("{", "[") else None
    except (ValueError, orjson.JSONDecodeError):
        return None


def _of_json(value: Any, place: Path, depth: int) -> Iterator[Hint]:
    """Messages anywhere in JSON; ``place`` is where the member they speak of lies, as far as the JSON says."""
    if depth > 8:
        return
    if isinstance(value, dict):
        told = next((path_of(value[key]) for key in PATH_KEYS if value.get(key)), ())
        expected = value.get("expected")
        if told and isinstance(expected, str) and type_of(expected):
            yield Hint(_name(told), told, type_of(expected))
        for key, item in list(value.items())[:64]:
            if key not in PATH_KEYS:
                here = told or (place if key.lower() in ABOUT else (*place, *path_of(key)))
                yield from _of_json(item, here, depth + 1)
    elif isinstance(value, list):
        for item in value[:64]:
            yield from _of_json(item, place, depth + 1)
    elif isinstance(value, str) and len(value) > 3:
        inner = _json(value)
        if isinstance(inner, (dict, list)):
            yield from _of_json(inner, place, depth + 1)
        else:
            yield from _of_message(value, place)


def _of_message(text: str, place: Path) -> Iterator[Hint]:
    small, found = text.lower(), False
    for rule in RULES:
        if any(word in small for word in rule.anchor):
            for match in islice(rule.pattern.finditer(text), MAX_MATCHES):
                for hint in _of_match(rule, match):
                    found = True
                    yield _placed(hint, place)
    if place and not found and BLANKET.search(text):
        yield Hint(_name(place), place)


def _placed(hint: Hint, place: Path) -> Hint:
    """``hint`` at the place that the JSON around the message gives."""
    if not place or hint.path:
        return hint
    if not hint.name:
        return replace(hint, name=_name(place), path=place)
    if hint.name == _name(place):
        return replace(hint, path=place)
    return replace(hint, path=(*place, hint.name)) if len(place) > 1 or isinstance(place[-1], int) else hint


def _of_match(rule: Rule, match: re.Match[str]) -> Iterator[Hint]:
    groups = {key: value for key, value in match.groupdict().items() if value}
    told = groups.get("type", "")
    kind = type_of(told) or rule.type
    path = path_of(groups.get("path", ""))
    values: tuple[str | int | float, ...] = tuple(_words(groups.get("values", "")))
    lengths: tuple[int, ...] = ()
    if limit := groups.get("limit"):
        number = float(limit) if "." in limit else int(limit)
        low = int(groups["low"]) if "low" in groups else None
        values = (number - 1, number, number + 1, *(() if low is None else (low, low - 1, low + 1)))
        if "length" in groups:
            values, lengths = (), tuple(size for size in range(int(number) - 1, int(number) + 2) if size >= 0)
    if form := groups.get("moment"):
        values = moments(form)
    if (told and not kind) or ("values" in groups and not values) or ("path" in groups and not path):
        # "must be present": no type at all.
        return
    for name, quoted in _names(rule, match, groups):
        here = path or path_of(name)
        last = _name(here)
        if last.lower() in NO_NAMES and not quoted and not path:
            here, last = (), ""
        if last or kind or values or lengths:
            yield Hint(
                last,
                here if len(here) > 1 else (),
                kind,
                values[:MAX_VALUES],
                lengths,
                groups.get("got", ""),
                rule.inner,
            )


def _names(rule: Rule, match: re.Match[str], groups: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """The names that the match speaks of, and whether each is in quotes; an empty one if it has none."""
    if "names" in groups:
        yield from ((str(word), True) for word in _words(groups["names"]))
    elif rule.before:
        start = match.start()
        text = match.string[max(0, start - 100) : start]
        found = [named for named in (BEFORE.search(text), OWNED.search(text)) if named is not None]
        yield from ((named["name"], bool(named["quote"])) for named in found)
        if not found:
            yield "", False
    elif "name" in groups:
        start = match.start("name")
        yield groups["name"], match.string[max(0, start - 1) : start] in tuple(QUOTES)
    else:
        yield "", False


def _name(path: Path) -> str:
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _words(text: str) -> Iterator[str | int | float]:
    """The items of an enumeration in a message."""
    quoted = QUOTED.findall(text)
    if quoted:
        yield from quoted[:MAX_VALUES]
        return
    for word in BETWEEN.split(text.strip(" :[](){}.<>"))[:MAX_VALUES]:
        item = word.strip(" []().{}<>\"'")
        if NUMBER.match(item):
            yield float(item) if "." in item else int(item)
        elif item in ("true", "false"):
            yield item == "true"
        elif item and len(item) <= 40 and " " not in item:
            yield item


def path_of(told: Any) -> Path:
    """``$.items[0].qty``, ``items.0.qty``, ``/items/0/qty``, ``["body", "items", 0]``, ``Order["items"]->...`` as the
    keys and indexes from the payload's root.
    """
    if isinstance(told, list):
        parts: list[Any] = [part for part in told if isinstance(part, (str, int)) and not isinstance(part, bool)]
    elif isinstance(told, str):
        parts = BRACKETED.findall(told) if "->" in told or told.startswith("[") or '["' in told else TOKEN.findall(told)
    else:
        return ()
    whole = [int(part) if isinstance(part, str) and part.isdigit() and len(part) < 6 else part for part in parts[:12]]
    while len(whole) > 1 and whole[0] in NOT_PATHS:
        del whole[0]
    return tuple(whole) if any(isinstance(part, str) for part in whole) else ()
