"""Two events at once that differ in their data only: as they are, and both with each word that the source knows.

What is not safe among others is often one way of several to do a thing: one order of sorting, one format, one carrier.
Of such words events of different behaviours show few. Looked for on the live instance, where it costs some cases for
each word; what looks like it is for rounds with answers of fresh instances to confirm.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

from fnfuzz.events import Event
from fnfuzz.fuzz.mutation.follow import with_values
from fnfuzz.fuzz.sequences.answer import Answer, answer_of
from fnfuzz.fuzz.sequences.candidates import Candidate
from fnfuzz.fuzz.sequences.noise import learn
from fnfuzz.fuzz.sequences.scripts import Item
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.sequences.together import CONCURRENCY, families, most_at_once, one_round
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trees.tree import to_event, to_tree
from fnfuzz.fuzz.trials import was_rejected
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.comparisons import settings
from fnfuzz.fuzz.words.dictionary import Dictionary

__all__ = ["choosing"]

MOST_WORDS = 40
"""Words, or settings of several at once, for one pair of events."""


def choosing(stage: Stage, found: Sequence[Candidate]) -> Generator[RunEvent, None, tuple[Candidate, ...]]:
    """Two events that seem to be mixed up when they come at once; none where no word makes that so."""
    for pair in _pairs(stage, found):
        source, count = pair[0].source, most_at_once(stage, pair[0].source)
        for values in ({}, *islice(_settings(source.words), MOST_WORDS)):
            if not stage.allows(2 * len(pair) + count) or stage.knows(source, *CONCURRENCY):
                return ()
            changed = [_with(one, values) if values else one.event for one in pair]
            events = [event for event in changed if event is not None]
            live = (yield from _live(stage, pair, events)) if len(events) == len(pair) else []
            if len(live) < len(pair):
                continue
            if (yield from one_round(stage, list(islice(cycle(live), count)))) is not None:
                return tuple(replace(one, event=item.event) for one, item in zip(pair, live, strict=True))
    return ()


def _pairs(stage: Stage, found: Sequence[Candidate]) -> Iterator[tuple[Candidate, Candidate]]:
    """Events that differ in their data only."""
    fitting = [one for one in found if one.marks and most_at_once(stage, one.source) > 1]
    yield from ((members[0], members[-1]) for members in families(fitting))


def _settings(words: Dictionary) -> Iterator[Mapping[str, Any]]:
    """Each member with each text of the table in which it is looked up, in turn with what the source compares."""
    looked_up = in_turn([{name: text} for text in texts] for name, texts in words.choices)
    yield from in_turn((looked_up, settings(words.pairs)))


def _with(one: Candidate, values: Mapping[str, Any]) -> Event | None:
    """The event at these values; None where they have no place, or are there already."""
    function = one.source.function
    tree = to_tree(one.event, function)
    changed = next(with_values(tree, values, add=True), tree)
    event = to_event(changed, one.event, function) if changed != tree else None
    return None if event == one.event else event


def _live(stage: Stage, pair: Sequence[Candidate], events: Sequence[Event]) -> Generator[RunEvent, None, list[Item]]:
    """The events with what they get by turns on the live instance, as far as they are taken and can be compared."""
    answers: list[Answer] = []
    for event in (*events, *events):
        exchange = yield from stage.case(pair[0].source, event)
        answer = answer_of(exchange) if exchange is not None else None
        if exchange is None or answer is None or answer.status >= 400 or was_rejected(pair[0].source, exchange):
            return []
        answers.append(answer)
    usual = [learn(told) for told in zip(answers[: len(events)], answers[len(events) :], strict=True)]
    return [
        Item(one.source, event, False, baseline, one.marks, one.family)
        for one, event, baseline in zip(pair, events, usual, strict=True)
        if baseline is not None
    ]
