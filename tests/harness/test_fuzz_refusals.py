"""Refusals that only words tell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.harness.kit.fc_handler import fc_app

from fnfuzz.app.model import Function
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.refusals import Refusals, form_of, hopeless_events
from fnfuzz.fuzz.sources import FunctionSource
from fnfuzz.fuzz.stream import RunFinished
from fnfuzz.fuzz.words.dictionary import Dictionary

REFUSED = b'{"state": "refused", "reason": "no order"}'


def begun(*bodies: bytes | None) -> Refusals:
    refusals = Refusals()
    refusals.begin(bodies)
    return refusals


def outputs(inner: object, *logs: str) -> bytes:
    return json.dumps({"Outputs": {"out": json.dumps(inner)}, "Logs": [*logs]}).encode()


@pytest.mark.parametrize(
    ("hopeless", "other", "refused"),
    [
        (REFUSED, b'{"reason": "qty is missing", "state": "refused"}', True),
        (REFUSED, b'{"state": "taken", "reason": "it is good"}', False),
        (REFUSED, b'{"state": "refused", "reason": "x", "at": 1}', False),
        (b'{"ok": false, "text": "a"}', b'{"ok": false, "text": "b"}', True),
        (b'{"ok": false, "text": "a"}', b'{"ok": true, "text": "b"}', False),
        (outputs({"error": "a"}, "one"), outputs({"error": "b"}, "one", "two"), True),
        (outputs({"error": "a"}), outputs({"total": 1}), False),
        (b'{"errors": [{"at": 1}]}', b'{"errors": [{"at": 1}, {"at": 2}]}', True),
    ],
)
def test_a_refusal_has_the_members_and_the_state_of_what_hopeless_events_get(
    hopeless: bytes, other: bytes, refused: bool
) -> None:
    refusals = begun(hopeless, hopeless, hopeless)
    refusals.has(b"good", b'{"done": 1}', well=True)
    assert refusals.has(b"seen", other, well=True) == refused
    assert refusals.is_one(b"seen") == refused


def test_nothing_is_a_refusal_while_all_answers_are_alike() -> None:
    refusals = begun(REFUSED, REFUSED, REFUSED)
    assert not refusals.has(b"one", REFUSED, well=True)
    # An answer that is wrong in another way says nothing of what a good one looks like.
    refusals.has(b"failed", b"{}", well=False)
    assert not refusals.has(b"one", REFUSED, well=True)
    refusals.has(b"good", b'{"done": 1}', well=True)
    assert refusals.has(b"one", REFUSED, well=True)


@pytest.mark.parametrize(
    "bodies", [(REFUSED, b'{"done": 1}', REFUSED), (REFUSED, None, REFUSED), (b"no", b"no", b"no"), ()]
)
def test_hopeless_events_that_are_not_answered_alike_say_nothing(bodies: tuple[bytes | None, ...]) -> None:
    refusals = begun(*bodies)
    refusals.has(b"good", b'{"done": 1}', well=True)
    assert not refusals.has(b"seen", REFUSED, well=True)


@pytest.mark.parametrize("body", [b"", b"[1]", b"7", b"{", b'{"a": "' + b"x" * 20_000 + b'"}'])
def test_answers_without_members_have_no_form(body: bytes) -> None:
    assert form_of(body) is None


def test_only_those_without_a_caller_get_hopeless_events() -> None:
    assert hopeless_events(Function(name="h", trigger="http", contract="fc-web")) == ()
    assert len(hopeless_events(Function(name="q", trigger="queue", contract="azure-http"))) == 3


def test_a_source_knows_afterwards_which_events_were_refused_and_hands_it_on() -> None:
    function = Function(name="f", trigger="raw", contract="fc-event")
    source = FunctionSource(function, Dictionary(), 1, {})
    events = hopeless_events(function)
    source.refusals.begin([REFUSED] * 3)
    for number, (event, body) in enumerate([(events[0], REFUSED), (events[1], b'{"done": 1}'), (events[2], REFUSED)]):
        refused = source.refuses(body[:9], body, well=True)
        source.learn(event, body[:9] + bytes([number]), 0.1, False, 200, refused=refused)
    assert source.rejected == 0
    other = FunctionSource(function, Dictionary(), 1, {})
    other.resume(source.state(), (0, 1), 1)
    assert other.refuses(b"again", REFUSED, well=True)


TAKES_QTY = """
def result(request):
    pass
def answer(request):
    try:
        order = json.loads(request.body)
        refused = not isinstance(order, dict) or not isinstance(order.get("qty"), int)
    except ValueError:
        refused = True
    body = {"state": "refused", "reason": "qty is a number"} if refused else {"state": "taken", "qty": order["qty"]}
    return 200, {}, json.dumps(body).encode()
"""


def test_a_run_begins_with_them_and_counts_none_as_turned_away_by_its_status(tmp_path: Path) -> None:
    app = fc_app(tmp_path, TAKES_QTY)
    events = list(run(app, Plan(seed=1, max_time=None, max_cases=60, phases=frozenset({"boundaries"}))))
    end = events[-1]
    assert isinstance(end, RunFinished)
    assert (end.cases, end.functions[0].rejected, end.findings) == (60, 0, ())
