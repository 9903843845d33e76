"""Does an event that leaves something out, or says it otherwise, get what another event said there?

A default that is shared and written to, a copy that is not deep, a cache whose key lacks a member: the answer to an
event without a member, or with another value, then holds what an earlier event had there. Looked for on the live
instance, where it costs two cases for each member; what looks like it is for the comparison with fresh instances to
confirm.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.fuzz.behaviour import signature
from fnfuzz.fuzz.mutation.follow import with_values
from fnfuzz.fuzz.numbers import is_number
from fnfuzz.fuzz.sequences.answer import Answer, Text, answer_of
from fnfuzz.fuzz.sequences.candidates import Candidate
from fnfuzz.fuzz.sequences.history import shares_identity
from fnfuzz.fuzz.sequences.marks import holds
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.shrinking.reduction import fewer
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trees.places import Steps, without
from fnfuzz.fuzz.trees.tree import PAYLOADS, Path, Tree, put, to_event, to_tree
from fnfuzz.fuzz.words.comparisons import near
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["LeftOut", "Suspect", "left_out", "only_named", "parts_of", "reduced"]

TOLD, TAKEN = "told", "taken"
MOST_PARTS, DEEPEST = 24, 3
"""Members that are left out, and how deep they may lie in each other."""

MOST_ALTERED = 60
"""Pairs of events that differ in one word."""

STARTS = 6
"""Time for so many starts has to be left for one more try."""

DULL = "a"
TELLING = 3
"""Characters of a text, or digits of a number, that no answer holds by chance; it is confirmed anyway."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The answer to ``lean`` holds ``words``, which only ``whole`` says, after that one came. ``keyed`` when ``lean``
    says otherwise what it does not leave out, and both have something else in common.
    """

    whole: Event
    lean: Event
    words: tuple[str, ...]
    keyed: bool = False


@dataclass(frozen=True, slots=True)
class Suspect:
    """Two trees that differ in their words only, and the parts that are left out of the second one, or where alone it
    has another word.
    """

    function: Function
    base: Event
    one: Tree
    other: Tree
    gone: tuple[Steps, ...] = ()
    altered: tuple[Steps, ...] = ()

    @property
    def apart(self) -> tuple[Steps, ...]:
        """The parts of which the first one alone says what it says."""
        return (*self.gone, *self.altered)

    def cut(self) -> LeftOut | None:
        """The two events; None where the parts cannot go, or say nothing that could be recognised."""
        less = without(self.other, self.gone)
        whole = to_event(self.one, self.base, self.function)
        lean = to_event(less, self.base, self.function) if less is not None else None
        if whole is None or lean is None or less is None:
            return None
        left = str(less).lower()
        texts = (text.lower() for part in self.apart for text in _texts(_value(self.one, part)))
        words = tuple(dict.fromkeys(text for text in texts if text not in left))
        common = [part for part in parts_of(self.one) if not any(_within(part, way) for way in self.altered)]
        return LeftOut(whole, lean, words, bool(self.altered and common)) if words else None

    def without(self, parts: Sequence[Steps]) -> Suspect | None:
        """Both without these parts; None where they cannot go."""
        one, other = without(self.one, parts), without(self.other, parts)
        return replace(self, one=one, other=other) if one is not None and other is not None else None


def left_out(stage: Stage, one: Candidate, other: Candidate) -> Generator[RunEvent, None, Suspect | None]:
    """Two events that differ in their words only, the second one without one of its parts, or without all that it can
    do without, where its answer tells of the first, in a fresh instance too.
    """
    function, words = one.source.function, one.source.words
    first, second = (only_named(to_tree(item.event, function), words) for item in (one, other))
    pairs = [Suspect(function, one.event, first, second)]
    if first != second:
        pairs.append(Suspect(function, one.event, first, first))
    free: list[Steps] = []
    if not stage.fresh():
        return None
    for part in islice(parts_of(first), MOST_PARTS):
        for pair in pairs:
            suspect = replace(pair, gone=(part,))
            taken = yield from _tried(stage, one.source, suspect)
            if taken is None:
                return None
            if taken == TOLD and _is_sure(stage, suspect):
                return suspect
            free += [part] if taken == TAKEN and pair is pairs[0] else []
    outer = tuple(part for part in free if not any(part[: len(item)] == item for item in free if item != part))
    suspect = replace(pairs[0], gone=outer)
    if len(outer) > 1 and (yield from _tried(stage, one.source, suspect)) == TOLD:
        return suspect if _is_sure(stage, suspect) else None
    for suspect in islice(_altered(pairs[0], words), MOST_ALTERED):
        taken = yield from _tried(stage, one.source, suspect)
        if taken is None:
            return None
        if taken == TOLD and _is_sure(stage, suspect):
            return suspect
    return None


def _altered(pair: Suspect, words: Dictionary) -> Iterator[Suspect]:
    """The first tree, and itself with one of the second one's words; also with the numbers that the source compares
    with, beyond which a handler may begin to remember.
    """
    wordy = [way for way in map(_text_way, parts_of(pair.one)) if _differs(pair, way)]
    limits = [{name: number} for name, value in words.pairs if is_number(value) for number in near(value)[:2]]
    for values in ({}, *limits):
        one = next(with_values(pair.one, values), pair.one) if values else pair.one
        for part in wordy if one != pair.one or not values else ():
            other = put(one, part, _at(pair.other, part))
            yield replace(pair, one=one, other=other, altered=(part,))


def _text_way(part: Steps) -> Path:
    """The way to what a part says: of a pair to its second half."""
    plain = tuple(step for step in part if isinstance(step, (str, int)))
    return (*plain, 1) if isinstance(plain[-1], int) else plain


def _differs(pair: Suspect, part: Steps) -> bool:
    """Is it a text, and another one in each of the two?"""
    one, other = (_at(tree, part) for tree in (pair.one, pair.other))
    return isinstance(one, str) and isinstance(other, str) and one != other


def reduced(stage: Stage, suspect: Suspect) -> Suspect:
    """The same with as few other parts as it takes, and dull words in them; each try on a fresh instance."""
    return _dull(stage, _fewer_parts(stage, suspect))


def _fewer_parts(stage: Stage, suspect: Suspect) -> Suspect:
    others = [part for part in parts_of(suspect.one) if not any(_within(part, one) for one in suspect.apart)]
    current = suspect

    def shows(kept: Sequence[Steps]) -> bool:
        nonlocal current
        away = [part for part in others if part not in kept]
        less = suspect.without([part for part in away if part[:-1] not in away])
        if less is None or not stage.allows(0, STARTS) or not _shows(stage, less):
            return False
        current = less
        return True

    fewer(others, shows)
    return current


def _dull(stage: Stage, suspect: Suspect) -> Suspect:
    apart = suspect.apart
    ways = [way for way in map(_text_way, parts_of(suspect.one)) if not any(_within(way, part) for part in apart)]
    ways = [way for way in ways if isinstance(_at(suspect.one, way), str) and isinstance(_at(suspect.other, way), str)]
    tried = [suspect]
    for some in (ways, *([way] for way in ways)):
        less = suspect
        for way in some:
            less = replace(less, one=put(less.one, way, DULL), other=put(less.other, way, DULL))
        if less in tried:
            continue
        tried.append(less)
        if stage.allows(0, STARTS) and _shows(stage, less):
            suspect = less
    return suspect


def _within(part: Steps, other: Steps) -> bool:
    """Is one of them the other, or in it?"""
    return part[: len(other)] == other or other[: len(part)] == part


def only_named(tree: Tree, words: Dictionary) -> Tree:
    """Without members and parameters that the source does not name."""
    named = {*words.asked, *words.names}
    unknown = [part for part in parts_of(tree) if _name(tree, part) not in named]
    return without(tree, [part for part in unknown if part[:-1] not in unknown]) or tree


def _name(tree: Tree, part: Steps) -> Any:
    value = _at(tree, part)
    return value[0] if isinstance(part[-1], int) else part[-1]


def _tried(stage: Stage, source: FunctionSource, suspect: Suspect) -> Generator[RunEvent, None, str | None]:
    """What becomes of the event without these parts, right after the one that has them; None when the time is up."""
    cut = suspect.cut()
    alike = suspect.altered or suspect.one is suspect.other
    if cut is None or (alike and shares_identity(cut.whole, cut.lean)):
        # What a handler knows of a thing that both events name, it may tell.
        return ""
    if not stage.allows(2):
        return None
    whole = yield from stage.case(source, cut.whole)
    lean = (yield from stage.case(source, cut.lean)) if whole is not None else None
    if whole is None or lean is None:
        return ""
    if _tells(answer_of(lean), cut.words):
        return TOLD
    phrases = source.words.phrases
    return TAKEN if signature(whole, phrases) == signature(lean, phrases) else ""


def _shows(stage: Stage, suspect: Suspect) -> bool:
    """Does the second event tell of the first in a fresh instance?"""
    cut = suspect.cut()
    exchanges = stage.replay_events(suspect.function, (cut.whole, cut.lean)) if cut is not None else []
    return cut is not None and len(exchanges) > 1 and _tells(answer_of(exchanges[-1]), cut.words)


def _is_sure(stage: Stage, suspect: Suspect) -> bool:
    """Does it show so, and does the second event not tell it without the first?"""
    cut = suspect.cut()
    if cut is None or not _shows(stage, suspect):
        return False
    alone = stage.replay_events(suspect.function, (cut.lean,))
    return bool(alone) and not _tells(answer_of(alone[-1]), cut.words)


def _tells(answer: Answer | None, words: Sequence[str]) -> bool:
    if answer is None or not words:
        return False
    said = (answer.body.text if isinstance(answer.body, Text) else answer.body, *answer.headers.values())
    return answer.status < 400 and any(holds(item, words) for item in said)


def parts_of(tree: Tree) -> Iterator[Steps]:
    """Pairs of the query and of a form, and members of a JSON payload, outer ones first."""
    for name in ("query", "metadata"):
        yield from ((name, at) for at in reversed(range(len(tree.get(name, ())))))
    for name in PAYLOADS:
        ((kind, value),) = tree.get(name, {"text": ""}).items()
        if kind == "form":
            yield from ((name, "form", at) for at in reversed(range(len(value))))
        elif kind == "json":
            yield from sorted(_members(value, (name, "json")), key=len)


def _members(value: Any, path: Steps) -> Iterator[Steps]:
    if isinstance(value, dict) and len(path) < 2 + DEEPEST:
        for key, item in value.items():
            yield (*path, key)
            yield from _members(item, (*path, key))


def _at(tree: Any, path: Steps) -> Any:
    for step in path:
        tree = tree[step]
    return tree


def _value(tree: Tree, part: Steps) -> Any:
    value = _at(tree, part)
    return value[1] if isinstance(value, list) and isinstance(part[-1], int) else value


def _texts(value: Any) -> Iterable[str]:
    """What is said in a value, as texts that can be recognised."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in _texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if isinstance(value, str) and len(value) >= TELLING:
        return [value]
    if is_number(value) and abs(value) >= 10**TELLING:
        return [str(value)]
    return []
