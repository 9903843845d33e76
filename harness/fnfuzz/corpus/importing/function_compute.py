"""Sample events of Function Compute: one body of POST /invoke a file (alibaba-fc.md 3.5, 6).

OSS, MNS, timer and HTTP trigger events become the events that they stand for, a batch of queue messages one for each;
every other body, and one that no event can express in full, is a RawEvent of the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from fnfuzz.contracts.reading.fc_bodies import queue_messages, read_shape
from fnfuzz.corpus.importing.documents import sample_of
from fnfuzz.corpus.importing.json_stream import json_bytes, json_lines, parsed
from fnfuzz.corpus.importing.model import Options, Placed, Tally, Unfit, converted
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.source import whole_file
from fnfuzz.corpus.model import Record
from fnfuzz.events import RawEvent

__all__ = ["looks", "read"]

SHAPES = (
    (("triggerTime", "triggerName", "payload"), "an event of a timer"),
    (("TopicOwner", "TopicName", "Message"), "a message of an MNS topic"),
    (("source.logstoreName", "cursorTime"), "an event of the log service"),
    (("httpMethod", "queryParameters", "headers"), "an event of the API gateway"),
    (("rawPath", "queryParameters", "requestContext"), "an event of an HTTP trigger"),
    (("body", "attrs.Extend"), "a message of an MNS topic with attributes"),
)
BUS_TYPES = ("mns:", "alikafka:", "mq:", "amqp:", "dts:")


def looks(sample: Sample) -> str:
    """Has the first value the members of an event source of Function Compute?"""
    source, kind = sample.text("events.eventSource"), sample.text("type")
    if source in ("acs:oss", "cdn"):
        return f"its events have eventSource {source!r}: an event of Function Compute"
    if sample.has("specversion") and (kind.startswith(BUS_TYPES) or sample.has("aliyunaccountid")):
        return f"it has type {kind!r}: an event of Function Compute through EventBridge"
    found = next(((names, what) for names, what in SHAPES if sample.has(*names)), None)
    return f"it has {', '.join(found[0])}: {found[1]} of Function Compute" if found else ""


def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """The events of one body; a file with one a line gives those of each."""
    if sample_of(path).kind == "lines":
        values: Iterable[Placed] = ((place, _bytes(value)) for place, value in json_lines(path))
    else:
        values = [("the body", whole_file(path))]
    yield from converted(values, convert, options, tally)


def _bytes(value: Any) -> bytes | Unfit:
    if isinstance(value, Unfit):
        return value
    try:
        return json_bytes(value)
    except Unfit as reason:
        return reason


def convert(body: bytes, options: Options) -> Iterable[Record]:
    """The records of one body."""
    body = body.strip() if body.lstrip()[:1] in (b"{", b"[") else body
    shape = read_shape(body)
    events = [shape[1].event] if shape else [told.event for told in queue_messages(_value(body))]
    return [Record(function=options.function, event=event) for event in events or [RawEvent(body=body)]]


def _value(body: bytes) -> Any:
    try:
        return parsed(body)
    except Unfit:
        return None
