"""Routes of handlers that take a path apart at its slashes and compare the parts.

Each is told as the regular expression of a path. What only looks like one costs a few cases and nothing else; every
pattern is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

__all__ = ["ANYTHING", "split_routes"]

ANYTHING = "([^/]+)"
NAME = r"[A-Za-z_]\w{0,31}"
PART = r"[A-Za-z0-9][\w.~-]{0,40}"
TEXT = rf"(?:\"{PART}\"|'{PART}'|`{PART}`)"
SPLIT = re.compile(
    r"(?:[sS]plit(?:_path|N|n|OnNonEmptyPathSegments)?|[eE]xplode|Segments|segments)\s?(?:\(|\b)(?=[^;\n]{0,80}?[\"'`/]/[\"'`/,)])"
)
BEFORE = re.compile(
    r"(?:^|[\n;{(])\s{0,24}(?:(?:const|let|var|my|local|auto|final|val|if|elif|while)\b)?"
    r"([^=\n;{}]{1,120}?):?=(?![=>])[^=]{0,160}\Z"
)
TYPE = re.compile(r":\s?[\w<>&\[\] ]{1,30}\Z|^(?:\w{1,20}(?:\[\])?|list)\s(?=\$?\w)")
CLEANED = re.compile(
    r"strip|[tT]rim|filter|Filter|\(1\)|\[1:\]|slice\(1|substring\(1|RemoveEmpty|compact|reject|drop\(1"
)
LIST = rf"[\[({{](?:&?\s{{0,3}}{TEXT}\s{{0,3}},?){{1,12}}\s{{0,3}}[\])}}]"
COMPARED = re.compile(
    rf"\$?\b({NAME})(?:\[(-?\d)\]|(?:\.at|\.get|\.nth|\.ElementAt)\((-?\d)\))(?:\?|!|\.(?:as_str|unwrap|lower|to_string)\(\)|\s\?\?\s(?:''|\"\"|null)\))?"
    rf"\s{{0,3}}(?:[!=]={{1,2}}|(?:not\s)?in\b|eq\b|ne\b)\s{{0,3}}(?:Some\(\s?)?&?\s?({TEXT}|{LIST})"
)
INCLUDED = re.compile(rf"({LIST})\.(?:includes|include\?|contains|has)\(\s?\$?({NAME})\[(\d)\]")
SWITCHED = re.compile(rf"\b(?:switch|match|case)\s{{1,3}}\(?\$?({NAME})\[(\d)\]")
ARM = re.compile(rf"\b(?:case|when)\s{{1,3}}((?:{TEXT}\s{{0,3}}[,|]?\s{{0,3}}){{1,8}})")
LENGTH = re.compile(
    rf"(?:\b(?:len|count|sizeof|size)\(\$?({NAME})\)|\$?\b({NAME})\.(?:length|size|count|len|Length|Count)\b(?:\(\))?)"
    r"\s{0,3}([!=]={1,2}|[<>]=?)\s{0,3}(\d)\b"
)
ELEMENT = (
    rf"(?:\"\"|''|\(?(?:{TEXT}\s{{0,2}}\|?\s{{0,2}}){{1,6}}\)?(?:\sas\s{NAME})?|\*?\*?_?[a-z]\w{{0,31}}|_|\*_|\.\.\.?)"
)
ELEMENTS = rf"({ELEMENT}(?:\s{{0,3}},\s{{0,3}}{ELEMENT}){{0,7}})\s{{0,3}},?\s{{0,3}}"
WHOLE = re.compile(
    # Behind what asks, or before what follows an arm.
    rf"(?:\b(?:case|in|when)\s{{1,3}}|(?<==)\s{{0,3}})(?:\(\s?{TEXT},\s{{0,3}})?&?[\[(]{ELEMENTS}[\])]"
    rf"|[\[(]{ELEMENTS}[\])]\s{{0,3}}(?:\)\s{{0,3}})?(?:=>|->)"
)
TEXTS = re.compile(PART)
QUOTED = re.compile(TEXT)
MAX_SPLITS, MAX_ROUTES, MAX_LENGTH = 12, 60, 8
LOOK_BACK, LOOK_AHEAD = 240, 80
MAX_COMPARISONS = 300
SAME = 100
"""Comparisons so near to each other, in one line or joined by an operator, are of one condition."""

JOINED = re.compile(r"[^\n]*\Z|[^\n]*(?:&&|\|\||\band|\bor|-a)\s*\Z|[^\n]*\n\s*(?:&&|\|\||and\b|or\b)[^\n]*\Z")
ARMS = 2000
"""Characters behind a ``switch`` in which its arms are looked for."""


@dataclass(frozen=True, slots=True)
class _Told:
    """One comparison: of the part at ``at`` with texts, or, without, of the number of parts with ``at``."""

    begin: int
    end: int
    at: int
    texts: tuple[str, ...] = ()


@dataclass(slots=True)
class _Parts:
    """What is known of the parts while the source is read."""

    texts: dict[int, tuple[str, ...]] = field(default_factory=dict)
    length: int | None = None
    ever: int | None = None
    """The number of parts that the last comparison asked for, whichever condition it was."""


def split_routes(text: str) -> list[str]:
    """Patterns of whole paths, with a group for each part that varies."""
    found: dict[str, None] = {}
    splits = list(islice(SPLIT.finditer(text), MAX_SPLITS))
    for names, cleaned in dict.fromkeys(_assigned(text, match) for match in splits):
        told = _indexed(text, names[0]) if len(names) == 1 else _unpacked(text, names)
        for segments in told if names else ():
            found |= dict.fromkeys(_patterns(segments, cleaned=cleaned))
    if splits:
        for match in islice(WHOLE.finditer(text), MAX_ROUTES):
            found |= dict.fromkeys(_whole(match[1] or match[2]))
    return list(found)[:MAX_ROUTES]


def _assigned(text: str, split: re.Match[str]) -> tuple[tuple[str, ...], bool]:
    """The names that are given the parts, and whether the empty one before the first slash is none of them."""
    before = BEFORE.search(text, max(0, split.start() - LOOK_BACK), split.start())
    if before is None:
        return (), False
    return _names(before[1]), CLEANED.search(text, before.start(), split.end() + LOOK_AHEAD) is not None


def _names(target: str) -> tuple[str, ...]:
    """One name for all parts, or one for each, empty for what is left out."""
    plain = TYPE.sub("", target.strip().removeprefix("list"))
    inner = plain.strip().strip("[]() ")
    names = tuple(name.strip().lstrip("$*&.") for name in inner.split(","))
    # Go gives back an error beside.
    return names[:MAX_LENGTH] if len(names) > 1 and names[1:] != ("_",) else names[:1]


def _patterns(segments: Mapping[int, tuple[str, ...]], *, cleaned: bool) -> Iterator[str]:
    """The paths with these texts at these places; the first part of one that begins with a slash is empty."""
    first = min(segments, default=0)
    offset = 0 if first == 0 or (cleaned and first != 1) else 1
    starts = (offset, 0) if offset and cleaned else (offset,)
    for start in starts:
        parts = [segments.get(at, ()) for at in range(start, max(segments, default=start) + 1)]
        if parts and len(parts) <= MAX_LENGTH:
            yield "/" + "/".join(_part(texts) for texts in parts)


def _part(texts: Sequence[str]) -> str:
    plain = [re.escape(text) for text in texts]
    return (plain[0] if len(plain) == 1 else f"({'|'.join(plain)})") if plain else ANYTHING


# -- parts[0] == "x"


def _indexed(text: str, name: str) -> Iterator[dict[int, tuple[str, ...]]]:
    known = _Parts()
    told = sorted(islice(_comparisons(text, name), MAX_COMPARISONS), key=lambda item: item.begin)
    for condition in _conditions(text, told):
        places = [item.at for item in condition if item.texts and item.at >= 0]
        known.length = None
        for at in [at for at in known.texts if at >= min(places, default=MAX_LENGTH)]:
            del known.texts[at]
        for item in condition:
            if not item.texts:
                known.length = known.ever = item.at
        for item in condition:
            if item.texts and item.at >= 0:
                known.texts[item.at] = item.texts
        yield from _of_lengths(known, [item for item in condition if item.texts and item.at < 0])


def _of_lengths(known: _Parts, from_end: Sequence[_Told]) -> Iterator[dict[int, tuple[str, ...]]]:
    """The parts as they are known, with as many behind them as a comparison asks for, or none and one."""
    least = max(known.texts, default=-1) + 1
    lengths = dict.fromkeys((known.length,) if known.length else (least, least + 1, known.ever))
    for length in lengths:
        if length is None or not max(1, least) <= length <= MAX_LENGTH:
            continue
        made: dict[int, tuple[str, ...]] = dict.fromkeys(range(length), ()) if 0 in known.texts else {}
        made[length - 1] = ()
        made |= known.texts
        made |= {length + item.at: item.texts for item in from_end if length + item.at >= 0}
        if any(made.values()):
            yield made


def _comparisons(text: str, name: str) -> Iterator[_Told]:
    for match in COMPARED.finditer(text):
        if match[1] == name and (texts := _texts(match[4])):
            yield _Told(match.start(), match.end(), int(match[2] or match[3]), texts)
    for match in INCLUDED.finditer(text):
        if match[2] == name and (texts := _texts(match[1])):
            yield _Told(match.start(), match.end(), int(match[3]), texts)
    for match in SWITCHED.finditer(text):
        if match[1] == name:
            for arm in ARM.finditer(text, match.end(), match.end() + ARMS):
                yield _Told(arm.start(), arm.end(), int(match[2]), _texts(arm[1]))
    for match in LENGTH.finditer(text):
        if name in (match[1], match[2]):
            length = int(match[4]) + {">": 1, "<": 0}.get(match[3], 0)
            yield _Told(match.start(), match.end(), length)


def _texts(value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(match[0][1:-1] for match in QUOTED.finditer(value)))


def _conditions(text: str, told: Sequence[_Told]) -> Iterator[list[_Told]]:
    """Those together that stand in one condition."""
    condition: list[_Told] = []
    for item in told:
        if condition:
            between = text[condition[-1].end : item.begin]
            if (
                len(between) > SAME
                or not JOINED.match(between)
                or any(other.at == item.at and other.texts and item.texts for other in condition)
            ):
                yield condition
                condition = []
        condition.append(item)
    if condition:
        yield condition


# -- _, kind, name = path.split("/")


def _unpacked(text: str, names: Sequence[str]) -> Iterator[dict[int, tuple[str, ...]]]:
    made: dict[int, tuple[str, ...]] = {}
    begin = 1 if names[0] in ("", "_", '""', "''") else 0
    for at, name in enumerate(names[begin:]):
        made[at] = _compared_with(text, name) if name.isidentifier() and name != "_" else ()
    least = max((at for at, texts in made.items() if texts), default=-1)
    for length in range(max(1, least + 1), len(made) + 1):
        yield {at: made[at] for at in range(length)}


def _compared_with(text: str, name: str) -> tuple[str, ...]:
    pattern = re.compile(rf"(?<![\w.])\$?{name}\b\s{{0,3}}(?:[!=]={{1,2}}|(?:not\s)?in\b)\s{{0,3}}({TEXT}|{LIST})")
    found = [one for match in pattern.finditer(text) for one in _texts(match[1])]
    switch = re.search(rf"\b(?:switch|match|case)\s{{1,3}}\(?\$?{name}\b", text)
    if switch:
        arms = ARM.finditer(text, switch.end(), switch.end() + ARMS)
        found += [one for arm in arms for one in _texts(arm[1])]
    return tuple(dict.fromkeys(found))[:MAX_LENGTH]


# -- case ["devices", id, "dumps"]


def _whole(elements: str) -> Iterator[str]:
    parts: list[tuple[str, ...]] = []
    for element in elements.split(","):
        plain = element.strip()
        if plain.startswith(("*", "..")):
            break
        parts.append(_texts(plain))
    if parts and parts[0] == () and len(parts) > 1 and parts[1]:
        # The empty text before the first slash, under a name or none.
        yield "/" + "/".join(map(_part, parts[1:]))
    if any(parts):
        yield "/" + "/".join(map(_part, parts))
