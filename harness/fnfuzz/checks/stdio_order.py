"""Whose answer is it? Silence before the first line, the order of answers, answers of an earlier request."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from fnfuzz.app.model import Function
from fnfuzz.checks.experiment import failed, marked_event, nonce, patience, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.stdio_experiment import answer, both_times, fresh_channel, line_of, sized_event
from fnfuzz.checks.stdio_repeat import same
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import Violation
from fnfuzz.events import Event
from fnfuzz.host.session import Host

__all__ = ["ORDER_PROBES"]

IDLE = 0.25
"""Seconds that a new instance is left alone."""

SIZES = (100_000, 20_000, 4_000, 0, 0, 0)
"""Bytes of payload: the first requests take a little longer than those behind them."""

TURNS = 4


@unless_gone
def silent_while_idle(host: Host, function: Function) -> Iterator[Breach]:
    """A new instance that nobody asks anything writes nothing to stdout."""
    event = typical_event(function)
    host.fresh()
    usual = host.invoke(function, event)
    if failed(usual) or any(found.rule == "line-stdout-pollution" for found in usual.violations):
        return

    def trial() -> Breach | None:
        host.fresh()
        host.lines.process.wait_for(time.monotonic() + IDLE)
        exchange = host.invoke(function, event)
        rules = (found for found in exchange.violations if found.rule == "line-stdout-pollution")
        return next((Breach(found, exchange) for found in rules), None)

    shown = both_times(trial)
    host.stop()
    if shown is not None:
        yield shown


@dataclass(frozen=True, slots=True)
class Sent:
    """One of the requests that are written together, and its answer when it is asked alone."""

    mark: str
    event: Event
    alone: bytes


@unless_gone
def answers_in_order(host: Host, function: Function) -> Iterator[Breach]:
    """Requests that are written together are answered in their order."""
    sent = _told_apart(host, function)
    order = both_times(lambda: _overtaking(host, function, sent)) if sent else None
    if order is not None:
        listed = ", ".join(str(at + 1) for at in order)
        message = f"{len(order)} requests written together were answered in the order {listed}."
        yield Breach(Violation("line-out-of-order", message))


def _told_apart(host: Host, function: Function) -> list[Sent]:
    """Requests whose answers can be told apart; none if one of them fails, changes by itself, or is like another."""
    marks = [nonce(f"{function.name} order", at) for at in range(len(SIZES))]
    events = [sized_event(function, mark, size) for mark, size in zip(marks, SIZES, strict=True)]
    rounds: list[list[Sent]] = []
    for _ in range(2):
        exchanges = [host.invoke(function, event) for event in events]
        if any(failed(exchange) for exchange in exchanges):
            return []
        answers = [answer(exchange) for exchange in exchanges]
        rounds.append([Sent(*item) for item in zip(marks, events, answers, strict=True)])
    known = all([_number(rounds[0], item.alone) for item in one] == list(range(len(marks))) for one in rounds)
    return rounds[0] if known else []


def _number(sent: list[Sent], line: bytes) -> int:
    """Whose answer ``line`` is: that of the only mark in it, else of the request with this answer; -1 for nobody's."""
    marked = [at for at, item in enumerate(sent) if item.mark.encode() in line]
    if len(marked) == 1:
        return marked[0]
    return next((at for at, item in enumerate(sent) if same(item.alone, line)), -1)


def _overtaking(host: Host, function: Function, sent: list[Sent]) -> list[int] | None:
    """The order of the answers by the number of their request, if each is known and the order is wrong."""
    channel = fresh_channel(host)
    limit = patience(host, function)
    channel.write_only(b"".join(line_of(host, function, item.event) for item in sent), limit)
    lines = channel.read_lines(len(sent), limit)
    host.stop()
    order = [_number(sent, line) for line in lines]
    return order if sorted(order) == list(range(len(sent))) and order != sorted(order) else None


@unless_gone
def answers_own_request(host: Host, function: Function) -> Iterator[Breach]:
    """Different events in turn: no answer is that of an earlier one."""
    shown = both_times(lambda: _of_earlier(host, function))
    if shown is not None:
        yield shown


def _of_earlier(host: Host, function: Function) -> Breach | None:
    marks = [nonce(f"{function.name} turn", at) for at in range(TURNS)]
    seen: list[bytes] = []
    host.fresh()
    for mark in marks:
        exchange = host.invoke(function, marked_event(function, mark), delivery=host.delivery(nonce=mark))
        crossed = next((found for found in exchange.violations if found.rule == "line-wrong-request"), None)
        if crossed is not None:
            host.stop()
            return Breach(crossed, exchange)
        if failed(exchange):
            return None
        text = answer(exchange)
        # The first answer of an instance cannot be mixed up with an earlier one: it shows whether marks come back.
        if seen and marks[0].encode() in seen[0] and mark.encode() not in text:
            earlier = next((at for at in range(len(seen)) if marks[at].encode() in text), None)
            if earlier is not None:
                message = f"Answer {len(seen) + 1} holds what request {earlier + 1} sent, and nothing of its own."
                return Breach(Violation("line-wrong-request", message, "body"), exchange)
        seen.append(text)
    return None


ORDER_PROBES = (
    Probe(
        name="stdio-idle",
        title="a new instance that nobody asks anything writes nothing to stdout",
        rules=("line-stdout-pollution",),
        contracts=("azure-stdio",),
        run=silent_while_idle,
        scope="app",
    ),
    Probe(
        name="stdio-turns",
        title="different requests in turn: each answer belongs to its request",
        rules=("line-wrong-request",),
        contracts=("azure-stdio",),
        run=answers_own_request,
    ),
    Probe(
        name="stdio-order",
        title="requests written together are answered in their order",
        rules=("line-out-of-order",),
        contracts=("azure-stdio",),
        run=answers_in_order,
        seconds=20.0,
    ),
)
