"""The words that name an app in a file of another program, such as pytest's ini file: those of ``fnfuzz run``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from fnfuzz.cli.configured import ConfiguredAppCommand, config_options, given_words
from fnfuzz.cli.options import app_options
from fnfuzz.cli.places import place

__all__ = ["app_named", "begun", "command"]


@click.command("pytest", cls=ConfiguredAppCommand)
@app_options
@config_options
def command(**_: object) -> None:
    """An app, and what holds for it."""


def app_named(words: Sequence[str]) -> str | None:
    """The app that the words name, and nothing else is looked at; None for words that click refuses."""
    given = given_words(command, click.Context(command), list(words))
    return None if given is None else str(given.get("app", "."))


def begun(words: Sequence[str], folder: Path) -> click.Context:
    """The context of words in a file of ``folder``; until it is closed, their extensions are in force.

    Raises what click raises, and Stop.
    """
    outer = click.Context(command)
    place(outer, folder)
    # click empties the list that it reads.
    return command.make_context("pytest", list(words), parent=outer)
