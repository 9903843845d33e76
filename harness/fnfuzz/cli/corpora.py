"""What the commands for corpora share: the folder, the filters, and errors that are the user's or the corpus's."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from fnfuzz.cli.help import OneOf
from fnfuzz.cli.stops import FINDINGS, Stop
from fnfuzz.config.values import SHIPPED

if TYPE_CHECKING:
    from fnfuzz.corpus import Corpus

__all__ = ["corpus_errors", "corpus_folder", "filter_options", "open_corpus", "tell_damage"]

F = TypeVar("F", bound=Callable[..., Any])

TRIGGERS = ("http", "queue", "blob", "timer", "raw")
_SHOWN = 20


def filter_options(command: F) -> F:
    """``--function``, ``--trigger``, ``--status``, ``--shape``, ``--since`` and ``--until``: arguments of ``items``."""
    for option in (
        click.option("--until", callback=_time, metavar="TIME", help="Only what began before."),
        click.option("--since", callback=_time, metavar="TIME", help="Only what began then or later (ISO 8601; UTC)."),
        click.option(
            "--shape", metavar="HEX", help="Only records of this shape; `fnfuzz corpus ls --shapes` lists them."
        ),
        click.option("--status", metavar="STATUS", help="404, 4xx, timeout, exited, unanswered, ..."),
        click.option("--trigger", type=OneOf(TRIGGERS), help="Only events of this trigger."),
        click.option("--function", metavar="NAME", help="Only events of this function."),
    ):
        command = option(command)
    return command


def _time(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is no time; write 2025-03-11T09:15:02Z", ctx, param) from error
    return time if time.tzinfo is not None else time.replace(tzinfo=UTC)


@contextlib.contextmanager
def corpus_errors() -> Iterator[None]:
    """CorpusError ends the command with its text."""
    from fnfuzz.corpus import CorpusError

    try:
        yield
    except CorpusError as error:
        raise Stop(str(error)) from error


def open_corpus(path: str) -> Corpus:
    """The corpus in a folder, or ``shipped:NAME``. Raises Stop."""
    from fnfuzz.corpus import Corpus

    with corpus_errors():
        return Corpus.open(corpus_folder(path))


def corpus_folder(path: str) -> Path:
    """``path``, or the folder of the corpus that ``shipped:NAME`` names. Raises Stop."""
    if not path.startswith(SHIPPED):
        return Path(path)
    import fnfuzz_corpora

    try:
        return fnfuzz_corpora.path(path.removeprefix(SHIPPED))
    except LookupError as error:
        raise Stop(str(error.args[0])) from error


def tell_damage(corpus: Corpus) -> None:
    """What could not be read, on stderr, and exit code 1 if there was anything."""
    from fnfuzz.report.visible import visible

    damage = corpus.damage
    for item in damage[:_SHOWN]:
        click.echo(f"fnfuzz: damaged: {visible(str(item))}", err=True)
    if len(damage) > _SHOWN:
        click.echo(f"fnfuzz: and {len(damage) - _SHOWN:,} more; `fnfuzz corpus verify` tells all", err=True)
    if damage:
        raise click.exceptions.Exit(FINDINGS)
