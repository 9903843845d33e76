from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
from tests.harness.kit.functions import FUNCTIONS
from tests.harness.kit.legal import reaches

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.events import Event, HttpEvent, RawEvent
from fnfuzz.fuzz import pool, sources
from fnfuzz.fuzz.feeds import event_sources
from fnfuzz.fuzz.seeding import elsewhere
from fnfuzz.fuzz.sources import FunctionSource, share
from fnfuzz.fuzz.trees.tree import payload
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz_strategies.feed import drawn_for, seeds_for

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
WORDS = Dictionary(names=("qty",), paths=("/orders", "/api/users/7", "/v1/x"))


def no_seeds(function: Function, count: int, seed: int) -> Iterator[Event]:
    return iter([RawEvent(body=b"{}")])


def source_of(function: Function = RAW, seed: int = 1) -> FunctionSource:
    given = {"seeds": seeds_for if function is not RAW else no_seeds, "drawn": lambda *_: iter([RawEvent(body=b"x")])}
    return FunctionSource(function, WORDS, seed, given)  # type: ignore[arg-type] # one of them is a lambda


def explored(source: FunctionSource, count: int) -> list[Event]:
    found = []
    for number in range(count):
        event = source.next_explored()
        source.learn(event, b"%d" % (number % 50), 0.001, False)
        found.append(event)
    return found


def test_the_registered_sources_are_found_in_the_order_of_their_names() -> None:
    found = event_sources()
    assert list(found) == sorted(found)
    assert {"drawn", "seeds"} <= set(found)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda item: item.name)
def test_seeds_and_drawn_events_can_reach_the_function(function: Function) -> None:
    found = [*seeds_for(function, 50, 3), *islice(drawn_for(function, 12, 3), 12), typical_event(function)]
    assert [event for event in found if not reaches(event, function)] == []


def test_a_route_that_no_strategy_knows_gives_realistic_events_only() -> None:
    odd = Function(name="h", trigger="http", contract="azure-http", route="{id:mine(1)}")
    assert len(list(drawn_for(odd, 20, 1))) == 5


def test_the_events_are_a_function_of_seed_and_feedback() -> None:
    assert explored(source_of(), 200) == explored(source_of(), 200)
    assert explored(source_of(), 200) != explored(source_of(seed=2), 200)


def test_new_behaviour_is_counted_and_kept() -> None:
    source = source_of()
    assert source.learn(RawEvent(body=b"a"), b"1", 0.5, True)
    assert not source.learn(RawEvent(body=b"b"), b"1", 0.5, False)
    assert (source.behaviours, source.cases, source.rejected, source.seconds, source.stale) == (1, 2, 1, 1.0, 1)
    assert source.learn(RawEvent(body=b"c"), b"2", 0.0015, False, 404)
    tally = source.tally()
    assert tally.answers == (2, 0, 0, 0, 1, 0)
    # 0.5 s are less than 2**19 microseconds, 1.5 ms less than 2**11.
    assert {at: count for at, count in enumerate(tally.latencies) if count} == {11: 1, 19: 2}
    children = explored(source, 300)
    assert any(isinstance(event, RawEvent) and b"a" in event.body for event in children)


def test_a_handler_that_always_shows_something_new_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_BEHAVIOURS", 600)
    monkeypatch.setattr(pool, "MOST_BYTES", 50_000)
    source = source_of()
    for number in range(1000):
        source.learn(RawEvent(body=b"x" * 1000), b"%d" % number, 0.0, False)
    assert source.behaviours == 600
    assert source.stale == 400
    assert len(source._pool) == 50
    assert source._pool.bytes == 50_000


def test_an_event_larger_than_the_pool_is_still_mutated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "MOST_BYTES", 10)
    source = source_of()
    source.learn(RawEvent(body=b"x" * 1000), b"1", 0.0, False)
    assert source.next_explored() is not None


def test_paths_of_the_sources_are_tried_where_the_route_is_open() -> None:
    events = [HttpEvent(), HttpEvent(), HttpEvent(method="POST", body=b"{}"), RawEvent()]
    open_route = Function(name="h", trigger="http", contract="azure-forward", route="{*rest}")
    found = list(elsewhere(events, open_route, WORDS))
    assert [(event.method, event.path) for event in found if isinstance(event, HttpEvent)] == [
        (method, path) for method in ("GET", "POST") for path in ("/api/orders", "/api/users/7", "/api/v1/x")
    ]
    below = replace(open_route, route="v1/{*rest}")
    assert {event.path for event in elsewhere(events, below, WORDS) if isinstance(event, HttpEvent)} == {"/api/v1/x"}
    web = Function(name="w", trigger="http", contract="fc-web", route_prefix="")
    assert {event.path for event in elsewhere(events, web, WORDS) if isinstance(event, HttpEvent)} == set(WORDS.paths)
    assert list(elsewhere(events, replace(open_route, route="items/{id}"), WORDS)) == []
    assert list(elsewhere(events, RAW, WORDS)) == []


def test_turns_are_by_time_or_by_cases() -> None:
    slow, quick = source_of(), source_of()
    slow.cases, slow.seconds = 10, 5.0
    quick.cases, quick.seconds = 200, 0.2
    assert share([slow, quick], by_time=True) is quick
    assert share([slow, quick], by_time=False) is slow
    slow.stale = 20_000
    slow.cases = 100
    assert share([slow, quick], by_time=False) is quick


def heard(source: FunctionSource, answer: str, count: int) -> list[bytes]:
    """The payloads of the next events after a refusal."""
    source.learn(RawEvent(body=b"{}"), b"refused", 0.001, True)
    source.hear(RawEvent(body=b"{}"), "", answer)
    return [event.body for _ in range(count) if isinstance(event := source.next_explored(), RawEvent)]


def test_what_an_answer_wishes_for_comes_soon() -> None:
    assert any(b'"qty"' in body for body in heard(source_of(), '{"error": "qty is missing"}', 10))


def test_a_name_of_the_source_in_a_refusal_is_a_wish_of_the_type_that_it_names() -> None:
    assert any(b'{"qty":[' in body for body in heard(source_of(), "a qty is a list", 20))


def test_all_small_changes_of_a_new_event_come_once_and_those_of_the_newest_soon() -> None:
    source = source_of()
    source.learn(RawEvent(body=b'{"a":{"b":1}}'), b"new", 0.001, False)
    events = [source.next_explored() for _ in range(400)]
    assert RawEvent(body=b'{"a":{}}') in events
    assert any(isinstance(event, RawEvent) and b'"qty":' in event.body for event in events)


def refused(source: FunctionSource, path: str, said: bytes) -> None:
    source.learn(HttpEvent(path=path), said, 0.001, True)
    source.is_there(HttpEvent(path=path), False)


def test_a_path_that_is_not_there_is_left_alone() -> None:
    web = Function(name="w", trigger="http", contract="fc-web", route_prefix="")
    source = FunctionSource(web, WORDS, 1, {"seeds": lambda *_: [HttpEvent(path="/gone")]})
    refused(source, "/", b"no such page")
    for _ in range(4):
        refused(source, "/gone", b"no such page")
    told = [source.next_boundary() for _ in range(300)]
    assert any(told)
    assert all((event.method, event.path) != ("GET", "/gone") for event in told if isinstance(event, HttpEvent))


def test_a_path_that_turns_events_away_in_words_of_its_own_is_not_left_alone() -> None:
    web = Function(name="w", trigger="http", contract="fc-web", route_prefix="")
    source = FunctionSource(web, WORDS, 1, {"seeds": lambda *_: [HttpEvent(path="/coupons")]})
    refused(source, "/", b"no such page")
    for _ in range(9):
        refused(source, "/coupons", b"no such coupon")
    told = [source.next_boundary() for _ in range(300)]
    assert any((event.method, event.path) == ("GET", "/coupons") for event in told if isinstance(event, HttpEvent))


def test_handlers_that_repeat_the_event_in_their_refusals_do_not_fill_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "MAX_REFUSALS", 20)
    source = source_of()
    for number in range(100):
        source.learn(RawEvent(body=b"x"), b"%d" % number, 0.0, True)
    assert source.behaviours == 20
    assert source.learn(RawEvent(body=b"y"), b"taken", 0.0, False)


def test_examples_are_of_different_behaviours_accepted_ones_first() -> None:
    source = source_of()
    source.learn(RawEvent(body=b"refused"), b"1", 0.0, True)
    source.learn(RawEvent(body=b"often"), b"2", 0.0, False)
    source.learn(RawEvent(body=b"often too"), b"2", 0.0, False)
    source.learn(RawEvent(body=b"rare"), b"3", 0.0, False)
    rare, often, refused = (RawEvent(body=body) for body in (b"rare", b"often", b"refused"))
    assert [event for event, _ in source.ranked(5)] == [rare, often, refused]
    assert [event for event, _ in source.ranked(1)] == [rare]


def test_names_that_refusals_speak_of_are_asked_for_first() -> None:
    source = FunctionSource(RAW, replace(WORDS, asked=("other",)), 1, {})
    source.learn(RawEvent(body=b"{}"), b"refused", 0.001, True)
    source.hear(RawEvent(body=b"{}"), "", "a qty is a list")
    source.learn(RawEvent(body=b'{"a":1}'), b"taken", 0.001, False)
    bodies = [event.body for _ in range(300) if isinstance(event := source.next_explored(), RawEvent)]
    assert b'{"a":1,"qty":"1e3"}' in bodies


@pytest.mark.parametrize("rejected", [False, True])
def test_a_sample_that_is_taken_is_mutated_though_its_behaviour_is_known(rejected: bool) -> None:
    text = '{"hydrant":"N-104","months":[1,7]}'
    source = FunctionSource(RAW, Dictionary(samples=(text,)), 1, {"seeds": no_seeds})
    sample = RawEvent(body=text.encode())
    assert source.learn(RawEvent(body=b"{}"), b"seen", 0.001, rejected)
    assert not source.learn(sample, b"seen", 0.001, rejected)
    assert source.telling(3) == ([] if rejected else [sample])
    changed = 0
    for _ in range(60):
        event = source.next_explored()
        source.learn(event, b"seen", 0.001, rejected)
        changed += b"N-104" in payload(event)
    assert (changed > 10) is not rejected


def test_what_an_answer_usually_takes_is_not_what_a_hang_takes() -> None:
    source = source_of()
    assert source.usual_seconds == 0
    for number, elapsed in enumerate((0.003, 0.002, 0.004, 0.003, 5.0)):
        source.learn(RawEvent(body=b"%d" % number), b"same", elapsed, False)
    assert 0.003 <= source.usual_seconds < 0.01
    assert source.mean_seconds > 1
