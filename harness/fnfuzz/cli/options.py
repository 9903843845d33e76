"""What several commands share: the app's argument, the command after ``--``, and options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from fnfuzz.cli.completing import files, function_names, report_formats
from fnfuzz.cli.extending import ContractName, extension_option
from fnfuzz.cli.help import Command, OneOf
from fnfuzz.config.values import seconds_of

__all__ = [
    "PATIENCE",
    "START_PATIENCE",
    "AppCommand",
    "app_options",
    "command_words",
    "recall_command",
    "report_options",
    "seconds",
]

F = TypeVar("F", bound=Callable[..., Any])

CONTRACTS = ("azure-http", "azure-forward", "azure-stdio", "fc-event", "fc-web")
"""Named again here, so that help needs no codec; a test compares."""

FAIL_ON = ("error", "warning", "new", "none")

PATIENCE = 5.0
START_PATIENCE = 30.0
_WORDS = "fnfuzz.command"


def seconds(ctx: click.Context, param: click.Parameter, value: str | None) -> float | None:
    """A time such as 30, 30s, 500ms, 5m or 1h in seconds, more than none; a callback for options."""
    if value is None:
        return None
    number = seconds_of(value)
    if number is None:
        raise click.BadParameter(f"{value!r} is no time; write 30s, 5m or 1h", ctx, param)
    return number


class AppCommand(Command):
    """A command with ``[APP] [-- COMMAND...]``: what comes after ``--`` starts the handler and is no option of ours."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Take the command off before click sees it."""
        if "--" in args:
            at = args.index("--")
            ctx.meta[_WORDS] = tuple(args[at + 1 :])
            if not ctx.meta[_WORDS] and not ctx.resilient_parsing:
                raise click.UsageError("After -- comes the command that starts the handler.", ctx)
            args = args[:at]
        return super().parse_args(ctx, args)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """The usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- COMMAND...]"]


def command_words(ctx: click.Context) -> tuple[str, ...]:
    """The command after ``--``; empty without one."""
    words: tuple[str, ...] = ctx.meta.get(_WORDS, ())
    return words


def recall_command(ctx: click.Context, words: Sequence[str]) -> None:
    """Take ``words`` for the command after ``--``."""
    ctx.meta[_WORDS] = tuple(words)


def app_options(command: F) -> F:
    """APP, ``--contract``, ``--extension``, ``--patience`` and ``--start-patience``."""
    for option in (
        click.option(
            "--patience",
            callback=seconds,
            default=f"{PATIENCE:g}s",
            show_default=True,
            metavar="TIME",
            help="How long to wait for one answer where the host would wait longer.",
        ),
        click.option(
            "--start-patience",
            callback=seconds,
            default=f"{START_PATIENCE:g}s",
            show_default=True,
            metavar="TIME",
            help="How long to wait for the handler to listen where the host would wait longer.",
        ),
        extension_option,
        click.option(
            "--contract", type=ContractName(CONTRACTS), help="What the handler speaks; found out when not given."
        ),
        click.argument("app", default=".", metavar="[APP]", shell_complete=files),
    ):
        command = option(command)
    return command


def report_options(command: F) -> F:
    """What is reported, where, and how loud."""
    for option in (
        click.option("--no-color", is_flag=True, help="No colours; NO_COLOR does the same."),
        click.option("-v", "--verbose", is_flag=True, help="Also tell phases, probes and all about warnings."),
        click.option("-q", "--quiet", is_flag=True, help="One line for each finding and one at the end."),
        click.option(
            "--state",
            type=click.Path(file_okay=False),
            metavar="DIR",
            help="Where the cases of findings are kept.  [default: .fnfuzz in the app's folder]",
        ),
        click.option("--strict", is_flag=True, help="Exit with 1 on warnings too: --fail-on warning."),
        click.option(
            "--fail-on",
            type=OneOf(FAIL_ON),
            help="Which findings make the exit code 1; new: errors that are not known yet.  [default: error]",
        ),
        click.option(
            "--update-baseline", is_flag=True, help="Put what was found into the baseline, and take out what is gone."
        ),
        click.option(
            "--baseline",
            type=click.Path(dir_okay=False),
            metavar="FILE",
            help="Known findings, in a file: they are told, but do not fail the run until they expire.",
        ),
        click.option(
            "--report",
            "reports",
            multiple=True,
            metavar="FORMAT[=PATH]",
            shell_complete=report_formats,
            help="Also write a report: junit=PATH, or json for standard output. May come several times.",
        ),
        click.option(
            "--function",
            "functions",
            multiple=True,
            metavar="NAME",
            shell_complete=function_names,
            help="Drive only this function. May come several times.",
        ),
    ):
        command = option(command)
    return command
