"""Feeds the stream of a run to its reporters and turns its end into an exit code."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack

from fnfuzz.app import App
from fnfuzz.cli.interruption import Interruption
from fnfuzz.cli.stops import FINDINGS, OK, UNDRIVEN, Stop
from fnfuzz.cli.target import check_names
from fnfuzz.contracts.model import Violation
from fnfuzz.fuzz import Finding, Identity, Plan, run
from fnfuzz.fuzz.finding import Confirmed
from fnfuzz.fuzz.stream import FindingFound, RunEvent, RunFinished, RunStarted
from fnfuzz.host import StartFailed, settle
from fnfuzz.report import Reporter, ReportError

__all__ = ["drive", "exit_code", "settled_run"]


def settled_run(app: App, plan: Plan) -> Generator[RunEvent, None, None]:
    """The stream of ``plan``, after the contract is found out by trying where the app's files leave it open.

    Raises Stop for a function that the app does not have.
    """
    try:
        known = settle(app)
    except StartFailed as failed:
        yield from _not_started(app, plan, failed)
        return
    check_names(known, plan.functions)
    yield from run(known, plan)


def drive(events: Generator[RunEvent, None, None], reporters: Sequence[Reporter], *, strict: bool) -> int:
    """The exit code of a run that is reported as it goes. Raises Stop when a report cannot be written."""
    last: RunEvent | None = None
    try:
        with Interruption() as interruption, ExitStack() as stack:
            stack.callback(events.close)
            for reporter in reporters:
                reporter.start()
                stack.callback(reporter.finish)
            for last in _interruptible(events, interruption):
                for reporter in reporters:
                    reporter.handle(last)
    except ReportError as error:
        raise Stop(str(error)) from error
    if interruption.exit_code is not None:
        return interruption.exit_code
    return exit_code(last, strict=strict) if isinstance(last, RunFinished) else UNDRIVEN


def exit_code(event: RunFinished, *, strict: bool) -> int:
    """0 nothing found, 1 errors (warnings too when ``strict``), 3 the handler could not be started or driven."""
    if event.ended in ("not-started", "lost"):
        return UNDRIVEN
    found = any(strict or finding.severity == "error" for finding in event.findings)
    return FINDINGS if found else OK


def _interruptible(events: Generator[RunEvent, None, None], interruption: Interruption) -> Iterator[RunEvent]:
    """The events; a signal reaches the run as KeyboardInterrupt, but never a reporter in the middle of its work."""
    thrown = False
    while True:
        try:
            if interruption.signal and not thrown:
                thrown = True
                event = events.throw(KeyboardInterrupt())
            else:
                interruption.open = True
                event = next(events)
        except StopIteration:
            return
        except KeyboardInterrupt:
            if thrown:
                return
            continue
        finally:
            interruption.open = False
        yield event
        if isinstance(event, RunFinished):
            return


def _not_started(app: App, plan: Plan, failed: StartFailed) -> Iterator[RunEvent]:
    """The stream of a run whose handler said nothing that tells its contract."""
    yield RunStarted(app=app, seed=plan.seed, max_time=plan.max_time, max_cases=plan.max_cases)
    findings: dict[Identity, Finding] = {}
    for problem in app.problems:
        _add(findings, Violation(problem.rule, problem.message, problem.place), "files")
    for violation in failed.violations:
        _add(findings, violation, "start", failed.stderr)
    for finding in findings.values():
        yield FindingFound(finding=finding)
    yield RunFinished(
        ended="not-started",
        cases=0,
        duration_s=0.0,
        behaviours=0,
        restarts=0,
        functions=(),
        findings=tuple(findings.values()),
        error=failed.message,
        stderr=failed.stderr,
    )


def _add(findings: dict[Identity, Finding], violation: Violation, how: Confirmed, trace: tuple[str, ...] = ()) -> None:
    identity = Identity(violation.rule, "", "", violation.place)
    findings.setdefault(identity, Finding(identity=identity, message=violation.message, trace=trace, confirmed=how))
