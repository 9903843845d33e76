"""Events in fnfuzz's own plain form, one a line or in an array: alone, beside a function's name, or whole records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fnfuzz.corpus.importing.documents import documents
from fnfuzz.corpus.importing.model import NO_ID, Options, Tally, Unfit, converted
from fnfuzz.corpus.importing.plain_records import event_of, is_record, record_of
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.times import micros
from fnfuzz.corpus.model import Record
from fnfuzz.events import EVENT_TYPES, QueueEvent

__all__ = ["looks", "read"]


def looks(sample: Sample) -> str:
    """Has the first value a trigger that fnfuzz knows?"""
    for name in ("trigger", "event.trigger"):
        if sample.text(name) in EVENT_TYPES:
            return f"its first value has {name} {sample.text(name)!r}: events of fnfuzz"
    return "its first value has elapsed_us and event: records of fnfuzz" if sample.has("elapsed_us", "event") else ""


def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """One record for each event."""
    yield from converted(documents(path), convert, options, tally)


def convert(value: Any, options: Options) -> Iterable[Record]:
    """An event, an object with ``event`` and perhaps ``function`` and ``at`` (ISO 8601), or what an export wrote."""
    if is_record(value):
        return [record_of(value, options.function)]
    around = value if isinstance(value, dict) and isinstance(value.get("event"), dict) else {}
    data = around.get("event", value)
    if not isinstance(data, dict) or "trigger" not in data:
        raise Unfit("no object with a trigger")
    told = around.get("function")
    name = options.function or (told if isinstance(told, str) else "")
    named = {"id": NO_ID, **data} if data["trigger"] == QueueEvent.trigger else data
    return [Record(function=name, event=event_of(named), at=micros(around.get("at")))]
