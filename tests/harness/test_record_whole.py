"""The recorder as it runs: processes, sockets, signals."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import psutil
import pytest
from tests.harness.kit.driven import alive, eventually, numbers
from tests.harness.kit.recorded import line_pair, recorded

from fnfuzz.contracts.model import HttpReply, HttpRequest, LineReply, LineRequest
from fnfuzz.drivers.guard import marked_processes

MARK = "FNFUZZ_TEST_OF_RECORDING"


def get(target: str, body: bytes = b"") -> bytes:
    return b"POST %b HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n%b" % (target.encode(), len(body), body)


def read_until(sock: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        part = sock.recv(1 << 20)
        if not part:
            return data
        data += part
    return data


def exchange(sock: socket.socket, target: str) -> bytes:
    sock.sendall(get(target))
    return read_until(sock, target.encode())


def body_of(item: object) -> bytes:
    assert isinstance(item, HttpReply | HttpRequest)
    return item.body


@pytest.fixture
def mark(monkeypatch: pytest.MonkeyPatch) -> str:
    """A variable in the environment of every process that the test starts."""
    value = uuid.uuid4().hex
    monkeypatch.setenv(MARK, value)
    return value


def left(mark: str) -> list[int]:
    """What is still running after a bounded wait."""
    until = time.monotonic() + 10
    while (found := [pid for pid in marked_processes(mark, MARK) if alive(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    return found


def test_an_exchange_passes_and_is_recorded(tmp_path: Path) -> None:
    with recorded(tmp_path) as recorder, recorder.connect() as host:
        before = time.time_ns() // 1000
        assert exchange(host, "/api/one").endswith(b"\r\n\r\n/api/one")
        assert recorder.stop(signal.SIGINT) == -signal.SIGINT
        [item] = recorder.records()
    assert isinstance(item.request, HttpRequest)
    assert (item.request.method, item.request.target, item.request.framing) == ("POST", "/api/one", "length")
    assert item.request.headers == (("Host", "h"),)
    assert isinstance(item.reply, HttpReply)
    assert (item.reply.status, item.reply.body, item.fault) == (200, b"/api/one", None)
    assert (item.connection, item.number) == (1, 1)
    assert before <= item.at <= time.time_ns() // 1000
    assert 0 < item.elapsed < 20_000_000


def test_the_host_is_refused_until_the_handler_listens(tmp_path: Path) -> None:
    with recorded(tmp_path, "time.sleep(0.8)") as recorder:
        began = time.monotonic()
        refused = 0
        while True:
            try:
                socket.create_connection(("127.0.0.1", recorder.port), timeout=5).close()
                break
            except ConnectionRefusedError:
                refused += 1
                assert time.monotonic() - began < 20
                time.sleep(0.01)
    assert refused > 10


def test_the_host_is_refused_when_the_handler_listens_no_more(tmp_path: Path) -> None:
    change = """
def run():
    server = socket.create_server(("127.0.0.1", port))
    server.accept()[0].close()
    server.close()
    time.sleep(60)
"""
    with recorded(tmp_path, change) as recorder:
        recorder.connect().close()

        def refused() -> bool:
            try:
                with socket.create_connection(("127.0.0.1", recorder.port), timeout=5) as sock:
                    sock.recv(1)
            except ConnectionRefusedError:
                return True
            except ConnectionResetError:
                pass
            return False

        assert eventually(refused)


def test_sixteen_connections_lose_nothing_and_keep_their_order(tmp_path: Path) -> None:
    each = 120
    with recorded(tmp_path) as recorder:
        recorder.connect().close()

        def drive(number: int) -> None:
            with recorder.connect() as host:
                for turn in range(each):
                    exchange(host, f"/{number}/{turn}")

        threads = [threading.Thread(target=drive, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        recorder.stop()
        items, summary = recorder.records(), recorder.summary()
    assert summary["lost_exchanges"] == summary["lost_bytes"] == summary["not_understood"] == 0
    assert sorted(item.number for item in items) == list(range(1, 16 * each + 1))
    turns: dict[int, list[str]] = {}
    for item in sorted(items, key=lambda item: item.number):
        assert isinstance(item.request, HttpRequest)
        assert body_of(item.reply).decode() == item.request.target
        turns.setdefault(item.connection, []).append(item.request.target.split("/")[2])
    assert sorted(turns.values()) == [[str(turn) for turn in range(each)]] * 16
    assert [item.at for item in sorted(items, key=lambda item: item.number)] == sorted(item.at for item in items)


FRAMINGS = """
def chunked(talk, body):
    talk.say(b"HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n")
    for at in range(0, len(body), 3):
        talk.say(b"%x\\r\\n%b\\r\\n" % (len(body[at:at + 3]), body[at:at + 3]))
    talk.say(b"0\\r\\n\\r\\n")

def upgrade(talk, body):
    talk.say(b"HTTP/1.1 101 Switching Protocols\\r\\nUpgrade: echo\\r\\n\\r\\n")
    while (data := talk.sock.recv(100)):
        talk.say(data)
    return False

def until_close(talk, body):
    assert talk.sock.recv(1) == b""
    talk.say(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + b"a" * 300000)
    return False

def reset(talk, body):
    import struct
    talk.sock.setsockopt(1, 13, struct.pack("ii", 1, 0))
    talk.file.close()
    talk.sock.close()

def short(talk, body):
    talk.say(b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhalf")
    return False

def no_http(talk, body):
    talk.say(b"hello\\n")
    return False

def closed(talk, body):
    return False

def empty(talk, body):
    talk.say(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")

usual = answer
def answer(talk, method, target, headers, body):
    known = globals().get(target[1:])
    return usual(talk, method, target, headers, body) if known is None else known(talk, body)
"""

WAYS: dict[str, tuple[bytes, bytes]] = {
    "pipelined": (
        get("/a") + get("/b", b"x" * 100_000) + b"HEAD /c HTTP/1.1\r\n\r\n" + get("/empty") + get("/dd"),
        b"/dd",
    ),
    "chunked": (b"POST /chunked HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"0\r\n\r\n"),
    "closed": (get("/closed"), b"\0"),
    "short": (get("/short"), b"\0"),
    "no http": (get("/no_http"), b"\0"),
}


def test_every_framing_passes_and_is_recorded(tmp_path: Path) -> None:
    with recorded(tmp_path, FRAMINGS) as recorder:
        got = {}
        for name, (sent, end) in WAYS.items():
            with recorder.connect() as host:
                host.sendall(sent)
                got[name] = read_until(host, end)
        with recorder.connect() as host:
            host.sendall(b"POST /up HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
            assert read_until(host, b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            host.sendall(b"hello")
            read_until(host, b"hello")
        with recorder.connect() as host:
            host.sendall(b"GET /upgrade HTTP/1.1\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n")
            read_until(host, b"\r\n\r\n")
            host.sendall(b"\x00\xff GET / HTTP/1.1")
            assert read_until(host, b"1.1") == b"\x00\xff GET / HTTP/1.1"
        with recorder.connect() as host:
            host.sendall(b"GET /until_close HTTP/1.0\r\n\r\n")
            host.shutdown(socket.SHUT_WR)
            assert len(read_until(host, b"\0")) == 300_019
        with recorder.connect() as host:
            host.sendall(get("/reset"))
            with pytest.raises(ConnectionResetError):
                host.recv(100)
        recorder.stop()
        items, summary = recorder.records(), recorder.summary()
    assert got["pipelined"].count(b"HTTP/1.1 20") == 5
    assert got["chunked"].endswith(b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n")
    assert (got["closed"], got["no http"], got["short"][-4:]) == (b"", b"hello\n", b"half")
    seen = {
        item.request.target: (item.fault.kind if item.fault else "", body_of(item.reply) if item.reply else None)
        for item in items
        if isinstance(item.request, HttpRequest)
    }
    assert list(seen.items()) == [
        ("/a", ("", b"/a")),
        ("/b", ("", b"x" * 100_000)),
        ("/c", ("", b"")),
        ("/empty", ("", b"")),
        ("/dd", ("", b"/dd")),
        ("/chunked", ("", b"hello")),
        ("/closed", ("closed", None)),
        ("/short", ("short-body", None)),
        ("/no_http", ("no-status-line", None)),
        ("/up", ("", b"hello")),
        ("/upgrade", ("", b"")),
        ("/until_close", ("", b"a" * 300_000)),
        ("/reset", ("reset", None)),
    ]
    assert (summary["cut"], summary["upgraded"], summary["not_understood"]) == (4, 34, 6)


def test_the_end_of_the_process_is_recorded_with_the_exchange_that_it_cut(tmp_path: Path) -> None:
    change = "def answer(talk, *request):\n    os._exit(41)\n"
    with recorded(tmp_path, change) as recorder, recorder.connect() as host:
        host.sendall(get("/crash"))
        with contextlib.suppress(ConnectionResetError):
            assert host.recv(100) == b""
        assert recorder.process.wait(timeout=20) == 41
        [item] = recorder.records()
    assert str(item.exit) == "exit code 41"
    assert item.reply is None


def test_a_handler_that_catches_a_signal_decides_itself(tmp_path: Path) -> None:
    change = """
import signal
def stop(number, frame):
    print("bye", flush=True)
    os._exit(9)
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGUSR2, lambda *_: os.write(2, b"usr2\\n"))
"""
    with recorded(tmp_path, change) as recorder, recorder.connect() as host:
        recorder.process.send_signal(signal.SIGUSR2)
        assert recorder.process.stderr is not None
        assert recorder.process.stdout is not None
        assert recorder.process.stderr.readline() == b"usr2\n"
        exchange(host, "/still")
        assert recorder.stop() == 9
        assert recorder.process.stdout.read() == b"bye\n"
        assert recorder.process.stderr.read() == b""


def test_everything_answered_is_recorded_when_the_recorder_is_killed(tmp_path: Path, mark: str) -> None:
    count = random.Random(0).randrange(100, 300)
    with recorded(tmp_path) as recorder, recorder.connect() as host:
        for turn in range(count):
            exchange(host, f"/{turn}")
        recorder.stop(signal.SIGKILL)
        assert left(mark) == []
        items = recorder.records()
    assert [body_of(item.reply) for item in items] == [b"/%d" % turn for turn in range(count)]


def test_a_second_before_everything_is_killed_is_safe(tmp_path: Path, mark: str) -> None:
    with recorded(tmp_path) as recorder, recorder.connect() as host:
        for turn in range(50):
            exchange(host, f"/{turn}")
        time.sleep(1.2)
        for pid in marked_processes(mark, MARK):
            os.kill(pid, signal.SIGKILL)
        recorder.process.wait(timeout=20)
        assert len(recorder.records()) == 50


def test_what_the_handler_has_started_ends_with_a_killed_recorder(tmp_path: Path, mark: str) -> None:
    file = tmp_path / "pids"
    change = f"""
import subprocess
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
open({str(file)!r}, "w").write(f"{{os.getpid()}}\\n{{child.pid}}\\n")
"""
    with recorded(tmp_path, change) as recorder, recorder.connect():
        pids = numbers(file, 2)
        assert len(pids) == 2
        recorder.process.kill()
        assert left(mark) == []
        assert not any(map(alive, pids))


def test_a_full_disk_stops_no_traffic_and_is_counted(tmp_path: Path) -> None:
    with recorded(tmp_path, sink="open_full", options={"takes": 0}) as recorder, recorder.connect() as host:
        for turn in range(20):
            exchange(host, f"/{turn}")
        assert recorder.stop() == -signal.SIGTERM
        summary = recorder.summary()
    assert (summary["stored"], summary["lost_exchanges"]) == (0, 20)
    assert "No space left on device" in summary["errors"][0]


def test_a_writer_that_dies_stops_no_traffic_and_is_told(tmp_path: Path) -> None:
    with recorded(tmp_path, sink="open_deadly") as recorder, recorder.connect() as host:
        exchange(host, "/0")
        time.sleep(1.0)
        for turn in range(1, 20):
            exchange(host, f"/{turn}")
        assert recorder.stop() == -signal.SIGTERM
        summary = recorder.summary()
    assert summary["stored"] == 0
    assert summary["lost_exchanges"] >= 19
    assert summary["lost_bytes"] > 19 * 80
    assert summary["errors"]


def test_strict_ends_rather_than_pass_anything_unrecorded(tmp_path: Path, mark: str) -> None:
    with recorded(tmp_path, sink="open_full", strict=True) as recorder, recorder.connect() as host:
        with pytest.raises(ConnectionError):  # noqa: PT012 # it takes until the first flush
            for turn in range(100_000):
                if not exchange(host, f"/{turn}"):
                    raise ConnectionError("closed")
        assert recorder.process.wait(timeout=20) == 3
        assert left(mark) == []
        assert recorder.summary()["errors"]


def test_a_stuck_disk_holds_traffic_for_a_second_at_most_and_what_is_lost_is_counted(tmp_path: Path) -> None:
    body = b"x" * 200_000
    plan = {"sink": "open_slow", "options": {"seconds": 2.2}, "ring": 1 << 20}
    with recorded(tmp_path, **plan) as recorder, recorder.connect() as host:
        exchange(host, "/first")
        time.sleep(0.6)
        slowest = 0.0
        for _ in range(40):
            began = time.monotonic()
            host.sendall(get("/big", body))
            read_until(host, body)
            slowest = max(slowest, time.monotonic() - began)
        recorder.stop()
        items, summary = recorder.records(), recorder.summary()
    assert slowest < 1.35
    assert summary["lost_bytes"] > 1_000_000
    assert summary["lost_exchanges"] > 0
    assert len(items) + summary["lost_exchanges"] >= 41
    assert all(body_of(item.reply) in (b"/first", body) for item in items if item.reply)


def test_a_body_of_100_mb_passes_in_bounded_memory(tmp_path: Path) -> None:
    size, block = 100 << 20, bytes(range(256)) * 4096
    change = """
import hashlib
class Talk(Talk):
    def body(self, headers):
        left, digest = int(headers["content-length"]), hashlib.sha256()
        while left:
            part = self.file.read1(min(left, 1 << 20))
            left -= len(part)
            digest.update(part)
        return digest.hexdigest().encode()
def answer(talk, method, target, headers, body):
    talk.say(b"HTTP/1.1 200 OK\\r\\nX-Seen: %b\\r\\nContent-Length: %d\\r\\n\\r\\n" % (body, 100 << 20))
    for _ in range(100):
        talk.say(bytes(range(256)) * 4096)
"""
    with recorded(tmp_path, change) as recorder, recorder.connect() as host:
        digest = hashlib.sha256()
        host.sendall(b"POST /big HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(100):
            digest.update(block)
            host.sendall(block)
        seen, got = hashlib.sha256(), 0
        head = b""
        while b"\r\n\r\n" not in head:
            head += host.recv(1)
        while got < size:
            part = host.recv(1 << 20)
            got += len(part)
            seen.update(part)
        processes = [psutil.Process(recorder.process.pid), *psutil.Process(recorder.process.pid).children()]
        memory = max(item.memory_info().rss - item.memory_info().shared for item in processes)
        recorder.stop()
        [item] = recorder.records()
        summary = recorder.summary()
    assert f"X-Seen: {digest.hexdigest()}".encode() in head
    assert seen.hexdigest() == digest.hexdigest()
    assert memory < 120 << 20
    assert summary["large_bodies"] == 2
    assert item.reply is None
    assert item.fault is not None
    assert (item.fault.kind, str(size) in item.fault.message) == ("too-large", True)
    assert digest.hexdigest() in item.fault.message
    assert item.fault.raw.startswith(b"HTTP/1.1 200 OK")


def test_a_handler_with_a_port_of_its_own_is_relayed_to(tmp_path: Path) -> None:
    from fnfuzz.drivers.ports import free_port

    own = free_port()
    with recorded(tmp_path, f"port = {own}", handler_port=own) as recorder, recorder.connect() as host:
        exchange(host, "/own")
        recorder.stop()
        assert len(recorder.records()) == 1


def test_a_handler_that_takes_the_hosts_port_itself_is_told(tmp_path: Path) -> None:
    change = "port = int(sys.argv[1])\n"
    with recorded(tmp_path, change) as first:
        first.process.kill()
    port = first.port
    command = [sys.executable, "-I", "-S", str(tmp_path / "handler.py"), f"0{port}"]
    with recorded(tmp_path, change, command=command, port=port) as recorder:
        recorder.port = port
        with recorder.connect() as host:
            exchange(host, "/direct")
        time.sleep(0.2)
        recorder.stop()
        assert recorder.summary()["bypassed"] == port


def test_a_handler_that_never_listens_is_told_what_to_do(tmp_path: Path) -> None:
    with recorded(tmp_path, "sys.exit(5)") as recorder:
        assert recorder.process.wait(timeout=20) == 5
        assert "--handler-port" in recorder.summary()["errors"][0]


LINES = """
def run():
    for number, line in enumerate(sys.stdin.buffer):
        if number == 1:
            os.write(1, b"a log line\\r\\n")
        os.write(1, b'{"status":200,"body":"%d"}\\n' % number)
    os.write(1, b"unasked\\n")
    sys.exit(6)
"""


def test_lines_pass_byte_for_byte_and_are_paired(tmp_path: Path) -> None:
    with recorded(tmp_path, LINES, stdio=subprocess.PIPE, contract="azure-stdio") as recorder:
        process = recorder.process
        assert process.stdin is not None
        assert process.stdout is not None
        asked = line_pair(3)
        seen = []
        for number, line in enumerate(asked):
            process.stdin.write(line + b"\n")
            process.stdin.flush()
            seen += [process.stdout.readline() for _ in range(2 if number == 1 else 1)]
        process.stdin.close()
        seen.append(process.stdout.readline())
        assert process.wait(timeout=20) == 6
        items = recorder.records()
    answers = [b'{"status":200,"body":"%d"}' % number for number in range(3)]
    assert b"".join(seen) == b"\n".join((answers[0], b"a log line\r", *answers[1:], b"unasked", b""))
    assert [item.request for item in items] == [*map(LineRequest, asked), None]
    assert [item.reply for item in items] == [
        LineReply((answers[0],), 0),
        LineReply((b"a log line\r", answers[1]), 1),
        LineReply((answers[2],), 0),
        LineReply((), None, b"", b"unasked\n"),
    ]
    assert {item.contract for item in items} == {"azure-stdio"}


def test_a_line_handler_that_ends_before_its_answer_is_recorded_with_its_end(tmp_path: Path) -> None:
    change = "def run():\n    sys.stdin.readline()\n    os._exit(8)\n"
    with recorded(tmp_path, change, stdio=subprocess.PIPE, contract="azure-stdio") as recorder:
        assert recorder.process.stdin is not None
        recorder.process.stdin.write(b'{"url":"/"}\n')
        recorder.process.stdin.flush()
        assert recorder.process.wait(timeout=20) == 8
        [item] = recorder.records()
    assert item.fault is not None
    assert (item.fault.kind, str(item.exit)) == ("exited", "exit code 8")


def test_lines_are_recorded_when_the_recorder_is_killed(tmp_path: Path, mark: str) -> None:
    with recorded(tmp_path, LINES, stdio=subprocess.PIPE, contract="azure-stdio") as recorder:
        process = recorder.process
        assert process.stdin is not None
        assert process.stdout is not None
        for line in line_pair(100):
            process.stdin.write(line + b"\n")
        process.stdin.flush()
        for _ in range(101):
            process.stdout.readline()
        recorder.stop(signal.SIGKILL)
        assert left(mark) == []
        assert len(recorder.records()) == 100
