"""Sends cases over several connections at the same time, begun in their order."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fnfuzz.contracts.model import Delivery, HttpRequest, Observed, Request
from fnfuzz.drivers.crowd import Crowd
from fnfuzz.host import Host
from fnfuzz.replay.cases import Case, delivery_for
from fnfuzz.replay.judging import Judge
from fnfuzz.replay.pacing import Schedule
from fnfuzz.replay.playing import Played

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
        following = _Turn(host, connections, judge, schedule, go_on).play(following, cases)


class _Turn:
    def __init__(
        self, host: Host, connections: int, judge: Judge, schedule: Schedule | None, go_on: Callable[[], bool]
    ) -> None:
        self.host, self.judge, self.schedule, self.go_on = host, judge, schedule, go_on
        self.crowd = Crowd(host.http.process, host.port, connections)
        self.on_the_way: dict[int, _Sent] = {}
        self.ended = False

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
                if not self._is_time(following):
                    continue
                number += 1
                self._send(number, following)
                following = next(cases, None)
                self._take(0.0)
        finally:
            self.crowd.close()
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
                self.host.live().wait_logs(min(1.0, due - time.monotonic()))
            if time.monotonic() < due or not self.crowd.has_room:
                return False
        self.schedule.sent(due)
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
            self.judge.take(self._played(self.on_the_way.pop(number), observed))
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
