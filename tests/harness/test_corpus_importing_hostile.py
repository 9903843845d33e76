"""Foreign files may hold anything: importing is bounded, says what is wrong and where, and loses nothing silently."""

from __future__ import annotations

import json
import os
import resource
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.test_corpus_importing import CAPTURE, CLOUD, archive, avro, captured, entry, imported, put

from fnfuzz.corpus.importing import FORMATS, ImportRefused, Tally, avro_blocks, detect, read_records, registry, source
from fnfuzz.events import QueueEvent

MEBIBYTE = 1024 * 1024


def refusal(path: Path, format: str = "") -> str:
    with pytest.raises(ImportRefused) as caught:
        imported(path, format)
    return str(caught.value)


def test_what_is_no_readable_file_is_refused_with_the_next_step(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "No such file" in refusal(tmp_path / "none.json")
    assert "no regular file" in refusal(tmp_path / "pipe")
    assert "--format payload" in refusal(put(tmp_path, "empty.json", b" \n"))


def test_records_before_the_damage_are_given(tmp_path: Path) -> None:
    whole = json.dumps(archive(*[entry()] * 3))
    path = put(tmp_path, "x.har", whole[: len(whole) - 400])
    tally = Tally()
    records: list[int] = []
    with pytest.raises(ImportRefused, match="behind item 2") as caught:
        records.extend(record.number for record in read_records(path, tally))
    assert str(path) in str(caught.value)
    assert tally.records == 2


def test_nesting_is_bounded(tmp_path: Path) -> None:
    deep = b'{"specversion":"1.0","id":"1","source":"s","type":"t","data":' + b"[" * 100_000
    assert "nested deeper" in refusal(put(tmp_path, "a.json", deep), "cloudevents")
    line = b'{"trigger":"queue"}\n' + b'{"a":' * 500 + b"1" + b"}" * 500
    tally = imported(put(tmp_path, "b.ndjson", line))[1]
    assert tally.skipped == {"JSON nested deeper than 200": 1}


def test_one_long_value_is_refused_before_it_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_DOCUMENT", MEBIBYTE)
    text = "x" * (2 * MEBIBYTE)
    assert "longer than 1 MiB" in refusal(put(tmp_path, "a.json", [{**CLOUD, "data": text}]), "cloudevents")
    assert "longer than 1 MiB" in refusal(put(tmp_path, "b.ndjson", text), "events")
    assert "in one piece" in refusal(put(tmp_path, "c.bin", text))


def test_a_large_archive_is_read_entry_by_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "MAX_DOCUMENT", MEBIBYTE)
    one = entry("POST", postData={"mimeType": "text/plain", "text": "y" * 100_000})
    records, _ = imported(put(tmp_path, "x.har", archive(*[one] * 60)))
    assert len(records) == 60


def test_too_many_records_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "MAX_RECORDS", 3)
    assert "more than 3 records" in refusal(put(tmp_path, "x.json", [CLOUD] * 4))


def test_values_that_no_host_can_send_are_counted(tmp_path: Path) -> None:
    lines = '{"trigger":"queue","id":"\\ud800"}\n{"trigger":"queue","message":NaN}\n{"trigger":"queue"}'
    records, tally = imported(put(tmp_path, "x.ndjson", lines))
    assert len(records) == 1
    assert sum(tally.skipped.values()) == 2


def test_huge_numbers_are_no_way_out(tmp_path: Path) -> None:
    many = "9" * 10_000
    text = json.dumps(CLOUD).replace("17", many)
    for name in ("a.json", "b.ndjson"):
        _, tally = imported(put(tmp_path, name, text), "cloudevents")
        assert tally.skipped == {"a value that JSON in UTF-8 cannot hold": 1}
    records, _ = imported(put(tmp_path, "c.json", {**CLOUD, "time": 10**30}))
    assert records[0].at == 0


# -- Avro


def container(schema: object, body: bytes, codec: bytes = b"null", count: int = 1) -> bytes:
    def sized(data: bytes) -> bytes:
        return number(len(data)) + data

    metadata = sized(b"avro.schema") + sized(json.dumps(schema).encode()) + sized(b"avro.codec") + sized(codec)
    return b"Obj\x01" + number(2) + metadata + number(0) + b"m" * 16 + number(count) + sized(body) + b"m" * 16


def number(value: int) -> bytes:
    value, found = value << 1, bytearray()
    while value >= 0x80:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))


def test_an_avro_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(avro_blocks, "MAX_BLOCK", MEBIBYTE)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = packer.compress(b"\0" * (20 * MEBIBYTE)) + packer.flush()
    assert "unpacks to more than 1 MiB" in refusal(put(tmp_path, "x.avro", container(CAPTURE, bomb, b"deflate")))


def test_an_avro_schema_whose_records_take_no_bytes_is_refused(tmp_path: Path) -> None:
    nulls = {"type": "record", "name": "E", "fields": [{"name": "Body", "type": "null"}]}
    lists = {"type": "array", "items": "null"}
    many = {"type": "record", "name": "E", "fields": [{"name": "Body", "type": "bytes"}, {"name": "x", "type": lists}]}
    for schema in (nulls, many, {"type": "record", "name": "E", "fields": []}, [], "long"):
        assert "no capture" in refusal(put(tmp_path, "x.avro", container(schema, b"", count=10**9)))
    assert "records in 0 bytes" in refusal(put(tmp_path, "z.avro", container(CAPTURE, b"", count=10**9)))
    assert "packed with snappy" in refusal(put(tmp_path, "y.avro", container(CAPTURE, b"", b"snappy")))


def test_an_avro_schema_with_other_types_gives_what_fits(tmp_path: Path) -> None:
    def schema(body: object) -> dict[str, Any]:
        fields = [{"name": "Body", "type": body}, {"name": "Properties", "type": "string"}]
        return {"type": "record", "name": "E", "fields": fields}

    records, _ = imported(put(tmp_path, "x.avro", container(schema("bytes"), b"\x02a\x02b")))
    assert isinstance(records[0].event, QueueEvent)
    assert records[0].event == QueueEvent(message=b"a", id=records[0].event.id, expires=None)
    _, tally = imported(put(tmp_path, "y.avro", container(schema(["long", "null"]), b"\x00\xfe\xff\xff\xff\x0f\x02b")))
    assert tally.skipped == {"an event without a body": 1}
    for odd in ({**schema("bytes"), "fields": 5}, {**schema("bytes"), "fields": [{"name": [], "type": "bytes"}]}):
        assert "no capture" in refusal(put(tmp_path, "z.avro", container(odd, b"\x02a")))


def test_an_avro_file_that_is_cut_off_anywhere_is_told_with_the_place(tmp_path: Path) -> None:
    content = avro([captured(b"x" * 20)], "deflate")
    for end in range(4, len(content) - 1, 7):
        assert "x.avro, byte " in refusal(put(tmp_path, "x.avro", content[:end]))


@settings(max_examples=60, deadline=None)
@given(at=st.integers(0, 10_000), byte=st.integers(0, 255))
def test_a_damaged_avro_file_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    content = bytearray(avro([captured(b"x"), captured(b"y")]))
    content[at % len(content)] = byte
    readable(put(tmp_path_factory.mktemp("avro"), "x.avro", bytes(content)), "event-hubs")


# -- every format, any bytes


def readable(path: Path, format: str) -> None:
    """Read or refused, and every record or skipped value counted."""
    tally = Tally()
    said = str(path)
    count = 0
    try:
        for record in read_records(path, tally, format=format):
            count += record.event is not None
    except ImportRefused as error:
        said = str(error)
    assert str(path) in said
    assert count == tally.records


KEYS = st.sampled_from(
    (
        *("log", "entries", "request", "url", "method", "headers", "postData", "text", "params", "response", "status"),
        *("specversion", "id", "source", "type", "time", "data", "data_base64", "trigger", "event", "message", "body"),
        *("Records", "eventSource", "s3", "object", "key", "Sns", "rawPath", "httpMethod", "cookies", "requestContext"),
        *("content", "insertionTime", "dequeueCount", "events", "oss", "attrs", "Extend", "triggerTime", "payload"),
    )
)
WORDS = st.sampled_from(("http", "queue", "aws:s3", "aws:sqs", "1.0", "https://a/b?c", "[x", "AP8=", "POST", "\ud800"))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=12,
)


@pytest.mark.parametrize("format", [name for name in FORMATS if name != "folder"])
@settings(max_examples=25, deadline=None)
@given(value=JSON, loose=st.binary(max_size=60))
def test_any_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, format: str, value: Any, loose: bytes
) -> None:
    folder = tmp_path_factory.mktemp("any")
    contents = (json.dumps(value), json.dumps(archive(value)), json.dumps([value, value]), loose, b'{"a":' + loose)
    for number_, content in enumerate(contents):
        path = put(folder, f"{number_}.json", content)
        readable(path, format)
        data = content if isinstance(content, bytes) else content.encode()
        if data.strip(b" \t\r\n\x0b\x0c\x00\xef\xbb\xbf\xff\xfe"):
            assert detect(path).format in FORMATS


@settings(max_examples=60, deadline=None)
@given(head=st.sampled_from((b"POST / HTTP/1.1\r\n", b"GET http://a/b HTTP/1.1\n")), rest=st.binary(max_size=80))
def test_any_http_message_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, head: bytes, rest: bytes
) -> None:
    readable(put(tmp_path_factory.mktemp("http"), "x.http", head + rest), "http")


def test_memory_stays_small_with_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "big.json"
    one = json.dumps({**CLOUD, "data": "z" * 10_000})
    with path.open("w") as file:
        file.write("[" + ",".join([one] * 100))
        for _ in range(29):
            file.write("," + ",".join([one] * 100))
        file.write("]")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count = sum(isinstance(record.event, QueueEvent) for record in read_records(path, Tally()))
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert count == 3000
    assert grown * (1 if sys.platform == "darwin" else 1024) < 15 * MEBIBYTE
