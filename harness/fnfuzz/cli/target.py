"""From the words of the command line to an app whose contract is known."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from fnfuzz.app import App, AppError, discover
from fnfuzz.cli.configured import config_words, handler_environment
from fnfuzz.cli.extending import extension_words
from fnfuzz.cli.options import PATIENCE, START_PATIENCE, command_words
from fnfuzz.cli.stops import Stop, Undriven
from fnfuzz.host import StartFailed
from fnfuzz.report.case_files import STATE_FOLDER, AppWords

__all__ = ["app_words", "check_names", "discovered", "read_app", "start_stop", "state_folder", "with_variables"]


def read_app(ctx: click.Context, target: str, contract: str | None) -> App:
    """The app as its files tell it. Raises Stop."""
    try:
        return discovered(target, command_words(ctx), contract)
    except AppError as error:
        raise Stop(str(error)) from error


def discovered(target: str, command: Sequence[str] = (), contract: str | None = None) -> App:
    """The app with the variables of the configuration, before those of its own files. Raises AppError and Stop."""
    environ = {**os.environ, **handler_environment()}
    return with_variables(discover(Path(target), command=command, contract=contract, environ=environ))


def with_variables(app: App) -> App:
    """The app with the variables of the configuration, before those of its own files. Raises Stop."""
    more = handler_environment()
    return replace(app, settings={**app.settings, **more}) if more else app


def app_words(
    ctx: click.Context,
    target: str,
    contract: str | None,
    patience: float,
    start_patience: float,
    functions: Sequence[str] = (),
) -> AppWords:
    """The words that name the same app in another command."""
    options = [*(("--contract", contract) if contract else ()), *extension_words(ctx)]
    if patience != PATIENCE:
        options += ["--patience", f"{patience:g}"]
    if start_patience != START_PATIENCE:
        options += ["--start-patience", f"{start_patience:g}"]
    return AppWords(
        app=target,
        options=tuple(options),
        functions=tuple(functions),
        command=command_words(ctx),
        config=config_words(),
    )


def state_folder(app: App, wanted: str | None) -> Path:
    """Where this app's findings are kept."""
    return Path(wanted) if wanted else app.root / STATE_FOLDER


def check_names(app: App, names: Sequence[str]) -> None:
    """Raises Stop for a name that is no function of the app."""
    known = [function.name for function in app.functions]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(known) or 'none'}"
            raise Stop(f"--function {name}: the app has no such function; {hint}")


def start_stop(app: App, failed: StartFailed) -> Stop:
    """The end of a command whose handler did not start, with what it said and what to do next."""
    said = ("it said:", *(f"  {line}" for line in failed.stderr)) if failed.stderr else ()
    rules = tuple(f"rule {item.rule}: see `fnfuzz rules {item.rule}`" for item in failed.violations)
    by_hand = f"next: start it by hand and look at what it says: {' '.join(app.command)}"
    return Undriven(failed.message, (*said, *rules, by_hand))
