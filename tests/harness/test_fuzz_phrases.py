"""What a handler says in words of its own source tells ways through it apart."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import Delivery, HostOutcome, HttpReply, HttpRequest, Observed, Verdict
from fnfuzz.events import RawEvent
from fnfuzz.fuzz.behaviour import signature
from fnfuzz.fuzz.words.literals import literals
from fnfuzz.fuzz.words.phrases import phrases_in, told
from fnfuzz.host import Exchange

SOURCE = b"""
if not text: raise Rejected(f"startedOn is from {FIRST} to {LAST}")
raise Rejected("cycle is one of " + ", ".join(CYCLES))
throw new Refused(`player ${number} has no name`)
STATES = {"planned": 1, "rejected": 2}
headers = {"Content-Type": "application/json"}
"""
PHRASES = frozenset(phrases_in(SOURCE))


def test_runs_of_words_are_taken_from_literals_of_several_languages() -> None:
    assert {b"startedOn is from", b"cycle is one of", b"has no name", b"planned", b"rejected"} <= PHRASES


GO = b"""
if !known { return "", errors.New("no parcel number") }
pattern = regexp.MustCompile(`^[A-Z]{2}$`)
fmt.Sprintf("a \\"quoted\\" part and more than sixty-four characters of it, as in %s", name, "we do not send")
"""


def test_empty_long_and_escaped_literals_put_nothing_out_of_step() -> None:
    found = [literal for literal, _ in literals(GO)]
    assert (found[0], found[1]) == (b"", b"no parcel number")
    assert found[2:] == [
        b"^[A-Z]{2}$",
        b'a \\"quoted\\" part and more than sixty-four characters of it, as in %s',
        b"we do not send",
    ]
    assert {b"no parcel number", b"we do not send"} <= set(phrases_in(GO))


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"reason": "startedOn is from 2000 to 2099"}, (b"startedOn is from", b"to")),
        ({"reason": "cycle is one of monthly, yearly"}, (b"cycle is one of",)),
        ({"error": "player 12 has no name"}, (b"player", b"has no name")),
        ({"state": "planned", "name": "mira"}, (b"planned",)),
        ({"planned": "mira"}, ()),
        ({"inside": json.dumps({"state": "rejected", "planned": 1})}, (b"rejected",)),
        ({"type": "application/json"}, ()),
        ("nothing that is known", ()),
    ],
)
def test_the_words_of_the_source_are_found_in_an_answer(answer: object, expected: tuple[bytes, ...]) -> None:
    assert told(json.dumps(answer).encode(), PHRASES, ()) == expected


def test_what_was_sent_says_nothing_when_it_comes_back() -> None:
    assert told(b'{"name":"planned"}', PHRASES, (b"/orders", b'{"name":"planned"}')) == ()


@given(st.binary(max_size=400))
def test_no_answer_and_no_source_is_too_odd(data: bytes) -> None:
    assert all(phrase in PHRASES for phrase in told(data, PHRASES, ()))
    assert all(phrases_in(data))


def exchange(answer: str) -> Exchange:
    return Exchange(
        function=Function(name="job", trigger="raw", contract="fc-event", form="raw"),
        event=RawEvent(body=b"{}"),
        delivery=Delivery(),
        request=HttpRequest("POST", "/invoke", (), b"{}"),
        observed=Observed(reply=HttpReply(200, "OK", (), answer.encode())),
        verdict=Verdict(HostOutcome(status="completed"), ()),
    )


def test_two_reasons_in_answers_of_one_shape_are_two_behaviours() -> None:
    one, other = (exchange(json.dumps({"reason": text})) for text in ("cycle is one of a", "startedOn is from 1 to 2"))
    assert signature(one) == signature(other)
    assert signature(one, PHRASES) != signature(other, PHRASES)
    assert signature(one, PHRASES) == signature(exchange(json.dumps({"reason": "cycle is one of b, c"})), PHRASES)
