from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from tests.harness.kit.functions import FUNCTIONS
from tests.harness.kit.legal import reaches

from fnfuzz.app.model import Function
from fnfuzz.events import Event, HttpEvent
from fnfuzz.fuzz.dictionary import Dictionary
from fnfuzz.fuzz.mutate import MAX_TEXT, Mutator, splice
from fnfuzz.fuzz.sources import weight
from fnfuzz.fuzz.tree import Tree, to_event, to_tree
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
        text, data = mutator.other(text), mutator.other(data)
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
        value = mutator.add_member(tree)["body"]["json"]
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
