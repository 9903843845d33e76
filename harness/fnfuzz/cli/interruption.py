"""Ctrl-C and SIGTERM: the first one ends a run in order, the second one at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

__all__ = ["Interruption"]


class Interruption:
    """A context in which the first signal raises KeyboardInterrupt while ``open`` is set, and is kept otherwise.

    ``exit_code`` is 130 or 143 after a signal, None without one. ``tell`` says that the end has begun, once: within the
    signal while ``open`` is set, else when ``told`` is called.
    """

    SIGNALS = (signal.SIGINT, signal.SIGTERM)

    def __init__(self, tell: Callable[[], None] | None = None) -> None:
        self.open = False
        self.signal = 0
        self._tell = tell
        self._before: dict[int, Any] = {}

    @property
    def exit_code(self) -> int | None:
        """What the command exits with because of the signal."""
        return 128 + self.signal if self.signal else None

    def told(self) -> None:
        """Say that the end has begun, if it has, and that was not said yet."""
        if self.signal and self._tell is not None:
            tell, self._tell = self._tell, None
            tell()

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = {number: signal.signal(number, self._handle) for number in self.SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.signal:
            # Reports are written after every finding, and the guard ends the handler: nothing is lost or left running.
            if sys.stderr.isatty():
                os.write(sys.stderr.fileno(), b"\n")
            os._exit(128 + number)
        self.signal = number
        if self.open:
            # Nobody prints now, so we may.
            self.told()
            raise KeyboardInterrupt
