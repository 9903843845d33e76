"""What becomes of an invocation on the Functions host: its transport faults, its caller, its message.

Sources: azure-functions.md 2 (process), 5.4 (failed invocations), 5.5 (faults and limits). One cause gives one
violation: a process that ended explains the connection that broke.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.contracts.dotnet import timespan
from fnfuzz.contracts.model import (
    CallerReply,
    Delivery,
    Exit,
    Fault,
    FaultKind,
    HostOutcome,
    HttpReply,
    Observed,
    Violation,
)
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, TimerEvent

__all__ = [
    "ID_HEADER",
    "REQUEST_ERROR",
    "Failure",
    "delivered",
    "exit_violation",
    "fault_violation",
    "lost",
    "transport_failure",
    "wrong_correlation",
]

Fate: TypeAlias = Literal["", "deleted", "redelivered", "poisoned", "lost"]

RESTART_CODE = 200
WAITER_SIGNALS = (-9, -15)
ID_HEADER = "x-azure-functions-invocationid"

RULE_OF_FAULT: Mapping[FaultKind, str] = {
    "refused": "resp-conn-reset",
    "reset": "resp-conn-reset",
    "closed": "resp-conn-reset",
    "exited": "resp-conn-reset",
    "timeout": "resp-timeout",
    "too-large": "",
}
"""The other kinds are faults of framing; an answer that is only too large for fnfuzz breaks no rule."""

EXPLAINED_BY_EXIT: frozenset[FaultKind] = frozenset(
    {"refused", "reset", "closed", "exited", "truncated-head", "short-body", "truncated-chunks", "timeout"}
)

REQUEST_ERROR = "System.Net.Http.HttpRequestException"


@dataclass(frozen=True, slots=True)
class Failure:
    """An exchange that the host gives up on. ``hangs`` when only the host's time limit ends it."""

    error: str
    violations: tuple[Violation, ...] = ()
    hangs: bool = False


def transport_failure(function: Function, observed: Observed, limit: float | None) -> Failure | None:
    """Why there is no whole answer in time, or None when there is one. ``limit`` is the host's own, in seconds."""
    fault, reply = observed.fault, observed.reply
    if isinstance(reply, HttpReply):
        if limit is None or observed.elapsed <= limit:
            return None
        message = f"The answer came after {observed.elapsed:.1f} s; the host gives up after {limit:g} s."
        return Failure(timeout_error(function, limit), (Violation("resp-timeout", message),), hangs=True)
    if fault is not None and fault.kind == "timeout" and not _ended_by_itself(observed):
        message = f"No complete answer came within {observed.limit:g} s; {_patience(limit)}."
        return Failure(timeout_error(function, limit), (Violation("resp-timeout", message),), hangs=True)
    ended = exit_violation(observed)
    if ended is not None and (fault is None or fault.kind in EXPLAINED_BY_EXIT):
        return Failure(f"{REQUEST_ERROR}: An error occurred while sending the request.", (ended,))
    if fault is None:
        return Failure("No answer was seen.")
    found = (ended, fault_violation(fault))
    return Failure(f"{REQUEST_ERROR}: {fault.message}", tuple(violation for violation in found if violation))


def fault_violation(fault: Fault) -> Violation | None:
    """The rule that a transport fault breaks; None for one that only fnfuzz's own limit makes."""
    rule = RULE_OF_FAULT.get(fault.kind, "resp-framing")
    return Violation(rule, f"{fault.message[:1].upper()}{fault.message[1:]}.", fault.kind) if rule else None


def exit_violation(observed: Observed) -> Violation | None:
    """The violation of a process that ended during the exchange, or None while it lives."""
    gone = observed.exit
    if gone is None or not _ended_by_itself(observed):
        return None
    when = "after it had answered" if isinstance(observed.reply, HttpReply) else "before it had answered"
    if gone.code == 0:
        message = f"The process ended with exit code 0 {when}; the host never restarts it."
        return Violation("proc-exit-zero", message)
    if gone.code == RESTART_CODE:
        return Violation("proc-exit-200", f"The process ended with exit code 200 {when}; the host restarts it.")
    return Violation("proc-crash", f"The process ended {when} ({gone}).", str(gone))


def wrong_correlation(reply: HttpReply, delivery: Delivery) -> Violation | None:
    """An invocation id in the answer's headers that is not the one of the request."""
    echoed = reply.header(ID_HEADER)
    if echoed is None or delivery.id.lower() in echoed.lower():
        return None
    message = "The answer echoes an X-Azure-Functions-InvocationId that is not the one of this request."
    return Violation("resp-wrong-correlation", message, "X-Azure-Functions-InvocationId")


def delivered(event: Event) -> Fate:
    """What becomes of the message of a completed invocation."""
    return "deleted" if isinstance(event, QueueEvent | BlobEvent) else ""


def lost(function: Function, event: Event, delivery: Delivery, failure: Failure, limit: float | None) -> HostOutcome:
    """The outcome of a failed or hung invocation: the caller gets 500 without a body, a message comes again."""
    return HostOutcome(
        status="hung" if failure.hangs else "failed",
        error=failure.error or (timeout_error(function, limit) if failure.hangs else ""),
        until=limit if failure.hangs else None,
        caller=CallerReply(500) if isinstance(event, HttpEvent) else None,
        delivery=_after_failure(function, event, delivery),
    )


def timeout_error(function: Function, limit: float | None) -> str:
    """The host's own text at the end of a hung invocation; empty where it has no limit."""
    if limit is None:
        return ""
    name = f"Functions.{function.name}"
    return f"FunctionTimeoutException: Timeout value of {timespan(limit)} was exceeded by function: {name}"


def _after_failure(function: Function, event: Event, delivery: Delivery) -> Fate:
    if isinstance(event, TimerEvent):
        again = function.max_retries < 0 or delivery.attempt < function.max_retries
        return "redelivered" if again else "lost"
    if isinstance(event, QueueEvent):
        return "poisoned" if event.dequeue_count >= function.max_dequeue_count else "redelivered"
    if isinstance(event, BlobEvent):
        return "poisoned" if delivery.attempt + 1 >= function.max_dequeue_count else "redelivered"
    return ""


def _ended_by_itself(observed: Observed) -> bool:
    """A handler that hung and was then killed is a time-out: who waited for it, ended it."""
    return observed.exit is not None and not (observed.timed_out and _killed(observed.exit))


def _killed(gone: Exit) -> bool:
    return gone.code in WAITER_SIGNALS


def _patience(limit: float | None) -> str:
    return "the host has no limit and waits for ever" if limit is None else f"the host gives up after {limit:g} s"
