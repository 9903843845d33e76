"""What differs between the event that fails and the one most like it that passes, line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import fields
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

import orjson

from fnfuzz.events import Event
from fnfuzz.report.html.elements import Child, Html, element, join
from fnfuzz.report.visible import cut_middle

__all__ = ["difference", "event_form", "json_lines"]

CONTEXT = 3
"""Equal lines that are shown before and after those that differ."""

MAX_LINES = 200
"""Lines of each event that are compared, from the first that differs."""

MAX_JSON = 64 * 1024
MAX_EXACT = 400
"""Characters of a line up to which it is compared word by word."""

MAX_SHOWN = 240
EDGE = 60
"""Characters before and after a difference in a long line."""

_TOKENS = re.compile(r"\w+|\s+|.", re.DOTALL)
_JSON = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},:]|[^\s"\[\]{},:]+')

Kind: TypeAlias = Literal["same", "fails", "passes", "gap"]


def difference(failing: Event, passing: Event) -> Html:
    """Both events as one list of lines: ``-`` stands in the failing one only, ``+`` in the passing one only."""
    rows = list(_rows(*_forms(failing, passing)))
    if not any(kind in ("fails", "passes") for kind, _ in rows):
        return element("p", "They differ in nothing that can be shown.", class_="dim")
    return element("div", [_row(kind, line) for kind, line in rows], class_="diff")


def event_form(event: Event, other: Event, *, raw: bool = False) -> list[str]:
    """The fields of ``event`` that are not usual, or not those of ``other``, as lines; JSON one value a line unless
    ``raw``.
    """
    usual, lines = type(event)(), []
    for field in fields(event):
        value = getattr(event, field.name)
        if value in (getattr(usual, field.name), b"") and value == getattr(other, field.name, value):
            continue
        name = field.name.replace("_", " ")
        if value == b"":
            lines.append(f"{name}: nothing")
        elif isinstance(value, bytes):
            text = value.decode("utf-8", "surrogateescape")
            shown = None if raw or len(value) > MAX_JSON else json_lines(text)
            lines += [f"{name}:", *(f"  {line}" for line in (text.split("\n") if shown is None else shown))]
        elif isinstance(value, tuple):
            lines += [f"{name} {key}: {item}" for key, item in value]
        else:
            lines.append(f"{name}: {value}")
    return lines


def json_lines(text: str) -> list[str] | None:
    """JSON laid out over lines, every value spelt as it is; None for what is no JSON."""
    try:
        orjson.loads(text)
    except (ValueError, RecursionError):
        return None
    lines: list[str] = [""]
    depth = 0
    before = ""
    for token in _JSON.findall(text):
        closes = token in ("}", "]")
        depth -= closes
        if before == "," or (before in ("{", "[") and not closes) or (closes and before not in ("{", "[")):
            lines.append("  " * depth)
        lines[-1] += f"{token} " if token == ":" else token
        depth += token in ("{", "[")
        before = token
    return lines


def _forms(failing: Event, passing: Event) -> tuple[list[str], list[str]]:
    """Raw where the layout alone differs."""
    one, other = event_form(failing, passing), event_form(passing, failing)
    if one == other:
        return event_form(failing, passing, raw=True), event_form(passing, failing, raw=True)
    return one, other


def _rows(one: Sequence[str], other: Sequence[str]) -> Iterator[tuple[Kind, Child]]:
    start = _equal(one, other)
    end = _equal(one[start:][::-1], other[start:][::-1])
    yield from _equal_rows(one[:start], first=True, last=start == len(one) == len(other))
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    blocks = SequenceMatcher(None, left[:MAX_LINES], right[:MAX_LINES], autojunk=False).get_opcodes()
    for tag, a, b, c, d in blocks:
        if tag == "equal":
            yield from _equal_rows(left[a:b])
        else:
            yield from _changed(left[a:b], right[c:d])
    missing = max(0, len(left) - MAX_LINES), max(0, len(right) - MAX_LINES)
    if any(missing):
        yield "gap", f"{missing[0]:,} and {missing[1]:,} more lines are not compared"
    yield from _equal_rows(one[len(one) - end :], last=True)


def _equal_rows(lines: Sequence[str], *, first: bool = False, last: bool = False) -> Iterator[tuple[Kind, Child]]:
    """Equal lines, those far from a difference counted only."""
    head, tail = 0 if first else CONTEXT, 0 if last else CONTEXT
    hidden = len(lines) - head - tail
    if hidden <= 1:
        yield from (("same", cut_middle(line, MAX_SHOWN)) for line in lines)
        return
    yield from (("same", cut_middle(line, MAX_SHOWN)) for line in lines[:head])
    yield "gap", f"{hidden:,} equal lines"
    yield from (("same", cut_middle(line, MAX_SHOWN)) for line in lines[len(lines) - tail :])


def _changed(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[Kind, Child]]:
    """Lines that were replaced, with what differs in each pair of them marked."""
    pairs = [_marked(one, other) for one, other in zip(left, right, strict=False)]
    yield from (("fails", one) for one, _ in pairs)
    yield from (("fails", cut_middle(line, MAX_SHOWN)) for line in left[len(pairs) :])
    yield from (("passes", other) for _, other in pairs)
    yield from (("passes", cut_middle(line, MAX_SHOWN)) for line in right[len(pairs) :])


def _marked(one: str, other: str) -> tuple[Child, Child]:
    start = _equal(one, other)
    end = _equal(one[start:][::-1], other[start:][::-1])
    if max(len(one), len(other)) > MAX_EXACT:
        return _around(one, start, end), _around(other, start, end)
    left, right = _TOKENS.findall(one), _TOKENS.findall(other)
    match = SequenceMatcher(None, left, right, autojunk=False)
    if match.ratio() < 0.3:
        return one, other
    a_parts: list[Child] = []
    b_parts: list[Child] = []
    for tag, a, b, c, d in match.get_opcodes():
        for parts, text in ((a_parts, "".join(left[a:b])), (b_parts, "".join(right[c:d]))):
            if text:
                parts.append(text if tag == "equal" else element("mark", text))
    return a_parts, b_parts


def _around(line: str, start: int, end: int) -> Child:
    """The different middle of a long line between the ends of what is equal."""
    before, middle, after = line[:start], line[start : len(line) - end], line[len(line) - end :]
    if len(before) > EDGE:
        before = f"... {len(before) - EDGE:,} characters ... {before[-EDGE:]}"
    if len(after) > EDGE:
        after = f"{after[:EDGE]} ... {len(after) - EDGE:,} characters ..."
    return [before, element("mark", cut_middle(middle, MAX_SHOWN)) if middle else None, after]


def _equal(one: Sequence[str], other: Sequence[str]) -> int:
    """How many items at the beginning are equal."""
    most = min(len(one), len(other))
    return next((at for at in range(most) if one[at] != other[at]), most)


_SIGNS: dict[Kind, str] = {"same": " ", "fails": "−", "passes": "+", "gap": "⋮"}
_TAGS: dict[Kind, str] = {"same": "div", "fails": "del", "passes": "ins", "gap": "div"}


def _row(kind: Kind, line: Child) -> Html:
    sign = element("span", _SIGNS[kind], class_="sign", aria_hidden="true")
    spoken = element("span", f"{kind}: ", class_="spoken") if kind in ("fails", "passes") else None
    return element(_TAGS[kind], join([sign, spoken]), element("code", line), class_=kind)
