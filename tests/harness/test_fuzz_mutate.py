from __future__ import annotations

import base64
from collections import Counter
from random import Random
from typing import Any

import pytest
from tests.harness.kit.functions import FUNCTIONS
from tests.harness.kit.legal import reaches

from fnfuzz.app.model import Function
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.mutation.follow import with_values
from fnfuzz.fuzz.mutation.hints import Hint, Hints
from fnfuzz.fuzz.mutation.mutate import Mutator, splice
from fnfuzz.fuzz.mutation.values import MAX_TEXT, lengths_of
from fnfuzz.fuzz.pool import weight
from fnfuzz.fuzz.trees.nested import view
from fnfuzz.fuzz.trees.targets import targets
from fnfuzz.fuzz.trees.tree import Tree, to_event, to_tree
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz_strategies.feed import seeds_for

WORDS = Dictionary(
    names=("qty", "x-fc-request-id", "größe"), texts=("a b", "é" * 60), numbers=(7, 1.5, 10**11), paths=("/p",)
)


def seeds_of(function: Function) -> list[Event]:
    return list(seeds_for(function, 50, 0))


def mutants(function: Function, seed: int, rounds: int) -> list[Event]:
    mutator = Mutator(Random(seed), WORDS)
    found = []
    for event in seeds_of(function):
        tree = to_tree(event, function)
        for _ in range(rounds):
            mutant = to_event(mutator.mutate(tree), event, function)
            found += [mutant] if mutant is not None else []
    return found


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda item: item.name)
def test_every_mutant_of_every_seed_can_reach_the_function(function: Function) -> None:
    found = mutants(function, 1, 15)
    assert [event for event in found if not reaches(event, function)] == []
    assert len(set(found)) > len(seeds_of(function)) or function.trigger == "timer"


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda item: item.name)
def test_generations_of_mutants_stay_legal_and_bounded(function: Function) -> None:
    random = Random(5)
    mutator = Mutator(random, WORDS)
    pool = seeds_of(function)
    for _ in range(150):
        base = random.choice(pool)
        mutant = to_event(mutator.mutate(to_tree(base, function)), base, function)
        if mutant is not None:
            assert reaches(mutant, function), mutant
            assert weight(mutant) <= 1024 * 1024
            pool.append(mutant)


def test_mutants_are_a_function_of_the_seed() -> None:
    function = FUNCTIONS[1]
    assert mutants(function, 3, 10) == mutants(function, 3, 10)
    assert mutants(function, 3, 10) != mutants(function, 4, 10)


def test_few_mutants_are_wasted() -> None:
    for function in FUNCTIONS:
        made = len(mutants(function, 2, 20))
        assert made >= 0.6 * 20 * len(seeds_of(function)), function.name


def test_a_value_does_not_grow_without_end() -> None:
    mutator = Mutator(Random(1), WORDS)
    text, data = "a" * 65536, b"a" * 65536
    for _ in range(200):
        text, data = mutator.values.other(text), mutator.values.other(data)
        assert len(text) <= MAX_TEXT
        assert len(data) <= MAX_TEXT


def test_methods_and_header_names_are_those_that_clients_use() -> None:
    function = FUNCTIONS[1]
    events = [event for event in mutants(function, 1, 60) if isinstance(event, HttpEvent)]
    assert len({event.method for event in events}) == 7
    for event in events:
        assert (
            max(Counter(name.lower() for name, _ in event.headers if name == "Content-Type").values(), default=1) == 1
        )


def test_json_named_like_a_list_of_pairs_is_mutated_as_json() -> None:
    tree: Tree = {"body": {"json": {"headers": {"a": 1}, "query": {"b": 2}}}}
    mutator = Mutator(Random(2), WORDS)
    for _ in range(300):
        value = mutator.add_member(tree, targets(tree))["body"]["json"]
        assert isinstance(value["headers"], dict)
        assert isinstance(value["query"], dict)


def test_a_splice_takes_one_part_of_another_tree() -> None:
    first, second = {"method": "GET", "query": [1]}, {"method": "PUT", "query": [2]}
    assert {str(splice(first, second, Random(seed))) for seed in range(20)} == {
        str({"method": "PUT", "query": [1]}),
        str({"method": "GET", "query": [2]}),
    }


def test_the_checker_itself_knows_a_route() -> None:
    by_route = {function.route: function for function in FUNCTIONS}
    assert reaches(HttpEvent(path="/api/items/12"), by_route["items/{id:int}"])
    assert not reaches(HttpEvent(path="/api/items/mira"), by_route["items/{id:int}"])
    assert not reaches(HttpEvent(path="/api/items"), by_route["items/{id}"])
    assert not reaches(HttpEvent(path="/api/items/%00"), by_route["items/{id}"])


JSON: Tree = {"message": {"json": {"id": "7", "lines": [{"sku": "a", "qty": 3}], "note": "x"}}, "dequeue_count": 1}


def many(words: Dictionary, tree: Tree = JSON, rounds: int = 4000, hints: Hints | None = None) -> list[Tree]:
    mutator = Mutator(Random(1), words)
    if hints is not None:
        mutator.learn(hints)
    return [mutator.mutate(tree) for _ in range(rounds)]


def values_of(trees: list[Tree]) -> list[Any]:
    return [tree["message"]["json"] for tree in trees if isinstance(tree["message"].get("json"), dict)]


def test_compared_members_are_set_at_once() -> None:
    words = Dictionary(pairs=(("qty", 1000), ("currency", "XAU"), ("kind", "refund")))
    found = [value for value in values_of(many(words)) if "currency" in value and isinstance(value.get("lines"), list)]
    lines = [(value, line) for value in found for line in value["lines"] if isinstance(line, dict)]
    assert any(value["currency"] == "XAU" and line.get("qty") == 1001 for value, line in lines)


def test_texts_and_lists_get_lengths_of_the_source() -> None:
    values = values_of(many(Dictionary(lengths=(137,))))
    assert {136, 137, 138} <= {len(value["note"]) for value in values if isinstance(value.get("note"), str)}
    assert {136, 137, 138} <= {len(value["lines"]) for value in values if isinstance(value.get("lines"), list)}
    assert lengths_of(Dictionary(numbers=(7, 1.5, 10**11))) == (7, 6, 8)


def test_texts_begin_with_the_prefixes_of_the_source() -> None:
    values = values_of(many(Dictionary(prefixes=("ORD-",), suffixes=(".csv",))))
    texts = [value["note"] for value in values if isinstance(value.get("note"), str)]
    assert any(text.startswith("ORD-") and len(text) > 4 for text in texts)
    assert any(text.endswith(".csv") for text in texts)


def test_values_are_copied_from_place_to_place() -> None:
    assert any(value.get("id") == value.get("note") == "7" for value in values_of(many(Dictionary())))


def test_a_member_is_there_twice_in_the_raw_text() -> None:
    texts = [tree["message"]["text"] for tree in many(Dictionary()) if "text" in tree["message"]]
    assert any(text.count('"id":') == 2 for text in texts)


def test_formats_are_changed_inside_texts() -> None:
    inner = base64.b64encode(b'{"kind":"a","at":"2025-03-11"}').decode()
    tree: Tree = {"message": {"json": {"data": inner}}}
    texts = [value.get("data") for value in values_of(many(Dictionary(), tree, 6000))]
    seen = [view(text) for text in texts if isinstance(text, str) and text != inner]
    contents = [
        view(found.value) for found in seen if found and found.kind == "base64" and isinstance(found.value, str)
    ]
    objects = [found.value for found in contents if found and found.kind == "json"]
    assert any(value.get("kind", "a") != "a" for value in objects if isinstance(value, dict))
    assert any(str(value.get("at", "")).endswith("-02-29") for value in objects if isinstance(value, dict))


def test_what_an_answer_wished_for_is_put_into_the_place_that_lacks_it() -> None:
    hints = Hints((Hint("price", type="integer"), Hint("note", values=("red", "blue"))))
    values = values_of(many(Dictionary(), hints=hints))
    assert any(isinstance(line, dict) and line.get("price") == 7 for value in values for line in lines_of(value))
    assert {"red", "blue"} <= {value.get("note") for value in values if isinstance(value.get("note"), str)}


def lines_of(value: dict[str, Any]) -> list[Any]:
    lines = value.get("lines")
    return lines if isinstance(lines, list) else []


def test_a_hint_is_new_once() -> None:
    mutator = Mutator(Random(1), Dictionary())
    hints = Hints((Hint("qty", got="a"),))
    assert mutator.learn(hints)
    assert not mutator.learn(Hints((Hint("qty", got="b"),)))
    assert not mutator.learn(Hints())
    assert list(mutator.hints) == [Hint("qty")]


def test_samples_become_payloads() -> None:
    found = many(Dictionary(samples=('{"order":{"id":1}}', "a,b\n1,2\n")))
    payloads = [tree["message"] for tree in found]
    assert {"json": {"order": {"id": 1}}} in payloads
    assert {"text": "a,b\n1,2\n"} in payloads


def test_parents_are_not_changed() -> None:
    before = repr(JSON)
    many(Dictionary(names=("qty",), pairs=(("qty", 7),)), rounds=2000, hints=Hints((Hint("price"),)))
    assert repr(JSON) == before


def test_targets_are_found_in_one_walk() -> None:
    tree: Tree = {
        "method": "POST", "path": {"id": "7"}, "query": [["Page", "2"]], "headers": [["A", "b"]],
        "body": {"json": {"a": [1, {"page": None}]}},
    }  # fmt: skip
    found = targets(tree)
    assert [path for path, _ in found.json] == [
        ("body", "json", *rest) for rest in ((), ("a",), ("a", 0), ("a", 1), ("a", 1, "page"))
    ]
    assert {path for path, _ in found.scalars} == {
        ("query", 0, 0), ("query", 0, 1), ("body", "json", "a", 0), ("body", "json", "a", 1, "page"),
    }  # fmt: skip
    assert {path for path, _ in found.frame} == {("method",), ("path", "id"), ("headers", 0, 0), ("headers", 0, 1)}
    assert found.named["page"] == [("query", 0, 1), ("body", "json", "a", 1, "page")]
    assert found.homes == [("query",), ("body", "json"), ("body", "json", "a", 1)]
    assert {path for path, _ in found.containers} >= {("headers",), ("body", "json", "a")}


def test_the_same_name_at_every_depth_is_no_error() -> None:
    deep: Tree = {
        "message": {"json": {"a": {"a": {"a": [{"a": 1}, {"b": {"a": "2"}}]}}, "b": {"b": 1}}},
        "dequeue_count": 1,
    }
    words = Dictionary(pairs=(("a", 1), ("b", "x"), ("A", 2)))
    assert len(many(words, deep, hints=Hints((Hint("a"), Hint("b", ("a", "b")))))) == 4000
    assert next(with_values(deep, {"a": 1}))["message"]["json"] == {"a": 1, "b": {"b": 1}}
