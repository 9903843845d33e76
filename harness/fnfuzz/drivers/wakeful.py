"""Waiting awake: most answers come sooner than a core that fell asleep, and one that sent it there, wake up again."""

from __future__ import annotations

import os
import select
import time
from typing import ClassVar

__all__ = ["Wakeful"]

AWAKE = 0.0005
"""Seconds. To fall asleep and wake costs a tenth of that on either side, more on a virtual machine."""

SLOW, PAUSE = 8, 120
"""After so many answers in a row that took longer, so many are waited for asleep before it is tried again."""


class Wakeful:
    """Asks again and again, for a moment, and leaves the core to whoever wants it; not where that was of no use lately,
    so it costs next to nothing with a handler that takes its time.
    """

    __slots__ = ("_asleep", "_missed")

    wanted: ClassVar[bool] = True
    """Not where there are more programs than cores: who waits awake then keeps others from one."""

    def __init__(self) -> None:
        self._missed = self._asleep = 0

    def poll(self, poller: select.poll) -> list[tuple[int, int]]:
        """What is ready within that moment; nothing is no news."""
        if not self.wanted:
            return []
        if self._asleep:
            self._asleep -= 1
            return []
        ready = poller.poll(0)
        if not ready:
            end = time.monotonic() + AWAKE
            while not (ready := poller.poll(0)) and time.monotonic() < end:
                # A handler that has no core but this one must not wait for us.
                os.sched_yield()
        self._missed = 0 if ready else self._missed + 1
        if self._missed >= SLOW:
            self._missed, self._asleep = 0, PAUSE
        return ready
