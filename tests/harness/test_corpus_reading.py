"""What people and other programs get out of a corpus: text, numbers, shapes, other formats."""

from __future__ import annotations

import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.kit.records import NOON, RECORDS, filled, order, records

from fnfuzz.cli.corpus_export import FORMATS
from fnfuzz.contracts.model import HttpReply, HttpRequest, LineReply
from fnfuzz.corpus import Record, record_id
from fnfuzz.corpus.exporting import EXPORTERS
from fnfuzz.corpus.json_layout import laid_out
from fnfuzz.corpus.shape import shape, status, status_class
from fnfuzz.corpus.summary import summarise
from fnfuzz.corpus.text import record_lines, record_title
from fnfuzz.corpus.unkept import Unkept, unkept
from fnfuzz.events import HttpEvent, QueueEvent, from_data

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)


def exported(form: str, *kept: Record) -> tuple[str, list[str]]:
    left_out: list[str] = []
    items = ((record_id(record), record) for record in kept)
    text = "".join(EXPORTERS[form](items, lambda _, reason: left_out.append(reason)))
    return text, left_out


def test_a_body_that_was_not_kept_is_told_with_its_size() -> None:
    asked = HttpRequest("POST", "/upload", (("Host", "x"),), b"", "length")
    large = Unkept("request", 1 << 30, "ab" * 32)
    record = Record(request=asked, reply=HttpReply(200, "OK", (), b"10"), fault=large.fault(b"POST /upload"))
    lines = list(record_lines("ab12", record))
    assert "> Content-Length: 1073741824" in lines
    assert "> (1,073,741,824 bytes, not kept)" in lines
    assert "> Content-Length: 0" not in lines
    assert unkept(record.fault, "request") == large
    assert unkept(record.fault, "answer") is None
    empty = list(record_lines("ab12", replace(record, fault=None)))
    assert "> Content-Length: 0" in empty


def test_a_record_reads_as_what_went_over_the_wire() -> None:
    assert list(record_lines("ab12", order(1, body=b'{"b": 1.50, "a": [], "b": "\\u0041"}'))) == [
        "record ab12",
        "function: orders",
        "contract: azure-forward",
        "trigger: http",
        "at: 2025-03-11T12:00:00.001000Z",
        "took: 1.500 ms",
        "place: 1 on connection 1",
        "delivery: 0d6a4f0e-3b0e-4a55-9a6c-6f1f9f0c7a11 at 2025-03-11T09:15:02.4471936Z",
        "",
        "> POST /api/orders/1 HTTP/1.1",
        "> Host: shop",
        "> Content-Type: application/json",
        "> Content-Length: 35",
        ">",
        "> {",
        '>   "b": 1.50,',
        '>   "a": [],',
        '>   "b": "\\u0041"',
        "> }",
        "",
        "< HTTP/1.1 201 Created",
        "< Content-Type: application/json",
        "<",
        "< {",
        '<   "accepted": true',
        "< }",
    ]
    assert record_title("ab12" * 8, order(1)) == "ab12ab12ab12  orders  azure-forward  http  POST /api/orders/1  201"


def test_bytes_that_are_no_text_are_base64_and_long_ones_are_cut_with_their_hash() -> None:
    lines = list(record_lines("ab", RECORDS[2]))
    assert lines[-5:] == [">", "> (base64 of 2 bytes)", "> /wA=", "", "< (no answer was recorded)"]
    long = order(1, body=b"x" * 100)
    cut = list(record_lines("ab", long, limit=10))
    assert any(line.startswith("> (90 of 100 bytes are not shown; BLAKE2b ") for line in cut)
    assert "> " + "x" * 100 in record_lines("ab", long, whole=True)


@given(records())
@settings(deadline=None)
def test_no_line_of_any_record_does_anything_to_a_terminal(record: Record) -> None:
    lines = [record_title("ab", record), *record_lines("ab", record)]
    assert lines == [record_title("ab", record), *record_lines("ab", record)]
    for line in lines:
        assert line.isprintable()
        line.encode("utf-8")


@given(JSON)
def test_json_that_is_laid_out_is_still_the_same(value: object) -> None:
    lines = list(laid_out(json.dumps(value)))
    assert json.loads("\n".join(lines)) == value
    assert lines == json.dumps(value, indent=2).split("\n")


def test_the_shape_leaves_values_out_and_keeps_the_structure() -> None:
    same = order(2, body=b'{"order": 99, "items": [{"sku": "B", "qty": 0}, {"sku": "C", "qty": 1}]}')
    assert shape(order(1)) == shape(same) == shape(replace(order(1), at=9, delivery=None))
    others = [
        order(1, status=404),
        order(1, function="else"),
        order(1, body=b'{"order": "1", "items": []}'),
        order(1, body=b"text"),
        order(1, body=b"\xff"),
        order(1, body=b""),
        order(1, body=b"x" * 70_000),
        replace(order(1), event=HttpEvent(method="PUT", path="/api/orders/1")),
        replace(order(1), event=QueueEvent()),
        replace(order(1), event=None),
    ]
    assert len({shape(record) for record in (order(1), *others)}) == len(others) + 1


def test_a_status_is_told_whatever_the_end_was() -> None:
    assert [status(record) for record in RECORDS] == [
        "201", "404", "unanswered", "202", "timeout", "exited", "unanswered", "unanswered",
    ]  # fmt: skip
    assert [status_class(word) for word in ("201", "timeout", "99", "500")] == ["2xx", "timeout", "99", "5xx"]
    assert status(Record(reply=LineReply((b"{}",), 0))) == "answered"
    assert status(Record(reply=LineReply((b"{}",), 7))) == "answered"


def test_the_summary_counts(tmp_path: Path) -> None:
    corpus = filled(tmp_path / "c", RECORDS, [order(9, status=500, body=b"b" * 10_000)])
    told = summarise(corpus)
    assert told.records == len(RECORDS) + 1
    assert told.functions == {"orders": 4, "": 3, "q": 1, "b": 1}
    assert told.triggers == {"http": 3, "": 2, "queue": 1, "blob": 1, "timer": 1, "raw": 1}
    assert told.statuses["2xx"] == 2
    assert (told.first, told.last) == (NOON + 1000, NOON + 9000)
    assert told.sent > 10_000
    assert told.slowest == 1500
    files = [path for name in ("segments", "bodies") for path in (tmp_path / "c" / name).rglob("*")]
    assert told.stored == sum(path.stat().st_size for path in files if path.is_file())
    assert (told.unreadable, told.damage) == (0, ())
    assert summarise(corpus) == told


def test_json_and_ndjson_hold_everything_of_every_record() -> None:
    text, left_out = exported("json", *RECORDS)
    lines, _ = exported("ndjson", *RECORDS)
    assert json.loads(text) == [json.loads(line) for line in lines.splitlines()]
    assert left_out == []
    assert exported("json")[0] == "[]\n"
    for record, data in zip(RECORDS, json.loads(text), strict=True):
        assert data["id"] == record_id(record)
        assert (from_data(data["event"]) if data["event"] else None) == record.event
    assert json.loads(text)[2]["event"]["message_base64"] == "/wA="


@given(st.lists(records(), max_size=3), st.sampled_from(FORMATS))
@settings(deadline=None)
def test_every_format_takes_any_record_and_gives_printable_text(kept: list[Record], form: str) -> None:
    text, left_out = exported(form, *kept)
    assert len(left_out) <= len(kept)
    if form != "curl":
        assert all(line.isprintable() for line in text.split("\n"))
    if form in ("json", "har"):
        json.loads(text)
    if form == "pytest":
        compile(text, "exported", "exec")


def test_har_has_the_members_of_har_1_2() -> None:
    log = json.loads(exported("har", order(1, body=b"\xff"), RECORDS[4])[0])["log"]
    assert log["version"] == "1.2"
    [entry] = log["entries"]
    assert {"startedDateTime", "time", "request", "response", "cache", "timings"} <= set(entry)
    assert entry["request"]["url"] == "http://shop/api/orders/1"
    assert entry["request"]["postData"]["_encoding"] == "base64"
    assert entry["response"]["status"] == 201
    assert json.loads(entry["response"]["content"]["text"]) == {"accepted": True}
    assert exported("har", RECORDS[4])[1] == ["it did not go over HTTP"]


Asked: TypeAlias = tuple[str, str, list[tuple[str, str]], bytes]
"""Method, target, headers and body of a request as a server saw it."""


class Echo(http.server.BaseHTTPRequestHandler):
    """Answers 201 with what was asked, and remembers it."""

    protocol_version = "HTTP/1.1"
    asked: list[Asked]

    def do_any(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b"".join(iter(self._chunk, b""))
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.asked.append((self.command, self.path, list(self.headers.items()), body))
        self.send_response(201)
        self.send_header("Content-Length", "18")
        self.end_headers()
        self.wfile.write(b'{"accepted": true}')

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline(), 16)
        return self.rfile.read(size + 2)[:size]

    do_GET = do_POST = do_PUT = do_any

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def echo() -> Iterator[tuple[int, list[Asked]]]:
    asked: list[Asked] = []
    server = http.server.HTTPServer(("127.0.0.1", 0), type("Handler", (Echo,), {"asked": asked}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server.server_address[1], asked
    server.shutdown()
    thread.join()
    server.server_close()


HTTP = (
    order(1),
    order(2, body=b"@/etc/passwd"),
    order(3, body=b'it\'s "$HOME" `id` \\ \n\xe2\x82\xac'),
    order(4, body=b"\x00\xff" * 50),
    replace(order(5), request=HttpRequest("GET", "/a?b=[1]&c={2}&d=%20", (("Host", "x"), ("X-Empty", "")))),
    replace(order(6), request=HttpRequest("PUT", "/../x", (("Host", "x"),), b"chunks", "chunked")),
)


def check_asked(asked: list[Asked]) -> None:
    for record, (method, target, headers, body) in zip(HTTP, asked, strict=True):
        assert isinstance(record.request, HttpRequest)
        assert (method, target, body) == (record.request.method, record.request.target, record.request.body)
        sent = [pair for pair in headers if pair[0].lower() not in ("content-length", "transfer-encoding")]
        assert sorted(sent) == sorted(record.request.headers)


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
def test_the_curl_commands_send_the_very_requests(tmp_path: Path, echo: tuple[int, list[Asked]]) -> None:
    port, asked = echo
    hostile = replace(order(7), request=HttpRequest("GET", "/", (("Bad\r\nName", "x"),)))
    text, left_out = exported("curl", *HTTP, hostile, RECORDS[4], replace(HTTP[0], function="f\n$(id)"))
    assert left_out == ["no client sends such headers", "it did not go over HTTP"]
    (tmp_path / "all.sh").write_text(text, "utf-8")
    environment = {**os.environ, "BASE": f"http://127.0.0.1:{port}", "no_proxy": "*"}
    subprocess.run(["sh", tmp_path / "all.sh"], check=True, env=environment, timeout=60, stdout=subprocess.DEVNULL)
    check_asked(asked[:-1])


def exported_tests(text: str) -> dict[str, Callable[[], None]]:
    names: dict[str, Any] = {}
    exec(text, names)
    return {name: value for name, value in names.items() if name.startswith("test_")}


def test_the_exported_tests_pass_against_the_same_handler_and_fail_against_another(
    monkeypatch: pytest.MonkeyPatch, echo: tuple[int, list[Asked]]
) -> None:
    port, asked = echo
    monkeypatch.setenv("HANDLER", f"127.0.0.1:{port}")
    text, left_out = exported("pytest", *HTTP, RECORDS[4], HTTP[0], replace(HTTP[0], reply=None))
    assert sorted(left_out) == ["it did not go over HTTP", "it has no answer", "the same exchange is there already"]
    wrong, _ = exported("pytest", replace(HTTP[0], reply=HttpReply(200, "OK", (), b"{}")))
    for test in exported_tests(text).values():
        test()
    check_asked(asked)
    [(name, test)] = exported_tests(wrong).items()
    assert name == f"test_orders_{record_id(replace(HTTP[0], reply=HttpReply(200, 'OK', (), b'{}')))[:12]}"
    with pytest.raises(AssertionError):
        test()


def test_an_exported_test_sends_a_target_that_is_no_ascii(
    monkeypatch: pytest.MonkeyPatch, echo: tuple[int, list[Asked]]
) -> None:
    port, asked = echo
    monkeypatch.setenv("HANDLER", f"127.0.0.1:{port}")
    record = replace(order(8), request=HttpRequest("GET", "/f\u00e9?q=\u00fc", (("Host", "x"),)))
    [test] = exported_tests(exported("pytest", record)[0]).values()
    test()
    assert asked[0][1].encode("latin-1").decode() == "/f\u00e9?q=\u00fc"


def test_the_formats_of_the_command_are_those_of_the_library() -> None:
    assert tuple(EXPORTERS) == FORMATS
