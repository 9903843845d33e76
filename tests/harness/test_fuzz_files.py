"""Files of the kinds that a source speaks of, and bytes whose lengths lie."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from io import BytesIO
from random import Random
from typing import Any

import pytest

from fnfuzz.app.model import Function
from fnfuzz.events import BlobEvent, HttpEvent
from fnfuzz.fuzz.mutation.files import KINDS, NUMBERS, WHOLE, files, torn
from fnfuzz.fuzz.seeding import seed_events
from fnfuzz.fuzz.trees.tree import payload_bytes, to_event, to_tree
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz.fuzz.words.formats import MEDIA

BLOB = Function(name="b", trigger="blob", contract="azure-http", source="uploads/{name}")
WEB = Function(name="h", trigger="http", contract="fc-web")
RANDOM = Random(1)
MADE = {kind.extension: kind.make() for kind in KINDS}


def boxes(data: bytes) -> list[bytes]:
    """The types of the boxes that follow each other."""
    found = []
    while data:
        size = struct.unpack(">I", data[:4])[0]
        found.append(data[4:8])
        data = data[size:]
    return found


def test_the_files_are_what_they_say() -> None:
    png = MADE["png"]
    length = struct.unpack(">I", png[8:12])[0]
    assert (png[12:16], zlib.crc32(png[12 : 16 + length])) == (
        b"IHDR",
        struct.unpack(">I", png[16 + length : 20 + length])[0],
    )
    assert boxes(MADE["mp4"]) == boxes(MADE["heic"]) == [b"ftyp", b"meta", b"moov", b"mdat"]
    assert zipfile.ZipFile(BytesIO(MADE["zip"])).testzip() is None
    assert gzip.decompress(MADE["gz"]).startswith(b"id,")
    for riff in (MADE["wav"], MADE["webp"]):
        assert struct.unpack("<I", riff[4:8])[0] == len(riff) - 8
    assert struct.unpack("<I", MADE["bmp"][2:6])[0] == len(MADE["bmp"])
    assert MADE["gif"].endswith(b";")
    assert MADE["jpg"].endswith(b"\xff\xd9")


def test_only_kinds_that_the_source_speaks_of_are_made() -> None:
    tree = to_tree(BlobEvent(name="a.json", content=b"{}"), BLOB)
    found = list(files(tree, Dictionary(names=("gif",), texts=("image/jpeg",)), RANDOM))
    told = {(item["name"], item["content_type"]) for item in found}
    assert told == {("a.jpg", "image/jpeg"), ("a.gif", "image/gif")}
    assert list(files(tree, Dictionary(), RANDOM)) == []


def test_every_kind_that_is_heard_in_code_has_a_file() -> None:
    assert frozenset().union(*(kind.words for kind in KINDS)) >= MEDIA


def test_damaged_ones_come_right_after_the_whole_ones() -> None:
    spoken = Dictionary(media=frozenset({"gzip", "png"}))
    made = [payload_bytes(tree["content"]) for tree in files(to_tree(BlobEvent(), BLOB), spoken, RANDOM)]
    whole = {MADE["gz"], MADE["png"]}
    assert set(made[:2]) == whole
    assert len(set(made[2:14]) - whole) == 12
    assert {data[:2] for data in made[2:14]} == {data[:2] for data in whole}


def test_names_end_as_the_source_says() -> None:
    tree = to_tree(BlobEvent(name="a.json", content=b"{}"), BLOB)
    found = list(files(tree, Dictionary(suffixes=(".csv",), keys=(".qqq",)), RANDOM))
    assert [(item["name"], item["content_type"]) for item in found] == [
        ("a.csv", "text/csv"),
        ("a.qqq", "application/octet-stream"),
    ]


def test_brands_of_the_source_get_files() -> None:
    tree = to_tree(BlobEvent(name="a", content=b""), BLOB)
    found = [payload_bytes(item["content"]) for item in files(tree, Dictionary(keys=("ftyp", "avif")), RANDOM)]
    assert any(data[4:12] == b"ftypavif" for data in found)


def test_a_request_with_a_body_says_what_it_holds() -> None:
    words = Dictionary(names=("png",))
    post = to_tree(HttpEvent(method="POST", path="/", body=b"{}"), WEB)
    assert all(item["headers"][-1] == ["Content-Type", "image/png"] for item in files(post, words, RANDOM))
    assert list(files(to_tree(HttpEvent(method="GET", path="/"), WEB), words, RANDOM)) == []


def test_a_run_begins_with_them() -> None:
    seeds = seed_events(BLOB, Dictionary(names=("png",), keys=(".mp4",)), {}, (), 1)
    names = [event.name.rpartition(".")[2] for event in seeds if isinstance(event, BlobEvent)]
    assert {"png", "mp4"} <= set(names)


@pytest.mark.parametrize("kind", [kind.extension for kind in KINDS if kind.extension != "pdf"])
def test_each_length_becomes_none_and_each_file_ends_early(kind: str) -> None:
    data = MADE[kind]
    event = BlobEvent(name="a", content=data)
    found = [payload_bytes(item["content"]) for item in torn(to_tree(event, BLOB), Dictionary(), RANDOM)]
    assert data[: len(data) // 2] in found or len(data) // 2 >= WHOLE
    for number in NUMBERS:
        assert any(made[:4] == (number + data[len(number) :])[:4] for made in found) or data.startswith(number)
    assert data not in found
    assert len(found) < 12 * WHOLE


def test_text_and_much_of_it_is_left_alone() -> None:
    for body in (b"{}", b"plain", b"", b"\xff" * 200_000):
        tree: Any = to_tree(HttpEvent(method="POST", path="/", body=body), WEB)
        assert list(torn(tree, Dictionary(), RANDOM)) == []


def test_what_is_made_can_be_delivered() -> None:
    event = BlobEvent(name="a.json", content=b"\xff\xd8\xff\xe0")
    words = Dictionary(names=tuple(sorted(word for kind in KINDS for word in kind.words)))
    trees = [*files(to_tree(event, BLOB), words, RANDOM), *torn(to_tree(event, BLOB), words, RANDOM)]
    assert all(to_event(tree, event, BLOB) is not None for tree in trees)
