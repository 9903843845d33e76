"""The line protocol: requests as azure-functions.md 8.1 shows them, answers judged by its rules (8.2)."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import Binding, Function
from fnfuzz.contracts import azure_stdio
from fnfuzz.contracts.azure_stdio import AzureStdio
from fnfuzz.contracts.model import (
    CallerReply,
    Delivery,
    Exit,
    Fault,
    FaultKind,
    HttpReply,
    LineReply,
    Observed,
    Output,
    Verdict,
)
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent
from fnfuzz.rules import RULES
from fnfuzz.rules.stdio import STDIO_RULES

CONTRACT = AzureStdio()
DELIVERY = Delivery()
GREET = Function(name="Greet", trigger="http", contract="azure-stdio", route="greet", timeout=1800.0)
ORDER = Function(
    name="OnOrder",
    trigger="queue",
    contract="azure-stdio",
    source="orders",
    timeout=1800.0,
    bindings=(
        Binding(name="job", type="queueTrigger", direction="in"),
        Binding(name="audit", type="queue", direction="out"),
    ),
)
UPLOAD = Function(name="OnUpload", trigger="blob", contract="azure-stdio", source="uploads/{name}")
TICK = Function(name="Tick", trigger="timer", contract="azure-stdio")
GET = HttpEvent(path="/api/greet")
MESSAGE = QueueEvent(message=b'{"orderId":7}')
BLOB = BlobEvent(name="cat.txt", content=b"meow\n", content_type="text/plain")

GOOD = b'{"status":200,"headers":{"content-type":"text/plain"},"body":"hi"}'
TRACE = b"Traceback (most recent call last):\n  File \"/app/main.py\", line 3, in <module>\nKeyError: 'qty'"
NODE = "TypeError: x is not a function\n    at handle (/app/main.js:3:5)\n    at main (/app/main.js:9:1)"


def lines(*texts: bytes, partial: bytes = b"", stale: bytes = b"") -> Observed:
    """What the driver sees when these lines come: it takes the first JSON object for the answer."""
    found = next((at for at, text in enumerate(texts) if _is_object(text)), None)
    return Observed(reply=LineReply(texts, found, partial, stale), elapsed=0.1, limit=5.0)


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def fault(kind: FaultKind, raw: bytes = b"", *, reply: LineReply | None = None, code: int | None = None) -> Observed:
    """An exchange that ended in a fault of the transport."""
    return Observed(reply=reply, fault=Fault(kind, kind, raw), exit=None if code is None else Exit(code), limit=5.0)


def answer(**members: Any) -> Observed:
    return lines(json.dumps(members).encode())


def judge(observed: Observed, event: Event = GET, function: Function = GREET, delivery: Delivery = DELIVERY) -> Verdict:
    return CONTRACT.decode(function, event, delivery, observed)


def rules(verdict: Verdict) -> list[str]:
    return [violation.rule for violation in verdict.violations]


def sent(event: Event, function: Function, delivery: Delivery = DELIVERY) -> Any:
    return json.loads(CONTRACT.encode(function, event, delivery).line)


def test_an_http_request_has_the_documented_shape() -> None:
    event = HttpEvent(
        method="POST",
        path="/api/greet",
        query=(("lang", "pt"),),
        headers=(("Content-Type", "application/json"),),
        body=b'{"mood":"sunny"}',
    )
    assert CONTRACT.encode(GREET, event, DELIVERY).line == (
        b'{"method":"POST","url":"/api/greet?lang=pt","headers":{"content-type":"application/json"},'
        b'"query":{"lang":"pt"},"body":"{\\"mood\\":\\"sunny\\"}"}'
    )


def test_a_queue_message_has_the_documented_shape() -> None:
    event = QueueEvent(message=b'{"orderId":7}', id="4a0e6b1c", inserted="2025-03-11T09:15:01+00:00")
    assert CONTRACT.encode(ORDER, event, DELIVERY).line == (
        b'{"method":"POST","url":"/queue/orders","headers":{"content-type":"text/plain","x-trigger":"queue",'
        b'"x-function":"OnOrder","x-message-id":"4a0e6b1c","x-dequeue-count":"1",'
        b'"x-insertion-time":"2025-03-11T09:15:01Z"},"query":{},"body":"{\\"orderId\\":7}"}'
    )


def test_a_blob_has_the_documented_shape() -> None:
    assert CONTRACT.encode(UPLOAD, BLOB, DELIVERY).line == (
        b'{"method":"POST","url":"/blob/uploads/cat.txt","headers":{"content-type":"text/plain","content-length":"5",'
        b'"x-trigger":"blob","x-function":"OnUpload",'
        b'"x-blob-uri":"http://127.0.0.1:10000/devstoreaccount1/uploads/cat.txt"},'
        b'"query":{"name":"cat.txt"},"body":"meow\\n"}'
    )


def test_a_timer_follows_the_same_shape() -> None:
    request = sent(TimerEvent(past_due=True), TICK)
    assert (request["url"], request["headers"]["x-trigger"]) == ("/timer/Tick", "timer")
    assert json.loads(request["body"])["IsPastDue"] is True


def test_repeated_names_are_joined_and_the_url_keeps_them_apart() -> None:
    request = sent(
        HttpEvent(query=(("a", "1"), ("b", "x y&"), ("a", "2")), headers=(("X-A", "1"), ("x-a", "2"))), GREET
    )
    assert request["url"] == "/?a=1&b=x%20y%26&a=2"
    assert request["query"] == {"a": "1,2", "b": "x y&"}
    assert request["headers"] == {"x-a": "1, 2"}


@pytest.mark.parametrize(
    ("event", "function"),
    [
        (HttpEvent(method="POST", body=b"\xff\x00"), GREET),
        (QueueEvent(message=b"\xff\x00"), ORDER),
        (BlobEvent(content=b"\xff\x00"), UPLOAD),
    ],
)
def test_bytes_that_are_no_text_go_as_base64(event: Event, function: Function) -> None:
    request = sent(event, function)
    assert request["headers"]["content-transfer-encoding"] == "base64"
    assert base64.b64decode(request["body"]) == b"\xff\x00"


def test_an_empty_http_body_is_null_and_an_empty_message_is_a_text() -> None:
    assert sent(GET, GREET)["body"] is None
    assert sent(QueueEvent(message=b""), ORDER)["body"] == ""


def test_the_nonce_is_a_header() -> None:
    assert sent(GET, GREET, Delivery(nonce="n1"))["headers"] == {"x-fnfuzz-id": "n1"}
    assert sent(GET, GREET)["headers"] == {}


@pytest.mark.parametrize("event", [RawEvent(body=b"x"), HttpEvent(query=(("a", "\ud800"),))])
def test_what_the_protocol_cannot_carry_is_a_value_error(event: Event) -> None:
    with pytest.raises(ValueError, match=r"azure-stdio carries no raw|surrogate"):
        CONTRACT.encode(GREET, event, DELIVERY)


TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
PAIRS = st.lists(st.tuples(TEXT, TEXT), max_size=4).map(tuple)
EVENTS = st.one_of(
    st.builds(HttpEvent, method=TEXT, path=TEXT, query=PAIRS, headers=PAIRS, body=st.binary(max_size=40)),
    st.builds(QueueEvent, message=st.binary(max_size=40), id=TEXT, inserted=TEXT),
    st.builds(BlobEvent, name=TEXT, content=st.binary(max_size=40), content_type=TEXT),
    st.builds(TimerEvent, due=TEXT, past_due=st.booleans()),
)


@given(EVENTS, st.sampled_from([GREET, ORDER, UPLOAD, replace(UPLOAD, source="")]), TEXT)
def test_every_event_is_one_line_that_parses_back(event: Event, function: Function, nonce: str) -> None:
    line = CONTRACT.encode(function, event, Delivery(nonce=nonce)).line
    request = json.loads(line)
    assert not {b"\n", b"\r"} & {bytes([byte]) for byte in line}
    assert list(request) == ["method", "url", "headers", "query", "body"]
    assert all(isinstance(value, str) for part in ("headers", "query") for value in request[part].values())
    assert request["body"] is None or isinstance(request["body"], str)
    assert request["headers"].get("x-fnfuzz-id", "") == nonce or not nonce


NAMES = st.sampled_from(["status", "body", "headers", "x"])
RAW_LINES = st.one_of(
    st.binary(max_size=30).map(lambda data: data.replace(b"\n", b"")),
    st.sampled_from([GOOD, b"", b"\r", b"{", b"}", b"[1]", b"null", b"\xef\xbb\xbf{}", b"{}\x00", b'{"status":1e999}']),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner),
        max_leaves=8,
    ).map(lambda value: json.dumps(value).encode()),
)
KINDS: list[FaultKind] = ["timeout", "unflushed", "unterminated", "exited", "line-too-long", "reset", "short-body"]
OBSERVED = st.builds(
    Observed,
    reply=st.none()
    | st.just(HttpReply(200, "OK", (), b""))
    | st.builds(
        LineReply,
        st.lists(RAW_LINES, max_size=4).map(tuple),
        st.none() | st.integers(-1, 5),
        partial=RAW_LINES,
        stale=st.lists(RAW_LINES, max_size=3).map(b"\n".join),
    ),
    fault=st.none() | st.builds(Fault, st.sampled_from(KINDS), st.text(max_size=5), raw=RAW_LINES),
    exit=st.none() | st.builds(Exit, st.integers(-64, 255)),
    limit=st.sampled_from([0.0, 5.0]),
)


@given(OBSERVED, EVENTS, st.sampled_from(["", "n1"]))
def test_decode_takes_whatever_comes_and_names_known_rules_once(observed: Observed, event: Event, nonce: str) -> None:
    verdict = CONTRACT.decode(GREET, event, Delivery(nonce=nonce), observed)
    known = {rule.id for rule in STDIO_RULES} | {"server-error"}
    assert set(rules(verdict)) <= known
    assert len(set(rules(verdict))) == len(verdict.violations)
    assert verdict.outcome.status in ("completed", "failed", "hung")
    assert verdict.outcome.status != "completed" or not verdict.outcome.error


@given(RAW_LINES | st.sampled_from([GOOD, TRACE]), EVENTS)
def test_what_is_known_of_a_line_is_what_a_look_at_it_says(line: bytes, event: Event) -> None:
    known = CONTRACT.decode(GREET, event, DELIVERY, lines(line))
    with patch.object(azure_stdio, "_only_line", return_value=b""):
        assert CONTRACT.decode(GREET, event, DELIVERY, lines(line)) == known


@pytest.mark.parametrize(
    "line",
    [
        b'{"status":200,"headers":{},"body":' + b'{"a":' * 900 + b"1" + b"}" * 901,
        b'{"status":200,"body":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b'{"status":' + b"1" * 5000 + b',"body":null}',
        b'{"status":200,"body":"\\ud800"}',
        b'{"status":-1,"body":1e400}',
    ],
    ids=["deep", "too deep", "long number", "surrogate", "infinite"],
)
def test_extreme_answers_are_judged(line: bytes) -> None:
    verdict = judge(Observed(reply=LineReply((line,), 0)))
    assert verdict.outcome.status in ("completed", "failed")


def nonced(text: str) -> Observed:
    return answer(status=200, headers={}, body=json.dumps({"headers": {"X-Fnfuzz-Id": text}}))


CRASH = fault("exited", reply=LineReply(tuple(TRACE.split(b"\n")), None), code=1)

BREAKS: list[tuple[str, Function, Event, Observed, Observed]] = [
    ("line-not-json", GREET, GET, lines(b"hello"), lines(GOOD)),
    ("line-not-json", GREET, GET, lines(b'{"status":200,"body":NaN}'), lines(b'{"status":200,"body":null}')),
    ("line-not-json", GREET, GET, lines(b"{'status':200,'body':'x'}"), lines(GOOD)),
    ("line-not-object", GREET, GET, lines(b'[{"status":200}]'), lines(GOOD)),
    ("line-not-object", GREET, GET, lines(b'"done"'), lines(GOOD)),
    ("line-bad-utf8", GREET, GET, lines(b'{"status":200,"body":"\xff"}'), lines('{"status":200,"body":"ÿ"}'.encode())),
    ("line-bad-utf8", GREET, GET, lines(b"\xef\xbb\xbf" + GOOD), lines(GOOD)),
    ("line-bad-utf8", GREET, GET, lines(b"\x00" + GOOD), lines(GOOD)),
    ("line-blank", GREET, GET, lines(GOOD, b""), lines(GOOD)),
    ("line-blank", GREET, GET, lines(b"", GOOD), lines(b"  " + GOOD)),
    ("line-crlf", GREET, GET, lines(GOOD + b"\r"), lines(GOOD)),
    ("line-too-long", GREET, GET, fault("line-too-long", b"{" * 99), lines(GOOD)),
    ("line-pretty-printed", GREET, GET, lines(b"{", b'  "status": 200,', b'  "body": "x"', b"}"), lines(GOOD)),
    (
        "line-pretty-printed",
        GREET,
        GET,
        lines(b'{"status": 200,', b' "body": "x"}'),
        lines(b'{"status": 200, "body": "x"}'),
    ),
    ("line-pretty-printed", GREET, GET, lines(b"{", b' "body": [', b"  {}", b' ], "status": 200', b"}"), lines(GOOD)),
    ("line-extra", GREET, GET, lines(GOOD, GOOD), lines(GOOD)),
    ("line-extra", GREET, GET, lines(GOOD, partial=b'{"status":'), lines(GOOD)),
    ("line-extra", GREET, GET, lines(GOOD, stale=GOOD + b"\n"), lines(GOOD)),
    ("line-missing", GREET, GET, fault("timeout"), lines(GOOD)),
    ("line-missing", GREET, GET, lines(b""), lines(GOOD)),
    ("line-unflushed", GREET, GET, fault("unflushed", reply=LineReply((GOOD,), 0)), lines(GOOD)),
    ("line-unterminated", GREET, GET, fault("unterminated", reply=LineReply((), None, GOOD)), lines(GOOD)),
    ("line-unterminated", GREET, GET, fault("timeout", b'{"status":200'), lines(GOOD)),
    ("line-stdout-pollution", GREET, GET, lines(b"handling GET", GOOD), lines(GOOD)),
    ("line-stdout-pollution", GREET, GET, lines(GOOD, b"done"), lines(GOOD)),
    ("line-stdout-pollution", GREET, GET, lines(GOOD, stale=b"ready\n"), lines(GOOD)),
    ("line-stdout-pollution", GREET, GET, lines(GOOD, partial=b"> "), lines(GOOD)),
    ("line-stdout-pollution", GREET, GET, lines(b"42", GOOD), lines(GOOD)),
    ("line-wrong-request", GREET, GET, nonced("n0"), nonced("n1")),
    ("line-wrong-request", GREET, GET, answer(status=200, headers={"x-fnfuzz-id": "n0"}, body=""), lines(GOOD)),
    ("line-exit-mid-request", GREET, GET, fault("exited", code=1), lines(GOOD)),
    ("line-exit-mid-request", GREET, GET, fault("reset"), lines(GOOD)),
    ("line-exit-mid-request", GREET, GET, Observed(exit=Exit(-11)), lines(GOOD)),
    ("line-status-missing", GREET, GET, answer(statusCode=200, body="x"), answer(status=200, body="x")),
    ("line-status-type", GREET, GET, answer(status="OK", body="x"), answer(status=200, body="x")),
    ("line-status-type", GREET, GET, answer(status=200.5, body="x"), answer(status=200, body="x")),
    ("line-status-type", GREET, GET, answer(status=True, body="x"), answer(status=200, body="x")),
    ("line-status-type-warning", GREET, GET, answer(status="200", body="x"), answer(status=200, body="x")),
    ("line-status-range", GREET, GET, answer(status=600, body="x"), answer(status=100)),
    ("line-body-missing", GREET, GET, answer(status=200), answer(status=204)),
    ("line-body-type", GREET, GET, answer(status=200, body=7), answer(status=200, body=None)),
    ("line-body-type-warning", GREET, GET, answer(status=200, body={"a": 1}), answer(status=200, body='{"a": 1}')),
    (
        "line-body-not-json",
        GREET,
        GET,
        answer(status=200, headers={"Content-Type": "application/json"}, body="oops"),
        answer(status=200, headers={"Content-Type": "application/json; charset=utf-8"}, body='"\\ud800"'),
    ),
    (
        "line-headers-type",
        GREET,
        GET,
        answer(status=200, headers={"a": 1}, body=""),
        answer(status=200, headers=None, body=""),
    ),
    (
        "line-headers-type",
        GREET,
        GET,
        answer(status=200, headers=[], body=""),
        answer(status=200, headers={"a": "1"}, body=""),
    ),
    ("line-unknown-member", GREET, GET, answer(status=200, body="", error="x"), answer(status=200, body="")),
    ("line-traceback-in-body", GREET, GET, answer(status=404, body=NODE), answer(status=404, body="no such thing")),
    ("server-error", GREET, GET, answer(status=500, body="x"), answer(status=400, body="x")),
    (
        "server-error",
        GREET,
        GET,
        answer(status=503, body="x"),
        answer(status=503, body="x", headers={"Retry-After": "3"}),
    ),
    ("server-error", ORDER, MESSAGE, answer(status=503, body="x"), answer(status=422, body="x")),
    ("server-error", UPLOAD, BLOB, answer(status=500, body="x"), answer(status=200, body=None)),
]


@pytest.mark.parametrize(("rule", "function", "event", "breaking", "respecting"), BREAKS)
def test_a_rule_is_told_alone_and_only_when_it_is_broken(
    rule: str, function: Function, event: Event, breaking: Observed, respecting: Observed
) -> None:
    delivery = Delivery(nonce="n1")
    assert rules(judge(breaking, event, function, delivery)) == [rule]
    assert rules(judge(respecting, event, function, delivery)) == []


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        (CRASH, ["line-exit-mid-request", "line-error-not-500"]),
        (lines(*TRACE.split(b"\n")), ["line-missing", "line-error-not-500"]),
        (answer(status=200, body=TRACE.decode()), ["line-error-not-500", "line-traceback-in-body"]),
        (answer(status=500, body=TRACE.decode()), ["line-traceback-in-body", "server-error"]),
        (lines(b"log", b'{"status":oops}'), ["line-not-json", "line-stdout-pollution"]),
        (lines(b"log", partial=GOOD), ["line-unterminated", "line-stdout-pollution"]),
        (lines(b"log", stale=b"log\n"), ["line-stdout-pollution", "line-not-json"]),
        (lines(b"log", GOOD, stale=b"log\n"), ["line-stdout-pollution"]),
        (lines(b"log", b"", GOOD + b"\r"), ["line-crlf", "line-blank", "line-stdout-pollution"]),
        (fault("unflushed", reply=LineReply((b'{"body":""}',), 0)), ["line-unflushed", "line-status-missing"]),
    ],
)
def test_two_causes_are_two_violations(observed: Observed, expected: list[str]) -> None:
    assert rules(judge(observed)) == expected


PROBED = {
    "line-out-of-order",
    "line-exit-nonzero",
    "line-exit-late",
    "line-output-at-exit",
    "line-die-on-bad-input",
    "line-nondeterministic",
    "line-backpressure",
}
"""Rules that take more than one exchange to decide."""


def test_every_rule_that_one_exchange_decides_is_in_the_table() -> None:
    told = {entry[0] for entry in BREAKS} | {"line-error-not-500"}
    assert told == ({rule.id for rule in STDIO_RULES} - PROBED) | {"server-error"}


def test_the_place_of_a_crash_is_how_it_ended() -> None:
    (violation,) = judge(fault("exited", code=-11)).violations
    assert violation.place == "signal 11 (SIGSEGV)"


def test_what_an_event_brought_may_be_echoed() -> None:
    event = HttpEvent(method="POST", body=TRACE)
    assert rules(judge(answer(status=200, body=TRACE.decode()), event)) == []
    event = HttpEvent(method="POST", body=b'{"x-fnfuzz-id":"other"}')
    assert rules(judge(nonced("other"), event, delivery=Delivery(nonce="n1"))) == []


def test_a_list_of_all_requests_so_far_is_no_crossed_answer() -> None:
    body = json.dumps([{"x-fnfuzz-id": "n0"}, {"x-fnfuzz-id": "n1"}])
    assert rules(judge(answer(status=200, body=body), delivery=Delivery(nonce="n1"))) == []


def test_a_head_request_needs_no_body() -> None:
    event = HttpEvent(method="HEAD")
    assert rules(judge(answer(status=200, headers={"content-type": "application/json"}, body=""), event)) == []
    assert rules(judge(answer(status=200), event)) == []


def test_the_caller_gets_status_headers_and_body() -> None:
    assert judge(lines(GOOD)).outcome.caller == CallerReply(200, (("content-type", "text/plain"),), b"hi")
    packed = answer(status=404, headers={"Content-Transfer-Encoding": "base64"}, body="/wA=")
    assert judge(packed).outcome.caller == CallerReply(404, (("Content-Transfer-Encoding", "base64"),), b"\xff\x00")
    outcome = judge(answer(status=500, body="x")).outcome
    assert (outcome.status, outcome.caller) == ("completed", CallerReply(500, (), b"x"))


@pytest.mark.parametrize(
    ("observed", "status"),
    [
        (fault("timeout"), "hung"),
        (fault("exited", code=0), "failed"),
        (lines(b"hello"), "failed"),
        (answer(body=""), "failed"),
    ],
)
def test_without_an_answer_the_caller_gets_500(observed: Observed, status: str) -> None:
    outcome = judge(observed).outcome
    assert (outcome.status, outcome.caller) == (status, CallerReply(500))
    assert outcome.error
    assert outcome.until == (1800.0 if status == "hung" else None)


@pytest.mark.parametrize(
    ("observed", "count", "expected"),
    [
        (answer(status=202, body=None), 5, ("completed", "deleted")),
        (answer(status=404, body="x"), 1, ("failed", "redelivered")),
        (answer(status=302, body="x"), 1, ("failed", "redelivered")),
        (answer(status=400, body="x"), 5, ("failed", "poisoned")),
        (fault("exited", code=1), 5, ("failed", "poisoned")),
        (fault("timeout"), 4, ("hung", "redelivered")),
    ],
)
def test_a_message_is_done_with_2xx_only(observed: Observed, count: int, expected: tuple[str, str]) -> None:
    outcome = judge(observed, replace(MESSAGE, dequeue_count=count), ORDER).outcome
    assert (outcome.status, outcome.delivery, outcome.caller) == (*expected, None)


def test_a_blob_comes_again_until_its_attempts_are_used_up() -> None:
    failing = answer(status=400, body="x")
    fates = [judge(failing, BLOB, UPLOAD, Delivery(attempt=attempt)).outcome.delivery for attempt in (0, 3, 4)]
    assert fates == ["redelivered", "redelivered", "poisoned"]


def test_outputs_in_the_body_are_those_that_are_declared() -> None:
    body = json.dumps({"Outputs": {"audit": ["a", {"b": 1}], "other": "x"}})
    assert judge(answer(status=200, body=body), MESSAGE, ORDER).outcome.outputs == (
        Output("audit", "queue", (b"a", b'{"b":1}')),
    )
    assert judge(answer(status=200, body='["Outputs"]'), MESSAGE, ORDER).outcome.outputs == ()


def test_an_answer_before_its_rubbish_still_counts_and_one_behind_it_does_not() -> None:
    assert judge(lines(GOOD, b"log")).outcome.status == "completed"
    assert judge(lines(b"log", GOOD)).outcome.status == "failed"
    assert judge(lines(b"", GOOD)).outcome.status == "completed"


WARNINGS = """
    line-blank line-crlf line-too-long line-exit-late line-body-missing line-body-not-json line-error-not-500
    line-traceback-in-body line-unknown-member line-nondeterministic line-status-type-warning line-body-type-warning
"""
ERRORS = """
    line-not-json line-not-object line-bad-utf8 line-pretty-printed line-extra line-missing line-unflushed
    line-unterminated line-stdout-pollution line-wrong-request line-out-of-order line-exit-mid-request
    line-exit-nonzero line-output-at-exit line-die-on-bad-input line-status-missing line-status-type line-status-range
    line-body-type line-headers-type line-backpressure
"""


def test_the_catalogue_has_every_rule_of_the_section_once_with_its_severity() -> None:
    assert {rule.id for rule in STDIO_RULES if rule.severity == "error"} == set(ERRORS.split())
    assert {rule.id for rule in STDIO_RULES if rule.severity == "warning"} == set(WARNINGS.split())
    assert len({rule.id for rule in STDIO_RULES}) == len(STDIO_RULES)
    assert all(RULES[rule.id] is rule for rule in STDIO_RULES)


def test_every_rule_says_that_the_real_host_uses_no_stdio() -> None:
    assert all("the real Functions host never uses stdio" in rule.reason for rule in STDIO_RULES)
    assert all(rule.remedy.endswith(".") and rule.source == "azure-functions.md 8.2" for rule in STDIO_RULES)
