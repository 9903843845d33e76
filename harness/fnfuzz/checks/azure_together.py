"""Experiments with several events: at once, in turn, and the same one again (azure-functions.md 2, 3, 5.4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import deliver, failed, marked_event, nonce, patience, unless_gone
from fnfuzz.checks.model import Breach, Probe, fed_by
from fnfuzz.contracts.model import HttpReply, Violation
from fnfuzz.drivers import exchange_together
from fnfuzz.events import BlobEvent, Event, QueueEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["TOGETHER_PROBES"]

AT_ONCE = 8
ROUNDS = 4
ONCE_MORE = 1.0
"""Seconds to wait for answers that did not come in a round before."""

IN_A_ROW = 3


@dataclass(frozen=True, slots=True)
class Marked:
    """One exchange and the words by which its answer is known: its payload's mark and its invocation id."""

    exchange: Exchange
    mark: str

    @property
    def body(self) -> bytes:
        """The answer's body, empty without one."""
        reply = self.exchange.observed.reply
        return reply.body if isinstance(reply, HttpReply) else b""

    @property
    def words(self) -> tuple[str, str]:
        """The mark and the id."""
        return self.mark, self.exchange.delivery.id


def crossed(answers: Sequence[Marked]) -> Exchange | None:
    """An answer with the mark or id of another request in place of its own."""
    for own in answers:
        for other in answers:
            if other is own or other.mark == own.mark:
                continue
            for mine, foreign in zip(own.words, other.words, strict=True):
                if foreign.encode() in own.body and mine.encode() not in own.body:
                    return own.exchange
    return None


def _marked(host: Host, function: Function, label: str, number: int) -> Marked:
    mark = nonce(label, number)
    return Marked(deliver(host, function, marked_event(function, mark)), mark)


def _echoed(answer: Marked) -> bool:
    return any(word.encode() in answer.body for word in answer.words)


def answers_in_parallel(host: Host, function: Function) -> Iterator[Breach]:
    """Several events at once: all succeed, and each answer is that of its own request."""
    if function.trigger not in ("http", "queue", "blob"):
        return
    alone = _marked(host, function, "alone", 0)
    if failed(alone.exchange):
        return
    mixed: list[Exchange] = []
    broken: list[Exchange] = []
    for number in range(ROUNDS):
        waited = any(exchange.observed.timed_out for exchange in broken)
        answers = _at_once(host, function, alone.exchange.observed.elapsed, number, waited=waited)
        shown = crossed(answers) if _echoed(alone) else None
        mixed += [shown] if shown else []
        broken += [answer.exchange for answer in answers if failed(answer.exchange)][:1]
        if not mixed and not broken:
            return
        if len(mixed) == 2:
            yield Breach(
                Violation("req-concurrent", "Sent at once, a request gets the answer of another one.", "answer"),
                mixed[-1],
            )
            return
        if len(broken) == 2:
            if not failed(_marked(host, function, "alone", number + 1).exchange):
                message = f"Sent alone, the event succeeds; of {AT_ONCE} at once, some fail."
                yield Breach(Violation("req-concurrent", message, "failure"), broken[-1])
            return


def _at_once(host: Host, function: Function, usual: float, number: int, *, waited: bool) -> list[Marked]:
    """One round; ``waited`` when some were not answered in an earlier one although there was all the time."""
    host.live()
    instance = host.http
    marks = [nonce(f"at once {number}", index) for index in range(AT_ONCE)]
    events = [marked_event(function, mark) for mark in marks]
    deliveries = [host.delivery() for _ in marks]
    requests = [host.encode(function, event, delivery) for event, delivery in zip(events, deliveries, strict=True)]
    method = getattr(requests[0], "method", "POST")
    logs = instance.stdout.total, instance.stderr.total
    limit = patience(host, function, usual * AT_ONCE)
    if waited:
        limit = min(limit, max(ONCE_MORE, 20 * AT_ONCE * usual))
    seen = exchange_together(
        instance.process, instance.port, [request.to_bytes() for request in requests], method, limit
    )
    answers = [
        Marked(host.judge(host.answered(function, event, delivery, request, observed, *logs)), mark)
        for mark, event, delivery, request, observed in zip(marks, events, deliveries, requests, seen, strict=True)
    ]
    if any(item.exit is not None or item.fault is not None for item in seen):
        host.stop()
    return answers


def answers_in_turn(host: Host, function: Function) -> Iterator[Breach]:
    """Several different events one after another: no answer is an earlier one's."""
    shown = None
    for number in range(2):
        answers = [_marked(host, function, f"in turn {number}", index) for index in range(IN_A_ROW)]
        if any(failed(answer.exchange) for answer in answers) or not _echoed(answers[0]):
            return
        shown = crossed(answers)
        if shown is None:
            return
    yield Breach(
        Violation(
            "resp-wrong-correlation", "An answer holds the data of an earlier request instead of its own.", "body"
        ),
        shown,
    )


def takes_it_again(host: Host, function: Function) -> Iterator[Breach]:
    """A message that is delivered a second time, as after a failure, must not fail because it is known already."""
    if function.trigger not in ("queue", "blob") or function.max_dequeue_count < 2:
        return
    shown = None
    for number in range(2):
        event = marked_event(function, nonce("again", number))
        if failed(deliver(host, function, event)):
            return
        shown = deliver(host, function, _second(event), delivery=replace(host.delivery(), attempt=1))
        if not failed(shown):
            return
    yield Breach(
        Violation("req-redelivery", "The same message fails when it is delivered a second time.", "second delivery"),
        shown,
    )


def _second(event: Event) -> Event:
    assert isinstance(event, (QueueEvent, BlobEvent))
    return (
        replace(event, dequeue_count=2, pop_receipt="AgAAAAMAAAAAAAAA9g==") if isinstance(event, QueueEvent) else event
    )


TOGETHER_PROBES = (
    Probe(
        name="in-turn",
        title="Answers belong to their requests",
        rules=("resp-wrong-correlation",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(answers_in_turn),
        seconds=30.0,
    ),
    Probe(
        name="at-once",
        title="Answers simultaneous events",
        rules=("req-concurrent",),
        contracts=("azure-http", "azure-forward"),
        run=unless_gone(answers_in_parallel),
        seconds=60.0,
    ),
    Probe(
        name="again",
        title="Takes the same message a second time",
        rules=("req-redelivery",),
        contracts=("azure-http",),
        run=unless_gone(takes_it_again),
        applies=fed_by("queue", "blob"),
        seconds=30.0,
    ),
)
