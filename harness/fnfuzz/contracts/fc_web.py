"""The contract of web functions: the client's request as it is, plus x-fc-* headers (alibaba-fc.md 3.4, 4)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import orjson

from fnfuzz.app.model import ContractId, Function
from fnfuzz.contracts.azure_client import query_text
from fnfuzz.contracts.fc_failures import Failure, ended, error_document, oversize, transport_failure
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.fc_traceback import exception_name
from fnfuzz.contracts.model import (
    CallerReply,
    Delivery,
    HostOutcome,
    HttpReply,
    HttpRequest,
    Observed,
    Verdict,
    Violation,
    is_busy,
)
from fnfuzz.events import Event, HttpEvent, Pairs

__all__ = ["FcWeb"]

NOT_FORWARDED = frozenset({"host", "connection", "keep-alive", "content-length", "transfer-encoding"})
"""Client headers that the host keeps, or writes itself."""

STRIPPED = frozenset({"connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"})
WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
CLIENT_IP = "203.0.113.9"
FC2_PREFIX = "/2016-08-15/proxy/"
USUAL_CONNECTION = frozenset({"", "close", "keep-alive"})
WRITTEN_ONCE = ("date", "server")
NOT_IMPLEMENTED = 501
"""Says that there is no such method here, as many libraries do by themselves; nothing failed."""

JSON = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class FcWeb(FcSettings):
    """Function Compute's web functions. The arguments are those of ``FcSettings``."""

    id: ClassVar[ContractId] = "fc-web"

    def encode(self, function: Function, event: Event, delivery: Delivery) -> HttpRequest:
        """The client's own request. Raises ValueError for an event that no client sent."""
        if not isinstance(event, HttpEvent):
            raise ValueError(f"fc-web carries http events only, not a {event.trigger} event")
        target = f"{event.path}{query_text(event.query)}" if event.query else event.path
        headers = (
            ("Host", self.domain_of(function)),
            *_forwarded(event.headers),
            *self.headers(function, delivery, "/http-invoke"),
            *self._base_path(event.path),
        )
        has_body = bool(event.body) or event.method in WITH_BODY
        return HttpRequest(event.method, target, headers, event.body, "length" if has_body else None)

    def decode(self, function: Function, event: Event, delivery: Delivery, observed: Observed) -> Verdict:
        """What the client gets: status, headers and body as they are, less what the host keeps for itself."""
        request_id = ("X-Fc-Request-Id", self.request_id(delivery))
        failure = transport_failure(function, observed)
        if failure is not None:
            return _failed(function, failure, request_id)
        assert isinstance(observed.reply, HttpReply)
        return _answered(event, observed.reply, observed, request_id)

    def _base_path(self, path: str) -> Pairs:
        """FC3 repeats the path; FC2 names the prefix, and only under its system URL."""
        if self.edition == "fc3":
            return (("X-Fc-Base-Path", path),)
        if path.startswith(FC2_PREFIX):
            return (("X-Fc-Base-Path", "/".join(path.split("/")[:5]) + "/"),)
        return ()


@lru_cache(maxsize=64)
def _forwarded(headers: Pairs) -> Pairs:
    kept = tuple(
        (name, value)
        for name, value in headers
        if (key := name.lower()) not in NOT_FORWARDED and not key.startswith("x-fc-")
    )
    if any(name.lower() == "x-forwarded-for" for name, _ in kept):
        return kept
    return (*kept, ("X-Forwarded-For", CLIENT_IP))


def _failed(function: Function, failure: Failure, request_id: tuple[str, str]) -> Verdict:
    outcome = HostOutcome(
        status="hung" if failure.hung else "failed",
        error=failure.error,
        until=function.timeout if failure.hung else None,
        caller=CallerReply(502, (JSON, request_id), error_document(failure.error)),
    )
    return Verdict(outcome, failure.violations)


def _answered(event: Event, reply: HttpReply, observed: Observed, request_id: tuple[str, str]) -> Verdict:
    violations = [*_server_error(event, reply), *_reserved(reply, request_id[1]), *oversize(reply)]
    if observed.fault is not None and observed.fault.kind == "extra-bytes":
        violations.append(Violation("content-length-mismatch", f"{observed.fault.message}.", "extra-bytes"))
    gone = ended(observed)
    if gone is not None:
        violations.append(gone)
    if any(violation.rule == "response-headers-too-large" for violation in violations):
        return Verdict(_bad_response(request_id), tuple(violations))
    outcome = HostOutcome(
        status="failed" if (reply.header("x-fc-status") or "").strip() == "404" else "completed",
        caller=CallerReply(reply.status, (*_kept(reply.headers), request_id), reply.body),
    )
    return Verdict(outcome, tuple(violations))


def _bad_response(request_id: tuple[str, str]) -> HostOutcome:
    body = orjson.dumps({"ErrorCode": "BadResponse", "ErrorMessage": "the response headers are larger than 8 KB"})
    return HostOutcome(status="failed", error="BadResponse", caller=CallerReply(502, (JSON, request_id), body))


def _server_error(event: Event, reply: HttpReply) -> list[Violation]:
    if not 500 <= reply.status <= 599 or reply.status == NOT_IMPLEMENTED or is_busy(reply.status, reply.headers):
        return []
    name = exception_name(reply.body)
    if isinstance(event, HttpEvent) and name and name.encode("utf-8") in event.body:
        name = ""
    message = f"The handler failed with {reply.status} on a request that a client can send."
    return [Violation("server-error", message, name or f"status {reply.status}")]


def _reserved(reply: HttpReply, request_id: str) -> list[Violation]:
    """Headers that a handler set itself and the host drops; those that every server writes are no offence."""
    own, fc = _dropped(reply.headers)
    names = [key for key, value in fc if key != "x-fc-status" and value.strip() != request_id]
    return [
        Violation("reserved-response-header", f"The host drops the header {name[:60]} from the answer.", name[:60])
        for name in dict.fromkeys((*names, *own))
    ]


@lru_cache(maxsize=64)
def _dropped(headers: Pairs) -> tuple[tuple[str, ...], Pairs]:
    """The names of headers that are dropped and that no server writes by itself, and the x-fc-* headers."""
    names: list[str] = []
    fc: list[tuple[str, str]] = []
    for name, value in headers:
        key = name.lower()
        if key.startswith("x-fc-"):
            fc.append((key, value))
        elif key == "connection":
            if not {token.strip().lower() for token in value.split(",")} <= USUAL_CONNECTION:
                names.append(key)
        elif key == "content-disposition" and _is_stripped(name, value):
            names.append(key)
    seen = Counter(name.lower() for name, _ in headers)
    names += [name for name in WRITTEN_ONCE if seen[name] > 1]
    return tuple(names), tuple(fc)


@lru_cache(maxsize=64)
def _kept(headers: Pairs) -> Pairs:
    return tuple(pair for pair in headers if not _is_stripped(*pair))


def _is_stripped(name: str, value: str) -> bool:
    key = name.lower()
    if key == "content-disposition":
        return value.split(";", 1)[0].strip().lower() == "attachment"
    return key in STRIPPED or key.startswith("x-fc-")
