from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.kit.records import RECORDS, order, records

from fnfuzz.contracts.model import HttpReply, LineReply
from fnfuzz.corpus import Record
from fnfuzz.corpus.errors import CorpusError
from fnfuzz.corpus.format.packing import Packing, unpacked
from fnfuzz.corpus.format.rows import LONG, RowError, circumstances_row, exchange_row, record_of
from fnfuzz.corpus.format.typed import LONGEST, usual_record


def packed(record: Record) -> tuple[bytes, bytes]:
    packing = Packing(lambda reference, data: None)
    return (
        packing.pack(exchange_row(record, packing.keep)),
        packing.pack(circumstances_row(record, packing.keep)),
    )


def carefully(exchange: bytes, circumstances: bytes) -> Record | None:
    def load(value: Any) -> bytes:
        raise RowError("no bytes")

    try:
        return record_of(unpacked(exchange), unpacked(circumstances), load)
    except (RowError, CorpusError):
        return None


def is_plain(record: Record) -> bool:
    return "\\ud" not in repr(record)


@given(records())
def test_a_record_is_read_at_once_as_it_is_read_carefully(record: Record) -> None:
    rows = packed(record)
    read = usual_record(*rows)
    assert carefully(*rows) is not None
    if is_plain(record):
        assert read is not None
    if read is not None:
        assert read == carefully(*rows)


def test_one_of_each_kind_is_read_at_once() -> None:
    for record in RECORDS:
        assert usual_record(*packed(record)) == record


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(order(1, body=b"b" * (LONG + 1)), id="a large body"),
        pytest.param(replace(order(1), reply=LineReply((b"x",) * (LONG + 1), 0)), id="many lines"),
        pytest.param(replace(order(1), function="half \ud83d"), id="half of a surrogate pair"),
        pytest.param(replace(order(1), reply=HttpReply(200, "x" * LONGEST, (), b"")), id="a long row"),
    ],
)
def test_what_is_unusual_is_left_to_the_careful_reader(record: Record) -> None:
    assert usual_record(*packed(record)) is None


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**64 - 1),
    st.floats(),
    st.text(max_size=3),
    st.binary(max_size=3),
    st.just(1.0),
    st.lists(st.none() | st.text(max_size=2) | st.lists(st.text(max_size=2), max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=1),
    st.sampled_from(["http", "chunked", "timeout"]),
)


def places(row: object, at: tuple[int, ...] = ()) -> list[tuple[int, ...]]:
    found = [at]
    for number, item in enumerate(row if isinstance(row, tuple | list) else ()):
        found += places(item, (*at, number))
    return found


def changed(row: Any, place: tuple[int, ...], how: str, item: object) -> Any:
    if not place:
        return item
    at, *rest = place
    row = list(row)
    if rest or how == "instead":
        row[at] = changed(row[at], tuple(rest), how, item)
    elif how == "left out":
        del row[at]
    else:
        row.insert(at, item)
    return row


@given(st.sampled_from(RECORDS), st.sampled_from(("instead", "left out", "before")), ODD, st.data())
def test_what_is_read_at_once_is_what_the_careful_reader_takes(
    record: Record, how: str, item: object, data: st.DataObject
) -> None:
    rows = [unpacked(row) for row in packed(record)]
    which = data.draw(st.integers(0, 1))
    rows[which] = changed(rows[which], data.draw(st.sampled_from(places(rows[which]))), how, item)
    one, two = (msgpack.packb(row) for row in rows)
    read = usual_record(one, two)
    if read is not None:
        assert read == carefully(one, two)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(max_size=40) | st.binary(max_size=300),
    lambda inner: st.lists(inner, max_size=20).map(tuple),
    max_leaves=30,
)


@given(PLAIN)
def test_rows_are_packed_to_the_bytes_that_msgpack_gives(row: object) -> None:
    packing = Packing(lambda reference, data: None)
    assert packing.pack((row,)) == msgpack.packb((row,), unicode_errors="surrogatepass")


def test_a_text_that_is_no_plain_one_is_kept_too() -> None:
    class Name(str):
        __slots__ = ()

    assert packed(replace(order(1), function=Name("orders"))) == packed(order(1))
