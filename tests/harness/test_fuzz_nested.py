from __future__ import annotations

import base64
import csv
import io
import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fnfuzz.fuzz.trees.nested import MAX_LOOK, View, text_of, view
from fnfuzz.fuzz.trees.tree import leaves
from fnfuzz.traps import BLOB_NAME_TRAPS, CSV_TRAPS, FORM_TRAPS, JSON_TRAPS, TEXT_TRAPS, TIME_TRAPS

TEXT = st.text(max_size=12)
PLAIN = st.from_regex(r"[a-z0-9-]{1,8}", fullmatch=True)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)
ODD = st.text(alphabet="az09AZ{}[]\"',;|=&%+-.:/?# \t\r\n\\Té\ud800", max_size=40)
TABLES = (TEXT_TRAPS, TIME_TRAPS, JSON_TRAPS, CSV_TRAPS, FORM_TRAPS, BLOB_NAME_TRAPS)


def seen(text: str) -> View:
    found = view(text)
    assert found is not None, text
    assert text_of(found) == text
    return found


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60) | ODD)
@example("a\r\n,\r")
@example('"a",b\n\n"c\nd",e\n')
@example("a=1&b&=&c")
@example("--x\r\nA: b\r\n\r\nc\r\n--x--\r\n")
def test_what_is_taken_apart_is_put_together_again(text: str) -> None:
    found = view(text)
    assert found is None or text_of(found) == text


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60) | ODD | st.sampled_from([text for table in TABLES for text in table.values()]))
@example("/a/b")
@example("http://x")
def test_what_comes_out_is_shorter(text: str) -> None:
    found = view(text)
    for _, value in leaves({"value": found.value}) if found is not None else ():
        assert not isinstance(value, (str, bytes)) or len(value) < len(text)


@given(st.lists(JSON, max_size=3) | st.dictionaries(TEXT, JSON, max_size=3), st.sampled_from([None, 2, 4, "\t"]))
def test_json_is_seen_in_the_usual_styles(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    if "\ud800" <= max(text) <= "\udfff":
        return
    found = view(text)
    # An exponent is written in different ways.
    assert "e" in text or (found is not None and found.kind in ("json", "lines"))
    assert found is None or text_of(found) == text


@given(st.lists(st.lists(st.sampled_from(["a", "", "b c", 'd"e', "f,g", "h\ni"]), min_size=2, max_size=4), min_size=2))
def test_rows_and_their_quotes_are_seen(rows: list[list[str]]) -> None:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(rows)
    found = view(made.getvalue())
    assert found is None or text_of(found) == made.getvalue()
    if len({len(row) for row in rows}) == 1 and rows[0] == ["a", "b c"]:
        assert found is not None
        assert found.value == [*rows, [""]]


@given(st.lists(st.tuples(PLAIN, TEXT), min_size=2, max_size=5))
def test_forms_are_seen_as_pairs(pairs: list[tuple[str, str]]) -> None:
    found = seen(urlencode(pairs))
    assert found.kind == "form"
    assert found.value == [list(pair) for pair in pairs]


@given(st.binary(min_size=24, max_size=80))
def test_base64_of_any_bytes_comes_back(data: bytes) -> None:
    text = base64.b64encode(data).decode()
    found = view(text)
    assert found is None or text_of(found) == text


@given(st.datetimes())
def test_dates_are_seen(when: Any) -> None:
    for text in (when.isoformat() + "Z", when.date().isoformat(), when.isoformat(" ")):
        found = seen(text)
        assert (found.kind, found.value["day"], found.value["year"]) == ("date", when.day, when.year)


@given(st.integers(-(10**30), 10**30))
def test_whole_numbers_are_seen(number: int) -> None:
    assert (seen(str(number)).kind, seen(str(number)).value) == ("number", number)
    assert seen(f"{number:+06}").value == number


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ('{"a": [1, "é"]}', "json", {"a": [1, "é"]}),
        ('{"a": "\\u00e9"}', "json", {"a": "é"}),
        ('{"a":1}\n{"a":2}\n', "lines", ['{"a":1}', '{"a":2}', ""]),
        ("a=1; b=2", "form", [["a", "1"], ["b", "2"]]),
        ("q=a%20b&x", "form", [["q", "a b"], ["x", ""]]),
        ("id,name\r\n1,a\r\n", "csv", [["id", "name"], ["1", "a"], [""]]),
        ('id;n\n1;"a;b"\n', "csv", [["id", "n"], ["1", "a;b"], [""]]),
        ('id,n\n"1,a\n', "csv", [["id", "n"], ['"1', "a"], [""]]),
        ("red,green,blue", "list", ["red", "green", "blue"]),
        ("203.0.113.9, 10.0.0.1", "list", ["203.0.113.9", "10.0.0.1"]),
        ("10.0.0.1", "list", ["10", "0", "0", "1"]),
        ("eyJpZCI6MX0=", "base64", '{"id":1}'),
        ("aGVsbG8gd29ybGQ", "base64", "hello world"),
        ("eyJhbGciOiJIUzI1NiJ9.e30.x_-", "jwt", ["eyJhbGciOiJIUzI1NiJ9", "e30", "x_-"]),
        ("data:text/plain;base64,aGk=", "data", ["text/plain;base64", "aGk="]),
        (
            "https://x.example:81/a/b?q=1#z",
            "url",
            {"scheme": "https", "authority": "x.example:81", "path": "/a/b", "query": "q=1", "fragment": "z"},
        ),
        ("/a?", "url", {"path": "/a", "query": ""}),
        ("2024-02-29", "date", {"year": 2024, "month": 2, "day": 29}),
        (
            "2025-03-11T09:15:01.123+01:00",
            "date",
            {
                "year": 2025,
                "month": 3,
                "day": 11,
                "hour": 9,
                "minute": 15,
                "second": 1,
                "fraction": ".123",
                "zone": "+01:00",
            },
        ),
        ("11/03/2025", "date", {"year": 2025, "month": 3, "day": 11}),
        ("007", "number", 7),
        ("-12.50", "number", -12.5),
        ("ORD-1042", "number", 1042),
        ("15%", "number", 15),
    ],
)
def test_formats_are_told_apart(text: str, kind: str, value: Any) -> None:
    found = seen(text)
    assert (found.kind, found.value) == (kind, value)


def test_a_date_for_mail_and_http_is_seen() -> None:
    found = seen("Thu, 29 Feb 2024 09:15:01 GMT")
    assert found.kind == "date"
    assert (found.value["month"], found.value["weekday"]) == (2, "Thu")
    assert text_of(View("date", {**found.value, "month": 13}, found.style)) == "Thu, 29 13 2024 09:15:01 GMT"


def test_a_multipart_body_is_seen() -> None:
    text = '--b1\r\nContent-Disposition: form-data; name="f"\r\n\r\nid,n\r\n1,a\r\n--b1--\r\n'
    assert seen(text).value == [['Content-Disposition: form-data; name="f"', "id,n\r\n1,a"]]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "Amsterdam",
        "Hello world",
        "not enough stock",
        "password",
        "mira@example.com",
        '{"a":1,"a":2}',
        '{"a":1',
        "NaN",
        "true",
        "5d1b7a52-93f0-4c7e-9d0a-2f6b1c9e8a44",
        "\ud800",
        "x" * (MAX_LOOK + 1),
        "[" * 900 + "]" * 900,
    ],
    ids=lambda text: text[:20] or "empty",
)
def test_other_texts_are_left_alone(text: str) -> None:
    assert view(text) is None


def test_changed_values_are_written_in_the_same_style() -> None:
    found = seen("id;n\r\n1;a")
    assert text_of(View("csv", [*found.value, ["2", ""]], found.style)) == "id;n\r\n1;a\r\n2;"
    assert text_of(View("json", {"a": 2}, seen('{"a": 1}').style)) == '{"a": 2}'
    assert text_of(View("number", 8, seen("ORD-0007").style)) == "ORD-0008"
    assert text_of(View("base64", b"\xff", seen("eyJpZCI6MX0=").style)) == "/w=="


def test_what_a_format_cannot_hold_is_an_error() -> None:
    for broken in (
        View("number", "x", seen("1").style),
        View("json", {1, 2}),
        View("date", {"year": 1}, ("iso", "-", None, None)),
        View("form", [["a"]], ("&", "plus", ())),
        View("base64", "\ud800", (False, True)),
    ):
        with pytest.raises((TypeError, ValueError, KeyError)):
            text_of(broken)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: next(iter(table)))
def test_no_trap_is_changed_by_looking_into_it(table: dict[str, str]) -> None:
    for text in table.values():
        found = view(text)
        assert found is None or text_of(found) == text


@pytest.mark.parametrize(
    "text", ["a=" * 30_000, "a," * 30_000, "-" * 60_000, "1." * 30_000, "\n" * 60_000, '","\n' * 15_000, "a-" * 30_000]
)
def test_hostile_texts_take_no_time(text: str) -> None:
    began = time.process_time()
    view(text)
    assert time.process_time() - began < 1
