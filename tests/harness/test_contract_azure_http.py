"""What the Functions host makes of an answer (azure-functions.md 5): one table of breaches, then outcomes.

``BREAKS`` holds, for every rule that decode alone can tell, an exchange that breaks it and one that respects it.
"""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import Binding, Function
from fnfuzz.contracts.azure_forward import AzureForward
from fnfuzz.contracts.azure_http import AzureHttp
from fnfuzz.contracts.model import (
    CallerReply,
    Delivery,
    Exit,
    Fault,
    FaultKind,
    HostOutcome,
    HttpReply,
    LineReply,
    Observed,
    Verdict,
)
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, TimerEvent
from fnfuzz.rules import RULES

JSON = (("Content-Type", "application/json"),)


def out(name: str, kind: str, **options: Any) -> Binding:
    return Binding(name=name, type=kind, direction="out", **options)


def of_http(*outputs: Binding) -> Function:
    trigger = Binding(name="req", type="httpTrigger", direction="in")
    return Function(name="Greet", trigger="http", contract="azure-http", bindings=(trigger, *outputs), timeout=1800.0)


def of_queue(*outputs: Binding) -> Function:
    trigger = Binding(name="job", type="queueTrigger", direction="in")
    return Function(
        name="OnOrder", trigger="queue", contract="azure-http", bindings=(trigger, *outputs), timeout=1800.0
    )


GREET = of_http(out("res", "http"))
GREET_RETURN = of_http(out("$return", "http"))
ON_ORDER = of_queue()
TO_QUEUE = of_queue(out("audit", "queue"))
TO_BINARY = of_queue(out("audit", "queue", data_type="binary"))
TO_BLOB = of_queue(out("copy", "blob"))
TO_TABLE = of_queue(out("row", "table"))
TO_RETURN = of_queue(out("$return", "queue"))
FORWARDED = Function(name="Greet", trigger="http", contract="azure-forward", proxying="forward", timeout=1800.0)

GET = HttpEvent(path="/api/Greet")
ORDER = QueueEvent(message=b"42")


def reply(body: bytes, status: int = 200, headers: tuple[tuple[str, str], ...] = JSON) -> Observed:
    return Observed(reply=HttpReply(status, "Reason", headers, body), elapsed=0.01, limit=5.0)


def answer(document: Any) -> Observed:
    return reply(json.dumps(document, ensure_ascii=False).encode())


def res(**members: Any) -> Observed:
    return answer({"Outputs": {"res": members}})


def outputs(**values: Any) -> Observed:
    return answer({"Outputs": values})


def fault(kind: FaultKind, code: int | None = None) -> Observed:
    gone = None if code is None else Exit(code)
    return Observed(fault=Fault(kind, f"fault of kind {kind}"), exit=gone, elapsed=1.0, limit=5.0)


DONE = answer({"Outputs": None, "Logs": ["done"], "ReturnValue": None})
HELLO = res(statusCode=200, body="hello!")
HELLO_RETURN = answer({"ReturnValue": {"status": 400, "body": "x"}})
OK_REPLY = HttpReply(200, "OK", JSON, b'{"Outputs":null}')

BREAKS: list[tuple[str, Function, Event, Observed, Observed]] = [
    ("server-error", GREET, GET, res(statusCode=500, body="x"), res(statusCode=404, body="x")),
    ("server-error", GREET, GET, res(statusCode="503"), res(statusCode="204")),
    ("server-error", GREET, GET, res(statusCode="503"), res(statusCode=503, headers={"retry-after": "3"})),
    (
        "server-error",
        GREET_RETURN,
        GET,
        answer({"ReturnValue": {"status": 500, "body": "x"}}),
        HELLO_RETURN,
    ),
    ("proc-exit-zero", ON_ORDER, ORDER, fault("closed", 0), DONE),
    ("proc-exit-200", ON_ORDER, ORDER, fault("reset", 200), DONE),
    ("proc-crash", ON_ORDER, ORDER, fault("closed", 1), DONE),
    ("proc-crash", ON_ORDER, ORDER, fault("short-body", -11), DONE),
    ("proc-crash", ON_ORDER, ORDER, fault("timeout", 3), DONE),
    ("proc-crash", ON_ORDER, ORDER, Observed(reply=OK_REPLY, exit=Exit(-11)), DONE),
    ("resp-status-non2xx", ON_ORDER, ORDER, reply(b"{}", 500), DONE),
    ("resp-status-non2xx", GREET, GET, reply(b"{}", 404), HELLO),
    ("resp-status-non2xx", GREET, GET, reply(b"", 304), HELLO),
    ("resp-status-redirect", GREET, GET, reply(b"", 307, (("Location", "/Greet/"),)), HELLO),
    ("resp-status-204", ON_ORDER, ORDER, reply(b"", 204, ()), reply(b'{"Outputs":{}}', 202)),
    ("resp-empty-body", ON_ORDER, ORDER, reply(b"", 200, ()), DONE),
    ("resp-empty-body", ON_ORDER, ORDER, reply(b" \r\n"), DONE),
    ("resp-empty-body", ON_ORDER, ORDER, reply(b" null "), DONE),
    ("resp-content-type", ON_ORDER, ORDER, reply(b"{}", 200, (("content-type", "text/plain"),)), DONE),
    (
        "resp-content-type",
        ON_ORDER,
        ORDER,
        reply(b"{}", 200, (("content-type", "application/problem+json"),)),
        reply(b"{}", 200, (("content-type", "Text/JSON; charset=utf-8"),)),
    ),
    ("resp-content-type-missing", ON_ORDER, ORDER, reply(b"{}", 200, ()), DONE),
    (
        "resp-content-encoding",
        ON_ORDER,
        ORDER,
        reply(gzip.compress(b"{}", mtime=0), 200, (*JSON, ("Content-Encoding", "gzip"))),
        reply(b"{}", 200, (*JSON, ("Content-Encoding", "identity"))),
    ),
    ("resp-not-json", ON_ORDER, ORDER, reply(b"<html>"), DONE),
    ("resp-not-json", ON_ORDER, ORDER, reply(b'{"Outputs":{'), DONE),
    ("resp-json-lenient-only", ON_ORDER, ORDER, reply(b"{'Outputs':null,}"), DONE),
    ("resp-json-lenient-only", ON_ORDER, ORDER, reply(b"\xef\xbb\xbf{}"), reply(b"\r\n{ }\t")),
    ("resp-json-lenient-only", TO_BLOB, ORDER, reply(b'{"Outputs":{"copy":{"v":NaN}}}'), outputs(copy={"v": 1.5})),
    ("resp-trailing-data", ON_ORDER, ORDER, reply(b'{"Outputs":null}{"Outputs":null}'), DONE),
    ("resp-duplicate-key", ON_ORDER, ORDER, reply(b'{"Logs":[],"Logs":["a"]}'), DONE),
    ("resp-duplicate-key", ON_ORDER, ORDER, reply(b'{"Logs":[],"logs":["a"]}'), reply(b'{"logs":["a"]}')),
    (
        "resp-duplicate-key",
        TO_BLOB,
        ORDER,
        reply(b'{"Outputs":{"copy":{"a":1,"a":2}}}'),
        outputs(copy={"a": 1, "A": 2}),
    ),
    ("resp-duplicate-key", GREET, GET, res(statusCode=200, StatusCode=201), res(StatusCode=201)),
    ("resp-bad-utf8", ON_ORDER, ORDER, reply(b'{"Logs":["caf\xe9"]}'), reply(b'{"Logs":["caf\xc3\xa9"]}')),
    (
        "resp-too-deep",
        TO_BLOB,
        ORDER,
        reply(b'{"Outputs":{"copy":' + b'{"a":' * 255 + b"1" + b"}" * 257),
        reply(b'{"Outputs":{"copy":' + b'{"a":' * 254 + b"1" + b"}" * 256),
    ),
    ("resp-not-object", ON_ORDER, ORDER, reply(b"[]"), reply(b"{}")),
    ("resp-not-object", ON_ORDER, ORDER, reply(b'"done"'), DONE),
    ("resp-outputs-type", ON_ORDER, ORDER, answer({"Outputs": []}), answer({"Outputs": {}})),
    ("resp-outputs-type", ON_ORDER, ORDER, answer({"outputs": "x"}), answer({"outputs": None})),
    ("resp-logs-type", ON_ORDER, ORDER, answer({"Logs": "x"}), answer({"Logs": ["x", 1, None]})),
    ("resp-logs-type", ON_ORDER, ORDER, answer({"Logs": [{}]}), answer({"Logs": None})),
    ("resp-unknown-member", ON_ORDER, ORDER, answer({"Outputs": None, "Status": 1}), DONE),
    ("resp-unknown-member", ON_ORDER, ORDER, answer({"ok": True}), answer({})),
    ("resp-framing", ON_ORDER, ORDER, fault("short-body"), DONE),
    ("resp-framing", ON_ORDER, ORDER, fault("bad-chunk"), DONE),
    ("resp-framing", ON_ORDER, ORDER, fault("no-status-line"), DONE),
    (
        "resp-framing",
        ON_ORDER,
        ORDER,
        Observed(reply=HttpReply(200, "OK", JSON, b'{"Outputs":'), fault=Fault("extra-bytes", "5 more bytes")),
        DONE,
    ),
    ("resp-timeout", ON_ORDER, ORDER, fault("timeout"), DONE),
    ("resp-timeout", ON_ORDER, ORDER, fault("timeout", -9), DONE),
    (
        "resp-timeout",
        ON_ORDER,
        ORDER,
        Observed(reply=OK_REPLY, elapsed=1801.0),
        Observed(reply=OK_REPLY, elapsed=1799.0),
    ),
    ("resp-conn-reset", ON_ORDER, ORDER, fault("reset"), DONE),
    ("resp-conn-reset", ON_ORDER, ORDER, fault("refused"), DONE),
    (
        "resp-wrong-correlation",
        ON_ORDER,
        ORDER,
        reply(b"{}", 200, (*JSON, ("x-azure-functions-invocationid", "another"))),
        reply(b"{}", 200, (*JSON, ("X-Azure-Functions-InvocationId", Delivery().id.upper()))),
    ),
    ("out-undeclared", ON_ORDER, ORDER, outputs(audit="x"), outputs(audit=None)),
    ("out-missing", TO_QUEUE, ORDER, answer({"Outputs": {}}), outputs(audit=None)),
    ("out-missing", TO_QUEUE, ORDER, DONE, outputs(audit="a-b")),
    ("out-case-mismatch", TO_QUEUE, ORDER, outputs(Audit="a-b"), outputs(audit="a-b")),
    ("out-case-mismatch", GREET, GET, outputs(Res={"statusCode": 200}), outputs(res={"statusCode": 200})),
    ("out-base64-ambiguous", TO_QUEUE, ORDER, outputs(audit="DONE"), outputs(audit="DONE.")),
    ("out-base64-ambiguous", TO_BLOB, ORDER, outputs(copy="12345678"), outputs(copy="iVBORw0KGgo=")),
    ("out-base64-ambiguous", TO_QUEUE, ORDER, outputs(audit="OrderCreated"), outputs(audit="OrderUpdated!")),
    ("out-base64-ambiguous", TO_QUEUE, ORDER, outputs(audit="some text four"), outputs(audit="some texts")),
    ("out-base64-ambiguous", GREET_RETURN, GET, answer({"ReturnValue": "test"}), answer({"ReturnValue": "tests"})),
    ("out-binary-not-decoded", TO_BINARY, ORDER, outputs(audit="iVBORw0KGgo="), outputs(audit="DONE")),
    ("out-date-coerced", TO_QUEUE, ORDER, outputs(audit="2025-03-11T09:15:00Z"), outputs(audit="2025-03-11")),
    ("out-date-coerced", GREET, GET, res(body="2025-03-11T09:15:00Z"), res(body={}, headers={"Content-Type": "x/y"})),
    ("out-queue-pseudo-json", TO_QUEUE, ORDER, outputs(audit="{hello}"), outputs(audit="(hello)")),
    ("out-queue-pseudo-json", TO_QUEUE, ORDER, outputs(audit='{"a":1} {"b":2}'), outputs(audit='{"a":1}')),
    ("out-queue-array-split", TO_QUEUE, ORDER, outputs(audit=[1, 2]), outputs(audit={"items": [1, 2]})),
    ("out-queue-array-split", TO_QUEUE, ORDER, outputs(audit="[1,2]"), outputs(audit="1,2")),
    ("out-queue-too-big", TO_QUEUE, ORDER, outputs(audit="-" * 49153), outputs(audit="-" * 49152)),
    ("out-blob-number", TO_BLOB, ORDER, outputs(copy=7), outputs(copy="7")),
    ("out-blob-number", TO_BLOB, ORDER, outputs(copy=False), outputs(copy="false")),
    ("out-blob-unwritable", TO_BLOB, ORDER, outputs(copy="2025-03-11T09:15:00Z"), outputs(copy="2025-03-11")),
    ("out-blob-unwritable", TO_BLOB, ORDER, outputs(copy=2**64), outputs(copy=[2**64])),
    ("out-object-required", TO_TABLE, ORDER, outputs(row=[{}, 1]), outputs(row=[{}, {}])),
    ("out-object-required", TO_TABLE, ORDER, outputs(row="text!"), outputs(row='{"a":1}')),
    ("ret-without-binding", ON_ORDER, ORDER, answer({"ReturnValue": "x"}), answer({"ReturnValue": ""})),
    ("ret-without-binding", ON_ORDER, ORDER, answer({"ReturnValue": {"a": 1}}), answer({"ReturnValue": {}})),
    ("ret-missing", TO_RETURN, ORDER, answer({"ReturnValue": None}), answer({"ReturnValue": "a-b"})),
    ("ret-in-outputs", TO_RETURN, ORDER, answer({"Outputs": {"$return": "a-b"}}), answer({"ReturnValue": "a-b"})),
    (
        "ret-merges-outputs",
        TO_QUEUE,
        ORDER,
        answer({"Outputs": {"audit": "a-b"}, "ReturnValue": {"audit": "c-d"}}),
        outputs(audit="a-b"),
    ),
    ("http-out-missing", GREET, GET, answer({"Outputs": {}}), HELLO),
    ("http-out-missing", GREET, GET, answer({"Outputs": None}), HELLO),
    ("http-out-type", GREET, GET, outputs(res="hello!"), outputs(res='{"statusCode":200}')),
    ("http-out-type", GREET, GET, outputs(res=None), outputs(res={})),
    ("http-out-type", GREET, GET, outputs(res=[1]), outputs(res={"body": "x"})),
    ("http-out-status-ignored", GREET, GET, res(status=404, body="x"), res(status=404, statusCode=404)),
    ("http-out-status-ignored", GREET_RETURN, GET, answer({"ReturnValue": {"statusCode": 404}}), HELLO_RETURN),
    ("http-out-status-invalid", GREET, GET, res(statusCode="abc"), res(statusCode=" 200 ")),
    ("http-out-status-invalid", GREET, GET, res(statusCode=201.5), res(statusCode=201.0)),
    ("http-out-status-invalid", GREET, GET, res(statusCode=True), res(statusCode=100)),
    ("http-out-status-invalid", GREET, GET, res(statusCode=99), res(statusCode=None)),
    ("http-out-status-type", GREET, GET, res(statusCode=[200]), res(statusCode=200)),
    ("http-out-body-on-204", GREET, GET, res(statusCode=204, body="x"), res(statusCode=204, body="")),
    ("http-out-header-type", GREET, GET, res(headers={"a": None}), res(headers={"a": 1})),
    ("http-out-header-type", GREET, GET, res(headers={"a": ["b"]}), res(headers={"a": "b"})),
    ("http-out-header-type", GREET, GET, res(headers={"a": "caf\xe9"}), res(headers={"a": "tab\there"})),
    ("http-out-header-type", GREET, GET, res(headers={"a ": "b"}), res(headers=None)),
    ("http-out-header-type", GREET, GET, res(headers={"a": "b\r\nc: d"}), res(headers={})),
    ("http-out-header-type", GREET, GET, res(headers=[["a", "b"]]), res(headers={"X-A": "b"})),
    ("http-out-header-hop", GREET, GET, res(headers={"Content-Length": "3"}), res(headers={"Content-Type": "a/b"})),
    ("http-out-cookie-ignored", GREET, GET, res(cookies=[{"name": "a"}]), res(headers={"Set-Cookie": "a=b"})),
    ("http-out-content-type", GREET, GET, res(body={"a": 1}), res(body={"a": 1}, headers={"content-type": "a/json"})),
    ("fwd-envelope-confusion", GREET, GET, answer({"hello": "mira"}), HELLO),
    ("fwd-envelope-confusion", FORWARDED, GET, HELLO, answer({"hello": "Outputs"})),
    ("fwd-5xx-counts-success", FORWARDED, GET, reply(b"x", 500), reply(b"x", 404)),
    ("server-error", FORWARDED, GET, reply(b"x", 503), reply(b"x", 404)),
    ("server-error", FORWARDED, GET, reply(b"x", 503), reply(b"x", 503, (("Retry-After", "3"),))),
    ("proc-crash", FORWARDED, GET, fault("closed", 1), reply(b"x")),
    ("resp-timeout", FORWARDED, GET, fault("timeout"), reply(b"x")),
    ("resp-framing", FORWARDED, GET, fault("short-body"), reply(b"")),
    ("resp-conn-reset", FORWARDED, GET, fault("closed"), reply(b"", 204)),
]

TOGETHER = {"fwd-5xx-counts-success", "server-error"}


def judge(function: Function, event: Event, observed: Observed) -> Verdict:
    contract = AzureForward() if function.contract == "azure-forward" else AzureHttp()
    return contract.decode(function, event, Delivery(), observed)


def rules(verdict: Verdict) -> set[str]:
    return {violation.rule for violation in verdict.violations}


def outcome(function: Function, event: Event, observed: Observed) -> HostOutcome:
    return judge(function, event, observed).outcome


def caller(observed: Observed, function: Function = GREET) -> CallerReply:
    got = outcome(function, GET, observed).caller
    assert got is not None
    return got


def payloads(function: Function, observed: Observed) -> tuple[bytes, ...]:
    (written,) = outcome(function, ORDER, observed).outputs
    return written.payloads


NAMED = [pytest.param(*row, id=f"{number}-{row[0]}") for number, row in enumerate(BREAKS)]


@pytest.mark.parametrize(("rule", "function", "event", "breaking", "respecting"), NAMED)
def test_a_breach_is_reported_once_and_a_good_answer_not_at_all(
    rule: str, function: Function, event: Event, breaking: Observed, respecting: Observed
) -> None:
    broken = judge(function, event, breaking)
    allowed = TOGETHER if function is FORWARDED and rule in TOGETHER else {rule}
    assert rules(broken) == allowed
    assert len(broken.violations) == len(allowed)
    assert function.contract in RULES[rule].contracts
    assert judge(function, event, respecting).violations == ()


@pytest.mark.parametrize(("rule", "function", "event", "breaking", "respecting"), NAMED)
def test_an_error_costs_the_invocation_or_its_result(
    rule: str, function: Function, event: Event, breaking: Observed, respecting: Observed
) -> None:
    survives = {"server-error", "proc-crash", "proc-exit-200", "resp-framing", "resp-wrong-correlation"}
    completed = outcome(function, event, breaking).status == "completed"
    if rule not in survives:
        assert completed == (RULES[rule].severity == "warning")
    assert outcome(function, event, respecting).status == "completed"


@pytest.mark.parametrize("observed", [reply(b"", 204, ()), reply(b"", 200, ()), reply(b"null"), reply(b"  ")])
def test_a_silent_answer_hangs_until_the_function_times_out(observed: Observed) -> None:
    got = outcome(GREET, GET, observed)
    assert (got.status, got.until) == ("hung", 1800.0)
    assert got.caller == CallerReply(500)
    assert "Timeout value of 00:30:00 was exceeded by function: Functions.Greet" in got.error


def test_a_hang_without_function_timeout_never_ends() -> None:
    function = Function(name="F", trigger="http", contract="azure-http")
    got = AzureHttp().decode(function, GET, Delivery(), fault("timeout"))
    assert (got.outcome.status, got.outcome.until) == ("hung", None)
    assert "waits for ever" in got.violations[0].message


def test_a_timeout_names_both_limits() -> None:
    (violation,) = judge(ON_ORDER, ORDER, fault("timeout")).violations
    assert "within 5 s" in violation.message
    assert "after 1800 s" in violation.message


@pytest.mark.parametrize(
    ("event", "attempt", "fate"),
    [
        (QueueEvent(dequeue_count=1), 0, "redelivered"),
        (QueueEvent(dequeue_count=4), 0, "redelivered"),
        (QueueEvent(dequeue_count=5), 0, "poisoned"),
        (BlobEvent(), 0, "redelivered"),
        (BlobEvent(), 4, "poisoned"),
        (TimerEvent(), 0, "lost"),
        (HttpEvent(), 0, ""),
    ],
)
def test_a_failed_delivery_has_the_fate_of_its_trigger(event: Event, attempt: int, fate: str) -> None:
    verdict = AzureHttp().decode(ON_ORDER, event, Delivery(attempt=attempt), reply(b"", 500))
    assert verdict.outcome.delivery == fate
    assert verdict.outcome.status == "failed"
    assert (verdict.outcome.caller == CallerReply(500)) == isinstance(event, HttpEvent)


def test_a_timer_fires_again_as_often_as_the_retry_policy_says() -> None:
    function = Function(name="Tick", trigger="timer", contract="azure-http", max_retries=2)
    fates = [
        AzureHttp().decode(function, TimerEvent(), Delivery(attempt=attempt), reply(b"", 500)).outcome.delivery
        for attempt in range(3)
    ]
    assert fates == ["redelivered", "redelivered", "lost"]


def test_a_completed_message_is_deleted_and_its_logs_are_kept() -> None:
    got = outcome(ON_ORDER, ORDER, answer({"logs": ["a", 1, True, None, 1.5]}))
    assert (got.status, got.delivery) == ("completed", "deleted")
    assert got.logs == ("a", "1", "True", "", "1.5")


def test_logs_are_kept_when_an_output_fails() -> None:
    got = outcome(TO_QUEUE, ORDER, answer({"Logs": ["a"], "Outputs": {"audit": "{x}"}}))
    assert (got.status, got.logs, got.outputs) == ("failed", ("a",), ())
    assert got.error == "Newtonsoft.Json.JsonReaderException"


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("plain text", (b"plain text",)),
        ("caf\xe9", ("café".encode(),)),
        ("DONE", (b"\x0c\xe3D",)),
        (
            {"a": 1, "b": [1.0, "2025-03-11T09:15:00.500Z"]},
            (b'{\n  "a": 1,\n  "b": [\n    1.0,\n    "2025-03-11T09:15:00.5Z"\n  ]\n}',),
        ),
        (["DONE", True, None, 1.5, {}], (b"DONE", b"True", b"", b"1.5", b"{}")),
        ('{"a":1}', (b'{\n  "a": 1\n}',)),
        ("[1,[2]]", (b"1", b"[\n  2\n]")),
        ("2025-03-11T09:15:00Z", (b"03/11/2025 09:15:00",)),
        (12345678901234567890123, (b"12345678901234567890123",)),
        (False, (b"False",)),
    ],
)
def test_queue_messages_are_what_the_host_writes(value: Any, wanted: tuple[bytes, ...]) -> None:
    assert payloads(TO_QUEUE, outputs(audit=value)) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("text!", b"text!"),
        ("bWVvdwo=", b"meow\n"),
        ({"a": [1, 2.5]}, b'{"a":[1,2.5]}'),
        (258, b"\x02\x01\x00\x00"),
        (-1, b"\xff\xff\xff\xff"),
        (1.5, b"\x00\x00\x00\x00\x00\x00\xf8?"),
        (True, b"\x01"),
        ("{hello}", b"{hello}"),
    ],
)
def test_blob_contents_are_what_the_host_writes(value: Any, wanted: bytes) -> None:
    assert payloads(TO_BLOB, outputs(copy=value)) == (wanted,)


def test_the_return_binding_takes_return_value_only() -> None:
    assert payloads(TO_RETURN, answer({"Outputs": {"$return": "no-no"}, "ReturnValue": "a-b"})) == (b"a-b",)


def test_an_object_return_value_is_laid_over_outputs() -> None:
    observed = answer({"Outputs": {"audit": "a-b"}, "ReturnValue": {"audit": "c-d"}})
    assert payloads(TO_QUEUE, observed) == (b"c-d",)


PLAIN = (("Content-Type", "text/plain; charset=utf-8"),)


@pytest.mark.parametrize(
    ("observed", "wanted"),
    [
        (res(statusCode=201, body="x", headers={"k": "v"}), CallerReply(201, (("k", "v"), *PLAIN), b"x")),
        (
            res(StatusCode="201", BODY="x", Headers={"Content-Type": "a/b"}),
            CallerReply(201, (("Content-Type", "a/b"),), b"x"),
        ),
        (res(status=404), CallerReply(200)),
        (res(statusCode="abc"), CallerReply(200)),
        (res(body={"a": 1}), CallerReply(200, PLAIN, b'{\n  "a": 1\n}')),
        (res(body=True), CallerReply(200, PLAIN, b"True")),
        (res(body="2025-03-11T09:15:00Z"), CallerReply(200, PLAIN, b"03/11/2025 09:15:00")),
        (res(headers={"a": "1", "A": "2"}), CallerReply(200, (("a", "1"),))),
        (outputs(res='{"statusCode":202}'), CallerReply(202)),
        (outputs(other="x-y"), CallerReply(200, (), b"{}")),
        (answer({"Outputs": None}), CallerReply(204)),
        (answer({"ReturnValue": "hello!"}), CallerReply(200, PLAIN, b"hello!")),
        (res(statusCode=500, body="boom!"), CallerReply(500, PLAIN, b"boom!")),
        (res(statusCode={}), CallerReply(500)),
    ],
)
def test_the_caller_gets_what_the_host_makes_of_the_http_output(observed: Observed, wanted: CallerReply) -> None:
    assert caller(observed) == wanted


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("hello!", CallerReply(200, PLAIN, b"hello!")),
        ("test", CallerReply(200, (), b"\xb5\xeb-")),
        ({"body": "x", "status": 404}, CallerReply(404, PLAIN, b"x")),
        ({"Body": "x", "statusCode": 404}, CallerReply(404, PLAIN, b"x")),
        ('{"body":"x"}', CallerReply(200, PLAIN, b"x")),
        ({"a": 1}, CallerReply(200, PLAIN, b'{\n  "a": 1\n}')),
        ("{x}", CallerReply(200, PLAIN, b"{x}")),
        (7, CallerReply(200, PLAIN, b"7")),
        (None, CallerReply(204)),
    ],
)
def test_the_caller_gets_what_the_host_makes_of_an_http_return(value: Any, wanted: CallerReply) -> None:
    assert caller(answer({"ReturnValue": value}), GREET_RETURN) == wanted


def test_places_name_the_path_and_never_the_payload() -> None:
    observed = answer({"Outputs": {"res": {"statusCode": [], "headers": {"s3cret": None}}, "s3cret": 1}, "s3cret": 2})
    violations = judge(GREET, GET, observed).violations
    assert {violation.place for violation in violations} == {
        "Outputs.res.statusCode",
        "Outputs.res.headers",
        "Outputs",
        "$",
    }
    assert not any("s3cret" in violation.message for violation in violations)


def test_utf16_is_read_when_the_charset_says_so() -> None:
    body = '{"Logs":["é"]}'.encode("utf-16")
    got = judge(ON_ORDER, ORDER, reply(body, 200, (("Content-Type", "application/json; charset=utf-16"),)))
    assert got.outcome.logs == ("é",)


def test_an_answer_that_is_too_large_for_fnfuzz_breaks_no_rule() -> None:
    assert judge(ON_ORDER, ORDER, fault("too-large")).violations == ()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["DONE", "{x}", "[1]", "2025-03-11T09:15:00Z", "/Date(1)/", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Outputs", "outputs", "Logs", "ReturnValue", "res", "audit", "copy", "row", "$return"])
            | st.sampled_from(["statusCode", "status", "body", "headers", "cookies", "Res"])
            | st.text(max_size=3),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
bodies = st.binary(max_size=40) | json_values.map(lambda value: json.dumps(value).encode())
envelopes = st.dictionaries(st.sampled_from(["Outputs", "Logs", "ReturnValue"]), json_values).map(
    lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
)
header_lists = st.lists(
    st.tuples(
        st.sampled_from(["Content-Type", "Content-Encoding", "Location", "X-Azure-Functions-InvocationId"]),
        st.sampled_from(["application/json", "application/json; charset=utf-16", "gzip", "text/plain"]) | st.text(),
    ),
    max_size=3,
).map(tuple)
replies = st.builds(
    HttpReply,
    status=st.just(200) | st.integers(100, 599),
    reason=st.text(max_size=3),
    headers=st.just(JSON) | header_lists,
    body=bodies | envelopes,
)
KINDS: tuple[FaultKind, ...] = ("refused", "closed", "extra-bytes", "timeout", "too-large", "exited", "bad-header")
observations = st.builds(
    Observed,
    reply=replies | st.none() | st.just(LineReply((), None)),
    fault=st.none() | st.builds(Fault, kind=st.sampled_from(KINDS), message=st.text(max_size=5), raw=st.binary()),
    exit=st.none() | st.builds(Exit, code=st.sampled_from([0, 1, 200, -9, -11, -99])),
    elapsed=st.floats(0, 4000),
    limit=st.just(5.0),
)
FUNCTIONS = (GREET, GREET_RETURN, TO_QUEUE, TO_BINARY, TO_BLOB, TO_TABLE, TO_RETURN, FORWARDED)


@given(
    function=st.sampled_from(FUNCTIONS),
    event=st.sampled_from([GET, ORDER, BlobEvent(), TimerEvent()]),
    observed=observations,
)
def test_nothing_that_a_handler_sends_makes_decode_raise(function: Function, event: Event, observed: Observed) -> None:
    verdict = judge(function, event, observed)
    assert rules(verdict) <= set(RULES)
    errors = [v.rule for v in verdict.violations if RULES[v.rule].severity == "error"]
    if not errors and observed.fault is None and isinstance(observed.reply, HttpReply):
        assert verdict.outcome.status == "completed"


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        ('{"Logs":["ü"'.encode(), ["resp-framing"]),
        ('{"Logs":["ü'.encode()[:-1], ["resp-framing"]),
        (b'{"Logs":["\xff"', ["resp-framing", "resp-bad-utf8"]),
    ],
)
def test_what_a_wrong_content_length_cut_off_is_not_reported_again(body: bytes, rules: list[str]) -> None:
    observed = Observed(reply=HttpReply(200, "OK", JSON, body), fault=Fault("extra-bytes", "more bytes"))
    verdict = AzureHttp().decode(ON_ORDER, ORDER, Delivery(), observed)
    assert [violation.rule for violation in verdict.violations] == rules


@given(
    given_ones=st.lists(
        st.tuples(st.sampled_from(FUNCTIONS), st.sampled_from([GET, ORDER, BlobEvent(), TimerEvent()]), observations),
        max_size=6,
    ),
    again=st.lists(st.integers(0, 5), max_size=12),
)
def test_what_was_concluded_before_never_changes_a_verdict(
    given_ones: list[tuple[Function, Event, Observed]], again: list[int]
) -> None:
    one = AzureHttp()
    for number in [*range(len(given_ones)), *again]:
        if number < len(given_ones):
            function, event, observed = given_ones[number]
            fresh = AzureHttp().decode(function, event, Delivery(), observed)
            assert one.decode(function, event, Delivery(), observed) == fresh
