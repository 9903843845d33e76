"""A case made smaller: which app it is of, what it shows, the search, and where the result goes."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
from click.core import ParameterSource

from fnfuzz.app import App
from fnfuzz.cli.cases import check_rule, read_source, settled, targets_of
from fnfuzz.cli.configured import host_settings, wanted_checks
from fnfuzz.cli.extending import extension_words, recall_extensions
from fnfuzz.cli.interruption import Interruption
from fnfuzz.cli.options import command_words, recall_command
from fnfuzz.cli.progress import metered
from fnfuzz.cli.stops import OK, Stop
from fnfuzz.cli.target import app_words, start_stop, state_folder
from fnfuzz.contracts.model import Violation
from fnfuzz.events import Event
from fnfuzz.extensions.observing import observed
from fnfuzz.fuzz import Finding
from fnfuzz.fuzz.known import NOT_ALONE, delivered, same_fault, shown_by
from fnfuzz.fuzz.shrinking.shrink import size
from fnfuzz.fuzz.triage import Case as Step
from fnfuzz.fuzz.triage import Triage, first_look, identify
from fnfuzz.host import Exchange, Host, StartFailed
from fnfuzz.report import AppWords, CaseFiles
from fnfuzz.report.case_files import STATE_FOLDER, case_of, nearest
from fnfuzz.report.cases import Case, case_bytes
from fnfuzz.report.files import write_whole
from fnfuzz.report.finding_text import print_finding
from fnfuzz.report.page import Page
from fnfuzz.report.progress import Meter
from fnfuzz.report.screen import ENDING
from fnfuzz.report.visible import visible
from fnfuzz.report.wording import duration, many
from fnfuzz.rules import RULES

__all__ = ["Wanted", "shrink"]

TRIES = 3
"""A case that fails only sometimes gets so many tries to fail at all."""

NO_BOUND = 10**9


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command line says. ``app`` as given or its default, ``max_time`` and patience in seconds."""

    source: str
    app: str
    contract: str | None
    patience: float
    start_patience: float
    function: str = ""
    max_time: float = 60.0
    output: str | None = None
    colour: bool | None = None


def shrink(ctx: click.Context, wanted: Wanted) -> int:
    """Shrink, print and write; the exit code. Raises Stop."""
    case = read_source(wanted.source, f"CASE {wanted.source}")
    if case.rule in NOT_ALONE:
        raise Stop(
            f"CASE {wanted.source}: {case.rule} takes more than its events to show; `fnfuzz run` looks for it anew"
        )
    wanted = _recalled(ctx, wanted, case)
    check_rule(case, f"CASE {wanted.source}")
    app = settled(wanted.app, wanted.contract)
    words = app_words(ctx, wanted.app, wanted.contract, wanted.patience, wanted.start_patience)
    steps = [Step(*pair) for pair in zip(targets_of(app, case, wanted.function), case.events, strict=True)]
    page = Page(sys.stdout, wanted.colour)
    with metered("shrinking", "event") as meter, Interruption(lambda: meter.say(ENDING)) as interruption:
        course = _Course(meter)
        try:
            with Host(app, patience=wanted.patience, start_patience=wanted.start_patience, **host_settings()) as host:
                finding = _Shrinking(app, host, case, course, interruption).smallest(steps, wanted.max_time)
        except StartFailed as failed:
            raise start_stop(app, failed) from failed
        except ValueError as error:
            raise Stop(f"CASE {wanted.source}: no host can send it to {steps[-1].function.name}: {error}") from error
        finally:
            meter.clear()
        if finding is None:
            _tell_nothing(page, case)
            return OK
        path = _written(finding, case, wanted, CaseFiles(state_folder(app, None), words), words)
        print_finding(page, finding, words.line("invoke", "--event", nearest(path)), root=app.root)
        _tell_end(page, case, finding, course, path, interrupted=bool(interruption.signal))
    return OK if interruption.exit_code is None else interruption.exit_code


# -- the app


def _recalled(ctx: click.Context, wanted: Wanted, case: Case) -> Wanted:
    """With the app of the case where none is given: the one that it names, else the folder that holds the case."""
    if ctx.get_parameter_source("app") is not ParameterSource.DEFAULT or command_words(ctx):
        return wanted
    if not case.app or not Path(case.app).exists():
        return replace(wanted, app=_holder(wanted.source, case))
    recall_command(ctx, case.command)
    pairs = list(zip(case.options[::2], case.options[1::2], strict=False))
    told = dict(pairs)
    if not extension_words(ctx) and "--extension" in told:
        recall_extensions(ctx, [Path(value) for name, value in pairs if name == "--extension"])
    return replace(wanted, app=case.app, contract=wanted.contract or told.get("--contract"))


def _holder(source: str, case: Case) -> str:
    """The folder of the app whose state folder holds the file. Raises Stop."""
    if source != "-":
        for parent in Path(source).absolute().parents:
            if parent.name == STATE_FOLDER:
                return str(parent.parent)
    gone = f"its app {case.app} is not there any more" if case.app else "it does not say which app it is of"
    raise Stop(f"CASE {source}: {gone}; name the app: fnfuzz shrink {source} APP")


# -- the search


class _Course:
    """How far the search is: how many events were sent, and how large the smallest case is now."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self._size = ""

    def begin(self, events: Sequence[Event]) -> None:
        """The case before the search."""
        self._unit = "character" if len(events) == 1 else "event"
        self.smaller(0, size(events[0])[0] if len(events) == 1 else len(events))

    def smaller(self, calls: int, now: int) -> None:
        """A smaller case."""
        self._size = many(now, self._unit)

    def tried(self) -> None:
        """One more delivery."""
        self.meter.add(f"{self._size} now")


class _Shrinking:
    """The search for a smaller case on one host. An interrupt ends it as the end of its time does."""

    def __init__(self, app: App, host: Host, case: Case, course: _Course, interruption: Interruption) -> None:
        self.app = app
        self.host = host
        self.case = case
        self.course = course
        self.interruption = interruption
        self.checks = wanted_checks()

    def clock(self) -> float:
        """Seconds; the end of all time after an interrupt."""
        self.interruption.told()
        return float("inf") if self.interruption.signal else time.monotonic()

    def observe(self, exchange: Exchange) -> tuple[Violation, ...]:
        """What the observers say of one more exchange."""
        self.course.tried()
        return observed(self.app, exchange, self.checks)

    def smallest(self, steps: Sequence[Step], max_time: float) -> Finding | None:
        """The finding with its smallest case, None where nothing is broken. Raises StartFailed and ValueError."""
        self.course.begin([step.event for step in steps])
        finding = self._shown(steps)
        if finding is None:
            return None
        triage = Triage(
            self.host,
            self.observe,
            time.monotonic() + max_time,
            max_calls=NO_BOUND,
            seconds_each=max_time,
            clock=self.clock,
            progress=self.course.smaller,
        )
        smaller = triage.again(finding, steps)
        if smaller.confirmed in ("always", "sequence"):
            return smaller
        return replace(finding, confirmed="unstable", notes=("not shrunk: it fails only sometimes",))

    def _shown(self, steps: Sequence[Step]) -> Finding | None:
        """What the case shows in a fresh instance, in a few tries."""
        known = self.case.identity if self.case.rule else None
        for _ in range(TRIES):
            self.host.fresh()
            exchange = delivered(self.host, steps, self.case.rule)
            violations = (*exchange.violations, *self.observe(exchange))
            broken = sorted(violations, key=lambda item: RULES[item.rule].severity != "error")
            violation = shown_by(exchange, broken, known) if known is not None else next(iter(broken), None)
            if violation is not None:
                identity = identify(exchange, violation)
                if known is not None and same_fault(identity, known):
                    identity = known
                first = first_look(exchange, violation, identity, 0)
                names = tuple(step.function.name for step in steps)
                return replace(
                    first,
                    minimal=tuple(step.event for step in steps),
                    functions=names if len(steps) > 1 else (),
                    original=self.case.original or exchange.event,
                )
        return None


# -- the result


def _written(finding: Finding, case: Case, wanted: Wanted, files: CaseFiles, words: AppWords) -> Path:
    """Where the case was written. Raises Stop."""
    same = case.rule and case.identity == finding.identity and case.state not in ("fixed", "moved")
    place = wanted.output or (wanted.source if same and wanted.source != "-" else None)
    if place is None:
        kept = files.keep(finding)
        if kept is None:
            raise Stop(f"{files.moved or files.folder}: the case cannot be written; name a file with --output")
        return kept
    try:
        write_whole(Path(place), case_bytes(case_of(finding, words, case if same else None, case.before)))
    except OSError as error:
        raise Stop(f"{place}: {error.strerror or error}; name another file with --output") from error
    return Path(place)


def _tell_nothing(page: Page, case: Case) -> None:
    if case.rule:
        page.line(f"FIXED: this case does not break {visible(case.rule)}, there is nothing to shrink", "bold green")
    else:
        page.line("no rule is broken by this case, there is nothing to shrink", "bold green")


def _tell_end(page: Page, case: Case, finding: Finding, course: _Course, path: Path, *, interrupted: bool) -> None:
    before, after = (_measure(events) for events in (case.events, finding.minimal))
    change = f"shrunk from {before} to {after}" if before != after else f"still {after}"
    page.line(f"{change}; {many(course.meter.count, 'event')} sent in {duration(course.meter.seconds)}")
    if finding.cut_short:
        why = "interrupted" if interrupted else "the time is used up"
        page.prose(f"{why}, there may be a smaller one; the same command goes on from here")
    page.prose(f"written: {visible(nearest(path))}")


def _measure(events: Sequence[Event]) -> str:
    text = many(sum(size(event)[0] for event in events), "character")
    return text if len(events) == 1 else f"{many(len(events), 'event')} with {text}"
