"""The contract of event functions: POST /invoke with the event as its body (alibaba-fc.md 3.2, 4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Literal

from fnfuzz.app.model import ContractId, Function
from fnfuzz.contracts.fc_events import event_body
from fnfuzz.contracts.fc_failures import (
    BODY_LIMIT,
    Failure,
    ended,
    error_document,
    oversize,
    transport_failure,
)
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.fc_json import is_json
from fnfuzz.contracts.fc_router import is_router_answer
from fnfuzz.contracts.fc_traceback import exception_name, reports_failure
from fnfuzz.contracts.model import (
    Delivery,
    HostOutcome,
    HttpReply,
    HttpRequest,
    Observed,
    Verdict,
    Violation,
)
from fnfuzz.events import Event, QueueEvent

__all__ = ["FcEvent"]

LARGE_EVENT = 64 * 1024
"""Bytes; body parsers have limits from 100 KB upwards, so an event below this is not refused for its size."""

RETRIES = 3
"""How often an asynchronous event is tried again by default (alibaba-fc.md 4.3)."""

ASYNC_TRIGGERS = frozenset({"timer", "blob", "queue"})
CRASH_RULES = frozenset({"process-exit-on-request", "error-not-reported", "server-error"})
SILENCE_RULES = frozenset({"process-exit-on-request", "no-response", "error-not-reported", "server-error"})

SERVER_HEADERS = re.compile(
    r"(?:access-control-|content-|x-fc-|x-content-|x-frame-|x-powered-|x-xss-|referrer-|strict-)"
    r"|(?:allow|cache-control|connection|date|etag|keep-alive|last-modified|pragma|server|vary|via)$"
    r"|(?:x-request-id|x-correlation-id|x-trace-id|traceparent|x-runtime|x-response-time)$",
    re.IGNORECASE,
)
"""Headers that servers and middleware write by themselves."""

SURE_LENGTH = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class FcEvent(FcSettings):
    """Function Compute's event functions. The arguments are those of ``FcSettings``."""

    id: ClassVar[ContractId] = "fc-event"

    def encode(self, function: Function, event: Event, delivery: Delivery) -> HttpRequest:
        """POST /invoke; every canonical event can be carried."""
        headers = (
            ("Host", self.host(delivery)),
            ("Content-Type", "application/octet-stream"),
            *self.headers(function, delivery, "/invoke"),
        )
        body = event_body(self, function, event, delivery)
        return HttpRequest("POST", "/invoke", headers, body, delivery.framing)

    def decode(self, function: Function, event: Event, delivery: Delivery, observed: Observed) -> Verdict:
        """What the caller of InvokeFunction, or the event source, gets: the body only, whatever the status."""
        exchange = _Exchange(self, function, event, delivery)
        failure = transport_failure(function, observed)
        if failure is not None:
            return exchange.failed(failure)
        assert isinstance(observed.reply, HttpReply)
        return exchange.answered(observed.reply, observed)


@dataclass(slots=True)
class _Exchange:
    """One event on its way, and the judgement of its answer."""

    settings: FcSettings
    function: Function
    event: Event
    delivery: Delivery
    _body: bytes | None = None

    def body(self) -> bytes:
        """The event as it was sent, made again because hardly an answer asks for it."""
        if self._body is None:
            self._body = event_body(self.settings, self.function, self.event, self.delivery)
        return self._body

    def failed(self, failure: Failure) -> Verdict:
        violations = failure.violations
        if failure.sent:
            violations = tuple(self._by_event(violation) for violation in violations)
        if any(v.rule == "no-response" and v.place == "reset" for v in violations) and self._is_large():
            message = "The connection was reset while the event was being sent; the host sends up to 32 MB."
            violations = (Violation("rejects-large-event", message, "reset"),)
        outcome = HostOutcome(
            status="hung" if failure.hung else "failed",
            error=failure.error,
            until=self.function.timeout if failure.hung else None,
            result=error_document(failure.error),
            delivery=self._redelivery(),
        )
        return Verdict(outcome, violations)

    def answered(self, reply: HttpReply, observed: Observed) -> Verdict:
        declared = next((value.strip() for name, value in reply.headers if name.lower() == "x-fc-status"), None)
        violations = [*self._status(reply, declared), *oversize(reply), *self._dropped_headers(reply)]
        if declared not in (None, "200", "404"):
            shown = ascii(declared[:40]) if declared else "empty"
            message = f"x-fc-status is {shown}; only 200 (success) and 404 (failure) are documented."
            violations.append(Violation("bad-x-fc-status", message, "x-fc-status"))
        if observed.fault is not None and observed.fault.kind == "extra-bytes":
            violations.append(Violation("content-length-mismatch", f"{observed.fault.message}.", "extra-bytes"))
        gone = ended(observed)
        if gone is not None:
            violations.append(self._by_event(gone))
        return Verdict(self._outcome(reply, declared, violations), tuple(violations))

    def _outcome(self, reply: HttpReply, declared: str | None, violations: list[Violation]) -> HostOutcome:
        if any(violation.rule == "response-headers-too-large" for violation in violations):
            return HostOutcome(status="failed", error="BadResponse", delivery=self._redelivery())
        if declared == "404":
            error = "the function reported an error with x-fc-status: 404"
            return HostOutcome(status="failed", error=error, result=reply.body, delivery=self._redelivery())
        return HostOutcome(status="completed", result=reply.body, delivery=self._done())

    def _status(self, reply: HttpReply, declared: str | None) -> list[Violation]:
        status, place = reply.status, f"status {reply.status}"
        if status == 415:
            message = "The event was refused because of its Content-Type; events are always application/octet-stream."
            return [Violation("rejects-octet-stream", message)]
        if status == 413 and len(self.body()) > LARGE_EVENT:
            message = f"An event of {len(self.body())} bytes was refused as too large; the host sends up to 32 MB."
            return [Violation("rejects-large-event", message, place)] if self._is_large() else []
        if 500 <= status <= 599:
            return [self._server_error(reply, declared)]
        if declared == "404":
            return []
        if 300 <= status <= 399:
            message = f"POST /invoke was answered {status}; the host does not follow, the body is the result."
            return [Violation("redirect-on-event", message, place)]
        if 400 <= status <= 499 and declared != "200":
            return self._client_error(reply, declared)
        if status != 200:
            message = f"The status {status} is dropped by the host; the caller sees the body only."
            return [Violation("non-200-status-on-event", message, place)]
        return self._hidden_failure(reply, declared)

    def _server_error(self, reply: HttpReply, declared: str | None) -> Violation:
        place = self._exception(reply.body) or f"status {reply.status}"
        if declared is None or declared == "200":
            message = (
                f"The handler failed with {reply.status} and sent no x-fc-status: 404; the host records a success."
            )
            return self._by_event(Violation("error-not-reported", message, place))
        message = f"The handler failed with {reply.status} on an event that the host can deliver."
        return self._by_event(Violation("server-error", message, place))

    def _client_error(self, reply: HttpReply, declared: str | None) -> list[Violation]:
        if declared is not None:
            # What the host makes of another x-fc-status is open; the value itself is reported.
            return []
        if reply.status == 405 or (reply.status == 404 and is_router_answer(reply.body)):
            message = f"POST /invoke has no route: the answer {reply.status} is handed to the caller as the result."
            return [Violation("invoke-route-missing", message)]
        message = f"The handler answered {reply.status} without x-fc-status: 404; the host records a success."
        return [Violation("error-not-reported", message, self._exception(reply.body) or f"status {reply.status}")]

    def _hidden_failure(self, reply: HttpReply, declared: str | None) -> list[Violation]:
        marker = reports_failure(reply.body) if declared in (None, "200") else None
        if marker is None or self._echoed(marker):
            return []
        message = "The body reports an error, but x-fc-status: 404 is missing; the host records a success."
        return [Violation("error-not-reported", message, self._exception(reply.body) or "body")]

    def _dropped_headers(self, reply: HttpReply) -> list[Violation]:
        """Headers that carry a piece of the event which the body does not: certainly meant for somebody."""
        found = []
        for name, value in reply.headers:
            if len(value) < SURE_LENGTH or _is_servers_own(name) or value.isdecimal():
                continue
            text = value.encode("latin-1", "replace")
            if text not in reply.body and self._echoed(text):
                message = (
                    f"The header {name[:60]} holds data of the event that is not in the body; the host drops headers."
                )
                found.append(Violation("result-in-headers", message, name[:60].lower()))
        return found

    def _by_event(self, violation: Violation) -> Violation:
        """A crash on an event that is empty or not JSON is named after the event."""
        rule = violation.rule
        if rule not in SILENCE_RULES:
            return violation
        body = self.body()
        if not body:
            return Violation("rejects-empty-event", f"{violation.message} The event is empty.", violation.place)
        if rule in CRASH_RULES and not is_json(body):
            return Violation("non-json-event-crash", f"{violation.message} The event is not JSON.", violation.place)
        return violation

    def _is_large(self) -> bool:
        return LARGE_EVENT < len(self.body()) <= BODY_LIMIT

    def _echoed(self, piece: bytes) -> bool:
        """Is ``piece`` in the event that was sent?"""
        return piece in self.body() or (isinstance(self.event, QueueEvent) and piece in self.event.message)

    def _exception(self, body: bytes) -> str:
        name = exception_name(body)
        return "" if name and self._echoed(name.encode("utf-8")) else name

    def _redelivery(self) -> Literal["", "redelivered", "lost"]:
        if self.event.trigger not in ASYNC_TRIGGERS:
            return ""
        return "redelivered" if self.delivery.attempt < RETRIES else "lost"

    def _done(self) -> Literal["", "deleted"]:
        return "deleted" if self.event.trigger in ("queue", "blob") else ""


@lru_cache(maxsize=1024)
def _is_servers_own(name: str) -> bool:
    return SERVER_HEADERS.match(name) is not None
