"""Texts beside one that holds a known format: the nasty dates, numbers, rows and encodings next to it."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import orjson

from fnfuzz.fuzz.trees.nested import View, text_of
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.traps import BYTE_TRAPS, TIME_TRAPS

__all__ = ["variants"]

MAX_VARIANTS = 400

DATES: Sequence[Mapping[str, Any]] = (
    {"year": 2024, "month": 2, "day": 29},
    {"year": 2023, "month": 2, "day": 29},
    {"year": 2000, "month": 2, "day": 29},
    {"year": 1900, "month": 2, "day": 29},
    {"month": 2, "day": 30},
    {"month": 4, "day": 31},
    {"month": 12, "day": 31},
    {"month": 1, "day": 1},
    {"month": 13},
    {"month": 0},
    {"day": 0},
    {"day": 32},
    {"year": 0},
    {"year": 1, "month": 1, "day": 1},
    {"year": 9999, "month": 12, "day": 31},
    {"year": 10000},
    {"year": 1969, "month": 12, "day": 31},
    {"year": 1970, "month": 1, "day": 1},
    {"year": 2038, "month": 1, "day": 20},
)
CLOCKS: Sequence[Mapping[str, Any]] = (
    {"hour": 24, "minute": 0, "second": 0},
    {"hour": 0, "minute": 0, "second": 0},
    {"hour": 23, "minute": 59, "second": 59},
    {"hour": 25},
    {"minute": 60},
    {"second": 60},
    {"year": 2025, "month": 3, "day": 30, "hour": 2, "minute": 30},
    {"zone": ""},
    {"zone": "Z"},
    {"zone": "+00:00"},
    {"zone": "-00:00"},
    {"zone": "+14:00"},
    {"zone": "-12:00"},
    {"zone": "+05:45"},
    {"zone": "+25:00"},
    {"zone": "+0200"},
    {"fraction": ".1"},
    {"fraction": ".123456789"},
    {"fraction": ",5"},
)
NUMBER_TEXTS = (
    *("0", "-1", "-0", "1", "255", "256", "32768", "65536", "2147483647", "2147483648", "-2147483649", "4294967296"),
    *("9007199254740993", "9223372036854775807", "9223372036854775808", "-9223372036854775809"),
    *("18446744073709551616", "1234567890123456789012345678901234567890", "0.1", "1e3", "1e400", "-1e400", "1e-400"),
    *(
        "NaN",
        "nan",
        "Infinity",
        "-Infinity",
        "inf",
        "0x10",
        "1_000",
        "1,000",
        "1.000,5",
        "1,5",
        " 7",
        "7 ",
        "+7",
        "007",
    ),
    *("", "-", ".", "1.", ".5", "1/2", "１２", "٤٢", "½", "null", "true"),
)
URLS = (
    *("http://", "https://x.example:99999/", "http://[::1]/", "http://[::1", "//x.example", "file:///etc/hostname"),
    *(
        "javascript:alert(1)",
        "http://user:pw@x.example/",
        "http://127.0.0.1:1/",
        "HTTP://X.EXAMPLE",
        "http://ä.example/",
    ),
    *(
        "http://x.example/%zz",
        "http://x.example/../a",
        "http://x.example:/",
        "about:blank",
        "https://x.example/?",
        "http:///a",
    ),
)
MEMBERS: Sequence[Any] = (None, 0, -1, "", [], {}, "a", True, 1.5)
CELLS = ("", " ", '"', "a,b", "a;b", "a\nb", "=1+1", "0", "-1", "1.5", "1,5", "x", "NULL", "99999999999999999999", "é")


def variants(seen: View, words: Dictionary) -> tuple[str, ...]:
    """Each text once, no more than ``MAX_VARIANTS``; a function of the arguments only."""
    return tuple(dict.fromkeys(islice(_told(seen, words), MAX_VARIANTS)))


def _told(seen: View, words: Dictionary) -> Iterator[str]:
    for other in _MAKERS[seen.kind](seen, words):
        if isinstance(other, str):
            yield other
        else:
            try:
                yield text_of(other)
            except (TypeError, ValueError, KeyError, AttributeError, IndexError):
                continue


def _dates(seen: View, words: Dictionary) -> Iterator[View | str]:
    value = seen.value
    for change in DATES:
        yield replace(seen, value={**value, **change})
    for change in CLOCKS if "hour" in value else ():
        if not ("zone" in change and seen.style[0] == "rfc-1123" and not change["zone"]):
            yield replace(seen, value={**value, **change})
    yield replace(seen, value={**value, "year": value["year"] + 1})
    yield replace(seen, value={**value, "year": value["year"] - 100})
    date = {name: value[name] for name in ("year", "month", "day")}
    yield View("date", date, ("iso", "-", None, None))
    yield View("date", {**date, "hour": 9, "minute": 15, "second": 1, "zone": "Z"}, ("iso", "-", "T", ":"))
    yield View("date", date, ("day-first", "/"))
    yield from TIME_TRAPS.values()


def _numbers(seen: View, words: Dictionary) -> Iterator[View | str]:
    value = seen.value
    before, after, plus, width, decimals = seen.style
    near = (value + 1, value - 1, -value, 0, value * 10, value * 1000, value // 2 if value else 1)
    from_source = [item + step for item in words.numbers[:20] for step in (0, 1, -1)]
    for number in (*near, *from_source):
        yield replace(seen, value=number)
    for style in (
        (before, after, not plus, width, decimals),
        (before, after, plus, width + 3, decimals),
        (before, after, plus, 1, decimals),
        (before, after, plus, width, 0 if decimals else 2),
        (before, "", plus, width, decimals),
        ("", after, plus, width, decimals),
        (before + " ", after, plus, width, decimals),
    ):
        if not (style[4] == 0 and isinstance(value, float)):
            yield replace(seen, style=style)
    yield from (f"{before}{text}{after}" for text in NUMBER_TEXTS)


def _tables(seen: View, words: Dictionary) -> Iterator[View | str]:
    rows: list[list[str]] = seen.value
    blank = rows[-1:] if rows[-1] == [""] else []
    body = rows[: len(rows) - len(blank)]
    made = (table + blank for table in _changed_rows(body, words))
    yield from (replace(seen, value=table) for table in made)
    separator, end, quotes = seen.style
    for other in ((";", end), (",", end), ("\t", end), (separator, "\r\n"), (separator, "\n"), (separator, "\r")):
        yield replace(seen, style=(*other, quotes))
    yield replace(seen, style=(separator, end, "all"))
    yield replace(seen, value=body if blank else [*rows, [""]])
    text = text_of(seen)
    yield "\ufeff" + text
    yield text + '"'
    yield text[: len(text) // 2]


def _changed_rows(rows: list[list[str]], words: Dictionary) -> Iterator[list[list[str]]]:
    head, data = rows[0], rows[1:]
    filled = data or [["1"] * len(head)]
    for column in range(min(len(head), 8)):
        for row in range(min(2, len(filled))):
            yield [head, *(_with(line, column, "") if at == row else line for at, line in enumerate(filled))]
        # Behind the last row, so that an empty cell is also in a row that is not the first.
        yield [head, *filled, _with(filled[-1], column, "")]
        yield [[*line[:column], *line[column + 1 :]] for line in rows]
    for start in range(min(len(words.names), 80)):
        names = list(words.names[start : start + max(3, len(head))])
        for width in {2, 3, len(head)}:
            line = (filled[0] * width)[:width] or ["1"] * width
            yield [names[:width], line, _with(line, width - 1, ""), line]
    yield [head]
    yield [head, *filled, *filled]
    yield filled
    yield [head, *filled, [""], *filled]
    yield [[*head, head[0]], *([*line, "1"] for line in filled)]
    yield [head[:1] * len(head), *filled]
    yield [head, *([*line, "1"] for line in filled)]
    yield [head, *(line[:-1] for line in filled)]
    yield [head[::-1], *(line[::-1] for line in filled)]
    yield [head, *data[::-1]]
    yield [head, *islice((line for _ in range(1001) for line in filled), 1001)]
    yield [[name.upper() for name in head], *data]
    yield [[f" {name} " for name in head], *data]
    for column in range(min(len(head), 6)):
        for cell in CELLS:
            yield [head, _with(filled[0], column, cell), *filled[1:]]


def _with(row: Sequence[str], column: int, cell: str) -> list[str]:
    return [*row[:column], cell, *row[column + 1 :]]


def _encoded(seen: View, words: Dictionary) -> Iterator[View | str]:
    text = text_of(seen)
    yield from ("", "=", text.rstrip("="), text + "=", text[:-1], text[1:], text + "\n", text[:4] + "\n" + text[4:])
    yield from (text.replace("+", "-").replace("/", "_"), "data:text/plain;base64," + text, text + "!", text + text)
    yield base64.b64encode(text.encode("utf-8", "replace")).decode()
    data = seen.value.encode("utf-8", "replace") if isinstance(seen.value, str) else seen.value
    yield from (replace(seen, value=other) for other in (data[: len(data) // 2], data + b"\x00", b"", data[::-1]))
    yield from (replace(seen, value=other) for other in (b"{}", b"[]", b"null", b"0", b'""', b'{"a":1}', b"a" * 4096))
    yield from (replace(seen, value=data) for data in BYTE_TRAPS.values())
    yield from (replace(seen, value=orjson.dumps({name: 1}).decode()) for name in words.names[:20])


def _json(seen: View, words: Dictionary) -> Iterator[View | str]:
    text = text_of(seen)
    yield from (
        "",
        "{}",
        "[]",
        "null",
        "0",
        '""',
        "true",
        f"[{text}]",
        orjson.dumps(text).decode(),
        text[:-1],
        text + "x",
    )
    yield from ("\ufeff" + text, " " + text + "\n", text + text, text.replace('"', "'"), text.replace(",", ",,", 1))
    if isinstance(seen.value, dict):
        for key in list(seen.value)[:20]:
            yield replace(seen, value={name: item for name, item in seen.value.items() if name != key})
            yield text[:1] + orjson.dumps(key).decode() + ":null," + text[1:]
            yield from (replace(seen, value={**seen.value, key: other}) for other in MEMBERS)
        yield from (replace(seen, value={**seen.value, name: 1}) for name in words.names[:20])
    else:
        yield replace(seen, value=seen.value * 2)
        yield replace(seen, value=seen.value[:1])
        yield replace(seen, value=[None, *seen.value])


def _pairs(seen: View, words: Dictionary) -> Iterator[View | str]:
    pairs = seen.value
    for at, (name, value) in enumerate(pairs[:12]):
        yield replace(seen, value=[*pairs[:at], *pairs[at + 1 :]])
        yield replace(seen, value=[*pairs, [name, value]])
        yield replace(seen, value=[*pairs[:at], [name + "[]", value], *pairs[at + 1 :]])
        for other in ("", "0", "-1", "a b", "%", "é", "a&b=c"):
            yield replace(seen, value=[*pairs[:at], [name, other], *pairs[at + 1 :]])
    for name, wanted in words.pairs[:12]:
        yield replace(seen, value=[*(pair for pair in pairs if pair[0] != name), [name, str(wanted)]])
    text = text_of(seen)
    yield from (text + seen.style[0], text + "%zz", text + "%ff", text + seen.style[0] + "=", text.partition("=")[0])


def _items(seen: View, words: Dictionary) -> Iterator[View | str]:
    items = seen.value
    yield from (replace(seen, value=other) for other in (items[:1], items[::-1], items * 2, items + items[:1]))
    yield from (replace(seen, value=[*items, ""]), replace(seen, value=["", *items]), replace(seen, value=items * 200))
    for at in range(min(len(items), 8)):
        yield replace(seen, value=[*items[:at], *items[at + 1 :]])
        yield from (
            replace(seen, value=[*items[:at], other, *items[at + 1 :]]) for other in ("", " ", "x", "-1", "999", '"')
        )


def _tokens(seen: View, words: Dictionary) -> Iterator[View | str]:
    head, body, mark = seen.value
    none = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
    yield from (
        ".".join(parts) for parts in ((none, body, ""), (head, body, ""), (head, body), (head, "", mark), (head,))
    )
    yield from ("..", f"{head}.{head}.{mark}", f"{head}.!!.{mark}", "Bearer " + text_of(seen))


def _data_urls(seen: View, words: Dictionary) -> Iterator[View | str]:
    about, content = seen.value
    yield from (
        content,
        f"data:{about}",
        f"data:,{content}",
        "data:,",
        "data:",
        f"data:{about},",
        f"data:;base64,{content}",
    )
    yield from (f"data:{about},{content}=", f"data:{about},%ff", f"data:image/png;base64,{content}", f"data:{about},!!")


def _urls(seen: View, words: Dictionary) -> Iterator[View | str]:
    yield from URLS
    value = seen.value
    yield from (replace(seen, value={name: item for name, item in value.items() if name != part}) for part in value)
    yield replace(seen, value={**value, "query": value.get("query", "") + "&a=%zz"})
    yield replace(seen, value={**value, "path": value.get("path", "") + "/../%00"})


def _parts(seen: View, words: Dictionary) -> Iterator[View | str]:
    parts = seen.value
    mark, end, tail = seen.style
    yield replace(seen, value=parts * 2)
    yield replace(seen, value=[])
    for at, (head, content) in enumerate(parts[:8]):
        yield replace(seen, value=[*parts[:at], *parts[at + 1 :]])
        for pair in (
            ["", content],
            [head, ""],
            ["", ""],
            [head.replace('"', ""), content],
            [head.partition("; name=")[0], content],
            [head + '; filename=""', content],
            [head + end + "X: y", content],
        ):
            yield replace(seen, value=[*parts[:at], pair, *parts[at + 1 :]])
    text = text_of(seen)
    yield from (text[: len(text) // 2], text.removesuffix(tail), text.replace(mark, mark + "x"), end + text)
    yield text.replace(end, "\n" if end != "\n" else "\r\n")
    yield text.replace(end * 2, end, 1)
    yield f"{mark}{end}{text}"


_MAKERS: Mapping[str, Callable[[View, Dictionary], Iterator[View | str]]] = {
    "json": _json,
    "form": _pairs,
    "csv": _tables,
    "lines": _items,
    "list": _items,
    "base64": _encoded,
    "jwt": _tokens,
    "data": _data_urls,
    "url": _urls,
    "multipart": _parts,
    "date": _dates,
    "number": _numbers,
}
