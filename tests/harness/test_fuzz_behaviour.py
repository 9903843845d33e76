from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import (
    CallerReply,
    Delivery,
    HostOutcome,
    HttpReply,
    HttpRequest,
    LineReply,
    Observed,
    Reply,
    Verdict,
    Violation,
)
from fnfuzz.events import RawEvent
from fnfuzz.fuzz import behaviour
from fnfuzz.fuzz.behaviour import signature
from fnfuzz.host import Exchange

RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")


def exchange(
    body: bytes | Reply = b"", *, status: int = 200, rules: tuple[str, ...] = (), log: bytes = b"", outcome: str = ""
) -> Exchange:
    reply = HttpReply(status, "", (), body) if isinstance(body, bytes) else body
    return Exchange(
        function=RAW,
        event=RawEvent(body=b"payload"),
        delivery=Delivery(),
        request=HttpRequest("POST", "/invoke", ()),
        observed=Observed(reply=reply),
        verdict=Verdict(
            HostOutcome(status=outcome or "completed", caller=CallerReply(status)),  # type: ignore[arg-type] # a status
            tuple(Violation(rule, "message") for rule in rules),
        ),
        stderr=log,
    )


def answered(value: object, **more: int) -> bytes:
    return signature(exchange(json.dumps(value).encode(), **more))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": 7, "name": "mira"}, {"id": 8, "name": ""}),
        ({"items": [1, 2, 3]}, {"items": [9]}),
        ({"text": '{"a":1}'}, {"text": '{"a":2}'}),
        ({"a": [[[[[[[1]]]]]]]}, {"a": [[[[[[{"e": 2}]]]]]]}),
        ("x" * 10_000, list(range(20_000))),
    ],
)
def test_values_do_not_count(one: object, other: object) -> None:
    assert answered(one) == answered(other)


def refused(message: str) -> bytes:
    body = json.dumps({"error": message}).encode()
    whole = exchange(body, status=400)
    caller = replace(whole.outcome, caller=CallerReply(400, body=body))
    return signature(replace(whole, verdict=replace(whole.verdict, outcome=caller)))


def test_json_that_a_refusal_repeats_does_not_count() -> None:
    told = [f'"{value}" is no time of the form HH:MM' for value in ('{"a":[1]}', '{"other":"x","b":{}}', '["c"]')]
    assert len(set(map(refused, told))) == 1
    assert refused(told[0]) != refused(f"{told[0]}, once")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"id": 7}, {"id": "7"}),
        ({"id": 7}, {"id": 7, "more": None}),
        ([], [1]),
        ({"text": '{"a":1}'}, {"text": '{"a":"1"}'}),
        (None, {}),
        ("", '{"a":1}'),
    ],
)
def test_the_shape_counts(one: object, other: object) -> None:
    assert answered(one) != answered(other)


def test_statuses_outcomes_and_rules_count() -> None:
    seen = [
        exchange(),
        exchange(status=404),
        exchange(outcome="failed"),
        exchange(rules=("server-error",)),
        exchange(rules=("server-error", "proc-crash")),
        exchange(b"text"),
    ]
    assert len({signature(item) for item in seen}) == len(seen)
    assert signature(exchange(rules=("a", "b"))) == signature(exchange(rules=("b", "a")))


def test_the_log_of_a_failure_counts_without_its_variable_parts() -> None:
    def failed(log: bytes) -> bytes:
        return signature(exchange(rules=("server-error",), log=log))

    assert failed(b"KeyError: 'qty' in line 7") == failed(b"first\nKeyError: 'id' in line 12\n\n")
    assert failed(b"KeyError: 'qty'") != failed(b"ValueError: 'qty'")


def test_the_log_of_a_success_does_not_count() -> None:
    assert signature(exchange(log=b"took long")) == signature(exchange())


def test_lines_are_looked_at_by_their_answer() -> None:
    one, other, none = (
        exchange(LineReply(lines, answer))
        for lines, answer in (((b'{"a":1}',), 0), ((b"noise", b'{"a":2}'), 1), ((b"noise",), None))
    )
    assert signature(one) == signature(other) != signature(none)


def test_large_answers_are_not_kept() -> None:
    before = behaviour._shape.cache_info().currsize
    assert len(signature(exchange(b"x" * 1_000_000))) == 12
    assert behaviour._shape.cache_info().currsize == before
