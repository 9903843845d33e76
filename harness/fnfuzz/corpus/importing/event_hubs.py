"""Avro files of Event Hubs Capture: the body of each event as a queue message, its properties as attributes.

Needs fastavro, which ``pip install 'fnfuzz[avro]'`` brings.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from fnfuzz.corpus.importing.avro_blocks import blocks
from fnfuzz.corpus.importing.json_stream import parsed
from fnfuzz.corpus.importing.model import NO_ID, ImportRefused, Options, Placed, Tally, Unfit, converted
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.times import iso, micros
from fnfuzz.corpus.model import Record
from fnfuzz.events import QueueEvent

__all__ = ["looks", "read"]

SCALARS = frozenset(("null", "boolean", "int", "long", "float", "double", "string", "bytes"))
INSTALL = "Avro files need fastavro; install it with: pip install 'fnfuzz[avro]'"


def looks(sample: Sample) -> str:
    """Is it an Avro container?"""
    return "it begins like an Avro container: a capture of Event Hubs" if sample.kind == "avro" else ""


def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """One record for each captured event. Raises ImportRefused without fastavro, and for other Avro files."""
    yield from converted(_events(path, _decoder(path)), convert, options, tally)


def convert(value: Any, options: Options) -> Iterable[Record]:
    """The record of one captured event."""
    body = value.get("Body")
    if not isinstance(body, (str, bytes)):
        raise Unfit("an event without a body")
    properties = value.get("Properties")
    usual = QueueEvent()
    time = value.get("EnqueuedTimeUtc")
    event = QueueEvent(
        message=body.encode("utf-8") if isinstance(body, str) else body,
        id=str(value.get("SequenceNumber", NO_ID)),
        inserted=iso(time) or usual.inserted,
        expires=None,
        attributes=tuple((name, _text(item)) for name, item in properties.items())
        if isinstance(properties, dict)
        else (),
    )
    return [Record(function=options.function, event=event, at=micros(time))]


def _decoder(path: Path) -> Callable[[io.BytesIO, Any], Any]:
    try:
        from fastavro import schemaless_reader
    except ImportError as error:
        raise ImportRefused(INSTALL, path) from error
    # One argument more only chooses between two schemas; there is one.
    return lambda content, schema: schemaless_reader(content, schema, None)


def _checked(path: Path, schema: bytes) -> Any:
    """The schema, if it is as flat as that of a capture: then every record takes bytes, and decoding is bounded."""
    try:
        value = parsed(schema)
    except Unfit as error:
        raise ImportRefused("has no schema that can be read", path) from error
    fields = value.get("fields") if isinstance(value, dict) and value.get("type") == "record" else None
    fields = fields if isinstance(fields, list) else []
    types = {str(item.get("name")): item.get("type") for item in fields if isinstance(item, dict)}
    body = types.get("Body")
    if not (body in ("bytes", "string") or isinstance(body, list)) or not all(map(_is_flat, types.values())):
        message = "is an Avro file, but no capture of Event Hubs: its records have no Body, or more than captures have"
        raise ImportRefused(message, path)
    return value


def _is_flat(kind: object, depth: int = 0) -> bool:
    if isinstance(kind, list):
        return len(kind) > 1 and all(_is_flat(item, depth + 1) for item in kind)
    if isinstance(kind, Mapping):
        return kind.get("type") == "map" and depth == 0 and _is_flat(kind.get("values"), depth + 1)
    return kind in SCALARS if isinstance(kind, str) else False


def _events(path: Path, decode: Callable[[io.BytesIO, Any], Any]) -> Iterator[Placed]:
    schemas: list[Any] = []
    number = 0
    for offset, count, data in blocks(path, lambda schema: schemas.append(_checked(path, schema))):
        content = io.BytesIO(data)
        for _ in range(count):
            number += 1
            try:
                value = decode(content, schemas[0])
            except Exception as error:  # a foreign decoder on foreign bytes: whatever it raises means a damaged block
                message = f"event {number} cannot be read ({type(error).__name__}); the file is damaged from here on"
                raise ImportRefused(message, path, offset) from error
            yield f"event {number}", value


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else "" if value is None else str(value)
