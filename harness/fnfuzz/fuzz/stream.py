"""The one stream of events that a run is; everything that a person or a file sees is made from it.

Events are facts in the past tense. RunStarted is the first, RunFinished the last, and it always comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from fnfuzz.app.model import App
from fnfuzz.fuzz.finding import Finding

__all__ = [
    "Ended",
    "FindingFound",
    "FunctionTally",
    "HandlerStarted",
    "Noted",
    "PhaseStarted",
    "ProbeFinished",
    "Progressed",
    "RunEvent",
    "RunFinished",
    "RunStarted",
]

Ended: TypeAlias = Literal["done", "time", "cases", "interrupted", "not-started", "lost"]
"""done: nothing was left to do. time, cases: the budget. not-started: the handler never became ready. lost: it could
not be kept alive.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """``max_time`` in seconds, None for no limit; ``skipped`` tells which functions are left out and why, one line
    each.
    """

    app: App
    seed: int
    max_time: float | None
    max_cases: int | None
    state: Path | None = None
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerStarted:
    """The first instance became ready after ``seconds``; ``port`` 0 for the line protocol."""

    seconds: float
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseStarted:
    """``phase``: probes, boundaries, explore, slow probes."""

    phase: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeFinished:
    """One line of the conformance table. ``broken`` lists the rules it saw broken, ``skipped`` a reason when it did not
    run.
    """

    probe: str
    title: str
    function: str
    rules: tuple[str, ...]
    broken: tuple[str, ...]
    seconds: float
    skipped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """Told a few times a second at most."""

    phase: str
    cases: int
    elapsed: float
    behaviours: int
    restarts: int
    findings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFound:
    """A finding, confirmed and shrunk; told once for each identity."""

    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something the user should know that is no finding."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionTally:
    """How many cases one function got, how many of them it turned away itself (4xx), and its mean time in seconds."""

    name: str
    trigger: str
    contract: str
    cases: int
    rejected: int
    mean_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFinished:
    """The end, however it came; ``findings`` with their final counts, errors first. ``error`` is set for not-started
    and lost.
    """

    ended: Ended
    cases: int
    duration_s: float
    behaviours: int
    restarts: int
    functions: tuple[FunctionTally, ...]
    findings: tuple[Finding, ...]
    error: str = ""
    stderr: tuple[str, ...] = ()


RunEvent: TypeAlias = (
    RunStarted | HandlerStarted | PhaseStarted | ProbeFinished | Progressed | FindingFound | Noted | RunFinished
)
