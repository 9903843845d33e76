"""Every format that can be imported, and which one a file has."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID

from fnfuzz.corpus.importing import (
    aws,
    cloud_events,
    event_hubs,
    events,
    folder,
    function_compute,
    har,
    http_requests,
    payload,
    queue_messages,
)
from fnfuzz.corpus.importing.documents import sample_of
from fnfuzz.corpus.importing.model import NO_ID, Format, ImportRefused, Options, Tally
from fnfuzz.corpus.model import Record
from fnfuzz.events import QueueEvent

__all__ = ["FORMATS", "MAX_RECORDS", "Detected", "detect", "read_records"]

MAX_RECORDS = 10_000_000
"""Of one file or folder."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What a file was taken for, and why."""

    path: Path
    format: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.format}, because {self.reason}"


def detect(path: Path) -> Detected:
    """The format of a file or folder. Raises ImportRefused for one that cannot be read, or holds nothing."""
    sample = sample_of(path)
    if sample.kind == "empty":
        raise ImportRefused("is empty; --format payload takes it for an empty payload", path)
    found = ((item.name, item.looks(sample)) for item in FORMATS.values())
    name, reason = next((name, reason) for name, reason in found if reason)
    return Detected(path, name, reason)


def read_records(path: Path, tally: Tally, *, format: str = "", options: Options | None = None) -> Iterator[Record]:
    """The records in a file or folder, numbered from 1 unless they have a number, read as they are asked for.

    ``format`` is one of ``FORMATS``, found out when empty. What is not imported is counted in ``tally``. Raises
    ImportRefused, perhaps after some records, for a file that cannot be read or not further.
    """
    name = format or detect(path).format
    chosen = FORMATS.get(name)
    if chosen is None:
        near = difflib.get_close_matches(name, FORMATS, 1)
        raise ImportRefused(f"there is no format {name!r}; {f'did you mean {near[0]}' if near else ', '.join(FORMATS)}")
    if (path.is_dir()) != (name == "folder"):
        what = "is a folder; give its files" if path.is_dir() else "is no folder"
        raise ImportRefused(f"{what}, or leave --format out", path)
    for record in chosen.read(path, options or Options(), tally):
        if tally.records >= MAX_RECORDS:
            raise ImportRefused(f"holds more than {MAX_RECORDS} records; split it", path)
        tally.records += 1
        named = _with_message_id(record, tally.records)
        yield named if named.number else replace(named, number=tally.records)
    if not tally.records and not tally.skipped:
        tally.skip(f"nothing in it is what {chosen.title} have", path.name)


def _with_message_id(record: Record, number: int) -> Record:
    """A message that came without an id gets one by what it says and by its place: of messages with one id, handlers
    that do each message once would do the first one only.
    """
    event = record.event
    if not isinstance(event, QueueEvent) or event.id != NO_ID:
        return record
    digest = hashlib.blake2b(f"{event!r} {number}".encode("utf-8", "replace"), digest_size=16).digest()
    return replace(record, event=replace(event, id=str(UUID(bytes=digest, version=4))))


def _within_folder(path: Path) -> Format:
    sample = sample_of(path)
    return next(item for item in FORMATS.values() if item.looks(sample))


_ALL = (
    Format("folder", "a folder of samples, each file by its own form", folder.looks, folder.reader(_within_folder)),
    Format("event-hubs", "Avro files of Event Hubs Capture", event_hubs.looks, event_hubs.read),
    Format("har", "HTTP archives (HAR)", har.looks, har.read),
    Format("events", "events of fnfuzz, one a line or an array", events.looks, events.read),
    Format("fc", "sample events of Function Compute", function_compute.looks, function_compute.read),
    Format("aws", "event files of sam local generate-event", aws.looks, aws.read),
    Format("cloudevents", "CloudEvents as JSON or in HTTP requests", cloud_events.looks, cloud_events.read),
    Format(
        "service-bus",
        "Service Bus messages and dead letters as JSON",
        queue_messages.looks_service_bus,
        queue_messages.read_service_bus,
    ),
    Format("azure-queue", "storage queue messages as JSON", queue_messages.looks_storage, queue_messages.read_storage),
    Format("http", "one HTTP request as text", http_requests.looks, http_requests.read),
    Format("payload", "one bare payload, the file as it is", payload.looks, payload.read),
)
FORMATS: Mapping[str, Format] = {item.name: item for item in _ALL}
"""By name, in the order in which they are tried."""
