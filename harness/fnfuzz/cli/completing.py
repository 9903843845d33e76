"""What a shell offers for the words of a command line, apart from options and choices."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

__all__ = ["files", "folders", "function_names", "report_formats", "rule_ids"]


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders."""
    return [CompletionItem(incomplete, type="file")]


def folders(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Folders."""
    return [CompletionItem(incomplete, type="dir")]


def function_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The functions of the app that the command line names so far; nothing where its files do not tell them."""
    from pathlib import Path

    from fnfuzz.app import AppError, discover

    try:
        app = discover(Path(_app(ctx)), command=(), contract=None)
    except (AppError, OSError):
        return []
    return [
        CompletionItem(item.name, help=item.trigger)
        for item in app.functions
        if _plain(item.name).startswith(incomplete)
    ]


def _app(ctx: click.Context) -> str:
    """APP as it was typed. Behind an option without its value click leaves all arguments together."""
    names = [param.name for param in ctx.command.params if isinstance(param, click.Argument)]
    at = names.index("app") if "app" in names else len(ctx.args)
    return ctx.args[at] if at < len(ctx.args) else str(ctx.params.get("app") or ".")


def report_formats(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The formats of reports; files behind ``=``."""
    from fnfuzz.report.registry import REPORTERS

    if "=" in incomplete:
        return [CompletionItem(incomplete.partition("=")[2], type="file")]
    return [CompletionItem(name) for name in REPORTERS if name.startswith(incomplete)]


def rule_ids(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The rules, with their titles."""
    from fnfuzz.rules import RULES

    return [CompletionItem(rule.id, help=rule.title) for rule in RULES.values() if rule.id.startswith(incomplete)]


def _plain(name: str) -> str:
    """A name that can be put on a command line as it is; nothing else is offered."""
    return name if name.isprintable() and not set(name) & set(" \t\"'\\$`;&|<>()*?[]{}~#!,\n") else "\0"
