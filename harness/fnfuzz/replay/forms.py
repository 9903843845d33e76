"""Forms of values that differ from answer to answer: what a clock, an id, a number still is with another value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from operator import ne
from typing import Any, Final

from fnfuzz.fuzz.sequences.noise import ADDRESS, CLOCK, DURATION, GUID, POINTER

__all__ = ["FORMS", "WORDS", "form_of", "has_form", "moved", "same_form", "time_in"]

FORMS: Final = ("clock", "uuid", "counter", "number", "id", "flag", "word", "text")
"""The narrow ones first. ``word`` is a text in which one word is another one, ``text`` is any text."""

_MIXED: Final[tuple[frozenset[str], ...]] = tuple(
    map(
        frozenset,
        (
            ("clock",),
            ("uuid",),
            ("number",),
            ("id",),
            ("flag",),
            ("clock", "uuid"),
            ("clock", "number"),
            ("uuid", "number"),
            ("uuid", "id"),
            ("clock", "uuid", "number"),
            ("clock", "uuid", "number", "id"),
            ("word",),
            ("clock", "uuid", "number", "id", "word"),
            ("text",),
        ),
    )
)

_NUMBER: Final = rf"{DURATION}|(?<![\w.])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w])"
_TEXTS: Final[Mapping[str, re.Pattern[str]]] = {
    "clock": re.compile(CLOCK, re.VERBOSE),
    "uuid": re.compile(GUID, re.VERBOSE),
    # With a digit, or of hex digits alone, and a whole word: a word of a language is none.
    "id": re.compile(rf"{POINTER}|(?<![A-Za-z0-9_-])(?=[A-Za-z_-]*\d|[0-9a-f]+(?![A-Za-z0-9_-]))[A-Za-z0-9_-]{{6,}}"),
    "number": re.compile(rf"{ADDRESS}|{_NUMBER}"),
    "counter": re.compile(r"\d+"),
}
"""In the order in which they are taken out of a text."""

WORDS: Final = re.compile(r"(\W+)")
"""What lies between the words of a text."""

_UNITS: Final = (1, 10**3, 10**6, 10**9)
_FIRST, _LAST = datetime(2001, 1, 1, tzinfo=UTC).timestamp(), datetime(2100, 1, 1, tzinfo=UTC).timestamp()


def form_of(pairs: Iterable[tuple[Any, Any]]) -> frozenset[str] | None:
    """The narrowest form that both values of every pair share; None when not even their types are the same."""
    known = list(pairs)
    return next((form for form in _MIXED if all(same_form(one, other, form) for one, other in known)), None)


def same_form(one: Any, other: Any, form: frozenset[str]) -> bool:
    """Are the values the same, apart from their clocks, ids and so on? Never when their types differ."""
    if isinstance(one, bool) or isinstance(other, bool):
        return "flag" in form and isinstance(one, bool) and isinstance(other, bool)
    if isinstance(one, str) and isinstance(other, str):
        if "text" in form:
            return True
        left, right = _reduced(one, form), _reduced(other, form)
        return left == right or ("word" in form and _one_word_apart(left, right))
    if isinstance(one, int | float) and isinstance(other, int | float):
        return _same_number(one, other, form)
    return False


def has_form(value: Any, form: frozenset[str]) -> bool:
    """Is it of a type that values of the form have?"""
    if isinstance(value, bool):
        return "flag" in form
    if isinstance(value, int | float):
        return not form.isdisjoint(("clock", "counter", "number"))
    return isinstance(value, str) and "flag" not in form and not form.isdisjoint(FORMS)


def time_in(value: Any) -> float | None:
    """Seconds since 1970 of a value that is a time, as text or as a number of seconds or parts of them; else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        unit = _unit(value)
        return value / unit if unit else None
    if not isinstance(value, str) or not 8 <= len(value) <= 40:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return (time if time.tzinfo is not None else time.replace(tzinfo=UTC)).timestamp()


def moved(one: Any, other: Any) -> list[tuple[float, bool]] | None:
    """By how many seconds each clock in the value was put on, and whether it is a mere date; None where anything else
    differs, or a time cannot be read.
    """
    if not isinstance(one, str) or not isinstance(other, str):
        seconds = _between(time_in(one), time_in(other))
        return None if seconds is None else [(seconds, False)]
    clock = _TEXTS["clock"]
    if clock.split(one) != clock.split(other):
        return None
    steps = []
    for left, right in zip(clock.findall(one), clock.findall(other), strict=True):
        seconds = _between(_instant(left), _instant(right)) if left != right else 0.0
        if seconds is None:
            return None
        if left != right:
            steps.append((seconds, ":" not in left))
    return steps


def _between(one: float | None, other: float | None) -> float | None:
    return None if one is None or other is None else other - one


def _instant(text: str) -> float | None:
    """Seconds since 1970 of a time as ISO 8601 or RFC 1123 write it."""
    known = time_in(text)
    if known is not None:
        return known
    try:
        return parsedate_to_datetime(text).timestamp()
    except (ValueError, OverflowError, TypeError):
        return None


def _same_number(one: float, other: float, form: frozenset[str]) -> bool:
    if "number" in form:
        return True
    if "counter" in form and isinstance(one, int) and isinstance(other, int):
        return one >= 0 and other >= 0
    return "clock" in form and _unit(one) is not None and _unit(one) == _unit(other)


def _unit(value: float) -> int | None:
    """How many of the number's units make a second, if it is a time of this century at all."""
    return next((unit for unit in _UNITS if _FIRST <= value / unit < _LAST), None)


def _one_word_apart(one: str, other: str) -> bool:
    left, right = WORDS.split(one), WORDS.split(other)
    return len(left) == len(right) and sum(map(ne, left, right)) == 1


def _reduced(text: str, form: frozenset[str]) -> str:
    for name, pattern in _TEXTS.items():
        if name in form:
            text = pattern.sub(_Shape(name), text)
    return text


class _Shape:
    """What stands for a value of one form: of a clock also whether it is a date, a time of day, or both."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, match: re.Match[str]) -> str:
        if self.name != "clock":
            return f"<{self.name}>"
        parts = ("day" if re.search(r"\d{4}|[A-Z][a-z]{2}", match[0]) else "", "hour" if ":" in match[0] else "")
        return f"<clock {''.join(parts)}>"
