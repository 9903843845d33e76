"""Which contract a handler speaks, found out by trying it."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest
from tests.harness.kit.driven import alive, command, eventually, numbers
from tests.harness.kit.fc_handler import fc_app
from tests.harness.kit.line_handler import line_program

from fnfuzz.app.model import App, Function, Platform
from fnfuzz.drivers.ports import free_port
from fnfuzz.host import StartFailed, detect, launch, settle

HERE = "open(os.environ['FOLDER'] + '/pid', 'w').write(f'{os.getpid()}\\n')\n"
ROUTED = """
def routed(client, body):
    client.sendall(b"HTTP/1.1 404 No\\r\\nContent-Length: 0\\r\\n\\r\\n")
"""
BOOTSTRAP = Function(name="demo", trigger="raw", contract="fc-event", form="raw", timeout=20.0, route_prefix="")


def app(folder: Path, source: str, platform: Platform = "bare", **options: Any) -> App:
    return App(
        root=folder,
        name="demo",
        platform=platform,
        reason="made by a test",
        command=command(folder, HERE + source),
        cwd=folder,
        functions=options.pop("functions", (BOOTSTRAP,) if platform == "fc" else ()),
        **options,
    )


def tried(given: App, patience: float = 10.0) -> App:
    try:
        return settle(given, {**os.environ, "FOLDER": str(given.root)}, patience=patience)
    finally:
        pids = numbers(given.root / "pid", count=0, seconds=0.1)
        assert eventually(lambda: not any(alive(pid) for pid in pids), 3)


def listening(variable: str, reply: str = "lambda client, body: answer(client)") -> str:
    return f"{ROUTED}\nserve({reply}, listen(os.environ['{variable}'], '0.0.0.0'))"


@pytest.mark.parametrize(
    ("source", "contract", "platform", "trigger"),
    [
        (listening("FUNCTIONS_CUSTOMHANDLER_PORT"), "azure-forward", "azure", "http"),
        (listening("FC_SERVER_PORT"), "fc-event", "fc", "raw"),
        (listening("FC_CUSTOM_LISTEN_PORT", "routed"), "fc-web", "fc", "http"),
    ],
)
def test_a_command_is_known_by_where_it_listens(
    tmp_path: Path, source: str, contract: str, platform: str, trigger: str
) -> None:
    found = tried(app(tmp_path, source))
    assert [(item.contract, item.trigger) for item in found.functions] == [(contract, trigger)]
    assert (found.platform, found.settled) == (platform, True)
    assert contract in found.reason


def test_a_command_that_answers_a_line_speaks_lines(tmp_path: Path) -> None:
    found = tried(app(tmp_path, line_program()))
    assert [item.contract for item in found.functions] == ["azure-stdio"]
    assert (found.platform, found.settled) == ("bare", True)


def test_a_lone_bootstrap_may_turn_out_as_a_web_function_or_as_lines(tmp_path: Path) -> None:
    web = tried(app(tmp_path, listening("FC_SERVER_PORT", "routed"), "fc"))
    assert [(item.contract, item.timeout) for item in web.functions] == [("fc-web", 20.0)]
    lines = tried(app(tmp_path, line_program(), "fc"))
    assert lines.platform == "bare"


def test_an_azure_app_keeps_its_functions_when_it_listens(tmp_path: Path) -> None:
    function = Function(name="Hello", trigger="queue", contract="azure-http")
    source = listening("FUNCTIONS_CUSTOMHANDLER_PORT")
    found = tried(app(tmp_path, source, "azure", functions=(function,)))
    assert (found.functions, found.settled) == ((function,), True)
    spoken = tried(app(tmp_path, line_program(), "azure", functions=(function,)))
    assert [(item.name, item.trigger, item.contract) for item in spoken.functions] == [
        ("Hello", "queue", "azure-stdio")
    ]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("sys.exit(3)", "exit code 3"),
        ("time.sleep(60)", "did not answer a line"),
        ("os.close(0); time.sleep(60)", "listened on no port"),
    ],
)
def test_a_command_that_does_nothing_is_told_without_a_rule(tmp_path: Path, source: str, said: str) -> None:
    with pytest.raises(StartFailed) as failed:
        tried(app(tmp_path, source), patience=1.0)
    assert said in failed.value.message
    assert failed.value.violations == ()


def test_a_command_that_listens_elsewhere_is_told_where(tmp_path: Path) -> None:
    port = free_port()
    with pytest.raises(StartFailed) as failed:
        tried(app(tmp_path, f"serve(lambda client, body: answer(client), listen({port}))"))
    assert f"127.0.0.1:{port}" in failed.value.message


def test_a_command_that_does_not_start_is_told(tmp_path: Path) -> None:
    given = App(root=tmp_path, name="a", platform="bare", reason="", command=("./nothing",), cwd=tmp_path, functions=())
    with pytest.raises(StartFailed) as failed:
        settle(given, dict(os.environ))
    assert "./nothing" in failed.value.message


def test_the_files_of_a_host_leave_the_message_to_its_own_start(tmp_path: Path) -> None:
    found = tried(app(tmp_path, "sys.exit(3)", "fc"))
    assert (found.functions, found.settled) == ((BOOTSTRAP,), True)


def test_what_is_settled_is_not_started(tmp_path: Path) -> None:
    given = app(tmp_path, "sys.exit(3)", settled=True)
    assert settle(given, dict(os.environ)) is given
    assert not (tmp_path / "pid").exists()


def test_endless_output_ends_with_the_patience(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(StartFailed):
        tried(app(tmp_path, "while True: say(b'noise ' * 10000)"), patience=1.2)
    assert time.monotonic() - began < 8


def test_the_handler_of_another_run_is_not_taken_for_this_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other").mkdir()
    other = launch(fc_app(tmp_path / "other"), os.environ)
    try:
        # It came between the look at the port and the start of the handler.
        monkeypatch.setattr(detect, "FC_DEFAULT_PORT", other.port)
        monkeypatch.setattr(detect, "is_taken", lambda port: False)
        found = tried(app(tmp_path, line_program()))
    finally:
        other.instance.stop()
    assert [item.contract for item in found.functions] == ["azure-stdio"]


def test_a_404_that_says_so_in_a_header_of_the_contract_is_an_answer_to_invoke(tmp_path: Path) -> None:
    source = """
def refused(client, body):
    client.sendall(b"HTTP/1.1 404 No\\r\\nx-fc-status: 404\\r\\nContent-Length: 0\\r\\n\\r\\n")
serve(refused, listen(os.environ["FC_SERVER_PORT"], "0.0.0.0"))
"""
    assert [item.contract for item in tried(app(tmp_path, source)).functions] == ["fc-event"]
