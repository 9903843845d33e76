from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from fnfuzz.events import RawEvent
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.report.carets import underlined
from fnfuzz.report.marks import MarkedLine, marked_lines


def a_part(key: str, text: str, verdict: str = "some") -> Part:
    return Part(key, verdict, text, "", (("body", "json", key),))  # type: ignore[arg-type] # one of the verdicts


def drawn(value: dict[str, object], *parts: Part, room: int = 70) -> list[str]:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    lines, _ = underlined(marked_lines(RawEvent(body=body), parts), room)
    return [line.plain for line in lines[1:]]


def test_one_part_has_its_words_beside_it() -> None:
    assert drawn({"qty": 11, "note": "x"}, a_part("qty", "fails above 10"), a_part("note", "", "any")) == [
        '  {"qty":11,"note":"x"}',
        "         ^^ fails above 10",
    ]


def test_several_parts_have_theirs_below_each_other() -> None:
    parts = a_part("a", "only this value fails"), a_part("b", "fails above 10"), a_part("c", "passes when empty")
    assert drawn({"a": 1, "b": 22, "c": "xyz"}, *parts) == [
        '  {"a":1,"b":22,"c":"xyz"}',
        "       ^     ^^     ^^^^^ passes when empty",
        "       |     |",
        "       |     fails above 10",
        "       |",
        "       only this value fails",
    ]


def test_long_words_are_wrapped_and_what_has_no_room_is_left_for_the_list() -> None:
    lines, told = underlined(marked_lines(RawEvent(body=b'{"a":1}'), (a_part("a", "word " * 12),)), 40)
    assert [line.plain for line in lines[2:]] == [
        "       ^",
        "       |",
        "       word word word word word word",
        "       word word word word word word ",
    ]
    assert len(told) == 1
    lines, told = underlined(marked_lines(RawEvent(body=b'{"a":1}'), (a_part("a", "word " * 12),)), 28)
    assert ([line.plain for line in lines[2:]], told) == (["       ^"], [])


def test_wide_letters_take_two_columns() -> None:
    assert drawn({"漢": "字x"}, a_part("漢", "matters")) == ['  {"漢":"字x"}', "        ^^^^^ matters"]


def test_a_part_that_is_folded_is_underlined_on_both_lines() -> None:
    rows = drawn({"a": "x" * 30}, a_part("a", "matters"), room=30)
    assert rows == [
        '  {"a":"' + "x" * 22,
        "       " + "^" * 23,
        "  " + "x" * 8 + '"}',
        "  " + "^" * 9 + " matters",
    ]


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.text(max_size=4), st.text(max_size=12) | st.integers(0, 999), max_size=5),
    st.integers(20, 60),
    st.text(st.characters(codec="ascii", categories=["L", "Z"]), max_size=30),
)
def test_the_text_stays_and_nothing_is_wider_than_the_room(value: dict[str, object], room: int, words: str) -> None:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    parts = tuple(a_part(key, words) for key in value)
    marked = marked_lines(RawEvent(body=body), parts)
    lines, told = underlined(marked, room)
    assert all(cell_len(line.plain) <= room for line in lines)
    assert len(told) == len(set(map(id, told)))
    plain, _ = underlined([MarkedLine(line.text) for line in marked], room)
    rest = iter(line.plain for line in lines)
    assert all(line.plain in rest for line in plain)
