"""CloudEvents: structured JSON, single or in batches, by line, and all three modes of HTTP requests in archives.

A CloudEvent becomes a queue message: its data the message, id and time those of the message, all other attributes as
attributes; a blob event where the source is Azure Storage and says that a blob was written. With ``trigger`` http it is
the POST of the structured mode, with raw its JSON.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from fnfuzz.contracts.model import HttpRequest
from fnfuzz.contracts.reading.wire import header, stand_in
from fnfuzz.corpus.importing import har
from fnfuzz.corpus.importing.documents import documents, sample_of
from fnfuzz.corpus.importing.http_requests import message
from fnfuzz.corpus.importing.json_stream import json_bytes, parsed
from fnfuzz.corpus.importing.model import Options, Tally, Unfit, converted
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.source import utf8, whole_file
from fnfuzz.corpus.importing.times import iso, micros
from fnfuzz.corpus.model import Record
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent

__all__ = ["in_request", "looks", "read"]

REQUIRED = ("specversion", "id", "source", "type")
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
OWN = frozenset(("id", "time", "data", "data_base64"))
BLOB_CREATED = "Microsoft.Storage.BlobCreated"


def looks(sample: Sample) -> str:
    """Has the first value the four attributes that every CloudEvent has?"""
    if not sample.has(*REQUIRED):
        return ""
    return f"its first value has specversion {sample.members['specversion']!r}, id, source and type: CloudEvents"


def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """One record for each CloudEvent; archives and HTTP messages are searched for requests that carry some."""
    sample = sample_of(path)
    if har.looks(sample):
        yield from converted(har.entries(path), _in_entry, options, tally)
    elif sample.kind == "http":
        yield from converted([("the message", whole_file(path))], _in_message, options, tally)
    else:
        yield from converted(documents(path), convert, options, tally)


def convert(value: Any, options: Options) -> Iterable[Record]:
    """The record of one structured CloudEvent."""
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) and value[name] for name in REQUIRED):
        raise Unfit("no CloudEvent: specversion, id, source or type is missing")
    return [Record(function=options.function, event=_event(value, options), at=micros(value.get("time")))]


def in_request(request: HttpRequest) -> list[dict[str, Any]]:
    """The CloudEvents that a request carries, in structured form; empty when it carries none."""
    media = (header(request.headers, "content-type") or "").partition(";")[0].strip().lower()
    if media in (STRUCTURED, BATCH):
        value = parsed(request.body)
        return value if media == BATCH and isinstance(value, list) else [value]
    attributes = {name[3:].lower(): value for name, value in request.headers if name[:3].lower() == "ce-"}
    if "specversion" not in attributes:
        return []
    binary = {name: unquote(value) for name, value in attributes.items()}
    data = {"data_base64": base64.b64encode(request.body).decode("ascii")} if request.body else {}
    return [{**binary, **({"datacontenttype": media} if media else {}), **data}]


def _in_entry(entry: Any, options: Options) -> Iterator[Record]:
    yield from _in(har.request_of(entry), options)


def _in_message(content: bytes, options: Options) -> Iterator[Record]:
    yield from _in(message(content), options)


def _in(request: HttpRequest, options: Options) -> Iterator[Record]:
    found = in_request(request)
    if not found:
        raise Unfit("a request that carries no CloudEvent")
    for value in found:
        yield from convert(value, options)


def _event(value: Mapping[str, Any], options: Options) -> Event:
    if options.trigger == "http":
        return HttpEvent(
            method="POST",
            path=f"/api/{options.function}" if options.function else "/",
            headers=(("Content-Type", f"{STRUCTURED}; charset=utf-8"),),
            body=json_bytes(value),
        )
    if options.trigger == "raw":
        return RawEvent(body=json_bytes(value))
    if value["type"] == BLOB_CREATED and isinstance(value.get("subject"), str):
        return _blob(value)
    return QueueEvent(
        message=_data(value),
        id=value["id"],
        inserted=iso(value.get("time")) or QueueEvent().inserted,
        expires=None,
        attributes=tuple((name, _text(item)) for name, item in value.items() if name not in OWN and item is not None),
    )


def _blob(value: Mapping[str, Any]) -> BlobEvent:
    """The subject is ``/blobServices/default/containers/NAME/blobs/PATH``."""
    data = value.get("data")
    data = data if isinstance(data, dict) else {}
    usual = BlobEvent()
    return BlobEvent(
        name=value["subject"].partition("/blobs/")[2] or "blob",
        content=stand_in(data.get("contentLength")),
        content_type=str(data.get("contentType") or usual.content_type),
        modified=iso(value.get("time")) or usual.modified,
    )


def _data(value: Mapping[str, Any]) -> bytes:
    """Text data is itself unless it is said to be JSON; then a text is a JSON text."""
    if isinstance(encoded := value.get("data_base64"), str):
        try:
            return base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise Unfit("data_base64 is no base64") from error
    data = value.get("data")
    if data is None:
        return b""
    media = str(value.get("datacontenttype") or "application/json")
    if isinstance(data, str) and "json" not in media:
        return utf8(data)
    return json_bytes(data)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_bytes(value).decode("utf-8")
