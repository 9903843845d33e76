"""Two answers to one event: what is noise, what is learnt to be noise, and what is a difference."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.fuzz.sequences.answer import Answer, Text
from fnfuzz.fuzz.sequences.noise import MISSING, Baseline, differences, learn, plain

WORDS = st.text("abcdefgh", min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=12,
)
BODIES = VALUES | st.builds(Text, st.text(max_size=60))
ANSWERS = st.builds(Answer, st.sampled_from((200, 400, 404)), st.dictionaries(WORDS, WORDS, max_size=2), BODIES)


def saying(body: Any, status: int = 200, cache: str = "") -> Answer:
    return Answer(status, {"x-cache": cache} if cache else {}, body)


def places(one: Any, other: Any) -> list[str]:
    return [item.place for item in differences(saying(one), saying(other))]


@given(ANSWERS)
def test_an_answer_is_like_itself(answer: Answer) -> None:
    assert differences(answer, answer) == ()


@given(ANSWERS, ANSWERS)
def test_what_was_learnt_from_two_answers_tells_neither_of_them_from_the_other(one: Answer, other: Answer) -> None:
    baseline = learn([one, other])
    assert (baseline is None) == (one.status != other.status)
    if baseline is not None:
        assert baseline.unlike(one, 0) == ()
        assert baseline.unlike(other, 0) == ()


@given(ANSWERS, ANSWERS)
def test_both_ways_round_the_same_places_differ(one: Answer, other: Answer) -> None:
    there = {item.place: (item.one, item.other) for item in differences(one, other)}
    back = {item.place: (item.other, item.one) for item in differences(other, one)}
    assert there == back


@given(st.dictionaries(WORDS, st.integers(0, 99), min_size=1), st.data())
def test_the_one_member_that_differs_is_named(members: dict[str, int], data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(members)))
    other = members | {name: members[name] + 1000}
    assert places(members, other) in ([f"$.{name}"], [])
    assert places({"in": json.dumps(members)}, {"in": json.dumps(other)}) in ([f"$.in.{name}"], [])
    without = {key: value for key, value in members.items() if key != name}
    (gone,) = differences(saying(members), saying(without))
    assert (gone.place, gone.other) == (f"$.{name}", MISSING)


@given(st.lists(WORDS, unique=True, max_size=6), st.randoms())
def test_the_order_of_a_list_is_chance(values: list[str], random: Any) -> None:
    shuffled = random.sample(values, len(values))
    assert places({"tags": values}, {"tags": shuffled}) == []


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), st.datetimes(datetime(2020, 1, 1)), st.uuids())
def test_times_and_ids_in_texts_are_noise(one: datetime, other: datetime, number: UUID) -> None:
    texts = [f"at {time.replace(tzinfo=UTC).isoformat()} for {number}" for time in (one, other)]
    assert places({"said": texts[0]}, {"said": texts[1]}) == []
    assert plain(f"id {number}") == plain("id 0d6a4f0e-3b0e-4a55-9a6c-6f1f9f0c7a11")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"elapsedMs": 3}, {"elapsedMs": 250}),
        ({"uptime": 1.5}, {"uptime": 9.0}),
        (Text("took 12 ms"), Text("took 3.5 ms")),
        (Text("Tue, 11 Mar 2025 09:15:02 GMT"), Text("Wed, 12 Mar 2025 10:00:00 GMT")),
        ({"url": "http://127.0.0.1:4711/x"}, {"url": "http://127.0.0.1:5000/x"}),
        ({"body": '{"at":"09:15"}'}, {"body": '{"at":"10:20"}'}),
    ],
)
def test_measured_things_are_noise(one: Any, other: Any) -> None:
    assert places(one, other) == []


@pytest.mark.parametrize(
    ("one", "other", "place"),
    [
        ({"total": 10}, {"total": 30}, "$.total"),
        ({"price": 10.5}, {"price": 30.5}, "$.price"),
        ({"name": "mira"}, {"name": "tomas"}, "$.name"),
        ({"items": [1]}, {"items": [1, 1]}, "$.items"),
        ({"ok": 1}, {"ok": True}, "$.ok"),
        (Text("hello mira"), Text("hello tomas"), "text 1"),
        (Text("hello"), Text("hello you"), "text"),
        ({"a": 1}, Text("oops"), "text"),
    ],
)
def test_other_data_is_a_difference(one: Any, other: Any, place: str) -> None:
    assert places(one, other) == [place]


def test_the_hosts_own_words_are_no_difference() -> None:
    one = Answer(200, {}, {"id": "call-111111"}, (("call-111111", "<id>"),))
    other = Answer(200, {}, {"id": "call-222222"}, (("call-222222", "<id>"),))
    assert differences(one, other) == ()


def test_a_status_is_told_alone() -> None:
    assert [item.place for item in differences(saying({"a": 1}), saying({"b": 2}, 404))] == ["status"]


@pytest.mark.parametrize(
    ("fresh", "later", "steps"),
    [
        (saying({"visits": 1}), saying({"visits": 4}), 3),
        (saying({"n": 1}), saying({"n": 3}), 2),
        (saying(Text("visitor 1!")), saying(Text("visitor 3!")), 2),
        (saying({"order": "order-1"}), saying({"order": "order-2"}), 1),
        (saying({"ok": 1}), saying({"ok": 1, "duplicate": True}), 1),
        (saying({"cache": "MISS"}), saying({"cache": "HIT"}), 1),
        (saying({}, cache="miss"), saying({}, cache="hit"), 1),
        (saying({"ok": 1}), saying({"error": "slow down"}, 429), 9),
        (saying({"id": 1}, 201), saying({"id": 1}, 200), 1),
        (saying({"id": 1}, 201), saying({"error": "exists"}, 409), 1),
    ],
)
def test_what_a_handler_says_itself_is_not_held_against_it(fresh: Answer, later: Answer, steps: int) -> None:
    assert Baseline(fresh).unlike(later, steps) == ()


@pytest.mark.parametrize(
    ("fresh", "later", "steps"),
    [
        (saying({"total": 10}), saying({"total": 30}), 2),
        (saying({"seen": ["a"]}), saying({"seen": ["a", "a"]}), 1),
        (saying({"first": "mira"}), saying({"first": "tomas"}), 1),
        (saying({"ok": 1}), saying({"error": "no"}, 400), 1),
        (saying({"cache": "MISS", "name": "mira"}), saying({"cache": "HIT", "name": "tomas"}), 1),
    ],
)
def test_other_differences_are_kept(fresh: Answer, later: Answer, steps: int) -> None:
    assert Baseline(fresh).unlike(later, steps)
