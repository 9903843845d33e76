"""Bare payloads, one a file: the bytes as they are, in the event that the option ``trigger`` names."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from fnfuzz.corpus.importing.model import NO_ID, Options, Tally, converted
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.source import whole_file
from fnfuzz.corpus.model import Record
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent

__all__ = ["TRIGGERS", "looks", "payload_note", "read"]

UNKNOWN = "application/octet-stream"
TYPES: Mapping[str, str] = {
    ".json": "application/json",
    ".txt": "text/plain",
    ".bin": UNKNOWN,
    ".xml": "application/xml",
}
"""Named here because the table of the machine may have others."""


def looks(sample: Sample) -> str:
    """Anything is a payload, if nothing else."""
    return "" if sample.kind == "folder" else "it has the form of no known event: a bare payload"


def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """One record with the whole file."""
    values = [("the file", whole_file(path))]

    def convert(content: bytes, options: Options) -> Iterable[Record]:
        tally.note(payload_note(options.trigger))
        return [Record(function=options.function, event=_MAKERS[options.trigger](path, content, options))]

    yield from converted(values, convert, options, tally)


def payload_note(trigger: str) -> str:
    """What to tell about files that were taken for payloads."""
    return f"bare payloads were taken for {trigger} events (--trigger chooses another)"


def _http(path: Path, content: bytes, options: Options) -> Event:
    target = f"/api/{quote(options.function)}" if options.function else "/"
    return HttpEvent(method="POST", path=target, headers=(("Content-Type", _type(path)),), body=content)


def _blob(path: Path, content: bytes, options: Options) -> Event:
    return BlobEvent(name=path.name, content=content, content_type=_type(path))


def _type(path: Path) -> str:
    suffix = path.suffix.lower()
    return TYPES.get(suffix) or mimetypes.guess_type(f"x{suffix}")[0] or UNKNOWN


_MAKERS: Mapping[str, Callable[[Path, bytes, Options], Event]] = {
    "queue": lambda path, content, options: QueueEvent(message=content, id=NO_ID),
    "http": _http,
    "blob": _blob,
    "raw": lambda path, content, options: RawEvent(body=content),
}

TRIGGERS = tuple(_MAKERS)
"""What a bare payload may be."""
