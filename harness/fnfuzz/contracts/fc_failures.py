"""What Function Compute makes of a request that did not end well: faults, exits, time-outs, answers over a limit.

One cause gives one violation: when the process ended, its end explains the broken connection (alibaba-fc.md 4.1).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import Exit, Fault, FaultKind, HttpReply, Observed, Violation

__all__ = ["Failure", "ended", "error_document", "oversize", "transport_failure", "within"]

MIB = 1024 * 1024
HEADER_LIMIT = 8 * 1024
BODY_LIMIT = 32 * MIB
BODY_WARNING = 6 * MIB

RULE_OF_FAULT: Mapping[FaultKind, str] = {
    "refused": "port-not-listening",
    "closed": "no-response",
    "reset": "no-response",
    "exited": "process-exit-on-request",
    "no-status-line": "invalid-http-response",
    "bad-status-line": "invalid-http-response",
    "bad-header": "invalid-http-response",
    "bad-framing": "invalid-http-response",
    "truncated-head": "connection-dropped-mid-response",
    "short-body": "content-length-mismatch",
    "extra-bytes": "content-length-mismatch",
    "bad-chunk": "chunked-never-ends",
    "truncated-chunks": "chunked-never-ends",
}
EXPLAINED_BY_EXIT: frozenset[FaultKind] = frozenset(
    {"refused", "closed", "reset", "exited", "truncated-head", "short-body", "truncated-chunks", "timeout"}
)
HEAD_END = re.compile(rb"\r?\n\r?\n")
CHUNKED = re.compile(rb"\ntransfer-encoding:[^\r\n]*chunked", re.IGNORECASE)
LENGTH = re.compile(rb"\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r?\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Failure:
    """An invocation that the host gives up on.

    ``error`` is the host's own text where it is known; ``hung`` when only a limit ended it; ``sent`` is False when
    nobody was there to take the request, so that its event cannot be the cause.
    """

    error: str
    violations: tuple[Violation, ...]
    hung: bool = False
    sent: bool = True


def transport_failure(function: Function, observed: Observed) -> Failure | None:
    """Why there is no whole HTTP answer in time, or None when there is one."""
    fault, reply = observed.fault, observed.reply
    if isinstance(reply, HttpReply):
        return _late(function, observed)
    gone = ended(observed)
    if gone is not None and (fault is None or fault.kind in EXPLAINED_BY_EXIT):
        return Failure(_exited_text(observed), (gone,), sent=fault is None or fault.kind != "refused")
    if fault is None:
        return Failure(_exited_text(observed), (Violation("no-response", "The handler gave no HTTP answer."),))
    if fault.kind == "timeout":
        return Failure(_timeout_text(function, observed), (_stalled(function, observed, fault),), hung=True)
    if fault.kind == "too-large":
        return Failure(fault.message, tuple(_too_large(fault)))
    violation = _broken(fault)
    return Failure(_fault_text(fault, observed), (violation,) if gone is None else (violation, gone))


def ended(observed: Observed) -> Violation | None:
    """The violation of a process that ended during or after the request, or None while it lives."""
    gone = observed.exit
    if gone is None or (observed.timed_out and gone.code in (-9, -15)):
        # A handler that hangs is ended by the one who waited for it.
        return None
    if gone.code in (137, -9):
        message = f"The process was killed ({gone}), as the host does when the function's memory is used up."
        return Violation("out-of-memory", message, str(gone))
    when = "after it had answered" if isinstance(observed.reply, HttpReply) else "before it had answered"
    return Violation("process-exit-on-request", f"The process ended {when} ({_shown(gone)}).", str(gone))


def oversize(reply: HttpReply) -> tuple[Violation, ...]:
    """The limits that a whole answer is over (alibaba-fc.md 4.2). Headers count as names and values only."""
    found = []
    headers = sum(len(name) + len(value) for name, value in reply.headers)
    if headers > HEADER_LIMIT:
        message = f"The response headers are {headers} bytes in total; the host takes {HEADER_LIMIT}."
        found.append(Violation("response-headers-too-large", message))
    size = len(reply.body)
    if size > BODY_LIMIT:
        found.append(_body_violation(f"The response body is {size} bytes; 32 MB is the limit."))
    elif size > BODY_WARNING:
        message = f"The response body is {size} bytes; older hosts cut at about 6 MB."
        found.append(Violation("response-too-large-warning", message))
    return tuple(found)


def error_document(error: str) -> bytes:
    """The body that a caller gets when the host gave up."""
    return orjson.dumps({"errorMessage": error})


def within(observed: Observed, limit: float | None) -> str:
    """How long was waited, and the host's own limit in seconds when that is longer."""
    if limit is None:
        return f"within {observed.limit:g} s"
    if observed.limit < limit:
        return f"within {observed.limit:g} s (the host allows {limit:g} s)"
    return f"within the {limit:g} s that the host allows"


def _late(function: Function, observed: Observed) -> Failure | None:
    if function.timeout is None or observed.elapsed <= function.timeout:
        return None
    message = f"The answer came after {observed.elapsed:.1f} s; the host gives up after {function.timeout:g} s."
    return Failure(_timeout_text(function, observed), (Violation("response-timeout", message),), hung=True)


def _stalled(function: Function, observed: Observed, fault: Fault) -> Violation:
    time = within(observed, function.timeout)
    head = HEAD_END.search(fault.raw)
    if not fault.raw:
        return Violation("no-response", f"No answer came {time}.", fault.kind)
    if head and CHUNKED.search(fault.raw, 0, head.end()):
        return Violation("chunked-never-ends", f"The last chunk of the answer never came {time}.", fault.kind)
    return Violation("response-timeout", f"The answer began and did not end {time}.")


def _too_large(fault: Fault) -> list[Violation]:
    """What was read is not kept, so the head tells: the reader stops far above the limits of the host."""
    head = HEAD_END.search(fault.raw)
    if head is None:
        return [Violation("response-headers-too-large", f"The head of the answer has no end: {fault.message}.")]
    length = LENGTH.search(fault.raw, 0, head.end())
    if length is None or int(length[1]) > BODY_LIMIT:
        return [_body_violation(f"The response body is too large: {fault.message}.")]
    if int(length[1]) > BODY_WARNING:
        return [Violation("response-too-large-warning", f"The response body is {int(length[1])} bytes.")]
    return []


def _body_violation(message: str) -> Violation:
    return Violation("response-too-large", message)


def _broken(fault: Fault) -> Violation:
    rule = RULE_OF_FAULT.get(fault.kind, "no-response")
    if fault.kind == "reset" and fault.raw:
        rule = "connection-dropped-mid-response"
    return Violation(rule, f"{fault.message[:1].upper()}{fault.message[1:]}.", fault.kind)


def _fault_text(fault: Fault, observed: Observed) -> str:
    """A connection that ends is reported by the host in its own words; what it says of broken HTTP is not known."""
    return _exited_text(observed) if fault.kind in EXPLAINED_BY_EXIT else fault.message


def _exited_text(observed: Observed) -> str:
    milliseconds = round(observed.elapsed * 1000)
    return f"Process exited unexpectedly before completing request (duration: {milliseconds}ms)"


def _timeout_text(function: Function, observed: Observed) -> str:
    return f"Function time out after {function.timeout or observed.limit:g}s"


def _shown(gone: Exit) -> str:
    return f"{gone}; even 0 is unexpected" if gone.code == 0 else str(gone)
