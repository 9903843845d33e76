"""Items that name each other, and values in the places where they stand."""

from __future__ import annotations

from itertools import islice, pairwise
from random import Random
from typing import Any

import orjson
import pytest

from fnfuzz.app.model import Function
from fnfuzz.events import HttpEvent, RawEvent
from fnfuzz.fuzz.mutation.boundaries import changes
from fnfuzz.fuzz.mutation.references import references
from fnfuzz.fuzz.mutation.standing import standing
from fnfuzz.fuzz.trees.tree import payload, to_tree
from fnfuzz.fuzz.words.dictionary import Dictionary

RAW = Function(name="f", trigger="raw", contract="fc-event")
UNITS = b'{"of": "A", "units": [{"id": "L", "parent": null}, {"id": "L1", "parent": "L", "staff": 3}]}'
TASKS = b'[{"nr": 1, "after": []}, {"nr": 2, "after": [1]}]'


def made(body: bytes) -> list[Any]:
    tree = to_tree(RawEvent(body=body), RAW)
    return [changed["body"]["json"] for changed in references(tree, Dictionary(), Random(1))]


def pairs(items: list[Any], key: str, by: str) -> list[tuple[Any, Any]]:
    return [(item[key], item[by]) for item in items]


def test_rings_beside_what_is_right_come_first_and_names_are_new() -> None:
    found = [pairs(value["units"], "id", "parent") for value in made(UNITS)]
    right = [("L", None), ("L1", "L")]
    assert found[0] == [*right, ("L11", "L12"), ("L12", "L11")]
    assert [("L", None), ("L1", "L1")] in found
    assert [("L", "L1"), ("L1", "L")] in found
    assert [*right, ("L11", "L12"), ("L12", "L13"), ("L13", "L11")] in found
    assert [("L", None), ("L1", "nobody")] in found
    assert [*right, ("L1", "L")] in found
    assert [("L", None), ("L1", None)] in found
    longest = max(found, key=len)
    assert len(longest) == 1202
    assert all(by == before for (before, _), (_, by) in pairwise(longest))


def test_lists_of_names_stay_lists_and_numbers_numbers() -> None:
    found = [pairs(value, "nr", "after") for value in made(TASKS)]
    assert [(1, []), (2, [1]), (3, [4]), (4, [3])] in found
    assert [(1, []), (2, [2])] in found
    assert [(1, []), (2, [1, 2, 1, 2])] in found


@pytest.mark.parametrize(
    "body",
    [
        b'[{"id": "a", "name": "b"}, {"id": "c", "name": "d"}]',
        b'[{"id": "a", "parent": "a"}]',
        b'[{"id": true, "parent": 1}, {"id": false, "parent": 0}]',
        b'[{"id": "a", "of": "b"}, {"id": "b", "of": "x"}, 7]',
        b"[]",
        b'{"id": "a", "parent": "b"}',
    ],
)
def test_what_names_nothing_of_its_list_is_left_alone(body: bytes) -> None:
    assert made(body) == []


def test_each_place_gets_its_first_value_before_any_gets_a_second_one() -> None:
    value = {"amount": "12.50", "count": 3, "day": "2025-03-11", "name": "a", "ok": True}
    tree = to_tree(RawEvent(body=orjson.dumps(value)), RAW)
    found = [changed["body"]["json"] for changed in islice(standing(tree, Dictionary(), Random(1)), 6)]
    assert found[0] == {}
    changed = [[name for name in value if other[name] != value[name]] for other in found[1:]]
    assert changed == [["amount"], ["count"], ["day"], ["name"], ["ok"]]
    assert (found[1]["amount"], found[2]["count"], found[5]["ok"]) == ("9" * 40, 4, False)
    assert found[3]["day"] == "2024-02-29"
    assert "é" in found[4]["name"]


def test_parameters_of_a_query_stay_texts() -> None:
    function = Function(name="h", trigger="http", contract="fc-web")
    event = HttpEvent(method="GET", path="/books", query=(("page", "1"),))
    queries = [tree["query"] for tree in standing(to_tree(event, function), Dictionary(), Random(1))]
    assert ["page", "9223372036854775807"] in [query[0] for query in queries]
    assert all(isinstance(text, str) for query in queries for _, text in query)


def test_both_are_among_the_first_changes_of_an_event() -> None:
    event = RawEvent(body=UNITS)
    near = [payload(item) for item in islice(changes(event, RAW, Dictionary(), 1), 150)]
    assert any(b'"parent":"L12"' in data for data in near)
    assert any(b'"staff":9223372036854775807' in data for data in near)
