from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.shrinking.shrink import Budget, shrink_cases, shrink_event, shrink_sequence, size
from fnfuzz.fuzz.trees.places import Inside, NameOf, look, places, put_all, said, without
from fnfuzz.fuzz.trees.readings import readings
from fnfuzz.fuzz.trees.tree import to_event, to_tree

QUEUE = Function(name="q", trigger="queue", contract="azure-http")
HTTP = Function(name="h", trigger="http", contract="azure-forward", route="items/{id}", methods=("GET", "POST"))
BLOB = Function(name="b", trigger="blob", contract="azure-http", source="uploads/{name}")
RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")


def minimal(event: Event, function: Function, fails: Callable[[Event], bool], calls: int = 2000) -> Event:
    assert fails(event)
    return shrink_event(event, function, fails, Budget(calls, time.monotonic() + 60, time.monotonic))


def message(event: Event) -> object:
    assert isinstance(event, QueueEvent)
    try:
        return json.loads(event.message)
    except ValueError:
        return None


ORDER = json.dumps(
    {
        "id": 7,
        "customer": {"name": "Mira", "city": "Köln"},
        "items": [{"sku": "A-1", "qty": 3}, {"sku": "B-2", "qty": 12}],
        "note": "rush",
    }
).encode()


def test_a_missing_member_shrinks_to_the_empty_object() -> None:
    def fails(event: Event) -> bool:
        value = message(event)
        return isinstance(value, dict) and "total" not in value

    assert minimal(QueueEvent(message=ORDER, dequeue_count=4), QUEUE, fails) == QueueEvent(message=b"{}")


def test_a_number_shrinks_to_the_border() -> None:
    def fails(event: Event) -> bool:
        value = message(event)
        return isinstance(value, dict) and any(
            item.get("qty", 0) > 10 for item in value.get("items", []) if isinstance(item, dict)
        )

    def safe(event: Event) -> bool:
        try:
            return fails(event)
        except (TypeError, AttributeError):
            return False

    assert minimal(QueueEvent(message=ORDER), QUEUE, safe) == QueueEvent(message=b'{"items":[{"qty":11}]}')


def test_members_of_a_deep_tree_go_everywhere_at_once() -> None:
    body = b'{"id":"7","name":"mira","children":[]}'
    for _ in range(40):
        body = b'{"id":"7","name":"mira","children":[%s]}' % body

    def fails(event: Event) -> bool:
        # Nothing but the depth counts, and only trees whose levels are all alike.
        assert isinstance(event, RawEvent)
        value, depth, names = json.loads(event.body), 0, set()
        while isinstance(value, dict) and isinstance(value.get("children"), list):
            depth, inner = depth + 1, value["children"]
            names.add(tuple(sorted(value)))
            value = inner[0] if inner else None
        return depth >= 20 and len(names) == 1

    def safe(event: Event) -> bool:
        try:
            return fails(event)
        except (ValueError, TypeError):
            return False

    found = minimal(RawEvent(body=body), RAW, safe)
    assert isinstance(found, RawEvent)
    assert found.body.count(b'"children"') == 20
    assert b"name" not in found.body
    assert b"id" not in found.body


def test_a_long_text_shrinks_to_the_exact_length() -> None:
    event = RawEvent(body=b"x" * 5000)
    found = minimal(event, RAW, lambda item: isinstance(item, RawEvent) and len(item.body) >= 257)
    assert found == RawEvent(body=b"a" * 257)


def test_query_and_headers_that_do_not_matter_go_away() -> None:
    event = HttpEvent(
        method="POST",
        path="/api/items/longer-name",
        query=(("a", "1"), ("page", "x"), ("b", "2")),
        headers=(("Accept", "*/*"), ("X-Tag", "t")),
        body=b'{"k":1}',
    )

    def fails(item: Event) -> bool:
        return isinstance(item, HttpEvent) and any(name == "page" and not value.isdigit() for name, value in item.query)

    assert minimal(event, HTTP, fails) == HttpEvent(method="GET", path="/api/items/a", query=(("page", ""),))


def test_what_parsing_would_lose_is_shrunk_as_text() -> None:
    event = QueueEvent(message=b'{"a":1,"a":2,"b":"long text that does not matter"}')
    found = minimal(event, QUEUE, lambda item: isinstance(item, QueueEvent) and item.message.count(b'"a"') >= 2)
    assert found == QueueEvent(message=b'"a""a"')


def test_binary_content_shrinks() -> None:
    event = BlobEvent(name="cat.png", content=bytes(range(256)) * 4, metadata=(("owner", "mira"),))
    found = minimal(event, BLOB, lambda item: isinstance(item, BlobEvent) and b"\xff" in item.content)
    assert found == BlobEvent(name="a", content=b"\xff")


def test_the_budget_in_calls_is_kept() -> None:
    calls = 0

    def fails(event: Event) -> bool:
        nonlocal calls
        calls += 1
        return True

    shrink_event(QueueEvent(message=ORDER), QUEUE, fails, Budget(5, time.monotonic() + 60, time.monotonic))
    assert calls <= 7


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60))
def test_the_result_fails_and_is_never_larger(body: bytes) -> None:
    event = RawEvent(body=b"x" + body)
    found = minimal(event, RAW, lambda item: isinstance(item, RawEvent) and len(item.body) > 0, calls=400)
    assert isinstance(found, RawEvent)
    assert len(found.body) == 1
    assert size(found) <= size(event)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=12), st.integers(0, 9))
def test_a_sequence_keeps_what_matters_and_its_last_event(numbers: list[int], wanted: int) -> None:
    events = [RawEvent(body=str(number).encode()) for number in [wanted, *numbers]]

    def fails(items: object) -> bool:
        assert isinstance(items, (list, tuple))
        return any(item.body == str(wanted).encode() for item in items[:-1]) or (
            len(items) == 1 and items[0].body == str(wanted).encode()
        )

    found = shrink_sequence(events, fails, Budget(500, time.monotonic() + 60, time.monotonic))
    assert found[-1] == events[-1]
    assert len(found) <= 2


@pytest.mark.parametrize(
    ("event", "function"),
    [
        (
            HttpEvent(
                method="POST",
                path="/api/items/a%20b",
                query=(("q", "ä"),),
                headers=(("X-A", "1"),),
                body=b'{"a":[1,2.5,"x",null]}',
            ),
            HTTP,
        ),
        (HttpEvent(path="/api/items/%FF"), HTTP),
        (QueueEvent(message="grüße".encode(), dequeue_count=3), QUEUE),
        (QueueEvent(message=b""), QUEUE),
        (BlobEvent(name="a.bin", content=b"\x00\xff"), BLOB),
        (RawEvent(body=b'"text"'), RAW),
    ],
)
def test_a_tree_becomes_the_same_event_again(event: Event, function: Function) -> None:
    assert to_event(to_tree(event, function), event, function) == event


# -- how many calls it takes


def calls_to_minimum(event: Event, function: Function, fails: Callable[[Event], bool]) -> tuple[int, Event]:
    """The call that reached the minimum, and the minimum."""
    calls = reached = 0

    def counted(item: Event) -> bool:
        nonlocal calls, reached
        calls += 1
        try:
            failed = bool(fails(item))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return False
        reached = calls if failed else reached
        return failed

    assert counted(event)
    return reached, minimal_of(event, function, counted)


def minimal_of(event: Event, function: Function, fails: Callable[[Event], bool]) -> Event:
    return shrink_event(event, function, fails, Budget(3000, 10**9, iter(range(10**9)).__next__))


def loaded(event: Event) -> Any:
    return json.loads(event.message if isinstance(event, QueueEvent) else getattr(event, "body", b""))


NESTED = {"meta": {"v": 1, "src": "sensor-9"}, "payload": json.dumps({**json.loads(ORDER), "n": 4711}), "x": [1, 2]}
CSV = "sku,qty,price\n" + "\n".join(f"A-{row},{row * 7},{row}.50" for row in range(30))
COSTS: list[tuple[str, Any, Callable[[Any], bool], bytes, int]] = [
    ("a limit", {**json.loads(ORDER), "n": 3209946}, lambda value: value["n"] > 1000, b'{"n":1001}', 40),
    (
        "a nested body",
        {"body": json.loads(ORDER), "n": [0] * 30},
        lambda value: any(item["qty"] > 10 for item in value["body"]["items"]),
        b'{"body":{"items":[{"qty":11}]}}',
        60,
    ),
    (
        "JSON in JSON",
        NESTED,
        lambda value: json.loads(value["payload"])["n"] > 1000,
        b'{"payload":"{\\"n\\":1001}"}',
        60,
    ),
    (
        "CSV in JSON",
        {"file": CSV, "id": 3},
        lambda value: any(row.split(",")[1] == "98" for row in value["file"].split("\n")),
        b'{"file":",98"}',
        90,
    ),
    (
        "a length that is told",
        {"count": 9, "items": list(range(9)), "id": "x"},
        lambda value: value["count"] == len(value["items"]) > 2,
        b'{"count":3,"items":[0,0,0]}',
        60,
    ),
    (
        "equal texts",
        {"a": {"id": "user-4711"}, "b": {"id": "user-4711", "n": 2}},
        lambda value: value["a"]["id"] == value["b"]["id"] and len(value["a"]["id"]) > 2,
        b'{"a":{"id":"aaa"},"b":{"id":"aaa"}}',
        90,
    ),
    (
        "members that only go together",
        {"low": 5, "k": 1, "high": 9},
        lambda value: ("low" in value) == ("high" in value) and "k" in value,
        b'{"k":0}',
        90,
    ),
    (
        "a member whose default goes with another number",
        {"page": 61, "size": 1},
        lambda value: (value["page"] - 1) * value.get("size", 12) == 60,
        b'{"page":6}',
        90,
    ),
    (
        "a number out of range",
        {"n": 10**30, "id": 7},
        lambda value: type(value["n"]) is int and value["n"] >= 2**64,
        b'{"n":18446744073709551616}',
        90,
    ),
    (
        "a date",
        {"when": "2024-02-31T10:11:12Z", "id": 7},
        lambda value: re.match(r"\d{4}-02-(\d\d)", value["when"])[1] > "29",  # type: ignore[index]
        b'{"when":"0000-02-30"}',
        60,
    ),
]


@pytest.mark.parametrize(("what", "start", "fails", "least", "most"), COSTS, ids=[row[0] for row in COSTS])
def test_the_minimum_is_reached_in_few_calls(
    what: str, start: Any, fails: Callable[[Any], bool], least: bytes, most: int
) -> None:
    event = RawEvent(body=json.dumps(start).encode())
    calls, found = calls_to_minimum(event, RAW, lambda item: fails(loaded(item)))
    assert found == RawEvent(body=least), what
    assert calls <= most


def test_two_events_of_one_fault_end_at_one_minimum() -> None:
    def fails(event: Event) -> bool:
        return any(isinstance(item, dict) and {"x", "y"} <= set(item) for item in [loaded(event), *loaded(event)])

    starts = ({"y": [1, 2], "x": {"d": 1}, "z": 3}, [{"x": "long", "y": None}, 7], [1, {"a": 5, "y": 1, "x": "b"}])
    events = [RawEvent(body=json.dumps(start).encode()) for start in starts]
    assert {calls_to_minimum(event, RAW, fails)[1] for event in events} == {RawEvent(body=b'{"x":0,"y":0}')}


def test_progress_is_told_after_each_gain() -> None:
    told: list[tuple[int, int]] = []
    event = QueueEvent(message=ORDER)
    budget = Budget(500, 10**9, iter(range(10**9)).__next__)
    shrink_event(
        event, QUEUE, lambda item: b"qty" in item.message, budget, lambda calls, left: told.append((calls, left))
    )  # type: ignore[union-attr]
    assert told == sorted(told)
    assert [left for _, left in told] == sorted((left for _, left in told), reverse=True)
    assert told[-1][1] < 10


def test_the_parts_that_no_tree_holds_go_to_their_defaults() -> None:
    event = QueueEvent(message=b"x", id="other", inserted="2024-01-01T00:00:00+00:00", attributes=(("a", "b"),))
    assert minimal(event, QUEUE, lambda item: True) == QueueEvent()
    kept = minimal(event, QUEUE, lambda item: isinstance(item, QueueEvent) and item.id == "other")
    assert (kept.id, kept.message) == ("other", b"")  # type: ignore[union-attr] # a queue's event again


def test_numbers_that_would_be_written_longer_never_make_the_case_larger() -> None:
    event = RawEvent(body=b'[1e15,"needed"]')
    found = minimal(event, RAW, lambda item: isinstance(item, RawEvent) and b"1e" in item.body)
    assert size(found) < size(event)
    whole = minimal(event, RAW, lambda item: item == event)
    assert whole == event


# -- sequences of cases


def test_cases_become_fewer_then_smaller_and_keep_their_functions() -> None:
    def case(function: Function, value: Any) -> tuple[Function, Event]:
        body = json.dumps(value).encode()
        return function, (QueueEvent(message=body) if function is QUEUE else RawEvent(body=body))

    def shows(some: Sequence[tuple[Function, Event]]) -> bool:
        try:
            values = [(function.name, loaded(event)) for function, event in some]
        except ValueError:
            return False
        spoilt = any(name == "q" and isinstance(value, dict) and "set" in value for name, value in values[:-1])
        name, last = values[-1]
        return spoilt and name == "r" and isinstance(last, dict) and "get" in last

    cases = [case(RAW, 1), case(QUEUE, {"set": [1, 2], "more": "text"}), case(RAW, {}), case(RAW, {"get": 1, "id": 9})]
    assert shows(cases)
    budget = Budget(500, 10**9, iter(range(10**9)).__next__)
    least = ((QUEUE, QueueEvent(message=b'{"set":0}')), (RAW, RawEvent(body=b'{"get":0}')))
    assert shrink_cases(cases, shows, budget) == least
    assert budget.used < 200


# -- places


def test_places_reach_into_what_texts_stand_for() -> None:
    tree = to_tree(RawEvent(body=b'{"p":"{\\"n\\": [5]}","f":"a=1&b=2"}'), RAW)
    path = ("body", "json", "p", Inside("json"), "n", 0)
    assert look(tree, path) == 5
    changed = put_all(tree, [(path, 77), (("body", "json", NameOf("f")), "g")])
    assert changed == {"body": {"json": {"p": '{"n": [77]}', "g": "a=1&b=2"}}}
    assert without(tree, [path, ("body", "json", "f", Inside("form"), 0)]) == {
        "body": {"json": {"p": '{"n": []}', "f": "b=2"}}
    }
    assert said(path, tree) == "p(json).n[0]"
    assert path in {place.path for place in places(tree)}


def test_places_that_are_not_there_give_nothing() -> None:
    tree = to_tree(RawEvent(body=b'{"p":1}'), RAW)
    assert put_all(tree, [(("body", "json", "q", "r"), 1)]) is None
    assert put_all(tree, [(("body", "json", "p", Inside("json")), 1)]) is None
    assert without(tree, [("body", "json", "p", 0)]) is None


@pytest.mark.parametrize(
    "body", [b"18446744073709551616", b"[1e400,-0.0,1.50]", b'{"a":1,"a":2}', b"{ }", b"\xff", b"", b"[" * 400]
)
def test_the_last_reading_always_gives_the_same_event(body: bytes) -> None:
    event = RawEvent(body=body)
    assert [item.event(item.tree, event, RAW) for item in readings(event, RAW)][-1] == event


def test_a_failure_that_counts_is_one_event_as_often_as_it_takes() -> None:
    cases = [(RAW, RawEvent(body=b"%d" % number)) for number in range(300)]
    calls = 0

    def shows(some: Sequence[tuple[Function, Event]]) -> bool:
        nonlocal calls
        calls += 1
        return len(some) >= 257

    found = shrink_cases(cases, shows, Budget(400, 1e9, lambda: 0.0))
    assert found == ((RAW, RawEvent(body=b"")),) * 257
    assert calls < 40
