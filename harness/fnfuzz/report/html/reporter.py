"""Keeps the page on disk up to date while the run goes on, at a cost that never counts."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from fnfuzz.fuzz.stream import RunEvent, RunFinished
from fnfuzz.report.files import write_whole
from fnfuzz.report.html.page import Page
from fnfuzz.report.model import ReportContext, ReportError
from fnfuzz.report.story import Story

__all__ = ["HtmlReporter"]

EVERY = 2.0
"""Seconds between two states of the page; a finding is there sooner."""

SHARE, FINDING_SHARE = 0.03, 0.1
"""At most this part of the time goes into writing."""


class HtmlReporter:
    """Writes ``path`` anew every few seconds and after findings; without a path the page goes to standard output at
    the end.
    """

    def __init__(self, context: ReportContext, path: Path | None) -> None:
        self.context = context
        self.path = path
        self._story = Story()
        self._page = Page(context)
        self._failed: OSError | None = None
        self._found = False
        self._written = 0.0
        """When, on the monotonic clock."""

        self._cost = 0.0

    def start(self) -> None:
        """Write the empty page, so that a wrong path shows before the run. Raises ReportError."""
        self._write()
        self._raise_failure()

    def handle(self, event: RunEvent) -> None:
        """Take in one event; write the page when it is time to."""
        self._found |= self._story.take(event)
        if isinstance(event, RunFinished) or time.monotonic() >= self._written + self._pause():
            self._write()

    def finish(self) -> None:
        """Write the last state. Raises ReportError when it, or the one before it, could not be written."""
        whole = self._story.finished is not None
        self._story.cut_off = not whole
        if self.path is None:
            sys.stdout.write(self._page.render(self._story))
            sys.stdout.flush()
            return
        if not whole or self._failed is not None:
            self._write()
        self._raise_failure()

    def _pause(self) -> float:
        """Seconds from the last state to the next."""
        return self._cost / FINDING_SHARE if self._found else max(EVERY, self._cost / SHARE)

    def _write(self) -> None:
        if self.path is None:
            return
        began = time.monotonic()
        try:
            write_whole(self.path, self._page.render(self._story).encode("ascii"))
            self._failed = None
        except OSError as error:
            self._failed = error
        self._found = False
        self._written = time.monotonic()
        self._cost = self._written - began

    def _raise_failure(self) -> None:
        if self._failed is not None:
            raise ReportError(
                f"{self.path}: the report cannot be written: {self._failed.strerror or self._failed}; name another file"
            ) from self._failed
