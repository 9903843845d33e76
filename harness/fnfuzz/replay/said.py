"""What was said to one event, in a form that two of them can be compared in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from fnfuzz.contracts.model import Delivery, Exit, Fault, HostOutcome, HttpReply, LineReply, Reply, Request
from fnfuzz.corpus.unkept import unkept
from fnfuzz.fuzz.sequences.answer import LARGEST, Text, answer_in, own_words, telling_headers

__all__ = ["Bulk", "Said", "fault_word", "said_by_handler", "said_to_caller"]

HEAD: Final = 64
PLATFORM_HEADER: Final = "x-fc-"
"""How the names of headers begin that a platform adds to what the handler says (alibaba-fc.md 3.4)."""

_ENDS_OF_CONNECTION: Final = frozenset(("closed", "reset"))
"""Which of the two a client sees is chance."""


@dataclass(frozen=True, slots=True)
class Bulk:
    """A body that is no text, or too large to look into; ``head`` is how it begins, where that is known."""

    size: int
    digest: str
    head: bytes = b""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bulk) and (self.size, self.digest) == (other.size, other.digest)

    def __hash__(self) -> int:
        return hash((self.size, self.digest))


NOTHING: Final = Text("")


@dataclass(frozen=True, slots=True)
class Said:
    """``status`` is 0 without one; ``headers`` have lower-case names, None where they are not known; ``body`` is JSON,
    a Text or a Bulk; ``fault`` says how it failed, and is empty for a whole answer. ``words`` are texts of the host's
    own and what stands for them.
    """

    status: int = 0
    headers: Mapping[str, str] | None = None
    body: Any = NOTHING
    fault: str = ""
    words: tuple[tuple[str, str], ...] = ()


def said_by_handler(
    contract: str, reply: Reply | None, fault: Fault | None, exit: Exit | None, words: tuple[tuple[str, str], ...]
) -> Said:
    """The handler's own answer, as one contract carries it."""
    large = unkept(fault, "answer")
    if large is not None:
        status = reply.status if isinstance(reply, HttpReply) else _status_in(fault.raw if fault else b"")
        return Said(status, None, Bulk(large.size, large.digest), "", words)
    word = fault_word(reply, fault, exit)
    if word:
        return Said(fault=word, words=words)
    body = reply.body if isinstance(reply, HttpReply) else _line(reply)
    if len(body) > LARGEST or not _is_text(body):
        status, headers = (reply.status, telling_headers(reply.headers)) if isinstance(reply, HttpReply) else (0, {})
        return Said(status, headers, bulk(body), "", words)
    answer = answer_in(contract, reply, words)
    return Said(answer.status, answer.headers, answer.body, "", words) if answer else Said(fault="unanswered")


def said_to_caller(outcome: HostOutcome, delivery: Delivery, request: Request | None) -> Said:
    """What the host makes of an answer: comparable between contracts, of which each has its own words for it."""
    words = own_words(delivery, request)
    outputs = {output.binding: [_body(payload) for payload in output.payloads] for output in outcome.outputs}
    told: dict[str, Any] = {"outcome": outcome.status}
    if outputs:
        told["outputs"] = {name: [_plain(item) for item in items] for name, items in sorted(outputs.items())}
    if outcome.delivery:
        told["delivery"] = outcome.delivery
    if outcome.caller is not None:
        told["body"] = _plain(_body(outcome.caller.body))
        headers = telling_headers(outcome.caller.headers)
        own = {name: value for name, value in headers.items() if not name.startswith(PLATFORM_HEADER)}
        return Said(outcome.caller.status, own, told, "", words)
    if outcome.result:
        told["result"] = _plain(_body(outcome.result))
    return Said(0, {}, told, "", words)


def fault_word(reply: Reply | None, fault: Fault | None, exit: Exit | None) -> str:
    """How an exchange failed, in one word or two; empty for a whole answer, also one with bytes behind it."""
    whole = isinstance(reply, HttpReply) or (isinstance(reply, LineReply) and reply.answer is not None)
    if whole and exit is None:
        return ""
    if exit is not None:
        return f"the process ended: {exit}"
    if fault is not None:
        return "closed" if fault.kind in _ENDS_OF_CONNECTION else fault.kind
    return "unanswered"


def bulk(data: bytes) -> Bulk:
    """What stands for ``data`` in a comparison."""
    return Bulk(len(data), sha256(data).hexdigest(), data[:HEAD])


def _line(reply: Reply | None) -> bytes:
    return reply.lines[reply.answer] if isinstance(reply, LineReply) and reply.answer is not None else b""


def _is_text(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _body(data: bytes) -> Any:
    if len(data) > LARGEST or not _is_text(data):
        return bulk(data)
    answer = answer_in("", HttpReply(200, "", (), data), ())
    return answer.body if answer is not None else bulk(data)


def _plain(body: Any) -> Any:
    """A body as a member of a larger value."""
    if isinstance(body, Bulk):
        return f"{body.size} bytes, SHA-256 {body.digest}"
    return body.text if isinstance(body, Text) else body


def _status_in(head: bytes) -> int:
    words = head[:16].split(b" ")
    return int(words[1]) if len(words) > 1 and words[1].isdigit() and len(words[1]) == 3 else 0
