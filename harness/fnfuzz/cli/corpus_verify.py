"""``fnfuzz corpus verify``: is every byte as it was written?"""

from __future__ import annotations

import click

from fnfuzz.cli.completing import folders
from fnfuzz.cli.corpora import corpus_errors, open_corpus
from fnfuzz.cli.help import Command
from fnfuzz.cli.progress import metered, quiet_option
from fnfuzz.cli.stops import FINDINGS
from fnfuzz.report.wording import many

__all__ = ["command"]


@click.command("verify", cls=Command)
@click.argument("corpora", nargs=-1, required=True, metavar="CORPUS...", shell_complete=folders)
@quiet_option
def command(corpora: tuple[str, ...]) -> None:
    """Read every byte of a corpus and tell what is damaged.

    Each damage is one line: file, byte, what is wrong. Indexes that do not fit are made again. Exit code 1 if anything
    is damaged; `fnfuzz corpus merge NEW CORPUS` saves the rest.

    \b
    Example:
      fnfuzz corpus verify corpora/orders
    """
    from fnfuzz.report.visible import visible

    damaged = False
    for path in corpora:
        corpus = open_corpus(path)
        with corpus_errors(), metered("verifying") as meter:
            damage = corpus.verify(each=meter.add)
            count = len(corpus)
        for item in damage:
            click.echo(visible(f"{path}: {item}"))
        click.echo(
            visible(
                f"{path}: {many(count, 'record')}" + (f", {many(len(damage), 'damage')}" if damage else ", all whole")
            )
        )
        damaged = damaged or bool(damage)
    if damaged:
        raise click.exceptions.Exit(FINDINGS)
