"""The commands of the configuration's ``setup`` and ``teardown``, around everything that starts the handler."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from fnfuzz.cli.configured import configured, driven_names, handler_environment
from fnfuzz.cli.interruption import Interruption
from fnfuzz.cli.stops import Undriven
from fnfuzz.config.functions import commands
from fnfuzz.config.values import seconds_of
from fnfuzz.drivers.commands import CommandEnded, run_command

__all__ = ["SetUp", "set_up"]

PATIENCE = 60.0


@contextmanager
def set_up() -> Iterator[None]:
    """``setup`` before, ``teardown`` after, whatever happens between, an interrupt and a set-up that fails included.

    Raises Undriven where a command of ``setup`` fails. What fails in ``teardown`` is told on stderr, and the rest of it
    goes on.
    """
    around = SetUp()
    around.begin()
    try:
        yield
    finally:
        around.end()


class SetUp:
    """The commands of the configuration for the command that is running. ``tell`` is told of what fails in
    ``teardown``; by default that is shown on stderr. Raises Stop.
    """

    def __init__(self, tell: Callable[[Undriven], None] = Undriven.show) -> None:
        self._tell = tell
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
        """Run ``setup``, and if that fails ``teardown``. Raises Undriven, and click's Exit when told to end."""
        if not self.any:
            return
        try:
            self._begin()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Run all of ``teardown``. The first signal meanwhile is passed over, the second one ends everything."""
        if not self.any:
            return
        with Interruption():
            for name, words in self.after:
                ended = self._run(words)
                if ended.problem:
                    self._tell(Undriven(f"{name}: {_named(words)} {ended.problem}", _said(ended)))

    def _begin(self) -> None:
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

    def _run(self, words: tuple[str, ...]) -> CommandEnded:
        return run_command(words, cwd=self.folder, environ=self.environ, seconds=self.seconds)


def _named(words: tuple[str, ...]) -> str:
    text = " ".join(words)
    return text if len(text) <= 120 else f"{text[:117]}..."


def _said(ended: CommandEnded) -> tuple[str, ...]:
    return ("it said:", *(f"  {line}" for line in ended.output)) if ended.output else ()
