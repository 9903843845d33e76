"""What a handler's source compares its input with: names tied to values, lengths, prefixes; in many languages.

Patterns for the usual forms of ``==``, ``<``, ``in``, ``case``, ``startsWith``, ``len``, ``%`` and regular
expressions; whatever else looks like them costs a few cases and nothing else. Every pattern is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from fnfuzz.fuzz.words.expressions import MAX_PATTERN
from fnfuzz.fuzz.words.patterns import matching

__all__ = ["Comparisons", "Value", "comparisons", "near", "settings"]

Value: TypeAlias = str | int | float | bool

NAME = r"(?<![A-Za-z0-9_])([A-Za-z_][A-Za-z0-9_]{0,31})(?![A-Za-z0-9_])"
OF = r"(?<![A-Za-z0-9_])(?:[A-Za-z_$]\w{0,31}(?:\.get\([\"']|\.|->|\[[\"':]|\(|::)){0,4}"
"""What stands before the last name of ``order.lines["kind"]``."""

CLOSED = r"[\"'`]?[\])]{0,3}(?:\.(?:as_str|to_string|trim|strip|lower|upper|toLowerCase|toUpperCase|ToLower)\(\))?"
"""What stands behind a name's last letter: ``["kind"]``, ``.get('kind')``, ``kind.lower()``."""

TEXT = r"[\"'`]([^\"'`\\\n$]{1,64})[\"'`]"
NUMBER = r"(-?\d{1,12}(?:_\d{3}){0,4}(?:\.\d{1,6})?)(?![\w.])"
CONSTANT = r"((?:[A-Za-z_]\w{0,20}\.)?[A-Za-z_]\w{1,31})\b(?!\s*[(.\[])"
OPERATOR = r"\s{0,3}(?:[!=]={1,2}|[<>]=?|-(?:eq|ne|gt|lt|ge|le)\b)\s{0,3}"
VALUE = rf"(?:{TEXT}|{NUMBER}|{CONSTANT})"

COMPARED = re.compile(NAME + CLOSED + OPERATOR + VALUE)
REVERSED = re.compile(rf"{TEXT}\s{{0,3}}[!=]={{1,2}}\s{{0,3}}{OF}{NAME}{CLOSED}")
EQUALS = re.compile(
    rf"{TEXT}\.(?:equals|equalsIgnoreCase|eq)\({OF}{NAME}{CLOSED}|{NAME}{CLOSED}\.(?:equals|Equals|eql\?)\({TEXT}"
)
AMONG = re.compile(rf"{NAME}{CLOSED}\s(?:not )?in\s{{0,3}}[(\[{{]([^)\]}}]{{1,300}})[)\]}}]")
INCLUDES = re.compile(rf"\[([^\]\n]{{1,300}})\]\.(?:includes|include\?|contains|indexOf)\(\s*{OF}{NAME}{CLOSED}")
SWITCH = re.compile(
    rf"(?P<head>\b(?:switch|match|case)\s{{1,3}}\(?{OF}(?P<name>[A-Za-z_]\w{{0,31}}){CLOSED}\)?\s{{0,3}}(?:\{{|:|\n))"
    r"|\b(?:case|when)\s{1,3}(?P<case>[\"'`][^\n:]{1,200})|^\s{1,16}(?P<arm>\"[^\n=]{1,100})=>",
    re.MULTILINE,
)
PREFIXED = re.compile(
    rf"{NAME}{CLOSED}\.(?P<how>start|end|has_?p|has_?s)\w{{0,10}}\??\(\s{{0,3}}{TEXT}"
    rf"|(?P<how2>HasPrefix|HasSuffix|str_starts_with|str_ends_with)\({OF}{NAME}{CLOSED},\s{{0,3}}{TEXT}",
    re.IGNORECASE,
)
LENGTH_OF = re.compile(
    rf"\b(?:len|strlen|mb_strlen|count|sizeof)\(\s{{0,3}}{OF}{NAME}{CLOSED}\)?{OPERATOR}(?:{NUMBER}|{CONSTANT})"
)
SIZE_OF = re.compile(
    rf"{NAME}{CLOSED}\.(?:length|size|count|len|Length|Count|byteLength)\b(?:\(\))?{OPERATOR}(?:{NUMBER}|{CONSTANT})"
)
REMAINDER = re.compile(rf"{NAME}{CLOSED}\s{{0,3}}%\s{{0,3}}(\d{{1,9}})\b")
DEFINED = re.compile(
    rf"\b([A-Za-z_]\w{{1,31}})\b(?:[ \t]{{0,3}}:[ \t]{{0,3}}\w{{1,20}}|[ \t]{{1,3}}\w{{1,10}})?\s{{0,3}}:?=\s{{0,3}}"
    rf"(?:{TEXT}|{NUMBER})\s{{0,3}}(?=[;,\n#/)}}]|$)",
    re.MULTILINE,
)
PRODUCT = re.compile(r"(?<![\w.])(\d{1,6})\s?\*\s?(\d{1,6})(?![\w.])|(?<![\w.])1\s?<<\s?(\d{1,2})\b")
EXPRESSION = re.compile(
    r"\b(?:re|regex|regexp)\.(?:compile|match|fullmatch|search|sub|findall|finditer|split)\(\s{0,40}[rRbBuU]{0,2}"
    r"(?:\"(?P<py>[^\"\n]{2,160})\"|'(?P<py1>[^'\n]{2,160})')"
    r"|(?:MustCompile|MatchString|Regex::new|RegExp|Pattern\.compile|Regex|matches|regexp|toRegex|re_path)"
    r"\(\s{0,40}(?:String\.raw)?[@rRbB$]{0,2}#?(?:\"\"\")?[\"`'](?P<go>[^\"`'\n]{2,160})[\"`']"
    r"|preg_match(?:_all)?\(\s{0,3}['\"](?P<mark>[/#~@!%])(?P<php>(?:[^'\"\n\\]|\\.){2,160}?)(?P=mark)[a-zA-Z]{0,5}['\"]"
    r"|['\"]/(?P<php1>\^(?:[^'\"\n\\]|\\.){2,160}?)/[a-zA-Z]{0,5}['\"]"
    r"|%r\{(?P<rb>[^\n]{2,160}?)\}(?=[imx]{0,3}(?:[\s),;.\]]|\Z))"
    r"|(?:[=(,:\[!&|?]\s{0,3}|=~\s{0,3}|\b(?:return|when|match)\s)/(?![/*])"
    r"(?P<js>(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.){1,80}\]){2,160})/[dgimsuvyx]{0,5}(?=\s{0,3}(?:[.,;)\]}\n]|then\b|\Z))"
)
MORE = re.compile(r"\s{1,40}[rRbBuU]{0,2}(?:\"([^\"\n]{1,160})\"|'([^'\n]{1,160})')")
"""A text behind a text is a part of it, in Python."""

CALLED = re.compile(r"(?<![\w$])([A-Za-z_$][\w$]{0,31})(?:\s?:\s?[\w.&]{1,24})?\s{0,3}:?=\s{0,3}[\w.&:!( ]{0,32}\Z")
"""The name that a regular expression is given."""

APPLIED = re.compile(rf"['\"`]\s{{0,3}},\s{{0,3}}{OF}{NAME}{CLOSED}|\.test\(\s{{0,3}}{OF}{NAME}{CLOSED}")
LITERALS = re.compile(rf"{TEXT}|(?<![\w.]){NUMBER}")
USED = re.compile(
    rf"(?<![\w.])(?P<pattern>[A-Za-z_$][\w$]{{0,31}})\.(?:match|fullmatch|search|test|exec|MatchString|FindStringSubmatch"
    rf"|IsMatch|Match|is_match|captures|matcher|matches|match\?)\(\s{{0,3}}{OF}{NAME}{CLOSED}"
    rf"|{NAME}{CLOSED}(?:\.match(?:es|All)?\??\(|\s=~\s)\s{{0,3}}(?P<after>[A-Za-z_$][\w$]{{0,31}})"
)
"""A regular expression that was given a name before, and what it is asked about."""

NOT_NAMES = frozenset(
    ["if", "and", "or", "not", "return", "in", "is", "len", "length", "else", "elif", "None", "null", "typeof", "while"]
)
REPEATED = re.compile(r"[+*}][^()]{0,20}\)[+*{]")
"""A group that repeats and ends in what repeats: there may be many ways to match the same text."""

PUMPED = 40
MAX_PATTERNS = 200
MAX_FOUND = 4000
MAX_CASES = 3000
"""Characters behind a ``switch`` in which its cases are looked for."""


@dataclass(slots=True)
class Comparisons:
    """What was found in one source, each once and in its order."""

    pairs: dict[tuple[str, Value], None] = field(default_factory=dict)
    lengths: dict[int, None] = field(default_factory=dict)
    prefixes: dict[str, None] = field(default_factory=dict)
    suffixes: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    numbers: dict[int | float, None] = field(default_factory=dict)
    pumped: dict[str, None] = field(default_factory=dict)
    patterns: dict[str, None] = field(default_factory=dict)
    """Regular expressions, as an engine gets them."""

    applied: dict[tuple[str, str], None] = field(default_factory=dict)
    """Names and the regular expressions that they are held against."""


@dataclass(slots=True)
class _Source:
    text: str
    constants: dict[str, Value]
    found: list[tuple[int, str, Value]] = field(default_factory=list)
    """Place, name, value."""

    into: Comparisons = field(default_factory=Comparisons)

    def pair(self, at: int, name: str, value: Value | None) -> None:
        if value is not None and name not in NOT_NAMES and len(self.found) < MAX_FOUND:
            self.found.append((at, name, value))


def comparisons(text: str) -> Comparisons:
    """The comparisons of a source, those that stand together next to each other."""
    constants: dict[str, Value] = {}
    for match in DEFINED.finditer(text):
        value = _value(match[2], match[3])
        if value is not None:
            constants[match[1]] = value
    source = _Source(text, constants)
    for read in (_compared, _among, _switched, _affixes, _sizes, _expressions):
        read(source)
    for match in PRODUCT.finditer(text):
        number = 1 << min(int(match[3]), 40) if match[3] else int(match[1]) * int(match[2])
        source.into.numbers[number] = None
    for _, name, value in sorted(source.found, key=lambda item: item[0]):
        source.into.pairs[name, value] = None
    return source.into


def _value(
    text: str | None, number: str | None, constant: str | None = None, source: _Source | None = None
) -> Value | None:
    if text is not None:
        return text
    if number is not None:
        plain = number.replace("_", "")
        return float(plain) if "." in plain else int(plain)
    if constant is None or source is None:
        return None
    if constant.lower() in ("true", "false"):
        return constant.lower() == "true"
    return source.constants.get(constant) or source.constants.get(constant.rpartition(".")[2])


def _compared(source: _Source) -> None:
    for match in COMPARED.finditer(source.text):
        source.pair(match.start(), match[1], _value(match[2], match[3], match[4], source))
    for match in REVERSED.finditer(source.text):
        source.pair(match.start(), match[2], match[1])
    for match in EQUALS.finditer(source.text):
        source.pair(match.start(), match[2] or match[3], match[1] or match[4])
    for match in REMAINDER.finditer(source.text):
        source.pair(match.start(), match[1], int(match[2]))


def _among(source: _Source) -> None:
    for match in AMONG.finditer(source.text):
        for value in _literals(match[2]):
            source.pair(match.start(), match[1], value)
    for match in INCLUDES.finditer(source.text):
        for value in _literals(match[1]):
            source.pair(match.start(), match[2], value)


def _literals(text: str) -> Iterator[Value]:
    for match in LITERALS.finditer(text):
        value = _value(match[1], match[2])
        if value is not None:
            yield value


def _switched(source: _Source) -> None:
    name, began = "", 0
    for match in SWITCH.finditer(source.text):
        if match["head"]:
            name, began = match["name"], match.start()
        elif name and match.start() - began < MAX_CASES:
            for value in _literals(match["case"] or match["arm"]):
                source.pair(match.start(), name, value)


def _affixes(source: _Source) -> None:
    for match in PREFIXED.finditer(source.text):
        name, text = (match[1], match[3]) if match["how"] else (match[5], match[6])
        how = (match["how"] or match["how2"]).lower()
        if how.startswith(("start", "hasp", "has_p", "str_s")):
            source.into.prefixes[text] = None
            source.pair(match.start(), name, text + "1")
        else:
            source.into.suffixes[text] = None
            source.pair(match.start(), name, "a" + text)


def _sizes(source: _Source) -> None:
    for pattern in (LENGTH_OF, SIZE_OF):
        for match in pattern.finditer(source.text):
            number = _value(None, match[2], match[3], source)
            if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < 1_000_000:
                source.into.lengths[number] = None


def _expressions(source: _Source) -> None:
    called: dict[str, str] = {}
    for match in islice(EXPRESSION.finditer(source.text), MAX_PATTERNS):
        pattern, end = _whole(source.text, match)
        source.into.patterns[pattern] = None
        if name := CALLED.search(source.text, max(0, match.start() - 80), match.start() + 1):
            called[name[1]] = pattern
        made = matching(pattern)
        if REPEATED.search(pattern):
            source.into.pumped |= {text + text[-1] * PUMPED + "!": None for text in made[:1]}
        applied = APPLIED.match(source.text, max(match.start(), end - 1)) or APPLIED.match(source.text, end)
        source.into.texts |= dict.fromkeys(made)
        if applied:
            _apply(source, match.start(), applied[1] or applied[2], pattern)
    for match in USED.finditer(source.text) if called else ():
        pattern = called.get(match["pattern"] or match["after"], "")
        if pattern:
            _apply(source, match.start(), match[2] or match[3], pattern)


def _whole(text: str, match: re.Match[str]) -> tuple[str, int]:
    """The regular expression of a match with what stands behind it, and where it ends."""
    kind = match.lastgroup
    pattern, end = match[kind] if kind else "", match.end()
    if kind in ("py", "py1"):
        while len(pattern) < MAX_PATTERN and (more := MORE.match(text, end)):
            pattern, end = pattern + (more[1] or more[2]), more.end()
    return pattern.replace("\\\\", "\\"), end


def _apply(source: _Source, at: int, name: str, pattern: str) -> None:
    if len(source.into.applied) < MAX_PATTERNS:
        source.into.applied[name, pattern] = None
    for text in matching(pattern):
        source.pair(at, name, text)


def near(value: Value) -> Sequence[Value]:
    """The value and its neighbours; the first is on the other side of a comparison that takes the usual ones."""
    return (value,) if isinstance(value, (bool, str)) else (value + 1, value, value - 1)


def settings(pairs: Sequence[tuple[str, Value]]) -> Iterator[Mapping[str, Value]]:
    """Values for names: those that stand together in the source at once, then each alone with its neighbours."""
    for start, (name, value) in enumerate(pairs):
        chosen = {name: near(value)[0]}
        for other, text in pairs[start + 1 : start + 4]:
            if other not in chosen:
                yield from ({**chosen, other: item} for item in near(text)[:2])
                chosen[other] = near(text)[0]
    for name, value in pairs:
        yield from ({name: item} for item in near(value))
