"""What the tables of a source say of the members that are looked up in them."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.events import QueueEvent
from fnfuzz.fuzz.mutation.chase import Chase
from fnfuzz.fuzz.words.choices import choices, singular
from fnfuzz.fuzz.words.dictionary import Dictionary

QUEUE = Function(name="q", trigger="queue", contract="azure-http")


@pytest.mark.parametrize(
    ("source", "name", "expected"),
    [
        ('PLANS = {\n    "basic": {"cents": 900},\n    "team": {"cents": 4900},\n}', "plan", ("basic", "team")),
        ('RATES = {"VIE": 14_000, "INN": 1}\nif hotel not in RATES: pass', "hotel", ("VIE", "INN")),
        ('RATES = {"VIE": 1}\nx = RATES[order["hotel"]]', "hotel", ("VIE",)),
        ('REASONS: Final = ("fraud", "duplicate")', "reason", ("fraud", "duplicate")),
        ('KINDS = frozenset(["a1", "b2"])', "kind", ("a1", "b2")),
        ("const CHANNELS = ['web', 'app'];", "channel", ("web", "app")),
        ("const QUEUES = {\n  spam: [{ id: 'c-1' }],\n  abuse: [],\n};", "queue", ("spam", "abuse")),
        (
            "const RATES = new Map(\n  Object.entries({ de: { a: 1 }, fr: {} }),\n);\nRATES.has(o.country);",
            "country",
            ("de", "fr"),
        ),
        ('const RULES = [\n  { id: "far", weight: 1 },\n  { id: "big", weight: 2 },\n];', "rule", ("far", "big")),
        ("if (!Object.hasOwn(QUEUES, queue)) {}\nconst QUEUES = { spam: 1 };", "queue", ("spam",)),
        ('var riskOfCountry = map[string]float64{"DE": 0, "FR": 0}', "country", ("DE", "FR")),
        ('var sizes = []string{"S", "M"}', "size", ("S", "M")),
        ("CATEGORIES = { 'toys' => 1, 'books' => 2 }", "category", ("toys", "books")),
        ('private static readonly HashSet<string> Currencies = new HashSet<string> { "EUR" };', "currency", ("EUR",)),
    ],
)
def test_tables_of_many_languages_tell_what_a_member_may_be(source: str, name: str, expected: tuple[str, ...]) -> None:
    assert tuple(choices(source).get(name, ())) == expected


@pytest.mark.parametrize(
    "source",
    ['start = moment(signup.get("start"))', 'log("plan", plan)', "if plan == {}: pass", "f = lambda: {1: 2}", ""],
)
def test_what_is_no_table_says_nothing(source: str) -> None:
    assert choices(source) == {}


def test_one_thing_of_many() -> None:
    assert [singular(word) for word in ("plans", "categories", "boxes", "class", "gas", "is", "plan")] == [
        "plan", "category", "box", "class", "gas", "is", "plan",
    ]  # fmt: skip


@given(st.text(alphabet="ab=:{}[]()\"', \n.", max_size=300))
def test_no_source_is_too_odd(source: str) -> None:
    assert all(told for told in choices(source).values())


def test_reading_takes_no_longer_than_the_text_is_long() -> None:
    began = time.process_time()
    for part in ("a = {", "A={'b':", "A[a.", "A.get(", "x in y ", "a = [[", "(", "new Map("):
        choices(part * (100_000 // len(part)))
    assert time.process_time() - began < 10


@pytest.mark.parametrize("message", ["the plans are listed elsewhere", "no such plan", "plan is not served"])
def test_a_name_that_a_message_speaks_of_gets_what_is_looked_up_by_it(message: str) -> None:
    words = Dictionary(names=("plan",), choices=(("plan", ("basic", "team")),))
    chase = Chase(QUEUE, words)
    chase.answered(QueueEvent(message=b"{}"), "", message)
    tried = [json.loads(event.message) for event in iter(chase.next_event, None) if isinstance(event, QueueEvent)]
    assert {"plan": "basic"} in tried[:4]
    assert {"plan": "team"} in tried[:4]
