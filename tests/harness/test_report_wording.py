from __future__ import annotations

import pytest

from fnfuzz.contracts.model import (
    CallerReply,
    Exit,
    Fault,
    HostOutcome,
    HttpReply,
    HttpRequest,
    LineReply,
    LineRequest,
    Observed,
    Output,
)
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent
from fnfuzz.report.wording import duration, event_lines, observed_lines, outcome_lines, request_lines, stream_lines


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.0004, "0.4 ms"), (0.035, "35 ms"), (3.24, "3.2 s"), (30, "30 s"), (1800, "30 min"), (86400, "24 h")],
)
def test_times_are_in_words(seconds: float, words: str) -> None:
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("event", "lines"),
    [
        (HttpEvent(path="/api/x", query=(("q", "a b"),)), ["GET /api/x?q=a+b", "no body"]),
        (HttpEvent(method="POST", headers=(("A", "1"),), body=b"hi"), ["POST /", "A: 1", "body, 2 bytes:", "  hi"]),
        (QueueEvent(), ["message of 0 bytes"]),
        (
            QueueEvent(message=b"7", dequeue_count=5, attributes=(("k", "v"),)),
            ["message, 1 byte:", "  7", "delivered for the 5. time", "attribute k: v"],
        ),
        (
            BlobEvent(name="a\nb", content=b"\xff", metadata=(("o", "m"),)),
            ['blob "a\\nb", application/octet-stream', "content, 1 byte:", "  \\xff", "metadata o: m"],
        ),
        (TimerEvent(past_due=True), ["timer, due 2025-03-11T09:15:00+00:00, past due"]),
        (RawEvent(), ["event of 0 bytes"]),
    ],
)
def test_an_event_is_told_without_its_defaults(event: Event, lines: list[str]) -> None:
    assert event_lines(event) == lines


def test_a_request_is_told_as_it_goes_over_the_wire() -> None:
    lines = request_lines(HttpRequest("POST", "/f", (("Host", "h"),), b"hi\x1b", "chunked"))
    assert lines[:4] == ["POST /f HTTP/1.1", "Host: h", "Transfer-Encoding: chunked", ""]
    assert "hi\\x1b\\r" in lines
    assert request_lines(LineRequest(b"{}")) == ["{}", "(3 bytes with the line feed)"]


def test_answer_fault_and_exit_are_all_told() -> None:
    observed = Observed(
        reply=HttpReply(204, "No Content", (("X", "\x1b"),), b""),
        fault=Fault("extra-bytes", "more came", b"\x00"),
        exit=Exit(-9),
        elapsed=0.5,
    )
    assert observed_lines(observed) == [
        "HTTP/1.1 204 No Content, after 500 ms",
        "X: \\x1b",
        "no body",
        "extra-bytes: more came",
        "  \\x00",
        "the process ended: signal 9 (SIGKILL)",
    ]
    assert observed_lines(Observed()) == ["nothing"]


def test_lines_on_stdout_say_which_one_is_the_answer() -> None:
    reply = LineReply((b"hello", b'{"status":200}'), 1, partial=b"rest", stale=b"early")
    assert observed_lines(Observed(reply=reply, elapsed=0.001)) == [
        "2 lines on stdout, after 1.0 ms",
        "1 (no answer): hello",
        '2 (answer): {"status":200}',
        "without a line feed: rest",
        "written before the request: early",
    ]


@pytest.mark.parametrize(
    ("outcome", "event", "lines"),
    [
        (
            HostOutcome(status="completed", delivery="deleted"),
            QueueEvent(),
            ["the invocation completes", "the message counts as done"],
        ),
        (
            HostOutcome(status="failed", error="Boom\n", caller=CallerReply(500)),
            HttpEvent(),
            ["the invocation fails: Boom\\n", "the HTTP caller gets 500 without a body"],
        ),
        (
            HostOutcome(status="hung", until=1800.0, delivery="redelivered"),
            BlobEvent(),
            ["the invocation hangs until the host gives up after 30 min", "the blob is delivered again"],
        ),
        (HostOutcome(status="hung"), TimerEvent(), ["the invocation hangs for ever, no limit is set"]),
        (
            HostOutcome(status="completed", outputs=(Output("res", "queue", (b"a", b"")),), result=b"", logs=("hi",)),
            RawEvent(),
            [
                "the invocation completes",
                "output res (queue) writes, 1 byte:",
                "  a",
                "output res (queue) writes 0 bytes",
                "the result is empty",
                "log: hi",
            ],
        ),
    ],
)
def test_the_hosts_view_is_in_words(outcome: HostOutcome, event: Event, lines: list[str]) -> None:
    assert outcome_lines(outcome, event) == lines


def test_logs_show_their_last_lines() -> None:
    assert stream_lines(b"a\n\nb\x1b\r\nc\n", most=2) == ["b\\x1b", "c"]
