"""The ``fnfuzz`` command and the table of its commands; a command's module is loaded when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import click
from click.shell_completion import CompletionItem

import fnfuzz as package
from fnfuzz.cli.help import nearest_word

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
    "config": ("fnfuzz.cli.config", "Show the configuration, and what can be in it."),
    "rules": ("fnfuzz.cli.rules", "List the rules, or explain one."),
    "completion": ("fnfuzz.cli.completion", "Print a script by which the shell completes words."),
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
            raise click.UsageError(f"No such command {name!r}. {self._hint(ctx, name)}", ctx)
        return super().resolve_command(ctx, args)

    def _hint(self, ctx: click.Context, name: str) -> str:
        near = nearest_word(name, self.table)
        if near:
            return f"Did you mean {near!r}?"
        if "run" in self.table and ("/" in name or Path(name).exists()):
            return f"Did you mean '{ctx.command_path} run {name}'?"
        return f"There are {', '.join(self.table)}."

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The commands, from the table alone, and the options."""
        commands = [
            CompletionItem(name, help=line) for name, (_, line) in self.table.items() if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, ctx, incomplete)]

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
