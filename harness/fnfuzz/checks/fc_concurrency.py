"""Experiments with several requests: at once, one after another, the same one again (alibaba-fc.md 4.2, 4.3, 7)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import nonce, patience, send
from fnfuzz.checks.fc_logs import invoke_lines, settled_logs
from fnfuzz.checks.fc_resources import cpu_seconds
from fnfuzz.checks.fc_trials import (
    answer_text,
    body_of,
    breach,
    completed,
    crashed,
    deliver,
    event_maker,
    marked_event,
    request_id,
)
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import HttpRequest
from fnfuzz.drivers import exchange_together
from fnfuzz.events import Event
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["FC_CONCURRENCY_PROBES"]

AT_ONCE = 8
ROUNDS = 3
IN_A_ROW = 3
MEASURABLE = 0.03
"""Seconds; a handler that is faster alone is over before the next request has come, so that no order shows."""

STEP = 0.6
"""Requests served one by one are answered one usual time after another; that part of it counts as a step."""

BUSY = 0.5
"""A handler that computes for more than this part of the time cannot do two things at once anyhow."""

DIGITS = re.compile(rb"(\d+)")

Maker: TypeAlias = Callable[[str], Event]


@dataclass(frozen=True, slots=True)
class Marked:
    """One exchange and the words by which its answer is known: its payload's mark and its request id."""

    exchange: Exchange
    mark: str

    @property
    def words(self) -> tuple[bytes, bytes]:
        """The mark and the id."""
        return self.mark.encode(), request_id(self.exchange).encode()

    def has_word_of(self, other: Marked) -> bool:
        """Does the answer hold a word of ``other`` in place of its own one?"""
        body = body_of(self.exchange)
        pairs = zip(self.words, other.words, strict=True)
        return any(foreign in body and own not in body for own, foreign in pairs if own != foreign)


def crossed(answers: Sequence[Marked]) -> Exchange | None:
    """An answer with the mark or the id of another request in place of its own."""
    for own, other in itertools.permutations(answers, 2):
        if own.has_word_of(other):
            return own.exchange
    return None


# -- at once


@dataclass(frozen=True, slots=True)
class Batch:
    """Several requests that were sent at once. ``computed`` is the CPU time that they cost; ``logs`` is the output."""

    answers: list[Marked]
    computed: float
    logs: bytes

    @property
    def exchanges(self) -> list[Exchange]:
        """The exchanges, in the order of sending."""
        return [answer.exchange for answer in self.answers]


def serves_at_once(host: Host, function: Function) -> Iterator[Breach]:
    """As many requests at once as the app declares: all right, all their own, and side by side."""
    make = event_maker(host, function)
    usual = _usual(host, function, make)
    if usual is None:
        return
    count = min(host.app.concurrency, AT_ONCE, int(host.limit(function) / (2 * usual + 0.001)))
    if count < 2:
        return
    shown: dict[str, list[Breach]] = {}
    for number in range(ROUNDS):
        batch = _at_once(host, function, make, f"round {number}", count, usual)
        for found in _seen_in(batch, usual):
            rounds = shown.setdefault(found.violation.rule, [])
            rounds.append(found)
            if len(rounds) == 2 and _usual(host, function, make) is not None:
                yield found
        if any(len(rounds) == 2 for rounds in shown.values()):
            return


def _usual(host: Host, function: Function, make: Maker) -> float | None:
    """Seconds that one request takes alone, None when it fails."""
    alone = [deliver(host, function, make(nonce("alone", number))) for number in range(3)]
    return None if any(crashed(exchange) for exchange in alone) else min(item.observed.elapsed for item in alone)


def _at_once(host: Host, function: Function, make: Maker, label: str, count: int, usual: float) -> Batch:
    host.live()
    instance = host.http
    # A server that takes one connection at a time would wait on this one for ever.
    instance.connection.close()
    marks = [nonce(label, index) for index in range(count)]
    events, deliveries = [make(mark) for mark in marks], [host.delivery() for _ in marks]
    requests = [host.encode(function, event, delivery) for event, delivery in zip(events, deliveries, strict=True)]
    assert isinstance(requests[0], HttpRequest)
    logs = instance.stdout.total, instance.stderr.total
    before = cpu_seconds(instance.process.pid)
    seen = exchange_together(
        instance.process,
        instance.port,
        [request.to_bytes() for request in requests],
        requests[0].method,
        patience(host, function, usual * count),
    )
    computed = cpu_seconds(instance.process.pid) - before
    settled_logs(instance.process)
    answers = [
        Marked(host.judge(host.answered(function, event, delivery, request, observed, *logs)), mark)
        for mark, event, delivery, request, observed in zip(marks, events, deliveries, requests, seen, strict=True)
    ]
    text = instance.stdout.since(logs[0])
    if any(item.exit is not None or item.fault is not None for item in seen):
        host.stop()
    return Batch(answers, computed, text)


def _seen_in(batch: Batch, usual: float) -> Iterator[Breach]:
    count = len(batch.answers)
    failed = [item for item in batch.exchanges if crashed(item) and not item.observed.timed_out]
    waiting = [item for item in batch.exchanges if item.observed.timed_out]
    if failed or len(waiting) == count:
        message = f"Sent alone, a request is served; of {count} at once, some fail."
        yield breach("concurrency-breaks", message, "at once", (failed or waiting)[0])
        return
    if waiting:
        message = f"Of {count} requests at once, {len(waiting)} are not answered while the other connections are open."
        yield breach("concurrency-blocks", message, "at once", waiting[0])
        return
    mixed = crossed(batch.answers)
    if mixed is not None:
        yield breach("request-id-mixed-up", "Sent at once, a request gets the data of another one.", "answer", mixed)
    elif _logs_are_mixed(batch):
        message = "Of requests sent at once, log lines carry the id of another request."
        yield breach("request-id-mixed-up", message, "log", batch.exchanges[0])
    if _in_turn(batch, usual):
        message = f"{count} requests at once are answered one after another, {usual:.2f} s apart."
        yield breach("concurrency-blocks", message, "at once", batch.exchanges[-1])


def _logs_are_mixed(batch: Batch) -> bool:
    """Are there as many lines as requests, and for some request two and for another none?"""
    own = {request_id(exchange) for exchange in batch.exchanges}
    for ids in invoke_lines(batch.logs):
        known = [name for name in ids if name in own]
        if len(known) == len(ids) == len(own) and set(known) != own:
            return True
    return False


def _in_turn(batch: Batch, usual: float) -> bool:
    times = sorted(exchange.observed.elapsed for exchange in batch.exchanges)
    steps = [later - earlier for earlier, later in itertools.pairwise(times)]
    return usual >= MEASURABLE and min(steps) > STEP * usual and batch.computed < BUSY * times[-1]


# -- one after another


def answers_alike(host: Host, function: Function) -> Iterator[Breach]:
    """An answer depends on its own request only: not on what came before."""
    make = event_maker(host, function)
    answers = _in_a_row(host, function, make, "first")
    if answers is None:
        return
    if _data_of_earlier(answers) is not None:
        again = _in_a_row(host, function, make, "second")
        shown = None if again is None else _data_of_earlier(again)
        if shown is not None:
            # The less there is in the events, the better the report can be read.
            plain = _in_a_row(host, function, lambda mark: typical_event(function, mark), "plain")
            lean = None if plain is None else _data_of_earlier(plain)
            message = "An answer holds data of an earlier request that is not in its own."
            yield breach("state-leak-between-requests", message, "data", lean or shown)
        return
    shown = _drifts(host, function, make)
    if shown is not None:
        message = "In one instance the same event gets another answer each time; a fresh one repeats that series."
        yield breach("state-leak-between-requests", message, "answer", shown)


def _in_a_row(host: Host, function: Function, make: Maker, label: str) -> list[Marked] | None:
    """Different events one after another in one instance; None when one of them fails."""
    marks = [nonce(f"in a row {label}", number) for number in range(IN_A_ROW)]
    answers = [Marked(deliver(host, function, make(mark)), mark) for mark in marks]
    return None if any(crashed(answer.exchange) for answer in answers) else answers


def _data_of_earlier(answers: Sequence[Marked]) -> Exchange | None:
    for at, own in enumerate(answers):
        body = body_of(own.exchange)
        if any(word in body for other in answers[:at] for word in other.words):
            return own.exchange
    return None


def _drifts(host: Host, function: Function, make: Maker) -> Exchange | None:
    """Three times the same event: a series of different answers that a fresh instance gives once more, event for event.

    The first answer may be different, as with a flag for a cold start. What also differs between two fresh instances is
    chance or time, not state, and a number that goes up by one each time may well be meant to count the requests.
    """
    event = make(nonce("drift"))
    warm = _series(host, function, event)
    if _steady(warm) or _counts(warm):
        return None
    series = []
    for _ in range(2):
        host.fresh()
        series.append(_series(host, function, event))
    first, second = ([_told(exchange) for exchange in item] for item in series)
    if first != second or _steady(series[0]):
        return None
    return series[0][-1]


def _series(host: Host, function: Function, event: Event) -> list[Exchange]:
    return [deliver(host, function, event) for _ in range(IN_A_ROW)]


def _told(exchange: Exchange) -> tuple[bool, bytes]:
    return crashed(exchange), answer_text(exchange)


def _steady(series: Sequence[Exchange]) -> bool:
    """Do all answers but the first one agree, and does none of them fail where the first one did not?"""
    rest = {_told(exchange) for exchange in series[1:]}
    return len(rest) == 1 and (crashed(series[0]) or not crashed(series[1]))


def _counts(series: Sequence[Exchange]) -> bool:
    """Do all answers but the first one differ only in numbers, each of them one more than in the answer before?"""
    rest = [_told(exchange) for exchange in series[1:]]
    return all(
        one[0] == other[0] and _is_next(DIGITS.split(one[1]), DIGITS.split(other[1]))
        for one, other in itertools.pairwise(rest)
    )


def _is_next(one: Sequence[bytes], other: Sequence[bytes]) -> bool:
    """Are the texts equal, and the numbers between them equal or one more?"""
    pairs = zip(one[1::2], other[1::2], strict=False)
    return one[::2] == other[::2] and all(int(right) - int(left) in (0, 1) for left, right in pairs)


# -- the same one again


def takes_it_again(host: Host, function: Function) -> Iterator[Breach]:
    """An event that is delivered again, as after a failure, does not fail because it is known already."""
    shown = None
    for number, same_id in enumerate((True, False, True)):
        event = marked_event(function, nonce("again", number))
        first = deliver(host, function, event)
        if not completed(first):
            return
        shown = _again(host, function, first, same_id=same_id)
        other = deliver(host, function, marked_event(function, nonce("other", number)))
        if completed(shown) or shown.observed.timed_out or not completed(other):
            return
    message = "An event that succeeded fails when it is delivered again with x-fc-retry-count: 1."
    yield breach("retry-not-idempotent", message, "second delivery", shown)


def _again(host: Host, function: Function, first: Exchange, *, same_id: bool) -> Exchange:
    # Whether a retry keeps its request id is not documented, so both must fail to be a breach.
    if not same_id:
        return deliver(host, function, first.event, attempt=1)
    delivery = replace(first.delivery, attempt=1)
    request = host.encode(function, first.event, delivery)
    assert isinstance(request, HttpRequest)
    return send(host, function, first.event, delivery, request, host.limit(function))


FC_CONCURRENCY_PROBES: tuple[Probe, ...] = (
    Probe(
        name="in-a-row",
        title="Keeps no data between requests",
        rules=("state-leak-between-requests",),
        contracts=("fc-event", "fc-web"),
        run=answers_alike,
        seconds=30.0,
    ),
    Probe(
        name="event-again",
        title="Takes the same event a second time",
        rules=("retry-not-idempotent",),
        contracts=("fc-event",),
        run=takes_it_again,
        applies=lambda app, function: function.trigger != "http",
    ),
    Probe(
        name="side-by-side",
        title="Serves requests side by side",
        rules=("request-id-mixed-up", "concurrency-breaks", "concurrency-blocks"),
        contracts=("fc-event", "fc-web"),
        run=serves_at_once,
        applies=lambda app, function: app.concurrency > 1,
        seconds=60.0,
    ),
)
