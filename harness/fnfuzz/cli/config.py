"""``fnfuzz config``: what is configured, where that came from, and what can be."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import click

from fnfuzz.cli.configured import Configured, configured, read_configuration
from fnfuzz.cli.help import Command, nearest_word
from fnfuzz.cli.stops import Stop

__all__ = ["command"]

COMMANDS = ("run", "check", "invoke", "shrink", "replay", "record", "minimize", "pytest")
BELOW_CORPUS = ("minimize",)
UNSET = 1


@click.group("config")
def command() -> None:
    """Show the configuration, and what can be in it.

    It is fnfuzz.toml, or the table [tool.fnfuzz] of pyproject.toml, in the app's folder or above it.

    \b
    Examples:
      fnfuzz config show
      fnfuzz config show run ./my-function-app --max-time 5m
      fnfuzz config schema > fnfuzz.schema.json
    """


@command.command(
    "show",
    cls=Command,
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND [ARGS]...]")
def show(as_json: bool, words: tuple[str, ...]) -> None:
    """Tell each value in force, and where it came from.

    COMMAND is a command of fnfuzz with what would follow it, or pytest with the words of fnfuzz_app; `run` when not
    given. No handler is started. What a value refers to by ${NAME} is not told.

    \b
    Examples:
      fnfuzz config show
      fnfuzz config show check ./my-function-app --strict
    """
    from fnfuzz.config.showing import rows
    from fnfuzz.report.visible import visible

    name, *rest = words or ("run",)
    found = _begun(name, rest)
    listed = list(rows(name, found.configuration, found.used, found.given))
    path = found.configuration.path
    if as_json:
        settings = {item.key: {"value": item.value, "origin": item.origin} for item in listed}
        click.echo(json.dumps({"file": str(path) if path else None, "settings": settings}, indent=2))
        return
    click.echo(f"# {visible(str(path))}" if path else "# no configuration file")
    widths = [max(len(item.key) for item in listed), min(40, max(len(item.text) for item in listed))]
    for item in listed:
        set_here = item.origin != "default"
        start = f"{item.key.ljust(widths[0])} {'=' if set_here else '#'} {item.text}"
        click.echo(f"{start.ljust(sum(widths) + 3)}  # {visible(item.origin)}" if set_here else start)


def _begun(name: str, rest: list[str]) -> Configured:
    """What the command would begin with; its own errors are those of the command line. Raises Stop."""
    from fnfuzz.cli.group import fnfuzz

    if name not in COMMANDS:
        near = nearest_word(name, COMMANDS)
        raise Stop(
            f"{name}: takes no configuration; {f'did you mean {near}?' if near else 'these do: ' + ', '.join(COMMANDS)}"
        )
    group: click.Command | None = fnfuzz
    outer = click.Context(fnfuzz, info_name="fnfuzz")
    if name in BELOW_CORPUS:
        group = fnfuzz.get_command(outer, "corpus")
    found = group.get_command(outer, name) if isinstance(group, click.Group) else None
    if name == "pytest":
        from fnfuzz.cli.embedded import command as found
    assert found is not None
    try:
        # click empties the list that it reads.
        with found.make_context(name, list(rest), parent=outer) as ctx:
            return configured(ctx)
    except click.MissingParameter:
        with found.make_context(name, [*rest, "."], parent=outer) as ctx:
            begun = configured(ctx)
            return replace(begun, given={key: value for key, value in begun.given.items() if value != "."})


@command.command("path", cls=Command)
@click.argument("app", default=".", metavar="[APP]")
def path(app: str) -> None:
    """Print which file holds the configuration for an app.

    Exits with 1 if there is none.

    \b
    Example:
      fnfuzz config path ./my-function-app
    """
    from fnfuzz.config import ConfigError
    from fnfuzz.report.visible import visible

    try:
        found = read_configuration({"app": app}, os.environ)
    except ConfigError as error:
        raise Stop(error.lines[0], error.lines[1:]) from error
    if found.path is None:
        click.echo(f"fnfuzz: no fnfuzz.toml and no [tool.fnfuzz] in {visible(str(Path(app)))} or above it", err=True)
        click.get_current_context().exit(UNSET)
    click.echo(visible(str(found.path)))


@command.command("schema", cls=Command)
def schema() -> None:
    """Print the JSON schema of fnfuzz.toml, for editors.

    In an editor that knows TOML the first line `#:schema ./fnfuzz.schema.json` makes it help.

    \b
    Example:
      fnfuzz config schema > fnfuzz.schema.json
    """
    from fnfuzz.config.schema import schema as made

    click.echo(json.dumps(made(), indent=2))


@command.command("reference", cls=Command)
def reference() -> None:
    """Print all keys as Markdown.

    \b
    Example:
      fnfuzz config reference
    """
    from fnfuzz.config.reference import markdown

    click.echo(markdown(), nl=False)
