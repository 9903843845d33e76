"""How a command ends: its exit codes, and the errors that are the user's or the handler's and never a traceback."""

from __future__ import annotations

from typing import IO, Any

import click

__all__ = ["FINDINGS", "OK", "UNDRIVEN", "WRONG_USAGE", "Stop", "Undriven"]

OK = 0
FINDINGS = 1
WRONG_USAGE = 2
UNDRIVEN = 3
"""The handler could not be started or driven. 130 is an interrupt, 143 a request to end."""


class Stop(click.ClickException):
    """Ends a command with ``fnfuzz: MESSAGE`` on stderr; ``lines`` follow, indented."""

    exit_code = WRONG_USAGE

    def __init__(self, message: str, lines: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.lines = lines

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it, with nothing in it that a terminal would act on."""
        from fnfuzz.report.visible import visible

        click.echo(f"fnfuzz: {visible(self.message)}", file=file, err=file is None)
        for line in self.lines:
            click.echo(f"  {visible(line)}", file=file, err=file is None)


class Undriven(Stop):
    """The handler could not be started or driven."""

    exit_code = UNDRIVEN
