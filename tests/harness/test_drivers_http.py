"""The HTTP driver against real sockets: small servers that behave, misbehave and die."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.harness.kit.driven import eventually, running, serving

from fnfuzz.contracts.model import Exit, HttpReply, HttpRequest, Observed
from fnfuzz.drivers import HandlerGone, HttpConnection, HttpInstance, exchange_together


def post(body: bytes = b"{}") -> bytes:
    return HttpRequest("POST", "/x", (("Host", "127.0.0.1"),), body, "length").to_bytes()


def ask(connection: HttpConnection, body: bytes = b"{}", limit: float = 5.0) -> Observed:
    return connection.exchange(post(body), "POST", limit)


def told(observed: Observed) -> str:
    return observed.fault.kind if observed.fault else ""


def body(observed: Observed) -> bytes:
    assert isinstance(observed.reply, HttpReply), observed
    return observed.reply.body


def test_many_exchanges_share_one_connection(tmp_path: Path) -> None:
    with serving(tmp_path, "serve(lambda client, body: answer(client, body))") as connection:
        assert [body(ask(connection, b"%d" % number)) for number in range(200)] == [
            b"%d" % number for number in range(200)
        ]
        assert connection.is_open
        assert connection.reopened == 0


def test_an_answer_in_slow_pieces_is_one_answer(tmp_path: Path) -> None:
    source = """
def reply(client, body):
    for piece in (b"HTTP/1.1 200 OK\\r\\nContent-", b"Length: 6\\r\\n\\r\\n", b"abc", b"def"):
        client.sendall(piece)
        time.sleep(0.01)
serve(reply)
"""
    with serving(tmp_path, source) as connection:
        assert [body(ask(connection)) for _ in range(3)] == [b"abcdef"] * 3


def test_a_large_request_and_a_large_answer_pass(tmp_path: Path) -> None:
    with serving(tmp_path, "serve(lambda client, body: answer(client, body))") as connection:
        large = bytes(range(256)) * 20_000
        assert body(ask(connection, large, 20)) == large
        assert connection.is_open


def test_nobody_listens_is_refused(tmp_path: Path) -> None:
    with serving(tmp_path, "server = listen(); server.accept(); server.close(); time.sleep(60)") as connection:
        observed = eventually(lambda: ask(connection) if told(ask(connection)) == "refused" else None)
        assert observed
        assert (told(observed), observed.exit, observed.reply) == ("refused", None, None)


@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        (
            "client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, bytes([1, 0, 0, 0, 0, 0, 0, 0])); client.close()",
            "reset",
        ),
        ("client.close()", "closed"),
        ("client.sendall(b'HTTP/1.1 200 OK\\r\\nX'); client.close()", "truncated-head"),
        ("client.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc'); client.close()", "short-body"),
        (
            "client.sendall(b'HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n3\\r\\nabc\\r\\n')",
            "truncated-chunks",
        ),
        ("client.sendall(b'hello'); client.close()", "no-status-line"),
    ],
)
def test_an_early_end_has_its_name_and_the_next_exchange_works(tmp_path: Path, ending: str, kind: str) -> None:
    source = f"""
def reply(client, body):
    if body != b'end': return answer(client, body)
    {ending}
    return False
serve(reply)
"""
    with serving(tmp_path, source) as connection:
        assert body(ask(connection, b"first")) == b"first"
        observed = ask(connection, b"end")
        assert (told(observed), observed.exit) == (kind, None)
        assert not connection.is_open
        assert body(ask(connection, b"after")) == b"after"


@pytest.mark.parametrize("keeps", [True, False])
def test_an_early_answer_to_a_large_request_is_read(tmp_path: Path, keeps: bool) -> None:
    """The half-sent request never leaks into the next exchange."""
    end = "time.sleep(60)" if keeps else "client.shutdown(socket.SHUT_WR); client.settimeout(1)"
    source = f"""
def one(client):
    client.recv(1000)
    client.sendall(b"HTTP/1.1 413 Too Large\\r\\nContent-Length: 2\\r\\n\\r\\nno")
    {end}
server = listen()
while True:
    threading.Thread(target=one, args=server.accept()[:1], daemon=True).start()
"""
    with serving(tmp_path, source) as connection:
        for _ in range(3):
            observed = ask(connection, b"x" * 5_000_000)
            assert isinstance(observed.reply, HttpReply)
            assert (observed.reply.status, observed.reply.body, observed.fault) == (413, b"no", None)
            assert observed.elapsed < 3
            assert not connection.is_open


def test_a_handler_that_never_reads_runs_into_the_limit(tmp_path: Path) -> None:
    with serving(
        tmp_path, "server = listen()\nclients = []\nwhile True: clients.append(server.accept())"
    ) as connection:
        observed = ask(connection, b"x" * 20_000_000, 0.3)
        assert (told(observed), observed.exit) == ("timeout", None)
        assert 0.3 <= observed.elapsed < 2


def test_a_handler_that_never_answers_runs_into_the_limit_though_it_floods_its_log(tmp_path: Path) -> None:
    with serving(
        tmp_path, "def reply(client, body):\n    while True: os.write(2, b'log line\\n' * 5000)\nserve(reply)"
    ) as connection:
        observed = ask(connection, b"{}", 0.5)
        assert told(observed) == "timeout"
        assert 0.5 <= observed.elapsed < 3
        assert connection.process.stderr.total > 1_000_000


def test_a_connection_closed_while_idle_is_opened_anew(tmp_path: Path) -> None:
    source = "def reply(client, body):\n    answer(client, body)\n    return False\nserve(reply)"
    with serving(tmp_path, source) as connection:
        for number in range(10):
            assert body(ask(connection, b"%d" % number)) == b"%d" % number
            time.sleep(0.002)


def test_a_connection_closed_right_behind_the_answer_is_opened_anew(tmp_path: Path) -> None:
    """Without a pause the driver does not look before it writes: the request meets a closed socket."""
    source = """
count = [0]
def reply(client, body):
    count[0] += 1
    answer(client, b"%d" % count[0])
    return False
serve(reply)
"""
    with serving(tmp_path, source) as connection:
        assert [body(ask(connection)) for _ in range(300)] == [b"%d" % (number + 1) for number in range(300)]


def test_a_large_request_on_a_connection_that_was_closed_is_sent_anew(tmp_path: Path) -> None:
    source = "def reply(client, body):\n    answer(client, b'%d' % len(body))\n    return False\nserve(reply)"
    with serving(tmp_path, source) as connection:
        assert [body(ask(connection, b"x" * 1_000_000)) for _ in range(20)] == [b"1000000"] * 20


@pytest.mark.parametrize("earlier", [0, 1])
@pytest.mark.parametrize(
    ("end", "code"),
    [("os._exit(3)", 3), ("os.kill(os.getpid(), signal.SIGSEGV); time.sleep(60)", -11), ("os._exit(0)", 0)],
)
def test_a_crash_is_told_with_code_or_signal_within_a_second(tmp_path: Path, end: str, code: int, earlier: int) -> None:
    source = f"def reply(client, body):\n    if body == b'die': {end}\n    answer(client, body)\nserve(reply)"
    with serving(tmp_path, source) as connection:
        for _ in range(earlier):
            body(ask(connection, b"ok"))
        observed = ask(connection, b"die")
        assert (told(observed) in ("closed", "reset"), observed.exit) == (True, Exit(code))
        assert observed.elapsed < 1
        with pytest.raises(HandlerGone) as gone:
            ask(connection)
        assert gone.value.exit == Exit(code)


def test_a_crash_in_the_middle_of_a_large_request_is_told(tmp_path: Path) -> None:
    source = "server = listen()\nwhile True:\n    client, _ = server.accept()\n    if client.recv(5000): os._exit(4)"
    with serving(tmp_path, source) as connection:
        observed = ask(connection, b"x" * 5_000_000)
        assert (told(observed), observed.exit) == ("reset", Exit(4))
        assert observed.elapsed < 1


def test_a_crash_behind_a_whole_answer_leaves_the_answer_and_the_next_finds_the_handler_gone(tmp_path: Path) -> None:
    with serving(
        tmp_path, "def reply(client, body):\n    answer(client, body)\n    os._exit(5)\nserve(reply)"
    ) as connection:
        assert body(ask(connection, b"last")) == b"last"
        assert connection.process.wait_exit(5) == Exit(5)
        with pytest.raises(HandlerGone) as gone:
            ask(connection)
        assert gone.value.exit == Exit(5)


def test_a_dead_handler_whose_child_holds_the_socket_is_told_at_once(tmp_path: Path) -> None:
    source = """
server = listen()
while True:
    client, _ = server.accept()
    if request(client) is not None:
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nabc")
        if os.fork() == 0: time.sleep(60)
        os._exit(6)
"""
    with serving(tmp_path, source) as connection:
        observed = ask(connection, limit=5)
        assert (told(observed), observed.exit) == ("short-body", Exit(6))
        assert observed.elapsed < 1


def test_extra_bytes_come_with_the_answer_and_end_the_connection(tmp_path: Path) -> None:
    source = "serve(lambda client, body: client.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nokEXTRA'))"
    with serving(tmp_path, source) as connection:
        for _ in range(3):
            observed = ask(connection)
            assert (body(observed), told(observed), connection.is_open) == (b"ok", "extra-bytes", False)


def test_bytes_that_come_after_the_answer_are_told_apart_and_never_taken_for_the_next_one(tmp_path: Path) -> None:
    source = """
def reply(client, body):
    answer(client, body)
    if body == b"more":
        time.sleep(0.02)
        client.sendall(b"MORE")
serve(reply)
"""
    with serving(tmp_path, source) as connection:
        assert body(ask(connection, b"plain")) == b"plain"
        assert not connection.unasked()
        assert body(ask(connection, b"more")) == b"more"
        deadline = time.monotonic() + 10
        while not connection.unasked() and time.monotonic() < deadline:
            time.sleep(0.005)
        assert not connection.is_open
        assert not connection.unasked()
        assert body(ask(connection, b"next")) == b"next"


def test_an_answer_over_the_limit_ends_the_reading(tmp_path: Path) -> None:
    with serving(tmp_path, "serve(lambda client, body: answer(client, bytes(3000000)))") as connection:
        connection.max_bytes = 1_000_000
        assert told(ask(connection)) == "too-large"


def test_a_client_may_hang_up_wait_and_read_late(tmp_path: Path) -> None:
    source = """
def reply(client, body):
    if body == b"bye":
        time.sleep(0.05)
        return False
    answer(client, body)
serve(reply)
"""
    with serving(tmp_path, source) as connection:
        assert connection.closed_by_handler(1) == 0.0
        assert connection.open_silent() is None
        assert connection.closed_by_handler(0.02) is None
        connection.send_only(post(b"late"))
        assert body(connection.read_reply("POST", 5)) == b"late"
        connection.send_only(post(b"bye"))
        waited = connection.closed_by_handler(5)
        assert waited is not None
        assert 0.01 < waited < 5
        assert told(connection.read_reply("POST", 1)) == "closed"
        assert connection.open_silent() is None
        connection.send_only(post(b"half")[:20])
        connection.close(abort=True)
        assert body(ask(connection, b"still there")) == b"still there"


def test_answers_of_requests_at_once_keep_their_order(tmp_path: Path) -> None:
    source = """
def one(client):
    body = request(client)
    if body is not None:
        time.sleep(0.1 if body.endswith(b"0") else 0)
        answer(client, body)
server = listen()
while True:
    threading.Thread(target=one, args=server.accept()[:1], daemon=True).start()
"""
    with serving(tmp_path, source) as connection:
        sent = [b"%02d" % number for number in range(20)]
        port = connection.address[1]
        observed = exchange_together(connection.process, port, [post(item) for item in sent], "POST", 10)
        assert [body(item) for item in observed] == sent
        assert all(item.elapsed < 5 for item in observed)
        assert observed[1].elapsed <= observed[0].elapsed


def test_requests_at_once_meet_a_crash_a_silence_and_a_closed_port(tmp_path: Path) -> None:
    source = """
server = listen()
clients = []
while True:
    client, _ = server.accept()
    clients.append(client)
    body = request(client)
    if body == b"die":
        answer(clients[-2], b"early")
        os._exit(7)
"""
    with serving(tmp_path, source) as connection:
        process, port = connection.process, connection.address[1]
        silent = exchange_together(process, port, [post(b"one")], "POST", 0.2)
        assert [told(item) for item in silent] == ["timeout"]
        crash = exchange_together(process, port, [post(b"one"), post(b"die")], "POST", 5)
        assert body(crash[0]) == b"early"
        assert (told(crash[1]) in ("closed", "reset"), crash[1].exit) == (True, Exit(7))
        assert crash[1].elapsed < 2
        assert [told(item) for item in exchange_together(process, port, [post()] * 2, "POST", 5)] == ["refused"] * 2


def test_an_instance_stops_twice_and_tells_its_exit(tmp_path: Path) -> None:
    with running(tmp_path, "time.sleep(60)") as process:
        instance = HttpInstance(process, 1)
        assert instance.exit_now() is None
        assert instance.stop() == Exit(-9)
        assert instance.stop() == Exit(-9)
        assert instance.exit_now() == Exit(-9)
