from __future__ import annotations

import json
import re
from dataclasses import asdict, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.events import (
    EVENT_TYPES,
    BlobEvent,
    Event,
    EventDataError,
    HttpEvent,
    QueueEvent,
    RawEvent,
    TimerEvent,
    from_data,
    to_data,
)

PAIRS = st.lists(st.tuples(st.text(max_size=5), st.text(max_size=5)), max_size=3).map(tuple)
ANY_EVENT: st.SearchStrategy[Event] = st.one_of(
    st.builds(HttpEvent, method=st.text(), path=st.text(), query=PAIRS, headers=PAIRS, body=st.binary()),
    st.builds(
        QueueEvent,
        message=st.binary(),
        id=st.text(),
        dequeue_count=st.integers(),
        inserted=st.text(),
        expires=st.none() | st.text(),
        pop_receipt=st.text(),
        attributes=PAIRS,
    ),
    st.builds(
        BlobEvent, name=st.text(), content=st.binary(), content_type=st.text(), metadata=PAIRS, modified=st.text()
    ),
    st.builds(TimerEvent, due=st.text(), past_due=st.booleans(), payload=st.text()),
    st.builds(RawEvent, body=st.binary()),
)


@given(ANY_EVENT)
def test_every_event_survives_plain_data_and_json(event: Event) -> None:
    data = to_data(event)
    assert from_data(data) == event
    assert from_data(json.loads(json.dumps(data))) == event
    assert next(iter(data)) == "trigger"


@given(ANY_EVENT)
def test_events_that_are_equal_hash_alike(event: Event) -> None:
    assert hash(event) == hash(from_data(to_data(event)))


@pytest.mark.parametrize("trigger", EVENT_TYPES)
def test_missing_keys_take_their_defaults(trigger: str) -> None:
    assert from_data({"trigger": trigger}) == EVENT_TYPES[trigger]()


def test_an_event_without_a_trigger_is_http() -> None:
    assert from_data({"path": "/api"}) == HttpEvent(path="/api")


def test_bytes_that_are_utf8_appear_as_text_and_others_as_base64() -> None:
    assert to_data(RawEvent(body="é".encode())) == {"trigger": "raw", "body": "é"}
    assert to_data(RawEvent(body=b"\xff")) == {"trigger": "raw", "body_base64": "/w=="}
    assert from_data({"trigger": "raw", "body_base64": "/w=="}) == RawEvent(body=b"\xff")


def test_pairs_may_be_given_as_an_object() -> None:
    assert from_data({"headers": {"A": "1"}}) == HttpEvent(headers=(("A", "1"),))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "an event is an object, not NoneType"),
        ([], "an event is an object, not list"),
        ({"trigger": "tcp"}, "trigger: 'tcp' is none of http, queue, blob, timer, raw"),
        ({"trigger": 7}, "trigger: 7 is none of http"),
        ({"trigger": ["http"]}, "trigger: ['http'] is none of"),
        ({"bodi": "x"}, "bodi: a http event has no such key; it has method, path, query, headers, body"),
        ({7: "x"}, "7: a http event has no such key"),
        ({"body": 7}, "body: expected text, not int"),
        ({"body": "x", "body_base64": "eA=="}, "body_base64: given twice, as text and as base64"),
        ({"body_base64": 7}, "body_base64: expected base64 text, not int"),
        ({"body_base64": "a"}, "body_base64: not base64"),
        ({"body_base64": "é"}, "body_base64: not base64"),
        ({"path": None}, "path: expected text, not NoneType"),
        ({"path": "\ud800"}, "path: holds half of a surrogate pair"),
        ({"body": "\udfff"}, "body: holds half of a surrogate pair"),
        ({"query": "a=1"}, "query: expected a list of [name, value] pairs, not str"),
        ({"query": [["a"]]}, "query[0]: expected a [name, value] pair, not ['a']"),
        ({"query": [["a", "b"], ["c", 1]]}, "query[1][1]: expected text, not int"),
        ({"headers": {"a": None}}, "headers[0][1]: expected text, not NoneType"),
        ({"trigger": "queue", "dequeue_count": "1"}, "dequeue_count: expected a whole number, not '1'"),
        ({"trigger": "queue", "dequeue_count": True}, "dequeue_count: expected a whole number, not True"),
        ({"trigger": "queue", "expires": 7}, "expires: expected text, not int"),
        ({"trigger": "timer", "past_due": 1}, "past_due: expected true or false, not 1"),
    ],
)
def test_what_is_not_an_event_is_refused_with_the_key(data: Any, message: str) -> None:
    with pytest.raises(EventDataError, match=re.escape(message)):
        from_data(data)


@pytest.mark.parametrize("key", ["method_base64", "path_base64", "query_base64", "_base64"])
def test_only_bytes_may_come_as_base64(key: str) -> None:
    with pytest.raises(EventDataError, match=re.escape(key)):
        from_data({key: "eA=="})


def test_values_are_made_quickly_and_are_to_everybody_frozen_dataclasses() -> None:
    event = HttpEvent(method="POST", body=b"x")
    assert [field.name for field in fields(event)] == ["method", "path", "query", "headers", "body"]
    assert replace(event, path="/x") == HttpEvent(method="POST", path="/x", body=b"x") != event
    assert asdict(event)["body"] == b"x"
    assert hash(event) == hash(HttpEvent(method="POST", body=b"x"))
    assert repr(event).startswith("HttpEvent(method='POST', path='/'")
    with pytest.raises(AttributeError):
        event.method = "GET"  # type: ignore[misc]
    with pytest.raises(TypeError):
        HttpEvent("POST")  # type: ignore[misc]
