from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.kit.functions import FUNCTIONS

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.events import BlobEvent, HttpEvent, QueueEvent, TimerEvent
from fnfuzz.fuzz.trees.tree import drop, in_json, is_pairs, leaves, payload_bytes, payload_tree, put, to_event, to_tree
from fnfuzz_strategies import events_for

HTTP = Function(name="h", trigger="http", contract="azure-forward", route="items/{id}")
QUEUE = Function(name="q", trigger="queue", contract="azure-http")
BLOB = Function(name="b", trigger="blob", contract="azure-http", source="uploads/{name}.csv")
POST = HttpEvent(method="POST", path="/api/items/7", headers=(("Host", "x"), ("Accept", "*/*")), body=b"{}")


def changed(event: Any, function: Function, **parts: Any) -> object:
    return to_event({**to_tree(event, function), **parts}, event, function)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda item: item.name)
def test_a_typical_event_survives_its_tree(function: Function) -> None:
    event = typical_event(function, '{"id":7,"tags":["a",null,1.5]}')
    assert to_event(to_tree(event, function), event, function) == event


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(FUNCTIONS).flatmap(lambda item: st.tuples(st.just(item), events_for(item))))
def test_every_legal_event_has_a_tree_that_gives_a_legal_event(drawn: Any) -> None:
    function, event = drawn
    again = to_event(to_tree(event, function), event, function)
    assert again is not None
    assert to_tree(again, function) == to_tree(event, function)


@pytest.mark.parametrize(
    "parts",
    [
        {"method": "BREW"},
        {"path": {"id": ""}},
        {"path": {"id": ".."}},
        {"path": {"id": "../x"}},
        {"path": {"id": "a\nb"}},
        {"path": {"id": "x" * 3000}},
        {"query": [["", "1"]]},
        {"query": [["q", "ä" * 1000]]},
        {"query": [["q", "\ud800"]]},
        {"headers": [["Content-Length", "1"]]},
        {"headers": [["X-Fc-Request-Id", "1"]]},
        {"headers": [["Accept", "a\r\nX: y"]]},
        {"headers": [["Accept", " padded"]]},
        {"headers": [["two words", "1"]]},
        {"headers": [["Host", "x"], ["Host", "x"]]},
        {"headers": [["Content-Type", "a/b"], ["content-type", "a/b"]]},
        {"headers": [[f"X-{number}", "1"] for number in range(65)]},
        {"headers": [["X", "v" * 8000]]},
        {"body": {"text": "x" * (2 * 1024 * 1024)}},
        {"body": {"json": 2**70}},
    ],
    ids=lambda parts: str(parts)[:40],
)
def test_what_no_client_can_send_is_no_event(parts: dict[str, Any]) -> None:
    assert changed(POST, HTTP, **parts) is None


def test_a_method_without_a_body_drops_it() -> None:
    assert changed(POST, HTTP, method="GET") == replace(POST, method="GET", body=b"")


def test_what_came_from_a_client_may_stay() -> None:
    odd = replace(POST, method="PROPFIND", path="/elsewhere//x", query=(("", "1"),), headers=(("Connection", "x"),))
    assert changed(odd, HTTP, body={"text": "a"}) == replace(odd, body=b"a")
    large = QueueEvent(message=b"x" * 60_000)
    assert changed(large, QUEUE, dequeue_count=2) == replace(large, dequeue_count=2)


def test_an_optional_parameter_may_be_absent() -> None:
    optional = replace(HTTP, route="items/{id?}")
    event = HttpEvent(path="/api/items")
    assert to_tree(event, optional)["path"] == {"id": ""}
    assert changed(event, optional, path={"id": "7"}) == HttpEvent(path="/api/items/7")
    assert changed(HttpEvent(path="/api/items/7"), optional, path={"id": ""}) == event


@pytest.mark.parametrize(
    ("route", "taken", "refused"),
    [
        ("{id:int}", ("0", "-7", "2147483647"), ("", "a", "2147483648", "7.5", "１")),
        ("{id:range(1,5)}", ("1", "5"), ("0", "6")),
        ("{id:max(3)}", ("3", "-9"), ("4",)),
        ("{id:guid}", ("5d1b7a52-93f0-4c7e-9d0a-2f6b1c9e8a44",), ("5d1b7a52",)),
        ("{id:bool}", ("true", "FALSE"), ("1",)),
        ("{id:alpha:maxlength(3)}", ("abc",), ("abcd", "a1", "ä")),
        ("{id:regex(^\\d{{3}}$)}", ("123",), ("12", "abc")),
        ("{id:double}", ("1.5", "-2"), ("1,5", "x")),
        ("{id:datetime}", ("2024-02-29",), ("2023-02-29", "today")),
        ("{id:mine(1)}", (), ("1", "a")),
    ],
)
def test_the_host_answers_itself_what_breaks_a_constraint(
    route: str, taken: tuple[str, ...], refused: tuple[str, ...]
) -> None:
    function = replace(HTTP, route=route)
    base = HttpEvent(path="/elsewhere")
    for text in taken:
        assert to_event({**to_tree(base, function), "path": {"id": text}}, base, function) is not None, text
    for text in refused:
        assert to_event({**to_tree(base, function), "path": {"id": text}}, base, function) is None, text


@pytest.mark.parametrize(
    ("parts", "legal"),
    [
        ({"name": "b.csv"}, True),
        ({"name": "folder/b.csv"}, True),
        ({"name": "b.txt"}, False),
        ({"name": "/b.csv"}, False),
        ({"name": "a\x00.csv"}, False),
        ({"name": "x./b.csv"}, False),
        ({"name": "ä" * 520 + ".csv"}, False),
        ({"content_type": "text/csv; charset=utf-8"}, True),
        ({"content_type": "csv"}, False),
        ({"metadata": [["owner", "mira"]]}, True),
        ({"metadata": [["Owner", "mira"]]}, False),
        ({"metadata": [["owner", "a"], ["owner", "b"]]}, False),
        ({"metadata": [["owner", "ä"]]}, False),
    ],
    ids=str,
)
def test_blobs_are_what_a_store_takes_and_the_path_lets_through(parts: dict[str, Any], legal: bool) -> None:
    assert (changed(BlobEvent(name="a.csv"), BLOB, **parts) is not None) == legal


@pytest.mark.parametrize("count", [0, 6, True, 2.0, "1"])
def test_a_dequeue_count_is_one_that_the_host_delivers(count: object) -> None:
    event = QueueEvent()
    expected = replace(event, dequeue_count=1) if count is True else None
    assert changed(event, QUEUE, dequeue_count=count) == expected


def test_messages_are_text_within_the_queues_limit() -> None:
    assert changed(QueueEvent(), QUEUE, message={"bytes": b"\xff"}) is None
    assert changed(QueueEvent(), QUEUE, message={"text": "x" * 49_153}) is None
    topic = replace(QUEUE, contract="fc-event", form="mns-topic-stream")
    assert changed(QueueEvent(), QUEUE, message={"text": "\x00"}) is not None
    assert changed(QueueEvent(), topic, message={"text": "\x00"}) is None


def test_a_timer_varies_only_in_what_its_host_sends() -> None:
    azure, fc = (Function(name="t", trigger="timer", contract=item) for item in ("azure-http", "fc-event"))  # type: ignore[arg-type]
    assert to_tree(TimerEvent(), azure) == {"past_due": False}
    assert to_tree(TimerEvent(), fc) == {"payload": ""}
    assert changed(TimerEvent(), fc, payload="a\x00") is None


def test_deep_and_long_json_is_varied_as_text() -> None:
    deep = b"[" * 900 + b"]" * 900
    assert payload_tree(deep) == {"text": deep.decode()}
    long = b"[" + b",".join([b"0"] * 30_000) + b"]"
    assert list(payload_tree(long)) == ["text"]
    assert list(payload_tree(b'["' + b"[" * 900 + b'"]')) == ["json"]


@given(st.binary(max_size=40), st.sampled_from(["", "application/x-www-form-urlencoded"]))
def test_payloads_are_parsed_without_an_error_and_written_in_their_format(data: bytes, kind: str) -> None:
    tree = payload_tree(data, kind)
    assert payload_tree(payload_bytes(tree), kind) == tree or "json" in payload_tree(payload_bytes(tree), kind)


def test_changes_copy_only_the_way_to_them() -> None:
    tree = {"body": {"json": {"a": [1, 2], "b": {"c": 3}}}, "query": [["k", "v"]]}
    new = put(tree, ("body", "json", "a", 0), 9)
    assert new["body"]["json"]["a"] == [9, 2]
    assert tree["body"]["json"]["a"] == [1, 2]
    assert new["body"]["json"]["b"] is tree["body"]["json"]["b"]
    assert drop(tree, ("query", 0))["query"] == []
    assert [path for path, _ in leaves(tree)][:3] == [("body",), ("body", "json"), ("body", "json", "a")]


def test_a_json_member_called_headers_is_no_list_of_pairs() -> None:
    assert is_pairs(("headers",))
    assert is_pairs(("body", "form"))
    assert not is_pairs(("body", "json", "headers"))
    assert in_json(("body", "json", "headers"))
