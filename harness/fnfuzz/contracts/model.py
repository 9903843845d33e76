"""The words that all contracts share: requests, replies, faults, and what the host makes of them.

Nothing here, and nothing in this folder, touches a process, a socket, a clock or a random source.
"""

from __future__ import annotations

import signal
from typing import Literal, Protocol, TypeAlias

from fnfuzz.app.model import ContractId, Function
from fnfuzz.events import Event, Pairs
from fnfuzz.frozen import quick_dataclass

__all__ = [
    "CallerReply",
    "Contract",
    "Delivery",
    "Exit",
    "Fault",
    "FaultKind",
    "HostOutcome",
    "HttpReply",
    "HttpRequest",
    "LineReply",
    "LineRequest",
    "NotCarried",
    "Observed",
    "Output",
    "Reply",
    "Request",
    "Verdict",
    "Violation",
    "is_busy",
]

Framing: TypeAlias = Literal["chunked", "length"]


@quick_dataclass(frozen=True, kw_only=True)
class Delivery:
    """What the host adds to an event for one delivery.

    ``id`` is the invocation or request id, a GUID text. ``now`` is an ISO 8601 UTC time with fraction and ``Z``.
    ``attempt`` counts retries from 0. ``framing`` is how the host frames its own request to the handler. ``port`` is
    the handler's.
    ``nonce`` is empty, or a token that an echoing handler gives back (azure-stdio).
    """

    id: str = "0d6a4f0e-3b0e-4a55-9a6c-6f1f9f0c7a11"
    now: str = "2025-03-11T09:15:02.4471936Z"
    attempt: int = 0
    framing: Framing = "chunked"
    port: int = 0
    nonce: str = ""


@quick_dataclass(frozen=True)
class HttpRequest:
    """One HTTP/1.1 request of the host. ``headers`` carry no framing; ``framing`` None sends no body headers."""

    method: str
    target: str
    headers: Pairs
    body: bytes = b""
    framing: Framing | None = None

    def to_bytes(self) -> bytes:
        """The request as it goes over the wire; a chunked body goes out as one chunk."""
        lines = [f"{self.method} {self.target} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in self.headers]
        if self.framing == "chunked":
            lines.append("Transfer-Encoding: chunked")
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(self.body), self.body) if self.body else b"0\r\n\r\n"
        elif self.framing == "length":
            lines.append(f"Content-Length: {len(self.body)}")
            body = self.body
        else:
            body = b""
        return "\r\n".join(lines).encode("utf-8") + b"\r\n\r\n" + body


@quick_dataclass(frozen=True)
class LineRequest:
    """One line of azure-stdio, without its line feed."""

    line: bytes

    def to_bytes(self) -> bytes:
        """The line as it goes into the handler's stdin."""
        return self.line + b"\n"


Request: TypeAlias = HttpRequest | LineRequest


@quick_dataclass(frozen=True)
class HttpReply:
    """A complete HTTP answer. Header names keep the handler's spelling; ``keep_alive`` is what its head promises."""

    status: int
    reason: str
    headers: Pairs
    body: bytes
    version: str = "1.1"
    keep_alive: bool = True

    def header(self, name: str) -> str | None:
        """The first value of ``name`` in any case, or None."""
        name = name.lower()
        for key, value in self.headers:
            if len(key) == len(name) and key.lower() == name:
                return value
        return None


def is_busy(status: int, headers: Pairs) -> bool:
    """Does a server that is well say that it has too much to do for now: 503 with Retry-After (RFC 9110, 15.6.4)?"""
    return status == 503 and any(name.lower() == "retry-after" for name, _ in headers)


@quick_dataclass(frozen=True)
class LineReply:
    """What came out of stdout for one line.

    ``lines`` are all complete lines, without LF (a CR stays); ``answer`` is the index of the first one that is a JSON
    object, or None;
    ``partial`` is what came after the last LF; ``stale`` is output that was there before the request was written.
    """

    lines: tuple[bytes, ...]
    answer: int | None
    partial: bytes = b""
    stale: bytes = b""

    @property
    def is_answer_alone(self) -> bool:
        """Is there the one line that answers, and nothing else?"""
        return len(self.lines) == 1 and self.answer == 0 and not self.partial and not self.stale


Reply: TypeAlias = HttpReply | LineReply

FaultKind: TypeAlias = Literal[
    "refused",  # nobody listens
    "reset",  # connection reset, or a broken pipe while writing
    "closed",  # closed before the first byte of an answer
    "no-status-line",  # the first bytes are no HTTP status line: HTTP/0.9, or text
    "bad-status-line",  # HTTP/..., but not a legal status line
    "bad-header",  # a header line that no parser takes
    "truncated-head",  # ended inside the head
    "short-body",  # ended before Content-Length was reached
    "extra-bytes",  # more bytes than the framing announced
    "bad-chunk",  # chunk size or chunk end is wrong
    "truncated-chunks",  # ended before the last chunk
    "bad-framing",  # contradicting or illegal framing headers
    "too-large",  # over the limit that fnfuzz reads
    "timeout",  # no complete answer in time
    "unflushed",  # stdio: the answer came only after stdin was closed
    "unterminated",  # stdio: an answer without LF
    "exited",  # stdio: end of output before an answer
    "line-too-long",  # stdio: a line over the limit
]


@quick_dataclass(frozen=True)
class Fault:
    """Something wrong in the transport; ``raw`` keeps the first bytes of what was received, 4 KiB at most."""

    kind: FaultKind
    message: str
    raw: bytes = b""


@quick_dataclass(frozen=True)
class Exit:
    """How the handler's process ended: ``code`` as Popen.returncode has it, negative for a signal."""

    code: int

    def __str__(self) -> str:
        if self.code >= 0:
            return f"exit code {self.code}"
        try:
            return f"signal {-self.code} ({signal.Signals(-self.code).name})"
        except ValueError:
            return f"signal {-self.code}"


@quick_dataclass(frozen=True, kw_only=True)
class Observed:
    """What the driver saw for one request. ``elapsed`` and ``limit`` (how long it was willing to wait) in seconds.

    ``reply`` and ``fault`` may both be set (a whole answer with extra bytes behind it); ``exit`` when the process
    ended.
    """

    reply: Reply | None = None
    fault: Fault | None = None
    exit: Exit | None = None
    elapsed: float = 0.0
    limit: float = 0.0

    @property
    def timed_out(self) -> bool:
        """Was there no whole answer within the limit?"""
        return self.fault is not None and self.fault.kind == "timeout"


@quick_dataclass(frozen=True)
class CallerReply:
    """What the client of an HTTP function receives."""

    status: int
    headers: Pairs = ()
    body: bytes = b""


@quick_dataclass(frozen=True)
class Output:
    """What an output binding writes: one entry of ``payloads`` for each message, or the one blob content."""

    binding: str
    type: str
    payloads: tuple[bytes, ...]


@quick_dataclass(frozen=True, kw_only=True)
class HostOutcome:
    """What the real host concludes from one exchange.

    ``error`` is the host's own exception or error text where it is known. ``until`` says, for a hung invocation, the
    limit in seconds at which the host gives up, None for never. ``caller`` is what an HTTP client gets. ``delivery``
    says what becomes of a queue message or a blob: ``deleted`` (done), ``redelivered``, ``poisoned``, ``lost`` (never
    retried), or empty.
    ``result`` is what a Function Compute caller gets as the function's result.
    """

    status: Literal["completed", "failed", "hung"]
    error: str = ""
    until: float | None = None
    caller: CallerReply | None = None
    outputs: tuple[Output, ...] = ()
    delivery: Literal["", "deleted", "redelivered", "poisoned", "lost"] = ""
    result: bytes | None = None
    logs: tuple[str, ...] = ()


@quick_dataclass(frozen=True)
class Violation:
    """A rule broken in one exchange. ``place`` says where, without payload (a JSON path, an exception type), and is
    part of the identity.
    """

    rule: str
    message: str
    place: str = ""


@quick_dataclass(frozen=True)
class Verdict:
    """Everything a contract concludes from one exchange."""

    outcome: HostOutcome
    violations: tuple[Violation, ...] = ()


class NotCarried(ValueError):
    """An own contract has no request for an event."""


class Contract(Protocol):
    """One protocol between host and handler, sans I/O."""

    @property
    def id(self) -> ContractId:
        """The contract's id."""

    def encode(self, function: Function, event: Event, delivery: Delivery) -> Request:
        """The request that the real host would send for ``event``. Raises ValueError if the contract cannot carry that
        trigger.
        """

    def decode(self, function: Function, event: Event, delivery: Delivery, observed: Observed) -> Verdict:
        """What the real host would make of ``observed``, and the rules that are broken. Never raises on any observed
        bytes.
        """
