"""What holds for every shrink: the result fails, is never larger, is found again, and is the known minimum."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.events import Event, RawEvent
from fnfuzz.fuzz.shrinking.shrink import Budget, shrink_event, size

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
WORDS = st.text("abcXYZ019 -_/é日\n\"\\'", max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.floats(-1e6, 1e6) | WORDS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(WORDS, VALUES, max_size=5)


def raw(value: Any) -> RawEvent:
    return RawEvent(body=json.dumps(value, ensure_ascii=False).encode())


def loaded(event: Event) -> Any:
    assert isinstance(event, RawEvent)
    try:
        return json.loads(event.body)
    except ValueError:
        return ...


def inner(value: Any) -> Iterator[Any]:
    yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from inner(item)


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def has(name: str, wanted: Callable[[Any], bool]) -> Callable[[Event], bool]:
    def fails(event: Event) -> bool:
        value = loaded(event)
        return isinstance(value, dict) and name in value and wanted(value[name])

    return fails


def minimum(event: Event, fails: Callable[[Event], bool]) -> Event:
    clock = iter(range(10**9)).__next__
    return shrink_event(event, RAW, fails, Budget(5000, 10**9, clock))


def nested(text: Any) -> Any:
    try:
        return json.loads(text) if isinstance(text, str) else ...
    except ValueError:
        return ...


KNOWN: list[tuple[Callable[[Event], bool], Any, bytes]] = [
    (has("n", lambda value: is_number(value) and value > 1000), st.integers(1001, 10**15), b'{"n":1001}'),
    (has("n", lambda value: is_number(value) and value < -7), st.integers(-(10**9), -8), b'{"n":-8}'),
    (
        has("t", lambda value: isinstance(value, str) and len(value) >= 5),
        st.text("abz09 -é", min_size=5, max_size=60),
        b'{"t":"aaaaa"}',
    ),
    (
        has("t", lambda value: isinstance(value, str) and not value.isascii()),
        st.text("ab é日ü", min_size=1, max_size=20).filter(lambda text: not text.isascii()),
        '{"t":"é"}'.encode(),
    ),
    (
        has("l", lambda value: isinstance(value, list) and len(value) > 2),
        st.lists(VALUES, min_size=3),
        b'{"l":[0,0,0]}',
    ),
    (
        has("o", lambda value: isinstance(value, dict) and "k" in value),
        OBJECTS.map(lambda value: {**value, "k": 1}),
        b'{"o":{"k":0}}',
    ),
    (
        has("j", lambda value: isinstance(nested(value), dict) and is_number(nested(value).get("n", ""))),
        OBJECTS.map(lambda value: json.dumps({**value, "n": 77})),
        b'{"j":"{\\"n\\":0}"}',
    ),
]


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known[2].decode())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_the_known_minimum_is_reached_from_any_start(
    known: tuple[Callable[[Event], bool], Any, bytes], data: st.DataObject
) -> None:
    fails, values, least = known
    name = json.loads(least).popitem()[0]
    start = raw({**data.draw(OBJECTS), name: data.draw(values)})
    assert fails(start)
    assert minimum(start, fails) == RawEvent(body=least)


PREDICATES: dict[str, Callable[[Any], bool]] = {
    "a null": lambda value: any(item is None for item in inner(value)),
    "two texts": lambda value: sum(isinstance(item, str) for item in inner(value)) >= 2,
    "deep": lambda value: any(isinstance(item, list) and any(map(bool, item)) for item in inner(value)),
    "odd": lambda value: any(type(item) is int and item % 2 for item in inner(value)),
    "a blank": lambda value: any(isinstance(item, str) and " " in item for item in inner(value)),
    "a name with a digit": lambda value: any(
        any(map(str.isdigit, name)) for item in inner(value) if isinstance(item, dict) for name in item
    ),
    "as many": lambda value: len({type(item) for item in inner(value)}) >= 3,
}


@pytest.mark.parametrize("name", PREDICATES)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(start=OBJECTS)
def test_a_result_fails_is_no_larger_shrinks_to_itself_and_comes_again(name: str, start: dict[str, Any]) -> None:
    calls = 0

    def fails(event: Event) -> bool:
        nonlocal calls
        calls += 1
        value = loaded(event)
        return value is not ... and PREDICATES[name](value)

    event = raw(start)
    if not fails(event):
        return
    least = minimum(event, fails)
    first, calls = calls, 1
    assert fails(least)
    assert size(least) <= size(event)
    calls = 1
    assert minimum(event, fails) == least
    assert calls == first
    assert minimum(least, fails) == least


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=40), st.integers(1, 40))
def test_a_budget_in_calls_is_kept_and_what_it_leaves_fails(body: bytes, calls: int) -> None:
    used = 0

    def fails(event: Event) -> bool:
        nonlocal used
        used += 1
        return isinstance(event, RawEvent) and sum(event.body) % 3 == sum(body) % 3

    start = RawEvent(body=body)
    budget = Budget(calls, 10**9, iter(range(10**9)).__next__)
    least = shrink_event(start, RAW, fails, budget)
    assert used == budget.used <= calls
    assert fails(least)
    assert size(least) <= size(start)
