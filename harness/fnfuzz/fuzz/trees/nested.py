"""Formats inside texts: JSON in a string, a form in a query value, CSV in a message, base64, dates, numbers.

``view`` takes a text apart one level deep; what comes out holds shorter texts, so callers look into those in turn (no
deeper than ``MAX_DEPTH``). Only what can be put together again letter by letter is taken apart.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import orjson

from fnfuzz.fuzz.trees.tree import parse_json

__all__ = ["MAX_DEPTH", "MAX_LOOK", "View", "text_of", "view"]

MAX_LOOK = 64 * 1024
"""Characters of a text that is still looked into."""

MAX_DEPTH = 4
"""How many formats in formats callers should follow."""

MAX_PARTS = 5000
"""Rows, lines, pairs or items."""


@dataclass(frozen=True, slots=True)
class View:
    """What a text holds. ``style`` is how it was written, ``value`` is plain data and depends on ``kind``:

    ========== ===================================================================================================
    json       a list or an object
    form       list of ``[name, value]``: a form, a query, a cookie
    csv        list of rows, each a list of cells
    lines      list of texts (NDJSON: each is JSON again)
    list       list of texts between commas, semicolons or bars; of numbers also between dots and colons
    base64     text, or bytes that are not UTF-8
    jwt        list of the texts between the dots
    data       ``[media type and parameters, content]`` of a ``data:`` URL
    url        object with ``scheme``, ``authority``, ``path``, ``query``, ``fragment``; what is absent is not there
    multipart  list of ``[header lines, content]``
    date       object with ``year``, ``month``, ``day`` and, when it tells the time, ``hour``, ``minute``, ``second``
               (whole numbers), ``fraction`` and ``zone`` (texts)
    number     int or float; the text may have letters on either side, as in ``ORD-1042`` or ``15%``
    ========== ===================================================================================================
    """

    kind: str
    value: Any
    style: tuple[Any, ...] = ()


PROSE = re.compile(r"[^\W\d][^\W\d]*(?:[ _-][^\W\d]+){0,12}[.!?]?\Z")
"""Words and nothing else: most texts of events."""

SHORT = 14
"""Shorter words are no base64."""


def view(text: str) -> View | None:
    """The format that ``text`` holds, or None; ``text_of`` of it is ``text`` again."""
    if not text or len(text) > MAX_LOOK or (len(text) < SHORT and PROSE.match(text)):
        return None
    for read in _readers(text):
        found = read(text)
        if found is not None and _written_so(found, text):
            return found
    return None


def text_of(seen: View) -> str:
    """The inverse of ``view``, for changed values too.

    Raises TypeError, ValueError (also UnicodeError) or KeyError for a value that the format cannot hold at all.
    """
    return _WRITERS[seen.kind](seen.value, *seen.style)


def _readers(text: str) -> Sequence[Callable[[str], View | None]]:
    first = text[0]
    if first in "{[":
        return (_json, _lines) if "\n" in text else (_json,)
    if "\n" in text or "\r" in text:
        return (_multipart, _csv, _lines) if first == "-" else (_csv, _lines)
    if first in "0123456789+-.":
        return (_date, _number, _base64, _form, _list)
    if first == "e" and text.startswith("eyJ"):
        return (_jwt, _base64)
    if first == "d" and text.startswith("data:"):
        return (_data,)
    if first == "/" or "://" in text[:16]:
        return (_url,)
    return (_date, _base64, _form, _number, _list)


def _written_so(found: View, text: str) -> bool:
    try:
        return text_of(found) == text
    except (TypeError, ValueError, KeyError, RecursionError):
        return False


# -- JSON

JSON_STYLES: Mapping[str, Mapping[str, Any]] = {
    "spaced": {"ensure_ascii": False},
    "spaced-ascii": {},
    "compact-ascii": {"separators": (",", ":")},
    "indent-2": {"ensure_ascii": False, "indent": 2},
    "indent-4": {"ensure_ascii": False, "indent": 4},
    "indent-2-ascii": {"indent": 2},
    "indent-tab": {"ensure_ascii": False, "indent": "\t"},
}


def _json(text: str) -> View | None:
    try:
        value = parse_json(text.encode("utf-8"))
        if orjson.dumps(value).decode() == text:
            return View("json", value)
        indented = "\n" in text
        styles = (name for name in JSON_STYLES if name.startswith("indent") == indented)
        return next((View("json", value, (name,)) for name in styles if _json_text(value, name) == text), None)
    except ValueError:
        return None


def _json_text(value: Any, style: str = "") -> str:
    if style:
        try:
            return json.dumps(value, **JSON_STYLES[style])
        except TypeError:
            pass  # A number token out of the range of every type: only the other writer takes it.
    return orjson.dumps(value).decode()


# -- pairs

PAIRS = re.compile(r"[^\s=&;,?#<>\"'{}]{1,64}=[^\s&;\"<>{}]*(?:(?:&|; ?)[^\s=&;]{1,64}(?:=[^\s&;]*)?)*\Z")
QUOTINGS: Mapping[str, tuple[Callable[[str], str], Callable[[str], str]]] = {
    "plus": (quote_plus, unquote_plus),
    "percent": (lambda text: quote(text, safe=""), unquote),
    "lax": (lambda text: quote(text, safe="/:@!$'()*,;?[]|~"), unquote),
    "raw": (str, str),
}


def _form(text: str) -> View | None:
    if "=" not in text or PAIRS.match(text) is None:
        return None
    separator = "&" if "&" in text else "; " if "; " in text else ";" if ";" in text else "&"
    parts = [part.partition("=") for part in text.split(separator)]
    if len(parts) > MAX_PARTS or (len(parts) == 1 and not parts[0][2].strip("=")):
        return None
    bare = tuple(index for index, part in enumerate(parts) if not part[1])
    for quoting, (_, decode) in QUOTINGS.items():
        pairs = [[decode(name), decode(value)] for name, _, value in parts]
        found = View("form", pairs, (separator, quoting, bare))
        if _written_so(found, text):
            return found
    return None


def _form_text(pairs: Any, separator: str, quoting: str, bare: Sequence[int] = ()) -> str:
    encode = QUOTINGS[quoting][0]
    return separator.join(
        encode(name) if index in bare and not value else f"{encode(name)}={encode(value)}"
        for index, (name, value) in enumerate(pairs)
    )


# -- rows, lines, items

SEPARATORS = ",;\t|"
CSV_QUOTES: Mapping[str, Any] = {"minimal": csv.QUOTE_MINIMAL, "all": csv.QUOTE_ALL}


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n" if "\n" in text else "\r"


def _csv(text: str) -> View | None:
    end = _line_end(text)
    lines = text.split(end, MAX_PARTS + 1)
    row = next((line for line in lines[1:] if line), "")
    separator = next((char for char in SEPARATORS if char in lines[0]), "")
    if not separator or len(lines) > MAX_PARTS or (row and separator not in row):
        return None
    if '"' not in text:
        return View("csv", [line.split(separator) for line in lines], (separator, end, "raw"))
    for quotes in CSV_QUOTES:
        found = View("csv", _quoted_rows(text, separator), (separator, end, quotes))
        if _written_so(found, text):
            return found
    return View("csv", [line.split(separator) for line in lines], (separator, end, "raw"))


def _quoted_rows(text: str, separator: str) -> list[list[str]]:
    """A blank line is a row of one empty cell, as in the other style; the end of the text is a line of its own."""
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    except csv.Error:
        return []
    return [row or [""] for row in rows] + ([[""]] if text[-1:] in "\r\n" else [])


def _csv_text(rows: Any, separator: str, end: str, quotes: str) -> str:
    if quotes == "raw":
        return end.join(separator.join(row) for row in rows)
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=separator, lineterminator=end, quoting=CSV_QUOTES[quotes])
    # The writer would put quotes around the one empty cell of a blank line.
    writer.writerows([] if list(row) == [""] else row for row in rows)
    return made.getvalue()[: -len(end)]


def _lines(text: str) -> View | None:
    end = _line_end(text)
    lines = text.split(end, MAX_PARTS + 1)
    return View("lines", lines, (end,)) if len(lines) <= MAX_PARTS and len(lines) > 1 else None


LISTED = re.compile(r"[^\s,;|]{0,64}(?: ?[,;|] ?[^\s,;|]{0,64})+\Z")
NUMBERED = re.compile(r"[0-9]{1,9}(?:[.:][0-9]{1,9})+\Z")
LIST_SEPARATORS = (", ", "; ", ",", ";", "|", ".", ":")


def _list(text: str) -> View | None:
    if not (LISTED.match(text) or NUMBERED.match(text)):
        return None
    separator = next(item for item in LIST_SEPARATORS if item in text)
    items = text.split(separator)
    return View("list", items, (separator,)) if len(items) <= MAX_PARTS else None


def _joined(items: Any, separator: str) -> str:
    return separator.join(items)


# -- base64 and what is made of it

BASE64 = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}\Z|[A-Za-z0-9_-]{4,}={0,2}\Z")
BINARY_AT = 24
"""Characters from which on base64 of bytes that are no text is recognized: words and ids are mostly shorter."""


def _base64(text: str) -> View | None:
    if BASE64.match(text) is None or len(text) % 4 == 1:
        return None
    padded = text.endswith("=") or len(text) % 4 == 0
    if len(text) < SHORT and not text.endswith("="):
        return None
    safe = "-" in text or "_" in text
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), b"-_" if safe else None)
    except (binascii.Error, ValueError):
        return None
    plain = _plain_text(data)
    if plain is None and not _looks_random(text):
        return None
    return View("base64", data if plain is None else plain, (safe, padded))


def _plain_text(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if all(char.isprintable() or char in "\r\n\t" for char in text) else None


KINDS = (re.compile(r"[A-Z]"), re.compile(r"[a-z]"), re.compile(r"[0-9]"))


def _looks_random(text: str) -> bool:
    if len(text) < BINARY_AT:
        return False
    return all(pattern.search(text) for pattern in KINDS)


def _base64_text(value: Any, safe: bool, padded: bool) -> str:
    data = value.encode("utf-8") if isinstance(value, str) else bytes(memoryview(value))
    text = base64.b64encode(data, b"-_" if safe else None).decode()
    return text if padded else text.rstrip("=")


def _jwt(text: str) -> View | None:
    parts = text.split(".")
    whole = len(parts) == 3 and all(re.fullmatch(r"[A-Za-z0-9_-]*", part) for part in parts)
    return View("jwt", parts, (".",)) if whole else None


def _data(text: str) -> View | None:
    about, comma, content = text[5:].partition(",")
    return View("data", [about, content]) if comma and len(about) <= 100 else None


def _data_text(value: Any) -> str:
    about, content = value
    return f"data:{about},{content}"


# -- URLs

URL = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]{0,15})://([^/?#\s]*))?([^?#\s]*)(?:\?([^#\s]*))?(?:#([^\s]*))?\Z")
URL_PARTS = ("scheme", "authority", "path", "query", "fragment")


def _url(text: str) -> View | None:
    match = URL.match(text)
    if match is None or match.group(1, 4, 5) == (None, None, None):
        return None
    return View("url", {name: part for name, part in zip(URL_PARTS, match.groups(), strict=True) if part is not None})


def _url_text(value: Any) -> str:
    before = f"{value['scheme']}://{value.get('authority', '')}" if "scheme" in value else ""
    query = "?" + value["query"] if "query" in value else ""
    fragment = "#" + value["fragment"] if "fragment" in value else ""
    return before + str(value.get("path", "")) + query + fragment


# -- multipart bodies


def _multipart(text: str) -> View | None:
    end = _line_end(text)
    mark = text.partition(end)[0]
    if not re.fullmatch(r"--[^\s]{1,70}", mark):
        return None
    empty, *parts, tail = (end + text).split(end + mark)
    if empty or not parts or len(parts) > MAX_PARTS or not all(part.startswith(end) for part in parts):
        return None
    pairs = [list(part[len(end) :].partition(end * 2)[::2]) for part in parts]
    return View("multipart", pairs, (mark, end, tail))


def _multipart_text(value: Any, mark: str, end: str, tail: str) -> str:
    return "".join(f"{mark}{end}{head}{end}{end}{content}{end}" for head, content in value) + mark + tail


# -- dates

DAYS = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
ISO = re.compile(
    r"(?P<year>[0-9]{4})(?P<s>-?)(?P<month>[0-9]{2})(?P=s)(?P<day>[0-9]{2})(?:(?P<t>[Tt ])(?P<hour>[0-9]{2})(?P<c>:?)"
    r"(?P<minute>[0-9]{2})(?:(?P=c)(?P<second>[0-9]{2})(?P<fraction>[.,][0-9]{1,9})?)?"
    r"(?P<zone>[Zz]|[+-][0-9]{2}:?[0-9]{2})?)?\Z"
)
RFC_1123 = re.compile(
    rf"(?P<weekday>{DAYS}), (?P<day>[0-9]{{2}}) (?P<month>{'|'.join(MONTHS)}) (?P<year>[0-9]{{4}}) "
    r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2}) (?P<zone>[A-Z]{1,5}|[+-][0-9]{4})\Z"
)
DAY_FIRST = re.compile(r"(?P<day>[0-9]{2})(?P<s>[/.])(?P<month>[0-9]{2})(?P=s)(?P<year>[0-9]{4})\Z")
WHOLE = ("year", "month", "day", "hour", "minute", "second")
MAX_DATE = 40


def _date(text: str) -> View | None:
    if not 8 <= len(text) <= MAX_DATE:
        return None
    if match := ISO.match(text):
        # Eight digits are more often a number.
        style = ("iso", match["s"], match["t"], match["c"])
        return View("date", _date_parts(match), style) if match["s"] or match["t"] else None
    if match := DAY_FIRST.match(text):
        return View("date", _date_parts(match), ("day-first", match["s"]))
    if match := RFC_1123.match(text):
        return View("date", {**_date_parts(match), "month": MONTHS.index(match["month"]) + 1}, ("rfc-1123",))
    return None


def _date_parts(match: re.Match[str]) -> dict[str, Any]:
    return {
        name: int(part) if name in WHOLE and part.isdigit() else part
        for name, part in match.groupdict().items()
        if part is not None and len(name) > 1
    }


def _date_text(value: Any, form: str, mark: str = "-", between: str | None = "T", colon: str | None = ":") -> str:
    year, month, day = f"{value['year']:04}", f"{value['month']:02}", f"{value['day']:02}"
    clock = [f"{value[name]:02}" for name in ("hour", "minute", "second") if name in value]
    if form == "day-first":
        return mark.join((day, month, year))
    if form == "rfc-1123":
        short = MONTHS[value["month"] - 1] if 1 <= value["month"] <= 12 else month
        return f"{value['weekday']}, {day} {short} {year} {':'.join(clock)} {value['zone']}"
    date = mark.join((year, month, day))
    if not clock:
        return date
    colon = ":" if colon is None else colon
    return f"{date}{between or 'T'}{colon.join(clock)}{value.get('fraction', '')}{value.get('zone', '')}"


# -- numbers

NUMERIC = re.compile(
    r"((?:[^\W\d][^\W\d]{0,15}[-_:/# ]?|[#$€£])?)([+-]?)([0-9]{1,40})(?:\.([0-9]{1,17}))?( ?[A-Za-z%°]{0,6})\Z"
)


def _number(text: str) -> View | None:
    match = NUMERIC.match(text) if len(text) <= 80 else None
    if match is None:
        return None
    before, sign, whole, decimals, after = match.groups()
    number = f"{'-' if sign == '-' else ''}{whole}"
    value = int(number) if decimals is None else float(f"{number}.{decimals}")
    return View("number", value, (before, after, sign == "+", len(whole), len(decimals or "")))


def _number_text(value: Any, before: str, after: str, plus: bool, width: int, decimals: int) -> str:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError("a number is wanted")
    sign = "-" if value < 0 else "+" if plus else ""
    digits = f"{abs(value):.{decimals}f}" if decimals else str(abs(value))
    whole, dot, rest = digits.partition(".")
    return f"{before}{sign}{whole.zfill(width)}{dot}{rest}{after}"


_WRITERS: Mapping[str, Callable[..., str]] = {
    "json": _json_text,
    "form": _form_text,
    "csv": _csv_text,
    "lines": _joined,
    "list": _joined,
    "base64": _base64_text,
    "jwt": _joined,
    "data": _data_text,
    "url": _url_text,
    "multipart": _multipart_text,
    "date": _date_text,
    "number": _number_text,
}
