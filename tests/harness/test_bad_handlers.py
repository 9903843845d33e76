"""Handlers that misbehave as programs: one clear message each, the right exit code, nothing left running."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

KIT = """#!{python}
import os, signal, socket, subprocess, sys, threading, time
PORT = int(os.environ["FUNCTIONS_CUSTOMHANDLER_PORT"])
ANSWER = b'{"Outputs":{"res":{"statusCode":200,"body":"fine"}}}'
def ok(client):
    data = b""
    try:
        while True:
            more = client.recv(65536)
            if not more: return
            data += more
            ended = data.endswith(b"0\\r\\n\\r\\n") or (b"chunked" not in data and b"\\r\\n\\r\\n" in data)
            if ended:
                data = b""
                head = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: %d\\r\\n\\r\\n"
                client.sendall(head % len(ANSWER) + ANSWER)
    except OSError: pass
def serve(answer=ok, port=PORT, host="127.0.0.1", family=socket.AF_INET):
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port)); listener.listen(64)
    while True: threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()
"""

FLOOD = """
def flood():
    while True: os.write(2, b"noise " * 1000 + b"\\n")
threading.Thread(target=flood, daemon=True).start()
serve()
"""
CHILD = """
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    time.sleep(300)
    os._exit(0)
serve()
"""
TEXT_ONLY = """
def text(client):
    client.recv(65536)
    client.sendall(b"hello, world\\n")
    client.close()
serve(text)
"""

CASES = {
    "exits at start": ("sys.exit('no database')", 3, ("proc-crash-loop", "exit code 1", "no database")),
    "exits with 0": ("sys.exit(0)", 3, ("proc-exit-zero",)),
    "another port": ("serve(port=0)", 3, ("start-port-ignored", "instead of port")),
    "only ::1": ("serve(host='::1', family=socket.AF_INET6)", 3, ("start-not-ipv4-loopback", "::1")),
    "HTTP/0.9": (TEXT_ONLY, 1, ("resp-framing", "does not begin with a status line")),
    "floods stderr": (FLOOD, 0, ("log-stderr-noise", "0 errors")),
    "a child that stays": (CHILD, 0, ("0 errors",)),
    "ignores SIGTERM": ("signal.signal(signal.SIGTERM, signal.SIG_IGN); serve()", 0, ("0 errors",)),
    "nothing wrong": ("serve()", 0, ("0 errors",)),
}
FILES = {
    "no file": (None, 0o755, ("start-exec-missing", "no such file")),
    "no execute bit": ("#!/bin/sh\n", 0o644, ("start-exec-missing", "chmod +x")),
    "CRLF": ("#!/bin/sh\r\necho\r\n", 0o755, ("start-exec-missing", "CRLF")),
    "no interpreter": ("#!/opt/nowhere/python9\n", 0o755, ("start-exec-missing", "/opt/nowhere/python9")),
    "no first line": ("just text\n", 0o755, ("start-exec-missing",)),
}


def make_app(folder: Path, handler: str | None, mode: int = 0o755) -> Path:
    (folder / "hello").mkdir(parents=True)
    host = {"version": "2.0", "customHandler": {"description": {"defaultExecutablePath": "handler"}}}
    bindings = [
        {"type": "httpTrigger", "direction": "in", "name": "req"},
        {"type": "http", "direction": "out", "name": "res"},
    ]
    (folder / "host.json").write_text(json.dumps(host))
    (folder / "hello" / "function.json").write_text(json.dumps({"bindings": bindings}))
    if handler is not None:
        (folder / "handler").write_bytes(handler.encode())
        (folder / "handler").chmod(mode)
    return folder


def fnfuzz(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fnfuzz", *map(str, arguments)]
    environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=90)


def left_in(folder: Path) -> list[str]:
    """Processes whose current folder is ``folder``, once they had three seconds to go."""
    deadline = time.monotonic() + 3
    while True:
        found = []
        for process in psutil.process_iter():
            try:
                if process.cwd() == str(folder.resolve()) and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize(("body", "code", "words"), CASES.values(), ids=CASES)
def test_a_handler_that_misbehaves_gets_a_clear_message(
    body: str, code: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    if "AF_INET6" in body and not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    app = make_app(tmp_path / "app", KIT.replace("{python}", sys.executable) + body + "\n")
    done = fnfuzz("run", app, "--max-time", "6", "--max-cases", "200", "--seed", "1", cwd=tmp_path)
    assert done.returncode == code, done.stdout + done.stderr
    assert [word for word in words if word not in done.stdout] == []
    assert "Traceback" not in done.stderr
    assert left_in(app) == []


@pytest.mark.parametrize(("text", "mode", "words"), FILES.values(), ids=FILES)
def test_an_executable_that_cannot_run_is_told_once_with_the_next_step(
    text: str | None, mode: int, words: tuple[str, ...], tmp_path: Path
) -> None:
    app = make_app(tmp_path / "app", text, mode)
    done = fnfuzz("run", app, "--max-time", "5", cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    assert [word for word in words if word not in done.stdout] == []
    assert done.stdout.count("\n  rule  ") == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", (":1:2", "not JSON")),
        ('{"version": "2.0",\n "customHandler": {"description": 5}}', (":2:", "description")),
        ('{"version": "1.0"}', ("2.0",)),
        ('{"version": "2.0", "customHandler": {}}', ("description",)),
        ("[]", ("object",)),
    ],
)
def test_a_host_json_that_is_wrong_is_told_with_file_and_place(
    text: str, words: tuple[str, ...], tmp_path: Path
) -> None:
    app = make_app(tmp_path / "app", "#!/bin/sh\n")
    (app / "host.json").write_text(text)
    done = fnfuzz("run", app, cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert [word for word in ("host.json", *words) if word not in done.stderr] == []


def test_no_such_path_and_an_empty_folder_are_wrong_usage(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert fnfuzz("run", "nowhere", cwd=tmp_path).returncode == 2
    empty = fnfuzz("run", "empty", cwd=tmp_path)
    assert empty.returncode == 2
    assert "host.json" in empty.stderr
