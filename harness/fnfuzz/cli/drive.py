"""Feeds the stream of a run to its reporters and turns its end into an exit code."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack

from fnfuzz.app import App
from fnfuzz.cli.interruption import Interruption
from fnfuzz.cli.stops import FINDINGS, OK, UNDRIVEN, Stop
from fnfuzz.cli.target import check_names
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.stream import Noted, RunEvent, RunFinished, RunStarted
from fnfuzz.report import Reporter, ReportError

__all__ = ["checked_run", "drive", "exit_code"]


def checked_run(app: App, plan: Plan, notes: Sequence[str] = ()) -> Generator[RunEvent, None, None]:
    """The stream of ``plan``, with ``notes`` told at its beginning. Raises Stop for a function that the app does not
    have, once its functions are known.
    """
    stream = run(app, plan)
    started = next(stream)
    if isinstance(started, RunStarted):
        check_names(started.app, plan.functions)
    yield started
    yield from (Noted(text=text) for text in notes)
    yield from stream


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
