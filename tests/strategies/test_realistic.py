from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
from tests.strategies.kit import assert_all_examples, find_any
from tests.strategies.legality import is_legal

from fnfuzz.events import EVENT_TYPES, BlobEvent, HttpEvent, QueueEvent, from_data, to_data
from fnfuzz_strategies import KINDS, LOCALES, realistic_events, samples, seeds

each_trigger = pytest.mark.parametrize("trigger", EVENT_TYPES)


@each_trigger
def test_samples_are_legal_events_of_their_trigger(trigger: str) -> None:
    events = list(samples(trigger, count=40, seed=3))
    assert len(events) == 40
    assert all(event.trigger == trigger and is_legal(event) for event in events)
    assert [from_data(to_data(event)) for event in events] == events


@each_trigger
def test_the_same_seed_gives_the_same_samples_and_another_seed_others(trigger: str) -> None:
    first = list(samples(trigger, count=12, seed=3))
    assert first == list(samples(trigger, count=12, seed=3))
    assert first[:5] == list(samples(trigger, count=5, seed=3))
    assert first != list(samples(trigger, count=12, seed=4))


def test_every_kind_of_http_sample_appears() -> None:
    events = [e for e in samples("http", count=len(KINDS["http"]), seed=1) if isinstance(e, HttpEvent)]
    assert len({event.path for event in events}) == len(KINDS["http"])
    assert {event.method for event in events} == {"GET", "POST"}
    assert any(name == "X-Hub-Signature-256" for event in events for name, _ in event.headers)


def test_queue_samples_are_json_objects_of_every_kind() -> None:
    events = [e for e in samples("queue", count=len(KINDS["queue"]), seed=1) if isinstance(e, QueueEvent)]
    shapes = {frozenset(json.loads(event.message)) for event in events}
    assert len(shapes) == len(KINDS["queue"])


def test_an_order_adds_up() -> None:
    order = json.loads(next(iter(samples("queue", count=1, seed=5))).message)  # type: ignore[union-attr]
    assert order["total"] == pytest.approx(sum(line["qty"] * line["price"] for line in order["items"]))


def _blobs() -> dict[str, BlobEvent]:
    kinds = KINDS["blob"]
    found = [event for event in samples("blob", count=len(kinds), seed=1) if isinstance(event, BlobEvent)]
    return dict(zip(kinds, found, strict=True))


def test_blob_samples_are_files_that_their_readers_accept() -> None:
    blobs = _blobs()
    assert isinstance(json.loads(blobs["json"].content), dict)
    assert all(isinstance(json.loads(line), dict) for line in blobs["ndjson"].content.splitlines())
    assert ElementTree.fromstring(blobs["xml"].content).tag == "user"
    assert blobs["csv"].content.startswith(b"id,name,email,city\r\n1,")
    assert blobs["pdf"].content.endswith(b"%%EOF\n")


def test_the_png_is_a_whole_picture() -> None:
    content = _blobs()["png"].content
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    at, kinds = 8, []
    while at < len(content):
        size, kind = struct.unpack(">I4s", content[at : at + 8])
        data, crc = content[at + 8 : at + 8 + size], content[at + 8 + size : at + 12 + size]
        assert struct.unpack(">I", crc)[0] == zlib.crc32(kind + data)
        assert kind != b"IDAT" or len(zlib.decompress(data)) == 4
        kinds.append(kind)
        at += size + 12
    assert kinds == [b"IHDR", b"IDAT", b"IEND"]


def test_the_offsets_of_the_pdf_are_right() -> None:
    content = _blobs()["pdf"].content
    offsets = [int(found) for found in re.findall(rb"(\d{10}) 00000 n", content)]
    assert [content[offset : offset + 7] for offset in offsets] == [b"1 0 obj", b"2 0 obj", b"3 0 obj"]
    start = int(re.findall(rb"startxref\n(\d+)", content)[0])
    assert content[start : start + 4] == b"xref"


@pytest.mark.parametrize(
    ("kind", "script"),
    [
        ("text-japanese", "[\u3040-\u30ff]"),
        ("text-arabic", "[\u0600-\u06ff]"),
        ("text-hebrew", "[\u0590-\u05ff]"),
        ("text-german", "[äöüß]"),
        ("text-emoji", "[\U0001f300-\U0001faff]"),
    ],
)
def test_plain_text_comes_in_several_languages(kind: str, script: str) -> None:
    assert re.search(script, _blobs()[kind].content.decode("utf-8"))


@each_trigger
def test_realistic_events_are_legal_and_reach_every_kind(trigger: str) -> None:
    assert_all_examples(realistic_events(trigger), is_legal, count=40)
    for kind in KINDS[trigger]:
        assert_all_examples(realistic_events(trigger, kinds=[kind]), is_legal, count=3)


def test_a_locale_shows_in_the_content() -> None:
    japanese = realistic_events("queue", kinds=["user"], locales=["ja_JP"])
    found = find_any(japanese, lambda event: isinstance(event, QueueEvent) and not event.message.isascii())
    assert re.search("[\u3040-\u9fff]", found.message.decode())  # type: ignore[union-attr]


@each_trigger
def test_seeds_are_legal_distinct_and_begin_with_the_dullest(trigger: str) -> None:
    events = seeds(trigger)
    assert all(event.trigger == trigger and is_legal(event) for event in events)
    assert len(set(events)) == len(events) > 3
    assert seeds(trigger) == events
    assert events[0] in (
        EVENT_TYPES[trigger](),
        HttpEvent(path="/api"),
        BlobEvent(name="empty.txt", content_type="text/plain"),
    )


def test_seeds_hold_the_typical_contents() -> None:
    messages = {event.message for event in seeds("queue") if isinstance(event, QueueEvent)}
    assert {b"", b"{}", b"hello", b"[]"} <= messages
    assert any(not message.isascii() for message in messages)
    assert base64.b64encode(bytes(range(256))).decode() in {
        to_data(event).get("content_base64") for event in seeds("blob")
    }


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: samples("tcp", count=1, seed=1), "trigger: 'tcp' is none of http, queue"),
        (lambda: samples("http", count=-1, seed=1), "count: -1 is not a whole number"),
        (lambda: realistic_events("tcp"), "trigger: 'tcp' is none of"),
        (lambda: realistic_events("queue", kinds=["png"]), "kinds: 'png' is none of order"),
        (lambda: realistic_events("queue", locales=[]), "locales: [] is not a non-empty list"),
        (lambda: realistic_events("queue", locales=["xx"]), f"locales: 'xx' is none of {LOCALES[0]}"),
        (lambda: seeds("tcp"), "trigger: 'tcp' is none of"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
