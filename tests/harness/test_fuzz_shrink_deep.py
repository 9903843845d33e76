"""JSON that is nested too deep for a tree is shrunk all the same."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.events import RawEvent
from fnfuzz.fuzz.shrinking.deep import taken_apart
from fnfuzz.fuzz.shrinking.shrink import Budget, shrink_event

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([None, 1]))
def test_what_is_taken_apart_says_the_same(value: object, indent: int | None) -> None:
    found = taken_apart(json.dumps(value, indent=indent))
    if isinstance(value, (dict, list)):
        assert found is not None
        assert json.loads(found.text()) == value
        assert len(found.levels) == _height(value) - 1
    else:
        assert found is None


def _height(value: object) -> int:
    if not isinstance(value, (dict, list)):
        return 0
    return 1 + max((_height(item) for item in (value.values() if isinstance(value, dict) else value)), default=0)


@given(st.text(alphabet='[]{}:,"\\a1 ', max_size=60))
def test_no_text_is_too_odd(text: str) -> None:
    found = taken_apart(text)
    assert found is None or found.text()


def test_a_hundred_thousand_levels_need_no_stack() -> None:
    found = taken_apart("[" * 100_000 + "]" * 100_000)
    assert found is not None
    assert len(found.levels) == 99_999


def nested(text: str, name: str) -> int:
    """How many levels of objects with that name there are, as a parser without a limit counts them."""
    try:
        found = taken_apart(text)
    except ValueError:
        return 0
    return sum(level.name == f'"{name}"' for level in found.levels) if found is not None else 0


@pytest.mark.parametrize(
    ("level", "core", "least"),
    [
        ('{"name":"Oak shelf","size":3,"children":[%s]}', '{"name":"leaf"}', '{"children":[%s]}'),
        ('{"children":%s,"more":{"deep":[1,[2]]}}', "null", '{"children":%s}'),
        ('[[{"a":[],"children":%s}]]', '"x"', '{"children":%s}'),
    ],
)
def test_levels_are_as_few_and_as_plain_as_can_be(level: str, core: str, least: str) -> None:
    text = core
    for _ in range(900):
        text = level % text
    event = RawEvent(body=text.encode())
    budget = Budget(2_000, time.monotonic() + 60.0, time.monotonic)
    shrunk = shrink_event(event, RAW, lambda one: nested(_body(one), "children") >= 311, budget)
    expected = "0"
    for _ in range(311):
        expected = least % expected
    assert len(_body(shrunk)) <= len(expected) + 2


def _body(event: object) -> str:
    assert isinstance(event, RawEvent)
    return event.body.decode("utf-8", "replace")
