"""A report that is one document: rendered anew when something changes, and replaced on disk as a whole."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from fnfuzz.fuzz.stream import HandlerStarted, ProbeFinished, RunEvent, RunFinished, RunStarted
from fnfuzz.report.files import write_whole
from fnfuzz.report.model import ReportContext, ReportError
from fnfuzz.report.story import Story

__all__ = ["Render", "WholeReport", "print_text"]

Render: TypeAlias = Callable[[Story], str]
"""The whole document for what is known of the run so far."""

SHARE = 0.05
"""At most this part of the time goes into writing."""


class WholeReport:
    """Writes what ``render`` makes to ``path`` whenever it changes; without a path it goes to standard output at the
    end.
    """

    def __init__(self, context: ReportContext, path: Path | None, render: Render) -> None:
        self.context = context
        self.path = path
        self._render = render
        self._story = Story()
        self._changed = False
        self._next = 0.0
        """When the document may be written again, on the monotonic clock."""

        self._failed: OSError | None = None

    def start(self) -> None:
        """Write the document of a run without any event, so that a wrong path shows before it. Raises ReportError."""
        self._write()
        self._raise_failure()

    def handle(self, event: RunEvent) -> None:
        """Take in one event; write the document if that changes it."""
        found = self._story.take(event)
        self._changed |= found or isinstance(event, (RunStarted, HandlerStarted, ProbeFinished, RunFinished))
        if self._changed and (isinstance(event, RunFinished) or time.monotonic() >= self._next):
            self._write()

    def finish(self) -> None:
        """Write the last state. Raises ReportError when it, or the one before it, could not be written."""
        self._story.cut_off = self._story.finished is None
        if self.path is None:
            try:
                print_text(self._render(self._story))
            except OSError as error:
                self._failed = error
        elif self._changed or self._story.cut_off or self._failed is not None:
            self._write()
        self._raise_failure()

    def _write(self) -> None:
        self._changed = False
        if self.path is None:
            return
        began = time.monotonic()
        try:
            write_whole(self.path, self._render(self._story).encode("utf-8", "backslashreplace"))
            self._failed = None
        except OSError as error:
            self._failed = error
        now = time.monotonic()
        self._next = now + (now - began) / SHARE

    def _raise_failure(self) -> None:
        if self._failed is not None:
            raise ReportError(
                f"{self.path or 'standard output'}: the report cannot be written: "
                f"{self._failed.strerror or self._failed}; name another file"
            ) from self._failed


def print_text(text: str) -> None:
    """Write to standard output, whatever its encoding."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
    sys.stdout.flush()
