"""``fnfuzz corpus ls``: what is in a corpus."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from fnfuzz.cli.completing import folders
from fnfuzz.cli.corpora import corpus_errors, filter_options, open_corpus, tell_damage
from fnfuzz.cli.help import Command, OneOf
from fnfuzz.cli.stops import Stop

if TYPE_CHECKING:
    from fnfuzz.corpus import Corpus
    from fnfuzz.corpus.summary import Summary
from fnfuzz.report.wording import many

__all__ = ["command"]

_ROWS = 20


@click.command("ls", cls=Command)
@click.argument("corpus", metavar="CORPUS", shell_complete=folders)
@click.option("--records", "each", is_flag=True, help="One line for each record instead of numbers.")
@click.option("--shapes", is_flag=True, help="All shapes, not only the most frequent ones.")
@click.option("--format", "form", type=OneOf(("text", "json")), default="text", show_default=True, help="How.")
@filter_options
def command(corpus: str, each: bool, shapes: bool, form: str, **filters: Any) -> None:
    """Tell what is in a corpus, in numbers or record by record.

    Filters choose records, so they make it a list. Exit code 1 if something in the corpus is damaged.

    \b
    Example:
      fnfuzz corpus ls corpora/orders --function checkout --status 5xx
    """
    from fnfuzz.corpus.summary import summarise

    found = open_corpus(corpus)
    chosen = {name: value for name, value in filters.items() if value is not None}
    if form == "json" and (each or chosen):
        raise Stop("--format json is for the numbers; `fnfuzz corpus export --format ndjson` gives records")
    with corpus_errors():
        if each or chosen:
            _list(found, chosen)
        elif form == "json":
            click.echo(json.dumps(asdict(summarise(found)), indent=2))
        else:
            _print(summarise(found), _ROWS if not shapes else sys.maxsize)
    tell_damage(found)


def _list(corpus: Corpus, filters: Mapping[str, Any]) -> None:
    from fnfuzz.corpus.text import record_title

    for name, record in corpus.items(**filters):
        click.echo(record_title(name, record))


def _print(summary: Summary, rows: int) -> None:
    from fnfuzz.corpus.plain import iso_time
    from fnfuzz.report.page import Page
    from fnfuzz.report.visible import size, visible

    page = Page(sys.stdout)
    page.line(f"{many(summary.records, 'record')}, {size(summary.stored)} on disk")
    if summary.first:
        page.line(f"from {iso_time(summary.first)} to {iso_time(summary.last)}")
    readable = summary.records - summary.unreadable
    if readable:
        page.line(f"{size(summary.sent)} of payload sent, {size(summary.answered)} answered")
        average = summary.elapsed / readable / 1000
        page.line(f"{average:.3f} ms for an answer on average, {summary.slowest / 1000:.3f} ms at most")
    if summary.unreadable:
        page.line(f"{many(summary.unreadable, 'record')} cannot be read")
    for title in ("functions", "triggers", "contracts", "statuses", "shapes"):
        counts: Mapping[str, int] = getattr(summary, title)
        shown = list(counts.items())[:rows]
        page.line()
        page.line(title, "bold")
        for name, count in shown:
            page.line(f"  {count:>12,}  {visible(name) or '-'}")
        if len(shown) < len(counts):
            page.line(f"  and {len(counts) - len(shown):,} more")
