"""Start, connections and lifecycle of Function Compute handlers: for each rule one that breaks it."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.harness.app_folders import executable, s_yaml
from tests.harness.kit.fc_handler import fc_app

from fnfuzz.app.discover import discover
from fnfuzz.app.model import App, ContractId, Hook
from fnfuzz.checks.fc_connections import FC_CONNECTION_PROBES
from fnfuzz.checks.fc_lifecycle import FC_LIFECYCLE_PROBES
from fnfuzz.checks.fc_start import FC_START_PROBES
from fnfuzz.checks.model import Probe
from fnfuzz.host import Host, StartFailed
from fnfuzz.rules import RULES

PROBES = (*FC_START_PROBES, *FC_CONNECTION_PROBES, *FC_LIFECYCLE_PROBES)
HOOKS = (Hook(name="initialize", timeout=5.0), Hook(name="pre-stop", timeout=5.0), Hook(name="pre-freeze", timeout=5.0))
HEALTH = {"httpGetUrl": "/healthz", "timeoutSeconds": 2}

ONE_EACH = """
def converse(sock):
    with sock, sock.makefile("rb") as file:
        head = read_head(file)
        if head is not None:
            method, target, headers = head
            status, more, body = route(Request(method, target, headers, read_body(file, headers)))
            write(sock, status, {**more, **LAST}, body)
"""
REFUSES_TWICE = """
CALLS = []
def hook(request, name):
    CALLS.append(name)
    return (200 if len(CALLS) == 1 else 500), {}, b""
"""
BREAKS_BY_TWICE = """
CALLS = []
def hook(request, name):
    CALLS.append(name)
    return 200, {}, b""
def answer(request):
    return (200 if len(CALLS) < 2 else 500), {}, request.body
"""
DRAINS = """
def route(request):
    return (200 if request.method.isalpha() else 400), {}, b"ok"
def read_body(file, headers):
    length = int(headers.get("content-length") or 0)
    return file.read(min(length, MOST))
"""
CATCH_ALL = "HOOKS = {}\ndef answer(request):\n    return 200, {}, "

BROKEN: tuple[tuple[str, str, str], ...] = (
    ("loopback-only", "on 127.0.0.1", "def listen():\n    return socket.create_server(('127.0.0.1', PORT))"),
    (
        "ready-but-not-serving",
        "drops the first connections",
        "SEEN = []\ndef guarded(sock):\n    SEEN.append(sock)\n    converse(sock) if len(SEEN) > 4 else sock.close()",
    ),
    (
        "ready-but-not-serving",
        "is warming up",
        "SEEN = []\ndef answer(request):\n    SEEN.append(1)\n    return (200 if len(SEEN) > 2 else 503), {}, b''",
    ),
    ("keep-alive-refused", "says close", f"LAST = {{'Connection': 'close'}}\n{ONE_EACH}"),
    (
        "keep-alive-refused",
        "speaks HTTP/1.0",
        f"LAST = {{}}\n{ONE_EACH}\n"
        "def write(sock, status, headers, body):\n    sock.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n' + body)",
    ),
    ("keep-alive-lie", "closes without a word", f"LAST = {{}}\n{ONE_EACH}"),
    (
        "second-request-on-connection-fails",
        "closes on the second request",
        f"LAST = {{}}\n{ONE_EACH}\nONCE = converse\n"
        "def converse(sock):\n    with sock.dup() as other:\n        ONCE(sock)\n        other.recv(1)",
    ),
    ("body-not-drained", "reads no body", f"MOST = 0\n{DRAINS}"),
    ("body-not-drained", "reads a part of a long body", f"MOST = 4096\n{DRAINS}"),
    (
        "idle-timeout-short",
        "closes after 1 s",
        "CONVERSE = converse\ndef converse(sock):\n    sock.settimeout(1.0)\n    CONVERSE(sock)",
    ),
    ("idle-timeout-short", "announces 30 s", "def answer(request):\n    return 200, {'Keep-Alive': 'timeout=30'}, b''"),
    (
        "idle-timeout-short-warning",
        "announces 2 min",
        "def answer(request):\n    return 200, {'Keep-Alive': 'timeout=120'}, b''",
    ),
    (
        "bare-connect-breaks-server",
        "ends",
        "HEAD = read_head\ndef read_head(file):\n    return HEAD(file) or os._exit(3)",
    ),
    (
        "bare-connect-breaks-server",
        "logs a traceback",
        "HEAD = read_head\ndef read_head(file):\n    return HEAD(file) or int('')",
    ),
    (
        "bare-connect-breaks-server",
        "serves no more",
        "def accept(server):\n    while True:\n        sock, _ = server.accept()\n"
        "        if not sock.recv(1, socket.MSG_PEEK):\n            time.sleep(3600)\n"
        "        threading.Thread(target=guarded, args=(sock,), daemon=True).start()",
    ),
    (
        "idle-connection-blocks",
        "serves one",
        "def accept(server):\n    while True:\n        guarded(server.accept()[0])",
    ),
    ("pipelined-expect-continue", "waits for the body", "def expect(sock, headers):\n    pass"),
    (
        "client-abort-kills-server",
        "ends on a reset",
        "def guarded(sock):\n    try:\n        converse(sock)\n    except OSError:\n        os._exit(1)",
    ),
    (
        "client-abort-kills-server",
        "ends on a closed pipe",
        "import signal\nsignal.signal(signal.SIGPIPE, signal.SIG_DFL)\n"
        "def answer(request):\n    time.sleep(0.02)\n    return 200, {}, b'x'\n"
        "def write(sock, status, headers, body):\n"
        "    sock.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: %d\\r\\n' % len(body))\n"
        "    time.sleep(0.01)\n    sock.sendall(b'\\r\\n' + body)",
    ),
    ("initialize-missing", "has no route", "def hook(request, name):\n    return 404, {}, b'not found'"),
    ("initialize-failed", "answers 500", "def hook(request, name):\n    return 500, {}, b''"),
    ("initialize-failed", "drops the connection", "def hook(request, name):\n    raise ConnectionError"),
    ("initialize-not-repeatable", "refuses", REFUSES_TWICE),
    ("initialize-not-repeatable", "breaks the events", BREAKS_BY_TWICE),
    ("hook-shadowed", "says hello", f"{CATCH_ALL} b'Hello, this is the shop at ' + request.path.encode()"),
    ("hook-shadowed", "logs an invocation", f"{CATCH_ALL} b'ok'"),
    (
        "pre-stop-failed",
        "answers 500",
        "def hook(request, name):\n    return (500 if name == 'PreStop' else 200), {}, b''",
    ),
    (
        "pre-freeze-failed",
        "ends",
        "def hook(request, name):\n    return (200, {}, b'') if name != 'PreFreeze' else os._exit(2)",
    ),
    (
        "health-check-failed",
        "answers 500",
        "def answer(request):\n    return (500 if request.path == '/healthz' else 200), {}, b''",
    ),
)
"""A rule, how the handler breaks it, and what is changed in the handler of the kit for that."""

UNREADY: tuple[tuple[str, str, str], ...] = (
    ("exit-before-ready", "ends with 3", "sys.exit(3)"),
    ("exit-before-ready", "ends with 0", "sys.exit(0)"),
    ("port-not-listening", "does not listen", "time.sleep(3600)"),
    ("wrong-port", "listens on another", "PORT = 0"),
    (
        "ipv6-only-bind",
        "takes IPv6 only",
        "def listen():\n    return socket.create_server(('::', PORT), family=socket.AF_INET6)",
    ),
    (
        "loopback-only",
        "on ::1",
        "def listen():\n    return socket.create_server(('::1', PORT), family=socket.AF_INET6)",
    ),
)
"""A rule that the start itself decides, how the handler breaks it, and what is changed for that."""

UNSTARTABLE: tuple[tuple[str, bytes | None, int], ...] = (
    ("start-file-missing", None, 0o755),
    ("start-file-not-executable", b"#!/bin/sh\n", 0o644),
    ("start-file-bad-format", b"exec python3 server.py\n", 0o755),
    ("start-file-bad-format", b"#!/bin/sh\r\nexec python3 server.py\r\n", 0o755),
    ("start-file-bad-format", b"MZ\x90\x00", 0o755),
)
"""A rule that the app's files decide, the content of bootstrap, and its mode."""

BREAKS: tuple[str, ...] = tuple(
    dict.fromkeys([row[0] for row in (*BROKEN, *UNREADY, *UNSTARTABLE)] + ["slow-start", "slow-start-warning"])
)
"""Every rule that this file shows broken and respected."""


def claiming(rule: str) -> Probe:
    return next(probe for probe in PROBES if rule in probe.rules)


def rules_of(host: Host, probe: Probe) -> list[str]:
    return [breach.violation.rule for breach in probe.run(host, host.app.functions[0])]


def serving(folder: Path, changes: str = "", **declared: Any) -> App:
    return fc_app(folder, changes, **{"hooks": HOOKS, "health_check": HEALTH, **declared})


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for less of what does not come anyway."""
    monkeypatch.setattr("fnfuzz.checks.fc_requests.SHORTEST_PATIENCE", 1.5)
    monkeypatch.setattr("fnfuzz.checks.fc_clients.INTERIM", 0.2)
    monkeypatch.setattr("fnfuzz.checks.fc_connections.IDLE", 2.0)
    monkeypatch.setattr("fnfuzz.checks.fc_connections.LIE", 0.8)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(("rule", "how", "changes"), BROKEN, ids=[f"{row[0]}, {row[1]}" for row in BROKEN])
def test_a_handler_that_breaks_a_rule_is_told_so(tmp_path: Path, rule: str, how: str, changes: str) -> None:
    with Host(serving(tmp_path, changes), patience=2.0) as host:
        assert set(rules_of(host, claiming(rule))) == {rule}


@pytest.mark.parametrize("contract", ["fc-event", "fc-web"])
@pytest.mark.parametrize("probe", PROBES, ids=[probe.name for probe in PROBES])
def test_a_handler_that_respects_all_rules_hears_nothing(
    tmp_path: Path, probe: Probe, contract: ContractId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fnfuzz.checks.fc_connections.IDLE", 2.0)
    with Host(serving(tmp_path, contract=contract)) as host:
        assert rules_of(host, probe) == []


STANDARD = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = serve

http.server.ThreadingHTTPServer(("", int(os.environ["FC_SERVER_PORT"])), Handler).serve_forever()
"""


@pytest.mark.parametrize("contract", ["fc-event", "fc-web"])
def test_a_plain_server_of_the_standard_library_hears_nothing(
    tmp_path: Path, contract: ContractId, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fnfuzz.checks.fc_connections.IDLE", 0.5)
    app = serving(tmp_path, contract=contract, hooks=HOOKS[:1])
    (tmp_path / "handler.py").write_text(STANDARD)
    with Host(replace(app, command=(sys.executable, "-I", "handler.py"))) as host:
        heard = [breach.violation for probe in PROBES for breach in probe.run(host, host.app.functions[0])]
    assert heard == []


@pytest.mark.parametrize(("rule", "how", "changes"), UNREADY, ids=[f"{row[0]}, {row[1]}" for row in UNREADY])
def test_a_handler_that_does_not_become_ready_is_told_why(tmp_path: Path, rule: str, how: str, changes: str) -> None:
    app = replace(serving(tmp_path, changes), start_timeout=2.5)
    with Host(app) as host:
        with pytest.raises(StartFailed) as failed:
            host.start()
        assert [violation.rule for violation in failed.value.violations] == [rule]
        for name in ("first-request", "bare-connect"):
            assert rules_of(host, next(probe for probe in PROBES if probe.name == name)) == []


@pytest.mark.parametrize(("rule", "content", "mode"), UNSTARTABLE)
def test_a_file_that_cannot_be_started_is_a_problem(
    tmp_path: Path, rule: str, content: bytes | None, mode: int
) -> None:
    s_yaml(tmp_path, "functionName: demo\nruntime: custom.debian12\ncode: ./code")
    bootstrap = tmp_path / "code" / "bootstrap"
    assert discover(tmp_path).problems == ()
    bootstrap.unlink()
    if content is not None:
        executable(bootstrap, content.decode("latin-1"), mode)
    assert [problem.rule for problem in discover(tmp_path).problems] == [rule]


@pytest.mark.parametrize(
    ("seconds", "rules"),
    [(24.0, []), (25.5, ["slow-start-warning"]), (119.0, ["slow-start-warning"]), (121.0, ["slow-start"])],
)
def test_a_start_is_judged_by_its_seconds(tmp_path: Path, seconds: float, rules: list[str]) -> None:
    with Host(serving(tmp_path)) as host:
        host.start()
        host.start_seconds = seconds
        assert rules_of(host, claiming("slow-start-warning")) == rules


def test_an_initializer_gets_all_the_time_that_the_host_gives(tmp_path: Path) -> None:
    slow = "def hook(request, name):\n    time.sleep(1.2)\n    return 200, {}, b''"
    with Host(serving(tmp_path, slow), patience=0.3) as host:
        assert rules_of(host, claiming("initialize-failed")) == []


def test_an_initializer_over_its_time_is_told_so(tmp_path: Path) -> None:
    slow = "def hook(request, name):\n    time.sleep(60)\n    return 200, {}, b''"
    with Host(serving(tmp_path, slow, hooks=(Hook(name="initialize", timeout=0.5),))) as host:
        assert rules_of(host, claiming("initialize-failed")) == ["initialize-failed"]


def test_a_hook_that_answers_like_any_other_page_is_left_alone_when_that_says_nothing(tmp_path: Path) -> None:
    quiet = "def route(request):\n    return 200, {}, b'OK'"
    with Host(serving(tmp_path, quiet)) as host:
        assert rules_of(host, claiming("hook-shadowed")) == []


@pytest.mark.usefixtures("hasty")
def test_a_handler_that_fails_on_every_event_is_not_blamed_for_its_connections(tmp_path: Path) -> None:
    with Host(serving(tmp_path, "def answer(request):\n    os._exit(1)", hooks=(), health_check=None)) as host:
        heard = [breach.violation for probe in PROBES for breach in probe.run(host, host.app.functions[0])]
    assert heard == []


@pytest.mark.usefixtures("hasty")
def test_a_connection_that_ends_with_an_error_is_not_blamed(tmp_path: Path) -> None:
    with Host(
        serving(
            tmp_path, f"LAST = {{'Connection': 'close'}}\n{ONE_EACH}\ndef answer(request):\n    return 404, {{}}, b''"
        )
    ) as host:
        assert rules_of(host, claiming("keep-alive-refused")) == []


def test_a_repetition_that_is_answered_otherwise_is_no_matter_of_the_connection(tmp_path: Path) -> None:
    once = "SEEN = []\ndef answer(request):\n    SEEN.append(1)\n    return (200 if len(SEEN) < 2 else 409), {}, b''"
    with Host(serving(tmp_path, once)) as host:
        assert rules_of(host, claiming("second-request-on-connection-fails")) == []


def test_every_rule_that_a_probe_claims_is_shown_broken() -> None:
    claimed = {rule for probe in PROBES for rule in probe.rules}
    assert claimed <= set(BREAKS)
    assert set(BREAKS) <= set(RULES)
