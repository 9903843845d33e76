"""``fnfuzz corpus import``: foreign files into a corpus."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fnfuzz.cli.completing import files
from fnfuzz.cli.corpora import corpus_errors
from fnfuzz.cli.help import Command, OneOf
from fnfuzz.cli.interruption import Interruption
from fnfuzz.cli.progress import metered, quiet_option
from fnfuzz.cli.redaction import redaction_options
from fnfuzz.cli.stops import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from fnfuzz.corpus import Record
    from fnfuzz.corpus.importing import Options, Tally
    from fnfuzz.report.progress import Meter

    Take = Callable[[Record, Tally], None]
from fnfuzz.report.wording import many

__all__ = ["ENCODINGS", "FORMATS", "TRIGGERS", "command"]

FORMATS = (
    "folder",
    "event-hubs",
    "har",
    "events",
    "fc",
    "aws",
    "cloudevents",
    "service-bus",
    "azure-queue",
    "http",
    "payload",
)
TRIGGERS = ("queue", "http", "blob", "raw")
ENCODINGS = ("auto", "base64", "none")
"""Named again here, so that help needs no importer; a test compares."""

MAX_TOLD = 20


@click.command("import", cls=Command)
@click.argument("files", nargs=-1, required=True, metavar="FILES...", shell_complete=files)
@click.option("--into", metavar="DIR", help="The corpus; made if it is not there.")
@click.option("--format", "form", type=OneOf(FORMATS), help="What the files are.  [default: found out for each]")
@click.option("--function", metavar="NAME", help="The function that the events are for; else as the files tell.")
@click.option(
    "--trigger",
    type=OneOf(TRIGGERS),
    default="queue",
    show_default=True,
    help="What bare payloads and CloudEvents become.",
)
@click.option(
    "--message-encoding",
    "encoding",
    type=OneOf(ENCODINGS),
    default="auto",
    show_default=True,
    help="How messages of storage queues were written; auto looks at each.",
)
@redaction_options
@click.option("--no-redact", is_flag=True, help="Store everything as it is in the files, secrets too.")
@click.option("--dry-run", is_flag=True, help="Only tell what would be imported.")
@quiet_option
def command(
    files: tuple[str, ...],
    into: str | None,
    form: str | None,
    function: str | None,
    trigger: str,
    encoding: Any,
    key: str | None,
    rules: str | None,
    no_redact: bool,
    dry_run: bool,
) -> None:
    """Add what other tools wrote to a corpus.

    FILES are HTTP archives, CloudEvents, exports of queues and dead letters, captures of Event Hubs, sample events of
    AWS and Function Compute, events of fnfuzz, or folders of samples, a file for each event. What each one was taken
    for is told, and everything in it that is left out, with the reason.

    Values are redacted before they are stored, as in `fnfuzz record`. Exits with 2 when a file cannot be read, or not
    to its end; the other files, and what stood before the damage, are imported all the same.

    \b
    Examples:
      fnfuzz corpus import traffic.har --into corpora/orders --key ~/.fnfuzz.key
      fnfuzz corpus import samples/ poison.json --dry-run
    """
    from fnfuzz.corpus.importing import Options
    from fnfuzz.report.screen import ENDING

    if into is None and not dry_run:
        raise click.UsageError("--into names the corpus; --dry-run needs none.")
    options = Options(function=function or "", trigger=trigger, encoding=encoding)
    told: list[str] = []
    with (
        metered("importing") as meter,
        Interruption(lambda: meter.say(ENDING)) as interruption,
        _taking(None if dry_run else into, key=key, rules=rules, redact=not no_redact) as take,
    ):
        for name in files:
            told += _import(Path(name), form or "", options, take, meter, interruption)
            if interruption.signal:
                break
    if interruption.exit_code is not None:
        raise click.exceptions.Exit(interruption.exit_code)
    if told:
        raise Stop(told[0], tuple(told[1:]))


@contextlib.contextmanager
def _taking(into: str | None, *, key: str | None, rules: str | None, redact: bool) -> Iterator[Take]:
    """What takes each record: redacts it, and adds it to the corpus ``into``; nothing without one."""
    if not redact and (key or rules):
        raise Stop("--no-redact leaves everything as it is; leave --key and --rules out, or --no-redact")
    if into is None:
        yield lambda record, tally: None
        return
    from fnfuzz.corpus import Corpus, CorpusError

    redacted = _redactor(key or "", rules or "", into) if redact else None
    with corpus_errors(), Corpus.create(into, exist_ok=True).writer() as writer:

        def take(record: Record, tally: Tally) -> None:
            try:
                writer.add(redacted(record) if redacted else record)
            except CorpusError as error:
                if error.file is not None:
                    raise
                tally.records -= 1
                tally.skip(error.message, f"record {tally.records + 1}")

        yield take


def _redactor(key: str, rules: str, into: str) -> Callable[[Record], Record]:
    from fnfuzz.record.sink import redactor
    from fnfuzz.record.sinks import RecordsLost

    try:
        return redactor(key, rules, into).record
    except RecordsLost as error:
        raise Stop(f"{error}; or give --no-redact, to store everything as it is") from error


def _import(path: Path, form: str, options: Options, take: Take, meter: Meter, interruption: Interruption) -> list[str]:
    """Import one file or folder and tell about it, at most until an interrupt; the errors that ended it."""
    from fnfuzz.corpus.importing import ImportRefused, Tally, detect, read_records

    tally = Tally()
    errors: list[str] = []
    try:
        if not form:
            detected = detect(path)
            meter.clear()
            _say(str(detected))
            form = detected.format
        for record in read_records(path, tally, format=form, options=options):
            take(record, tally)
            meter.add()
            if interruption.signal:
                interruption.told()
                errors.append(f"{path}: interrupted")
                break
    except ImportRefused as error:
        errors.append(str(error))
    meter.clear()
    for line in _lines(path, tally):
        _say(line)
    return errors


def _lines(path: Path, tally: Tally) -> Iterator[str]:
    yield f"{path}: {many(tally.records, 'record')}"
    for reason, count in tally.skipped.most_common(MAX_TOLD):
        yield f"  {count:,} left out: {reason} (first: {tally.first[reason]})"
    if len(tally.skipped) > MAX_TOLD:
        yield f"  and {len(tally.skipped) - MAX_TOLD} more reasons"
    for text, count in tally.notes.most_common(MAX_TOLD):
        yield f"  {count:,} noted: {text}"


def _say(line: str) -> None:
    from fnfuzz.report.visible import visible

    click.echo(visible(line))
