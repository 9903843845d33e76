"""``--extension FILE``: own checks, mutators, event sources, contracts and reports, in force while a command runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click
from click.core import ParameterSource

from fnfuzz.cli.completing import files
from fnfuzz.cli.help import OneOf
from fnfuzz.cli.places import folder_of, placed
from fnfuzz.cli.stops import Stop

__all__ = [
    "ContractName",
    "extension_files",
    "extension_option",
    "extension_words",
    "put_in_force",
    "recall_extensions",
]

F = TypeVar("F", bound=Callable[..., Any])
PARAM = "extensions"
_GIVEN = "fnfuzz.extensions"
_OPENED = "fnfuzz.extensions.opened"
_FILES = "fnfuzz.extensions.files"
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")


class ContractName(OneOf):
    """One of our contracts, or a name that an extension may have; whether one has, shows when the app is read."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name. Raises BadParameter for one that is nearly one of ours."""
        from fnfuzz.app.overrule import known_contracts
        from fnfuzz.cli.help import nearest_word

        name = str(value)
        if name in known_contracts() or (NAME.fullmatch(name) and not nearest_word(name, map(str, self.choices))):
            return name
        return super().convert(value, param, ctx)


def extension_option(command: F) -> F:
    """``--extension``; loads the files, and what is installed, before anything else is looked at."""
    return click.option(
        "--extension",
        PARAM,
        multiple=True,
        metavar="FILE",
        type=click.Path(path_type=Path),
        is_eager=True,
        expose_value=False,
        shell_complete=files,
        callback=_load,
        help="A Python file with checks and more of your own. May come several times.",
    )(command)


def put_in_force(ctx: click.Context, paths: Sequence[Path]) -> None:
    """Load extensions, those that are installed too, until the command ends. Raises Stop.

    May be called again with further files. What is still to be told of extensions then is told on standard error; where
    the words stand in another program's file, that program tells it.
    """
    from fnfuzz.extensions import ExtensionError, extended

    alone = folder_of(ctx) is None
    try:
        loaded = ctx.with_resource(extended(paths, alone=alone))
    except ExtensionError as error:
        raise Stop(str(error), (error.hint,)) from error
    ctx.meta[_FILES] = extension_files(ctx).union(path.resolve() for path in paths)
    if alone and not ctx.meta.get(_OPENED):
        ctx.meta[_OPENED] = True
        ctx.call_on_close(lambda: _tell(loaded.notices.take()))


def extension_words(ctx: click.Context) -> tuple[str, ...]:
    """The words of the command line that name extensions."""
    paths: tuple[Path, ...] = ctx.meta.get(_GIVEN, ())
    return tuple(word for path in paths for word in ("--extension", str(path)))


def extension_files(ctx: click.Context) -> frozenset[Path]:
    """The files whose extensions this command has put in force, full names."""
    files: frozenset[Path] = ctx.meta.get(_FILES, frozenset())
    return files


def recall_extensions(ctx: click.Context, paths: Sequence[Path]) -> None:
    """Take ``paths`` for extensions that the command line names. Raises Stop."""
    ctx.meta[_GIVEN] = tuple(paths)
    put_in_force(ctx, paths)


def _load(ctx: click.Context, param: click.Parameter, paths: tuple[Path, ...]) -> None:
    if ctx.resilient_parsing:
        return
    if ctx.get_parameter_source(PARAM) is ParameterSource.COMMANDLINE:
        paths = tuple(placed(ctx, path) for path in paths)
        ctx.meta[_GIVEN] = paths
    put_in_force(ctx, paths)


def _tell(texts: Sequence[str]) -> None:
    from fnfuzz.report.visible import visible

    for text in texts:
        click.echo(f"fnfuzz: note: {visible(text)}", err=True)
