from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.shrink import Budget, shrink_event, shrink_sequence, size
from fnfuzz.fuzz.tree import to_event, to_tree

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

    assert minimal(event, HTTP, fails) == HttpEvent(method="GET", path="/api/items/0", query=(("page", ""),))


def test_what_parsing_would_lose_is_shrunk_as_text() -> None:
    event = QueueEvent(message=b'{"a":1,"a":2,"b":"long text that does not matter"}')
    found = minimal(event, QUEUE, lambda item: isinstance(item, QueueEvent) and item.message.count(b'"a"') >= 2)
    assert found == QueueEvent(message=b'"a""a"')


def test_binary_content_shrinks() -> None:
    event = BlobEvent(name="cat.png", content=bytes(range(256)) * 4, metadata=(("owner", "mira"),))
    found = minimal(event, BLOB, lambda item: isinstance(item, BlobEvent) and b"\xff" in item.content)
    assert found == BlobEvent(name="0", content=b"\xff", content_type="text/plain")


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
