"""Forwarding, proxying and the legacy way (azure-functions.md 4): the three columns of its table."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_forward import AzureForward
from fnfuzz.contracts.model import CallerReply, Delivery, Fault, HttpReply, HttpRequest, Observed
from fnfuzz.events import HttpEvent, QueueEvent

ID = Delivery().id
AGENT = "Azure-Functions-Host/4.1037.0.0"
EVENT = HttpEvent(
    method="PUT",
    path="/api/greet/mira%20x",
    query=(("q", "a"), ("r", "x y"), ("q", "b")),
    headers=(
        ("User-Agent", "probe/1"),
        ("Content-Type", "text/plain"),
        ("Content-Encoding", "gzip"),
        ("Content-Language", "pt"),
        ("Connection", "close"),
        ("X-Azure-Functions-InvocationId", "mine"),
        ("X-Tag", "a"),
    ),
    body=b"hello",
)


def send(
    proxying: Literal["forward", "proxy", "legacy"],
    event: HttpEvent = EVENT,
    framing: Literal["chunked", "length"] = "chunked",
) -> HttpRequest:
    return AzureForward().encode(greet(proxying), event, Delivery(port=8123, framing=framing))


def greet(proxying: Literal["forward", "proxy", "legacy"]) -> Function:
    return Function(name="Greet", trigger="http", contract="azure-forward", proxying=proxying, timeout=600.0)


def test_forwarding_keeps_path_method_and_headers_and_joins_repeated_query_keys() -> None:
    request = send("forward")
    assert (request.method, request.target) == ("PUT", "/api/greet/mira%20x?q=a%2Cb&r=x%20y")
    assert (request.body, request.framing) == (b"hello", "length")
    assert request.headers == (
        ("Host", "localhost:7071"),
        ("User-Agent", f"probe/1 {AGENT}"),
        ("Content-Type", "text/plain"),
        ("Connection", "close"),
        ("X-Azure-Functions-InvocationId", "mine"),
        ("X-Tag", "a"),
        ("X-Azure-Functions-HostVersion", "4.1037.0.0"),
        ("X-Azure-Functions-InvocationId", ID),
    )


def test_forwarding_without_body_loses_the_content_type() -> None:
    request = send("forward", replace(EVENT, method="GET", body=b""))
    assert request.framing is None
    assert "Content-Type" not in dict(request.headers)


def test_a_post_without_body_is_sent_with_length_zero() -> None:
    request = send("forward", HttpEvent(method="POST", path="/api/Greet"))
    assert request.to_bytes().endswith(b"Content-Length: 0\r\n\r\n")
    assert dict(request.headers)["User-Agent"] == AGENT


def test_the_legacy_way_goes_to_the_function_name() -> None:
    request = send("legacy")
    assert request.target == "/Greet?q=a%2Cb&r=x%20y"
    assert request.headers == send("forward").headers


def test_proxying_passes_the_query_on_and_replaces_the_ids() -> None:
    request = send("proxy")
    assert (request.target, request.framing) == ("/api/greet/mira%20x?q=a&r=x%20y&q=b", "chunked")
    assert request.headers == (
        ("Host", "127.0.0.1:8123"),
        ("User-Agent", "probe/1"),
        ("Content-Type", "text/plain"),
        ("Content-Encoding", "gzip"),
        ("Content-Language", "pt"),
        ("X-Tag", "a"),
        ("X-Azure-Functions-HostVersion", "4.1037.0.0"),
        ("X-Azure-Functions-InvocationId", ID),
        ("x-ms-invocation-id", ID),
    )


def test_other_triggers_are_refused() -> None:
    with pytest.raises(ValueError, match="queue"):
        AzureForward().encode(greet("forward"), QueueEvent(), Delivery())


@pytest.mark.parametrize("status", [200, 204, 302, 404, 500])
def test_the_caller_gets_the_answer_as_it_is(status: int) -> None:
    reply = HttpReply(status, "R", (("Location", "/x"), ("a", "b")), b"")
    outcome = AzureForward().decode(greet("forward"), EVENT, Delivery(), Observed(reply=reply)).outcome
    assert outcome.status == "completed"
    assert outcome.caller == CallerReply(status, reply.headers, b"")


def test_501_refuses_a_method_and_is_no_failure() -> None:
    def rules(status: int) -> set[str]:
        observed = Observed(reply=HttpReply(status, "R", (), b""))
        return {found.rule for found in AzureForward().decode(greet("forward"), EVENT, Delivery(), observed).violations}

    assert rules(501) == set()
    assert rules(500) == rules(503) == {"server-error", "fwd-5xx-counts-success"}


def test_only_the_legacy_way_follows_redirects() -> None:
    observed = Observed(reply=HttpReply(302, "Found", (("Location", "/x"),), b""))
    assert AzureForward().decode(greet("legacy"), EVENT, Delivery(), observed).outcome.caller is None


@pytest.mark.parametrize(("proxying", "status", "until"), [("forward", 500, 600.0), ("proxy", 504, 240.0)])
def test_a_hang_lasts_until_the_limit_of_the_mode(
    proxying: Literal["forward", "proxy"], status: int, until: float
) -> None:
    observed = Observed(fault=Fault("timeout", "nothing came"), limit=5.0)
    outcome = AzureForward().decode(greet(proxying), EVENT, Delivery(), observed).outcome
    assert (outcome.status, outcome.until, outcome.caller) == ("hung", until, CallerReply(status))


def test_a_refused_connection_fails_the_invocation() -> None:
    observed = Observed(fault=Fault("refused", "nobody listens"))
    verdict = AzureForward().decode(greet("proxy"), EVENT, Delivery(), observed)
    assert (verdict.outcome.status, verdict.outcome.caller) == ("failed", CallerReply(502))
    assert [violation.rule for violation in verdict.violations] == ["resp-conn-reset"]


def test_an_id_that_the_client_sent_may_be_echoed() -> None:
    reply = HttpReply(200, "OK", (("X-Azure-Functions-InvocationId", "mine"),), b"")
    rules = [
        [v.rule for v in AzureForward().decode(greet("forward"), event, Delivery(), Observed(reply=reply)).violations]
        for event in (EVENT, HttpEvent())
    ]
    assert rules == [[], ["resp-wrong-correlation"]]


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=9)
pairs = st.lists(st.tuples(texts, texts), max_size=4).map(tuple)


@given(
    proxying=st.sampled_from(["forward", "proxy", "legacy"]),
    event=st.builds(HttpEvent, method=st.sampled_from(["GET", "POST"]), query=pairs, headers=pairs, body=st.binary()),
)
def test_every_http_event_can_be_sent(proxying: Literal["forward", "proxy", "legacy"], event: HttpEvent) -> None:
    request = send(proxying, event)
    assert request.target.isascii()
    assert request.body == event.body
    assert (request.framing is None) == (event.method == "GET" and not event.body)
