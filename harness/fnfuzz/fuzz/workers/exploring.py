"""Boundaries and exploration: on the run's own instance, or as slices on several workers."""

from __future__ import annotations

import operator
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import reduce

from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.learnt import added, merged
from fnfuzz.fuzz.ledger import better
from fnfuzz.fuzz.stream import FindingFound, FindingSuspected, FunctionTally, Noted, Progressed, RunEvent
from fnfuzz.fuzz.trials import Over, Trials
from fnfuzz.fuzz.workers.pool import WorkerLost, Workers
from fnfuzz.fuzz.workers.slices import PLATEAU, Kind, Slice, SliceDone, explore, tell_boundaries

__all__ = ["Exploring"]

SLICE_CASES = 1000
"""Cases of each worker's slice where the run is bounded by cases."""

SLICE_SECONDS = 2.0
LONGEST_SLICE = 20.0
SLICE_SHARE = 0.1
"""Of the time so far: what is learnt late is less urgent to share, and each slice costs a start of the handler."""

STARTS_PER_SLICE = 20
"""A slice lasts as long as so many starts of the handler, so that its fresh instance costs little."""

PROGRESS_EVERY = 0.25


class Exploring:
    """The phases that workers can share. ``reserve`` are the seconds of the run to leave for what comes afterwards."""

    def __init__(self, trials: Trials, workers: Workers | None) -> None:
        self.trials = trials
        self.workers = workers
        self._turn = 0

    def boundaries(self, reserve: float) -> Iterator[RunEvent]:
        """Each boundary event once."""
        if self.workers is None:
            yield from tell_boundaries(self.trials, reserve)
        else:
            yield from self._turns(self.workers, "boundaries", reserve)

    def explore(self, reserve: float) -> Iterator[RunEvent]:
        """Explored events, as long as the budget lasts."""
        if self.workers is None:
            yield from explore(self.trials, reserve)
        else:
            yield from self._turns(self.workers, "explore", reserve)

    def _turns(self, workers: Workers, kind: Kind, reserve: float) -> Iterator[RunEvent]:
        """Slices on all workers, again and again; what one learns all know in the next turn."""
        trials = self.trials
        # One core is free when the instance of this process has ended.
        trials.host.stop()
        workers.wait_ready()
        while True:
            trials.check_budget()
            if trials.left <= reserve or (trials.left == float("inf") and self._stale()):
                return
            tasks = self._tasks(workers.count, kind, reserve)
            done = yield from self._turn_of(workers, tasks)
            yield from trials.noted()
            if kind == "boundaries" and done and all(item.finished for item in done):
                return

    def _stale(self) -> bool:
        return self.trials.plan.max_cases is None and all(item.stale >= PLATEAU for item in self.trials.sources)

    def _tasks(self, count: int, kind: Kind, reserve: float) -> list[Slice]:
        trials = self.trials
        states = tuple(source.state() for source in trials.sources)
        cases, seconds = None, None
        if trials.plan.max_cases is not None:
            left = trials.plan.max_cases - trials.cases
            cases = [min(SLICE_CASES, left // count + (number < left % count)) for number in range(count)]
        else:
            shortest = max(SLICE_SECONDS, STARTS_PER_SLICE * trials.host.start_seconds)
            usual = min(LONGEST_SLICE, max(shortest, SLICE_SHARE * trials.elapsed))
            seconds = trials.left - reserve if kind == "boundaries" else min(usual, trials.left - reserve)
        self._turn += 1
        return [
            Slice(
                kind=kind,
                turn=self._turn,
                share=(number, count),
                states=states,
                known=frozenset(trials.ledger.findings),
                cases=None if cases is None else cases[number],
                told=trials.extensions.notices.told,
                seconds=None if seconds == float("inf") else seconds,
            )
            for number in range(count)
            if cases is None or cases[number] > 0
        ]

    def _turn_of(self, workers: Workers, tasks: Sequence[Slice]) -> Generator[RunEvent, None, list[SliceDone]]:
        """One slice on each worker; what they found is kept in the order of the workers, whoever was first."""
        trials = self.trials
        base, began, told = trials.cases, time.monotonic() - trials.began, 0.0
        latest: dict[int, Progressed] = {}
        tallies = [source.tally() for source in trials.sources]
        done: dict[int, SliceDone] = {}
        seen: dict[Identity, Finding] = {}
        try:
            for number, event in workers.do(tasks):
                match event:
                    case SliceDone():
                        done[number] = event
                    case Progressed():
                        latest[number] = event
                        now = time.monotonic()
                        if now - told >= PROGRESS_EVERY:
                            told = now
                            yield _together(trials.progress(now), tallies, list(latest.values()))
                    case FindingSuspected() | FindingFound():
                        finding = _in_run(event.finding, base, began, len(tasks))
                        if finding.identity not in trials.ledger.findings:
                            seen[finding.identity] = better(seen.get(finding.identity), finding)
                            yield replace(event, finding=finding)
                    case Noted():
                        yield event
        except (KeyboardInterrupt, WorkerLost):
            # Whoever was first: the turn has no end that says more.
            for finding in seen.values():
                trials.ledger.keep(finding)
            trials.cases += sum(event.cases for event in latest.values())
            raise
        return self._taken(tasks, [done[number] for number in sorted(done)], base, began)

    def _taken(self, tasks: Sequence[Slice], done: list[SliceDone], base: int, began: float) -> list[SliceDone]:
        """Enter into the accounts what the slices of one turn showed."""
        trials = self.trials
        for item in done:
            trials.cases += item.cases
            trials.starts_elsewhere += item.starts
            trials.ledger.counts.update(item.counts)
            trials.extensions.take_over(item.told)
            trials.handles.left_by = item.left_by or trials.handles.left_by
            for finding in item.findings:
                seen = trials.ledger.findings.get(finding.identity)
                trials.ledger.keep(better(seen, _in_run(finding, base, began, len(tasks))))
        for index, source in enumerate(trials.sources):
            ends = [item.states[index] for item in done]
            source.resume(merged(tasks[0].states[index], ends), (0, 1), self._turn)
        lost = next((item for item in done if item.lost), None)
        if lost is not None:
            raise Over("lost", lost.lost, lost.stderr)
        return done


def _together(run: Progressed, tallies: Sequence[FunctionTally], workers: Sequence[Progressed]) -> Progressed:
    """The state of the run with what its workers have done since; ``tallies`` are those that they began with."""
    used = [event.usage for event in workers if event.usage is not None]
    return replace(
        run,
        cases=run.cases + sum(event.cases for event in workers),
        functions=tuple(added(tally, [event.functions[at] for event in workers]) for at, tally in enumerate(tallies)),
        usage=reduce(operator.add, used) if used else None,
    )


def _in_run(finding: Finding, base: int, began: float, workers: int) -> Finding:
    """A finding of a slice, with the run's numbers: cases that were tried side by side count together."""
    return replace(
        finding,
        first_case=base + finding.first_case * workers,
        first_seconds=began + finding.first_seconds,
    )
