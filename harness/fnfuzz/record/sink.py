"""The real sink: each record is read as an event, redacted, and added to a corpus."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import orjson

from fnfuzz.app import App, AppError, discover
from fnfuzz.contracts.reading import Read, guess_request, read_request
from fnfuzz.corpus import Corpus, CorpusError, Record
from fnfuzz.corpus.redaction import DEFAULT_RULES, KeyProblem, RedactionRules, Redactor, load_key
from fnfuzz.record.sinks import RecordsLost, Sink, where

__all__ = ["app_of", "open_sink", "read_rules", "redactor", "told"]


LARGEST_RULES: Final = 1024 * 1024


@contextlib.contextmanager
def open_sink(
    corpus: str,
    *,
    app: str = "",
    command: Sequence[str] = (),
    contract: str = "",
    redact: bool = True,
    key: str = "",
    rules: str = "",
) -> Iterator[Sink]:
    """A sink into the corpus at the path ``corpus``, which is made if there is none.

    With ``redact``, ``key`` is the path of the key file, or empty where a variable gives the key, and ``rules`` that of
    a file of rules. ``app`` is the function app's folder; without it, or where it is none, events are read from what
    the wire says alone. Raises RecordsLost.
    """
    known = app_of(app, command, contract)
    redacted = redactor(key, rules, corpus).record if redact else _as_it_is
    with _told(), Corpus.create(corpus, exist_ok=True).writer() as writer:

        def sink(records: Sequence[Record]) -> None:
            lost, first = 0, ""
            for record in records:
                try:
                    writer.add(redacted(told(record, known, contract)))
                except CorpusError as error:
                    lost, first = lost + error.lost, first or str(error)
                except Exception as error:
                    # An error of ours; its text may hold what should have been redacted.
                    lost, first = lost + 1, first or f"an error of the recorder: {where(error)}"
            try:
                writer.flush()
            except CorpusError as error:
                lost, first = lost + error.lost, first or str(error)
            if lost:
                raise RecordsLost(first, lost)

        yield sink


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except CorpusError as error:
        raise RecordsLost(str(error), error.lost) from error


def redactor(key: str, rules: str, corpus: str) -> Redactor:
    """The redactor for a key file, or the key that a variable gives, and a file of rules, if there is one.

    Raises RecordsLost for a key or rules that cannot be used.
    """
    try:
        secret = load_key(Path(key) if key else None, os.environ, corpus=Path(corpus))
        return Redactor(secret, read_rules(Path(rules)) if rules else DEFAULT_RULES)
    except KeyProblem as error:
        raise RecordsLost(str(error), 0) from error


def read_rules(path: Path) -> RedactionRules:
    """The rules in a JSON file. Raises RecordsLost."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_RULES + 1)
        if len(data) > LARGEST_RULES:
            raise RecordsLost(f"{path}: over {LARGEST_RULES} bytes, which are no rules; name another file", 0)
        return RedactionRules.from_data(orjson.loads(data))
    except OSError as error:
        raise RecordsLost(f"{path}: the rules cannot be read: {error.strerror}", 0) from error
    except ValueError as error:
        raise RecordsLost(f"{path}: {error}", 0) from error


def app_of(folder: str, command: Sequence[str], contract: str) -> App | None:
    """The app whose handler is recorded, if its files tell more than its command."""
    if not folder:
        return None
    try:
        found = discover(Path(folder), command=tuple(command), contract=contract or None)
    except AppError:
        return None
    return None if found.platform == "bare" else found


def told(record: Record, app: App | None, contract: str) -> Record:
    """The record with the event that its request stands for, where that can be said."""
    read = _read(record, app)
    if read is None:
        return replace(record, contract=record.contract or contract)
    return replace(record, contract=read.contract, function=read.function, event=read.event, delivery=read.delivery)


def _read(record: Record, app: App | None) -> Read | None:
    if record.request is None:
        return None
    found = read_request(app, record.request) if app is not None else None
    return found or guess_request(record.request)


def _as_it_is(record: Record) -> Record:
    return record
