"""How host.json's arguments become the handler's argument vector (azure-functions.md 2)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app import fill_start_variables
from fnfuzz.app.arguments import expand, split_arguments, start_arguments

SPLITS = [
    ("", ()),
    ("  a \t b ", ("a", "b")),
    ('"a b" c', ("a b", "c")),
    ('a"b c"d', ("ab cd",)),
    ('""', ("",)),
    (r"a\"b", ('a"b',)),
    (r'"a\\" b', ("a\\", "b")),
    (r"a\\b\c", (r"a\\b\c",)),
    ('"a""b"', ('a"b',)),
    ('"open end', ("open end",)),
]


@pytest.mark.parametrize(("line", "words"), SPLITS)
def test_the_line_is_split_as_dotnet_splits_it(line: str, words: tuple[str, ...]) -> None:
    assert split_arguments(line) == words


@pytest.mark.parametrize(
    ("text", "expected"),
    [("%A%", "1"), ("x%A%y%A%", "x1y1"), ("%NO%A%", "%NO1"), ("100%", "100%"), ("%%A%", "%1"), ("%a%", "%a%")],
)
def test_variables_are_expanded_by_exact_name(text: str, expected: str) -> None:
    assert expand(text, {"A": "1"}) == expected


def test_pairs_of_percent_signs_that_are_left_are_deleted() -> None:
    assert start_arguments(["a%NO%b", "100%", "%%"], {}) == ("ab", "100%")


def test_the_port_is_filled_in_at_the_start() -> None:
    command = ("handler", *start_arguments(["--port=%FUNCTIONS_CUSTOMHANDLER_PORT%", "%X%"], {"X": "y"}))
    assert fill_start_variables(command, {"FUNCTIONS_CUSTOMHANDLER_PORT": "7071"}) == ("handler", "--port=7071", "y")


@given(st.lists(st.text(alphabet=' \t"\\ab%', max_size=12), max_size=5))
def test_no_argument_text_breaks_the_split(arguments: list[str]) -> None:
    words = start_arguments(arguments, {})
    assert all(isinstance(word, str) for word in words)
    assert "".join(words).replace('"', "").count("a") <= "".join(arguments).count("a")


@given(st.lists(st.text(alphabet="ab \tc", min_size=1, max_size=6), max_size=5))
def test_quoted_words_come_back_whole(words: list[str]) -> None:
    assert split_arguments(" ".join(f'"{word}"' for word in words)) == tuple(words)
