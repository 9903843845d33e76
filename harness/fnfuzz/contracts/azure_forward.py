"""``azure-forward``: the client's request goes to the handler as plain HTTP, and its answer back.

Source: azure-functions.md 4. Three ways, by ``Function.proxying``: ``forward`` (enableForwardingHttpRequest), ``proxy``
(enableProxyingHttpRequest) and ``legacy`` (httpWorker, which forwards to ``/<FunctionName>`` and follows redirects).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

import orjson

from fnfuzz.app.model import ContractId, Function
from fnfuzz.contracts.azure_client import HOST, grouped, query_text
from fnfuzz.contracts.azure_fate import (
    ID_HEADER,
    Failure,
    exit_violation,
    fault_violation,
    lost,
    transport_failure,
    wrong_correlation,
)
from fnfuzz.contracts.azure_http import HOST_VERSION
from fnfuzz.contracts.azure_reply import REDIRECTS
from fnfuzz.contracts.model import (
    CallerReply,
    Delivery,
    Framing,
    HostOutcome,
    HttpReply,
    HttpRequest,
    Observed,
    Verdict,
    Violation,
    is_busy,
)
from fnfuzz.events import Event, HttpEvent, Pairs

__all__ = ["AzureForward"]

AGENT = f"Azure-Functions-Host/{HOST_VERSION}"
NOT_IMPLEMENTED = 501
"""Says that there is no such method here, as many libraries do by themselves; nothing failed."""

PROXY_IDLE_LIMIT = 240.0
"""Seconds without activity after which a proxied request is given up."""

LOST_HEADERS = frozenset(
    {
        "allow",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-location",
        "content-md5",
        "content-range",
        "expires",
        "last-modified",
    }
)
"""Content headers in the sense of .NET's HTTP client, without the two that the host copies."""

HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
METHODS_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
ENVELOPE_MARKS = (b'"Outputs"', b'"ReturnValue"')


class AzureForward:
    """The contract of functions with one httpTrigger and one http output in a forwarding app."""

    @property
    def id(self) -> ContractId:
        """The contract's id."""
        return "azure-forward"

    def encode(self, function: Function, event: Event, delivery: Delivery) -> HttpRequest:
        """The client's request as the host passes it on. Raises ValueError for an event that is no http event."""
        if not isinstance(event, HttpEvent):
            raise ValueError(f"azure-forward carries http events, no {event.trigger} event")
        if function.proxying == "proxy":
            return _proxied(event, delivery)
        path = f"/{function.name}" if function.proxying == "legacy" else event.path
        return _forwarded(path, event, delivery)

    def decode(self, function: Function, event: Event, delivery: Delivery, observed: Observed) -> Verdict:
        """What the caller gets: the handler's answer, whatever its status. Never raises on any observed bytes."""
        reply = observed.reply
        limit = function.timeout if isinstance(reply, HttpReply) else _patience(function)
        failure = transport_failure(function, observed, limit)
        if failure is not None:
            return Verdict(_given_up(function, event, delivery, failure, limit), failure.violations)
        assert isinstance(reply, HttpReply)
        followed = function.proxying == "legacy" and reply.status in REDIRECTS and reply.header("location") is not None
        caller = None if followed else CallerReply(reply.status, reply.headers, reply.body)
        violations = tuple(_violations(event, delivery, observed, reply))
        return Verdict(HostOutcome(status="completed", caller=caller), violations)


def _forwarded(path: str, event: HttpEvent, delivery: Delivery) -> HttpRequest:
    """Forwarding and legacy: the query is rebuilt, content headers are lost, the body is sent with its length."""
    query = query_text((name, ",".join(values)) for name, values in grouped(event.query).items())
    headers = (*_as_forwarded(event.headers, bool(event.body)), ("X-Azure-Functions-InvocationId", delivery.id))
    framing: Framing | None = "length" if event.body or event.method in METHODS_WITH_BODY else None
    return HttpRequest(event.method, f"{path}{query}", headers, event.body, framing)


@lru_cache(maxsize=64)
def _as_forwarded(headers: Pairs, has_body: bool) -> Pairs:
    """All headers but the one that is new each time."""
    lost_headers = LOST_HEADERS if has_body else LOST_HEADERS | {"content-type"}
    kept = _with_host(tuple(pair for pair in headers if pair[0].lower() not in lost_headers), HOST)
    return (*_with_agent(kept), ("X-Azure-Functions-HostVersion", HOST_VERSION))


def _proxied(event: HttpEvent, delivery: Delivery) -> HttpRequest:
    """Proxying: all as received but for hop-by-hop headers; which Host the handler sees is not settled."""
    added = (
        ("X-Azure-Functions-HostVersion", HOST_VERSION),
        ("X-Azure-Functions-InvocationId", delivery.id),
        ("x-ms-invocation-id", delivery.id),
    )
    dropped = HOP_BY_HOP | {"host"} | {name.lower() for name, _ in added}
    kept = tuple(pair for pair in event.headers if pair[0].lower() not in dropped)
    headers = (("Host", f"127.0.0.1:{delivery.port}"), *kept, *added)
    without_body: Framing | None = "length" if event.method in METHODS_WITH_BODY else None
    framing = delivery.framing if event.body else without_body
    return HttpRequest(event.method, f"{event.path}{query_text(event.query)}", headers, event.body, framing)


def _with_host(headers: Pairs, host: str) -> Pairs:
    named = any(name.lower() == "host" for name, _ in headers)
    return headers if named else (("Host", host), *headers)


def _with_agent(headers: Pairs) -> Pairs:
    """The host appends itself to the client's User-Agent."""
    if not any(name.lower() == "user-agent" for name, _ in headers):
        return (*headers, ("User-Agent", AGENT))
    return tuple((name, f"{value} {AGENT}" if name.lower() == "user-agent" else value) for name, value in headers)


def _given_up(
    function: Function, event: Event, delivery: Delivery, failure: Failure, limit: float | None
) -> HostOutcome:
    outcome = lost(function, event, delivery, failure, limit)
    if function.proxying != "proxy" or outcome.caller is None:
        return outcome
    return replace(outcome, caller=CallerReply(504 if failure.hangs else 502))


def _patience(function: Function) -> float | None:
    """How long the host waits for the first byte of an answer."""
    if function.proxying != "proxy":
        return function.timeout
    return PROXY_IDLE_LIMIT if function.timeout is None else min(function.timeout, PROXY_IDLE_LIMIT)


def _violations(event: Event, delivery: Delivery, observed: Observed, reply: HttpReply) -> Iterator[Violation]:
    crossed = wrong_correlation(reply, delivery)
    if (
        crossed is not None
        and isinstance(event, HttpEvent)
        and any(name.lower() == ID_HEADER for name, _ in event.headers)
    ):
        # The client's own stays beside the host's, and a handler may take the first one.
        crossed = None
    found = (
        exit_violation(observed),
        fault_violation(observed.fault) if observed.fault else None,
        crossed,
        _envelope(reply),
    )
    yield from (violation for violation in found if violation is not None)
    busy = isinstance(event, HttpEvent) and is_busy(reply.status, reply.headers)
    if reply.status >= 500 and reply.status != NOT_IMPLEMENTED and not busy:
        message = f"The caller gets {reply.status}: the handler failed on the event."
        yield Violation("server-error", message, f"status {reply.status}")
        message = f"The handler answers {reply.status}, and the invocation counts as a success all the same."
        yield Violation("fwd-5xx-counts-success", message)


def _envelope(reply: HttpReply) -> Violation | None:
    """An answer made for the other mode; it reaches the caller with its envelope."""
    if not any(mark in reply.body for mark in ENVELOPE_MARKS):
        return None
    try:
        document = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(document, dict) or not ("Outputs" in document or "ReturnValue" in document):
        return None
    message = "The answer is an envelope with Outputs or ReturnValue, which goes to the caller as it is."
    return Violation("fwd-envelope-confusion", message, "$")
