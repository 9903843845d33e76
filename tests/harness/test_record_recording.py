"""Records of the frames that the relay copied."""

from __future__ import annotations

import time

from fnfuzz.contracts.model import Exit
from fnfuzz.corpus import Record
from fnfuzz.record.recording import Recording
from fnfuzz.record.ring import Frame, Kind

ASKED = b"GET /half HTTP/1.1\r\nHost: x\r\n\r\n"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
MOMENT = 1_000_000
"""Nanoseconds between two frames."""


def recorded(*frames: tuple[int, int, bytes]) -> list[Record]:
    """What is stored of frames: connection, kind, data."""
    recording, began = Recording(contract="", largest=10**6, lines=False), time.monotonic_ns()
    for number, (connection, kind, data) in enumerate(frames):
        recording.take(Frame(began + number * MOMENT, connection, kind, memoryview(data)))
    return recording.ready(last=True)


def test_an_answer_that_the_end_of_the_process_cut_off_tells_so() -> None:
    end = (
        (1, Kind.OPEN, b""),
        (1, Kind.UP, ASKED),
        (1, Kind.DOWN, HALF),
        (1, Kind.DOWN_END, b""),
        (0, Kind.EXIT, b"-9"),
    )
    [record] = recorded(*end)
    assert record.exit == Exit(-9)


def test_a_process_that_answered_another_request_afterwards_did_not_end_there() -> None:
    half, other = recorded(
        (1, Kind.OPEN, b""),
        (1, Kind.UP, ASKED),
        (1, Kind.DOWN, HALF),
        (1, Kind.DOWN_END, b""),
        (2, Kind.OPEN, b""),
        (2, Kind.UP, ASKED),
        (2, Kind.DOWN, WHOLE),
        (0, Kind.EXIT, b"-15"),
    )
    assert half.fault is not None
    assert (half.fault.kind, half.exit, other.exit) == ("short-body", None, None)


def test_a_request_that_cannot_be_read_is_kept_where_the_answer_cannot_be_either() -> None:
    nonsense = b"NONSENSE of a client\r\n\r\n"
    record = recorded(
        (1, Kind.OPEN, b""), (1, Kind.UP, nonsense), (1, Kind.DOWN, b"<html>no\r\n\r\n"), (1, Kind.DOWN_END, b"")
    )[0]
    assert record.fault is not None
    assert record.fault.raw.startswith(nonsense)
    assert b"<html>" in record.fault.raw
