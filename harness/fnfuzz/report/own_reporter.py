"""A report of an extension as a reporter: what fails in it is told, and the run and other reports go on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from fnfuzz.extensions.force import Own
from fnfuzz.fuzz.stream import RunEvent
from fnfuzz.report.model import ReportContext, Reporter, ReportError

__all__ = ["OwnReporter"]

METHODS = ("start", "handle", "finish")


class OwnReporter:
    """The reporter that ``own`` makes. Raises ReportError where it cannot be made or cannot begin."""

    def __init__(self, name: str, own: Own, context: ReportContext, path: Path | None) -> None:
        self.name = name
        self.own = own
        self.context = context
        self._reporter: Reporter = self._begun(own.target, context, path)
        missing = [item for item in METHODS if not callable(getattr(self._reporter, item, None))]
        if missing:
            raise ReportError(f"--report {name}: {own.fuse.name} makes a thing without {', '.join(missing)}")

    def start(self) -> None:
        """Let it begin. Raises ReportError."""
        self._begun(self._reporter.start)

    def handle(self, event: RunEvent) -> None:
        """Hand on one event, as long as it has not failed."""
        self.own.fuse.call(self._reporter.handle, event)

    def finish(self) -> None:
        """Let it end, also after it has failed. Raises its own ReportError only."""
        error = self.own.fuse.attempt(self._ended)
        if error is not None:
            raise error

    def _ended(self) -> ReportError | None:
        try:
            self._reporter.finish()
        except ReportError as error:
            return error
        return None

    def _begun(self, work: Callable[..., Any], *args: Any) -> Any:
        def begin() -> tuple[Any, ReportError | None]:
            try:
                return work(*args), None
            except ReportError as error:
                return None, error

        done = self.own.fuse.attempt(begin)
        if done is None:
            raise ReportError(f"--report {self.name}: {self.own.fuse.why.partition(';')[0]}; mend it or leave it out")
        if done[1] is not None:
            raise done[1]
        return done[0]
