from __future__ import annotations

import base64
import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness.kit.records import NOON, RECORDS, filled, order, records

from fnfuzz.contracts.model import HttpReply, LineReply
from fnfuzz.corpus import AmbiguousId, Corpus, CorpusError, Record, UnknownId, merge, record_id, remove, rewrite
from fnfuzz.corpus.format.rows import LONG

FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)


def segments(corpus: Corpus) -> list[Path]:
    return [segment.path for segment in corpus.segments()]


@given(st.lists(records(), max_size=4))
@FILES
def test_every_record_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, kept: list[Record]) -> None:
    corpus = filled(tmp_path_factory.mktemp("c") / "c", kept)
    found = dict(corpus.items())
    assert sorted(map(repr, corpus)) == sorted(map(repr, kept))
    assert set(found) == {record_id(record) for record in kept}
    assert len(corpus) == len(kept)
    assert corpus.damage == corpus.verify() == ()
    for record in kept:
        assert record_id(corpus.get(record_id(record))) == record_id(record)


def test_every_kind_of_record_is_found_again_by_id_and_by_its_beginning(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", RECORDS[:3], RECORDS[3:])
    for record in RECORDS:
        assert corpus.get(record_id(record)) == record
        assert corpus.item(record_id(record)[:10]) == (record_id(record), record)


def test_ids_that_are_unknown_or_begin_several_records_are_told(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(number) for number in range(300)])
    with pytest.raises(AmbiguousId, match="give more of it"):
        corpus.get("a")
    known = {name[:6] for name, _ in corpus.items()}
    other = next(f"{number:06x}" for number in range(2**24) if f"{number:06x}" not in known)
    for wrong in (other, "xyz", "", "a" * 33, record_id(order(5))[:31] + "g"):
        with pytest.raises(UnknownId):
            corpus.get(wrong)


def test_an_id_stays_what_it_is() -> None:
    assert record_id(order(1)) == "5a692f44696ab6db8c4cb0bd5d0f1ded"
    same = replace(order(1), at=5, elapsed=6, number=7, connection=8, delivery=None, event=None)
    assert record_id(same) == record_id(order(1))
    assert record_id(replace(order(1), function="other")) != record_id(order(1))


def test_an_exchange_that_comes_twice_is_kept_twice_and_has_one_id(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1), order(1), order(2)])
    assert len(corpus) == 3
    assert corpus.get(record_id(order(1))) == order(1)


def test_the_order_is_that_of_recording_also_over_segments(tmp_path: Path) -> None:
    late_first = [order(3), order(1), order(5)]
    corpus = filled(tmp_path / "c", late_first)
    filled(tmp_path / "c", [order(2), replace(order(8), at=0), order(6)])
    assert [record.number for record in corpus] == [1, 2, 8, 3, 5, 6]
    assert len(segments(corpus)) == 2


def test_filters_choose_by_function_trigger_status_shape_and_time(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", RECORDS, [order(9, function="other", status=500)])

    def numbers(**filters: Any) -> list[int]:
        return [record.number for record in corpus.find(**filters)]

    assert numbers(function="other") == [9]
    assert numbers(trigger="queue") == [3]
    assert numbers(status=404) == numbers(status="4xx") == [2]
    assert numbers(status="timeout", trigger="timer") == [0]
    assert numbers(contract="azure-forward", status="unanswered") == [7]
    shape = next(kind.shape for kinds, _ in corpus.kinds() for kind in kinds.kinds if kind.status == "201")
    assert numbers(shape=shape[:6]) == [1]
    assert numbers(since=NOON + 2000, until=NOON + 4000) == [2, 3]
    assert numbers(since=datetime(2025, 3, 11, 12, 0, 0, 7000, tzinfo=UTC)) == [7, 9]
    assert numbers(since=datetime(2025, 3, 11, 12, 0, 0, 7000), function="orders") == [7]
    assert numbers(function="nobody") == []


def test_large_bodies_and_long_lists_are_kept_once_and_come_back(tmp_path: Path) -> None:
    large = random.Random(1).randbytes(300_000)
    headers = tuple((f"n{number}", "v") for number in range(LONG + 1))
    kept = [
        order(1, body=large),
        order(2, body=large),
        replace(order(3), reply=HttpReply(200, "OK", headers, large)),
        replace(order(4), reply=LineReply((large, b"", b"x"), 0)),
        replace(order(5), reply=LineReply((b"log",) * (LONG + 5) + (large,), None)),
    ]
    corpus = filled(tmp_path / "c", kept)
    assert list(corpus) == kept
    assert len(list(corpus.bodies.files())) == 1
    assert [record_id(record) for record in kept] == [name for name, _ in corpus.items()]
    assert corpus.verify() == ()


def test_a_missing_or_damaged_body_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1), order(2, body=b"a" * 20_000), order(3)])
    [(_, path)] = corpus.bodies.files()
    whole = path.read_bytes()
    for broken in (None, b"", whole[:-1], _flipped(whole, 9), b"\x28\xb5\x2f\xfd" + bytes(40)):
        path.unlink() if broken is None else path.write_bytes(broken)
        again = Corpus.open(tmp_path / "c")
        assert [record.number for record in again] == [1, 3]
        assert [damage.file for damage in again.damage] == [str(path.relative_to(tmp_path / "c"))]
        assert len(again.verify()) == 1
    filled(tmp_path / "c", [order(4, body=b"a" * 20_000)])
    assert [record.number for record in corpus] == [1, 2, 3, 4]


def test_records_that_cannot_be_kept_say_why_and_the_next_one_is_kept(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "c")
    with corpus.writer() as writer:
        for wrong in (
            replace(order(1), at=-1),
            replace(order(1), elapsed=2**62),
            replace(order(1), reply=HttpReply(2**70, "", (), b"")),
            Record(function="f" * 9_000_000),
        ):
            with pytest.raises(CorpusError) as caught:
                writer.add(wrong)
            assert caught.value.lost == 1
        writer.add(order(2))
    assert list(corpus) == [order(2)]


def test_when_the_disk_is_full_the_loss_is_counted_and_the_rest_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fnfuzz.corpus import writer as module

    whole = module.write_all

    def half(descriptor: int, data: bytes) -> None:
        os.write(descriptor, data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    corpus = Corpus.create(tmp_path / "c")
    with corpus.writer() as writer:
        for number, write in enumerate((half, whole, half, whole)):
            monkeypatch.setattr(module, "write_all", write)
            writer.add(order(number))
            writer.add(order(number))
            if write is whole:
                writer.flush()
                continue
            with pytest.raises(CorpusError, match="No space left") as caught:
                writer.flush()
            assert caught.value.lost == 2
    assert [record.number for record in corpus] == [1, 1, 3, 3]
    assert corpus.verify() == ()


def test_a_writer_without_records_leaves_no_file(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c")
    assert segments(corpus) == []
    assert (len(corpus), list(corpus), corpus.verify()) == (0, [], ())


def test_what_is_written_meanwhile_is_seen_by_the_next_call(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "c")
    with corpus.writer() as writer:
        for number in range(1, 4):
            writer.add(order(number))
            writer.flush()
            assert len(corpus) == number
            assert corpus.get(record_id(order(number))) == order(number)
    assert len(corpus) == 3


def test_a_long_recording_goes_into_several_segments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fnfuzz.corpus.writer.SEGMENT_BYTES", 2000)
    corpus = filled(tmp_path / "c", *[[order(number)] for number in range(20)])
    assert len(segments(corpus)) > 2
    assert [record.number for record in corpus] == list(range(20))


WRITER = """
import sys
from fnfuzz.corpus import Corpus
from tests.harness.kit.records import order
first, count = int(sys.argv[2]), int(sys.argv[3])
corpus = Corpus.create(sys.argv[1], exist_ok=True)
with corpus.writer() as writer:
    for number in range(first, first + count):
        writer.add(order(number))
        if number % 7 == 0:
            writer.flush()
            print(number, flush=True)
    if len(sys.argv) > 4:
        sys.stdin.read()
"""


def test_writers_in_several_processes_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "c"
    starts = (0, 1000, 2000)
    commands = [[sys.executable, "-c", WRITER, str(path), str(first), "500"] for first in starts]
    running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for command in commands]
    assert [process.wait(timeout=60) for process in running] == [0, 0, 0]
    corpus = Corpus.open(path)
    assert sorted(record.number for record in corpus) == [n for first in starts for n in range(first, first + 500)]
    assert corpus.verify() == ()
    assert len(segments(corpus)) == 3


def test_what_was_flushed_survives_a_kill(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITER, str(tmp_path / "c"), "1", "100", "wait"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert next(line for line in process.stdout if line == "98\n")
        process.kill()
    corpus = Corpus.open(tmp_path / "c")
    assert [record.number for record in corpus] == list(range(1, 99))
    assert corpus.damage == ()
    filled(tmp_path / "c", [order(99)])
    assert len(corpus) == 99


def test_rewriting_changes_and_removes_at_one_stroke(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1), order(2, body=b"secret" * 9000), order(3)])
    before = segments(corpus)
    done = rewrite(
        corpus,
        lambda _, record: (
            None if record.number == 2 else replace(record, function="new") if record.number == 3 else record
        ),
    )
    assert (done.kept, done.changed, done.removed) == (1, 1, 1)
    assert [(record.number, record.function) for record in corpus] == [(1, "orders"), (3, "new")]
    assert list(corpus.bodies.files()) == []
    assert not any(path.exists() for path in before)
    assert remove(corpus, [record_id(order(1))]) == 1
    assert [record.number for record in Corpus.open(tmp_path / "c")] == [3]
    assert corpus.verify() == ()


def test_a_rewriting_that_changes_nothing_or_fails_leaves_everything(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1), order(2)])
    before = {path: path.read_bytes() for path in segments(corpus)}
    assert rewrite(corpus, lambda _, record: record).kept == 2

    def fail(_: str, record: Record) -> Record:
        if record.number == 2:
            raise RuntimeError("no")
        return replace(record, function="new")

    with pytest.raises(RuntimeError):
        rewrite(corpus, fail)
    assert {path: path.read_bytes() for path in (tmp_path / "c" / "segments").iterdir()} == before


@pytest.mark.parametrize("step", ["replace_file", "_carry_out", "sync_folder"])
def test_a_rewriting_that_is_cut_off_is_done_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    from fnfuzz.corpus import switching

    corpus = filled(tmp_path / "c", [order(1), order(2)])

    class Cut(BaseException):
        pass

    def cut(*_: object, **__: object) -> None:
        raise Cut

    with monkeypatch.context() as patched:
        patched.setattr(switching.Switch if step == "_carry_out" else switching, step, cut)
        with pytest.raises(Cut):
            remove(corpus, [record_id(order(1))])
    expected = [1, 2] if step == "replace_file" else [2]
    assert [record.number for record in Corpus.open(tmp_path / "c")] == expected
    filled(tmp_path / "c", [order(3)])
    assert [record.number for record in corpus] == [*expected, 3]
    names = {path.name for path in (tmp_path / "c").rglob("*")}
    assert "rewrite.json" not in names
    assert not any(name.endswith(".new") for name in names)


def test_nobody_rewrites_while_somebody_writes(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1)])
    with corpus.writer() as writer:
        writer.add(order(2))
        with pytest.raises(CorpusError, match="is being written to"):
            remove(Corpus.open(tmp_path / "c"), [record_id(order(1))])
    assert len(corpus) == 2


def test_an_error_of_whoever_writes_stays_what_it_is(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c")

    def write_and_fail(kind: type[OSError]) -> None:
        with corpus.writer() as writer:
            writer.add(order(1))
            raise kind(11, "from a socket")

    for kind in (BlockingIOError, FileNotFoundError):
        with pytest.raises(kind):
            write_and_fail(kind)
    assert len(corpus) == 2
    (tmp_path / "c" / "corpus.json").unlink()
    with pytest.raises(CorpusError, match="cannot be locked"), corpus.writer():
        pass


def test_merging_keeps_each_id_once(tmp_path: Path) -> None:
    one = filled(tmp_path / "one", [order(1), order(2), order(2)])
    two = filled(tmp_path / "two", [order(2), order(3, body=b"x" * 50_000)])
    target = filled(tmp_path / "target", [order(1)])
    done = merge(target, [one, two])
    assert (done.added, done.same) == (2, 3)
    assert [record.number for record in target] == [1, 2, 3]
    assert target.verify() == ()


def test_the_index_is_made_again_when_it_is_missing_stale_or_damaged(tmp_path: Path) -> None:
    filled(tmp_path / "c", [order(1)], [order(2), order(3)])
    [index] = (tmp_path / "c" / "index").glob("*.index")
    whole = index.read_bytes()
    for broken in (None, b"", whole[:-1], *(_flipped(whole, at) for at in range(len(whole)))):
        index.unlink() if broken is None else index.write_bytes(broken)
        again = Corpus.open(tmp_path / "c")
        assert again.get(record_id(order(2))) == order(2)
        assert [record.number for record in again] == [1, 2, 3]
        assert index.read_bytes() == whole


def test_an_index_or_kinds_of_another_corpus_is_not_believed(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1)], [order(2), order(3)])
    other = filled(tmp_path / "o", [order(1)], [order(2, status=500), order(4)])
    list(other.kinds())
    [mine], [theirs] = segments(corpus), segments(other)
    assert mine.name == theirs.name
    for kind in ("index", "kinds"):
        data = (tmp_path / "o" / "index" / f"{theirs.name}.{kind}").read_bytes()
        (tmp_path / "c" / "index" / f"{mine.name}.{kind}").write_bytes(data)
    again = Corpus.open(tmp_path / "c")
    assert again.get(record_id(order(3))) == order(3)
    with pytest.raises(UnknownId):
        again.get(record_id(order(4)))
    assert [record.number for record in again] == [1, 2, 3]
    assert again.verify() == ()
    assert [record.number for record in again.find(status="2xx")] == [1, 2, 3]


def test_a_corpus_on_a_read_only_disk_is_read_without_an_index(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", [order(1), order(2)])
    for path in (tmp_path / "c" / "index").iterdir():
        path.unlink()
    (tmp_path / "c" / "index").rmdir()
    (tmp_path / "c" / "index").write_text("in the way")
    again = Corpus.open(tmp_path / "c")
    assert list(again.find(function="orders")) == list(corpus) == [order(1), order(2)]
    assert again.get(record_id(order(2))) == order(2)


def test_opening_and_creating_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="no such folder"):
        Corpus.open(tmp_path / "none")
    with pytest.raises(CorpusError, match=r"is no corpus.*fnfuzz record"):
        Corpus.open(tmp_path)
    Corpus.create(tmp_path / "c")
    with pytest.raises(CorpusError, match="there is a corpus already"):
        Corpus.create(tmp_path / "c")
    assert len(Corpus.create(tmp_path / "c", exist_ok=True)) == 0
    (tmp_path / "c" / "corpus.json").write_text('{"format": "fnfuzz.corpus", "version": 99}')
    with pytest.raises(CorpusError, match="please update fnfuzz"):
        Corpus.open(tmp_path / "c")
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError):
        Corpus.create(tmp_path / "file" / "c")


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes((data[at] ^ 0x41,)) + data[at + 1 :]


SCHEMA_1 = """
iWZuZnV6egoBAMSw8ceC494aB1+d5PVGegrEsPHHguPeGgEABAAAAAAA2AQAAEwCAAB4AEyga8DAs155hu4otS/9YNgDFRIA9iB6RiCrVgeQJI
OYkAFJ4mqDbRLsCJS5wabv8D9iVOdtYBn/rYxIkU/pp060zW6eoFL+dGxE8CKQM2tipehHkw8CE8xCUH0mLAlkAGMAbQANRrjKaKiDaIVBb9Vo
lVFShFNRSJVR/vkO0grjVhmlonuKmjvYiBrsmQPDccwXfgx91C5+FzWHBdKoP17qXCMokUh3swHHvGn58FjQUer8SdDvU8n3d1uvdDuPbO3V3y
RJbikDGpaVgW123QyzH/dWjq0Xtvjl3qzBWQ/zrtepXCdj9bqyVd9unPrWs3Knsxcyof0PwPA7CiglY+9fqSxNE+Zm3AmjJ3evMtp9H5/jMhVZ
mHTf82+OUwYNoXD8bUL5ukf8cGUUZmmaZkkBAyPY42OBeBgDriXQNE3zaC8b1mbWErgYNNdaDsv3OR7e6ma9jfq2s+p1cRqVu1vnbbYuZKgZif
PJJ0EmCSCVCqUEBxEYn2hiMNZoPACI+RCCokOFDUBtSAFxEtO9iEh+3IkC6XCwGxRFpcxsXJl1WWA0SWm/OKJNJJNP/t157d857XJAQQcEitMj
jhnbJp82HW5dqCdOL8wfxakZYYvJnjunoorzczkhAzwi2HfuXMBJ4qYII0r11/9DRRbni2BYIm0qGuw6ZyknKMplhBkfAERDABiCezubbRQis2
VZNFC+WNxzs4O8TFmxhAYZ72NEDjhCgi56bqZqCAdMwgYwAwRIABQTTJG9a5qA8wgnQ+XdKCZaFFmMN05LfnADNqGV2Oph6gH1RnoKxLDxx4Lj
3hoBAAQAAQAAAD0BAAAnAQAAQKAcqND/hntW/gScKLUv/WA9AO0IANaQQDVQi9sws9hUtvFoYqMGHfByjWR7iAb/kDClCK4s8NwrNnZ7sAUqel
G9BuYmdEoljqpHNfhZkzEAMgAxAPBaqOu2L4X4mlzDJN9oFCMKvcZi/cOQckpZIOWcXPNAZtdVGchqgknsQleOdVHI87qabhpjqqq1CVqi/rv/
/xzpcCtRP+5/o/px2qiu4DyvoyiK4gHZIJAClMZ/91kl4LThJBdbpxa7yZmaavZkld/qFydYcBln9ucbVz6Oo1iWzdQqZQwKC5/vqnWqJnVb14
vGo0sRAA5IRsNAxiFu3YxADyAMzujxToSSeFUIEc6oaXb8OMAZN6e6jVBCgTPGz3W6eEdYAQgAX8sgSGZgaHVhek6xKkQwmiO1e6Kl9g==
"""
"""A segment with RECORDS as schema 1 wrote it; never to be made anew."""


def test_a_segment_of_schema_1_is_read(tmp_path: Path) -> None:
    corpus = Corpus.create(tmp_path / "c")
    (tmp_path / "c" / "segments").mkdir()
    (tmp_path / "c" / "segments" / "000001-c4b0f1c782e3de1a.fnfuzz").write_bytes(base64.b64decode(SCHEMA_1))
    assert list(corpus) == [RECORDS[place] for place in [0, 1, 2, 3, 4, 5, 6, 7]]
    assert corpus.damage == ()
    assert corpus.get(record_id(RECORDS[1])) == RECORDS[1]


def test_rows_of_an_older_schema_are_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [order(1), order(2, body=b"l" * 20_000), replace(order(3), reply=LineReply((b"x",) * (LONG + 1), 0))]
    filled(tmp_path / "c", kept)

    def renamed(rows: tuple[Any, Any]) -> tuple[Any, Any]:
        return (rows[0][0], "renamed", *rows[0][2:]), rows[1]

    for module in ("format.schema", "format.segment", "writer"):
        monkeypatch.setattr(f"fnfuzz.corpus.{module}.SCHEMA", 2)
    monkeypatch.setattr("fnfuzz.corpus.format.schema.MIGRATIONS", {1: renamed})
    (tmp_path / "c" / "index" / ".gitignore").unlink()
    for path in (tmp_path / "c" / "index").iterdir():
        path.unlink()
    corpus = filled(tmp_path / "c", [order(4)])
    expected = [*(replace(record, function="renamed") for record in kept), order(4)]
    assert list(corpus) == expected
    assert [corpus.get(record_id(record)) for record in expected] == expected
    assert corpus.verify() == ()
