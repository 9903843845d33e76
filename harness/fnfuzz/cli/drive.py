"""Feeds the stream of a run to its reporters and turns its end into an exit code."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack

from fnfuzz.app import App
from fnfuzz.cli.configured import checked_sections
from fnfuzz.cli.interruption import Interruption
from fnfuzz.cli.stops import FINDINGS, OK, UNDRIVEN, Stop
from fnfuzz.cli.target import check_names
from fnfuzz.extensions import ExtensionError
from fnfuzz.fuzz import Finding, Plan, run
from fnfuzz.fuzz.stream import Noted, RunEvent, RunFinished, RunStarted
from fnfuzz.report import Reporter, ReportError
from fnfuzz.report.model import TellsEnding

__all__ = ["checked_run", "drive", "exit_code"]


def checked_run(app: App, plan: Plan, notes: Sequence[str] = ()) -> Generator[RunEvent, None, None]:
    """The stream of ``plan``, with ``notes`` told at its beginning. Raises Stop for a function that the app does not
    have, once its functions are known.
    """
    stream = run(app, plan)
    started = next(stream)
    if isinstance(started, RunStarted):
        check_names(started.app, plan.functions)
        checked_sections(started.app)
    for event in (started, *(Noted(text=text) for text in notes)):
        try:
            yield event
        except KeyboardInterrupt:
            # An interrupt is for the run, which ends with a report.
            yield stream.throw(KeyboardInterrupt())
            break
    yield from stream


def drive(
    events: Generator[RunEvent, None, None], reporters: Sequence[Reporter], fails: Callable[[Finding], bool]
) -> int:
    """The exit code of a run that is reported as it goes; ``fails`` tells of a finding whether it counts.

    Raises Stop when a report cannot be written.
    """
    last: RunEvent | None = None
    try:
        telling = [item for item in reporters if isinstance(item, TellsEnding)]
        with Interruption(lambda: _tell_ending(telling)) as interruption, ExitStack() as stack:
            stack.callback(events.close)
            for reporter in reporters:
                reporter.start()
                stack.callback(reporter.finish)
            for last in _interruptible(events, interruption):
                for reporter in reporters:
                    reporter.handle(last)
    except ReportError as error:
        raise Stop(str(error)) from error
    except ExtensionError as error:
        raise Stop(str(error), (error.hint,)) from error
    if interruption.exit_code is not None:
        return interruption.exit_code
    return exit_code(last, fails) if isinstance(last, RunFinished) else UNDRIVEN


def _tell_ending(reporters: Sequence[TellsEnding]) -> None:
    for reporter in reporters:
        reporter.ending()


def exit_code(event: RunFinished, fails: Callable[[Finding], bool]) -> int:
    """0 nothing that fails the run, 1 findings that do, 3 the handler could not be started or driven."""
    if event.ended in ("not-started", "lost"):
        return UNDRIVEN
    return FINDINGS if any(fails(finding) for finding in event.findings) else OK


def _interruptible(events: Generator[RunEvent, None, None], interruption: Interruption) -> Iterator[RunEvent]:
    """The events; a signal reaches the run as KeyboardInterrupt, but never a reporter in the middle of its work."""
    thrown = False
    while True:
        try:
            if interruption.signal and not thrown:
                thrown = True
                interruption.told()
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
