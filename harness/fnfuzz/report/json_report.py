"""The run as one stable, versioned JSON document, readable at any time of the run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import fnfuzz
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    KnownTried,
    Noted,
    ProbeFinished,
    Progressed,
    RunEvent,
    RunFinished,
    RunStarted,
)
from fnfuzz.report.files import write_whole
from fnfuzz.report.model import ReportContext, ReportError
from fnfuzz.report.plain_data import (
    dumps,
    finding_data,
    ignored_data,
    known_data,
    probe_data,
    standing_data,
    tally_data,
)

__all__ = ["REPORT_SCHEMA", "JsonReporter"]

REPORT_SCHEMA = "fnfuzz.report/1"


class JsonReporter:
    """Writes ``path`` anew after every finding; without a path the whole document goes to standard output at the end.

    ``ended`` is ``running`` until the run is over. A finding is there as soon as it is seen, with ``confirmed``
    ``suspected`` until it was tried again. ``known`` tells what became of findings of earlier runs: ``{"id", "rule",
    "function", "trigger", "place", "verdict": "still failing"|"unstable"|"fixed"|"not seen"|"not tried", "now": id of
    the finding that it shows now or null, "reason": why it was not tried}``; what fails is in ``findings`` too.
    ``standing`` of a finding is new, earlier, known or expired, ``fails`` tells whether it fails the run; ``gone`` has
    the ids of the baseline of which nothing is left. ``ignored`` lists what the configuration ignores: ``{"id", "rule",
    "severity", "function", "trigger", "place", "count", "reason"}``.
    """

    def __init__(self, context: ReportContext, path: Path | None) -> None:
        self.context = context
        self.path = path
        self._failed: OSError | None = None
        self._findings: dict[str, dict[str, Any]] = {}
        self._latest: dict[str, Finding] = {}
        self._document: dict[str, Any] = {
            "schema": REPORT_SCHEMA,
            "app": "",
            "contract": [],
            "seed": 0,
            "duration_s": 0.0,
            "cases": 0,
            "functions": [],
            "findings": [],
            "known": [],
            "ignored": [],
            "ended": "running",
            "error": "",
            "fnfuzz": fnfuzz.__version__,
            "probes": [],
            "notes": [],
        }

    def start(self) -> None:
        """Write the empty document, so that a wrong path shows before the run. Raises ReportError."""
        self._write()
        self._raise_failure()

    def handle(self, event: RunEvent) -> None:
        """Take in one event; write the file when it changes what is found."""
        match event:
            case RunStarted():
                self._begin(event)
            case ProbeFinished():
                self._document["probes"].append(probe_data(event))
            case Progressed():
                self._document |= {
                    "cases": event.cases,
                    "duration_s": round(event.elapsed, 3),
                    "behaviours": event.behaviours,
                }
            case Noted():
                self._document["notes"].append(event.text)
            case FindingSuspected():
                if event.finding.id not in self._findings:
                    self._keep(event.finding)
                    self._write()
            case FindingFound():
                self._keep(event.finding)
                self._write()
            case KnownTried():
                self._document["known"].append(known_data(event))
                if event.finding is not None:
                    self._keep(event.finding)
                self._write()
            case RunFinished():
                self._end(event)

    def finish(self) -> None:
        """Write the last state. Raises ReportError when this or an earlier state could not be written."""
        if self._document["ended"] == "running":
            self._document["ended"] = "interrupted"
        if self.path is None:
            sys.stdout.write(self._text())
            sys.stdout.flush()
            return
        self._write()
        self._raise_failure()

    def _begin(self, event: RunStarted) -> None:
        app = event.app
        functions = [
            {"name": item.name, "trigger": item.trigger, "contract": item.contract, "cases": 0}
            for item in app.functions
        ]
        self._document |= {
            "app": str(app.root),
            "contract": list(dict.fromkeys(item.contract for item in app.functions)),
            "seed": event.seed,
            "functions": functions,
            "app_name": app.name,
            "detected": app.reason,
            "command": list(app.command),
            "max_time_s": event.max_time,
            "max_cases": event.max_cases,
            "skipped": list(event.skipped),
        }

    def _end(self, event: RunFinished) -> None:
        for finding in event.findings:
            self._keep(finding)
        known = {item.id for item in event.findings}
        self._findings = {item.id: self._findings[item.id] for item in event.findings} | {
            key: value for key, value in self._findings.items() if key not in known
        }
        tallies = {tally.name: tally for tally in event.functions}
        listed = [item for item in self._document["functions"] if item["name"] not in tallies]
        self._document |= {
            "duration_s": round(event.duration_s, 3),
            "cases": event.cases,
            "functions": [tally_data(tally) for tally in event.functions] + listed,
            "ended": event.ended,
            "error": event.error,
            "behaviours": event.behaviours,
            "restarts": event.restarts,
            "ignored": [ignored_data(item) for item in event.ignored],
            "stderr": list(event.stderr),
        }

    def _keep(self, finding: Finding) -> None:
        self._latest[finding.id] = finding
        self._findings[finding.id] = finding_data(finding, self.context.cases.reproduce(finding))

    def _text(self) -> str:
        standings = self.context.standings
        self._document["findings"] = [
            data | standing_data(self._latest[key], self.context) for key, data in self._findings.items()
        ]
        self._document["gone"] = [entry.id for entry in standings.gone()] if standings is not None else []
        return dumps(self._document) + "\n"

    def _write(self) -> None:
        if self.path is None:
            return
        try:
            write_whole(self.path, self._text().encode("ascii"))
            self._failed = None
        except OSError as error:
            self._failed = error

    def _raise_failure(self) -> None:
        if self._failed is not None:
            raise ReportError(
                f"{self.path}: the report cannot be written: {self._failed.strerror or self._failed}; name another file"
            ) from self._failed
