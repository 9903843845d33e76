"""``fnfuzz corpus redact``: a corpus is rewritten with stand-ins, or told what would be replaced."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

import click

from fnfuzz.cli.completing import folders
from fnfuzz.cli.corpora import corpus_errors, open_corpus, tell_damage
from fnfuzz.cli.help import Command
from fnfuzz.cli.progress import metered, quiet_option
from fnfuzz.cli.redaction import redaction_options
from fnfuzz.cli.stops import Stop

if TYPE_CHECKING:
    from fnfuzz.corpus import Corpus, Record
    from fnfuzz.corpus.redaction import Note, Redactor
from fnfuzz.report.wording import many

__all__ = ["command"]

_MOST_ROWS = 2000
"""Pairs of rule and place that are counted one by one."""

_INDEX = re.compile(r"\[\d+\]")


@click.command("redact", cls=Command)
@click.argument("corpus", metavar="CORPUS", shell_complete=folders)
@redaction_options
@click.option("--dry-run", is_flag=True, help="Only tell what each rule would do, and where; needs no key.")
@quiet_option
def command(corpus: str, key: str | None, rules: str | None, dry_run: bool) -> None:
    """Put stand-ins in the place of secrets and personal data.

    The whole corpus is rewritten at one stroke, or not at all. What it was is gone from the disk then, but not from
    the history of git, and not from backups. Stand-ins get stand-ins of their own when it is done twice.

    \b
    Example:
      fnfuzz corpus redact corpora/orders --rules rules.json --dry-run
    """
    found = open_corpus(corpus)
    redactor = _redactor(key, rules, str(found.path), dry_run=dry_run)
    with corpus_errors():
        if dry_run:
            _tell(found, redactor)
        else:
            _rewrite(found, redactor)
    tell_damage(found)


def _redactor(key: str | None, rules: str | None, corpus: str, *, dry_run: bool) -> Redactor:
    from fnfuzz.corpus.redaction import DEFAULT_RULES, Redactor
    from fnfuzz.record.sink import read_rules, redactor
    from fnfuzz.record.sinks import RecordsLost

    try:
        if dry_run and key is None:
            # Only kinds and lengths of stand-ins are shown, and these are the same with any key.
            return Redactor(token_bytes(32), read_rules(Path(rules)) if rules else DEFAULT_RULES)
        return redactor(key or "", rules or "", corpus)
    except RecordsLost as error:
        raise Stop(str(error)) from error


def _rewrite(corpus: Corpus, redactor: Redactor) -> None:
    from fnfuzz.corpus import rewrite

    with metered("redacting", total=len(corpus)) as meter:

        def redacted(_: str, record: Record) -> Record:
            meter.add()
            return redactor.record(record)

        done = rewrite(corpus, redacted)
    click.echo(f"{done.changed:,} of {many(done.kept + done.changed, 'record')} changed")
    if left_out := redactor.tally.left_out:
        click.echo(f"fnfuzz: {left_out:,} bodies or texts cannot be searched; each is now a marker", err=True)


def _tell(corpus: Corpus, redactor: Redactor) -> None:
    from fnfuzz.report.visible import visible

    values: Counter[tuple[str, str, str]] = Counter()
    characters: Counter[tuple[str, str, str]] = Counter()
    records = touched = 0
    for record in _metered(corpus):
        notes = redactor.explain(record)
        records += 1
        touched += bool(notes)
        for note in notes:
            row = _row(note)
            if row not in values and len(values) >= _MOST_ROWS:
                row = (note.rule, note.kind, "(other places)")
            values[row] += 1
            characters[row] += note.length
    for rule in sorted({rule for rule, _, _ in values}):
        rows = [row for row in values if row[0] == rule]
        click.echo(f"{visible(rule)}: {many(sum(values[row] for row in rows), 'value')}")
        for row in sorted(rows, key=lambda row: (-values[row], row)):
            average = characters[row] / values[row]
            click.echo(f"  {values[row]:>9,}  {visible(row[2])}  ({row[1]}, {average:.0f} characters on average)")
    click.echo(f"would change {touched:,} of {many(records, 'record')}")


def _metered(corpus: Corpus) -> Iterator[Record]:
    with metered("reading", total=len(corpus)) as meter:
        yield from meter.each(corpus)


def _row(note: Note) -> tuple[str, str, str]:
    """Rule, kind and place, without anything in the place that is a value: an index, a number, an address."""
    from fnfuzz.corpus.shape import member_name

    steps = _INDEX.sub("[]", note.place).split(".")
    return note.rule, note.kind, ".".join(member_name(step) for step in steps)
