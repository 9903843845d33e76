"""``fnfuzz corpus show``: records as text, also for ``git diff``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fnfuzz.cli.completing import folders
from fnfuzz.cli.corpora import corpus_errors, filter_options, open_corpus, tell_damage
from fnfuzz.cli.help import Command
from fnfuzz.cli.stops import Stop

if TYPE_CHECKING:
    from fnfuzz.corpus import Record

__all__ = ["command"]


@click.command("show", cls=Command)
@click.argument("corpus", metavar="CORPUS", shell_complete=folders)
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--whole", is_flag=True, help="Bodies to their end; else 64 KiB of each.")
@filter_options
def command(corpus: str, ids: tuple[str, ...], whole: bool, **filters: Any) -> None:
    """Print records as readable text.

    ID is the beginning of a record's id; without one, all records that the filters choose. CORPUS may also be one
    segment file, as `git diff` gives it. What came from outside is escaped, so nothing in it acts on a terminal.

    \b
    Example:
      fnfuzz corpus show corpora/orders 3f2a91
    """
    chosen = {name: value for name, value in filters.items() if value is not None}
    if ids and chosen:
        raise Stop("give ids or filters, not both")
    if Path(corpus).is_file():
        _show_file(Path(corpus), ids or chosen, whole=whole)
        return
    found = open_corpus(corpus)
    with corpus_errors():
        _show((found.item(name) for name in ids) if ids else found.items(**chosen), whole=whole)
    tell_damage(found)


def _show(items: Iterator[tuple[str, Record]], *, whole: bool) -> None:
    from fnfuzz.corpus.text import record_lines

    for name, record in items:
        click.echo("\n".join(record_lines(name, record, whole=whole)) + "\n")


def _show_file(path: Path, unfit: object, *, whole: bool) -> None:
    from fnfuzz.corpus.single import SegmentFile

    if unfit:
        raise Stop("ids and filters need a corpus, not one file of it")
    file = SegmentFile(path)
    with corpus_errors():
        _show(file.items(), whole=whole)
    for damage in file.damage:
        click.echo(f"! {damage}")
