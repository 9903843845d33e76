"""One value of an event at other values of its kind."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from fnfuzz.fuzz.mutation.named import CONTROLS, ESCAPED
from fnfuzz.fuzz.mutation.standing import numerals_within, standing
from fnfuzz.fuzz.words.dictionary import Dictionary

WORDS = Dictionary()


def bodies(value: Any, words: Dictionary = WORDS) -> list[Any]:
    return [tree["body"]["json"] for tree in standing({"body": {"json": value}}, words, Random(1))]


def test_every_place_has_one_value_before_any_has_a_second_one() -> None:
    found = [item for item in bodies({"one": "x", "two": "y"}) if isinstance(item, dict) and len(item) == 2]
    wanted = (
        [{"one": text, "two": "y"} for text in (ESCAPED, CONTROLS)],
        [{"one": "x", "two": text} for text in (ESCAPED, CONTROLS)],
    )
    assert [item for item in found if item in wanted[0] or item in wanted[1]] == [
        wanted[0][0],
        wanted[1][0],
        wanted[0][1],
        wanted[1][1],
    ]


def test_a_list_comes_with_one_of_its_items_and_with_what_is_next_to_it() -> None:
    found = bodies({"months": [1, 7]})
    for items in ([1], [7], [2], [0], [8], [6], [1, 7, 1, 7], []):
        assert {"months": items} in found
    assert {"tags": ["b"]} in bodies({"tags": ["a", "b"]})


def test_options_of_the_source_stand_in_place_of_texts() -> None:
    found = bodies({"text": "hello"}, Dictionary(texts=("--loud",)))
    assert {"text": "--version"} in found
    assert {"text": "--loud"} in found
    assert {"text": "--version"} not in bodies({"text": "hello"})


def test_each_number_of_a_text_that_is_put_together_changes() -> None:
    assert {*list(numerals_within("150/5"))[:6]} == {"0/5", "150/0", "151/5", "150/6", "149/5", "150/4"}
    found = [item["ratio"] for item in bodies({"ratio": "150/5"}) if isinstance(item, dict) and "ratio" in item]
    assert found.index("150/0") < 10


@pytest.mark.parametrize(("text", "other"), [("A-007", "A-008"), ("1898-03", "1898-02"), ("a1b2c3d4e5", "a1b2c3d5e5")])
def test_leading_zeros_stay_and_the_first_numbers_of_many_change(text: str, other: str) -> None:
    assert other in list(numerals_within(text))


def test_a_text_without_numbers_has_none_to_change() -> None:
    assert list(numerals_within("a-b")) == []
