"""A second instance that is started while the first one works, so that a restart costs milliseconds."""

from __future__ import annotations

from collections.abc import Mapping

from fnfuzz.app.model import App
from fnfuzz.drivers import CannotStart
from fnfuzz.drivers.ports import free_port, is_taken
from fnfuzz.host.launch import Beginning, Launched, StartFailed, begin, speaks_lines

__all__ = ["NoSpare", "Spare"]


class Spare:
    """At most one process that waits to be taken. One that is no good is thrown away, and none is begun any more: such
    a handler bears no second instance beside it, or does not like to wait.
    """

    def __init__(self, app: App, environ: Mapping[str, str]) -> None:
        self._app = app
        self._environ = environ
        self._begun: Beginning | None = None
        self._good = True

    def begin(self, port: int) -> None:
        """Start the process, if there is none, beside an instance on ``port``; nothing is waited for."""
        if self._begun is not None or not self._good or not may_differ(self._app, port):
            return
        try:
            self._begun = begin(self._app, self._environ, free_port())
        except (StartFailed, CannotStart):
            self._good = False

    def take(self, patience: float) -> Launched | None:
        """The spare, made ready within ``patience`` seconds; None when there is none that is as good as a new one."""
        begun, self._begun = self._begun, None
        if begun is None:
            return None
        if not unused(begun):
            begun.stop()
            self._good = False
            return None
        try:
            launched = begun.ready(patience)
        except StartFailed:
            self._good = False
            return None
        # What it said so far belongs to its start and to no event.
        launched.instance.process.drain_logs()
        return launched

    def end(self) -> None:
        """End the spare."""
        begun, self._begun = self._begun, None
        if begun is not None:
            begun.stop()


class NoSpare(Spare):
    """In the place of a spare where there must be none."""

    def begin(self, port: int) -> None:
        """Begin nothing."""


def may_differ(app: App, port: int) -> bool:
    """Can two instances listen at the same time, the one that runs on ``port`` and another?"""
    return app.port is None or (app.platform == "fc" and port != app.port and not is_taken(app.port))


def unused(begun: Beginning) -> bool:
    """Is it as a new one would be? A line handler that has printed already is not: its first words would come before
    the request and not after it.
    """
    process = begun.process
    if process.check_exit() is not None:
        return False
    return not (speaks_lines(begun.app) and process.is_readable(process.stdout_fd))
