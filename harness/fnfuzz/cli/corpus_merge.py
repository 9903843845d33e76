"""``fnfuzz corpus merge``: several corpora into one."""

from __future__ import annotations

import click

from fnfuzz.cli.completing import folders
from fnfuzz.cli.corpora import corpus_errors, open_corpus, tell_damage
from fnfuzz.cli.help import Command
from fnfuzz.cli.progress import metered, quiet_option
from fnfuzz.cli.stops import Stop
from fnfuzz.report.wording import many

__all__ = ["command"]


@click.command("merge", cls=Command)
@click.argument("target", metavar="TARGET", shell_complete=folders)
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...", shell_complete=folders)
@quiet_option
def command(target: str, sources: tuple[str, ...]) -> None:
    """Add the records of corpora to another one, each once.

    TARGET is made if it is not there. Of records with the same id the first is kept. What is damaged in a source is
    left out and told (exit code 1), so merging a damaged corpus into a new one saves all that can be read.

    \b
    Example:
      fnfuzz corpus merge corpora/orders recordings/monday recordings/tuesday
    """
    from pathlib import Path

    from fnfuzz.corpus import Corpus, merge

    opened = [open_corpus(source) for source in sources]
    if any(Path(source).resolve() == Path(target).resolve() for source in sources):
        raise Stop(f"{target}: is also a source; give another target")
    with corpus_errors(), metered("merging", total=sum(map(len, opened))) as meter:
        into = Corpus.create(target, exist_ok=True)
        done = merge(into, opened, each=meter.add)
    click.echo(f"{many(done.added, 'record')} added, {done.same:,} were there already")
    for corpus in (into, *opened):
        tell_damage(corpus)
