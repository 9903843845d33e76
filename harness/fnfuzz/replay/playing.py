"""Sends cases to a live instance, one after the other, and gives away what came back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from fnfuzz.app.model import App
from fnfuzz.contracts.model import Delivery, Observed, Request
from fnfuzz.drivers import HandlerGone, Work
from fnfuzz.events import Event
from fnfuzz.frozen import quick_dataclass
from fnfuzz.fuzz.sequences.answer import own_words
from fnfuzz.host import Answer, Exchange, Host
from fnfuzz.host.session import WEDGED
from fnfuzz.replay.cases import Case, delivery_for
from fnfuzz.replay.model import Plan
from fnfuzz.replay.said import Said, said_by_handler, said_to_caller

__all__ = ["Played", "cannot_carry", "deliver", "opened_host", "play"]


def opened_host(app: App, plan: Plan, environ: Mapping[str, str] | None = None) -> Host:
    """The host that the plan asks for."""
    return Host(app, patience=plan.patience, start_patience=plan.start_patience, limits=plan.limits, environ=environ)


@quick_dataclass(frozen=True)
class Played:
    """A case and what came back; ``exchange`` is None for a raw request, which the contract does not judge."""

    case: Case
    delivery: Delivery
    request: Request
    observed: Observed
    exchange: Exchange | None = None

    def said(self, *, to_caller: bool = False) -> Said:
        """The answer, as it is compared: the handler's own, or what the host makes of it."""
        if to_caller and self.exchange is not None:
            return said_to_caller(self.exchange.outcome, self.delivery, self.request)
        words = own_words(self.delivery, self.request)
        observed = self.observed
        return said_by_handler(self.case.function.contract, observed.reply, observed.fault, observed.exit, words)


def deliver(host: Host, case: Case, *, event: Event | None = None, delivery: Delivery | None = None) -> Played:
    """Send one case, with another event in the place of its own if one is given. Raises StartFailed."""
    return _judged(host, case, _sent(host, case, event or case.event, delivery, None))


def _sent(
    host: Host, case: Case, event: Event | None, delivery: Delivery | None, meanwhile: Work | None
) -> Answer | Played:
    host.live()
    delivery = delivery or delivery_for(host, case)
    if delivery.port != host.port:
        # The instance for which it was made has ended.
        delivery = replace(delivery, port=host.port)
    if event is None:
        return _raw(host, case, delivery, meanwhile)
    return host.deliver(case.function, event, delivery=delivery, meanwhile=meanwhile)


def _judged(host: Host, case: Case, came: Answer | Played, *, overtaken: bool = False) -> Played:
    if isinstance(came, Played):
        return came
    exchange = host.judge(came, overtaken=overtaken)
    return Played(case, came.delivery, came.request, came.observed, exchange)


def _raw(host: Host, case: Case, delivery: Delivery, meanwhile: Work | None) -> Played:
    request = case.record.request
    assert request is not None
    try:
        observed = host.live().exchange(request, host.limit(case.function), meanwhile)
    except HandlerGone:
        # It ended after the answer before this one; a new instance gets the request.
        host.fresh()
        observed = host.live().exchange(request, host.limit(case.function), None)
    if observed.exit is not None or (observed.fault is not None and observed.fault.kind in WEDGED):
        host.fresh()
    return Played(case, case.record.delivery or delivery, request, observed)


def play(
    host: Host,
    cases: Iterator[Case],
    take: Callable[[Played], None],
    refuse: Callable[[Case, str], None],
    *,
    wait: Callable[[Case], None] | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> None:
    """Send ``cases`` in their order. While the handler works on one, the answer before it is given to ``take`` and the
    next case is read. ``wait`` is called before each one is sent; ``refuse`` gets what the contract cannot carry, and
    why. Raises StartFailed.
    """
    following = next(cases, None)
    ahead = _prepared(host, following) if following is not None else None
    before: tuple[Case, Answer | Played] | None = None
    busy = False

    def work() -> None:
        nonlocal following, ahead, before, busy
        if busy:
            return
        busy = True
        following = next(cases, None)
        ahead = _prepared(host, following) if following is not None else None
        last, before = before, None
        if last is not None:
            take(_judged(host, *last, overtaken=True))

    while following is not None and go_on():
        case, delivery, busy = following, ahead, False
        if wait is not None:
            wait(case)
        try:
            came = _sent(host, case, case.event, delivery, work)
        except ValueError as error:
            why = cannot_carry(host, case)
            if why is None:
                raise
            refuse(case, f"{case.function.contract} cannot carry it: {error}")
            work()
            continue
        work()
        before = case, came
    if before is not None:
        take(_judged(host, *before))


def _prepared(host: Host, case: Case) -> Delivery | None:
    """The delivery of a case whose request was encoded ahead; None where that cannot be done."""
    if case.event is None:
        return None
    ready = host.prepared(case.function, case.event)
    if ready is not None:
        return ready.delivery
    delivery = delivery_for(host, case)
    try:
        host.prepare(case.function, case.event, delivery)
    except ValueError:
        # It is told when it is its turn.
        return None
    return delivery


def cannot_carry(host: Host, case: Case) -> str | None:
    """Why the function's contract has no request for the case's event; None when it has one."""
    if case.event is None:
        return None
    try:
        host.encode(case.function, case.event, Delivery())
    except ValueError as error:
        return str(error)
    return None
