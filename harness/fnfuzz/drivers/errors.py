"""The errors of this room. What the handler does wrong is never an exception but a Fault or an Exit."""

from __future__ import annotations

from fnfuzz.contracts.model import Exit

__all__ = ["CannotStart", "DriverError", "HandlerGone"]


class DriverError(Exception):
    """fnfuzz could not drive the handler; the message says what happened and what to do next."""


class CannotStart(DriverError):
    """The operating system refused to start the command (missing, not executable, wrong interpreter)."""


class HandlerGone(DriverError):
    """The process had ended before anything of this exchange was delivered; ``exit`` says how."""

    def __init__(self, exit: Exit) -> None:
        super().__init__(f"the handler's process had ended before the event was sent ({exit})")
        self.exit = exit
