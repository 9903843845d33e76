"""The step for JSON that is nested too deep for a tree: it is taken apart along the way to its innermost value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from fnfuzz.fuzz.shrinking.reduction import Search, fewer, lowest
from fnfuzz.fuzz.trees.tree import MAX_JSON_DEPTH

__all__ = ["deep_texts", "taken_apart"]

TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[\[\]{}:,]|[^\s\[\]{}:,"]+)')
CLOSING = {"{": "}", "[": "]"}
DULL = ("0", '""', '"a"', "1", "{}", "[]")
NAMES = ('""', '"a"')
PERIODS = range(1, 5)
"""So many levels may repeat together."""


@dataclass(frozen=True, slots=True)
class Level:
    """One object or list on the way: what stands in it before the value that leads on, and after that.

    Members are JSON texts, with their names in an object; ``name`` is the one of the value that leads on.
    """

    opening: str
    before: tuple[str, ...] = ()
    name: str = ""
    after: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """The text in front of the value that leads on."""
        name = f"{self.name}:" if self.name else ""
        return self.opening + "".join(f"{text}," for text in self.before) + name

    @property
    def tail(self) -> str:
        """The text behind it."""
        return "".join(f",{text}" for text in self.after) + CLOSING[self.opening]


@dataclass(frozen=True, slots=True)
class Deep:
    """Levels from the outermost on, and the innermost value as a text."""

    levels: tuple[Level, ...]
    core: str

    def text(self) -> str:
        """The JSON text without spaces between its parts."""
        heads = "".join(level.head for level in self.levels)
        return heads + self.core + "".join(level.tail for level in reversed(self.levels))


def deep_texts(search: Search) -> None:
    """Fewer and plainer levels, in texts that are too deep for the other steps."""
    for place in search.walk("deep_texts"):
        if not isinstance(place.value, str) or place.kind not in ("text", "json") or not _may_be_deep(place.value):
            continue
        found = taken_apart(place.value)
        if found is not None and len(found.levels) > MAX_JSON_DEPTH:
            path = place.path
            _Levels(found, lambda text, path=path: search.put((path,), text)).smaller()  # type: ignore[misc]


def _may_be_deep(text: str) -> bool:
    return text.count("[") + text.count("{") > MAX_JSON_DEPTH


class _Levels:
    """The search in one text; ``put`` tries one, and takes it where it fails too."""

    def __init__(self, deep: Deep, put: Callable[[str], bool]) -> None:
        self.deep = deep
        self._put = put
        self._tries(deep)

    def smaller(self) -> None:
        """As few and as plain levels as there can be."""
        for core in DULL:
            if self.deep.core == core or self._tries(replace(self.deep, core=core)):
                break
        unit = self._unit()
        if unit is None:
            fewer(self.deep.levels, lambda some: self._tries(replace(self.deep, levels=tuple(some))))
            return
        times = self._lowest(unit, len(self.deep.levels) // len(unit))
        before = None
        while unit != before:
            before = unit
            unit = next((one for one in _simpler(unit) if self._tries(self._of(one, times))), unit)
        self._lowest(unit, times)

    def _tries(self, deep: Deep) -> bool:
        if not self._put(deep.text()):
            return False
        self.deep = deep
        return True

    def _of(self, unit: tuple[Level, ...], times: int) -> Deep:
        return replace(self.deep, levels=unit * times)

    def _lowest(self, unit: tuple[Level, ...], times: int) -> int:
        return lowest(times, lambda count: self._tries(self._of(unit, count)))

    def _unit(self) -> tuple[Level, ...] | None:
        """A few levels that can stand for all of them; None when there are none."""
        levels = self.deep.levels
        for period in PERIODS:
            middle = len(levels) // 2 // period * period
            for start in (0, middle, len(levels) - period):
                unit = levels[start : start + period]
                other = self._of(unit, len(levels) // period)
                if other == self.deep or self._tries(other):
                    return unit
        return None


def _simpler(unit: tuple[Level, ...]) -> Iterator[tuple[Level, ...]]:
    """The same levels with one of them left out or plainer, the plainest first."""
    for at, level in enumerate(unit):
        if len(unit) > 1:
            yield unit[:at] + unit[at + 1 :]
        for plainer in _plainer(level):
            yield (*unit[:at], plainer, *unit[at + 1 :])


def _plainer(level: Level) -> Iterator[Level]:
    if level != Level("["):
        yield Level("[")
    for some in _plainer_members(level.before, level.opening):
        yield replace(level, before=some)
    for some in _plainer_members(level.after, level.opening):
        yield replace(level, after=some)
    for name in NAMES[: NAMES.index(level.name)] if level.name in NAMES else NAMES:
        if level.name:
            yield replace(level, name=name)


def _plainer_members(members: tuple[str, ...], opening: str) -> Iterator[tuple[str, ...]]:
    for at, member in enumerate(members):
        yield members[:at] + members[at + 1 :]
        found = TOKEN.match(member) if opening == "{" else None
        name = f"{found.group(1)}:" if found is not None else ""
        value = member[len(name) :]
        for dull in DULL[: DULL.index(value)] if value in DULL else DULL:
            yield (*members[:at], name + dull, *members[at + 1 :])


# -- reading


@dataclass(slots=True)
class _Read:
    """An object or list: its members as texts, and which of them is the deepest."""

    opening: str
    members: list[tuple[str, str]] = field(default_factory=list)
    """Names, empty in a list, and values; that of the deepest member is not kept as a text."""

    name: str = ""
    deepest: int = -1
    inner: _Read | None = None
    height: int = 1
    """How many levels there are from here to the innermost value."""


def taken_apart(text: str) -> Deep | None:
    """JSON text along the way to its innermost value; None for what is no object or list. Takes no more stack for many
    levels than for few.
    """
    stack: list[_Read] = []
    at, pending = 0, ""
    whole: _Read | None = None
    text = text.strip()
    while at < len(text):
        found = TOKEN.match(text, at)
        if found is None or whole is not None:
            return None
        at, token = found.end(), found.group(1)
        if token in CLOSING:
            stack.append(_Read(token))
        elif not stack:
            return None
        elif token == ":":
            stack[-1].name, pending = pending, ""
        elif token == ",":
            _take(stack[-1], pending)
            pending = ""
        elif token in "]}":
            _take(stack[-1], pending)
            pending = ""
            read = stack.pop()
            if CLOSING[read.opening] != token:
                return None
            if stack:
                _nested(stack[-1], read)
            else:
                whole = read
        else:
            pending = token
    return _along(whole) if whole is not None else None


def _take(into: _Read, value: str) -> None:
    """A member that is a plain value."""
    if value:
        into.members.append((into.name, value))
    into.name = ""


def _nested(into: _Read, read: _Read) -> None:
    """A member that is an object or a list: the deepest one leads on, the others are kept as texts."""
    if read.height < into.height:
        into.members.append((into.name, _along(read).text()))
    else:
        if into.inner is not None:
            name, _ = into.members[into.deepest]
            into.members[into.deepest] = (name, _along(into.inner).text())
        into.deepest, into.inner, into.height = len(into.members), read, read.height + 1
        into.members.append((into.name, ""))
    into.name = ""


def _along(read: _Read) -> Deep:
    levels: list[Level] = []
    while True:
        texts = [f"{name}:{value}" if name else value for name, value in read.members]
        if read.inner is None:
            return Deep(tuple(levels), read.opening + ",".join(texts) + CLOSING[read.opening])
        name = read.members[read.deepest][0]
        levels.append(Level(read.opening, tuple(texts[: read.deepest]), name, tuple(texts[read.deepest + 1 :])))
        read = read.inner
