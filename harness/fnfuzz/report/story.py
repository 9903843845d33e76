"""All that the page keeps of a run: the stream's events, counted and thinned, never more than a bounded amount."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    FunctionTally,
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
from fnfuzz.report.samples import Sample, Samples

__all__ = ["Story"]

T = TypeVar("T")

MAX_KEPT = 2000
"""Probes, notes and known findings that are kept, of each."""


@dataclass(slots=True)
class Story:
    """``cut_off`` says that the stream ended without its last event. ``clock`` tells when a phase begins."""

    clock: Callable[[], float] = time.monotonic

    started: RunStarted | None = None
    handler: HandlerStarted | None = None
    finished: RunFinished | None = None
    cut_off: bool = False
    findings: dict[str, Finding] = field(default_factory=dict)
    known: list[KnownTried] = field(default_factory=list)
    probes: list[ProbeFinished] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    functions: tuple[FunctionTally, ...] = ()
    samples: Samples = field(default_factory=Samples)
    left_out: dict[str, int] = field(default_factory=dict)
    """How many events of each kind were not kept."""

    _began: float = 0.0

    @property
    def last(self) -> Sample:
        """How far it is."""
        return self.samples.points[-1] if self.samples.points else Sample(0.0, 0, 0, 0)

    def take(self, event: RunEvent) -> bool:
        """Take in one event; True when it changes what is found."""
        match event:
            case RunStarted():
                self.started, self._began = event, self.clock()
            case HandlerStarted():
                self.handler = event
            case Progressed():
                self.samples.take(event)
                self.functions = event.functions or self.functions
            case PhaseStarted():
                self.samples.begin(event.phase, max(self.last.elapsed, self.clock() - self._began))
            case ProbeFinished():
                self._keep(self.probes, event, "probes")
            case Noted():
                self._keep(self.notes, event.text, "notes")
            case KnownTried():
                self._keep(self.known, event, "known")
                if event.finding is not None:
                    self.findings[event.finding.id] = event.finding
                return True
            case FindingSuspected():
                return self.findings.setdefault(event.finding.id, event.finding) is event.finding
            case FindingFound():
                self.findings[event.finding.id] = event.finding
                return True
            case RunFinished():
                self._end(event)
        return False

    def ranked(self) -> list[Finding]:
        """The findings: errors first, else as they came or, after the end, as the run ranks them."""
        return sorted(self.findings.values(), key=lambda finding: finding.severity != "error")

    def _end(self, event: RunFinished) -> None:
        self.finished = event
        final = {finding.id: finding for finding in event.findings}
        self.findings = final | {key: value for key, value in self.findings.items() if key not in final}
        self.functions = event.functions or self.functions
        self.samples.add(Sample(event.duration_s, event.cases, event.behaviours, event.restarts))

    def _keep(self, kept: list[T], item: T, name: str) -> None:
        if len(kept) < MAX_KEPT:
            kept.append(item)
        else:
            self.left_out[name] = self.left_out.get(name, 0) + 1
