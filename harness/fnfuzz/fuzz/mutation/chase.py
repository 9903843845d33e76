"""Goes after what error messages wish for, answer by answer: the missing member, then the next one, then its type.

An event whose answer names something new is changed in the ways that could satisfy it; a change after which the
message is gone is as good as a new behaviour, and the members that the source compares are tried on it.
"""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from random import Random
from typing import Any

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.mutation.follow import follow, with_values
from fnfuzz.fuzz.mutation.hints import Hint, Hints, learn
from fnfuzz.fuzz.mutation.messages import type_of
from fnfuzz.fuzz.mutation.mixing import MAX_CHOICES, Mixing, by_name
from fnfuzz.fuzz.trees.tree import Tree, leaves, parse_json, to_event, to_tree
from fnfuzz.fuzz.words.choices import singular
from fnfuzz.fuzz.words.comparisons import settings
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["Chase"]

WAYS = 40
"""Changes that are tried for one answer."""

SETTINGS = 60
PROBES: Sequence[Any] = ([], {}, 0, -1, 10**9, 0.5, "", None, 2**53 + 1, "a" * 1000, True, "0")
"""Values that make a handler tell its limits."""

MENTION = 300
"""Characters of an answer whose words are compared with the names in the source."""

WORD = re.compile(r"[A-Za-z_]\w+")
ENVELOPE = frozenset(
    ("error", "message", "status", "statusCode", "code", "body", "detail", "errors", "headers", "type")
)
"""Names that answers have of their own."""

NEWEST = 4
"""Of so many names that were wished for last the limits are looked for."""

SHAPES = 4
"""So many events of different shapes are followed for having satisfied the same wish."""

MAX_WAITING, MAX_PUT = 400, 20_000
AGAIN = 12
"""So often a wish that is known is followed for an event which another change has spoilt."""

MAX_HINTS = 100
"""So many different wishes are followed; a handler that repeats its input has more."""


@dataclass(frozen=True, slots=True)
class _Made:
    """``tried`` is what an event was made for, ``before`` is what the events that it was made from had been made for,
    ``taken`` is the one that the handler took, if this is a small change of it.
    """

    tried: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    taken: Event | None = None


UNMADE = _Made()


@dataclass(slots=True)
class _Answered:
    """An event, what it was made for, and what was wished for after it."""

    event: Event
    made: _Made
    said: Hints
    logged: Hints

    @property
    def wishes(self) -> frozenset[str]:
        return _wishes(self.said) | _wishes(self.logged)


class Chase:
    """For one function; a function of the answers and logs only.

    Lines of a log may come after the answer, among those of the next event. So a wish from a log may belong to the
    event before, and whether it is gone is known with the next answer only.
    """

    def __init__(self, function: Function, words: Dictionary) -> None:
        self.function = function
        self.words = words
        self.known: dict[Hint, None] = {}
        """All wishes so far, without the texts that were refused; pass them on to a mutator, or to another process."""

        self._names = frozenset(name for name in words.names if name not in ENVELOPE)
        self._choices = dict(words.choices)
        self._waiting: deque[tuple[Event, _Made]] = deque(maxlen=MAX_WAITING)
        self._tried: dict[int, _Made] = {}
        self._mixing = Mixing(function, words)
        self._satisfied: dict[frozenset[str], set[int]] = {}
        self._put_before: set[int] = set()
        """The hashes of events that waited once: their answers say nothing new."""

        self._again: Counter[Hint] = Counter()
        """How often a wish was followed that was known."""

        self._last: _Answered | None = None

    @property
    def idle(self) -> bool:
        """Is nothing waited for? Then an answer that wishes for nothing need not be told."""
        return not (self._waiting or self._tried or (self._last is not None and self._last.made.tried))

    def next_event(self) -> Event | None:
        """The next event that goes after a wish; None when nothing waits."""
        if not self._waiting:
            return None
        event, made = self._waiting.popleft()
        self._tried[hash(event)] = made
        return event

    def vary(self, taken: Event) -> None:
        """An event was taken that shows something new: each value that is known for a member, in its place."""
        self._put(self._mixing.varied(taken, self.known), _Made(taken=taken))

    def mixed(self, random: Random) -> Event | None:
        """An event that was taken, with other known values for some of its members; see ``Mixing``."""
        event = self._mixing.mixed(random, self.known)
        if event is not None:
            self._tried[hash(event)] = UNMADE
        return event

    def took(self, event: Event) -> bool:
        """The handler took this event; if it was made here, is it worth mutating for its words? See ``Mixing``."""
        return hash(event) in self._tried and self._mixing.took(event, self.known)

    def answered(self, event: Event, log_text: str, answer_text: str, taken: Event | None = None) -> tuple[Event, ...]:
        """Take the answer to any event; gives those of it and the one before that got further than others, and are
        worth mutating. ``taken`` is the one that the handler took, if this is a small change of it.
        """
        said, logged = self._with_names(learn("", answer_text), answer_text), learn(log_text, "")
        made = self._tried.pop(hash(event), UNMADE)
        taken = taken or made.taken
        now = _Answered(event, made, said, logged)
        last, self._last = self._last, now
        worth: list[Event] = []
        if last is not None and self._got_further(last, now):
            self._go_on(last, now)
            worth.append(last.event)
        new_said, new_logged = self._take(said), self._take(logged)
        if new_said:
            self._follow(now, new_said)
        elif new_logged:
            # What is put last is tried first: rather an event that went after a wish, rather this one.
            for one in sorted((last or now, now), key=lambda item: bool(item.made.tried)):
                self._follow(one, new_logged)
        elif taken is not None and (other := self._of_others(said, event, taken)):
            self._follow(now, other)
        if new_said or new_logged:
            worth.append(event)
        return tuple(worth)

    def _of_others(self, said: Hints, event: Event, taken: Event) -> Hints:
        """Those of the wishes that are for members which were right as they are, before another one was changed: what
        one says decides what the other may.
        """
        named = [hint for hint in said.fields if hint.name and self._again[hint] < AGAIN]
        if not named:
            return Hints()
        now, before = by_name(to_tree(event, self.function)), by_name(to_tree(taken, self.function))
        other = [hint for hint in named if hint.name in before and now.get(hint.name) == before[hint.name]]
        self._again.update(other)
        return Hints(tuple(other))

    def _with_names(self, hints: Hints, text: str) -> Hints:
        """The hints, and the words of a short text that the source has for names, with the type that the text names."""
        if not text or len(text) > MENTION:
            return hints
        fields = tuple(self._with_choices(hint) for hint in hints.fields)
        told = {hint.name for hint in fields}
        words = WORD.findall(" ".join(_messages(text)))
        kind = next((found for word in words if (found := type_of(word))), "")
        # "The plans are ..." speaks of ``plan``.
        both = (name for word in words for name in (word, singular(word)))
        names = dict.fromkeys(name for name in both if name in self._names and name not in told)
        return Hints((*fields, *(self._with_choices(Hint(name, type=kind)) for name in names)))

    def _with_choices(self, hint: Hint) -> Hint:
        """The hint with what the source's tables have for its name, if the message itself tells no values."""
        told = self._choices.get(hint.name, ())[:MAX_CHOICES]
        return replace(hint, values=told) if told and not hint.values else hint

    def _got_further(self, last: _Answered, now: _Answered) -> bool:
        """Was ``last`` made for a wish that is gone, and is it of another shape than those that satisfied it before?"""
        if not last.made.tried or last.made.tried & (last.wishes | _wishes(now.logged)):
            return False
        if last.made.before & _wishes(last.said):
            # It lost what an earlier event had.
            return False
        shapes = self._satisfied.setdefault(last.made.tried, set())
        shape = _shape(to_tree(last.event, self.function))
        if shape in shapes or len(shapes) >= SHAPES:
            return False
        shapes.add(shape)
        return True

    def _go_on(self, last: _Answered, now: _Answered) -> None:
        """From an event that got further: what is wished for now, known or not, and what the source compares."""
        names = _wishes(last.said) or _wishes(last.logged) | _wishes(now.logged)
        known = Hints(tuple(hint for hint in reversed(self.known) if hint.name in names))
        self._follow(last, known)
        self._put(self._settings(last.event), UNMADE)

    def _follow(self, one: _Answered, hints: Hints) -> None:
        """Events that try to give ``one`` what was wished for."""
        self._put(self._ways(one.event, hints), _Made(_wishes(hints), one.made.before | one.made.tried))

    def _take(self, hints: Hints) -> Hints:
        """Those of the wishes that are new, while there is room."""
        new: list[Hint] = []
        for hint in hints.fields:
            kind = replace(hint, got="")
            if kind not in self.known and len(self.known) < MAX_HINTS:
                self.known[kind] = None
                new.append(hint)
        return Hints(tuple(new))

    def _ways(self, event: Event, hints: Hints) -> Iterator[Event]:
        changed = follow(to_tree(event, self.function), hints, WAYS)
        return (found for tree in changed if (found := to_event(tree, event, self.function)) is not None)

    def _settings(self, event: Event) -> Iterator[Event]:
        """What the source compares, then what may show the limits of the members that were wished for."""
        tree = to_tree(event, self.function)
        compared = chain.from_iterable(with_values(tree, values) for values in settings(self.words.pairs))
        names = list(dict.fromkeys(hint.name for hint in reversed(self.known) if hint.name))[:NEWEST]
        probed = (one for name in names for value in PROBES for one in with_values(tree, {name: value}))
        changed = chain(islice(compared, SETTINGS), islice(probed, SETTINGS))
        built = (to_event(one, event, self.function) for one in changed)
        return (found for found in built if found is not None)

    def _put(self, events: Iterator[Event], made: _Made) -> None:
        """Before all that waits: the newest wish is nearest to where the handler gets to now. The oldest are lost."""
        if len(self._put_before) >= MAX_PUT:
            self._put_before.clear()
        new = [event for event in dict.fromkeys(events) if hash(event) not in self._put_before]
        self._put_before.update(map(hash, new))
        self._waiting.extendleft(reversed([(event, made) for event in new]))


def _wishes(hints: Hints) -> frozenset[str]:
    """The hints as words that can be compared: the name, or the type when there is none."""
    return frozenset(hint.name or f":{hint.type}" for hint in hints.fields)


def _shape(tree: Tree) -> int:
    """The names and types in the tree, wherever in lists they are."""
    return hash(
        frozenset(
            (tuple(step for step in path if isinstance(step, str)), type(value).__name__)
            for path, value in leaves(tree)
        )
    )


def _messages(text: str) -> Iterator[str]:
    """The texts in an answer: all of it, or the values of its JSON, whose names are the answer's own."""
    try:
        waiting = [parse_json(text.encode("utf-8"))]
    except ValueError:
        yield text
        return
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (dict, list)):
            waiting.extend(value.values() if isinstance(value, dict) else value)
