from __future__ import annotations

import base64
import json
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from fnfuzz.app.model import Function
from fnfuzz.events import Event, QueueEvent
from fnfuzz.fuzz.mutation.chase import WAYS, Chase
from fnfuzz.fuzz.mutation.follow import follow, with_values
from fnfuzz.fuzz.mutation.hints import Hint, Hints, learn
from fnfuzz.fuzz.trees.tree import Tree
from fnfuzz.fuzz.words.dictionary import Dictionary

QUEUE = Function(name="q", trigger="queue", contract="azure-http")
TREE: Tree = {"message": {"json": {"id": 7, "lines": [{"sku": "a"}]}}, "dequeue_count": 1}


def values(tree: Tree, *hints: Hint) -> list[Any]:
    return [found["message"].get("json") for found in follow(tree, Hints(hints))]


def test_a_missing_member_is_added_to_every_object() -> None:
    found = values(TREE, Hint("qty", type="integer"))
    assert {"id": 7, "lines": [{"sku": "a"}], "qty": 1} in found
    assert {"id": 7, "lines": [{"sku": "a", "qty": 1}]} in found


def test_a_path_leads_to_the_place_and_makes_what_is_missing_on_the_way() -> None:
    assert values(TREE, Hint("qty", ("lines", 0, "qty"), "integer"))[0] == {"id": 7, "lines": [{"sku": "a", "qty": 1}]}
    grown = values(TREE, Hint("city", ("address", "city"), "string"))
    assert {"id": 7, "lines": [{"sku": "a"}], "address": {"city": "a"}} in grown
    through = values(TREE, Hint("qty", ("lines", "qty"), "integer"))
    assert {"id": 7, "lines": [{"sku": "a", "qty": 1}]} in through


def test_values_and_lengths_of_a_message_are_tried() -> None:
    found = values(TREE, Hint("kind", values=("x", "y"), lengths=(3,)))
    assert {"x", "y", "aaa"} <= {str(value.get("kind")) for value in found if isinstance(value, dict)}


def test_the_text_that_was_refused_is_replaced() -> None:
    tree: Tree = {"message": {"json": {"a": "abc", "b": "other"}}, "dequeue_count": 1}
    assert {json.dumps(value) for value in values(tree, Hint(type="integer", got="abc"))} >= {'{"a": 1, "b": "other"}'}
    assert all(value["b"] == "other" for value in values(tree, Hint(type="integer", got="abc")))


def test_queries_and_forms_get_the_parameter() -> None:
    tree: Tree = {"method": "GET", "query": [], "headers": [], "path": {}, "body": {"form": [["a", "1"]]}}
    found = list(follow(tree, Hints((Hint("page", type="integer"),))))
    assert any(item["query"] == [["page", "1"]] for item in found)
    assert any(item["body"] == {"form": [["a", "1"], ["page", "1"]]} for item in found)


def test_what_a_text_holds_is_followed_too() -> None:
    inner = base64.b64encode(b'{"a":1}').decode()
    tree: Tree = {"message": {"json": {"data": inner}}, "dequeue_count": 1}
    wanted = base64.b64encode(b'{"a":1,"kind":"a"}').decode()
    assert {"data": wanted} in values(tree, Hint("kind"))
    twice = with_values({"message": {"json": {"data": wanted}}}, {"KIND": "b"})
    assert [item["message"]["json"] for item in twice] == [{"data": base64.b64encode(b'{"a":1,"kind":"b"}').decode()}]


def test_members_are_set_together_where_each_is() -> None:
    tree: Tree = {"message": {"json": {"currency": "EUR", "lines": [{"qty": 1}]}}}
    found = [item["message"]["json"] for item in with_values(tree, {"qty": 1001, "currency": "XAU"})]
    assert {"currency": "XAU", "lines": [{"qty": 1001}]} in found
    assert list(with_values(tree, {"other": 1})) == []
    assert len(list(with_values(tree, {"other": 1}, add=True))) == 2


def test_no_more_than_the_limit_is_told() -> None:
    assert len(list(follow(TREE, Hints((Hint("a"), Hint("b"))), 10))) == 10
    assert list(follow(TREE, Hints())) == []


# -- the chase

Answer = Callable[[Any], str]


def cases_until_done(answer: Answer, words: Dictionary, limit: int, log: bool = False, late: bool = False) -> int:
    """How many events a handler gets until it answers "done"; "" for what it takes."""
    chase, event, waiting = Chase(QUEUE, words), QueueEvent(message=b'{"id":"7"}'), ""
    usual: Event = event
    for case in range(limit):
        # As in a run, every second event is another one.
        now = (chase.next_event() if case % 2 else None) or usual
        assert isinstance(now, QueueEvent)
        told = answer(json.loads(now.message))
        if told == "done":
            return case
        shown, waiting = (waiting, told) if late else (told, told)
        chase.answered(now, f"{shown}\n" if log else "", "" if log else told)
    return -1


def order(value: Any) -> str:
    """Asks for one thing after the other, as most handlers do."""
    try:
        for line in value["lines"]:
            if not isinstance(line["qty"], int):
                return "qty must be an integer"
            quantity = line["qty"]
        if value["currency"] not in ("EUR", "XAU"):
            return "currency must be one of: EUR, XAU"
        return "done" if quantity > 1000 and value["currency"] == "XAU" else ""
    except (KeyError, TypeError, UnboundLocalError) as error:
        return repr(error)


def limits(value: Any) -> str:
    weight = value.get("weight") if isinstance(value, dict) else 0
    if weight is None:
        return "missing field 'weight'"
    if not isinstance(weight, int):
        return "expected integer, got str"
    return "weight must be at most 30000" if weight > 30000 else "done" if weight == 30000 else ""


@pytest.mark.parametrize(("log", "late"), [(False, False), (True, False), (True, True)])
def test_a_chain_of_wishes_is_followed_to_its_end(log: bool, late: bool) -> None:
    words = Dictionary(pairs=(("quantity", 7), ("qty", 1000), ("currency", "XAU")))
    assert cases_until_done(order, words, 4000, log, late) > 0
    assert cases_until_done(limits, Dictionary(), 1000, log, late) > 0


def test_the_chase_takes_the_same_way_each_time() -> None:
    words = Dictionary(pairs=(("qty", 1000), ("currency", "XAU")))
    assert len({cases_until_done(order, words, 4000) for _ in range(3)}) == 1


def test_events_that_got_further_are_worth_keeping() -> None:
    chase = Chase(QUEUE, Dictionary())
    first = QueueEvent(message=b"{}")
    assert chase.answered(first, "", "qty is required") == (first,)
    assert chase.answered(first, "", "qty is required") == ()
    next_one = chase.next_event()
    assert isinstance(next_one, QueueEvent)
    assert b"qty" in next_one.message
    assert chase.answered(next_one, "", "fine") == ()
    assert chase.answered(first, "", "qty is required") == (next_one,)
    assert list(chase.known) == list(learn("", "qty is required").fields)


def test_a_handler_that_repeats_its_input_is_not_chased_for_ever() -> None:
    chase = Chase(QUEUE, Dictionary())
    told = 0
    for case in range(3000):
        chase.answered(QueueEvent(message=b"{}"), "", f"missing field 'name{case}'")
    while chase.next_event() is not None:
        told += 1
    assert WAYS < told < 500


def test_a_name_that_is_a_value_tells_what_was_refused() -> None:
    (hint,) = learn("", "'x' must be HH:MM").fields
    found = values({"message": {"json": {"from": "x", "to": "x", "plan": "a"}}, "dequeue_count": 1}, hint)
    assert found[0] == {"from": "12:00", "to": "12:00", "plan": "a"}
    assert {"from": "x", "to": "12:00", "plan": "a"} in found
    assert [value for value in found if "x" in value] == []


def bookings(value: Any) -> str:
    """What one member says decides what the other one may."""
    if value.get("mode") not in ("bus", "metro"):
        return "mode must be bus or metro"
    most = {"bus": 90, "metro": 30}[value["mode"]]
    least = {"bus": 40, "metro": 1}[value["mode"]]
    if not isinstance(value.get("headway"), int) or not least <= value["headway"] <= most:
        return f"headway for {value['mode']} must be {least} to {most}"
    if value.get("peak") not in ("same", "double"):
        return "peak must be same or double"
    return "done" if value["mode"] == "metro" and value["headway"] == 1 and value["peak"] == "double" else ""


def test_what_was_right_before_another_member_changed_is_followed_again() -> None:
    taken = QueueEvent(message=b'{"mode":"bus","headway":50,"peak":"same"}')
    spoilt = QueueEvent(message=b'{"mode":"metro","headway":50,"peak":"same"}')
    told = bookings(json.loads(spoilt.message))
    chase = Chase(QUEUE, Dictionary())
    chase.answered(QueueEvent(message=b'{"mode":"metro"}'), "", told)
    while chase.next_event():
        pass
    chase.answered(spoilt, "", told)
    assert chase.next_event() is None
    chase.answered(spoilt, "", told, taken)
    found = []
    while isinstance(event := chase.next_event(), QueueEvent):
        found.append(json.loads(event.message))
    assert {"mode": "metro", "headway": 1, "peak": "same"} in found


def test_known_values_of_several_members_come_together() -> None:
    chase, random = Chase(QUEUE, Dictionary(choices=(("peak", ("same", "double")),))), Random(1)
    assert chase.mixed(random) is None
    taken = QueueEvent(message=b'{"mode":"bus","headway":50,"peak":"same"}')
    chase.answered(QueueEvent(message=b"{}"), "", "mode must be bus or metro")
    chase.answered(QueueEvent(message=b"{}"), "", "headway for metro must be 1 to 30")
    chase.vary(taken)
    alone = set()
    while isinstance(event := chase.next_event(), QueueEvent):
        alone.add(event.message)
    assert b'{"mode":"bus","headway":50,"peak":"double"}' in alone
    made = 0
    while made < 2000:
        mixed = chase.mixed(random)
        made += 1
        if isinstance(mixed, QueueEvent):
            told = bookings(json.loads(mixed.message))
            if told == "done":
                break
            if not told:
                chase.took(mixed)
            chase.answered(mixed, "", told)
    assert made < 2000


def test_an_event_with_a_word_that_none_had_is_worth_mutating_once() -> None:
    chase = Chase(QUEUE, Dictionary(choices=(("peak", ("same", "double", "none")),)))
    taken = QueueEvent(message=b'{"headway":50,"peak":"same"}')
    assert not chase.took(taken)
    chase.answered(QueueEvent(message=b"{}"), "", "headway must be 1 to 60")
    chase.vary(taken)
    worth: list[str] = []
    while isinstance(event := chase.next_event(), QueueEvent):
        worth += [json.loads(event.message)["peak"]] if chase.took(event) else []
        assert not chase.took(event)
    assert worth == ["same", "double", "none"]
