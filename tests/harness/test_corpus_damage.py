"""Whatever happens to the files, everything undamaged is read, and the damage is told with file and offset."""

from __future__ import annotations

import json
import os
import shutil
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import msgpack
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness.kit.records import RECORDS, filled, order

from fnfuzz.corpus import Corpus, CorpusError, Record
from fnfuzz.corpus.format.frames import FRAME, HEAD, compress_frame, compressor, segment_head
from fnfuzz.corpus.format.packing import Packing
from fnfuzz.corpus.format.rows import circumstances_row, exchange_row
from fnfuzz.corpus.format.schema import SCHEMA

FRAMES = [[order(1)], [order(2), order(3)], [order(4)]]
HOSTILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
KEY = b"12345678"


@dataclass(frozen=True)
class Small:
    """A corpus of one small segment. ``ends`` says where its head and each of its frames end."""

    path: Path
    segment: Path
    data: bytes
    ends: tuple[int, ...]

    def with_segment(self, data: bytes) -> Corpus:
        """The corpus, opened after its segment became ``data``, without caches of what was before."""
        shutil.rmtree(self.path / "index", ignore_errors=True)
        self.segment.write_bytes(data)
        return Corpus.open(self.path)


@pytest.fixture
def small(tmp_path: Path) -> Small:
    corpus = filled(tmp_path / "c", *FRAMES)
    [segment] = corpus.segments()
    with segment.reader() as (read, size):
        ends = tuple(frame.end for frame in segment.frames(read, size))
    return Small(tmp_path / "c", segment.path, segment.path.read_bytes(), (HEAD.size, *ends))


def numbers(corpus: Corpus) -> list[int]:
    return [record.number for record in corpus]


def test_a_file_that_is_cut_at_any_byte_gives_every_frame_before_the_cut(small: Small) -> None:
    for cut in range(len(small.data)):
        corpus = small.with_segment(small.data[:cut])
        whole = sum(end <= cut for end in small.ends[1:])
        expected = [record.number for frame in FRAMES[:whole] for record in frame]
        assert numbers(corpus) == expected, cut
        if cut in small.ends:
            assert corpus.damage == ()
        else:
            [damage] = corpus.damage
            assert damage.file == f"segments/{small.segment.name}"
            assert damage.offset == max((end for end in small.ends if end < cut), default=0), cut
        assert len(corpus) == len(expected)


def test_a_corpus_with_a_cut_segment_takes_new_records(small: Small) -> None:
    corpus = small.with_segment(small.data[: small.ends[2] + 5])
    filled(small.path, [order(9)])
    assert numbers(corpus) == [1, 2, 3, 9]
    assert len(corpus.damage) == 1


def test_a_file_with_any_byte_changed_gives_every_other_frame(small: Small) -> None:
    for at in range(len(small.data)):
        changed = small.data[at] ^ (1 + at * 37 % 255)
        broken = bytes((*small.data[:at], changed, *small.data[at + 1 :]))
        corpus = small.with_segment(broken)
        hit = sum(end <= at for end in small.ends)  # 0 is the head of the file
        expected = [record.number for place, frame in enumerate(FRAMES, 1) if place != hit for record in frame]
        assert numbers(corpus) == expected, at
        assert [damage.offset for damage in corpus.damage][:1] == [([0, *small.ends])[hit]], at
        assert all(damage.file == f"segments/{small.segment.name}" for damage in corpus.damage)
        assert {damage.offset for damage in Corpus.open(small.path).verify()} >= {([0, *small.ends])[hit]}
        assert len(corpus) == len(expected)


def test_damage_is_told_again_by_whoever_opens_the_corpus_with_an_index(small: Small) -> None:
    at = small.ends[1] + FRAME.size + 3
    corpus = small.with_segment(small.data[:at] + b"????" + small.data[at + 4 :])
    assert len(corpus) == 2
    again = Corpus.open(small.path)
    assert numbers(again) == [1, 4]
    [damage] = again.damage
    assert (damage.offset, "checksum" in damage.message) == (small.ends[1], True)


def test_what_breaks_behind_the_back_of_an_index_is_told_when_it_is_read(small: Small) -> None:
    at = small.ends[1] + FRAME.size + 3
    small.segment.write_bytes(small.data[:at] + b"????" + small.data[at + 4 :])
    corpus = Corpus.open(small.path)
    assert numbers(corpus) == [1, 4]
    assert [damage.offset for damage in corpus.damage] == [small.ends[1]]


def test_frames_that_were_taken_out_are_missed(small: Small) -> None:
    corpus = small.with_segment(small.data[: small.ends[0]] + small.data[small.ends[1] :])
    assert numbers(corpus) == [2, 3, 4]
    assert [damage.message for damage in corpus.damage] == ["1 frames are missing before this one"]


def test_bytes_of_a_client_that_look_like_a_frame_are_never_taken_for_one(tmp_path: Path) -> None:
    inner = filled(tmp_path / "inner", [order(666)])
    forged = inner.segments()[0].path.read_bytes()
    corpus = filled(tmp_path / "c", [order(1)], [order(2, body=b"\xf5Fz\n" + forged)], [order(3)])
    [segment] = corpus.segments()
    data = segment.path.read_bytes()
    assert forged[HEAD.size :] in zstandard.ZstdDecompressor().decompress(_frame_payload(data, 1))
    broken = bytearray(data.replace(b"\xf5Fz\n", b"\xf5Fzz", 2))
    segment.path.write_bytes(broken)
    assert 666 not in numbers(Corpus.open(tmp_path / "c"))


def _frame_payload(data: bytes, number: int) -> bytes:
    at = HEAD.size
    for _ in range(number):
        at += FRAME.size + FRAME.unpack_from(data, at)[6]
    return data[at + FRAME.size : at + FRAME.size + FRAME.unpack_from(data, at)[6]]


def rows(record: Record) -> bytes:
    packing = Packing(lambda reference, data: None)
    return packing.pack(exchange_row(record, packing.keep)) + packing.pack(circumstances_row(record, packing.keep))


def segment_of(payload: bytes, count: int, schema: int = SCHEMA) -> bytes:
    return segment_head(KEY) + compress_frame(payload, KEY, schema, count, 0, compressor())


def hostile(tmp_path: Path, data: bytes) -> Corpus:
    corpus = Corpus.create(tmp_path / "h", exist_ok=True)
    shutil.rmtree(tmp_path / "h" / "index", ignore_errors=True)
    (tmp_path / "h" / "segments").mkdir(exist_ok=True)
    (tmp_path / "h" / "segments" / f"000001-{KEY.hex()}.fnfuzz").write_bytes(data)
    return corpus


def sized_frame(packed: bytes, unpacked: int, count: int = 1) -> bytes:
    """A frame with right checksums around bytes of our choice."""
    from hashlib import blake2b

    digest = blake2b(packed, digest_size=8).digest()
    head = FRAME.pack(b"\xf5Fz\n", KEY, SCHEMA, count, 0, unpacked, len(packed), digest, 0)[:-4]
    return segment_head(KEY) + head + struct.pack("<I", zlib.crc32(head)) + packed


BOMB = zstandard.ZstdCompressor(level=3, write_content_size=True).compress(bytes(200_000_000))
GOOD = rows(order(5))
EXCHANGE_NONE = msgpack.packb(["", "", None, None, None, None])
REST = msgpack.packb([None, None, 0, 0, 0, 0])


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(sized_frame(BOMB, 1000), id="a zip bomb that says it is small"),
        pytest.param(sized_frame(BOMB, 200_000_000), id="a zip bomb that says it is large"),
        pytest.param(sized_frame(b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8, 1000), id="a content size of 2**64"),
        pytest.param(sized_frame(b"", 0), id="nothing"),
        pytest.param(sized_frame(b"no zstandard", 12), id="not compressed"),
        pytest.param(segment_of(b"\xdd\xff\xff\xff\xff" * 1000, 1), id="arrays of 2**32"),
        pytest.param(segment_of(b"\xdf\xff\xff\xff\xff" * 1000, 1), id="maps of 2**32"),
        pytest.param(segment_of(b"\x91" * 1_000_000 + b"\xc0\xc0", 1), id="deep nesting"),
        pytest.param(segment_of(b"\x91" * 500 + b"\xc0" + REST, 1), id="less deep nesting"),
        pytest.param(segment_of(b"\xc6\xff\xff\xff\xff", 1), id="bytes that are not there"),
        pytest.param(segment_of(b"\xc0" * 10, 5), id="nothing but null"),
        pytest.param(segment_of(b"\xc1" + GOOD, 1), id="a byte that msgpack never uses"),
        pytest.param(segment_of(EXCHANGE_NONE + msgpack.packb([None, None, -1, 0, 0, 0]), 1), id="a time before 1970"),
        pytest.param(segment_of(msgpack.packb([1, 2, 3, 4, 5, 6]) + REST, 1), id="numbers for texts"),
        pytest.param(segment_of(msgpack.packb(["", "", ["http"], None, None, None]) + REST, 1), id="a short event"),
        pytest.param(segment_of(msgpack.packb(["", "", ["sql", 1], None, None, None]) + REST, 1), id="no such part"),
        pytest.param(
            segment_of(msgpack.packb(["", "", ["raw", msgpack.ExtType(1, b"short")], None, None, None]) + REST, 1),
            id="a short reference",
        ),
        pytest.param(
            segment_of(msgpack.packb(["", "", ["raw", msgpack.ExtType(2, b"\x93")], None, None, None]) + REST, 1),
            id="a list that ends early",
        ),
        pytest.param(
            segment_of(
                msgpack.packb(["", "", ["raw", msgpack.ExtType(1, bytes(20) + b"\xff" * 8)], None, None, None]) + REST,
                1,
            ),
            id="a body of 2**64 bytes",
        ),
        pytest.param(segment_of(GOOD, 1, schema=99), id="a schema to come"),
        pytest.param(segment_of(GOOD, 1, schema=0), id="a schema that never was"),
    ],
)
def test_a_hostile_segment_gives_damage_with_file_and_offset_and_no_record(tmp_path: Path, data: bytes) -> None:
    corpus = hostile(tmp_path, data)
    assert list(corpus) == []
    assert corpus.damage
    assert all(damage.file for damage in corpus.damage)
    assert list(corpus.find(function="x")) == []
    assert corpus.verify()


def test_a_frame_that_counts_wrong_is_told_and_its_records_are_read(tmp_path: Path) -> None:
    for count in (1, 3):
        corpus = hostile(tmp_path, segment_of(GOOD + rows(order(6)), count))
        assert numbers(corpus) == [5, 6][:count]
        assert corpus.damage


def test_a_layout_of_a_newer_fnfuzz_asks_for_an_update(tmp_path: Path) -> None:
    head = struct.pack("<8sH8s", b"\x89fnfuzz\n", 7, KEY)
    corpus = hostile(tmp_path, head + struct.pack("<I", zlib.crc32(head)))
    assert list(corpus) == []
    assert "please update fnfuzz" in corpus.damage[0].message


@given(st.binary(max_size=600))
@HOSTILE
def test_any_bytes_as_a_segment_are_read_or_told(tmp_path: Path, data: bytes) -> None:
    corpus = hostile(tmp_path, data)
    assert len(list(corpus)) <= len(data)
    assert corpus.damage


@given(st.binary(max_size=400), st.integers(1, 5), st.booleans())
@HOSTILE
def test_any_payload_in_an_intact_frame_is_read_or_told(tmp_path: Path, data: bytes, count: int, behind: bool) -> None:
    corpus = hostile(tmp_path, segment_of(GOOD + data if behind else data + GOOD, count))
    found = list(corpus)
    assert len(found) <= count
    assert corpus.damage or len(found) == count
    list(corpus.kinds())


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=5) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=7),
    max_leaves=12,
)


@given(PLAIN, PLAIN, st.integers(0, 5), st.integers(0, 7))
@HOSTILE
def test_rows_with_wrong_types_are_told(tmp_path: Path, one: object, two: object, at: int, inner: int) -> None:
    packing = Packing(lambda reference, data: None)
    exchange, rest = (list(row(RECORDS[3], packing.keep)) for row in (exchange_row, circumstances_row))
    if isinstance(exchange[at], tuple) and inner < len(exchange[at]):
        exchange[at] = (*exchange[at][:inner], one, *exchange[at][inner + 1 :])
    else:
        exchange[at] = one
    rest[at] = two
    corpus = hostile(tmp_path, segment_of(msgpack.packb(exchange) + msgpack.packb(rest), 1))
    assert len(list(corpus)) + len(corpus.damage) >= 1
    list(corpus.kinds())


@given(st.integers(0, 5000), st.binary(min_size=1, max_size=30), st.sampled_from(("index", "kinds")))
@HOSTILE
def test_a_damaged_cache_never_changes_what_is_read(tmp_path: Path, at: int, change: bytes, kind: str) -> None:
    corpus = filled(tmp_path / "k") if (tmp_path / "k").exists() else filled(tmp_path / "k", *FRAMES)
    list(corpus.kinds())
    [path] = (tmp_path / "k" / "index").glob(f"*.{kind}")
    data = path.read_bytes()
    at %= len(data)
    path.write_bytes(data[:at] + change + data[at + len(change) :])
    again = Corpus.open(tmp_path / "k")
    assert [record.number for record in again.find(function="orders")] == [1, 2, 3, 4]


def test_links_pipes_and_folders_in_the_place_of_files_are_never_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(filled(tmp_path / "other", [order(1)]).segments()[0].path.read_bytes())
    corpus = Corpus.create(tmp_path / "c")
    place = tmp_path / "c" / "segments" / f"000001-{KEY.hex()}.fnfuzz"
    place.parent.mkdir()
    for make in (lambda: place.symlink_to(secret), lambda: os.mkfifo(place), place.mkdir):
        make()
        with pytest.raises(CorpusError, match=place.name):
            list(corpus)
        place.rmdir() if place.is_dir() and not place.is_symlink() else place.unlink()
    place.parent.rmdir()
    place.parent.symlink_to(tmp_path / "other" / "segments")
    with pytest.raises(CorpusError, match="no links"):
        list(Corpus.open(tmp_path / "c"))
    with pytest.raises(CorpusError, match="no links"), corpus.writer():
        pass


def test_a_linked_index_or_bodies_folder_is_not_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in ("index", "bodies"):
        Corpus.create(tmp_path / name)
        (tmp_path / name / name).symlink_to(outside)
    assert list(filled(tmp_path / "index", [order(1)])) == [order(1)]
    with pytest.raises(CorpusError, match="no links"):
        filled(tmp_path / "bodies", [order(1, body=b"x" * 20_000)])
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize(
    "plan",
    [
        "",
        "{",
        "[]",
        '{"remove": ["../../x"], "add": []}',
        '{"remove": [1], "add": []}',
        '{"remove": 5, "add": 6}',
        "[" * 9999,
    ],
)
def test_a_damaged_plan_of_a_rewriting_is_told(tmp_path: Path, plan: str) -> None:
    corpus = filled(tmp_path / "c", [order(1)])
    (tmp_path / "c" / "rewrite.json").write_text(plan)
    with pytest.raises(CorpusError, match=r"rewrite.json"):
        list(corpus)


@pytest.mark.parametrize("mark", [None, "", "{", "[" * 5000, json.dumps({"format": "other", "version": 1})])
def test_records_are_read_when_the_mark_of_the_corpus_is_damaged(tmp_path: Path, mark: str | None) -> None:
    filled(tmp_path / "c", [order(1)])
    path = tmp_path / "c" / "corpus.json"
    path.unlink() if mark is None else path.write_text(mark)
    corpus = Corpus.open(tmp_path / "c")
    assert list(corpus) == [order(1)]
    assert [damage.file for damage in corpus.damage] == ["corpus.json"]
