from __future__ import annotations

import csv
import io
import json
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies.kit import assert_all_examples, find_any, minimal

from fnfuzz.traps import NUMBER_TRAPS, SIZE_STEPS
from fnfuzz_strategies import draw_many
from fnfuzz_strategies import payloads as made


def _refuse(token: str) -> None:
    raise ValueError(token)


def _parses(text: str) -> bool:
    json.loads(text, parse_constant=_refuse)
    return True


def test_json_texts_are_json_and_shrink_to_an_empty_object() -> None:
    assert_all_examples(made.json_texts(), _parses)
    assert minimal(made.json_texts()) == "{}"


def test_json_texts_reach_numbers_beyond_a_double() -> None:
    assert "1e400" in find_any(made.json_texts(), lambda text: "1e400" in text)


def test_json_texts_nest() -> None:
    found = find_any(made.json_texts(), lambda text: '":{"' in text and "[" in text)
    assert isinstance(json.loads(found), dict | list)


def test_number_texts_reach_every_boundary() -> None:
    assert_all_examples(made.number_texts(), _parses)
    wanted = set(NUMBER_TRAPS.values())
    found = set(draw_many(made.number_texts(), 3000, 1))
    assert wanted <= found


def test_form_bodies_parse_and_shrink_to_nothing() -> None:
    assert_all_examples(made.form_bodies(), lambda body: isinstance(parse_qsl(body.decode("ascii")), list))
    assert minimal(made.form_bodies()) == b""


def test_written_csv_has_rows_of_equal_length() -> None:
    found = find_any(
        made.csv_documents(), lambda content: content.count(b"\r\n") >= 4 and content.startswith(b"id,name,qty")
    )
    rows = list(csv.reader(io.StringIO(found.decode(), newline="")))
    assert len({len(row) for row in rows}) == 1


def test_multipart_bodies_are_read_by_an_independent_parser() -> None:
    head = f"Content-Type: multipart/form-data; boundary={made.BOUNDARY}\r\n\r\n".encode()
    found = find_any(made.multipart_bodies(), lambda body: body.count(b"form-data") == 3 and b"filename" in body)
    parts = list(message_from_bytes(head + found, policy=HTTP).iter_parts())
    assert [part.get_content_disposition() for part in parts] == ["form-data"] * 3


@pytest.mark.parametrize("limit", [0, 1, 5000])
def test_sized_contents_have_exactly_a_size_of_the_table(limit: int) -> None:
    assert_all_examples(made.sized_contents(max_size=limit), lambda content: len(content) in SIZE_STEPS, count=30)
    assert_all_examples(made.sized_contents(max_size=limit), lambda content: len(content) <= limit, count=30)


@given(st.text(max_size=40), st.integers(0, 60))
def test_cutting_utf8_leaves_utf8(text: str, size: int) -> None:
    kept = made.cut(text.encode(), size)
    assert len(kept) <= size
    assert text.startswith(kept.decode("utf-8"))
    assert len(kept) > min(size, len(text.encode())) - 4


@given(st.binary(max_size=40), st.integers(0, 60))
def test_cutting_any_bytes_keeps_a_beginning(content: bytes, size: int) -> None:
    kept = made.cut(content, size)
    assert content.startswith(kept)
    assert len(kept) <= size


def test_payloads_may_be_labelled_wrongly_and_shrink_to_nothing() -> None:
    assert minimal(made.payloads()) == made.Payload("", b"")
    assert find_any(made.payloads(), lambda p: not p.media_type.endswith("json") and p.content.startswith(b"{")).content


def test_texts_stay_within_their_size() -> None:
    assert_all_examples(made.texts(max_size=3), lambda text: len(text) <= 3)
    assert minimal(made.texts()) == ""
