"""Reads the line protocol along and puts lines and answers together (azure-functions.md 8).

Answers come in the order of the lines: the first JSON object is the answer to the oldest open line. What comes while no
line is open is told as ``stale`` by the next exchange, or by a record without a request if there is none any more.
"""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fnfuzz.contracts.model import Exit, Fault, LineReply, LineRequest
from fnfuzz.corpus.model import Record
from fnfuzz.drivers.stdio import is_object

__all__ = ["LineConversation"]

CONTRACT: Final = "azure-stdio"
STALE_LIMIT: Final = 64 * 1024
LINES_LIMIT: Final = 20_000


class _Lines:
    """Cuts a stream into lines; of a line over ``largest`` only size and hash are kept."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self.began = 0
        self.size = 0
        self._parts: list[bytes] = []
        self._hash: hashlib._Hash | None = None

    def feed(self, data: bytes, now: int) -> list[_Line]:
        """The lines that ended."""
        *lines, rest = data.split(b"\n")
        found = []
        for line in lines:
            self._add(line, now)
            found.append(self._take())
        if rest:
            self._add(rest, now)
        return found

    def rest(self) -> _Line | None:
        """What came after the last line feed."""
        return self._take() if self.size else None

    def _add(self, data: bytes, now: int) -> None:
        if not self.size and not self._parts:
            self.began = now
        self.size += len(data)
        if self._hash is not None:
            self._hash.update(data)
        elif self.size > self.largest:
            self._hash = hashlib.sha256(b"".join(self._parts) + data)
            self._parts = [b"".join(self._parts)[:4096]]
        else:
            self._parts.append(data)
            if len(self._parts) > 1024:
                self._parts = [b"".join(self._parts)]

    def _take(self) -> _Line:
        digest = "" if self._hash is None else self._hash.hexdigest()
        line = _Line(b"".join(self._parts), self.began, self.size, digest)
        self._parts, self._hash, self.size = [], None, 0
        return line


@dataclass(frozen=True, slots=True)
class _Line:
    data: bytes
    began: int
    size: int
    digest: str

    def large(self, whose: str) -> Fault | None:
        """What stands for a line that was not kept."""
        if not self.digest:
            return None
        text = f"the line of the {whose} was not kept: {self.size} bytes, SHA-256 {self.digest}"
        return Fault("line-too-long", text, self.data[:4096])


@dataclass(slots=True)
class _Open:
    number: int
    request: _Line | None
    lines: list[bytes] = field(default_factory=list)
    answer: int | None = None
    ended: int = 0
    stale: bytes = b""
    fault: Fault | None = None
    large: bool = False
    """Was its answer too large to keep?"""


class LineConversation:
    """Give it what passes; ``give`` gets the exchanges in order, with monotonic nanoseconds as times."""

    def __init__(self, give: Callable[[Record], None], next_number: Callable[[], int], largest: int) -> None:
        self.skipped = 0
        """Bytes of unasked output that were too many to keep."""
        self.large_bodies = 0
        self.dropped = 0
        """Exchanges of which a gap took the rest."""
        self._give = give
        self._next_number = next_number
        self._in = _Lines(largest)
        self._out = _Lines(largest)
        self._waiting: deque[_Open] = deque()
        self._stale = b""
        self._stale_since = 0

    def sent(self, data: bytes, now: int) -> None:
        """Bytes of the host."""
        for line in self._in.feed(data, now):
            self._begin(line)

    def answered(self, data: bytes, now: int) -> None:
        """Bytes of the handler. What stands behind an answer in one piece with it is told with it."""
        for line in self._out.feed(data, now):
            self._heard(line, now)
        while self._waiting and self._waiting[0].answer is not None:
            self._finish(self._waiting.popleft(), None)

    def gap(self) -> None:
        """Some bytes were not copied."""
        self.dropped += len(self._waiting)
        self._waiting.clear()
        for lines in (self._in, self._out):
            lines.rest()

    def ended(self, now: int, exit: Exit | None) -> None:
        """Nothing more comes; ``exit`` when the handler has ended."""
        asked, partial = self._in.rest(), self._out.rest()
        if asked is not None:
            self._begin(asked)
        while self._waiting:
            first = self._waiting.popleft()
            first.ended = now
            if first.answer is None and partial is not None and is_object(partial.data):
                first.fault = Fault("unterminated", "the last answer has no line feed", partial.data[:4096])
            elif first.answer is None and exit is not None:
                first.fault = Fault("exited", "stdout ended before an answer", b"\n".join(first.lines)[:4096])
            self._finish(first, exit, b"" if partial is None else partial.data)
            partial = None
        if partial is not None:
            self._keep_stale(partial.data, now)
        if self._stale:
            last = _Open(self._next_number(), None, ended=now, stale=self._stale)
            self._finish(last, exit)

    def _begin(self, line: _Line) -> None:
        opened = _Open(self._next_number(), line, stale=self._stale, fault=line.large("request"))
        self._stale = b""
        self._waiting.append(opened)

    def _heard(self, line: _Line, now: int) -> None:
        open_ones = [item for item in self._waiting if item.answer is None]
        answers = is_object(line.data) or bool(line.digest)
        target = open_ones[0] if open_ones else self._waiting[-1] if self._waiting else None
        if target is None or len(target.lines) >= LINES_LIMIT:
            self._keep_stale(line.data + b"\n", now)
            return
        target.lines.append(line.data)
        if answers and target.answer is None:
            target.answer, target.ended = len(target.lines) - 1, now
            target.fault = target.fault or line.large("answer")
            target.large = bool(line.digest)

    def _keep_stale(self, data: bytes, now: int) -> None:
        if not self._stale:
            self._stale_since = now
        kept = data[: STALE_LIMIT - len(self._stale)]
        self.skipped += len(data) - len(kept)
        self._stale += kept

    def _finish(self, item: _Open, exit: Exit | None, partial: bytes = b"") -> None:
        line, fault = item.request, item.fault
        reply = None if item.large else LineReply(tuple(item.lines), item.answer, partial, item.stale)
        if not item.lines and not partial and not item.stale:
            reply = None
        self.large_bodies += bool(fault and fault.kind == "line-too-long")
        began = line.began if line is not None else self._stale_since
        self._give(
            Record(
                contract=CONTRACT,
                request=None if line is None or line.digest else LineRequest(line.data),
                reply=reply,
                fault=fault,
                exit=exit if item.answer is None else None,
                at=began,
                elapsed=max(0, item.ended - began),
                connection=1,
                number=item.number,
            )
        )
