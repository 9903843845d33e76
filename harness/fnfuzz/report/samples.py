"""How a run went over time, in a few hundred points however long it lasts."""

from __future__ import annotations

from dataclasses import dataclass, field

from fnfuzz.drivers.usage import Usage
from fnfuzz.fuzz.stream import Progressed

__all__ = ["MAX_SAMPLES", "Sample", "Samples"]

MAX_SAMPLES = 400
"""When there are so many, neighbours become one."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The state of a run ``elapsed`` seconds after its begin. ``usage`` None: no instance lived."""

    elapsed: float
    cases: int
    behaviours: int
    restarts: int
    usage: Usage | None = None

    def merged(self, later: Sample) -> Sample:
        """Both as one: counts as they are in the end, the most that was used."""
        return Sample(
            later.elapsed,
            max(self.cases, later.cases),
            max(self.behaviours, later.behaviours),
            max(self.restarts, later.restarts),
            _most(self.usage, later.usage),
        )


@dataclass(slots=True)
class Samples:
    """The points of a run; each stands for the same stretch of time, which doubles as the run goes on."""

    points: list[Sample] = field(default_factory=list)
    phases: list[tuple[str, float]] = field(default_factory=list)
    """Each phase and when it began."""

    _stretch: float = 0.0

    def take(self, event: Progressed) -> None:
        """One more state of the run."""
        self.begin(event.phase, event.elapsed)
        self.add(Sample(event.elapsed, event.cases, event.behaviours, event.restarts, event.usage))

    def begin(self, phase: str, elapsed: float) -> None:
        """A phase goes on, or another one begins."""
        if len(self.phases) < MAX_SAMPLES and (not self.phases or self.phases[-1][0] != phase):
            self.phases.append((phase, max(elapsed, self.phases[-1][1]) if self.phases else 0.0))

    def add(self, sample: Sample) -> None:
        """One more point; a clock that stands still or goes back adds nothing."""
        last = self.points[-1] if self.points else None
        if last is not None and sample.elapsed <= last.elapsed:
            self.points[-1] = last.merged(Sample(last.elapsed, *_counts(sample)))
            return
        before = self.points[-2].elapsed if len(self.points) > 1 else 0.0
        if last is not None and sample.elapsed - before <= self._stretch:
            self.points[-1] = last.merged(sample)
            return
        self.points.append(sample)
        if len(self.points) >= MAX_SAMPLES:
            self._thin()

    def _thin(self) -> None:
        """Two neighbours become one; from now on each point stands for twice the mean time of one."""
        pairs = zip(self.points[::2], self.points[1::2], strict=False)
        odd = self.points[len(self.points) // 2 * 2 :]
        self.points = [one.merged(other) for one, other in pairs] + odd
        self._stretch = self.points[-1].elapsed / len(self.points)


def _counts(sample: Sample) -> tuple[int, int, int, Usage | None]:
    return sample.cases, sample.behaviours, sample.restarts, sample.usage


def _most(one: Usage | None, other: Usage | None) -> Usage | None:
    if one is None or other is None:
        return one or other
    return Usage(
        max(one.memory, other.memory), max(one.threads, other.threads), max(one.descriptors, other.descriptors)
    )
