"""What a handler's source asks its input for: names of members, parameters and headers, and the texts that its own
tables know; in many languages.

A word that only looks like a name costs a few cases and nothing else. Every pattern is linear.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import unquote_plus

__all__ = ["Asked", "Row", "asked"]

Row: TypeAlias = tuple[str, tuple[int | float, ...]]

NAME = r"[A-Za-z_][\w.-]{0,40}"
CALL = re.compile(
    rf"(?<!\w)(\w{{1,30}}[?!]?)\(\s{{0,3}}(?:[A-Za-z_&][\w.&]{{0,40}},\s{{0,3}})?(?:\"({NAME})\"|'({NAME})'|:({NAME})\b)"
)
INDEX = re.compile(rf"[\w)\]]\[\s?(?:\"({NAME})\"|'({NAME})'|:({NAME}))\s?\](?!\s{{0,3}}=[^=])")
TAG = re.compile(rf"(?<=[`\s\"])(?:json|form|query|uri|xml|rename|alias|name|header|param)(?:\s?=\s?|:)\"({NAME})")
TAKEN_APART = re.compile(r"\b(?:const|let|var)\s{0,3}\{([^{}\n]{1,200})\}\s{0,3}=(?!\s{0,3}require)")
FIELD = re.compile(
    r"^[ \t]{2,12}(?:pub |val |var |readonly |final )?([a-z_]\w{0,31})\??[ \t]?: ?([A-Za-z_][\w<>\[\]| .?]{0,40})[,;]?"
    r"[ \t]{0,9}$",
    re.MULTILINE,
)
"""A field of a type in Rust, TypeScript, Kotlin or Python."""

TAGGED = re.compile(rf"([\[\]*\w.]{{1,32}})\s{{1,20}}`[^`\n]{{0,60}}?(?:json|form|query):\"({NAME})")
"""A field of a struct in Go with its type, and its name in JSON."""

LIST = re.compile(
    r"(?:\**\[\]|(?:list|array|sequence|vec|set|slice|iterable)\s?[<\[])([\w.*]*)|(\w+)\[\]", re.IGNORECASE
)
KIND = (
    ("boolean", re.compile(r"bool", re.IGNORECASE)),
    (
        "number",
        re.compile(
            r"\*?(?:int|uint|long|short|byte|float|double|decimal|number|big|[iuf](?:8|16|32|64)\b)", re.IGNORECASE
        ),
    ),
    ("string", re.compile(r"\*?(?:str|text|char|varchar)", re.IGNORECASE)),
)

TYPED = re.compile(
    r"(?<![\w.])(?:string|int|long|double|float|decimal|bool|boolean|String|Integer|Long|Double|Boolean|BigDecimal"
    r"|DateTime|Instant|List<\w{1,30}>)[?!]?\s([A-Za-z_]\w{0,31})\s?(?=[,;)]|\{\s?get)"
)
"""A field of a type in C# or Java; in JSON its first letter is mostly a small one."""

MEMBER = re.compile(r"(?:\.|->)([A-Za-z_]\w{1,31})\b(?!\s{0,3}(?:[(.=]|\[\w)|\s?===)")
RECEIVER = re.compile(r"[\w.$()>-]{0,40}\Z")
NOT_ASKING = re.compile(
    r"(?:set|write|send|log|print|require|import|open|en?code|decode|split|join|replace|push|append|listen|strip|trim|"
    r"fatal|remove|delete|index|includes|contains|sprint|exec|locate|handle|format|warn|info|debug|error|fail|raise|throw|"
    r"start|end|load|compile|match|test|emit|exit|create|define|getattr|hasattr|isinstance|strf|strp|parse_?d|timez|zone|"
    r"mount|route|has_?p|has_?s|to_?string|to_?locale|normalize|byte|digest|update|(?:on|once|new|from|of|add|sub|name|path|file|read|use|func|system)\Z)",
    re.IGNORECASE,
)
"""Functions whose first text is no name of an input."""

ENVIRONMENT = re.compile(r"env", re.IGNORECASE)
HEADERS = re.compile(r"header", re.IGNORECASE)
APART = re.compile(r"(?:env|headers)\??\Z", re.IGNORECASE)
COOKIES = re.compile(r"cookie", re.IGNORECASE)
OF_HEADERS = re.compile(r"headers\??\.([a-z]\w{2,30})\b(?!\s{0,3}[(=])")
CGI = "HTTP_"
HEADER = re.compile(r"[\"'`]([A-Za-z]{1,20}(?:-[A-Za-z0-9]{1,20}){1,5})[\"'`]")
ANSWERED = frozenset(
    ("content-length", "transfer-encoding", "x-fc-status", "x-fc-request-id", "content-disposition", "utf-8", "utf-16")
)
"""Headers that a handler writes, or that a sender cannot choose."""

ENTRY = re.compile(
    r"(?<![\w)\]])[\[(]\s{0,8}(?:\"([^\"\\\n]{1,48})\"|'([^'\\\n]{1,48})')\s{0,3},\s{0,3}(?=[\[{(\d\"'nN-])"
)
ITEM = re.compile(
    r"(?<![\w)\]]\[)(?<=[\[{(,\s])(?:\"([^\"\\\n]{1,48})\"|'([^'\\\n]{1,48})')\s{0,3}(?:,\s{0,3}(?=[\"'])|(?=[\]}]))"
)
ARM = re.compile(r"\b(?:case|when)\s{1,3}(?:\"([^\"\\\n]{1,48})\"|'([^'\\\n]{1,48})')")
KEY = re.compile(r"(?<=[{,\s])(?:\"([^\"\\\n]{1,48})\"|'([^'\\\n]{1,48})')\s{0,3}(?::|=>)")
BARE_KEY = re.compile(r"(?:(?<=[{,])|^)[ \t]{0,16}([A-Za-z_]\w{0,31})[ \t]?:[ \t]{0,3}(?=[\d\"'\[{(-])", re.MULTILINE)
EXAMPLE_QUERY = re.compile(r"[\w/}]\?((?:[A-Za-z_]\w{0,30}=[^&\s\"'`<>=(){}]{0,40}&?){1,8})")
NOT_MEMBERS = frozenset(
    re.findall(
        r"\w+",
        "length env prototype exports method url message stack statusCode status socket stdin stdout stderr Error"
        " errors path parse default createServer constructor version headers port host Body URL Method Header"
        " StatusNotFound js mjs cjs ts py rb go json wfile rfile environ server client_address"
        " MULTILINE IGNORECASE Exception",
    )
)
NUMBER = re.compile(r"(?<![\w.])(\d{1,12}(?:_\d{3})*(?:\.\d{1,6})?)(?![\w.])")
NEXT_ROW = re.compile(r"[\])}]\s{0,3},")
MAX_LINE, MAX_ROW = 160, 3
MAX_NAMES, MAX_HEADERS, MAX_KEYS = 40, 24, 80
AND_SO_ON = re.compile(r",\s{0,3}(?:\.\.\.|…)(?=\s{0,3}[\]}])")
MAX_EXAMPLES, MAX_EXAMPLE = 12, 4096
MAX_TRIED = 60
"""So many places where JSON could begin are looked at."""


@dataclass(slots=True)
class Asked:
    """``names`` of members and parameters that are read by name, surest first; ``perhaps``: other such names;
    ``headers``; ``keys``: texts that stand in tables and lists;
    ``rows``: such texts with the numbers that stand behind them in the same line; ``examples``: whole JSON texts;
    ``queries``: whole queries as names and values.
    """

    names: dict[str, None] = field(default_factory=dict)
    perhaps: dict[str, None] = field(default_factory=dict)
    headers: dict[str, None] = field(default_factory=dict)
    keys: dict[str, None] = field(default_factory=dict)
    rows: dict[Row, None] = field(default_factory=dict)
    examples: dict[str, None] = field(default_factory=dict)
    queries: dict[tuple[tuple[str, str], ...], None] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    """``number``, ``string``, ``boolean``, ``object`` of names whose type the source declares, ``numbers``,
    ``strings``, ``booleans`` and ``objects`` for lists."""


def asked(text: str) -> Asked:
    """What one source asks for."""
    found = Asked()
    for value in _examples(text):
        if len(found.examples) < MAX_EXAMPLES:
            found.examples[json.dumps(value, ensure_ascii=False, separators=(",", ":"))] = None
    _queries(text, found)
    sure, likely = dict.fromkeys(_read(text, found)), dict.fromkeys(_fields(text))
    shown = dict.fromkeys(name for example in found.examples for name in _names(json.loads(example)))
    known = dict.fromkeys(name for query in found.queries for name, _ in query)
    # Both at once are surer than either: an example alone may be an answer.
    told = [*known, *(name for name in sure if name in shown), *sure]
    found.names |= dict.fromkeys(list(dict.fromkeys(filter(_may_be_name, told)))[:MAX_NAMES])
    found.perhaps |= dict.fromkeys(list(dict.fromkeys(filter(_may_be_name, [*likely, *shown])))[:MAX_NAMES])
    declared = [
        *((match[2], match[1]) for match in TAGGED.finditer(text)),
        *(match.groups() for match in FIELD.finditer(text)),
    ]
    for name, declaration in declared[:MAX_NAMES]:
        found.kinds.setdefault(name, kind_of(declaration))
    for match in (*HEADER.finditer(text), *OF_HEADERS.finditer(text)):
        _header(match[1], found)
    for pattern in (ENTRY, ARM, ITEM, KEY, BARE_KEY):
        for match in pattern.finditer(text):
            word = next(part for part in match.groups() if part)
            if len(found.keys) < MAX_KEYS and "content-" not in word.lower():
                found.keys[word] = None
                found.rows[word, _numbers_behind(text, match.end())] = None
    return found


def kind_of(declaration: str) -> str:
    """The kind of a declared type, in any language; ``objects`` and ``object`` for one that is none of the usual."""
    if listed := LIST.match(declaration):
        return f"{_single(listed[1] or listed[2] or '')}s"
    return _single(declaration)


def _single(declaration: str) -> str:
    return next((kind for kind, pattern in KIND if pattern.match(declaration)), "object")


def _numbers_behind(text: str, at: int) -> tuple[int | float, ...]:
    """The numbers in the rest of the line, before the next text that could begin another row."""
    line = text[at : at + MAX_LINE].partition("\n")[0]
    numbers = [match[1].replace("_", "") for match in NUMBER.finditer(NEXT_ROW.split(line)[0])]
    return tuple(float(number) if "." in number else int(number) for number in numbers[:MAX_ROW])


def _read(text: str, found: Asked) -> Iterator[str]:
    """Names that stand in quotes where something is read by name, in the order of the text."""
    read: list[tuple[int, str]] = []
    for pattern in (CALL, INDEX):
        for match in pattern.finditer(text):
            *verb, one, two, three = match.groups()
            before = RECEIVER.search(text, max(0, match.start() - 40), match.start() + 1)
            whole = (before[0] if before else "") + (verb[0] if verb else "")
            name = one or two or three
            if ENVIRONMENT.search(whole) or (verb and NOT_ASKING.match(verb[0])):
                continue
            if COOKIES.search(whole):
                _header("Cookie", found)
            elif HEADERS.search(whole) or name.startswith(CGI):
                _header(name.removeprefix(CGI).replace("_", "-") if name.startswith(CGI) else name, found)
            else:
                read.append((match.start(), name))
    read += [(match.start(), match[1]) for match in TAG.finditer(text)]
    return (name for _, name in sorted(read))


def _fields(text: str) -> Iterator[str]:
    for match in TAKEN_APART.finditer(text):
        for part in match[1].split(","):
            name = part.partition(":")[0].partition("=")[0].strip()
            if name.isidentifier():
                yield name
    for pattern in (MEMBER, FIELD):
        for match in pattern.finditer(text):
            if match[1] not in NOT_MEMBERS and not APART.search(text, max(0, match.start() - 12), match.start()):
                yield match[1]
    yield from (match[1][:1].lower() + match[1][1:] for match in TYPED.finditer(text))


def _may_be_name(name: str) -> bool:
    return name.lower() not in ANSWERED and not name.lower().startswith("content-")


def _header(name: str, found: Asked) -> None:
    if name.lower() not in ANSWERED and len(found.headers) < MAX_HEADERS:
        found.headers[name] = None


def _examples(text: str) -> Iterator[Any]:
    """JSON objects and lists of objects in comments and texts."""
    decoder, at = json.JSONDecoder(), 0
    text = AND_SO_ON.sub("", text)
    for _ in range(MAX_TRIED):
        at = text.find('{"', at)
        if at < 0:
            return
        try:
            value, end = decoder.raw_decode(text[at : at + MAX_EXAMPLE])
            at += end
            yield value
        except (ValueError, RecursionError):
            at += 2


def _names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _names(item)


def _queries(text: str, found: Asked) -> None:
    for match in list(EXAMPLE_QUERY.finditer(text))[:MAX_EXAMPLES]:
        parts = (part.partition("=") for part in match[1].rstrip("&.,;:").split("&"))
        found.queries[tuple((name, unquote_plus(value)) for name, _, value in parts if name)] = None
