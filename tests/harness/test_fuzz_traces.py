from __future__ import annotations

import pytest

from fnfuzz.fuzz.traces import find_trace, trace_block

PYTHON = """2025 INFO start
Traceback (most recent call last):
  File "/usr/lib/python3.11/http/server.py", line 99, in run
    x()
  File "/app/main.py", line 34, in handle
    return order["items"]
  File "/app/.venv/lib/python3.11/site-packages/flask/app.py", line 1, in f
    y
KeyError: 'items'
127.0.0.1 - - "POST / HTTP/1.1" 500 -
"""
NODE = """/app/server.js:30
  return decodeURIComponent(x);
         ^

URIError: URI malformed
    at decodeURIComponent (<anonymous>)
    at greet (/app/server.js:30:10)
    at Server.<anonymous> (/app/node_modules/x/index.js:7:5)
    at node:internal/http:1:2
"""
GO = """panic: runtime error: index out of range [3] with length 3

goroutine 18 [running]:
main.handle(0xc0000b2000)
\t/app/main.go:41 +0x1d
net/http.HandlerFunc.ServeHTTP(...)
\t/usr/local/go/src/net/http/server.go:2136
"""
JAVA = """Exception in thread "main" java.lang.NullPointerException: x
\tat java.base/java.util.Objects.requireNonNull(Objects.java:233)
\tat shop.Orders.total(Orders.java:19)
"""
GO_CAUGHT = """2026/11/21 07:34:00 http: panic serving 127.0.0.1:41032: runtime error: makeslice: cap out of range
goroutine 34 [running]:
net/http.(*conn).serve.func1()
\t/usr/local/go/src/net/http/server.go:1943 +0xd3
panic({0x682ac0?, 0x70f0c0?})
\t/usr/local/go/src/runtime/panic.go:783 +0x132
main.search({0x711a98, 0xc0001620e0}, 0xc000170000?)
\t/app/main.go:13 +0x11e
net/http.HandlerFunc.ServeHTTP(0xc000172000?)
\t/usr/local/go/src/net/http/server.go:2322 +0x29
net/http.(*ServeMux).ServeHTTP(0x47b2d9?)
\t/usr/local/go/src/net/http/server.go:2861 +0x1c7
created by net/http.(*Server).Serve in goroutine 1
\t/usr/local/go/src/net/http/server.go:3493 +0x485
"""
RUBY = "orders.rb:12:in `total': undefined method `+' for nil (NoMethodError)\n"
RUST = "thread 'main' panicked at src/main.rs:7:5:\nindex out of bounds\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PYTHON, "KeyError at main.py:34"),
        (PYTHON.replace("KeyError: 'items'", "_csv.Error: new-line character"), "_csv.Error at main.py:34"),
        (PYTHON.replace("KeyError: 'items'", "struct.error: unpack requires 4 bytes"), "struct.error at main.py:34"),
        (PYTHON.replace("KeyError: 'items'", "shop.OutOfStock"), "OutOfStock at main.py:34"),
        (NODE, "URIError at server.js:30"),
        (GO, "panic: runtime error: index out of range [N] with length N at main.go:41"),
        (GO_CAUGHT, "panic: runtime error: makeslice: cap out of range at main.go:13"),
        (JAVA, "NullPointerException at Orders.java:19"),
        (RUBY, "NoMethodError at orders.rb:12"),
        (RUST, "panic at main.rs:7"),
        ('rid [ERROR] ValueError("bad")', "ValueError"),
    ],
)
def test_the_exception_and_the_own_frame_are_found(text: str, expected: str) -> None:
    assert str(find_trace(text)) == expected


def test_the_place_does_not_depend_on_the_payload() -> None:
    assert find_trace(PYTHON) == find_trace(PYTHON.replace("'items'", "'quantity'"))


@pytest.mark.parametrize("text", ["", "all is well", "200 OK\nno errors here", "Error handling is fine"])
def test_ordinary_logs_hold_no_trace(text: str) -> None:
    assert find_trace(text) is None


def test_a_block_ends_with_the_line_of_the_exception() -> None:
    assert trace_block(PYTHON)[0] == "Traceback (most recent call last):"
    assert trace_block(PYTHON)[-1] == "KeyError: 'items'"


def test_a_block_of_go_begins_with_the_panic() -> None:
    block = trace_block(f"ready\n{GO_CAUGHT}")
    assert "makeslice" in block[0]
    assert any("/app/main.go:13" in line for line in block)
    assert len(block) == 12


def test_a_block_carries_no_escape_sequences() -> None:
    assert trace_block("\x1b[31mred\x1b[0m line") == ("red line",)


def test_where_a_stack_was_full_does_not_matter() -> None:
    deep = "RangeError: Maximum call stack size exceeded\n    at walk (/app/server.js:%d:5)\n"
    assert str(find_trace(deep % 13)) == str(find_trace(deep % 26)) == "RangeError"
