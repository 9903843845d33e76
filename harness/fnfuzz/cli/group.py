"""The ``fnfuzz`` command and the table of its commands; a command's module is loaded when it is called."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from importlib import import_module

import click

import fnfuzz as package

__all__ = ["COMMANDS", "LazyGroup", "fnfuzz"]

COMMANDS: Mapping[str, tuple[str, str]] = {
    "run": ("fnfuzz.cli.run", "Find what breaks a handler."),
    "check": ("fnfuzz.cli.check", "Check a handler against its contract, as a table."),
    "invoke": ("fnfuzz.cli.invoke", "Send one event and see what the host makes of the answer."),
    "shrink": ("fnfuzz.cli.shrink", "Make a failing case smaller."),
    "generate": ("fnfuzz.cli.generate", "Print sample events."),
    "record": ("fnfuzz.cli.record", "Take the handler's place, and record every exchange."),
    "replay": ("fnfuzz.cli.replay", "Send recorded events again, and compare the answers with the recorded ones."),
    "corpus": ("fnfuzz.cli.corpus", "Look at recorded exchanges, and take them elsewhere."),
    "init": ("fnfuzz.cli.init", "Begin testing an app with pytest."),
    "rules": ("fnfuzz.cli.rules", "List the rules, or explain one."),
}
"""Module and one line of help of each command."""


class LazyGroup(click.Group):
    """Knows its commands by name, from ``table``, and loads the one that is called."""

    table: Mapping[str, tuple[str, str]] = COMMANDS

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, loaded now."""
        if cmd_name not in self.table:
            return None
        command: click.Command = import_module(self.table[cmd_name][0]).command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the arguments name; an unknown one raises UsageError with the nearest name."""
        name = args[0]
        if name not in self.table and not name.startswith("-"):
            near = difflib.get_close_matches(name, self.table, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(self.table)}."
            raise click.UsageError(f"No such command {name!r}. {hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table alone."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self.table.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package.__version__, prog_name="fnfuzz", message="%(prog)s %(version)s")
def fnfuzz() -> None:
    """Play the serverless host against a handler: send events, judge the answers, find what breaks it.

    Azure Functions custom handlers and Alibaba Function Compute custom runtimes, in any language.

    \b
    Example:
      fnfuzz run ./my-function-app
    """
