from __future__ import annotations

import json
from itertools import islice
from random import Random
from typing import Any

from fnfuzz.fuzz.mutation.named import (
    asked_headers,
    asked_query,
    asked_values,
    examples,
    likely,
    shown_parts,
    siblings,
    two_asked,
)
from fnfuzz.fuzz.mutation.repeats import RUNS, counted, deep, many
from fnfuzz.fuzz.words.dictionary import Dictionary

WORDS = Dictionary(
    asked=("code", "total"),
    keys=("FREE", "HALF"),
    rows=(("FREE", (25, 5000)), ("HALF", ())),
    numbers=(40,),
    lengths=(40,),
    headers=("X-Key", "Authorization"),
    queries=((("page", "2"),),),
    pumped=("b" * 30 + "!",),
)
GET = {"method": "GET", "path": {}, "query": [["a", "b"]], "headers": [["x-key", "1"]], "body": {"text": ""}}
POST = {**GET, "method": "POST", "body": {"json": {"lines": [{"code": "free"}]}}}
RANDOM = Random(1)


def bodies(trees: Any) -> list[Any]:
    return [tree["body"]["json"] for tree in trees if "json" in tree["body"]]


def test_each_name_gets_each_likely_value_and_the_first_names_get_them_soon() -> None:
    found = [tree["query"] for tree in asked_values(GET, WORDS, RANDOM)]
    for value in ("a", "FREE", "HALF", "40", "41", WORDS.pumped[0], RUNS[0]):
        assert [["a", "b"], ["code", value]] in found
    assert found.index([["a", "b"], ["code", "FREE"]]) < 40


def test_all_names_come_at_once_with_what_fits_each() -> None:
    words = Dictionary(
        asked=("plan", "seats", "past", "note"),
        choices=(("plan", ("basic", "team")),),
        pairs=(("seats", 500), ("past", 200)),
        kinds=(("past", "numbers"),),
    )
    found = list(islice(bodies(asked_values({**POST, "body": {"json": {}}}, words, RANDOM)), 12))
    assert {"plan": "basic", "seats": 500, "past": [0], "note": "a"} in found
    assert {"plan": "team", "seats": 500, "past": [1.5], "note": 1} in found


def test_what_is_right_stays_where_what_is_lacking_is_added() -> None:
    words = Dictionary(
        asked=("parcel", "lines", "Lines", "grams", "colour"),
        kinds=(("parcel", "string"), ("lines", "strings")),
        pairs=(("grams", 1000),),
    )
    right = {"parcel": "AA000000", "Grams": 5}
    found = list(islice(bodies(asked_values({**POST, "body": {"json": right}}, words, RANDOM)), 40))
    lean, whole = {**right, "lines": ["a"]}, {**right, "lines": ["a"], "colour": "a"}
    assert found.index(lean) < found.index(whole)
    assert not any("Lines" in item for item in found[found.index(lean) : found.index(whole) + 1])


def test_texts_that_the_patterns_of_the_source_match_come_early() -> None:
    words = Dictionary(asked=("parcel", "total"), matches=("AA000000", "AA0000000"))
    found = bodies(asked_values({**POST, "body": {"json": {}}}, words, RANDOM))
    assert found.index({"parcel": "AA000000"}) < 40


def test_declared_types_and_help_come_early() -> None:
    words = Dictionary(asked=("code", "past"), kinds=(("past", "numbers"),), texts=("--amount",))
    found = bodies(asked_values({**POST, "body": {"json": {}}}, words, RANDOM))
    assert found.index({"past": [0]}) < 20
    assert found.index({"code": "-h"}) < 60
    assert {"code": "--version"} in found
    assert {"code": "--amount"} in found


def test_lists_come_as_long_as_the_source_allows() -> None:
    tree = {**POST, "body": {"json": {"lines": [], "tags": ["a"]}}}
    found = [
        tree["body"]["json"]
        for tree in many(tree, Dictionary(lengths=(5000, 3)), RANDOM)
        if isinstance(tree["body"].get("json"), dict)
    ]
    assert {"lines": [None] * 5000, "tags": ["a"]} in found
    assert {"lines": [], "tags": ["a"] * 5001} in found
    assert not any(len(item["lines"]) == 3 for item in found)


def test_members_are_put_into_the_outer_and_the_inner_objects() -> None:
    found = bodies(asked_values(POST, WORDS, RANDOM))
    assert {"lines": [{"code": "free"}], "total": "FREE"} in found
    assert {"lines": [{"code": "free", "total": [RUNS[0]]}]} in found
    assert {"lines": [{"code": "free"}], "code": "a", "total": "a"} in found


def test_members_are_put_into_json_and_forms_inside_texts() -> None:
    inner = {"body": {"json": {"body": '{"a":1}', "form": "x=1&y=2"}}}
    found = bodies(asked_values(inner, WORDS, RANDOM))
    assert {"body": '{"a":1,"code":"FREE"}', "form": "x=1&y=2"} in found
    assert {"body": '{"a":1}', "form": "x=1&y=2&code=FREE"} in found


def test_a_payload_that_is_no_json_is_replaced() -> None:
    assert {"code": "FREE"} in bodies(asked_values({"body": {"text": ""}}, WORDS, RANDOM))


def test_the_query_of_a_request_with_a_body_has_its_own_turn() -> None:
    assert all(tree["query"] == GET["query"] for tree in asked_values(POST, WORDS, RANDOM))
    assert [["a", "b"], ["code", "FREE"]] in [tree["query"] for tree in asked_query(POST, WORDS, RANDOM)]
    assert list(asked_query(GET, WORDS, RANDOM)) == []


def test_two_names_come_together() -> None:
    found = bodies(two_asked({"body": {"json": {}}}, WORDS, RANDOM))
    assert {"code": "a", "total": True} in found
    assert {"code": True, "total": "a"} in found


def test_where_one_text_of_a_table_stands_the_others_come_with_their_numbers() -> None:
    event = {**GET, "query": [["code", "half"]]}
    found = [tree["query"] for tree in siblings(event, WORDS, RANDOM)]
    assert [["code", "FREE"]] in found
    assert [["code", "FREE"], ["total", "5000"]] in found
    assert list(siblings(GET, WORDS, RANDOM)) == []


def test_headers_are_left_out_and_get_values_that_such_headers_have() -> None:
    found = [tree["headers"] for tree in asked_headers(GET, WORDS, RANDOM)]
    assert found[0] == []
    assert [["x-key", "1"], ["Authorization", "Basic !"]] in found
    assert [["X-Key", "FREE"]] in found


def test_examples_of_queries_are_taken_whole() -> None:
    assert [tree["query"] for tree in examples(GET, WORDS, RANDOM)] == [[["page", "2"]]]
    assert list(examples({"body": {"text": ""}}, WORDS, RANDOM)) == []


def test_likely_values_have_every_type() -> None:
    assert {type(value) for value in likely(WORDS)} == {str, int, float, bool, list, dict, type(None)}


def test_objects_are_put_into_themselves_by_the_names_of_the_source() -> None:
    words = Dictionary(asked=("children",))
    found = [tree["message"]["text"] for tree in deep({"message": {"json": {"name": "a", "x": []}}}, words, RANDOM)]
    assert all(len(text) <= 48 * 1024 for text in found)
    assert any(text.startswith('{"name":"a","children":[{"name":"a","children":[') for text in found)
    assert any(text.startswith('{"name":"a","children":{"name":"a"') for text in found)
    assert json.loads(min(found, key=len).replace("[", "").replace("]", ""))["name"] == "a"
    assert max(text.count("{") for text in found) > 1000
    assert list(deep({"body": {"text": "a"}}, words, RANDOM)) == []


def test_lines_and_items_come_as_often_as_the_source_counts() -> None:
    assert {40, 80, 39, 41} <= set(counted(WORDS))
    texts = [tree["body"]["text"] for tree in many({"body": {"text": "head\nrow"}}, WORDS, RANDOM)]
    assert "row\n" * 40 in texts
    assert "head\n" + "row\n" * 40 in texts
    assert "\n" * 40 in [tree["body"]["text"] for tree in many({"body": {"text": ""}}, WORDS, RANDOM)]
    assert [{"a": 1}] * 80 in bodies(many({"body": {"json": {"a": 1}}}, WORDS, RANDOM))


def test_what_the_source_shows_becomes_a_part_of_the_event() -> None:
    words = Dictionary(samples=('{"limits": {"wind": {"hi": 90}}}', "[1]", "no JSON", "{}", '{"code": "HALF"}'))
    body = {"code": "free", "lines": [{"id": 1}]}
    found = bodies(shown_parts({**POST, "body": {"json": body}}, words, RANDOM))
    assert {**body, "limits": {"wind": {"hi": 90}}} in found
    assert {**body, "code": "HALF"} in found
    assert {**body, "lines": [{"id": 1, "limits": {"wind": {"hi": 90}}}]} in found
    assert len(found) == 4
    queries = [tree["query"] for tree in shown_parts(GET, words, RANDOM)]
    assert queries == [[["a", "b"], ["code", "HALF"]]]


def test_a_header_gets_what_the_patterns_of_the_source_match() -> None:
    words = Dictionary(headers=("X-Slot",), matches=("B7-0123", "\u00e9"))
    found = [tree["headers"] for tree in asked_headers(GET, words, RANDOM)]
    assert [["x-key", "1"], ["X-Slot", "B7-0123"]] in found
    assert not any("\u00e9" in value for pairs in found for _, value in pairs)
