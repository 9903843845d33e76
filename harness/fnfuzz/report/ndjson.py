"""The run as a stream: one JSON document a line, written the moment it happens.

Every line has ``schema`` (``fnfuzz.events/1``), ``event`` and ``at`` (seconds since the first line). The events, and
what else they have; names as in the JSON report:

- ``run_started``: ``app``, ``app_name``, ``detected``, ``command``, ``functions``, ``seed``, ``max_time_s``,
  ``max_cases``, ``skipped``, ``fnfuzz``
- ``handler_started``: ``seconds``, ``port``
- ``phase_started``: ``phase``
- ``probe_finished``: an entry of ``probes``
- ``progressed``: ``phase``, ``cases``, ``elapsed_s``, ``behaviours``, ``restarts``, ``findings``
- ``finding_suspected``, ``finding_found``: ``finding``
- ``known_tried``: an entry of ``known``
- ``noted``: ``text``
- ``run_finished``: ``ended``, ``cases``, ``duration_s``, ``behaviours``, ``restarts``, ``functions``, ``findings``
  (``id``, ``rule``, ``severity``, ``count``, ``standing``, ``fails`` of each), ``gone`` (ids of the baseline),
  ``ignored`` (as in the JSON report), ``error``, ``stderr``
"""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any, BinaryIO

import fnfuzz
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    HandlerStarted,
    KnownTried,
    Noted,
    PhaseStarted,
    ProbeFinished,
    Progressed,
    RunEvent,
    RunFinished,
    RunStarted,
)
from fnfuzz.report.model import ReportContext, ReportError
from fnfuzz.report.plain_data import (
    finding_data,
    ignored_data,
    known_data,
    probe_data,
    sound,
    standing_data,
    tally_data,
)
from fnfuzz.report.whole import print_text

__all__ = ["EVENTS_SCHEMA", "NdjsonReporter"]

EVENTS_SCHEMA = "fnfuzz.events/1"


class NdjsonReporter:
    """Appends lines to ``path``, which is emptied at the start, or to standard output."""

    def __init__(self, context: ReportContext, path: Path | None) -> None:
        self.context = context
        self.path = path
        self._file: BinaryIO | None = None
        self._began = 0.0
        self._failed: OSError | None = None

    def start(self) -> None:
        """Open the file. Raises ReportError."""
        self._began = time.monotonic()
        if self.path is not None:
            try:
                self._file = self.path.open("wb", buffering=0)
            except OSError as error:
                self._failed = error
                self._raise_failure()

    def handle(self, event: RunEvent) -> None:
        """Write one line."""
        if self._failed is not None:
            return
        name = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", type(event).__name__).lower()
        line: dict[str, Any] = {"schema": EVENTS_SCHEMA, "event": name, "at": round(time.monotonic() - self._began, 3)}
        try:
            self._write(_text(line | self._data(event)))
        except OSError as error:
            self._failed = error

    def finish(self) -> None:
        """Close the file. Raises ReportError when a line could not be written."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._raise_failure()

    def _write(self, text: str) -> None:
        if self.path is None:
            print_text(text)
            return
        left = memoryview(text.encode("ascii"))
        while left and self._file is not None:
            left = left[self._file.write(left) :]

    def _raise_failure(self) -> None:
        if self._failed is not None:
            raise ReportError(
                f"{self.path or 'standard output'}: the report cannot be written: "
                f"{self._failed.strerror or self._failed}; name another file"
            ) from self._failed

    def _data(self, event: RunEvent) -> dict[str, Any]:
        match event:
            case RunStarted():
                return _begin(event)
            case HandlerStarted():
                return {"seconds": round(event.seconds, 3), "port": event.port}
            case PhaseStarted():
                return {"phase": event.phase}
            case ProbeFinished():
                return probe_data(event)
            case Progressed():
                return _progress(event)
            case FindingSuspected() | FindingFound():
                told = finding_data(event.finding, self.context.cases.reproduce(event.finding))
                return {"finding": told | standing_data(event.finding, self.context)}
            case KnownTried():
                return known_data(event)
            case Noted():
                return {"text": event.text}
            case RunFinished():
                return self._end(event)

    def _end(self, event: RunFinished) -> dict[str, Any]:
        findings = [
            {"id": item.id, "rule": item.identity.rule, "severity": item.severity, "count": item.count}
            | standing_data(item, self.context)
            for item in event.findings
        ]
        standings = self.context.standings
        return {
            "ended": event.ended,
            "cases": event.cases,
            "duration_s": round(event.duration_s, 3),
            "behaviours": event.behaviours,
            "restarts": event.restarts,
            "functions": [tally_data(tally) for tally in event.functions],
            "findings": findings,
            "gone": [entry.id for entry in standings.gone()] if standings is not None else [],
            "ignored": [ignored_data(item) for item in event.ignored],
            "error": event.error,
            "stderr": list(event.stderr),
        }


def _begin(event: RunStarted) -> dict[str, Any]:
    app = event.app
    return {
        "app": str(app.root),
        "app_name": app.name,
        "detected": app.reason,
        "command": list(app.command),
        "functions": [
            {"name": item.name, "trigger": item.trigger, "contract": item.contract} for item in app.functions
        ],
        "seed": event.seed,
        "max_time_s": event.max_time,
        "max_cases": event.max_cases,
        "skipped": list(event.skipped),
        "fnfuzz": fnfuzz.__version__,
    }


def _progress(event: Progressed) -> dict[str, Any]:
    return {
        "phase": event.phase,
        "cases": event.cases,
        "elapsed_s": round(event.elapsed, 3),
        "behaviours": event.behaviours,
        "restarts": event.restarts,
        "findings": event.findings,
    }


def _text(data: dict[str, Any]) -> str:
    """One line of ASCII."""
    return json.dumps(sound(data), separators=(",", ":")).replace("\x7f", "\\u007f") + "\n"
