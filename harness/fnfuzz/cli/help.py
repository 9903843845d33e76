"""What every command does alike: help with its options in groups, and errors that name the nearest right word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click

__all__ = ["Command", "OneOf", "nearest_word"]

GROUPS: Mapping[str, tuple[str, ...]] = {
    "The app": ("contract", "functions", "extensions", "port", "handler_port", "patience", "start_patience"),
    "How long and how much": (
        "max_time",
        "max_cases",
        "seed",
        "jobs",
        "corpora",
        "hostile",
        "speed",
        "connections",
        "loop",
    ),
    "What is compared": ("against", "deliveries", "learn", "no_learn", "accept", "explain"),
    "Which records": ("function", "trigger", "status", "shape", "since", "until"),
    "Secrets": ("key", "rules", "no_redact"),
    "Results": ("reports", "report", "strict", "fail_on", "baseline", "update_baseline", "state", "output"),
    "On the screen": ("quiet", "verbose", "no_color", "config", "no_config", "help"),
}
"""Headings, and the names of the parameters below them in their order; what is in no group comes first."""

FEW = 7
"""So many options need no groups."""

WIDEST = 70
"""Columns for an option with its choices; more choices go into its text."""

_RANGE = re.compile(r"  \[x>=?\d+\]|; (?:\d+<=)?x[<>]=?\d+(?=\])|; \d+<=x<=\d+(?=\])")
"""Bounds that the errors tell."""


class OneOf(click.Choice[str]):
    """A choice that suggests the nearest right word."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word. Raises BadParameter."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            words = [str(item) for item in self.choices]
            near = nearest_word(str(value), words)
            hint = f" Did you mean {near!r}?" if near else ""
            raise click.BadParameter(f"{str(value)!r} is not one of {', '.join(words)}.{hint}", ctx, param) from error


class Command(click.Command):
    """A command whose options are told in groups, in one order for all commands."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse; what was put in force for words that are refused does not stay. Raises what click raises, and Stop."""
        try:
            return super().parse_args(ctx, args)
        except BaseException:
            ctx.close()
            raise

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options, what is this command's own first."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        records = {"help" if "--help" in item.opts else item.name or "": _record(item, ctx) for item in options}
        told = {name: record for name, record in records.items() if record is not None}
        for heading, names in _grouped(list(told)).items():
            with formatter.section(heading):
                formatter.write_dl([told[name] for name in names])


def nearest_word(word: str, words: Iterable[str]) -> str:
    """The right word that is most like a wrong one; empty if none is."""
    return next(iter(difflib.get_close_matches(word, list(words), 1)), "")


def _grouped(names: Sequence[str]) -> dict[str, list[str]]:
    if len(names) <= FEW:
        return {"Options": sorted(names, key=lambda name: name in GROUPS["On the screen"])}
    chosen = {
        heading: [name for name in members if name in names]
        for heading, members in GROUPS.items()
        # These are names of other things where no records are chosen by them.
        if heading != "Which records" or "since" in names
    }
    grouped = {name for members in chosen.values() for name in members}
    own = {"Options": [name for name in names if name not in grouped]}
    return {heading: members for heading, members in (own | chosen).items() if members}


def _record(option: click.Option, ctx: click.Context) -> tuple[str, str] | None:
    record = option.get_help_record(ctx)
    if record is None:
        return None
    names, text = record[0].replace("INTEGER RANGE", "N"), _RANGE.sub("", record[1])
    if isinstance(option.type, click.Choice) and len(names) > WIDEST:
        words = ", ".join(map(str, option.type.choices))
        return f"{', '.join(option.opts)} {option.opts[-1].lstrip('-').upper()}", f"{text} One of {words}."
    return names, text
