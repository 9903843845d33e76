"""Reading along: where messages end, and which answer belongs to which request."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fnfuzz.contracts.http1_messages import Message, MessageReader, Space
from fnfuzz.contracts.http1_requests import request_of
from fnfuzz.contracts.model import Exit, HttpReply, HttpRequest, LineReply, LineRequest
from fnfuzz.corpus.model import Record
from fnfuzz.record.exchanges import Conversation
from fnfuzz.record.line_exchanges import LineConversation

LARGEST = 1000
UP, DOWN = True, False


class Talk:
    """A conversation; ``records`` are what came out of it."""

    def __init__(self, space: int = 1 << 20) -> None:
        self.records: list[Record] = []
        self.count = 0
        self.space = Space(space)
        self.talk = Conversation(3, "fc-web", self.records.append, self.number, self.space, LARGEST)
        self.now = 0

    def number(self) -> int:
        self.count += 1
        return self.count

    def go(self, *steps: tuple[bool, bytes]) -> Talk:
        for upwards, data in steps:
            self.now += 10
            (self.talk.sent if upwards else self.talk.answered)(data, self.now)
        return self

    @property
    def said(self) -> list[tuple[str, int, bytes, str]]:
        """Target, status, body and fault of each record."""
        return [
            (
                item.request.target if isinstance(item.request, HttpRequest) else "-",
                item.reply.status if isinstance(item.reply, HttpReply) else 0,
                item.reply.body if isinstance(item.reply, HttpReply) else b"",
                item.fault.kind if item.fault else "",
            )
            for item in self.records
        ]


def ask(target: str, body: bytes = b"", method: str = "POST") -> bytes:
    return f"{method} {target} HTTP/1.1\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def say(body: bytes, status: int = 200) -> bytes:
    return b"HTTP/1.1 %d OK\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"

TABLE: dict[str, tuple[list[tuple[bool, bytes]], list[tuple[str, int, bytes, str]]]] = {
    "one": ([(UP, ask("/a")), (DOWN, say(b"A"))], [("/a", 200, b"A", "")]),
    "keep-alive": (
        [(UP, ask("/a")), (DOWN, say(b"A")), (UP, ask("/b")), (DOWN, say(b"B"))],
        [("/a", 200, b"A", ""), ("/b", 200, b"B", "")],
    ),
    "pipelined, with HEAD": (
        [
            (UP, ask("/a") + ask("/h", method="HEAD") + ask("/b")),
            (DOWN, say(b"A") + b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n" + say(b"B")),
        ],
        [("/a", 200, b"A", ""), ("/h", 200, b"", ""), ("/b", 200, b"B", "")],
    ),
    "interim answers": (
        [(UP, ask("/a")), (DOWN, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" + say(b"A"))],
        [("/a", 200, b"A", "")],
    ),
    "chunked": ([(UP, ask("/a")), (DOWN, CHUNKED)], [("/a", 200, b"abcde", "")]),
    "no body": (
        [
            (UP, ask("/a") + ask("/b")),
            (DOWN, b"HTTP/1.1 204 No\r\n\r\nHTTP/1.1 304 Not\r\nContent-Length: 7\r\n\r\n"),
        ],
        [("/a", 204, b"", ""), ("/b", 304, b"", "")],
    ),
    "an answer before the request is whole": (
        [(UP, ask("/a", b"12345")[:-2]), (DOWN, say(b"A", 413)), (UP, b"45"), (UP, ask("/b")), (DOWN, say(b"B"))],
        [("/a", 413, b"A", ""), ("/b", 200, b"B", "")],
    ),
    "line feeds alone": (
        [(UP, b"\r\nGET /a HTTP/1.1\nA: b\n c\n\n"), (DOWN, b"HTTP/1.1 200 OK\nContent-Length: 1\n\nA")],
        [("/a", 200, b"A", "")],
    ),
    "an answer that nobody asked for": ([(DOWN, say(b"", 408))], [("-", 408, b"", "extra-bytes")]),
    "contradicting lengths": (
        [(UP, ask("/a")), (DOWN, b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab")],
        [("/a", 0, b"", "bad-framing")],
    ),
    "a broken chunk": (
        [(UP, ask("/a")), (DOWN, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n")],
        [("/a", 0, b"", "bad-chunk")],
    ),
    "text": ([(UP, ask("/a")), (DOWN, b"Traceback")], [("/a", 0, b"", "no-status-line")]),
    "after an answer that is none the next one is understood": (
        [(UP, ask("/a")), (DOWN, b"oops"), (UP, ask("/b")), (DOWN, say(b"B"))],
        [("/a", 0, b"", "no-status-line"), ("/b", 200, b"B", "")],
    ),
    "no request": ([(UP, b"\x16\x03\x01\n\n"), (DOWN, say(b"", 400))], [("-", 400, b"", "bad-framing")]),
}


WITH_NEW_BEGINNINGS = ("text", "no request", "after an answer that is none the next one is understood")
"""Where reading begins anew is known by the beginning of a piece."""


@pytest.mark.parametrize("name", TABLE)
def test_requests_and_answers_are_put_together(name: str) -> None:
    steps, expected = TABLE[name]
    assert Talk().go(*steps).said == expected


@pytest.mark.parametrize("name", [name for name in TABLE if name not in WITH_NEW_BEGINNINGS])
def test_it_does_not_matter_how_the_bytes_are_cut(name: str) -> None:
    steps, expected = TABLE[name]
    talk = Talk().go(*((way, data[at : at + 1]) for way, data in steps for at in range(len(data))))
    assert talk.said == expected
    assert talk.space.used == 0


def test_times_number_and_connection_are_told() -> None:
    [item] = Talk().go((UP, ask("/a")[:5]), (UP, ask("/a")[5:]), (DOWN, say(b"AB")[:-1]), (DOWN, b"B")).records
    assert (item.at, item.elapsed, item.connection, item.number, item.contract) == (10, 30, 3, 1, "fc-web")


ENDS = {
    "closed before the answer": ([], False, "closed"),
    "reset before the answer": ([], True, "reset"),
    "closed in the head": ([(DOWN, b"HTTP/1.1 200 OK\r\nA:")], False, "truncated-head"),
    "closed in the body": ([(DOWN, say(b"abc")[:-1])], False, "short-body"),
    "reset in the body": ([(DOWN, say(b"abc")[:-1])], True, "reset"),
    "closed in a chunk": ([(DOWN, CHUNKED[:60])], False, "truncated-chunks"),
    "closed after 100": ([(DOWN, b"HTTP/1.1 100 Continue\r\n\r\n")], False, "closed"),
}


@pytest.mark.parametrize("name", ENDS)
def test_an_answer_that_is_cut_off_is_a_fault(name: str) -> None:
    steps, was_reset, kind = ENDS[name]
    talk = Talk().go((UP, ask("/a")), *steps)
    talk.talk.answered_end(99, reset=was_reset)
    assert talk.said == [("/a", 0, b"", kind)]


def test_an_answer_until_close_is_whole_at_the_close() -> None:
    talk = Talk().go((UP, ask("/a")), (DOWN, b"HTTP/1.0 200 OK\r\n\r\nall of"), (DOWN, b" it"))
    assert talk.said == []
    talk.talk.answered_end(99, reset=False)
    assert talk.said == [("/a", 200, b"all of it", "")]


def test_a_request_that_was_never_answered_has_neither_answer_nor_fault() -> None:
    talk = Talk().go((UP, ask("/a")))
    talk.talk.closed(99)
    assert talk.said == [("/a", 0, b"", "")]


def test_a_host_that_resets_is_told_from_a_handler_that_does() -> None:
    talk = Talk().go((UP, ask("/a")))
    talk.talk.host_reset(99)
    [item] = talk.records
    assert item.fault is not None
    assert "the host reset" in item.fault.message


def test_what_follows_an_answer_that_is_none_is_not_told_as_silence() -> None:
    talk = Talk().go((UP, ask("/a") + ask("/b")), (DOWN, b"oops" + say(b"B")))
    talk.talk.closed(99)
    assert talk.said == [("/a", 0, b"", "no-status-line"), ("/b", 0, b"", "bad-framing")]


def test_an_upgrade_ends_the_reading() -> None:
    answer = b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n"
    talk = Talk().go((UP, ask("/ws")), (DOWN, answer + b"123"), (UP, b"456"), (DOWN, say(b"no")))
    assert talk.said == [("/ws", 101, b"", "")]
    assert talk.talk.upgraded
    assert talk.talk.skipped == 6 + len(say(b"no"))


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_of_a_large_body_only_size_and_hash_are_kept(framing: str) -> None:
    body = bytes(range(256)) * 8
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = say(body) if framing == "length" else head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    talk = Talk().go((UP, ask("/a", body)), *((DOWN, answer[at : at + 100]) for at in range(0, len(answer), 100)))
    [item] = talk.records
    assert isinstance(item.request, HttpRequest)
    assert (item.request.body, item.reply) == (b"", None)
    assert item.fault is not None
    assert item.fault.kind == "too-large"
    assert f"2048 bytes, SHA-256 {hashlib.sha256(body).hexdigest()}" in item.fault.message
    assert talk.talk.large_bodies == 2


def test_a_large_request_leaves_the_answer_whole() -> None:
    [item] = Talk().go((UP, ask("/a", bytes(2000))), (DOWN, say(b"A"))).records
    assert isinstance(item.reply, HttpReply)
    assert item.fault is not None
    assert "the body of the request" in item.fault.message


def test_that_a_large_request_was_not_kept_is_told_beside_the_failure_of_the_handler() -> None:
    talk = Talk().go((UP, ask("/a", bytes(2000))))
    talk.talk.answered_end(99, reset=False)
    [item] = talk.records
    assert item.fault is not None
    assert item.fault.kind == "closed"
    assert item.fault.message.startswith("the body of the request was not kept: 2000 bytes")
    assert "before the first byte of an answer" in item.fault.message


def test_bodies_share_a_limit_and_give_back_what_they_had() -> None:
    talk = Talk(space=1500).go((UP, ask("/a", bytes(900)) + ask("/b", bytes(900))), (DOWN, say(b"A") + say(b"B")))
    kinds = [item.fault.kind if item.fault else "" for item in talk.records]
    assert kinds == ["", "too-large"]
    assert talk.space.used == 0


def test_after_a_gap_the_next_request_is_understood() -> None:
    talk = Talk().go((UP, ask("/a")), (DOWN, say(b"AAAA")[:-2]))
    talk.talk.gap()
    talk.go((DOWN, b"rest of something"), (UP, ask("/b")), (DOWN, say(b"B")))
    assert talk.said == [("/b", 200, b"B", "")]
    assert talk.talk.dropped == 1
    assert talk.talk.skipped == 17


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.booleans(), st.one_of(st.binary(max_size=60), st.sampled_from([CHUNKED, say(b"x"), ask("/")])))
    )
)
@example([(DOWN, b"HTTP/1.1 999999 x\r\n\r\n")])
@example([(UP, b"GET / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n")])
def test_no_bytes_make_it_raise_and_every_request_is_told_once(steps: Sequence[tuple[bool, bytes]]) -> None:
    talk = Talk().go(*steps)
    talk.talk.sent_end(1)
    talk.talk.answered_end(1, reset=False)
    talk.talk.closed(2)
    assert sorted(item.number for item in talk.records) == list(range(1, talk.count + 1))
    assert talk.space.used == 0


HEADERS = st.lists(
    st.tuples(
        st.from_regex(r"[A-Za-z][A-Za-z0-9-]{0,10}", fullmatch=True), st.text("abc é~;=", max_size=8).map(str.strip)
    ),
    max_size=4,
).map(lambda pairs: tuple(pair for pair in pairs if pair[0].lower() not in ("content-length", "transfer-encoding")))
REQUESTS = st.builds(
    HttpRequest,
    st.sampled_from(["GET", "POST", "M-SEARCH"]),
    st.sampled_from(["/", "/a?b=c%20d", "*", "http://h/x"]),
    HEADERS,
    st.binary(max_size=50),
    st.sampled_from(["chunked", "length"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(REQUESTS, min_size=1, max_size=4), st.integers(1, 60))
def test_requests_come_back_as_they_were_written(requests: list[HttpRequest], step: int) -> None:
    data = b"".join(item.to_bytes() for item in requests)
    found: list[Message] = []
    reader = MessageReader(Space(1 << 20), 1 << 20, found.append)
    for at in range(0, len(data), step):
        reader.feed(data[at : at + step], at)
    assert [request_of(message) for message in found] == requests
    assert all(message.whole for message in found)


def test_a_request_without_framing_has_none() -> None:
    found: list[Message] = []
    MessageReader(Space(10), 10, found.append).feed(b"GET / HTTP/1.1\r\nX: \xff\r\nno header\r\n\r\n", 0)
    assert request_of(found[0]) == HttpRequest("GET", "/", (("X", "ÿ"),), b"", None)


# -- lines


def lines(*steps: tuple[bool, bytes], exit: int | None = None) -> list[tuple[object, object, str]]:
    found: list[Record] = []
    count = iter(range(1, 1000))
    talk = LineConversation(found.append, lambda: next(count), LARGEST)
    for upwards, data in steps:
        (talk.sent if upwards else talk.answered)(data, 5)
    talk.ended(9, None if exit is None else Exit(exit))
    return [(item.request, item.reply, item.fault.kind if item.fault else "") for item in found]


OK = b'{"status":200}'


def test_lines_and_answers_are_paired_in_order() -> None:
    steps = [(UP, b"a\nb\n"), (DOWN, OK + b"\n"), (DOWN, b"log\n" + OK[:5]), (DOWN, OK[5:] + b"\n")]
    assert lines(*steps) == [
        (LineRequest(b"a"), LineReply((OK,), 0), ""),
        (LineRequest(b"b"), LineReply((b"log", OK), 1), ""),
    ]


def test_what_stands_behind_an_answer_in_one_piece_belongs_to_it() -> None:
    assert lines((UP, b"a\n"), (DOWN, OK + b"\n" + OK + b"\n")) == [(LineRequest(b"a"), LineReply((OK, OK), 0), "")]


def test_unasked_lines_are_told_with_the_next_line_or_at_the_end() -> None:
    assert lines((DOWN, b"hello\n"), (UP, b"a\n"), (DOWN, OK + b"\n"), (DOWN, b"bye\npart")) == [
        (LineRequest(b"a"), LineReply((OK,), 0, b"", b"hello\n"), ""),
        (None, LineReply((), None, b"", b"bye\npart"), ""),
    ]


def test_a_line_without_an_answer_is_told_at_the_end() -> None:
    assert lines((UP, b"a\nb"), (DOWN, b"oops\n"), exit=1) == [
        (LineRequest(b"a"), LineReply((b"oops",), None), "exited"),
        (LineRequest(b"b"), None, "exited"),
    ]
    assert lines((UP, b"a\n"), (DOWN, OK)) == [(LineRequest(b"a"), LineReply((), None, OK), "unterminated")]


def test_of_a_long_line_only_size_and_hash_are_kept() -> None:
    long = b'{"body":"' + b"x" * 2000 + b'"}'
    assert lines((UP, b"a\n"), (DOWN, long + b"\n"), (UP, long + b"\n"), (DOWN, OK + b"\n")) == [
        (LineRequest(b"a"), None, "line-too-long"),
        (None, LineReply((OK,), 0), "line-too-long"),
    ]
