"""Is an answer that comes among others at once the one that the event gets alone?

Source: azure-functions.md 2, alibaba-fc.md 4.3.
Only what cannot be meant is reported: a failure, or the data or answer of another event, that shows together in several
rounds and never one after another, in whatever order.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random
from typing import Literal, TypeVar

from fnfuzz.contracts import CONTRACT_IDS
from fnfuzz.contracts.model import HttpReply, HttpRequest, Violation
from fnfuzz.drivers import HandlerGone, exchange_together
from fnfuzz.drivers.instance import HttpInstance
from fnfuzz.fuzz.sequences.answer import answer_of
from fnfuzz.fuzz.sequences.candidates import Candidate
from fnfuzz.fuzz.sequences.marks import holds
from fnfuzz.fuzz.sequences.noise import TELLING_STATUSES, Difference, differences
from fnfuzz.fuzz.sequences.scripts import Item, Step
from fnfuzz.fuzz.sequences.stage import Stage
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.host import Exchange, StartFailed

__all__ = ["CONCURRENCY", "families", "most_at_once", "one_round", "play_together"]

AT_ONCE = 8
ROUNDS, OF_A_FAMILY = 6, 2
"""Rounds of all items together, and before them of the variants of one event alone."""

CONFIRMING_ROUNDS = 12
MOST_DOUBTED = 3
"""So many rounds that could not be confirmed are enough: on a busy machine one of them says little."""

SHORTEST_WAIT = 3.0
RULES = {
    "failure": {"azure-http": "req-concurrent", "azure-forward": "req-concurrent", "fc": "concurrency-breaks"},
    "mixed": {"azure-http": "req-concurrent", "azure-forward": "req-concurrent", "fc": "request-id-mixed-up"},
}
Variant = TypeVar("Variant", Item, Candidate)
CONCURRENCY = tuple(dict.fromkeys(rule for rules in RULES.values() for rule in rules.values()))


@dataclass(frozen=True, slots=True)
class Wrong:
    """One answer that is not that of its event."""

    kind: Literal["failure", "mixed"]
    item: Item
    exchange: Exchange
    place: str


def most_at_once(stage: Stage, source: FunctionSource) -> int:
    """How many events the real host has in flight to one instance at the same time, 8 at most."""
    contract = source.function.contract
    if contract == "azure-stdio" or contract not in CONTRACT_IDS:
        return 1
    return min(AT_ONCE, stage.trials.app.concurrency) if contract.startswith("fc") else AT_ONCE


def play_together(stage: Stage, items: Sequence[Item], random: Random) -> Generator[RunEvent, None, None]:
    """Rounds of different events at once, for each kind of request that can be sent so."""
    for group in _groups(stage, items):
        count = most_at_once(stage, group[0].source)
        doubted = 0
        alone = [members for members in families(group) for _ in range(OF_A_FAMILY)]
        for members in [*alone, *[group] * ROUNDS]:
            if not stage.allows(count):
                return
            chosen = list(islice(cycle(random.sample(members, len(members))), count))
            wrong = yield from one_round(stage, chosen)
            if wrong is None:
                continue
            if (yield from _confirmed(stage, chosen, wrong, random)):
                break
            doubted += 1
            if doubted == MOST_DOUBTED:
                break


def _groups(stage: Stage, items: Sequence[Item]) -> Iterator[list[Item]]:
    """Items whose requests have the same method, as the reader of the answers must know it."""
    groups: dict[str, list[Item]] = {}
    for item in items:
        if most_at_once(stage, item.source) < 2:
            continue
        host = stage.trials.host
        request = host.encode(item.source.function, item.event, host.delivery())
        if isinstance(request, HttpRequest):
            groups.setdefault(request.method, []).append(item)
    yield from groups.values()


def families(group: Sequence[Variant]) -> list[list[Variant]]:
    """Variants of one event together, where there are several."""
    found: dict[tuple[str, int], list[Variant]] = {}
    for item in group:
        found.setdefault((item.source.function.name, item.family), []).append(item)
    return [members for members in found.values() if len(members) > 1]


def one_round(stage: Stage, items: Sequence[Item]) -> Generator[RunEvent, None, Wrong | None]:
    """One round as cases of the run; what fails only together is judged here and nowhere else."""
    exchanges = _at_once(stage, items)
    wrong = _first_wrong(items, exchanges)
    for item, exchange in zip(items, exchanges, strict=False):
        if wrong is None or not _fails(exchange):
            yield from stage.trials.take(item.source, exchange)
    return wrong


def _at_once(stage: Stage, items: Sequence[Item]) -> list[Exchange]:
    """The exchanges, in the order of ``items``; none when there is no instance."""
    host = stage.trials.host
    try:
        host.live()
        if not isinstance(host.instance, HttpInstance):
            return []
        instance = host.http
        # A server that takes one connection at a time would wait on this one for ever.
        instance.connection.close()
        deliveries = [host.delivery() for _ in items]
        requests = [
            host.encode(item.source.function, item.event, delivery)
            for item, delivery in zip(items, deliveries, strict=True)
        ]
        logs = instance.stdout.total, instance.stderr.total
        method = getattr(requests[0], "method", "POST")
        limit = max(SHORTEST_WAIT, min(host.limit(item.source.function) for item in items))
        seen = exchange_together(
            instance.process, instance.port, [request.to_bytes() for request in requests], method, limit
        )
    except (StartFailed, HandlerGone):
        return []
    exchanges = [
        host.judge(host.answered(item.source.function, item.event, delivery, request, observed, *logs))
        for item, delivery, request, observed in zip(items, deliveries, requests, seen, strict=True)
    ]
    if any(observed.exit is not None or observed.fault is not None for observed in seen):
        host.stop()
    return exchanges


def _first_wrong(items: Sequence[Item], exchanges: Sequence[Exchange]) -> Wrong | None:
    """The first answer that is not that of its event; none when one was not waited for long enough."""
    if any(item.observed.timed_out for item in exchanges):
        return None
    for item, exchange in zip(items, exchanges, strict=False):
        if _fails(exchange) and item.baseline.answer.status < 500:
            return Wrong("failure", item, exchange, "failure")
        answer = answer_of(exchange)
        if answer is None:
            continue
        for found in item.baseline.unlike(answer, len(items)):
            if _is_of_another(item, found, items):
                return Wrong("mixed", item, exchange, "answer")
    return None


def _fails(exchange: Exchange) -> bool:
    observed = exchange.observed
    if observed.exit is not None or observed.fault is not None:
        return True
    reply = observed.reply
    return isinstance(reply, HttpReply) and reply.status >= 500 and reply.status not in TELLING_STATUSES


def _is_of_another(item: Item, found: Difference, items: Sequence[Item]) -> bool:
    """Is what stands there data of another event of the round, or what that one gets at the same place?"""
    others = [other for other in items if other is not item]
    words = tuple(word for other in others for word in other.marks if word not in item.marks)
    if words and holds(found.other, words) and not holds(found.one, words):
        return True
    if isinstance(found.other, bool) or found.other is None:
        return False
    return any(_has(other, item, found) for other in others)


def _has(other: Item, item: Item, found: Difference) -> bool:
    """Does ``other`` get at that place, alone, what ``item`` got there?"""
    apart = differences(item.baseline.answer, other.baseline.answer)
    return any(one.place == found.place and one.other == found.other for one in apart)


# -- being sure


def _confirmed(stage: Stage, items: Sequence[Item], wrong: Wrong, random: Random) -> Generator[RunEvent, None, bool]:
    """Together again twice in fresh instances, and in no order one after another: is it so?"""
    shown: list[Wrong] = []
    for number in range(CONFIRMING_ROUNDS):
        if number % 4 == 0 and not stage.fresh():
            return False
        again = _first_wrong(items, _at_once(stage, items))
        if again is not None and again.kind == wrong.kind:
            shown.append(again)
        if len(shown) == 2:
            break
    if len(shown) < 2:
        return False
    orders = [list(items), list(reversed(items)), random.sample(items, len(items))]
    if any(_wrong_in_turn(stage, order) for order in orders):
        return False
    last = shown[-1]
    contract = last.item.source.function.contract
    rule = RULES[wrong.kind]["fc" if contract.startswith("fc") else contract]
    if stage.knows(last.item.source, rule):
        return True
    what = "fails" if wrong.kind == "failure" else "gets what belongs to another one"
    message = f"Alone and one after another the events are answered right; of {len(items)} at once, one {what}."
    note = f"it was sent at once with {len(items) - 1} others"
    yield from stage.report(
        Violation(rule, message, "at once" if contract.startswith("fc") else last.place),
        [(last.item, last.item.event)],
        last.exchange,
        "probe",
        (note,),
    )
    return True


def _wrong_in_turn(stage: Stage, items: Sequence[Item]) -> bool:
    """Does one of the events get another answer than in a fresh instance, or fail, when they come one by one?"""
    exchanges = stage.replay_each([Step("send", item, item.event) for item in items])
    if len(exchanges) < len(items):
        return True
    for at, (item, exchange) in enumerate(zip(items, exchanges, strict=True)):
        if item in items[:at]:
            continue
        answer = answer_of(exchange)
        if answer is None or item.baseline.unlike(answer, at):
            return True
    return False
