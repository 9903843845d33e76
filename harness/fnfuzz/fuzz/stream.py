"""The one stream of events that a run is; everything that a person or a file sees is made from it.

Events are facts in the past tense. RunStarted is the first, RunFinished the last, and it always comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from fnfuzz.app.model import App
from fnfuzz.drivers.usage import Usage
from fnfuzz.events import Event
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.ignoring import IgnoredFinding
from fnfuzz.fuzz.plan import KnownCase

__all__ = [
    "Ended",
    "FindingFound",
    "FindingSuspected",
    "FunctionTally",
    "HandlerStarted",
    "KnownTried",
    "Noted",
    "PhaseStarted",
    "ProbeFinished",
    "Progressed",
    "RunEvent",
    "RunFinished",
    "RunStarted",
    "Verdict",
]

Ended: TypeAlias = Literal["done", "time", "cases", "interrupted", "not-started", "lost"]
"""done: nothing was left to do. time, cases: the budget. not-started: the handler never became ready. lost: it could
not be kept alive.
"""

Verdict: TypeAlias = Literal["still failing", "unstable", "fixed", "not seen", "not tried"]
"""On a finding of an earlier run. unstable: its case failed once in two tries. fixed: it failed twice no more.
not seen: the same, but it never came again in earlier runs either, which proves nothing.
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
    """``phase``: known findings, probes, boundaries, explore, slow probes."""

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
class FunctionTally:
    """How many cases one function got, how many of them it turned away itself (4xx), and its mean time in seconds."""

    name: str
    trigger: str
    contract: str
    cases: int
    rejected: int
    mean_seconds: float
    behaviours: int = 0
    latencies: tuple[int, ...] = ()
    """How many answers took less than 2**n microseconds, and not less than half of that, at position n."""

    answers: tuple[int, ...] = ()
    """How many answers had a status of n hundred, at position n; without a status at 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """Told a few times a second at most. ``usage`` is that of the live instances, None while there is none."""

    phase: str
    cases: int
    elapsed: float
    behaviours: int
    restarts: int
    findings: int
    functions: tuple[FunctionTally, ...] = ()
    usage: Usage | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingSuspected:
    """A violation with a new identity, before it is confirmed and shrunk; FindingFound with the same identity follows,
    unless the run is killed. ``before`` is what the instance may have got earlier, oldest first, each event with the
    name of its function.
    """

    finding: Finding
    before: tuple[tuple[str, Event], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingFound:
    """A finding, confirmed and shrunk; told once for each identity, and once more if another worker knows it better."""

    finding: Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownTried:
    """A finding of an earlier run was tried again. ``finding`` is what its case shows now, None when it shows nothing;
    its identity is another one where the same case fails elsewhere than before. ``reason`` says why it was not tried.
    """

    case: KnownCase
    verdict: Verdict
    finding: Finding | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something the user should know that is no finding."""

    text: str


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
    ignored: tuple[IgnoredFinding, ...] = ()
    """What the plan ignores; in none of ``findings``."""


RunEvent: TypeAlias = (
    RunStarted
    | HandlerStarted
    | PhaseStarted
    | ProbeFinished
    | Progressed
    | FindingSuspected
    | FindingFound
    | KnownTried
    | Noted
    | RunFinished
)
