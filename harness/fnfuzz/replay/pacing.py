"""The recorded gaps between requests, against one absolute schedule, and how late each request was."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from fnfuzz.host import Host
from fnfuzz.replay.cases import Case

__all__ = ["LATE", "Lateness", "Schedule"]

LATE = 0.01
"""Seconds after which a request counts as late."""

LONGEST_NAP = 1.0
SHORT_NAP = 0.005
STEPS = tuple(round(0.0001 * 1.15**step, 7) for step in range(110))
"""Seconds: the upper ends of the classes in which lateness is counted, up to some seven minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lateness:
    """Seconds by which requests were sent after their time; ``late`` counts those of more than 10 ms."""

    requests: int
    median: float
    most_of: float
    """Of 95 in 100 it was not more than this."""

    worst: float
    late: int


@dataclass(slots=True)
class Schedule:
    """``speed`` is how many seconds of the recording go by in one second."""

    speed: float
    _began: float = 0.0
    _first: int = 0
    _classes: dict[float, int] = field(default_factory=dict)
    _worst: float = 0.0
    _late: int = 0
    _count: int = 0

    def begin_again(self) -> None:
        """The recording starts once more."""
        self._first = 0

    def due(self, case: Case) -> float:
        """When it is to be sent, on the monotonic clock; at once for a record whose time is not known."""
        now = time.monotonic()
        if not case.record.at:
            return now
        if not self._first:
            self._first, self._began = case.record.at, now
        # What was recorded on another clock, before the first one, is sent at once.
        return self._began + max(0, case.record.at - self._first) / 1e6 / self.speed

    def wait(self, host: Host, case: Case) -> None:
        """Until the time of a case; the handler's logs are taken meanwhile."""
        due = self.due(case)
        while time.monotonic() < due:
            self.nap(host, due)
        self.sent(due)

    def nap(self, host: Host, due: float) -> None:
        """Some of the time until ``due``, of the monotonic clock, in which the handler's logs are taken."""
        before = time.monotonic()
        left = max(0.0, due - before)
        nap = min(left, LONGEST_NAP)
        host.live().wait_logs(nap)
        if time.monotonic() - before < nap / 2:
            # The process has ended: nothing is left to wait for but the time.
            time.sleep(min(left, SHORT_NAP))

    def sent(self, due: float) -> None:
        """Count a request that is sent now."""
        late = max(0.0, time.monotonic() - due)
        self._count += 1
        self._worst = max(self._worst, late)
        self._late += late > LATE
        step = next((step for step in STEPS if late <= step), STEPS[-1])
        self._classes[step] = self._classes.get(step, 0) + 1

    def lateness(self) -> Lateness:
        """What was counted so far."""
        return Lateness(
            requests=self._count,
            median=self._below(0.5),
            most_of=self._below(0.95),
            worst=self._worst,
            late=self._late,
        )

    def _below(self, share: float) -> float:
        seen = 0
        for step in sorted(self._classes):
            seen += self._classes[step]
            if seen >= share * self._count:
                return min(step, self._worst)
        return 0.0
