from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.report.visible import cut_middle, payload_lines, size, visible, visible_bytes

HOSTILE = [
    "\x1b[2J",
    "\r",
    "\x00",
    "\x7f",
    "\x9b31m",
    "\u202e",
    "\u2066",
    "\u200b",
    "\ufeff",
    "\u2028",
    "\ue000",
    "\xa0",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_terminal_acts_on_stays(text: str) -> None:
    assert not set(visible(f"a{text}b")) & set(text) - set("[2J31m")
    assert visible(f"a{text}b").isprintable()


@given(st.text(st.characters()))
def test_every_text_becomes_one_printable_line(text: str) -> None:
    assert visible(text).isprintable()


@given(st.binary())
def test_all_bytes_become_one_printable_line(data: bytes) -> None:
    assert visible_bytes(data).isprintable()


@given(st.binary(max_size=3000), st.integers(3, 600), st.integers(3, 20))
def test_a_payload_is_bounded_and_printable(data: bytes, limit: int, most: int) -> None:
    lines = payload_lines(data, limit=limit, most=most)
    assert all(line.isprintable() for line in lines)
    assert len(lines) <= most + 3
    assert sum(len(line) for line in lines) <= limit * 4 + 150


def test_printable_text_of_any_language_stays_as_it_is() -> None:
    assert visible("Grüße 東京 مرحبا 🎉") == "Grüße 東京 مرحبا 🎉"


def test_bytes_and_characters_have_different_escapes() -> None:
    assert visible_bytes(b"\x85") == "\\x85"
    assert visible("\x85") == "\\u0085"
    assert visible("\U000e0001") == "\\U000e0001"


def test_a_short_payload_is_shown_whole() -> None:
    assert payload_lines(b'{\n  "a": 1\n}') == ["{", '  "a": 1', "}"]
    assert payload_lines(b"") == []


def test_a_long_payload_loses_its_middle_and_tells_how_much() -> None:
    assert payload_lines(b"a" * 20 + b"b" * 20, limit=9) == ["aaaaaa", "... 31 bytes left out ...", "bbb"]


def test_a_cut_goes_through_no_character() -> None:
    lines = payload_lines("é".encode() * 100, limit=9)
    assert lines == ["ééé", "... 192 bytes left out ...", "é"]


def test_long_texts_keep_both_ends() -> None:
    assert cut_middle("x" * 10, 10) == "x" * 10
    assert cut_middle("a" * 50 + "b" * 50, 9) == "aaaaaa ... 91 characters left out ... bbb"


def test_sizes_are_in_words() -> None:
    assert [size(1), size(65536)] == ["1 byte", "65,536 bytes"]
