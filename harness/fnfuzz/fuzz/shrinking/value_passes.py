"""The steps that make single values smaller: numbers, texts, bytes, names; values that are equal go together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fnfuzz.fuzz.numbers import is_number
from fnfuzz.fuzz.shrinking.reduction import FINE, Search, Slot, fewer, lowest
from fnfuzz.fuzz.trees.nested import view
from fnfuzz.fuzz.trees.places import Kind, Steps, places
from fnfuzz.fuzz.trees.tree import METHODS

__all__ = [
    "characters",
    "equal_values",
    "fine_numbers",
    "leaves",
    "methods",
    "names",
    "shorter",
    "shorter_structured",
    "types",
]

DULL: Sequence[Any] = (0, "", [], {}, None, False)
"""JSON values from the dullest on; the order is that of ``size``."""

PLAINEST = "a0bA -_\n\x00é€😀"
"""One character of each kind, from the plainest on."""

PLAINEST_BYTES = (b"a", b"0", b"\x00", b"\x80", b"\xff")
WRITTEN: Sequence[Kind] = ("json", "text", "bytes")
"""Where characters may be changed one by one."""


def leaves(search: Search) -> None:
    """Numbers and texts as plain as they can be."""
    for place in search.walk("leaves"):
        if isinstance(place.value, str) and place.kind in WRITTEN:
            _plain_text(search, (place.path,))
        elif isinstance(place.value, bytes):
            _plain_bytes(search, (place.path,))
        elif is_number(place.value):
            _lower(search, (place.path,))
        elif place.path == ("dequeue_count",):
            lowest(place.value - 1, lambda count, place=place: search.put((place.path,), count + 1))  # type: ignore[misc]


def _plain_text(search: Search, slot: Slot) -> None:
    """The usual dull texts, then only as many characters as are needed where it is the length that matters."""
    value = search.at(slot[0])
    for dull in ("", "a", "0"):
        if value == dull or search.put(slot, dull):
            return
    if len(value) > 1 and (value == "a" * len(value) or search.put(slot, "a" * len(value))):
        lowest(len(value), lambda count: search.put(slot, "a" * count))


def _plain_bytes(search: Search, slot: Slot) -> None:
    value = search.at(slot[0])
    for dull in (b"", *PLAINEST_BYTES):
        if value == dull or search.put(slot, dull):
            return
    for dull in PLAINEST_BYTES:
        if value == dull * len(value) or search.put(slot, dull * len(value)):
            lowest(len(value), lambda count, dull=dull: search.put(slot, dull * count))  # type: ignore[misc]
            return


def _lower(search: Search, slot: Slot) -> None:
    """A number towards 0, whole and positive where that fails too."""
    value = search.at(slot[0])
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 2**53:
            search.put(slot, int(value))
        else:
            any(search.put(slot, round(value, digits) if digits else int(value)) for digits in range(4))
        value = search.at(slot[0])
    if value < 0 and search.put(slot, -value):
        value = -value
    sign, kind = (-1 if value < 0 else 1), type(value)
    if abs(value) < 1e300 and value == int(value):
        lowest(abs(int(value)), lambda number: search.put(slot, kind(sign * number)))


def equal_values(search: Search) -> None:
    """Values that are equal in several places, all at once."""
    groups: dict[tuple[type, Any], list[Steps]] = {}
    for place in places(search.tree):
        if (isinstance(place.value, (str, bytes)) or is_number(place.value)) and place.kind not in ("word", "part"):
            groups.setdefault((type(place.value), place.value), []).append(place.path)
    for (kind, value), paths in groups.items():
        slot = tuple(paths)
        if (
            value in ("", b"", "a", 0, 1)
            or not 2 <= len(paths) <= FINE
            or any(search.at(path) != value for path in paths)
        ):
            continue
        if kind is str:
            _plain_text(search, slot)
            _together(search, slot, _cut, _plainer)
        elif kind is bytes:
            _plain_bytes(search, slot)
        else:
            _lower(search, slot)


def _together(search: Search, slot: Slot, *steps: Callable[[Search, Slot], None]) -> None:
    for step in steps:
        # A name that was changed is at another path.
        values = {search.at(path) for path in slot}
        if len(values) != 1 or None in values:
            return
        step(search, slot)


def shorter(search: Search) -> None:
    """Texts and bytes without what is not needed in them."""
    for place in search.walk("shorter"):
        if place.kind in WRITTEN and isinstance(place.value, (str, bytes)) and not _is_structured(place.value):
            _cut(search, (place.path,))


def shorter_structured(search: Search) -> None:
    """Texts of a format that are taken for nothing but text."""
    for place in search.walk("shorter_structured"):
        if place.kind in WRITTEN and _is_structured(place.value):
            _cut(search, (place.path,))
            _plainer(search, (place.path,))


def _is_structured(value: Any) -> bool:
    """Is this a text that is mostly better shrunk as what it stands for?"""
    seen = view(value) if isinstance(value, str) else None
    return seen is not None and seen.kind not in ("number", "list", "lines")


def _cut(search: Search, slot: Slot) -> None:
    value = search.at(slot[0])
    if len(value) > 8:
        value = value[: lowest(len(value), lambda count: search.put(slot, value[:count]))]
        value = value[len(value) - lowest(len(value), lambda count: search.put(slot, value[len(value) - count :])) :]
    pieces = [value[at : at + 1] for at in range(len(value))]
    if len(pieces) > 1:
        fewer(pieces, lambda some: search.put(slot, value[:0].join(some)))


def types(search: Search) -> None:
    """JSON values replaced by the dullest ones of any type, payloads by what they hold as plain text."""
    for place in search.walk("types"):
        if place.kind == "json":
            nameless = [list(place.value.values())] if isinstance(place.value, dict) and place.value else []
            any(search.put((place.path,), dull) for dull in (*DULL, *nameless))
        elif place.kind == "payload":
            inner = next(iter(place.value.values()))
            any(search.put((place.path,), {"text": text}) for text in ("a", "0", inner) if isinstance(text, str))


def characters(search: Search) -> None:
    """Characters replaced by plainer ones, runs first."""
    for place in search.walk("characters"):
        if place.kind in WRITTEN and isinstance(place.value, (str, bytes)) and not _is_structured(place.value):
            _plainer(search, (place.path,))


def _plainer(search: Search, slot: Slot) -> None:
    value = search.at(slot[0])
    plainest: Sequence[Any] = PLAINEST if isinstance(value, str) else PLAINEST_BYTES
    run = len(value) // 2
    while run >= 1:
        for start in range(0, len(value), run) if len(value) // run <= FINE else ():
            for dull in plainest[:1] if run > 1 else plainest:
                if value[start : start + run] == dull * run:
                    break
                changed = value[:start] + dull * len(value[start : start + run]) + value[start + run :]
                if search.put(slot, changed):
                    value = changed
                    break
        run //= 2
    if len(value) == 1:
        any(search.put(slot, dull) for dull in plainest)


def names(search: Search) -> None:
    """Names of members as plain as values."""
    for place in search.walk("names"):
        if place.kind == "name":
            _together(search, (place.path,), _plain_text, _cut, _plainer)


def fine_numbers(search: Search) -> None:
    """Numbers that are lower by little, or lack a digit, for what depends on more than their size."""
    for place in search.walk("fine_numbers"):
        value = place.value
        if not is_number(value) or isinstance(value, float) or abs(value) < 2:
            continue
        sign, digits = (-1 if value < 0 else 1), str(abs(value))
        nearer = [abs(value) - step for step in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 16, 100, 1000) if step < abs(value)]
        less = [int(digits[:at] + digits[at + 1 :]) for at in range(len(digits))] if 1 < len(digits) <= 24 else []
        any(search.put((place.path,), sign * number) for number in (*less, *nearer))


def methods(search: Search) -> None:
    if "method" in search.tree:
        for method in METHODS:
            if search.put((("method",),), method):
                return
