"""What commands that take a case do alike: read it, find the app's functions that its events go to."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fnfuzz.app import App, Function
from fnfuzz.cli.configured import checked_sections
from fnfuzz.cli.stops import Stop
from fnfuzz.cli.target import check_names, read_app, start_stop
from fnfuzz.events import EVENT_TYPES, Event
from fnfuzz.host import StartFailed, settle
from fnfuzz.report.case_files import unknown_rule
from fnfuzz.report.cases import Case, CaseError, read_case
from fnfuzz.rules import RULES

__all__ = ["check_rule", "function_for", "read_source", "settled", "settled_app", "targets_of"]


def read_source(source: str, label: str) -> Case:
    """The case or event in a file, ``-`` for standard input; ``label`` begins the message of a Stop."""
    try:
        return read_case(sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes())
    except OSError as error:
        raise Stop(f"{label}: {error.strerror or error}") from error
    except CaseError as error:
        raise Stop(f"{label}: {error}") from error


def check_rule(case: Case, label: str) -> None:
    """Raises Stop for the case of a rule that is not known: nobody could say whether it is still broken."""
    if case.rule and case.rule not in RULES:
        raise Stop(f"{label}: {unknown_rule(case.rule)}")


def settled(target: str, contract: str | None) -> App:
    """The app with its contract known. Raises Stop."""
    return settled_app(read_app(click.get_current_context(), target, contract))


def settled_app(found: App) -> App:
    """The app with its contract known, which may start the handler once. Raises Stop."""
    try:
        app = settle(found)
    except StartFailed as failed:
        raise start_stop(found, failed) from failed
    checked_sections(app)
    return app


def targets_of(app: App, case: Case, name: str = "") -> list[Function]:
    """The function of each event; ``name`` overrules that of the last one. Raises Stop."""
    last = function_for(app, name or case.function, case.events[-1])
    told = case.functions or tuple(last.name if event.trigger == last.trigger else "" for event in case.events)
    earlier = [function_for(app, name, event) for name, event in zip(told[:-1], case.events[:-1], strict=True)]
    return [*earlier, last]


def function_for(app: App, name: str, event: Event | None) -> Function:
    """The function that is named, or the only one that fits the event. Raises Stop."""
    if name:
        check_names(app, [name])
    wanted = (event.trigger,) if event is not None else tuple(EVENT_TYPES)
    fitting = [item for item in app.functions if item.trigger in wanted and name in ("", item.name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise Stop(f"several functions fit; say which with --function: {', '.join(item.name for item in fitting)}")
    what = f"{name} is not" if name else "no function is"
    have = ", ".join(f"{item.name} ({item.trigger})" for item in app.functions) or "none"
    raise Stop(f"{what} fed by {' or '.join(wanted)}; the app has {have}")
