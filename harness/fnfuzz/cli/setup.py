"""The commands of the configuration's ``setup`` and ``teardown``, around everything that starts the handler."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import click

from fnfuzz.cli.configured import configured, driven_names, handler_environment
from fnfuzz.cli.interruption import Interruption
from fnfuzz.cli.stops import Undriven
from fnfuzz.config.functions import commands
from fnfuzz.config.values import seconds_of
from fnfuzz.drivers.commands import CommandEnded, run_command

__all__ = ["set_up"]

PATIENCE = 60.0


@contextmanager
def set_up() -> Iterator[None]:
    """``setup`` before, ``teardown`` after, whatever happens between, an interrupt and a set-up that fails included.

    Raises Undriven where a command of ``setup`` fails. What fails in ``teardown`` is told on stderr, and the rest of it
    goes on.
    """
    course = _Commands()
    if not course.any:
        yield
        return
    try:
        course.begin()
        yield
    finally:
        course.end()


class _Commands:
    def __init__(self) -> None:
        configuration = configured().configuration
        self.folder = configuration.folder
        self.seconds = seconds_of(configuration.value("setup_patience", "")) or PATIENCE
        self.before = tuple(commands(configuration, "setup", driven_names()))
        self.after = tuple(commands(configuration, "teardown", driven_names()))
        self.environ = {**os.environ, **handler_environment()} if self.any else {}

    @property
    def any(self) -> bool:
        """Is there anything to run?"""
        return bool(self.before or self.after)

    def begin(self) -> None:
        """Run ``setup``. Raises Undriven, and KeyboardInterrupt when told to end."""
        with Interruption() as interruption:
            for name, words in self.before:
                interruption.open = True
                try:
                    ended = self._run(words)
                except KeyboardInterrupt:
                    raise click.exceptions.Exit(interruption.exit_code or 130) from None
                finally:
                    interruption.open = False
                if ended.problem:
                    raise Undriven(f"{name}: {_named(words)} {ended.problem}", _said(ended))

    def end(self) -> None:
        """Run all of ``teardown``. The first signal meanwhile is passed over, the second one ends everything."""
        with Interruption():
            for name, words in self.after:
                ended = self._run(words)
                if ended.problem:
                    Undriven(f"{name}: {_named(words)} {ended.problem}", _said(ended)).show()

    def _run(self, words: tuple[str, ...]) -> CommandEnded:
        return run_command(words, cwd=self.folder, environ=self.environ, seconds=self.seconds)


def _named(words: tuple[str, ...]) -> str:
    text = " ".join(words)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _said(ended: CommandEnded) -> tuple[str, ...]:
    return ("it said:", *(f"  {line}" for line in ended.output)) if ended.output else ()
