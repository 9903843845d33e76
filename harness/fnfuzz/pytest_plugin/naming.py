"""From the words that name an app in an ini file to an app whose contract is known."""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass, field
from pathlib import Path

import click

from fnfuzz.app import App, AppError, discover
from fnfuzz.cli.options import PATIENCE, START_PATIENCE, AppCommand, app_options, command_words
from fnfuzz.cli.target import start_stop
from fnfuzz.host import StartFailed, settle

__all__ = ["NamedApp", "NamingError", "found", "named", "settled"]


class NamingError(ValueError):
    """Words that name no app, or an app that cannot be started; the text says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedApp:
    """An app and how patient to be with it, in seconds. ``target`` is relative to ``base``."""

    base: Path
    target: str = "."
    command: tuple[str, ...] = ()
    contract: str | None = None
    patience: float = PATIENCE
    start_patience: float = START_PATIENCE
    words: str = field(default="", compare=False)

    @property
    def path(self) -> Path:
        """The folder or the executable."""
        return self.base / self.target


@click.command("fnfuzz_app", cls=AppCommand)
@app_options
def _words(**_: object) -> None:
    """The words of ``fnfuzz run`` that name an app."""


def named(text: str, base: Path) -> NamedApp:
    """``text`` as words: those of ``fnfuzz run``, or a command alone. Raises NamingError."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise NamingError(f"fnfuzz_app: {text!r}: {error}") from error
    if _is_command(words, base):
        words = ["--", *words]
    try:
        context = _words.make_context("fnfuzz_app", words)
    except click.exceptions.Exit as error:
        raise NamingError(f"fnfuzz_app: {text!r} names no app; write a folder, an executable or a command") from error
    except click.ClickException as error:
        raise NamingError(f"fnfuzz_app: {text!r}: {error.format_message()}") from error
    asked = context.params
    return NamedApp(
        base=base,
        target=os.path.expanduser(asked["app"]),  # noqa: PTH111 # a text, so that a leading ./ is told as it was written
        command=command_words(context),
        contract=asked["contract"],
        patience=asked["patience"],
        start_patience=asked["start_patience"],
        words=text,
    )


def _is_command(words: list[str], base: Path) -> bool:
    """Several words, no ``--`` and no option in front: the command itself, unless the first one is a folder."""
    return (
        len(words) > 1
        and "--" not in words
        and not words[0].startswith("-")
        and not (words[1].startswith("--") and (base / words[0]).is_dir())
    )


def found(name: NamedApp) -> App:
    """The app as its files tell it. Raises NamingError."""
    try:
        return discover(name.path, command=name.command, contract=name.contract)
    except AppError as error:
        raise NamingError(str(error)) from error


def settled(app: App) -> App:
    """The app with its contract known, which may start the handler once. Raises NamingError."""
    try:
        return settle(app)
    except StartFailed as failed:
        raise NamingError(start_text(app, failed)) from failed


def start_text(app: App, failed: StartFailed) -> str:
    """Why a handler did not start, what it said, and what to do next."""
    stop = start_stop(app, failed)
    return "\n".join((stop.message, *(f"  {line}" for line in stop.lines)))
