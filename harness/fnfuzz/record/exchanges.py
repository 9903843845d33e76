"""Reads one HTTP connection along and puts requests and answers together."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from fnfuzz.contracts.http1_messages import Message, MessageReader, Space
from fnfuzz.contracts.http1_requests import request_of
from fnfuzz.contracts.model import Fault, HttpReply
from fnfuzz.corpus.model import Record
from fnfuzz.record.answers import RAW_KEPT, answer_of, large_body
from fnfuzz.record.ring import Kind

__all__ = ["Conversation"]

BEGINS_REQUEST = re.compile(rb"[A-Z]{3,16} [^\r\n ]+ HTTP/1\.[01]\r?\n")
BEGINS_ANSWER: Final = b"HTTP/1."


@dataclass(slots=True)
class _Exchange:
    number: int
    request: Message | None
    answer: Message | None = None


class Conversation:
    """Give it the frames of one connection in their order; ``give`` gets each exchange when nothing more comes of it.

    ``next_number`` counts the requests of all connections. Records carry monotonic nanoseconds in ``at``: turning them
    into times is for whoever knows both clocks.
    """

    def __init__(
        self,
        connection: int,
        contract: str,
        give: Callable[[Record], None],
        next_number: Callable[[], int],
        space: Space,
        largest: int,
    ) -> None:
        self.connection = connection
        self.contract = contract
        self.upgraded = False
        self.large_bodies = 0
        self.dropped = 0
        """Exchanges that began, and of which a gap took the rest."""
        self._give = give
        self._next_number = next_number
        self._up = MessageReader(space, largest, self._begin)
        self._down = MessageReader(space, largest, self._assign, self._method)
        self._waiting: deque[_Exchange] = deque()
        self._last = Kind.DOWN

    @property
    def skipped(self) -> int:
        """Bytes that were not understood, or that belong to another protocol."""
        return self._up.skipped + self._down.skipped

    # -- frames

    def sent(self, data: bytes, now: int) -> None:
        """Bytes of the host."""
        if self._last != Kind.UP:
            self._last = Kind.UP
            if self._up.blind and not self.upgraded and BEGINS_REQUEST.match(data):
                self._up.restart()
        self._up.feed(data, now)
        if self._waiting and self._waiting[0].answer is not None:
            self._settle()

    def answered(self, data: bytes, now: int) -> None:
        """Bytes of the handler."""
        if self._last != Kind.DOWN:
            self._last = Kind.DOWN
            if self._down.blind and not self.upgraded and data.startswith(BEGINS_ANSWER):
                self._down.restart()
        self._down.feed(data, now)
        self._settle()

    def sent_end(self, now: int) -> None:
        """The host will send nothing more."""
        self._up.end(now)

    def answered_end(self, now: int, *, reset: bool) -> None:
        """The handler will send nothing more."""
        confused = self._confused()
        message = self._down.end(now)
        if message is not None and message.done:
            self._settle()
        how = "reset" if reset else "closed"
        silence = Fault("reset" if reset else "closed", f"the connection was {how} before the first byte of an answer")
        self._cut(now, confused or silence, reset=reset)

    def host_reset(self, now: int) -> None:
        """The host has reset the connection."""
        self._up.end(now)
        self._down.end(now)
        self._cut(now, Fault("reset", "the host reset the connection before the answer was whole"), reset=True)

    def closed(self, now: int) -> None:
        """Nothing more comes at all."""
        confused = self._confused()
        self._up.end(now)
        self._down.end(now)
        self._cut(now, confused, reset=False)

    def gap(self) -> None:
        """Some bytes were not copied: what is open cannot be put together any more."""
        self.dropped += len(self._waiting)
        for exchange in self._waiting:
            for message in (exchange.request, exchange.answer):
                if message is not None:
                    self._up.release(message)
        self._waiting.clear()
        for reader in (self._up, self._down):
            reader.restart()
            reader.blind = True
        self._last = Kind.DOWN

    # -- exchanges

    def _method(self) -> str:
        """The method of the request to which the answer that now begins belongs."""
        for exchange in self._waiting:
            if exchange.answer is self._down.current:
                return exchange.request.method if exchange.request is not None else ""
        return ""

    def _begin(self, message: Message) -> None:
        self._waiting.append(_Exchange(self._next_number(), message))

    def _assign(self, message: Message) -> None:
        for exchange in self._waiting:
            if exchange.answer is None:
                exchange.answer = message
                return
        self._waiting.append(_Exchange(self._next_number(), None, message))

    def _settle(self) -> None:
        """Give away what is complete, in the order of the requests."""
        waiting = self._waiting
        while waiting:
            first = waiting[0]
            if first.answer is None or not first.answer.done or (first.request is not None and not first.request.done):
                return
            waiting.popleft()
            self._finish(first, first.answer.ended, None, reset=False)

    def _confused(self) -> Fault | None:
        """What there is to say of requests whose answers may have come, behind one that could not be read."""
        if not self._down.blind or self.upgraded:
            return None
        return Fault("bad-framing", "what came stands behind an answer that cannot be read")

    def _cut(self, now: int, fault: Fault | None, *, reset: bool) -> None:
        """The connection has ended: give away all that is left, as it is."""
        while self._waiting:
            self._finish(self._waiting.popleft(), now, fault, reset=reset)

    def _finish(self, exchange: _Exchange, now: int, fault: Fault | None, *, reset: bool) -> None:
        reply: HttpReply | None = None
        request, answer = exchange.request, exchange.answer
        if answer is not None:
            if answer.upgrade and answer.done:
                self.upgraded = self._up.blind = True
            reply, fault = answer_of(answer, reset=reset)
            self.large_bodies += bool(answer.digest)
        if request is not None:
            self.large_bodies += bool(request.digest)
            fault = _with_request(fault, large_body(request, "request") or _torn(request))
        elif fault is None:
            fault = Fault("extra-bytes", "an answer that nobody asked for")
        began = request.began if request is not None else answer.began if answer is not None else now
        self._give(
            Record(
                contract=self.contract,
                request=None if request is None else request_of(request),
                reply=reply,
                fault=fault,
                at=began,
                elapsed=max(0, now - began),
                connection=self.connection,
                number=exchange.number,
            )
        )
        for message in (request, answer):
            if message is not None:
                self._up.release(message)


def _with_request(fault: Fault | None, own: Fault | None) -> Fault | None:
    """What is wrong with the answer, and with the request: without the request as a whole nothing can be replayed,
    so that is said first.
    """
    if fault is None or own is None:
        return fault or own
    # A request that cannot be read is nowhere else.
    raw = (own.raw + fault.raw)[:RAW_KEPT] if own.kind == "bad-framing" else fault.raw
    return replace(fault, message=f"{own.message}; {fault.message}", raw=raw)


def _torn(request: Message) -> Fault | None:
    """Why the request itself is not whole."""
    if request.whole:
        return None
    if request.error:
        return Fault("bad-framing", f"not a request that can be read: {request.error}", request.rest)
    return Fault("short-body", f"the request ended after {request.size} bytes of its body", request.head[:RAW_KEPT])
