"""The lines of an event with what matters in it highlighted and what does not dimmed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias
from urllib.parse import urlencode

import orjson
from rich.text import Text

from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.report.visible import visible, visible_bytes
from fnfuzz.report.wording import event_lines

__all__ = ["MATTERS", "NO_MATTER", "marked_event", "matter_lines"]

MATTERS = "bold magenta"
NO_MATTER = "dim"
MAX_LINES = 6

Spot: TypeAlias = tuple[str | int, ...]


def marked_event(event: Event, parts: Sequence[Part]) -> list[Text]:
    """``event_lines`` with the styles of ``parts``; a line in which a part cannot be told for sure stays as it is."""
    styles = {spot: NO_MATTER if part.verdict == "any" else MATTERS for part in parts for spot in part.spots}
    lines = [Text(line) for line in event_lines(event)]
    for line in lines:
        for start, end, style in _spans(event, line.plain, styles):
            line.stylize(style, start, end)
    return lines


def matter_lines(parts: Sequence[Part]) -> list[str]:
    """What matters, one line for each part, those that say most first; then what does not."""
    telling = sorted(
        (part for part in parts if part.verdict != "any" and not (part.is_name and part.verdict == "only")),
        key=lambda part: part.verdict != "some",
    )
    lines = [f"{visible(part.path)}: {visible(part.text)}" for part in telling[:MAX_LINES]]
    if len(telling) > MAX_LINES:
        lines.append(f"and {len(telling) - MAX_LINES} more")
    rest = [visible(part.path) for part in parts if part.verdict == "any" and not part.usual]
    if rest:
        more = f" and {len(rest) - MAX_LINES} more" if len(rest) > MAX_LINES else ""
        lines.append(f"no matter what: {', '.join(rest[:MAX_LINES])}{more}")
    return lines


_Span: TypeAlias = tuple[int, int, str]


def _spans(event: Event, line: str, styles: Mapping[Spot, str]) -> Iterator[_Span]:
    yield from _in_payload(event, line, styles)
    if isinstance(event, HttpEvent):
        yield from _in_target(event, line, styles)
        yield from _in_pairs("headers", event.headers, line, "", styles)
    elif isinstance(event, BlobEvent):
        yield from _in_pairs("metadata", event.metadata, line, "metadata ", styles)
        name = visible(event.name)
        if line == f'blob "{name}", {visible(event.content_type)}':
            yield from _styled(styles, ("name",), 6, 6 + len(name))
            yield from _styled(styles, ("content_type",), 9 + len(name), len(line))


def _styled(styles: Mapping[Spot, str], spot: Spot, start: int, end: int) -> Iterator[_Span]:
    if spot in styles:
        yield start, end, styles[spot]


def _in_target(event: HttpEvent, line: str, styles: Mapping[Spot, str]) -> Iterator[_Span]:
    start = f"{event.method} {event.path}"
    if event.query and line == visible(f"{start}?{urlencode(event.query, errors='surrogatepass')}"):
        at = len(visible(start)) + 1
        for index, pair in enumerate(event.query):
            whole = urlencode([pair], errors="surrogatepass")
            equals = whole.index("=")
            yield from _styled(styles, ("query", index, 0), at, at + equals)
            yield from _styled(styles, ("query", index, 1), at + equals + 1, at + len(whole))
            at += len(whole) + 1
    if line.startswith(f"{event.method} /"):
        yield from _styled(styles, ("method",), 0, len(event.method))


def _in_pairs(
    key: str, pairs: Sequence[tuple[str, str]], line: str, before: str, styles: Mapping[Spot, str]
) -> Iterator[_Span]:
    for index, (name, value) in enumerate(pairs):
        if line == before + visible(f"{name}: {value}"):
            at = len(before) + len(visible(name))
            yield from _styled(styles, (key, index, 0), len(before), at)
            yield from _styled(styles, (key, index, 1), at + 2, len(line))


def _in_payload(event: Event, line: str, styles: Mapping[Spot, str]) -> Iterator[_Span]:
    match event:
        case HttpEvent(body=data) | RawEvent(body=data):
            key = "body"
        case QueueEvent(message=data):
            key = "message"
        case BlobEvent(content=data):
            key = "content"
        case _:
            return
    if line != f"  {visible_bytes(data)}":
        return
    for kind in ("text", "bytes"):
        yield from _styled(styles, (key, kind), 2, len(line))
    text = data.decode("utf-8", "surrogateescape")
    try:
        value = orjson.loads(data)
        spans = list(_in_json(value, 0, (key, "json"))) if orjson.dumps(value) == data else []
    except (ValueError, RecursionError):
        return
    for spot, start, end in spans:
        style = styles.get(spot) or _of_inner(styles, spot)
        if style:
            yield 2 + len(visible(text[:start])), 2 + len(visible(text[:end])), style


def _of_inner(styles: Mapping[Spot, str], spot: Spot) -> str | None:
    """The style of a text that was looked into: it matters if anything in it does."""
    inner = {style for path, style in styles.items() if path[: len(spot)] == spot and _is_format(path[len(spot) :])}
    return MATTERS if MATTERS in inner else NO_MATTER if inner else None


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
