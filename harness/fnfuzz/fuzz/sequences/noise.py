"""What of an answer differs from time to time by itself, learnt before any two answers are compared.

Two answers to one event differ for many harmless reasons: times, generated ids, chance, counters. Some of them are
known by their form; the rest is learnt, place by place, from answers of several fresh instances.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fnfuzz.fuzz.numbers import is_number
from fnfuzz.fuzz.sequences.answer import Answer, Text, opened

__all__ = [
    "ADDRESS",
    "CLOCK",
    "DURATION",
    "GUID",
    "MISSING",
    "POINTER",
    "Baseline",
    "Difference",
    "differences",
    "learn",
    "plain",
]

MISSING: Final = "<missing>"
"""Stands for a member that is not there."""

MOST = 50
"""So many differences between two answers are told."""

MOST_TOKENS = 4000

ZONE: Final = r"(?:Z|UTC|GMT|[AECMP][SD]T|CES?T|EES?T|WES?T|BST|IST|MSK|[JK]ST|HKT|SGT|A[CEW][SD]T|NZ[SD]T)(?![A-Za-z])"
MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*"
CLOCK: Final = rf"""
      \d{{4}}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\ ?[+-]\d\d:?\d\d|\ ?{ZONE})?)?  # ISO 8601
    | (?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*,?\s)?\d{{1,2}}[ -]{MONTH}[ -]\d{{2,4}}(?:\s\d\d:\d\d:\d\d)?(?:\s{ZONE})?
    | (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w*\s{MONTH}\s+\d{{1,2}}\s\d\d:\d\d:\d\d(?:\s[A-Z]+)?\s\d{{4}}   # asctime
    | \b\d{{1,2}}:\d\d(?::\d\d)?(?:[.,]\d+)?(?:\s?[AP]M)?
    """
DURATION: Final = r"\b\d+(?:\.\d+)?\s?(?:ns|us|µs|ms|s|sec|secs|seconds|millis|milliseconds|minutes)\b"
GUID: Final = r"""
      \b[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}\b
    | \b1-[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{12}\b
    """
POINTER: Final = r"\b0x[0-9a-fA-F]+\b"
ADDRESS: Final = r"\b(?:127\.0\.0\.1|localhost|0\.0\.0\.0|\[::1\]):\d{2,5}\b"
"""Verbose patterns of what differs from answer to answer by its nature."""

VARIES = re.compile("|".join((CLOCK, DURATION, GUID, POINTER, ADDRESS)), re.VERBOSE)
MEASURED = re.compile(
    r"(?i:time|elapsed|duration|took|latency|millis|seconds|nanos|uptime|stamp|memory|heap|rss|cpu|load|ttl|expires)"
    r"|(?:_at|At|_ts|Ts|Ms|Secs?|(?:_|^)(?:ms|ns|us|s|secs?|ts|now|pid|tid|port|age))$"
)
"""Names of members whose numbers are measured, not made from the event."""

TELLING = re.compile(
    r"dup|already|cache|hit|miss|seen|exist|replay|repeat|idempot|creat|first|cold|warm|new|count|visit|attempt|retr"
    r"|remain|quota|limit|served|hits|handled|processed|total_requests|sequence|version|revision|etag",
    re.IGNORECASE,
)
"""Names of members and headers by which a handler itself says that it knows the event, or how many it has seen."""

TELLING_WORDS = frozenset(
    (
        *("hit", "miss", "cached", "stale", "fresh", "true", "false", "yes", "no", "new", "old", "created", "exists"),
        *("existing", "updated", "unchanged", "duplicate", "accepted", "ignored", "skipped", "cold", "warm", "first"),
    )
)

TELLING_STATUSES = frozenset((208, 304, 409, 412, 423, 425, 429, 503))
"""Answers that say themselves: again, in conflict, too many, busy."""

TOKENS = re.compile(r"\w+|[^\w\s]")
DIGITS = re.compile(r"(\d+)")
PORT = re.compile(r"(?i)port$")


@dataclass(frozen=True, slots=True)
class Difference:
    """``place`` is ``status``, ``header NAME``, a JSON path, or ``text`` with the number of the word."""

    place: str
    one: Any
    other: Any

    @property
    def name(self) -> str:
        """The last name of the place."""
        return re.split(r"[.\s]", re.sub(r"\[\d+\]", "", self.place))[-1]

    def counts(self, steps: int) -> bool:
        """Do only whole numbers differ, by one for each event that came in between or less?"""
        if isinstance(self.one, bool) or isinstance(self.other, bool):
            return False
        if isinstance(self.one, int) and isinstance(self.other, int):
            return abs(self.other - self.one) <= steps
        if isinstance(self.one, str) and isinstance(self.other, str):
            left, right = DIGITS.split(self.one), DIGITS.split(self.other)
            numbers = zip(left[1::2], right[1::2], strict=False)
            return left[::2] == right[::2] and all(abs(int(a[:18]) - int(b[:18])) <= steps for a, b in numbers)
        return False


def differences(one: Answer, other: Answer) -> tuple[Difference, ...]:
    """Where two answers differ, times, generated ids and words of the host apart. A different status is told alone."""
    if one.status != other.status:
        return (Difference("status", one.status, other.status),)
    return tuple(itertools.islice(_all(one, other), MOST))


def _all(one: Answer, other: Answer) -> Iterator[Difference]:
    walk = _Walk(one.words, other.words)
    for name in sorted(one.headers.keys() | other.headers.keys()):
        left, right = one.headers.get(name, MISSING), other.headers.get(name, MISSING)
        yield from walk.leaves(left, right, f"header {name}", name)
    if isinstance(one.body, Text) and isinstance(other.body, Text):
        yield from walk.texts(one.body.text, other.body.text)
    elif isinstance(one.body, Text) or isinstance(other.body, Text):
        yield Difference("text", _shown(one.body), _shown(other.body))
    else:
        yield from walk.values(one.body, other.body, "$", "")


def _shown(body: Any) -> Any:
    return body.text if isinstance(body, Text) else body


@dataclass(frozen=True, slots=True)
class _Walk:
    left: Sequence[tuple[str, str]]
    right: Sequence[tuple[str, str]]

    def values(self, one: Any, other: Any, path: str, name: str) -> Iterator[Difference]:
        if isinstance(one, dict) and isinstance(other, dict):
            for key in dict.fromkeys((*one, *other)):
                left, right = one.get(key, MISSING), other.get(key, MISSING)
                yield from self.values(left, right, f"{path}.{key}", key)
        elif isinstance(one, list) and isinstance(other, list):
            yield from self._lists(one, other, path, name)
        elif isinstance(one, str) and isinstance(other, str):
            left, right = opened(one), opened(other)
            if left is not None and type(left) is type(right):
                yield from self.values(left, right, path, name)
            else:
                yield from self.leaves(one, other, path, name)
        else:
            yield from self.leaves(one, other, path, name)

    def _lists(self, one: list[Any], other: list[Any], path: str, name: str) -> Iterator[Difference]:
        if one == other or _sorted(one) == _sorted(other):
            # The order of a set is chance.
            return
        if len(one) != len(other):
            yield Difference(path, one, other)
            return
        for at, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from self.values(left, right, f"{path}[{at}]", name)

    def leaves(self, one: Any, other: Any, path: str, name: str) -> Iterator[Difference]:
        if one == other and type(one) is type(other):
            return
        if isinstance(one, str) and isinstance(other, str):
            if plain(one, self.left) == plain(other, self.right) and MISSING not in (one, other):
                return
        elif is_number(one) and is_number(other) and (MEASURED.search(name) or PORT.search(name)):
            return
        yield Difference(path, one, other)

    def texts(self, one: str, other: str) -> Iterator[Difference]:
        left, right = TOKENS.findall(plain(one, self.left)), TOKENS.findall(plain(other, self.right))
        if len(left) != len(right) or len(left) > MOST_TOKENS:
            if left != right:
                yield Difference("text", one, other)
            return
        for at, (first, second) in enumerate(zip(left, right, strict=True)):
            if first != second:
                yield Difference(f"text {at}", first, second)


def plain(text: str, words: Sequence[tuple[str, str]] = ()) -> str:
    """``text`` without times, elapsed times, GUIDs, addresses and the host's own words."""
    for word, name in words:
        text = text.replace(word, name)
    return VARIES.sub("<varies>", text)


def _sorted(values: list[Any]) -> list[str]:
    return sorted(json.dumps(value, sort_keys=True, default=str) for value in values)


# -- what was learnt


@dataclass(frozen=True, slots=True)
class Baseline:
    """The answer to one event in a fresh instance, and the places at which it differs from instance to instance."""

    answer: Answer
    unstable: frozenset[str] = frozenset()

    def unlike(self, answer: Answer, steps: int) -> tuple[Difference, ...]:
        """What is really different in ``answer``, which came after ``steps`` other events.

        What a handler says itself is not meant: that it knows the event already, that there were too many, how many
        there were.
        """
        found = [item for item in differences(self.answer, answer) if not self._covers(item.place)]
        if any(item.place == "status" and _telling(item) for item in found):
            return ()
        found = [item for item in found if not item.counts(steps)]
        if all(_says_so(item) for item in found):
            return ()
        return tuple(found)

    def _covers(self, place: str) -> bool:
        return any(place == item or place.startswith((f"{item}.", f"{item}[", f"{item} ")) for item in self.unstable)


def _says_so(item: Difference) -> bool:
    """Is it a flag, a number or a usual word under a name that tells what it means?"""
    values = (item.one, item.other)
    simple = (value is None or isinstance(value, (bool, int, float)) or _is_word(value) for value in values)
    return bool(TELLING.search(item.name)) and all(simple)


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and (value == MISSING or value.lower() in TELLING_WORDS)


def _telling(status: Difference) -> bool:
    both_well = 200 <= status.one < 300 and 200 <= status.other < 300
    return both_well or status.one in TELLING_STATUSES or status.other in TELLING_STATUSES


def learn(samples: Iterable[Answer]) -> Baseline | None:
    """The baseline from answers of at least two fresh instances; None when their statuses differ: such a handler cannot
    be judged so.
    """
    first, *others = samples
    unstable: set[str] = set()
    for other in others:
        found = differences(first, other)
        if any(item.place == "status" for item in found):
            return None
        if len(found) == MOST:
            unstable |= {"$", "text"}
        unstable |= {_learnt(item) for item in found}
    return Baseline(first, frozenset(unstable))


def _learnt(item: Difference) -> str:
    """The place to leave out; for a member that comes and goes the whole object, and elements of a list together."""
    if MISSING in (item.one, item.other) and item.place.startswith("$"):
        return item.place.rpartition(".")[0] or "$"
    return re.sub(r"\[\d+\]$", "", item.place) if item.place.endswith("]") else item.place
