"""Sends cases over several connections at the same time, begun in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fnfuzz.contracts.model import Delivery, HttpRequest, Observed, Request
from fnfuzz.drivers.crowd import Crowd
from fnfuzz.host import Exchange, Host
from fnfuzz.replay.cases import Case, delivery_for
from fnfuzz.replay.judging import Judge
from fnfuzz.replay.pacing import Schedule
from fnfuzz.replay.playing import Played, deliver

__all__ = ["play_together"]


@dataclass(frozen=True, slots=True)
class _Sent:
    case: Case
    delivery: Delivery
    request: HttpRequest


def play_together(
    host: Host,
    cases: Iterator[Case],
    connections: int,
    judge: Judge,
    *,
    schedule: Schedule | None,
    go_on: Callable[[], bool],
) -> None:
    """Replay over ``connections`` connections to one instance; each gets the next case as soon as it is free.

    Log lines cannot be told apart then, so the rules that read them do not judge. Raises StartFailed.
    """
    following = next(cases, None)
    while following is not None and go_on():
        # One turn for each instance: one that ended takes with it whatever was on its way.
        host.live()
        turn = _Turn(host, connections, judge, schedule, go_on)
        following = turn.play(following, cases)
        for played in _told_apart(host, turn.fallen):
            judge.take(played)


def _told_apart(host: Host, fallen: Sequence[Played]) -> Sequence[Played]:
    """Of several requests that were on their way when the process ended, what each comes to alone; all as they were
    where none ends it alone. Raises StartFailed.
    """
    if len(fallen) < 2:
        return fallen
    alone = [deliver(host, played.case) for played in fallen]
    return alone if any(played.observed.exit is not None for played in alone) else fallen


class _Turn:
    def __init__(
        self, host: Host, connections: int, judge: Judge, schedule: Schedule | None, go_on: Callable[[], bool]
    ) -> None:
        self.host, self.judge, self.schedule, self.go_on = host, judge, schedule, go_on
        self.crowd = Crowd(host.http.process, host.port, connections)
        self.on_the_way: dict[int, _Sent] = {}
        self.ended = False
        self.last: Exchange | None = None
        self.left: Exchange | None = None
        """After whose answer the process ended by itself."""

        self.fallen: list[Played] = []
        """What was on its way when the process ended."""

    def play(self, following: Case | None, cases: Iterator[Case]) -> Case | None:
        """Until the cases, the time or the instance end; the case that was not sent any more."""
        # A handler that serves one connection at a time must not wait for ours.
        self.host.http.connection.close()
        number = 0
        try:
            while (following is not None and not self.ended and self.go_on()) or self.crowd.busy:
                if following is None or self.ended or not self.go_on():
                    self._take(float("inf"))
                    continue
                if not self.crowd.has_room:
                    self._take(float("inf"))
                    continue
                if not self._is_time(following) or self._has_gone():
                    continue
                if self.schedule is not None:
                    self.schedule.sent(self.schedule.due(following))
                number += 1
                self._send(number, following)
                following = next(cases, None)
                self._take(0.0)
        finally:
            self.crowd.close()
            if self.left is not None:
                self.judge.late(self.host.outlived(self.left, 0.0))
            if self.ended:
                self.host.stop()
        return following

    def _is_time(self, case: Case) -> bool:
        """Is the case due? If not, answers are taken until it is."""
        if self.schedule is None:
            return True
        due = self.schedule.due(case)
        if time.monotonic() < due:
            if self.crowd.busy:
                self._take(due)
            else:
                self.schedule.nap(self.host, due)
            if time.monotonic() < due or not self.crowd.has_room:
                return False
        return True

    def _has_gone(self) -> bool:
        """Has the process ended by itself, after its last answer?"""
        if self.crowd.busy or self.last is None or self.host.live().exit_now() is None:
            return False
        self.left, self.ended = self.last, True
        return True

    def _send(self, number: int, case: Case) -> None:
        try:
            delivery, request, data = self._encoded(case)
        except ValueError as error:
            self.judge.refuse(f"{case.function.contract} cannot carry it: {error}")
            return
        assert isinstance(request, HttpRequest)
        self.on_the_way[number] = _Sent(case, delivery, request)
        self.crowd.send(number, data, request.method, self.host.limit(case.function))

    def _encoded(self, case: Case) -> tuple[Delivery, Request, bytes]:
        """What goes over the wire; it may be there since the case was looked at. Raises ValueError."""
        event, request = case.event, case.record.request
        ready = None if event is None else self.host.prepared(case.function, event)
        if ready is not None:
            return ready.delivery, ready.request, ready.data
        delivery = delivery_for(self.host, case)
        if event is not None:
            request = self.host.encode(case.function, event, delivery)
        assert request is not None
        return delivery, request, request.to_bytes()

    def _take(self, until: float) -> None:
        for number, observed in self.crowd.wait(until):
            played = self._played(self.on_the_way.pop(number), observed)
            self.last = played.exchange
            if observed.exit is None:
                self.judge.take(played)
            else:
                self.fallen.append(played)
            self.ended = self.ended or observed.exit is not None or observed.timed_out

    def _played(self, sent: _Sent, observed: Observed) -> Played:
        case = sent.case
        if case.event is None:
            return Played(case, case.record.delivery or sent.delivery, sent.request, observed)
        instance = self.host.live()
        answer = self.host.answered(
            case.function,
            case.event,
            sent.delivery,
            sent.request,
            observed,
            instance.stdout.total,
            instance.stderr.total,
        )
        return Played(case, sent.delivery, sent.request, observed, self.host.judge(answer))
