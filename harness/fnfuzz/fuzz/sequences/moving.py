"""Does an event that has one part more than another, or another one of the words of a table, change what that other
one gets?

Not only words of an event may stay behind: a price that is set for this once, a table that is sorted in its place, a
limit that is raised. So the event without the part is asked twice, then comes the whole one, then the other again.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from itertools import chain, islice

from fnfuzz.events import Event
from fnfuzz.fuzz.mutation.mixing import with_each
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.noise import learn
from fnfuzz.fuzz.sequences.omissions import LeftOut, only_named, parts_of
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trees.places import without
from fnfuzz.fuzz.trees.tree import Tree, to_event, to_tree
from fnfuzz.fuzz.trials import was_rejected
from fnfuzz.fuzz.turns import in_turn

__all__ = ["moved"]

MOST_PARTS = 16
"""Of one event, each for a fresh instance."""

MOST_WORDS, MOST_TURNED = 24, 3
"""Words of tables that are tried in the place of others, and of these such as are looked at as the later ones."""


def moved(stage: Stage, source: FunctionSource, event: Event) -> Generator[RunEvent, None, LeftOut | None]:
    """Two events of which the first one changes what the second one gets: the event and itself with another one of the
    words that a table of the source has for a member, or without one of its parts.
    """
    tree = only_named(to_tree(event, source.function), source.words)
    whole = to_event(tree, event, source.function)
    if whole is None:
        return None
    otherwise = _with_other_words(stage, source, whole, tree)
    if otherwise is not None:
        return otherwise
    for part in islice(parts_of(tree), MOST_PARTS):
        less = without(tree, (part,))
        lean = to_event(less, event, source.function) if less is not None else None
        if lean is None:
            continue
        if not stage.allows(1, 1):
            return None
        exchange = yield from stage.case(source, lean)
        if exchange is None or answer_of(exchange) is None or was_rejected(source, exchange):
            continue
        if _moves(stage, source, whole, lean):
            return LeftOut(whole, lean, ())
    return None


def _with_other_words(stage: Stage, source: FunctionSource, event: Event, tree: Tree) -> LeftOut | None:
    others = list(islice(_others(source, event, tree), MOST_WORDS))
    if not others or not stage.allows(0, 1):
        return None
    other = _first_that_moves(stage, source, others, event)
    if other is not None:
        return LeftOut(other, event, ()) if _moves(stage, source, other, event) else None
    for other in others[:MOST_TURNED]:
        if stage.allows(0, 1) and _moves(stage, source, event, other):
            return LeftOut(event, other, ())
    return None


def _others(source: FunctionSource, event: Event, tree: Tree) -> Iterator[Event]:
    """The event with each word that a table of the source has for one of its members, the members in turn."""
    for one in in_turn([with_each(tree, name, words) for name, words in source.words.choices]):
        other = to_event(one, event, source.function)
        if other is not None and other != event:
            yield other


def _moves(stage: Stage, source: FunctionSource, whole: Event, lean: Event) -> bool:
    return _first_that_moves(stage, source, [whole], lean) is not None


def _first_that_moves(stage: Stage, source: FunctionSource, wholes: Sequence[Event], lean: Event) -> Event | None:
    """The first of them, one after the other on a fresh instance, after which ``lean`` gets what is unusual for it."""
    events = (lean, lean, *chain.from_iterable((whole, lean) for whole in wholes))
    answers = [answer_of(item) for item in stage.replay_events(source.function, events)]
    told = [answer for answer in answers[:2] if answer is not None]
    usual = learn(told) if len(told) == 2 else None
    for whole, before in zip(wholes, range(3, len(answers), 2), strict=False):
        answer = answers[before]
        if (
            usual is not None
            and answer is not None
            and answers[before - 1] is not None
            and usual.unlike(answer, before)
        ):
            return whole
    return None
