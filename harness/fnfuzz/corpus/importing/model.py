"""What importers share: options, what may go wrong, what is counted, and how foreign values become records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias

from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.model import Record
from fnfuzz.events import Event

__all__ = ["NO_ID", "Convert", "Format", "ImportRefused", "Options", "Placed", "Tally", "Unfit", "converted"]

NO_ID = ""
"""Of a message that the file tells no id of: it gets one of its own."""

HALF_A_PAIR = "half of a surrogate pair in a text"
MAX_REASONS = 200
"""Reasons that are counted one by one; the rest come together under one."""


class ImportRefused(CorpusError):
    """A file that cannot be imported, or not further; the text names the file, the place and what to do."""


class Unfit(ValueError):
    """One foreign value that is no event of ours; the message is the reason, without payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the user says about the files.

    ``function`` is the name that records get; empty leaves it to the file or folder. ``trigger`` says what a bare
    payload is: http, queue, blob or raw. ``encoding`` is how storage queue messages were written: base64, none, or
    ``auto`` for a look at each.
    """

    function: str = ""
    trigger: str = "queue"
    encoding: Literal["auto", "base64", "none"] = "auto"


@dataclass(slots=True)
class Tally:
    """Counts of one import. ``skipped`` and ``notes`` are by text, ``first`` is where something was skipped first."""

    records: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def skip(self, reason: str, place: str) -> None:
        """Something was not imported."""
        reason = reason if reason in self.skipped or len(self.skipped) < MAX_REASONS else "other reasons"
        self.skipped[reason] += 1
        self.first.setdefault(reason, place)

    def note(self, text: str) -> None:
        """Something was imported, but not all of it, or in another form."""
        self.notes[text] += 1


Placed: TypeAlias = tuple[str, Any]
"""Where a value stood, and the value."""

Convert: TypeAlias = Callable[[Any, Options], Iterable[Record | Unfit]]


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: ``looks`` gives the reason to take a file for it, or an empty text."""

    name: str
    title: str
    looks: Callable[[Sample], str]
    read: Callable[[Path, Options, Tally], Iterator[Record]]


def converted(values: Iterable[Placed], convert: Convert, options: Options, tally: Tally) -> Iterator[Record]:
    """The records that ``convert`` makes; what is unfit, by itself or in part, is counted and stepped over."""
    for place, value in values:
        if isinstance(value, Unfit):
            tally.skip(str(value), place)
            continue
        try:
            for record in convert(value, options):
                if isinstance(record, Unfit):
                    tally.skip(str(record), place)
                else:
                    _check_text(record.event)
                    yield record
        except Unfit as reason:
            tally.skip(str(reason), place)
        except UnicodeEncodeError:
            tally.skip(HALF_A_PAIR, place)


def _check_text(event: Event | None) -> None:
    """Raises Unfit for an event with half of a surrogate pair in a text, which no host can send."""
    try:
        for item in fields(event) if event is not None else ():
            value = getattr(event, item.name)
            for text in (value,) if isinstance(value, str) else _texts(value):
                text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise Unfit(HALF_A_PAIR) from error


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, tuple):
        yield from (text for pair in value for text in pair)
