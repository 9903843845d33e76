"""Texts that match a regular expression: a few plain ones from its simple parts, and such that hold words of the source
where it leaves room for them; nothing for what is not simple.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import islice, product
from typing import TypeAlias

from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.expressions import Chars, Choice, Group, Node, NotSimpleError, Repeat, Row, read

__all__ = ["Filler", "Way", "fits", "matching", "ways"]

Way: TypeAlias = tuple[str | Node, ...]
"""One way through a pattern: what is fixed, and what varies."""

MAX_REPEAT = 40
MAX_TEXT = 300
WAYS = 24
WORDS_EACH, PLAIN_EACH = 12, 2
"""Words of the source and plain texts that stand for each part that varies."""

FILLED = 24
USUAL = (
    *(
        "2025-03-11",
        "2025-03-11T10:30:00Z",
        "2025-03-11T10:30:00.000Z",
        "2025-03-11T10:30:00+00:00",
        "2025-03-11T10:30",
    ),
    *("10:30", "10:30:00", "2025-03", "5d1b7a52-93f0-4c7e-9d0a-2f6b1c9e8a44", "mira@example.com", "192.0.2.7"),
    *("2025-W11", "+4915123456789", "1.5", "EUR", "en-US"),
)
"""Texts in the forms that are checked by patterns most, and that mean something besides."""

MAX_STEPS = 3_000
"""Parts that are tried for one word: more says that it does not fit."""

MAX_WORK = 400_000
"""The same for all words and patterns of one source."""

STYLES = ((0, False), (1, False), (0, True), (9, True))


def matching(pattern: str) -> tuple[str, ...]:
    """A short text that matches, one with every part longer, one of the last alternatives; each once."""
    if len(pattern) < 2:
        return ()
    try:
        return _plain_texts(read(pattern))
    except NotSimpleError:
        return ()


def fits(node: Node, text: str) -> bool:
    """Does the whole text match? No for one that takes too long to tell."""
    return _Fit(text).tell(node)[0]


def ways(node: Node) -> list[Way]:
    """The ways through a pattern, alternatives of fixed texts each for itself: at most so many."""
    found = dict.fromkeys(whole for way in _ways(node) for whole in _joined(way))
    return list(found)[:WAYS]


class Filler:
    """Fills what varies in patterns with words, those that come first in the source first."""

    def __init__(self, words: Iterable[str]) -> None:
        self.words = tuple(dict.fromkeys(words))
        self._known: dict[Node, tuple[str, ...]] = {}
        self._left = MAX_WORK

    def texts(self, pattern: str) -> list[str]:
        """Texts that match the pattern: with words in the ways through it in turn, and the plain ones."""
        try:
            node = read(pattern)
        except NotSimpleError:
            return []
        plain = _plain_texts(node)
        told = (self.fill(way) for way in ways(node))
        usual = [text for text in USUAL if fits(node, text)]
        return list(dict.fromkeys((*usual, *plain[:1], *islice(in_turn(told), FILLED), *plain)))

    def fill(self, way: Way) -> Iterator[str]:
        """The texts of one way; the first words of all places at first, then each with later ones."""
        choices = [(part,) if isinstance(part, str) else self._choices(part) for part in way]
        numbers = islice(product(*(range(len(texts)) for texts in choices)), 4096)
        for chosen in sorted(numbers, key=sum)[:FILLED]:
            text = "".join(texts[at] for texts, at in zip(choices, chosen, strict=True))
            if 0 < len(text) <= MAX_TEXT:
                yield text

    def _choices(self, node: Node) -> tuple[str, ...]:
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = tuple(dict.fromkeys((*self._fitting(node), *_plain_texts(node)[:PLAIN_EACH])))
        return known

    def _fitting(self, node: Node) -> list[str]:
        found: list[str] = []
        for word in self.words:
            if self._left <= 0 or len(found) >= WORDS_EACH:
                break
            fitted, steps = _Fit(word).tell(node)
            self._left -= steps
            if fitted:
                found.append(word)
        return found


# -- plain texts


def _plain_texts(node: Node) -> tuple[str, ...]:
    """Empty where a text would be too long."""
    try:
        made = [_plain(node, more, last) for more, last in STYLES]
    except NotSimpleError:
        return ()
    return tuple(dict.fromkeys(text for text in made if text))


def _plain(node: Node, more: int, last: bool) -> str:
    """``more`` is how often beyond the least an open repetition repeats, ``last`` takes the last alternatives."""
    match node:
        case Chars():
            return node.last if last else node.plain
        case Group():
            return _plain(node.part, more, last)
        case Choice():
            return _plain(node.options[-1 if last else 0], more, last)
        case Repeat():
            most = node.low + more if node.high is None else node.high
            times = min(max(node.low, min(node.low + more, most)), max(node.low, MAX_REPEAT))
            return _short(_plain(node.part, more, last), times)
        case Row():
            return reduce(lambda made, part: _short(made + _plain(part, more, last), 1), node.parts, "")


def _short(text: str, times: int) -> str:
    if len(text) * times > MAX_TEXT:
        raise NotSimpleError(text)
    return text * times


# -- ways


def _ways(node: Node) -> list[Way]:
    match node:
        case Chars():
            return [(node.plain,)] if node.is_literal else [(node,)]
        case Choice():
            # Some of each, so that a long alternative leaves room for the others.
            return [way for option in node.options for way in _whole(option)][:WAYS]
        case Group():
            return _whole(node.part)
        case Row():
            found: list[Way] = [()]
            for part in node.parts:
                found = [way + more for way in found for more in _ways(part)][:WAYS]
            return found
        case Repeat():
            return _repeated(node)


def _whole(node: Node) -> list[Way]:
    """What is between brackets as one part that varies, then in its own parts; what is fixed, as it is."""
    inner = _ways(node)
    if isinstance(node, (Choice, Chars)) or all(_is_fixed(way) for way in inner) or _slashes(inner):
        return inner
    return [(node,), *(way for way in inner if way != (node,))]


def _repeated(node: Repeat) -> list[Way]:
    inner = _ways(node.part)
    if all(_is_fixed(way) for way in inner) or _slashes(inner) or (node.low, node.high) == (0, 1):
        if node.low > 1:
            return [(part,) for part in _plain_texts(node)[:1]]
        none: list[Way] = [()] if not node.low else []
        return [*inner, *none] if node.high == 1 else [*none, *inner]
    return inner if (node.low, node.high) == (1, 1) else [(node,)]


def _is_fixed(way: Way) -> bool:
    return all(isinstance(part, str) for part in way)


def _slashes(inner: Iterable[Way]) -> bool:
    return any("/" in part for way in inner for part in way if isinstance(part, str))


def _joined(way: Way) -> list[Way]:
    """The way with neighbours put together; what varies in one, and as it is."""
    fixed = _runs(way, together=False)
    together = _runs(way, together=True)
    return [together] if together == fixed else [together, fixed]


def _runs(way: Sequence[str | Node], *, together: bool) -> Way:
    made: list[str | Node] = []
    for part in way:
        before = made[-1] if made else None
        if isinstance(part, str) and isinstance(before, str):
            made[-1] = before + part
        elif together and not isinstance(part, str) and before is not None and not isinstance(before, str):
            made[-1] = Row((before, part))
        else:
            made.append(part)
    return tuple(made)


# -- does a word fit?


class _TooLongError(Exception):
    """It takes too long to tell."""


class _Fit:
    """Follows all ways through the pattern at once, so that none is gone twice."""

    def __init__(self, text: str) -> None:
        self.text, self.steps = text, 0

    def tell(self, node: Node) -> tuple[bool, int]:
        """Does the whole text match, and how many steps that took."""
        try:
            return len(self.text) in self._ends(node, frozenset((0,))), self.steps
        except _TooLongError:
            return False, self.steps

    def _ends(self, node: Node, begins: frozenset[int]) -> frozenset[int]:
        """Where the part may end that begins at one of these places."""
        self.steps += 1 + len(begins)
        if self.steps > MAX_STEPS:
            raise _TooLongError
        match node:
            case Chars():
                return frozenset(at + 1 for at in begins if at < len(self.text) and node.takes(self.text[at]))
            case Group():
                return self._ends(node.part, begins)
            case Choice():
                return frozenset().union(*(self._ends(option, begins) for option in node.options))
            case Repeat():
                return self._repeated(node, begins)
            case Row():
                for part in node.parts:
                    begins = self._ends(part, begins) if begins else begins
                return begins

    def _repeated(self, node: Repeat, begins: frozenset[int]) -> frozenset[int]:
        found = frozenset() if node.low else begins
        most = node.low + len(self.text) + 1 if node.high is None else node.high
        for times in range(1, most + 1):
            ends = self._ends(node.part, begins)
            if ends == begins or times >= node.low:
                found |= ends
            if not ends or ends == begins:
                break
            begins = ends
        return found
