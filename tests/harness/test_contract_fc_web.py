"""Web functions: the client's request passes through, and so does the answer, less what the host keeps."""

from __future__ import annotations

import json
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.contracts.fc_web import FcWeb
from fnfuzz.contracts.model import Delivery, Exit, Fault, FaultKind, HttpReply, Observed, Verdict
from fnfuzz.events import Event, HttpEvent, Pairs, QueueEvent
from fnfuzz.rules import RULES

ALBUMS = Function(name="resize", trigger="http", contract="fc-web", timeout=30)
GET = HttpEvent(path="/albums/7")
DELIVERY = Delivery(id="15c49df0-0000-4000-8000-b7dc1f2e3a4b", now="2026-01-02T03:04:05.4471936Z")
REQUEST_ID = "1-695735a5-15c49df0-b7dc1f2e3a4b"
MIB = 1024 * 1024

DOCUMENTED = """\
PUT /albums/7?x=1&x=2 HTTP/1.1
Host: resize-abcdefghij.cn-hangzhou.fcapp.run
User-Agent: curl/8.5.0
Content-Type: application/json
Content-Length: 13
X-Forwarded-For: 203.0.113.9
X-Fc-Request-Id: 1-695735a5-15c49df0-b7dc1f2e3a4b
X-Fc-Control-Path: /http-invoke
X-Fc-Base-Path: /albums/7"""


def answer(status: int = 200, body: bytes = b"done", headers: Pairs = (), **seen: Any) -> Observed:
    """A whole answer."""
    return Observed(reply=HttpReply(status, "", headers, body), **{"elapsed": 0.012, "limit": 30.0, **seen})


def broken(kind: FaultKind, raw: bytes = b"", **seen: Any) -> Observed:
    """No answer, for a fault of the transport."""
    return Observed(fault=Fault(kind, f"it was {kind}", raw), **{"elapsed": 0.012, "limit": 30.0, **seen})


GOOD = answer()

BREAKS: list[tuple[str, Function, Event, Observed, Observed]] = [
    ("port-not-listening", ALBUMS, GET, broken("refused"), GOOD),
    ("no-response", ALBUMS, GET, broken("closed"), GOOD),
    ("response-timeout", ALBUMS, GET, answer(elapsed=31.0, limit=60.0), answer(elapsed=29.0)),
    ("invalid-http-response", ALBUMS, GET, broken("no-status-line", b"hello"), GOOD),
    ("content-length-mismatch", ALBUMS, GET, answer(fault=Fault("extra-bytes", "bytes follow")), GOOD),
    ("chunked-never-ends", ALBUMS, GET, broken("truncated-chunks"), GOOD),
    ("connection-dropped-mid-response", ALBUMS, GET, broken("truncated-head", b"HTTP/1.1"), GOOD),
    ("process-exit-on-request", ALBUMS, GET, broken("closed", exit=Exit(1)), GOOD),
    ("process-exit-on-request", ALBUMS, GET, answer(exit=Exit(0)), GOOD),
    ("out-of-memory", ALBUMS, GET, broken("closed", exit=Exit(137)), GOOD),
    ("server-error", ALBUMS, GET, answer(500, b"boom"), answer(404, b"no such album")),
    ("server-error", ALBUMS, GET, answer(503, b"boom"), answer(501, b"Unsupported method ('PUT')")),
    ("server-error", ALBUMS, GET, answer(500, b"", (("Retry-After", "3"),)), answer(503, b"", (("Retry-After", "3"),))),
    (
        "reserved-response-header",
        ALBUMS,
        GET,
        answer(headers=(("X-Fc-Album", "7"),)),
        answer(headers=(("X-Album", "7"),)),
    ),
    (
        "reserved-response-header",
        ALBUMS,
        GET,
        answer(headers=(("Content-Disposition", "attachment; filename=a.png"),)),
        answer(headers=(("Content-Disposition", "inline"),)),
    ),
    (
        "reserved-response-header",
        ALBUMS,
        GET,
        answer(headers=(("Date", "Fri, 02 Jan 2026 03:04:05 GMT"), ("date", "today"))),
        answer(headers=(("Date", "Fri, 02 Jan 2026 03:04:05 GMT"),)),
    ),
    (
        "reserved-response-header",
        ALBUMS,
        GET,
        answer(headers=(("Connection", "keep-alive, X-Album"),)),
        answer(headers=(("Connection", "Keep-Alive"), ("Keep-Alive", "timeout=5"), ("Server", "nginx"))),
    ),
    (
        "response-headers-too-large",
        ALBUMS,
        GET,
        answer(headers=(("Set-Cookie", "x" * 8192),)),
        answer(headers=(("Set-Cookie", "x" * 4096),)),
    ),
    ("response-too-large", ALBUMS, GET, answer(200, bytes(32 * MIB + 1)), answer(200, bytes(MIB))),
    ("response-too-large-warning", ALBUMS, GET, answer(200, bytes(6 * MIB + 1)), answer(200, bytes(6 * MIB))),
]


def decode(observed: Observed, event: Event = GET) -> Verdict:
    return FcWeb().decode(ALBUMS, event, DELIVERY, observed)


@pytest.mark.parametrize(
    ("rule", "function", "event", "breaking", "respecting"),
    BREAKS,
    ids=[f"{at}-{row[0]}" for at, row in enumerate(BREAKS)],
)
def test_an_answer_breaks_this_rule_alone(
    rule: str, function: Function, event: Event, breaking: Observed, respecting: Observed
) -> None:
    assert {v.rule for v in FcWeb().decode(function, event, DELIVERY, breaking).violations} == {rule}
    assert FcWeb().decode(function, event, DELIVERY, respecting).violations == ()


def test_every_row_names_a_rule_of_this_contract() -> None:
    assert {row[0] for row in BREAKS} <= {name for name, rule in RULES.items() if "fc-web" in rule.contracts}


def test_the_documented_request_goes_out_line_for_line() -> None:
    event = HttpEvent(
        method="PUT",
        path="/albums/7",
        query=(("x", "1"), ("x", "2")),
        headers=(("User-Agent", "curl/8.5.0"), ("Content-Type", "application/json")),
        body=b'{"title":"a"}',
    )
    head, body = FcWeb().encode(ALBUMS, event, DELIVERY).to_bytes().split(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    assert lines[0] == DOCUMENTED.split("\n")[0]
    assert set(DOCUMENTED.split("\n")) <= set(lines)
    assert {"X-Fc-Function-Name: resize", "X-Fc-Retry-Count: 0", "X-Fc-Service-Name: "} <= set(lines)
    assert body == b'{"title":"a"}'


def test_headers_that_the_host_keeps_do_not_reach_the_handler() -> None:
    kept = (("X-Fc-Invocation-Type", "Async"), ("Connection", "close"), ("Keep-Alive", "1"), ("host", "evil"))
    sent = FcWeb().encode(ALBUMS, HttpEvent(headers=(*kept, ("X-Own", "1"))), DELIVERY).headers
    assert [pair for pair in sent if pair in kept] == []
    assert ("X-Own", "1") in sent
    assert [value for name, value in sent if name.lower() == "host"] == ["resize-abcdefghij.cn-hangzhou.fcapp.run"]


def test_a_forwarded_for_of_the_client_stays_as_it_is() -> None:
    sent = FcWeb().encode(ALBUMS, HttpEvent(headers=(("x-forwarded-for", "198.51.100.1"),)), DELIVERY).headers
    assert [value for name, value in sent if name.lower() == "x-forwarded-for"] == ["198.51.100.1"]


@pytest.mark.parametrize(("method", "framing"), [("GET", None), ("HEAD", None), ("DELETE", None), ("POST", "length")])
def test_a_request_without_a_body_announces_one_only_where_clients_do(method: str, framing: str | None) -> None:
    assert FcWeb().encode(ALBUMS, HttpEvent(method=method), DELIVERY).framing == framing


def test_the_query_is_percent_encoded() -> None:
    event = HttpEvent(path="/a", query=(("k", "a b&c=ä"), ("", "")))
    assert FcWeb().encode(ALBUMS, event, DELIVERY).target == "/a?k=a%20b%26c%3D%C3%A4&="


def test_edition_2_names_its_base_path_under_the_system_address_only() -> None:
    web = FcWeb(edition="fc2", service="img")
    under = web.encode(ALBUMS, HttpEvent(path="/2016-08-15/proxy/img/resize/albums/7"), DELIVERY).headers
    assert ("X-Fc-Base-Path", "/2016-08-15/proxy/img/resize/") in under
    own = web.encode(ALBUMS, GET, DELIVERY).headers
    assert "X-Fc-Base-Path" not in dict(own)


def test_only_http_events_are_carried() -> None:
    with pytest.raises(ValueError, match="not a queue event"):
        FcWeb().encode(ALBUMS, QueueEvent(), DELIVERY)


def test_the_client_gets_the_answer_less_what_the_host_keeps() -> None:
    own = (
        ("Content-Type", "image/png"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
        ("Content-Disposition", "inline"),
    )
    dropped = (
        ("Content-Length", "3"),
        ("date", "x"),
        ("Server", "x"),
        ("Connection", "close"),
        ("Keep-Alive", "x"),
        ("x-fc-a", "1"),
        ("Content-Disposition", "Attachment; filename=a"),
    )
    outcome = decode(answer(201, b"abc", (*own, *dropped))).outcome
    assert outcome.status == "completed"
    assert outcome.caller is not None
    assert (outcome.caller.status, outcome.caller.body) == (201, b"abc")
    assert outcome.caller.headers == (*own, ("X-Fc-Request-Id", REQUEST_ID))


def test_an_echoed_request_id_and_x_fc_status_are_no_offence() -> None:
    assert decode(answer(headers=(("x-fc-request-id", REQUEST_ID), ("x-fc-status", "404")))).violations == ()


def test_headers_over_the_limit_become_a_bad_gateway() -> None:
    outcome = decode(answer(headers=(("X-Big", "x" * 9000),))).outcome
    assert outcome.caller is not None
    assert outcome.caller.status == 502
    assert json.loads(outcome.caller.body)["ErrorCode"] == "BadResponse"


def test_a_broken_connection_becomes_a_bad_gateway_in_the_words_of_the_host() -> None:
    outcome = decode(broken("closed", exit=Exit(1))).outcome
    assert outcome.caller is not None
    assert outcome.caller.status == 502
    text = "Process exited unexpectedly before completing request (duration: 12ms)"
    assert json.loads(outcome.caller.body) == {"errorMessage": text}


def test_a_server_error_is_placed_by_its_exception_unless_the_client_sent_that_name() -> None:
    body = b"<title>KeyError: 'id'</title>"
    assert decode(answer(500, body)).violations[0].place == "KeyError"
    assert decode(answer(500, body), HttpEvent(body=b"KeyError")).violations[0].place == "status 500"


TEXT = st.text(max_size=12)
PAIRS = st.lists(st.tuples(st.sampled_from(["X-Fc-A", "Date", "Connection"]) | TEXT, TEXT), max_size=4).map(tuple)
EVENTS = st.builds(
    HttpEvent,
    method=st.sampled_from(["GET", "POST", "HEAD", "PURGE"]),
    path=st.sampled_from(["/", "/a%20b", "/2016-08-15/proxy/a/b"]),
    query=PAIRS,
    headers=PAIRS,
    body=st.binary(max_size=40),
)
OBSERVED = st.builds(
    Observed,
    reply=st.none() | st.builds(HttpReply, st.integers(100, 999), TEXT, PAIRS, st.binary(max_size=60)),
    fault=st.none() | st.builds(Fault, st.sampled_from(get_args(FaultKind)), TEXT, st.binary(max_size=60)),
    exit=st.none() | st.builds(Exit, st.integers(-64, 255)),
    elapsed=st.floats(0, 100),
    limit=st.floats(0, 100),
)


@settings(deadline=None)
@given(EVENTS, OBSERVED)
def test_decode_takes_whatever_was_observed_and_names_known_rules(event: HttpEvent, observed: Observed) -> None:
    verdict = decode(observed, event)
    assert all("fc-web" in RULES[violation.rule].contracts for violation in verdict.violations)
    assert verdict.outcome.caller is not None


@settings(deadline=None)
@given(EVENTS, st.sampled_from(["fc2", "fc3"]))
def test_every_legal_request_is_carried(event: HttpEvent, edition: Any) -> None:
    request = FcWeb(edition=edition).encode(ALBUMS, event, DELIVERY)
    assert request.body == event.body
    assert request.to_bytes().startswith(f"{event.method} {event.path}".encode())
