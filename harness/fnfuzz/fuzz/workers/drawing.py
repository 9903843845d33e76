"""Draws the examples of the strategies in a process of its own: that takes Hypothesis a second for each function."""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from types import TracebackType

from fnfuzz.app.model import Function
from fnfuzz.events import Event
from fnfuzz.extensions import in_force
from fnfuzz.fuzz.feeds import event_sources
from fnfuzz.fuzz.seeding import drawn_events
from fnfuzz.fuzz.workers.program import desk, program, receive, send

__all__ = ["Drawing", "main"]

POLITE = 19
"""Steps of niceness: it works while the others wait."""


class Drawing:
    """Examples by function, drawn once they were asked for; a context manager that leaves no process behind.

    ``patient`` waits for them, so that a run can be repeated case by case; otherwise they come when they come.
    """

    def __init__(self, seed: int, *, patient: bool) -> None:
        self.seed = seed
        self.patient = patient
        self._process: subprocess.Popen[bytes] | None = None
        self._asked: dict[tuple[str, str], tuple[Event, ...] | None] = {}

    def __enter__(self) -> Drawing:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def of(self, function: Function) -> tuple[Event, ...] | None:
        """The examples for ``function``, None as long as they are not there."""
        key = function.name, function.trigger
        try:
            if key not in self._asked:
                self._ask(function)
            while self._asked[key] is None and (self.patient or self._has_answer()):
                self._take()
        except (OSError, EOFError):
            # Something of a plugin ended the program; whatever it is shows here then.
            self._end()
            self._asked[key] = drawn_events(function, event_sources(), self.seed)
        return self._asked[key]

    def _end(self) -> None:
        """End the program; what it has not answered may be asked again."""
        self._asked = {key: events for key, events in self._asked.items() if events is not None}
        if self._process is not None:
            process, self._process = self._process, None
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def _ask(self, function: Function) -> None:
        self._asked[function.name, function.trigger] = None
        if self._process is None:
            self._process = program("fnfuzz.fuzz.workers.drawing")
        assert self._process.stdin is not None
        send(self._process.stdin, (function, self.seed))

    def _has_answer(self) -> bool:
        pipe = self._process.stdout if self._process else None
        return pipe is not None and bool(select.select([pipe], [], [], 0)[0])

    def _take(self) -> None:
        if self._process is None or self._process.stdout is None:
            raise EOFError
        key, events, told = receive(self._process.stdout)
        in_force().take_over(told)
        self._asked[key] = events


def main() -> None:
    """Read functions, write their examples, until the input ends."""
    os.nice(POLITE)
    incoming, out = desk()
    loaded = event_sources()
    while (task := incoming.get()) is not None:
        function, seed = task
        events = drawn_events(function, loaded, seed)
        send(out, ((function.name, function.trigger), events, in_force().notices.told))


if __name__ == "__main__":
    main()
