"""Event functions: what the host makes of each answer, and which rules an answer breaks."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.contracts.fc_event import FcEvent
from fnfuzz.contracts.fc_samples import SAMPLES
from fnfuzz.contracts.model import (
    Delivery,
    Exit,
    Fault,
    FaultKind,
    HttpReply,
    LineReply,
    Observed,
    Verdict,
)
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent
from fnfuzz.rules import RULES

TIMER = Function(name="nightly", trigger="timer", contract="fc-event", form="timer", timeout=30)
INVOKED = Function(name="resize", trigger="raw", contract="fc-event", form="raw", timeout=30)
QUEUE = Function(name="orders", trigger="queue", contract="fc-event", form="mns-queue", timeout=30)
TICK = TimerEvent(payload="nightly-17")
LARGE = RawEvent(body=b'"' + b"x" * 200_000 + b'"')
REPORTED = ("x-fc-status", "404")
MIB = 1024 * 1024
TRACEBACK = b'Traceback (most recent call last):\n  File "/code/a.py", line 3, in f\nmodels.BadOrder: no id\n'
NODE_STACK = b'{"error":"TypeError: x is undefined\\n    at f (/code/a.js:3:7)\\n    at g (/code/a.js:9:1)"}'


def answer(status: int = 200, body: bytes = b"done", headers: Pairs = (), **seen: Any) -> Observed:
    """A whole answer."""
    return Observed(reply=HttpReply(status, "", headers, body), **{"elapsed": 0.012, "limit": 30.0, **seen})


def broken(kind: FaultKind, raw: bytes = b"", **seen: Any) -> Observed:
    """No answer, for a fault of the transport."""
    return Observed(fault=Fault(kind, f"it was {kind}", raw), **{"elapsed": 0.012, "limit": 30.0, **seen})


GOOD = answer()
CHUNKED_HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"
LENGTH_HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"

BREAKS: list[tuple[str, Function, Event, Observed, Observed]] = [
    ("port-not-listening", TIMER, TICK, broken("refused"), GOOD),
    ("no-response", TIMER, TICK, broken("closed"), GOOD),
    ("no-response", TIMER, TICK, broken("timeout", elapsed=30.0), answer(elapsed=29.0)),
    ("no-response", TIMER, TICK, Observed(), GOOD),
    ("response-timeout", TIMER, TICK, answer(elapsed=30.5, limit=60.0), answer(elapsed=29.5)),
    ("response-timeout", TIMER, TICK, broken("timeout", LENGTH_HEAD, elapsed=30.0), GOOD),
    ("invalid-http-response", TIMER, TICK, broken("no-status-line", b"hello"), GOOD),
    ("invalid-http-response", TIMER, TICK, broken("bad-status-line", b"HTTP/1.1 abc"), GOOD),
    ("invalid-http-response", TIMER, TICK, broken("bad-header", b"HTTP/1.1 200 OK\r\nA B"), GOOD),
    ("invalid-http-response", TIMER, TICK, broken("bad-framing"), GOOD),
    ("content-length-mismatch", TIMER, TICK, broken("short-body", LENGTH_HEAD), GOOD),
    ("content-length-mismatch", TIMER, TICK, answer(fault=Fault("extra-bytes", "bytes follow")), GOOD),
    ("chunked-never-ends", TIMER, TICK, broken("bad-chunk", CHUNKED_HEAD), GOOD),
    ("chunked-never-ends", TIMER, TICK, broken("truncated-chunks", CHUNKED_HEAD), GOOD),
    ("chunked-never-ends", TIMER, TICK, broken("timeout", CHUNKED_HEAD, elapsed=30.0), GOOD),
    ("connection-dropped-mid-response", TIMER, TICK, broken("truncated-head", b"HTTP/1.1 200"), GOOD),
    ("connection-dropped-mid-response", TIMER, TICK, broken("reset", LENGTH_HEAD), GOOD),
    ("process-exit-on-request", TIMER, TICK, broken("closed", exit=Exit(1)), GOOD),
    ("process-exit-on-request", TIMER, TICK, answer(exit=Exit(0)), GOOD),
    ("out-of-memory", TIMER, TICK, broken("reset", exit=Exit(-9)), GOOD),
    ("out-of-memory", TIMER, TICK, broken("reset", exit=Exit(137)), GOOD),
    ("server-error", TIMER, TICK, answer(500, b"boom", (REPORTED,)), answer(400, b"no such id", (REPORTED,))),
    ("server-error", TIMER, TICK, answer(503, b"", (("x-fc-status", "503"),)), answer(404, b"no id", (REPORTED,))),
    ("error-not-reported", TIMER, TICK, answer(500, b"boom"), answer(400, b"boom", (REPORTED,))),
    ("error-not-reported", TIMER, TICK, answer(400, b"no such id"), answer(400, b"no such id", (REPORTED,))),
    ("error-not-reported", TIMER, TICK, answer(404, b"order 17 not found"), answer(404, b"order 17", (REPORTED,))),
    ("error-not-reported", TIMER, TICK, answer(200, TRACEBACK), answer(200, TRACEBACK, (REPORTED,))),
    ("error-not-reported", TIMER, TICK, answer(200, NODE_STACK), answer(200, NODE_STACK, (REPORTED,))),
    (
        "error-not-reported",
        TIMER,
        TICK,
        answer(200, b'{"errorMessage":"no id","errorType":"KeyError","stackTrace":[]}'),
        answer(200, b'{"errorMessage":"no id"}'),
    ),
    ("error-not-reported", INVOKED, LARGE, answer(400, b"no"), GOOD),
    ("invoke-route-missing", TIMER, TICK, answer(404, b"404 page not found\n"), answer(404, b"", (REPORTED,))),
    ("invoke-route-missing", TIMER, TICK, answer(404, b'{"detail":"Not Found"}'), GOOD),
    ("invoke-route-missing", TIMER, TICK, answer(404, b"<pre>Cannot POST /invoke</pre>"), GOOD),
    ("invoke-route-missing", TIMER, TICK, answer(404, b"<p>404 - Nothing matches the given URI.</p>"), GOOD),
    ("invoke-route-missing", TIMER, TICK, answer(405, b"nobody may do that"), GOOD),
    ("redirect-on-event", TIMER, TICK, answer(307, b"", (("Location", "/invoke/"),)), GOOD),
    ("non-200-status-on-event", TIMER, TICK, answer(201), answer(200)),
    ("non-200-status-on-event", TIMER, TICK, answer(204, b""), answer(200, b"")),
    (
        "non-200-status-on-event",
        TIMER,
        TICK,
        answer(422, b"x", (("x-fc-status", "200"),)),
        answer(422, b"", (REPORTED,)),
    ),
    ("bad-x-fc-status", TIMER, TICK, answer(200, b"", (("X-Fc-Status", "500"),)), answer(200, b"", (REPORTED,))),
    (
        "bad-x-fc-status",
        TIMER,
        TICK,
        answer(200, b"", (("X-Fc-Status", ""),)),
        answer(200, b"", (("X-Fc-Status", "200"),)),
    ),
    (
        "result-in-headers",
        TIMER,
        TICK,
        answer(200, b"", (("X-Job", "nightly-17"),)),
        answer(200, b"nightly-17", (("X-Job", "nightly-17"), ("X-Request-Id", "9f8e7d6c"))),
    ),
    (
        "response-headers-too-large",
        TIMER,
        TICK,
        answer(headers=(("X-Big", "x" * 8192),)),
        answer(headers=(("X-Big", "x" * 8000),)),
    ),
    ("response-headers-too-large", TIMER, TICK, broken("too-large", b"HTTP/1.1 200 OK\r\nX: x"), GOOD),
    ("response-too-large", TIMER, TICK, answer(200, bytes(32 * MIB + 1)), answer(200, bytes(MIB))),
    ("response-too-large", TIMER, TICK, broken("too-large", CHUNKED_HEAD), GOOD),
    ("response-too-large-warning", TIMER, TICK, answer(200, bytes(6 * MIB + 1)), answer(200, bytes(6 * MIB))),
    (
        "response-too-large-warning",
        TIMER,
        TICK,
        broken("too-large", b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n"),
        GOOD,
    ),
    ("rejects-octet-stream", TIMER, TICK, answer(415, b"Unsupported Media Type"), GOOD),
    ("rejects-octet-stream", TIMER, TICK, answer(415, b"", (REPORTED,)), GOOD),
    ("rejects-large-event", INVOKED, LARGE, answer(413, b"too large"), answer(400, b"not an order", (REPORTED,))),
    ("rejects-large-event", INVOKED, LARGE, broken("reset"), GOOD),
    ("rejects-empty-event", INVOKED, RawEvent(), answer(500, b"boom"), answer(400, b"empty", (REPORTED,))),
    ("rejects-empty-event", INVOKED, RawEvent(), broken("closed", exit=Exit(1)), GOOD),
    ("rejects-empty-event", INVOKED, RawEvent(), broken("timeout", elapsed=30.0), GOOD),
    ("non-json-event-crash", INVOKED, RawEvent(body=b"hello"), answer(500, b""), answer(400, b"", (REPORTED,))),
    ("non-json-event-crash", INVOKED, RawEvent(body=b"\xff{}"), broken("closed", exit=Exit(1)), GOOD),
    ("non-json-event-crash", INVOKED, RawEvent(body=SAMPLES["tablestore-cbor"]), answer(502, b"", (REPORTED,)), GOOD),
]


def decode(function: Function, event: Event, observed: Observed, **delivery: Any) -> Verdict:
    return FcEvent().decode(function, event, Delivery(**delivery), observed)


def rules(function: Function, event: Event, observed: Observed) -> list[str]:
    return [violation.rule for violation in decode(function, event, observed).violations]


@pytest.mark.parametrize(
    ("rule", "function", "event", "breaking", "respecting"),
    BREAKS,
    ids=[f"{at}-{row[0]}" for at, row in enumerate(BREAKS)],
)
def test_an_answer_breaks_this_rule_alone(
    rule: str, function: Function, event: Event, breaking: Observed, respecting: Observed
) -> None:
    broken_rules = rules(function, event, breaking)
    respected = rules(function, event, respecting)
    assert set(broken_rules) - {"bad-x-fc-status"} | {rule} == {rule}
    assert rule in broken_rules
    assert respected == []


def test_every_row_names_a_rule_of_this_contract() -> None:
    assert {row[0] for row in BREAKS} <= {name for name, rule in RULES.items() if "fc-event" in rule.contracts}


@pytest.mark.parametrize("status", [200, 400, 500])
def test_the_caller_gets_the_body_whatever_the_status(status: int) -> None:
    outcome = decode(TIMER, TICK, answer(status, b"result", (("X-Any", "x"),))).outcome
    assert (outcome.status, outcome.result, outcome.caller) == ("completed", b"result", None)


def test_a_reported_failure_is_a_failure_with_the_body_as_its_text() -> None:
    outcome = decode(TIMER, TICK, answer(404, b"no such id", (REPORTED,))).outcome
    assert (outcome.status, outcome.result) == ("failed", b"no such id")
    assert "x-fc-status: 404" in outcome.error


def test_an_exit_is_told_in_the_words_of_the_host_and_explains_the_reset() -> None:
    verdict = decode(TIMER, TICK, broken("reset", exit=Exit(-11)))
    text = "Process exited unexpectedly before completing request (duration: 12ms)"
    assert verdict.outcome.error == text
    assert verdict.outcome.result is not None
    assert json.loads(verdict.outcome.result) == {"errorMessage": text}
    assert [(v.rule, v.place) for v in verdict.violations] == [("process-exit-on-request", "signal 11 (SIGSEGV)")]


def test_an_exit_does_not_explain_text_that_is_not_http() -> None:
    assert rules(TIMER, TICK, broken("no-status-line", b"panic", exit=Exit(2))) == [
        "invalid-http-response",
        "process-exit-on-request",
    ]


def test_a_handler_that_was_ended_for_hanging_did_not_exit_by_itself() -> None:
    assert rules(TIMER, TICK, broken("timeout", exit=Exit(-9), elapsed=30.0)) == ["no-response"]


def test_a_time_out_before_the_hosts_own_says_both() -> None:
    verdict = decode(TIMER, TICK, broken("timeout", elapsed=5.0, limit=5.0))
    assert verdict.violations[0].message == "No answer came within 5 s (the host allows 30 s)."
    assert (verdict.outcome.status, verdict.outcome.until) == ("hung", 30)
    assert verdict.outcome.error == "Function time out after 30s"


def test_a_handler_that_died_before_the_event_was_sent_is_not_blamed_on_the_event() -> None:
    assert rules(INVOKED, RawEvent(), broken("refused", exit=Exit(1))) == ["process-exit-on-request"]


def test_an_echoed_traceback_is_no_failure() -> None:
    assert rules(INVOKED, RawEvent(body=TRACEBACK), answer(200, b"got " + TRACEBACK)) == []
    assert rules(QUEUE, QueueEvent(message=TRACEBACK), answer(200, TRACEBACK)) == []
    assert rules(INVOKED, RawEvent(body=NODE_STACK), answer(200, NODE_STACK)) == []


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (TRACEBACK, "models.BadOrder"),
        (b"<title>KeyError: 'id' // Werkzeug Debugger</title>", "KeyError"),
        (b'{"errorMessage":"x","errorType":"ValueError","stackTrace":[]}', "ValueError"),
        (b"Internal Server Error", "status 500"),
    ],
)
def test_the_place_of_a_failure_is_its_exception_or_its_status(body: bytes, place: str) -> None:
    assert [violation.place for violation in decode(TIMER, TICK, answer(500, body)).violations] == [place]


def test_a_name_out_of_the_payload_is_no_place() -> None:
    event = RawEvent(body=b'"SecretError"')
    verdict = decode(INVOKED, event, answer(500, b"cannot parse SecretError"))
    assert [violation.place for violation in verdict.violations] == ["status 500"]


@pytest.mark.parametrize("body", [b"NaN", b"[1,]", b"\xef\xbb\xbf{}", b"'a'", b"\xff", b"{} {}"])
def test_these_events_are_not_json(body: bytes) -> None:
    assert rules(INVOKED, RawEvent(body=body), answer(500)) == ["non-json-event-crash"]


@pytest.mark.parametrize("body", [b" 1 ", b'"\\ud800"', b"1" * 9000, b"-0.0e99999", b"[" * 9000 + b"]" * 9000, b"null"])
def test_these_events_are_json(body: bytes) -> None:
    assert rules(INVOKED, RawEvent(body=body), answer(500)) == ["error-not-reported"]


def test_a_413_for_a_small_event_is_an_unreported_error_and_for_an_impossible_one_nothing() -> None:
    assert rules(TIMER, TICK, answer(413, b"")) == ["error-not-reported"]
    assert rules(INVOKED, RawEvent(body=bytes(32 * MIB + 1)), answer(413, b"")) == []


def test_an_undocumented_x_fc_status_is_a_warning_only() -> None:
    bad = (("x-fc-status", "400"),)
    assert rules(TIMER, TICK, answer(400, b"no such id", bad)) == ["bad-x-fc-status"]
    assert rules(TIMER, TICK, answer(200, TRACEBACK, bad)) == ["bad-x-fc-status"]


@pytest.mark.parametrize("event", [TICK, BlobEvent(), QueueEvent()], ids=lambda event: event.trigger)
def test_a_failed_asynchronous_event_comes_again_three_times(event: Event) -> None:
    failed = answer(404, b"", (REPORTED,))
    seen = [decode(QUEUE, event, failed, attempt=attempt).outcome.delivery for attempt in range(4)]
    assert seen == ["redelivered", "redelivered", "redelivered", "lost"]


@pytest.mark.parametrize("event", [RawEvent(body=b"1"), HttpEvent()], ids=lambda event: event.trigger)
def test_a_failed_synchronous_event_does_not_come_again(event: Event) -> None:
    assert decode(INVOKED, event, broken("closed")).outcome.delivery == ""


def test_a_message_that_failed_unreported_is_done_for_the_host() -> None:
    assert decode(QUEUE, QueueEvent(), answer(500)).outcome.delivery == "deleted"


@pytest.mark.parametrize(
    "headers",
    [
        (("Content-Type", "text/nightly-17"), ("X-Job-Count", "20250311")),
        (("Access-Control-Allow-Origin", "nightly-17"),),
        (("X-Fc-Job", "nightly-17"),),
        (("X-Short", "night"),),
    ],
)
def test_headers_that_may_be_anybodys_are_no_results(headers: Pairs) -> None:
    assert rules(TIMER, TICK, answer(200, b"", headers)) == []


TEXT = st.text(max_size=12)
TOKEN = st.sampled_from(["X-Fc-Status", "Content-Type", "Location", "X-Any", ""])
PAIRS = st.lists(st.tuples(TOKEN | TEXT, TEXT), max_size=4).map(tuple)
TIMES = st.datetimes().map(lambda time: f"{time.isoformat()}+00:00")
EVENTS: st.SearchStrategy[Event] = st.one_of(
    st.builds(RawEvent, body=st.binary(max_size=40)),
    st.builds(TimerEvent, due=TIMES, payload=TEXT),
    st.builds(BlobEvent, name=TEXT, content=st.binary(max_size=40), content_type=TEXT, metadata=PAIRS, modified=TIMES),
    st.builds(
        QueueEvent, message=st.binary(max_size=40), id=TEXT | st.uuids().map(str), inserted=TIMES, attributes=PAIRS
    ),
    st.builds(HttpEvent, query=PAIRS, headers=PAIRS, body=st.binary(max_size=40)),
)
FORMS = st.sampled_from(
    ["", "oss", "mns-topic-stream", "mns-topic-json", "mns-queue", "mns-queue-single", "timer", "raw"]
)
FUNCTIONS = st.builds(
    lambda form, timeout: Function(name="f", trigger="raw", contract="fc-event", form=form, timeout=timeout),
    FORMS,
    st.none() | st.floats(0.1, 60),
)
REPLIES = st.builds(
    HttpReply,
    status=st.integers(100, 999),
    reason=TEXT,
    headers=PAIRS,
    body=st.binary(max_size=60) | st.sampled_from([TRACEBACK, NODE_STACK, b'{"stackTrace":1}', b'["stackTrace"]']),
)
FAULTS = st.builds(
    Fault,
    st.sampled_from(get_args(FaultKind)),
    TEXT,
    st.binary(max_size=60) | st.sampled_from([CHUNKED_HEAD, LENGTH_HEAD]),
)
OBSERVED = st.builds(
    Observed,
    reply=st.none() | REPLIES | st.just(LineReply((b"{}",), 0)),
    fault=st.none() | FAULTS,
    exit=st.none() | st.builds(Exit, st.integers(-64, 255)),
    elapsed=st.floats(0, 100),
    limit=st.floats(0, 100),
)


@settings(deadline=None)
@given(FUNCTIONS, EVENTS, OBSERVED)
def test_decode_takes_whatever_was_observed_and_names_known_rules(
    function: Function, event: Event, observed: Observed
) -> None:
    verdict = decode(function, event, observed)
    assert all("fc-event" in RULES[violation.rule].contracts for violation in verdict.violations)
    assert verdict.outcome.status in ("completed", "failed", "hung")


@settings(deadline=None)
@given(FUNCTIONS, EVENTS)
def test_every_legal_event_is_carried_the_same_way_each_time(function: Function, event: Event) -> None:
    first = FcEvent().encode(function, event, Delivery())
    assert first == FcEvent().encode(function, event, Delivery())
    assert first.to_bytes().startswith(b"POST /invoke HTTP/1.1\r\nHost: ")
