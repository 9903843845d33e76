"""The reader and writer that stand for Newtonsoft.Json (azure-functions.md 5.1)."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.contracts.newtonsoft import EMPTY, JsonReaderError, JsonTooDeepError, depth, read, write

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(value=json_values, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
def test_strict_json_is_read_like_any_reader_does_and_nothing_is_forgiven(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    reading = read(text)
    assert reading.value == json.loads(text)
    assert (reading.lenient, reading.trailing, reading.duplicates) == ((), False, ())


@given(value=json_values, indented=st.booleans())
def test_what_is_written_reads_back(value: Any, indented: bool) -> None:
    assert json.loads(write(value, indented=indented)) == value


@given(text=st.text(alphabet="{}[]:,\"'\\/*u01eE+-.xabnulltrueNI \n\ufeff\x00é") | st.text())
def test_every_text_is_read_or_refused(text: str) -> None:
    try:
        value = read(text).value
    except JsonReaderError as error:
        value = error.at
    assert value is EMPTY or depth(value) <= 256


@pytest.mark.parametrize(
    ("text", "value", "forgiven"),
    [
        ("\ufeff1", 1, "a byte order mark"),
        ("/* a */ 1", 1, "a comment"),
        ("[1, // a\n2]", [1, 2], "a comment"),
        ("'a'", "a", "single quotes"),
        ("{a$1: 1}", {"a$1": 1}, "a name without quotes"),
        ("[1,]", [1], "a trailing comma"),
        ('{"a":1,}', {"a": 1}, "a trailing comma"),
        ("[1,,2]", [1, None, 2], "a missing array element"),
        ("undefined", None, "undefined"),
        ("-Infinity", -math.inf, "-Infinity"),
        ("0x1F", 31, "a number that JSON does not have"),
        ("-010", -8, "a number that JSON does not have"),
        (".5", 0.5, "a number that JSON does not have"),
        ("1.", 1.0, "a number that JSON does not have"),
        ('"a\tb"', "a\tb", "a control character in a string"),
        ('"\\\'"', "'", "an escaped single quote"),
        ("\xa01", 1, "a blank that JSON does not have"),
    ],
)
def test_what_the_library_forgives_is_read_and_named(text: str, value: Any, forgiven: str) -> None:
    reading = read(text)
    assert reading.value == value
    assert reading.lenient == (forgiven,)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1",
        '"a',
        "[1}",
        "[1 2]",
        "{,}",
        '{"a"}',
        '{"a" 1}',
        '{"a":}',
        "nul",
        "nullx",
        "+1",
        "-",
        "09",
        "1e",
        "1-2",
        "1" * 381,
        '"\\x"',
        '"\\u12"',
        '"\\u+123"',
        "/* a",
        "<html>",
        "]",
    ],
)
def test_what_the_library_refuses_is_refused(text: str) -> None:
    with pytest.raises(JsonReaderError):
        read(text)


@pytest.mark.parametrize("text", ["", " \r\n\t", "// nothing", "\ufeff"])
def test_a_text_without_value_is_empty(text: str) -> None:
    assert read(text).value is EMPTY


@pytest.mark.parametrize(("text", "trailing"), [("{} ", False), ("{}{}", True), ("1 x", True), ("[]\0", True)])
def test_what_follows_the_value_is_noticed(text: str, trailing: bool) -> None:
    assert read(text).trailing is trailing


def test_doubled_members_are_named_by_their_path_and_the_last_wins() -> None:
    reading = read('{"a":{"b":1,"b":2},"c":[{"d":1,"d":2}],"a":3}')
    assert reading.value == {"a": 3, "c": [{"d": 2}]}
    assert reading.duplicates == (("a", "b"), ("c", "", "d"), ("a",))


def test_the_depth_is_limited_and_counted_alike() -> None:
    assert depth(read("[" * 256 + "]" * 256).value) == 256
    with pytest.raises(JsonTooDeepError):
        read("[" * 257 + "]" * 257)
    assert [depth(1), depth([]), depth({"a": [{}]})] == [0, 1, 3]


def test_surrogates_are_joined_or_replaced() -> None:
    assert read('"\\ud83d\\ude00 \\ud800 \\udc00x"').value == "😀 � �x"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1.0"),
        (1e20, "1E+20"),
        (math.nan, '"NaN"'),
        (2**70, "1180591620717411303424"),
        ("2025-03-11T09:15:00.500Z", '"2025-03-11T09:15:00.5Z"'),
        ({"2025-03-11T09:15:00.500Z": None}, '{"2025-03-11T09:15:00.500Z":null}'),
        ([True, [], {}], "[true,[],{}]"),
    ],
)
def test_tokens_are_written_as_the_library_writes_them(value: Any, text: str) -> None:
    assert write(value) == text


def test_indented_text_has_two_blanks_a_level_and_empty_containers_on_one_line() -> None:
    assert write({"a": [1, {}], "b": []}, indented=True) == '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": []\n}'
