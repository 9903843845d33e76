"""``fnfuzz corpus minimize``: the fewest records that show the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from fnfuzz.cli.completing import folders
from fnfuzz.cli.configured import ConfiguredCommand, config_options
from fnfuzz.cli.corpora import corpus_errors, open_corpus, tell_damage
from fnfuzz.cli.progress import metered, quiet_option
from fnfuzz.cli.stops import Stop

if TYPE_CHECKING:
    from fnfuzz.corpus import Corpus
    from fnfuzz.corpus.minimizing import Selection
from fnfuzz.report.wording import many

__all__ = ["command"]


@click.command("minimize", cls=ConfiguredCommand)
@click.argument("corpus", metavar="CORPUS", shell_complete=folders)
@click.option("--into", metavar="DIR", help="A new corpus for what is kept; else CORPUS itself is rewritten.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be kept.")
@click.option("--explain", is_flag=True, help="For each record that is kept, what no other one shows.")
@quiet_option
@config_options
def command(corpus: str, into: str | None, dry_run: bool, explain: bool) -> None:
    """Keep the fewest records that show the same behaviours.

    A behaviour is, of one function: the shape of an event with the class of its answer's status, a status, also one
    within the answer, the shape and type of an answer, what it says in members such as error or state, a fault, an
    end of the process. Of records that show the same the smallest is kept, then the first.

    \b
    Example:
      fnfuzz corpus minimize corpora/orders --into corpora/orders-small --explain
    """
    from fnfuzz.corpus import Corpus
    from fnfuzz.corpus.minimizing import minimize, select

    if into is not None and dry_run:
        raise Stop("--dry-run writes nothing; leave --into out")
    found = open_corpus(corpus)
    with corpus_errors():
        with metered("looking for what is needed", total=len(found)) as meter:
            selection = select(found, each=meter.add)
        if explain:
            _explain(found, selection)
        kept = len(selection.kept)
        if not dry_run:
            with metered("keeping what is needed", total=len(found)) as meter:
                kept = minimize(found, selection, Corpus.create(into) if into is not None else None, each=meter.add)
    more = " or more" if dry_run and selection.too_many else ""
    click.echo(
        f"{'would keep' if dry_run else 'kept'} {kept:,}{more} of {many(selection.records, 'record')}, "
        f"which show all {selection.behaviours:,} behaviours"
    )
    if selection.too_many:
        click.echo("fnfuzz: there are more behaviours than are told apart; what shows one of those is kept", err=True)
    tell_damage(found)


def _explain(corpus: Corpus, selection: Selection) -> None:
    from fnfuzz.corpus.text import record_title
    from fnfuzz.report.visible import visible

    for item in selection.kept:
        click.echo(record_title(*corpus.item(item.id)))
        for reason in item.reasons:
            click.echo(f"  only here: {visible(reason)}")
