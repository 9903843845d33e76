"""From the frames of one recording to its records, in times of the world."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from fnfuzz.contracts.http1_messages import Space
from fnfuzz.contracts.model import Exit
from fnfuzz.corpus.model import Record
from fnfuzz.record.copying import gap_sizes
from fnfuzz.record.exchanges import Conversation
from fnfuzz.record.line_exchanges import LineConversation
from fnfuzz.record.ring import Frame, Kind
from fnfuzz.record.summary import Summary

__all__ = ["Recording"]

SPACE: Final = 256 * 1024 * 1024
"""Bytes of bodies that may be in memory at the same time, over all connections."""

AFTERMATH: Final = 250_000_000
"""Nanoseconds for which a cut exchange is kept back: the end of the handler's process may be the reason, and comes
after the end of its connections."""

CUT_BY_EXIT: Final = ("closed", "reset", "truncated-head", "short-body", "truncated-chunks")


class Recording:
    """Take the frames in their order, and ``ready`` records from time to time."""

    def __init__(self, *, contract: str, largest: int, lines: bool) -> None:
        self.summary = Summary()
        self.size = 0
        """Bytes that have come since records were taken."""
        self._contract = contract
        self._largest = largest
        self._space = Space(SPACE)
        self._number = 0
        self._records: list[Record] = []
        self._open: dict[int, Conversation] = {}
        self._lines = LineConversation(self._give, self._next_number, largest) if lines else None
        self._exit: tuple[int, Exit] | None = None
        self._answered = 0
        """When the last whole answer ended, on the clock of the frames."""

        # The clock of the frames is monotonic; a step of the world's clock moves no exchange.
        self._epoch = time.time_ns() - time.monotonic_ns()

    def take(self, frame: Frame) -> None:
        """One frame. Anything that it raises is an error of ours."""
        kind = frame.kind
        if kind == Kind.UP or kind == Kind.DOWN:
            data = bytes(frame.data)
            self.size += len(data)
            talk = self._lines or self._open.get(frame.connection) or self._opened(frame.connection)
            (talk.sent if kind == Kind.UP else talk.answered)(data, frame.at)
        elif kind == Kind.OPEN:
            self.summary.connections += 1
        elif kind == Kind.EXIT:
            self._exit = (frame.at, Exit(int(bytes(frame.data))))
        elif kind == Kind.GAP:
            self._gap(frame)
        else:
            self._end(frame, self._open.get(frame.connection))

    def ready(self, *, last: bool = False) -> list[Record]:
        """The records that can be stored, those that began first first; all of them when nothing more comes."""
        if last:
            self._end_all()
        until = time.monotonic_ns() - AFTERMATH
        given: list[Record] = []
        kept: list[Record] = []
        for item in self._records:
            (kept if not last and self._exit is None and _waits(item, until) else given).append(item)
        self._records, self.size = kept, 0
        return sorted(map(self._in_the_world, given), key=lambda item: item.number)

    @property
    def waiting(self) -> int:
        """How many records there are to store."""
        return len(self._records)

    def _opened(self, connection: int) -> Conversation:
        talk = Conversation(connection, self._contract, self._give, self._next_number, self._space, self._largest)
        self._open[connection] = talk
        return talk

    def _end(self, frame: Frame, talk: Conversation | None) -> None:
        if talk is None:
            return
        if frame.kind == Kind.UP_END:
            talk.sent_end(frame.at)
        elif frame.kind in (Kind.DOWN_END, Kind.DOWN_RESET):
            talk.answered_end(frame.at, reset=frame.kind == Kind.DOWN_RESET)
        elif frame.kind == Kind.UP_RESET:
            talk.host_reset(frame.at)
        elif frame.kind == Kind.CLOSED:
            talk.closed(frame.at)
            self._count(talk)
            del self._open[frame.connection]

    def _gap(self, frame: Frame) -> None:
        size, exchanges = gap_sizes(frame.data)
        self.summary.lost_bytes += size
        self.summary.lost_exchanges += exchanges
        talk = self._lines or self._open.get(frame.connection)
        if talk is not None:
            talk.gap()

    def _end_all(self) -> None:
        now = time.monotonic_ns()
        if self._lines is not None:
            self._lines.ended(now, self._exit[1] if self._exit else None)
            self._count(self._lines)
        for talk in self._open.values():
            talk.closed(now)
            self._count(talk)
        self._open.clear()

    def _count(self, talk: Conversation | LineConversation) -> None:
        self.summary.large_bodies += talk.large_bodies
        self.summary.lost_exchanges += talk.dropped
        if getattr(talk, "upgraded", False):
            self.summary.upgraded += talk.skipped
        else:
            self.summary.not_understood += talk.skipped

    def _next_number(self) -> int:
        self._number += 1
        return self._number

    def _give(self, record: Record) -> None:
        self._records.append(record)
        if record.reply is not None:
            self._answered = max(self._answered, record.at + record.elapsed)

    def _in_the_world(self, record: Record) -> Record:
        """Microseconds since 1970 for times, and the end of the process where it cut the answer off."""
        reason = record.exit
        if self._exit is not None and reason is None and _is_cut(record):
            ended = record.at + record.elapsed
            # A process that answered another request afterwards did not end there.
            reason = self._exit[1] if self._exit[0] - ended < AFTERMATH and ended >= self._answered else None
        at, elapsed = (record.at + self._epoch) // 1000, record.elapsed // 1000
        return replace(record, at=at, elapsed=elapsed, exit=reason)


def _is_cut(record: Record) -> bool:
    return record.reply is None and (record.fault is None or record.fault.kind in CUT_BY_EXIT)


def _waits(record: Record, until: int) -> bool:
    return record.exit is None and _is_cut(record) and record.at + record.elapsed > until
