"""Which formats a handler's source reads: head lines of tables, names of an object's metadata, multipart bodies.

A word that only looks like one costs a few cases and nothing else. Every pattern is linear.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Formats", "formats"]

COLUMN = r"[A-Za-z_][\w .-]{0,30}"
LIST = re.compile(
    rf"(?:(?<![\w\])])[\[(]|{{)\s{{0,12}}((?:\"{COLUMN}\"\s{{0,8}},\s{{0,12}}|'{COLUMN}'\s{{0,8}},\s{{0,12}}){{1,15}}"
    rf"(?:\"{COLUMN}\"|'{COLUMN}'))\s{{0,8}},?\s{{0,12}}[\])}}]"
)
"""A list of texts that could be names of columns."""

WORDS = re.compile(rf"%[wi][\[({{]\s{{0,8}}({COLUMN}(?:\s{{1,12}}{COLUMN}){{1,15}})\s{{0,8}}[\])}}]")
"""The same in Ruby, without quotes."""

ITEM = re.compile(rf"[\"']({COLUMN})[\"']")
CALLED_SO = re.compile(r"(?:column|header|heading|field|spalten)\w{0,12}\W{0,6}(?:\[\]string\s{0,2})?\Z", re.IGNORECASE)
"""How such a list is mostly called."""

APART = re.compile(
    r"^[ \t]{0,40}(?:for |const |let |var )?\[?([a-z_]\w{0,30}(?:, ?[a-z_]\w{0,30}){1,15})\]?(?:\s{0,2}:?=| in)"
    r"[^=\n]{0,60}?\b(?:rows?|lines?|records?|cells|fields|columns|parts|split)\b",
    re.MULTILINE,
)
"""A row that is taken apart into variables."""

READS_TABLES = re.compile(r"\bcsv\b|\bCSV\b|csv[A-Z_]|split\(\s?(?:[\"'`](?:,|;|\||\\t)[\"'`]|/\s?[,;|]\s?/)")
CELL = re.compile(
    rf"\b(?:row|record|line|entry|cells?)\s?(?:\[|\.get\(|\.fetch\(|->)\s?(?:\"({COLUMN})\"|'({COLUMN})'|:(\w{{1,31}}))"
)
"""A cell that is read by the name of its column."""

PREFIXED = re.compile(r"x-(?:oss|ms)-meta-([a-z0-9][a-z0-9_-]{0,40})", re.IGNORECASE)
ASKED_OF_META = re.compile(
    r"meta(?:data|_data)?\w{0,10}\)?\s?(?:(?:\?\.)?\[|\??\.\w{2,20}\(|,)\s?"
    r"(?:\"([A-Za-z_][\w-]{0,40})\"|'([A-Za-z_][\w-]{0,40})'|:(\w{1,31}))"
    r"|(?:meta|metadata|metaData)\??\.([a-z_]\w{0,31})\b(?!\s?[(\"'])",
    re.IGNORECASE,
)
"""Read from something that is called metadata, or handed to a function together with it."""

HANDED = re.compile(r"\w\(\s?[\w.]{1,30},\s?(?:\"([a-z][\w-]{0,40})\"|'([a-z][\w-]{0,40})')")
"""A name that is handed to a function which may put the prefix before it."""

PREFIX = re.compile(r"[\"'`]x-(?:oss|ms)-meta-[\"'`$]", re.IGNORECASE)
MULTIPART = re.compile(
    r"multipart|form-data|\bboundary\b|\bbusboy\b|\bmulter\b|\bformidable\b|FieldStorage|\.FormFile\(|\.files\b",
    re.IGNORECASE,
)
CODE_WORD = re.compile(r"[A-Z]?[a-z]+[0-9]?|[A-Z]+[0-9]?(?![a-z])")
"""The words of an identifier, however they are joined."""

MEDIA = frozenset(
    (
        *("png", "jpg", "jpeg", "exif", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif", "avif", "mp4", "wav"),
        *("pdf", "zip", "zipfile", "unzip", "gzip", "gunzip", "gz"),
    )
)
"""Words for kinds of files that code has in its own names: a library is called by them without any literal."""

MAX_HEADS, MAX_NAMES, MAX_COLUMNS = 5, 12, 24


@dataclass(slots=True)
class Formats:
    """``heads`` are head lines of tables, their columns between commas, the surest first; ``metadata`` are names of an
    object's metadata in small letters; ``multipart``: does the source speak of such bodies?
    """

    heads: dict[str, None] = field(default_factory=dict)
    metadata: dict[str, None] = field(default_factory=dict)
    multipart: bool = False
    media: frozenset[str] = frozenset()
    """Kinds of files that it speaks of."""


def formats(text: str) -> Formats:
    """What formats one source reads."""
    heads = dict.fromkeys(_heads(text)) if READS_TABLES.search(text) else {}
    return Formats(
        dict.fromkeys(list(heads)[:MAX_HEADS]),
        dict.fromkeys(list(dict.fromkeys(_metadata(text)))[:MAX_NAMES]),
        MULTIPART.search(text) is not None,
        frozenset(word.lower() for word in CODE_WORD.findall(text)) & MEDIA,
    )


def _heads(text: str) -> Iterator[str]:
    lists = [(match.start(), ITEM.findall(match[1])) for match in LIST.finditer(text)]
    lists += [(match.start(), match[1].split()) for match in WORDS.finditer(text)]
    told = [(CALLED_SO.search(text, max(0, at - 40), at) is not None, names) for at, names in lists]
    yield from (",".join(names) for sure, names in told if sure)
    cells = list(dict.fromkeys(next(filter(None, match.groups())) for match in CELL.finditer(text)))
    if len(cells) > 1:
        yield ",".join(cells[:MAX_COLUMNS])
    yield from (match[1].replace(" ", "") for match in APART.finditer(text))
    yield from (",".join(names) for sure, names in told if not sure)


def _metadata(text: str) -> Iterator[str]:
    yield from (match[1].lower().rstrip("-_") for match in PREFIXED.finditer(text))
    if PREFIX.search(text):
        yield from ((match[1] or match[2]).lower() for match in HANDED.finditer(text))
    for match in ASKED_OF_META.finditer(text):
        name = next(filter(None, match.groups())).lower()
        if not name.startswith(("x-oss-", "x-ms-")):
            yield name
