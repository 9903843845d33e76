"""The start of a handler as its host does it: ready, or a word on what went wrong and nothing left running."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest
from tests.harness.kit.driven import alive, command, eventually, numbers

from fnfuzz.app.model import App, ContractId, Function, Platform
from fnfuzz.contracts.model import Exit, HttpReply, HttpRequest
from fnfuzz.drivers import HttpInstance, StdioInstance
from fnfuzz.drivers.ports import free_port
from fnfuzz.host.launch import Launched, PortTaken, StartFailed, launch

HERE = "open(os.environ['FOLDER'] + '/pid', 'w').write(f'{os.getpid()}\\n')\n"
AZURE_PORT = "int(os.environ['FUNCTIONS_CUSTOMHANDLER_PORT'])"
FC_PORT = "int(os.environ['FC_SERVER_PORT'])"
OK = "lambda client, body: answer(client)"


def app(
    tmp_path: Path, source: str, platform: Platform = "azure", contract: ContractId = "azure-http", **options: Any
) -> App:
    return App(
        root=tmp_path,
        name="app",
        platform=platform,
        reason="",
        command=command(tmp_path, HERE + source),
        cwd=tmp_path,
        functions=(Function(name="Hello", trigger="http", contract=contract),),
        **options,
    )


def start(given: App, **options: Any) -> Launched:
    return launch(given, {**os.environ, "FOLDER": str(given.root)}, **options)


def failed(given: App, **options: Any) -> StartFailed:
    with pytest.raises(StartFailed) as failure:
        start(given, **options)
    pids = numbers(given.root / "pid", seconds=0.1)
    assert eventually(lambda: not any(alive(pid) for pid in pids), 2)
    return failure.value


def rules(failure: StartFailed) -> list[str]:
    return [item.rule for item in failure.violations]


@pytest.mark.parametrize(
    ("platform", "contract", "port"), [("azure", "azure-http", AZURE_PORT), ("fc", "fc-event", FC_PORT)]
)
def test_a_listening_handler_is_ready(tmp_path: Path, platform: Platform, contract: ContractId, port: str) -> None:
    launched = start(app(tmp_path, f"time.sleep(0.2); serve({OK}, listen({port}))", platform, contract))
    try:
        assert isinstance(launched.instance, HttpInstance)
        assert launched.instance.port == launched.port
        assert 0.1 < launched.seconds < 10
        observed = launched.instance.exchange(HttpRequest("POST", "/Hello", (("Host", "x"),), b"{}", "chunked"), 5)
        assert isinstance(observed.reply, HttpReply)
    finally:
        launched.instance.stop()


def test_a_line_handler_is_ready_at_once(tmp_path: Path) -> None:
    launched = start(app(tmp_path, "time.sleep(60)", "bare", "azure-stdio"))
    assert isinstance(launched.instance, StdioInstance)
    assert launched.instance.stop() == Exit(-9)


@pytest.mark.parametrize(
    "reply",
    [
        "client.sendall(b'hello, I speak HTTP/0.9')\n    return False",
        "client.sendall(b'HTTP/1.1 500 Oops\\r\\nContent-Length: 0\\r\\n\\r\\n')",
        "return False",
    ],
)
def test_any_answer_to_the_ping_counts_as_ready(tmp_path: Path, reply: str) -> None:
    launched = start(app(tmp_path, f"def reply(client, body):\n    {reply}\nserve(reply, listen({AZURE_PORT}))"))
    assert launched.instance.exit_now() is None
    assert launched.violations == ()
    launched.instance.stop()


@pytest.mark.parametrize(
    ("platform", "end", "rule", "code"),
    [
        ("azure", "os.write(2, b'no config\\n'); sys.exit(3)", "proc-crash-loop", 3),
        ("azure", "os.write(2, b'no config\\n'); sys.exit(0)", "proc-exit-zero", 0),
        ("fc", "os.write(2, b'no config\\n'); sys.exit(3)", "exit-before-ready", 3),
        ("fc", "os.write(2, b'no config\\n'); os.kill(os.getpid(), 11); time.sleep(9)", "exit-before-ready", -11),
    ],
)
def test_a_handler_that_ends_at_the_start_is_told_with_its_last_words(
    tmp_path: Path, platform: Platform, end: str, rule: str, code: int
) -> None:
    began = time.monotonic()
    failure = failed(app(tmp_path, end, platform, "fc-event" if platform == "fc" else "azure-http"))
    assert (rules(failure), failure.exit, failure.stderr) == ([rule], Exit(code), ("no config",))
    assert time.monotonic() - began < 5


def test_a_handler_that_never_listens_is_given_up(tmp_path: Path) -> None:
    failure = failed(app(tmp_path, "time.sleep(60)"), patience=0.3)
    assert rules(failure) == [], "the host itself would still wait"
    assert "still running" in failure.message
    assert "--start-patience 30s" in failure.message
    assert rules(failed(app(tmp_path, "time.sleep(60)", start_timeout=0.2), patience=9)) == ["start-too-slow"]
    assert rules(failed(app(tmp_path, "time.sleep(60)", "fc", "fc-event", start_timeout=0.2), patience=9)) == [
        "port-not-listening"
    ]


def test_a_handler_on_another_port_is_told_where(tmp_path: Path) -> None:
    port = free_port()
    failure = failed(app(tmp_path, f"serve({OK}, listen({port}))"))
    assert rules(failure) == ["start-port-ignored"]
    assert f"127.0.0.1:{port}" in failure.message


@pytest.mark.parametrize(
    ("platform", "port", "rule"), [("azure", AZURE_PORT, "start-not-ipv4-loopback"), ("fc", FC_PORT, "loopback-only")]
)
def test_a_handler_on_ipv6_only_is_told_so(tmp_path: Path, platform: Platform, port: str, rule: str) -> None:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            pass
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    failure = failed(
        app(tmp_path, f"serve({OK}, listen({port}, '::1'))", platform, "fc-event" if platform == "fc" else "azure-http")
    )
    assert rules(failure) == [rule]
    assert "::1" in failure.message


def test_a_ping_that_hangs_or_kills_is_told(tmp_path: Path) -> None:
    hang = f"serve(lambda client, body: time.sleep(60), listen({AZURE_PORT}))"
    assert rules(failed(app(tmp_path, hang), patience=0.4)) == ["start-ping-hang"]
    crash = f"serve(lambda client, body: os._exit(9), listen({AZURE_PORT}))"
    failure = failed(app(tmp_path, crash))
    assert (rules(failure), failure.exit) == (["start-ping-crash"], Exit(9))


def test_a_missing_executable_is_told(tmp_path: Path) -> None:
    rows: tuple[tuple[Platform, str], ...] = (("azure", "start-exec-missing"), ("fc", "start-file-missing"))
    for platform, rule in rows:
        given = App(
            root=tmp_path, name="a", platform=platform, reason="", command=("./no",), cwd=tmp_path, functions=()
        )
        assert rules(failed(given)) == [rule]


@pytest.mark.parametrize(("platform", "contract"), [("azure", "azure-http"), ("fc", "fc-event")])
@pytest.mark.parametrize("stays", [False, True])
def test_a_fixed_port_of_another_program_is_never_taken_for_the_handler(
    tmp_path: Path, platform: Platform, contract: ContractId, stays: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        insist = f"serve({OK}, listen({port}))"
        if stays:
            insist = f"try:\n    {insist}\nexcept OSError as error: os.write(2, str(error).encode())\ntime.sleep(60)"
        given = app(tmp_path, insist, platform, contract, port=port)
        with pytest.raises(PortTaken) as taken:
            start(given, patience=1)
        assert (taken.value.violations, str(port) in taken.value.message, str(os.getpid()) in taken.value.message) == (
            (),
            True,
            True,
        )
        assert eventually(lambda: not any(alive(pid) for pid in numbers(tmp_path / "pid", seconds=0.1)), 2)
    launched = start(app(tmp_path, f"serve({OK}, listen({port}))", platform, contract, port=port))
    assert launched.port == port
    launched.instance.stop()
