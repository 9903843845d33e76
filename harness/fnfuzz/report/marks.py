"""The lines of an event with what matters in it marked and what does not dimmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlencode

import orjson
from rich.text import Text

from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.report.visible import visible, visible_bytes
from fnfuzz.report.wording import event_lines

__all__ = [
    "MATTERS",
    "NO_MATTER",
    "Mark",
    "MarkedLine",
    "free_parts",
    "is_telling",
    "marked_event",
    "marked_lines",
    "matter_lines",
    "telling_lines",
]

MATTERS = "bold magenta"
NO_MATTER = "dim"
MAX_LINES = 6

Spot: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters ``start`` to ``end`` of a line, and the parts of the event that stand there."""

    start: int
    end: int
    parts: tuple[Part, ...]

    @property
    def matters(self) -> bool:
        """Does anything in it matter?"""
        return any(part.verdict != "any" for part in self.parts)

    @property
    def style(self) -> str:
        """MATTERS or NO_MATTER."""
        return MATTERS if self.matters else NO_MATTER


@dataclass(frozen=True, slots=True)
class MarkedLine:
    """A line of an event, and what is known of its parts."""

    text: str
    marks: tuple[Mark, ...] = ()

    def styled(self) -> Text:
        """The line in the styles of its marks."""
        line = Text(self.text)
        for mark in self.marks:
            line.stylize(mark.style, mark.start, mark.end)
        return line


def marked_event(event: Event, parts: Sequence[Part]) -> list[Text]:
    """``event_lines`` with the styles of ``parts``; a line in which a part cannot be told for sure stays as it is."""
    return [line.styled() for line in marked_lines(event, parts)]


def marked_lines(event: Event, parts: Sequence[Part]) -> list[MarkedLine]:
    """``event_lines`` with a mark for each of ``parts``; none where a part cannot be told for sure."""
    spots = {spot: part for part in parts for spot in part.spots}
    return [MarkedLine(line, tuple(_marks(event, line, spots))) for line in event_lines(event)]


def is_telling(part: Part) -> bool:
    """Is there more to say of it than that it stands there?"""
    return part.verdict != "any" and not (part.is_name and part.verdict == "only")


def matter_lines(parts: Sequence[Part]) -> list[str]:
    """What matters, one line for each part, those that say most first; then what does not."""
    free = free_parts(parts)
    return [*telling_lines(parts), *([f"no matter what: {free}"] if free else [])]


def telling_lines(parts: Sequence[Part]) -> list[str]:
    """What matters, one line for each part, those that say most first."""
    telling = sorted((part for part in parts if is_telling(part)), key=lambda part: part.verdict != "some")
    lines = [f"{visible(part.path)}: {visible(part.text)}" for part in telling[:MAX_LINES]]
    return [*lines, f"and {len(telling) - MAX_LINES} more"] if len(telling) > MAX_LINES else lines


def free_parts(parts: Sequence[Part]) -> str:
    """The names of the parts that may be anything, apart from what is as it is by default."""
    free = [visible(part.path) for part in parts if part.verdict == "any" and not part.usual]
    more = f" and {len(free) - MAX_LINES} more" if len(free) > MAX_LINES else ""
    return ", ".join(free[:MAX_LINES]) + more


def _marks(event: Event, line: str, spots: Mapping[Spot, Part]) -> Iterator[Mark]:
    yield from _in_payload(event, line, spots)
    if isinstance(event, HttpEvent):
        yield from _in_target(event, line, spots)
        yield from _in_pairs("headers", event.headers, line, "", spots)
    elif isinstance(event, BlobEvent):
        yield from _in_pairs("metadata", event.metadata, line, "metadata ", spots)
        name = visible(event.name)
        if line == f'blob "{name}", {visible(event.content_type)}':
            yield from _mark(spots, ("name",), 6, 6 + len(name))
            yield from _mark(spots, ("content_type",), 9 + len(name), len(line))


def _mark(spots: Mapping[Spot, Part], spot: Spot, start: int, end: int) -> Iterator[Mark]:
    if spot in spots:
        yield Mark(start, end, (spots[spot],))


def _in_target(event: HttpEvent, line: str, spots: Mapping[Spot, Part]) -> Iterator[Mark]:
    start = f"{event.method} {event.path}"
    if event.query and line == visible(f"{start}?{urlencode(event.query, errors='surrogatepass')}"):
        at = len(visible(start)) + 1
        for index, pair in enumerate(event.query):
            whole = urlencode([pair], errors="surrogatepass")
            equals = whole.index("=")
            yield from _mark(spots, ("query", index, 0), at, at + equals)
            yield from _mark(spots, ("query", index, 1), at + equals + 1, at + len(whole))
            at += len(whole) + 1
    if line.startswith(f"{event.method} /"):
        yield from _mark(spots, ("method",), 0, len(event.method))


def _in_pairs(
    key: str, pairs: Sequence[tuple[str, str]], line: str, before: str, spots: Mapping[Spot, Part]
) -> Iterator[Mark]:
    for index, (name, value) in enumerate(pairs):
        if line == before + visible(f"{name}: {value}"):
            at = len(before) + len(visible(name))
            yield from _mark(spots, (key, index, 0), len(before), at)
            yield from _mark(spots, (key, index, 1), at + 2, len(line))


def _in_payload(event: Event, line: str, spots: Mapping[Spot, Part]) -> Iterator[Mark]:
    match event:
        case HttpEvent(body=data) | RawEvent(body=data):
            key = "body"
        case QueueEvent(message=data):
            key = "message"
        case BlobEvent(content=data):
            key = "content"
        case _:
            return
    # A byte is at least a quarter of a character: what is far longer than the line need not be made visible.
    if len(data) > 4 * len(line) or line != f"  {visible_bytes(data)}":
        return
    for kind in ("text", "bytes"):
        yield from _mark(spots, (key, kind), 2, len(line))
    text = data.decode("utf-8", "surrogateescape")
    try:
        value = orjson.loads(data)
        spans = list(_in_json(value, 0, (key, "json"))) if orjson.dumps(value) == data else []
    except (ValueError, RecursionError):
        return
    for spot, start, end in spans:
        found = (spots[spot],) if spot in spots else _inner(spots, spot)
        if found:
            yield Mark(2 + len(visible(text[:start])), 2 + len(visible(text[:end])), found)


def _inner(spots: Mapping[Spot, Part], spot: Spot) -> tuple[Part, ...]:
    """What is known of the inside of a text that was looked into."""
    return tuple(part for path, part in spots.items() if path[: len(spot)] == spot and _is_format(path[len(spot) :]))


def _is_format(rest: Spot) -> bool:
    return bool(rest) and str(rest[0]).startswith("(")


def _in_json(value: Any, start: int, spot: Spot) -> Iterator[tuple[Spot, int, int]]:
    """Where each leaf and each name stands in the text of ``value``, which has no blanks, in characters."""
    if not isinstance(value, (dict, list)) or not value:
        yield spot, start, start + _length(value)
        return
    at = start + 1
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict):
            end = at + _length(key)
            yield (*spot, f"name of {key}"), at, end
            at = end + 1
        yield from _in_json(item, at, (*spot, key))
        at += _length(item) + 1


def _length(value: Any) -> int:
    return len(orjson.dumps(value).decode("utf-8"))
