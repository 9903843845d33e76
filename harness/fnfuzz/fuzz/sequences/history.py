"""Does the answer to an event depend on what the instance got before? (docs/design.md, sequences)

Every answer in a script is compared with that of a fresh instance. A difference counts only when the shortest sequence
shows it again and again, and the event alone shows it never.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Generator, Sequence
from typing import Any

import orjson

from fnfuzz.contracts.model import Violation
from fnfuzz.events import Event, HttpEvent, QueueEvent
from fnfuzz.fuzz.sequences.answer import Answer, Text, answer_of, shallow
from fnfuzz.fuzz.sequences.marks import holds
from fnfuzz.fuzz.sequences.noise import MISSING, Difference, differences
from fnfuzz.fuzz.sequences.scripts import Item, Script, Step
from fnfuzz.fuzz.sequences.smaller import smaller
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.shrinking.shrink import shrink_sequence
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.fuzz.trees.tree import payload
from fnfuzz.host import Exchange

__all__ = ["AGAIN", "HISTORY", "LEAK", "OWN_LEAK", "SAY_THE_SAME", "History", "failed", "shares_identity", "told"]

HISTORY = "answer-depends-on-history"
LEAK = "state-leak"
UNSTEADY = "line-nondeterministic"
SAY_THE_SAME = (HISTORY, LEAK, "state-leak-between-requests", UNSTEADY, "resp-wrong-correlation", "line-wrong-request")
"""After one of these a further report for the same function says nothing new."""

AGAIN = {"azure-http": "req-redelivery", "fc-event": "retry-not-idempotent"}
"""By contract the rule for a message that fails when it is delivered again; elsewhere it is history."""

OWN_LEAK = {
    "azure-stdio": UNSTEADY,
    "fc-event": "state-leak-between-requests",
    "fc-web": "state-leak-between-requests",
}
"""By contract its own rule for an answer that is surely another event's (azure-functions.md 8, alibaba-fc.md 9)."""

ROUNDS = 3
"""So many times the event alone and after the others must show the same once more."""

SUSPICIONS = 4
"""So many differences of one function are followed up."""

IDENTIFIES = re.compile(
    r"(?i)id$|key|code|number|no$|nr$|num$|ref|token|sku|isbn|iban|mail|phone|user|account|slug|serial|hash|sha|index"
)
"""Names of what identifies a thing, by which a handler may know it already."""

SHOWN = 60
EMPTY: tuple[Any, ...] = ([], {}, 0, MISSING)


class History:
    """Plays scripts and follows up what looks different. ``items`` are all that the run knows."""

    def __init__(self, stage: Stage, items: Sequence[Item]) -> None:
        self.stage = stage
        self.items = items
        self._followed: Counter[str] = Counter()
        self._first_only: set[tuple[str, str]] = set()
        """Functions and places that differ in the very first answer of an instance only."""

    def play(self, script: Script) -> Generator[RunEvent, None, None]:
        """The script on a fresh instance, until its first answer that is not that of a fresh one."""
        stage = self.stage
        if not stage.fresh():
            return
        for at, step in enumerate(script.steps):
            if not stage.allows():
                return
            exchange = yield from stage.play(step)
            if exchange is None:
                if step.kind == "send":
                    return
                continue
            done = script.steps[: at + 1]
            if script.redelivers and at:
                if failed(exchange):
                    yield from self._refused_again(done)
                    return
            elif self._differs(done, exchange) and self._worth_it(step.item):
                yield from self._follow(done, keyed=script.keyed)
                return

    def _worth_it(self, item: Item) -> bool:
        """Is there nothing like it yet, and were not too many suspicions in vain?"""
        name = item.source.function.name
        if self.stage.knows(item.source, *SAY_THE_SAME) or self._followed[name] >= SUSPICIONS:
            return False
        self._followed[name] += 1
        return True

    # -- comparison

    def _differs(self, steps: Sequence[Step], exchange: Exchange | None) -> tuple[Difference, ...]:
        answer = answer_of(exchange) if exchange is not None else None
        if answer is None:
            return ()
        item = steps[-1].item
        found = item.baseline.unlike(answer, len(steps) - 1)
        return tuple(one for one in found if (item.source.function.name, one.place) not in self._first_only)

    def _follow(self, steps: Sequence[Step], *, keyed: bool) -> Generator[RunEvent, None, None]:
        """Find the shortest sequence, be sure of it, say what differs."""
        stage, last = self.stage, steps[-1]
        if self._alone_differs(last) or not self._shows(steps):
            return
        shortest: Sequence[Step] = shrink_sequence(steps, self._shows, stage.budget())
        shown: Exchange | None = None
        seen: list[tuple[Difference, ...]] = []
        for _ in range(ROUNDS):
            if self._alone_differs(last):
                return
            shown = stage.replay(shortest)
            seen.append(self._differs(shortest, shown))
            if not seen[-1]:
                return
        found = seen[-1][0]
        if shown is None or len(shortest) < 2:
            return
        if self._is_first_only(last, found, shown):
            self._first_only.add((last.item.source.function.name, found.place))
            return
        violation = self._violation(shortest, seen[-1], keyed=keyed)
        lean = smaller(stage, shortest, lambda some: self._says(some, violation, keyed=keyed) is not None)
        again = self._says(lean, violation, keyed=keyed) if lean is not shortest else None
        if again is not None:
            shortest, (violation, shown) = lean, again
        pairs = [(step.item, step.event) for step in shortest if step.kind == "send"]
        yield from stage.report(violation, pairs, shown, "sequence", notes(shortest))

    def _says(
        self, steps: Sequence[Step], violation: Violation, *, keyed: bool
    ) -> tuple[Violation, Exchange | None] | None:
        """What other steps say, if that is the same rule and place."""
        shown = self.stage.replay(steps)
        seen = self._differs(steps, shown)
        said = self._violation(steps, seen, keyed=keyed) if seen else None
        if said is None or (said.rule, said.place) != (violation.rule, violation.place):
            return None
        return said, shown

    def _shows(self, steps: Sequence[Step]) -> bool:
        return bool(self._differs(steps, self.stage.replay(steps)))

    def _alone_differs(self, step: Step) -> bool:
        """Is the event's answer in another fresh instance not that of the first ones, so that it is chance?"""
        exchange = self.stage.replay([step])
        answer = answer_of(exchange) if exchange is not None else None
        return answer is None or bool(step.item.baseline.unlike(answer, 0))

    def _is_first_only(self, last: Step, found: Difference, shown: Exchange) -> bool:
        """Does an instance answer its very first event in one way and all others in another, whatever they are?"""
        answers = [self.stage.replay([last] * count) for count in (2, 3)]
        others = [item for item in self.items if item is not last.item and item.source is last.item.source]
        answers += [self.stage.replay([Step("send", item, item.event), last]) for item in others[:2]]
        values = [_value_at(last.item, exchange, found.place) for exchange in (*answers, shown)]
        return all(value == values[0] for value in values) and values[0] is not None

    # -- what is said

    def _violation(self, steps: Sequence[Step], seen: Sequence[Difference], *, keyed: bool) -> Violation:
        last = steps[-1].item
        foreign = tuple(
            word for step in steps[:-1] if step.item is not last for word in step.item.marks if word not in last.marks
        )
        leaked = next((item for item in seen if _is_leak(last, item, foreign)), None)
        before = _told_before(steps)
        if leaked is not None:
            where = _where(leaked)
            message = f"{before}, {where} holds data of another {_noun(last)}: {_short(leaked.other)}."
            rule = LEAK if keyed else _leak_rule(steps, leaked)
            return Violation(rule, message, _place(leaked, (*foreign, *last.marks)))
        first = seen[0]
        if _is_of_the_other(steps, seen):
            message = f"{before}, {told(first)}, as in the answer to that one."
            return Violation(_own_rule(last, LEAK), message, _place(first, (*foreign, *last.marks)))
        message = f"{before}, {told(first)}."
        rule = UNSTEADY if last.source.function.contract == "azure-stdio" else HISTORY
        return Violation(rule, message, _place(first, (*foreign, *last.marks)))

    # -- redelivery

    def _refused_again(self, steps: Sequence[Step]) -> Generator[RunEvent, None, None]:
        """A message that succeeded fails when it comes again: does it do so always, and never in a fresh instance?"""
        stage, last = self.stage, steps[-1]
        if self._followed["again"] >= SUSPICIONS:
            return
        self._followed["again"] += 1
        shown: Exchange | None = None
        for _ in range(2):
            alone = stage.replay([last])
            shown = stage.replay(steps)
            if alone is None or shown is None or failed(alone) or not failed(shown):
                return
        function = last.item.source.function
        rule = AGAIN.get(function.contract, HISTORY)
        if shown is None or self.stage.knows(last.item.source, rule):
            return
        noun = _noun(last.item)
        message = f"The same {noun} fails when it is delivered again, and not in an instance that has not seen it."
        pairs = [(step.item, step.event) for step in steps]
        yield from stage.report(Violation(rule, message, "second delivery"), pairs, shown, "sequence")


def failed(exchange: Exchange) -> bool:
    """Does the host take the delivery for failed, other than because there were too many?"""
    answer = answer_of(exchange)
    if answer is not None and answer.status in (429, 503):
        return False
    refused = exchange.outcome.status == "failed" or (answer is not None and answer.status >= 500)
    return refused and not exchange.observed.timed_out


def notes(steps: Sequence[Step]) -> tuple[str, ...]:
    """What the events alone do not tell of a sequence."""
    found = []
    if any(step.kind == "rest" for step in steps):
        found.append("there was a rest of a second or so between the events")
    if any(step.kind == "leave" for step in steps):
        found.append("before the last event a client sent a request and went away without its answer")
    return tuple(found)


def _value_at(item: Item, exchange: Exchange | None, place: str) -> str | None:
    """What stands at ``place`` in place of the fresh answer's value, as text; None without an answer."""
    answer: Answer | None = answer_of(exchange) if exchange is not None else None
    if answer is None:
        return None
    found = {one.place: one.other for one in item.baseline.unlike(answer, 0)}
    return repr(found.get(place))


def _is_leak(last: Item, found: Difference, foreign: tuple[str, ...]) -> bool:
    """Does data of another event stand where it cannot be what was asked for? To list what is stored is a design."""
    if not foreign or found.one in EMPTY or found.place == "status" or not holds(found.other, foreign):
        return False
    event = last.event
    return not holds(found.one, foreign) and (not isinstance(event, HttpEvent) or bool(event.body or event.query))


def _own_rule(item: Item, otherwise: str) -> str:
    return OWN_LEAK.get(item.source.function.contract, otherwise)


def _leak_rule(steps: Sequence[Step], leaked: Difference) -> str:
    """The contract's own rule where data of another event stands *instead of* the event's own: what a store or a record
    that is there already gives back looks otherwise, or both events name the same thing.
    """
    last = steps[-1].item
    if last.source.function.contract == "azure-stdio":
        return UNSTEADY
    own = tuple(word for word in last.marks if holds(leaked.one, (word,)))
    replaced = bool(own) and not holds(leaked.other, own)
    others = [step.item for step in steps[:-1] if step.kind == "send" and step.item is not last]
    if not replaced or any(shares_identity(last.event, other.event) for other in others):
        return LEAK
    return _own_rule(last, LEAK)


def _is_of_the_other(steps: Sequence[Step], seen: Sequence[Difference]) -> bool:
    """Does a request that changes nothing get what another one to the same address got, which differs in its query or
    headers: from a cache, whose key leaves those out?
    """
    last, others = steps[-1].item, [step.item for step in steps[:-1] if step.kind == "send"]
    if len(steps) != 2 or len(others) != 1 or last.rejected or others[0].rejected:
        return False
    one, other = last.event, others[0].event
    if not isinstance(one, HttpEvent) or not isinstance(other, HttpEvent) or others[0].source is not last.source:
        return False
    if not one.method == other.method == "GET" or one.path != other.path:
        return False
    apart = {item.place: item.other for item in differences(last.baseline.answer, others[0].baseline.answer)}
    return all(item.place in apart and apart[item.place] == item.other for item in seen)


def shares_identity(one: Event, other: Event) -> bool:
    """Do both events name the same thing, by a member or a parameter whose name says that it identifies?"""
    left, right = _named(one), _named(other)
    return bool(left & right)


def _named(event: Event) -> set[tuple[str, str]]:
    pairs: list[tuple[str, Any]] = list(event.query) if isinstance(event, HttpEvent) else []
    with contextlib.suppress(ValueError):
        value = orjson.loads(payload(event))
        pairs += _members(value) if shallow(value) else []
    return {(name.lower(), str(value)) for name, value in pairs if IDENTIFIES.search(name)}


def _members(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        own = [(key, item) for key, item in value.items() if not isinstance(item, (dict, list))]
        return own + [pair for item in value.values() for pair in _members(item)]
    return [pair for item in value for pair in _members(item)] if isinstance(value, list) else []


def _noun(item: Item) -> str:
    event = item.event
    return "message" if isinstance(event, QueueEvent) else "request" if isinstance(event, HttpEvent) else "event"


def _told_before(steps: Sequence[Step]) -> str:
    sent = [step for step in steps[:-1] if step.kind != "rest"]
    last = steps[-1].item
    if sent and all(step.item is last for step in sent):
        return f"When the same {_noun(last)} comes again"
    if len(sent) == 1:
        return f"After this {_noun(sent[0].item)}"
    return f"After these {len(sent)} events"


def told(found: Difference) -> str:
    """A difference in words, the answer of a fresh instance last."""
    where = _where(found)
    if found.other == MISSING:
        return f"{where} is missing"
    if found.one == MISSING:
        return f"there is {where} ({_short(found.other)}), which a fresh instance does not give"
    return f"{where} is {_short(found.other)} instead of {_short(found.one)}"


def _where(found: Difference) -> str:
    if found.place == "status":
        return "the status"
    if found.place.startswith("header "):
        return f"the {found.place}"
    if found.place.startswith("text") or found.place == "$":
        return "the answer"
    return f'"{found.name}"'


def _short(value: Any) -> str:
    text = value.text if isinstance(value, Text) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _place(found: Difference, words: tuple[str, ...]) -> str:
    """Where it shows, without payload: no numbers of elements, no words of events as keys."""
    place = re.sub(r"\[\d+\]", "[*]", re.sub(r"^text \d+$", "text", found.place))
    for word in words:
        place = place.replace(word, "*")
    return re.sub(r"\d+", "#", place)[:120]
