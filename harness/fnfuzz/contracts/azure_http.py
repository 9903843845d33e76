"""``azure-http``: the Functions host posts Data and Metadata as JSON and reads Outputs, Logs and ReturnValue.

Sources: azure-functions.md 3 (request), 5 (response). The parts: azure_envelope (what is sent), azure_fate (transport,
and what becomes of a failed invocation), azure_reply (the acceptance pipeline), azure_bindings, azure_outputs and
azure_http_output (what is written).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping

from fnfuzz.app.model import ContractId, Function
from fnfuzz.contracts.azure_bindings import bind
from fnfuzz.contracts.azure_envelope import Envelope
from fnfuzz.contracts.azure_fate import (
    Failure,
    exit_violation,
    fault_violation,
    lost,
    transport_failure,
    wrong_correlation,
)
from fnfuzz.contracts.azure_reply import accept
from fnfuzz.contracts.model import Delivery, HttpReply, HttpRequest, Observed, Verdict, Violation
from fnfuzz.events import Event

__all__ = ["HOST_VERSION", "AzureHttp"]

HOST_VERSION = "4.1037.0.0"
VERDICTS_KEPT, LONGEST_KEPT = 256, 2048
"""Verdicts, and bytes of the bodies that they are of."""


class AzureHttp:
    """The contract of every function that is not forwarded.

    ``inputs`` are the contents of blobs behind input bindings, by binding name; there is no storage, so that all others
    do not exist and arrive as null.
    """

    def __init__(self, *, inputs: Mapping[str, bytes] | None = None) -> None:
        self._inputs = dict(inputs or {})
        self._envelopes: dict[str, Envelope] = {}
        self._verdicts: dict[tuple[str, HttpReply], Verdict] = {}
        self._verdicts_of: Function | None = None

    @property
    def id(self) -> ContractId:
        """The contract's id."""
        return "azure-http"

    def encode(self, function: Function, event: Event, delivery: Delivery) -> HttpRequest:
        """The POST of one invocation. Raises ValueError for an event other than http, queue, blob and timer."""
        body = self._envelope(function).body(event, delivery)
        headers = (
            ("Host", f"127.0.0.1:{delivery.port}"),
            ("Content-Type", "application/json; charset=utf-8"),
            ("X-Azure-Functions-HostVersion", HOST_VERSION),
            ("X-Azure-Functions-InvocationId", delivery.id),
            ("User-Agent", f"Azure-Functions-Host/{HOST_VERSION}"),
        )
        return HttpRequest("POST", f"/{function.name}", headers, body, delivery.framing)

    def decode(self, function: Function, event: Event, delivery: Delivery, observed: Observed) -> Verdict:
        """What the host concludes from ``observed``; never raises on any observed bytes."""
        limit = function.timeout
        failure = transport_failure(function, observed, limit)
        if failure is not None:
            return Verdict(lost(function, event, delivery, failure, limit), failure.violations)
        assert isinstance(observed.reply, HttpReply)
        around = _around(observed.reply, delivery, observed)
        verdict = self._verdict(function, event, observed.reply)
        if verdict is None:
            result = accept(observed.reply)
            if isinstance(result, Failure):
                found = tuple(_not_explained(result.violations, observed))
                return Verdict(lost(function, event, delivery, result, limit), around + found)
            verdict = bind(function, event, delivery, result)
            self._keep(function, event, observed.reply, verdict)
        return Verdict(verdict.outcome, around + verdict.violations) if around else verdict

    def _verdict(self, function: Function, event: Event, reply: HttpReply) -> Verdict | None:
        """What was concluded from the same good answer before; handlers give few different ones."""
        if len(reply.body) > LONGEST_KEPT or self._verdicts_of is not function:
            return None
        return self._verdicts.get((event.trigger, reply))

    def _keep(self, function: Function, event: Event, reply: HttpReply, verdict: Verdict) -> None:
        # What becomes of an event that failed depends on its delivery too.
        if len(reply.body) > LONGEST_KEPT or verdict.outcome.status != "completed":
            return
        if self._verdicts_of is not function or len(self._verdicts) >= VERDICTS_KEPT:
            self._verdicts, self._verdicts_of = {}, function
        self._verdicts[event.trigger, reply] = verdict

    def _envelope(self, function: Function) -> Envelope:
        envelope = self._envelopes.get(function.name)
        if envelope is None or envelope.function is not function:
            envelope = self._envelopes[function.name] = Envelope.of(function, self._inputs)
        return envelope


def _around(reply: HttpReply, delivery: Delivery, observed: Observed) -> tuple[Violation, ...]:
    """What is wrong although there is a whole answer."""
    found = (
        exit_violation(observed),
        fault_violation(observed.fault) if observed.fault else None,
        wrong_correlation(reply, delivery),
    )
    return tuple([violation for violation in found if violation is not None])


def _not_explained(violations: tuple[Violation, ...], observed: Observed) -> Iterator[Violation]:
    """An answer that its own Content-Length cuts short is no JSON, or ends in half a character, for that alone."""
    explained: set[str] = set()
    if observed.fault is not None and isinstance(observed.reply, HttpReply):
        explained = {"resp-not-json", "resp-bad-utf8"} if _is_utf8_so_far(observed.reply.body) else {"resp-not-json"}
    yield from (violation for violation in violations if violation.rule not in explained)


def _is_utf8_so_far(body: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(body)
    except UnicodeDecodeError:
        return False
    return True
