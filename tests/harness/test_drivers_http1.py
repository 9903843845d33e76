"""The reader of HTTP answers: every fault by its own name, no bytes make it raise, no split changes what it reads."""

from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fnfuzz.contracts.http1 import ResponseReader

BIG = b"x" * 300_000


def read(
    data: bytes, *, method: str = "POST", step: int = 0, end: bool = False, max_bytes: int = 64 << 20
) -> ResponseReader:
    """Feed ``data`` in pieces of ``step`` bytes (0: whole), to the end even when the reader has enough."""
    reader = ResponseReader(method, max_bytes)
    for at in range(0, len(data), step or max(1, len(data))):
        reader.feed(data[at : at + (step or len(data))])
    if end:
        reader.eof()
    return reader


def chunked(*parts: bytes, trailer: bytes = b"") -> bytes:
    body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n" + trailer + b"\r\n"


def length(body: bytes, announced: int | None = None) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) if announced is None else announced) + body


WHOLE = [
    # (bytes, method, ended by close?, status, body, keep_alive)
    pytest.param(length(b"hi"), "POST", False, 200, b"hi", True, id="length"),
    pytest.param(length(b""), "POST", False, 200, b"", True, id="empty"),
    pytest.param(length(BIG), "POST", False, 200, BIG, True, id="large"),
    pytest.param(chunked(b"hi", b" there"), "POST", False, 200, b"hi there", True, id="chunked"),
    pytest.param(chunked(), "POST", False, 200, b"", True, id="chunked empty"),
    pytest.param(chunked(BIG, BIG), "POST", False, 200, BIG * 2, True, id="chunked large"),
    pytest.param(chunked(b"0\r\n\r\n0;"), "POST", False, 200, b"0\r\n\r\n0;", True, id="chunked lookalike"),
    pytest.param(chunked(b"hi", trailer=b"X-Sum: 1\r\n"), "POST", False, 200, b"hi", True, id="trailer"),
    pytest.param(
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;q="a"\r\nhi\r\n0;last\r\n\r\n',
        "POST",
        False,
        200,
        b"hi",
        True,
        id="chunk extension",
    ),
    pytest.param(b"HTTP/1.1 200 OK\r\n\r\nhi", "POST", True, 200, b"hi", False, id="until close"),
    pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", "POST", False, 200, b"hi", False, id="1.0"),
    pytest.param(
        b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 2\r\n\r\nhi",
        "POST",
        False,
        200,
        b"hi",
        True,
        id="1.0 kept",
    ),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        "POST",
        False,
        200,
        b"hi",
        False,
        id="close",
    ),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", "HEAD", False, 200, b"", True, id="HEAD with length"),
    pytest.param(b"HTTP/1.1 200 OK\r\n\r\n", "HEAD", False, 200, b"", True, id="HEAD bare"),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD", False, 200, b"", True, id="HEAD chunked"
    ),
    pytest.param(b"HTTP/1.1 204 No Content\r\n\r\n", "POST", False, 204, b"", True, id="204"),
    pytest.param(
        b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST",
        False,
        204,
        b"",
        True,
        id="204 chunked",
    ),
    pytest.param(
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "POST", False, 304, b"", True, id="304 with length"
    ),
    pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + length(b"hi"), "POST", False, 200, b"hi", True, id="100"),
    pytest.param(
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + chunked(b"hi"),
        "POST",
        False,
        200,
        b"hi",
        True,
        id="103",
    ),
    pytest.param(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "HEAD", False, 200, b"", True, id="100 before HEAD"
    ),
    pytest.param(
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nxyz",
        "POST",
        False,
        101,
        b"",
        False,
        id="101",
    ),
    pytest.param(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi", "POST", False, 200, b"hi", True, id="no reason"),
    pytest.param(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nhi", "POST", False, 200, b"hi", True, id="LF only"),
    pytest.param(
        b"HTTP/1.1 200 OK\nContent-Length: 300000\n\n" + BIG, "POST", False, 200, BIG, True, id="LF only, large"
    ),
    pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\n\r\nhi", "POST", False, 200, b"hi", True, id="LF and CRLF"),
    pytest.param(b"HTTP/1.1 200 OK\n\nhi\nyou", "POST", True, 200, b"hi\nyou", False, id="LF only until close"),
    pytest.param(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\nContent-Length: 2\n\nhi",
        "POST",
        False,
        200,
        b"hi",
        True,
        id="100, LF only",
    ),
    pytest.param(
        b"HTTP/1.1 302 Found\r\nLocation: /a b\r\nContent-Length: 0\r\n\r\n", "GET", False, 302, b"", True, id="302"
    ),
    pytest.param(
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\nContent-Length: 0\r\n\r\n",
        "POST",
        False,
        200,
        b"",
        True,
        id="large head",
    ),
]


@pytest.mark.parametrize("step", [0, 1, 7])
@pytest.mark.parametrize(("data", "method", "closed", "status", "body", "keep"), WHOLE)
def test_a_whole_answer_is_read(
    data: bytes, method: str, closed: bool, status: int, body: bytes, keep: bool, step: int
) -> None:
    step = step if len(data) < 20_000 else step * 4001
    reader = read(data, method=method, step=step, end=closed)
    assert reader.fault is None
    assert reader.reply is not None
    assert reader.done
    assert (reader.reply.status, reader.reply.body, reader.reply.keep_alive) == (status, body, keep)


@pytest.mark.parametrize("step", [0, 1, 7])
@pytest.mark.parametrize("extra", [b"\r\n", b"\n", b"x", b"HTTP/1.1 200 OK\r\n\r\n", b"0\r\n\r\n", b"x" * 100_000])
@pytest.mark.parametrize(
    ("data", "method", "closed", "status", "body", "keep"), [row for row in WHOLE if not row.values[2]]
)
def test_bytes_behind_an_answer_are_told(
    data: bytes, method: str, closed: bool, status: int, body: bytes, keep: bool, step: int, extra: bytes
) -> None:
    step = step if len(data) + len(extra) < 20_000 else step * 4001
    reader = read(data + extra, method=method, step=step)
    assert reader.reply is not None
    assert (reader.reply.status, reader.reply.body) == (status, body)
    assert (reader.fault.kind if reader.fault else "") == ("" if status == 101 else "extra-bytes")


FAULTS = [
    ("closed", b""),
    ("closed", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ("no-status-line", b"<html>hi</html>"),
    ("no-status-line", b"hello\n\nworld"),
    ("no-status-line", b"\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("no-status-line", b"http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
    ("no-status-line", b"HTTQ"),
    ("bad-status-line", b"HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"),
    ("bad-status-line", b"HTTP/1.1 2000 OK\r\n\r\n"),
    ("bad-status-line", b"HTTP/1.1  200 OK\r\n\r\n"),
    ("bad-status-line", b"HTTP/x.y 200 OK\r\n\r\n"),
    ("bad-status-line", b"HTTP/1.1 OK\nContent-Length: 0\n\n"),
    ("bad-header", b"HTTP/1.1 200 OK\r\nnot a header\r\n\r\n"),
    ("bad-header", b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi"),
    ("bad-header", b"HTTP/1.1 200 OK\r\nX: a\x01b\r\n\r\n"),
    ("bad-header", b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n"),
    ("bad-header", b"HTTP/1.1 200 OK\nnot a header\n\n"),
    ("bad-header", b"HTTP/1.1 200 OK\r\n: empty\r\n\r\n"),
    ("truncated-head", b"HTT"),
    ("truncated-head", b"HTTP/1.1 200"),
    ("truncated-head", b"HTTP/1.1 200 OK\r\nX-Half"),
    ("truncated-head", b"HTTP/1.1 200 OK\r\nX: y\r\n\r"),
    ("truncated-head", b"HTTP/1.1 200 OK\nX: y\n"),
    ("short-body", length(b"hi", 5)),
    ("short-body", length(BIG, 300_001)),
    ("bad-chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
    ("bad-chunk", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n"),
    ("truncated-chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"),
    ("truncated-chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n"),
    ("truncated-chunks", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ("bad-framing", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi"),
    ("bad-framing", b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi"),
    ("bad-framing", b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999999\r\n\r\nhi"),
    ("bad-framing", b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\nhi"),
]


@pytest.mark.parametrize("step", [0, 1, 5])
@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 7\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
        b"Content-Length: 2\r\ncontent-length: 2\r\n\r\nhi",
        b"X-Long: a\r\n  b\r\nContent-Length: 2\r\n\r\nhi",
        b"Content-Length: 2\n\nhi",
    ],
)
def test_what_the_hosts_clients_read_is_no_fault(head: bytes, step: int) -> None:
    reader = read(b"HTTP/1.1 200 OK\r\n" + head, step=step, end=True)
    assert reader.fault is None
    assert reader.reply is not None
    assert reader.reply.body == b"hi"


@pytest.mark.parametrize("step", [0, 1, 5])
@pytest.mark.parametrize(("kind", "data"), FAULTS)
def test_each_fault_has_its_name(kind: str, data: bytes, step: int) -> None:
    reader = read(data, step=step if len(data) < 20_000 else step * 4001, end=True)
    assert reader.done
    assert reader.reply is None
    assert reader.fault is not None
    assert (reader.fault.kind, len(reader.fault.raw) <= 4096) == (kind, True)


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_a_body_where_none_may_be_is_extra(method: str) -> None:
    status = b"200 OK" if method == "HEAD" else b"204 No Content"
    reader = read(b"HTTP/1.1 %b\r\nContent-Length: 2\r\n\r\nhi" % status, method=method)
    assert reader.reply is not None
    assert reader.fault is not None
    assert reader.fault.kind == "extra-bytes"


def test_an_answer_over_the_limit_is_told_and_ends_the_reading() -> None:
    for head in (b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n"):
        reader = read(head + BIG, max_bytes=100_000)
        assert reader.fault is not None
        assert reader.fault.kind == "too-large"
    endless = ResponseReader("GET")
    for _ in range(40):
        endless.feed(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 100_000 if not endless.received else b"a" * 100_000)
    assert endless.fault is not None
    assert endless.fault.kind == "too-large"


def test_endless_interim_answers_end_with_the_limit() -> None:
    reader = ResponseReader("GET", 1_000_000)
    while not reader.feed(b"HTTP/1.1 100 Continue\r\n\r\n" * 2000):
        pass
    assert reader.fault is not None
    assert reader.fault.kind == "too-large"


def test_headers_keep_spelling_order_and_doubles_and_drop_trailers() -> None:
    head = b"HTTP/1.1 200 OK\r\nX-A: 1\r\nx-a: \xe9\r\nEmpty:\r\nTransfer-Encoding: chunked\r\n\r\n"
    data = head + b"0\r\nContent-Type: no\r\n\r\n"
    reply = read(data).reply
    assert reply is not None
    assert reply.headers == (("X-A", "1"), ("x-a", "\xe9"), ("Empty", ""), ("Transfer-Encoding", "chunked"))
    assert (reply.reason, reply.version) == ("OK", "1.1")


def test_an_abort_concludes_only_what_is_open() -> None:
    done = read(length(b"hi"))
    done.abort("timeout", "late")
    assert done.fault is None
    half = read(length(b"hi", 9))
    half.abort("timeout", "late")
    assert half.fault is not None
    assert (half.fault.kind, half.reply, half.done) == ("timeout", None, True)


def test_a_long_head_of_bare_line_feeds_is_read_in_linear_time() -> None:
    began = time.process_time()
    reader = read(b"HTTP/1.1 200 OK\n" + b"X: y\n" * 20_000 + b"Content-Length: 0\n\n", step=65536)
    assert reader.reply is not None
    assert time.process_time() - began < 2


PIECES = st.sampled_from(
    [
        b"HTTP/1.1 ", b"HTTP/1.0 ", b"200 OK", b"204 X", b"100 C", b"101 S", b"304 N", b"\r\n", b"\n", b"\r",
        b"\r\n\r\n", b"Content-Length: ", b"X: y", b"0", b"2", b"5", b"0\r\n\r\n",
        b"Transfer-Encoding: chunked", b"Connection: close", b"Upgrade: h2c", b"Connection: upgrade",
        b"2\r\nhi\r\n", b"hi", b";", b":", b" ", b"\x00", b"\xff", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ]
)  # fmt: skip
STREAMS = st.one_of(st.binary(max_size=200), st.lists(PIECES, max_size=14).map(b"".join)) | st.lists(
    PIECES, max_size=10
).map(lambda parts: b"HTTP/1.1 200 OK\r\n" + b"".join(parts))


@settings(max_examples=300, deadline=None)
@given(data=STREAMS, method=st.sampled_from(["GET", "HEAD"]), cuts=st.lists(st.integers(0, 200), max_size=5))
def test_no_bytes_raise_and_no_split_changes_the_reply(data: bytes, method: str, cuts: list[int]) -> None:
    whole = read(data, method=method, end=True)
    split = ResponseReader(method)
    edges = [0, *sorted(cut for cut in cuts if cut < len(data)), len(data)]
    for start, end in itertools.pairwise(edges):
        split.feed(data[start:end])
    split.eof()
    single = read(data, method=method, step=1, end=True)
    assert whole.done
    assert whole.reply is not None or whole.fault is not None
    for other in (split, single):
        assert other.reply == whole.reply
        assert (other.fault is None) == (whole.fault is None)


@settings(max_examples=100, deadline=None)
@given(
    body=st.binary(max_size=300),
    sizes=st.lists(st.integers(1, 50), min_size=1, max_size=5),
    extra=st.binary(max_size=8),
)
def test_any_body_comes_through_both_framings(body: bytes, sizes: list[int], extra: bytes) -> None:
    parts, at, index = [], 0, 0
    while at < len(body):
        parts.append(body[at : at + sizes[index % len(sizes)]])
        at, index = at + len(parts[-1]), index + 1
    for data in (length(body), chunked(*parts)):
        reader = read(data + extra, step=13)
        assert reader.reply is not None
        assert reader.reply.body == body
        assert (reader.fault is not None) == bool(extra)


HEAD_LINES = st.sampled_from(
    (
        b"Content-Type: application/json; charset=utf-8",
        b'ETag: W/"2-abc"',
        b"Content-Length: 2",
        b"content-length: 2",
        b"Content-Length: 3",
        b"Content-Length: 02",
        b"Content-Length: 2, 2",
        b"Content-Length : 2",
        b"Transfer-Encoding: chunked",
        b"Connection: keep-alive",
        b"Connection: close",
        b"Connection: upgrade",
        b"Connection: keep-alive, close",
        b"Upgrade: websocket",
        b"X-Empty: ",
        b"X-None:",
        b"X-Trailing: a ",
        b"X-Latin: \xe9",
        b"X-Tab:\ta",
        b"X-Folded: a\r\n b",
        b"X Bad: a",
        b": a",
        b"no colon",
    )
)
STATUS_LINES = st.sampled_from(
    (
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 ",
        b"HTTP/1.1 200",
        b"HTTP/1.1 404 Not Found",
        b"HTTP/1.1 204 No Content",
        b"HTTP/1.1 304 Not Modified",
        b"HTTP/1.1 101 Switching Protocols",
        b"HTTP/1.1 100 Continue",
        b"HTTP/1.1 600 Odd",
        b"HTTP/1.0 200 OK",
        b"HTTP/2 200 OK",
    )
)


@settings(max_examples=500)
@given(
    status=STATUS_LINES,
    lines=st.lists(HEAD_LINES, max_size=5),
    body=st.sampled_from((b"", b"h", b"hi", b"hi!", b"0\r\n\r\n")),
    method=st.sampled_from(("POST", "HEAD")),
)
@example(
    status=b"HTTP/1.1 200 OK",
    lines=[b"Content-Length: 2, 2", b"Transfer-Encoding: chunked"],
    body=b"",
    method="HEAD",
)
def test_a_plain_answer_in_one_piece_is_what_it_is_in_many(
    status: bytes, lines: list[bytes], body: bytes, method: str
) -> None:
    data = b"\r\n".join((status, *lines)) + b"\r\n\r\n" + body
    whole, pieces = read(data, method=method, end=True), read(data, method=method, step=7, end=True)
    assert whole.reply == pieces.reply
    # Of two faults in one head, the bytes that came first show one.
    assert (whole.fault is None) is (pieces.fault is None)
