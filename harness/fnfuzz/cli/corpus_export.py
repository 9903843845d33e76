"""``fnfuzz corpus export``: records in other formats."""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path
from typing import IO, Any

import click

from fnfuzz.cli.completing import folders
from fnfuzz.cli.corpora import corpus_errors, filter_options, open_corpus, tell_damage
from fnfuzz.cli.help import Command, OneOf
from fnfuzz.cli.progress import metered, quiet_option
from fnfuzz.cli.stops import Stop
from fnfuzz.report.wording import many

__all__ = ["FORMATS", "command"]

FORMATS = ("json", "ndjson", "har", "curl", "pytest")
"""Named again here, so that help needs no exporter; a test compares."""


@click.command("export", cls=Command)
@click.argument("corpus", metavar="CORPUS", shell_complete=folders)
@click.option("--format", "form", type=OneOf(FORMATS), default="ndjson", show_default=True, help="Which format.")
@click.option("-o", "--output", metavar="FILE", default="-", help="Where to.  [default: standard output]")
@filter_options
@quiet_option
def command(corpus: str, form: str, output: str, **filters: Any) -> None:
    """Write records as JSON, HAR, curl commands or tests.

    json and ndjson hold everything. har, curl and pytest hold what went over HTTP; how many records were left out, and
    why, is told on stderr. Recordings hold what users sent: look at what you give away.

    \b
    Example:
      fnfuzz corpus export corpora/orders --format har -o orders.har
    """
    found = open_corpus(corpus)
    chosen = {name: value for name, value in filters.items() if value is not None}
    left_out: Counter[str] = Counter()
    with corpus_errors():
        items, total = found.items(**chosen), None if chosen else len(found)
        with metered("exporting", total=total) as meter:
            if output != "-":
                _write_file(meter.each(items), form, left_out, Path(output))
            else:
                # On a terminal the records themselves are progress enough.
                _write(items if sys.stdout.isatty() else meter.each(items), form, left_out, sys.stdout)
    for reason, count in left_out.most_common():
        click.echo(f"fnfuzz: {many(count, 'record')} left out: {reason}", err=True)
    tell_damage(found)


def _write(items: Any, form: str, left_out: Counter[str], stream: IO[str]) -> None:
    from fnfuzz.corpus.exporting import EXPORTERS

    for piece in EXPORTERS[form](items, lambda _, reason: left_out.update((reason,))):
        stream.write(piece)


def _write_file(items: Any, form: str, left_out: Counter[str], path: Path) -> None:
    """The whole file or none."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("x", encoding="utf-8", errors="backslashreplace") as stream:
            _write(items, form, left_out, stream)
        temporary.replace(path)
    except OSError as error:
        raise Stop(f"--output {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
