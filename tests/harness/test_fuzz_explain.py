from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fnfuzz.app.model import Function
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.shrinking.explain import Part, explain
from fnfuzz.fuzz.shrinking.reduction import Budget

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
QUEUE = Function(name="q", trigger="queue", contract="azure-http")
HTTP = Function(name="h", trigger="http", contract="azure-forward", route="items/{id}", methods=("GET", "POST"))
BLOB = Function(name="b", trigger="blob", contract="azure-http", source="uploads/{name}")


def explained(event: Event, function: Function, fails: Callable[[Event], bool], calls: int = 200) -> dict[str, Part]:
    def guarded(item: Event) -> bool:
        try:
            return fails(item)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return False

    assert guarded(event)
    parts = explain(event, function, guarded, Budget(calls, 10**9, iter(range(10**9)).__next__))
    assert len({part.path for part in parts}) == len(parts)
    return {part.path: part for part in parts}


def raw(value: Any) -> RawEvent:
    return RawEvent(body=json.dumps(value, separators=(",", ":")).encode())


def loaded(event: Event) -> Any:
    assert isinstance(event, RawEvent)
    return json.loads(event.body)


def test_a_limit_is_named_and_what_happens_without_the_member() -> None:
    parts = explained(
        raw({"items": [{"qty": 1001}]}), RAW, lambda event: any(item["qty"] > 1000 for item in loaded(event)["items"])
    )
    part = parts["items[0].qty"]
    assert (part.verdict, part.absent) == ("some", "passes")
    assert part.text == "fails when it is greater than 1000; absent passes"
    assert part.spots == (("body", "json", "items", 0, "qty"),)
    name = parts["name of items[0].qty"]
    assert (name.verdict, name.absent, name.is_name) == ("only", "", True)


@pytest.mark.parametrize(
    ("value", "fails", "text"),
    [
        (-8, lambda value: value < -7, "fails when it is less than -7"),
        (0, lambda value: value >= 0, "fails when it is 0 or greater"),
        (2.5, lambda value: value > 2, "fails when it is 2.5 or greater"),
        (7, lambda value: value == 7, "only this value fails, 6 others pass"),
        (7, lambda value: isinstance(value, int), "any number fails, text and null pass"),
        (7, lambda value: True, "any value fails, 6 tried"),
        ("aaa", lambda value: len(value) >= 3, "fails when it has 3 characters or more"),
        ("a", lambda value: len(value) > 0, "fails when it is not empty"),
        ("", lambda value: isinstance(value, str), "any text fails, a number and null pass"),
        ("", lambda value: value == "", "only this value fails, 4 others pass"),
        (None, lambda value: value is None, "only this value fails, 5 others pass"),
        ([], lambda value: isinstance(value, list), "[7] fails too, {'a': 7}, 'text', 7 pass"),
    ],
)
def test_each_kind_of_value_is_judged(value: Any, fails: Callable[[Any], bool], text: str) -> None:
    def wrapped(event: Event) -> bool:
        return fails(loaded(event)["v"])

    assert explained(raw({"v": value}), RAW, wrapped)["v"].text == f"{text}; absent passes"


def test_equal_items_are_one_part() -> None:
    parts = explained(raw({"l": [0, 0, 0]}), RAW, lambda event: len(loaded(event)["l"]) > 2)
    assert parts["l[*]"].text == "any value fails, 6 tried; absent passes"
    assert [spot[-1] for spot in parts["l[*]"].spots] == [0, 1, 2]


def test_what_is_written_inside_a_text_has_parts_of_its_own() -> None:
    event = raw({"payload": '{"n":11}'})
    parts = explained(event, RAW, lambda item: json.loads(loaded(item)["payload"])["n"] > 10)
    assert parts["payload(json).n"].text == "fails when it is greater than 10; absent passes"
    assert parts["payload(json).n"].spots == (("body", "json", "payload", "(json)", "n"),)
    assert "payload" not in parts


def test_pairs_are_known_by_their_names() -> None:
    event = HttpEvent(path="/api/items/a", query=(("page", ""),), headers=(("X-Tag", "aaaaaa"),))

    def fails(item: Event) -> bool:
        assert isinstance(item, HttpEvent)
        return len(dict(item.headers)["X-Tag"]) > 5 and not dict(item.query)["page"].isdigit()

    parts = explained(event, HTTP, fails)
    assert parts["header X-Tag"].text == "fails when it has 6 characters or more; absent passes"
    assert parts["name of header X-Tag"].verdict == "only"
    assert parts["query page"].absent == "passes"
    assert parts["path id"].verdict == "any"
    assert (parts["method"].verdict, parts["method"].usual) == ("any", True)


def test_parts_around_a_payload_and_the_whole_payload() -> None:
    parts = explained(QueueEvent(message=b"x"), QUEUE, lambda item: isinstance(item, QueueEvent) and bool(item.message))
    assert parts["message"].text == "fails when it is not empty; absent passes"
    assert parts["dequeue count"].usual
    blob = BlobEvent(name="a", content=b"\xff")
    parts = explained(blob, BLOB, lambda item: isinstance(item, BlobEvent) and b"\xff" in item.content)
    assert parts["content"].verdict == "some"
    assert parts["name"].verdict == "any"


def test_numbers_out_of_range_are_explained_too() -> None:
    parts = explained(RawEvent(body=b"18446744073709551616"), RAW, lambda event: loaded(event) >= 2**64)
    assert parts["body"].text.startswith("fails when it is greater than 18446744073709551615")


def test_the_same_values_are_tried_again_and_the_budget_is_kept() -> None:
    tried: list[list[Event]] = [[], []]
    for run in tried:

        def fails(event: Event, run: list[Event] = run) -> bool:
            run.append(event)
            return loaded(event) is not None

        budget = Budget(9, 10**9, iter(range(10**9)).__next__)
        explain(raw({"a": [1, "x", None], "b": {"c": 2}}), RAW, fails, budget)
        assert budget.used == len(run) == 9
    assert tried[0] == tried[1]


def test_odd_names_are_quoted() -> None:
    parts = explained(raw({" ": 0}), RAW, lambda event: " " in "".join(loaded(event)))
    assert 'name of " "' in parts
