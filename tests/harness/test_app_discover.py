"""Finding the app: folder, executable or command, and what --contract makes of it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.app_folders import HTTP, QUEUE, app_folder, executable, host_json, s_yaml

import fnfuzz.app
from fnfuzz.app import App, AppError, discover
from fnfuzz.app.lenient_json import JsonTextError, read_json

ENVIRON = {"PATH": "/usr/bin:/bin"}
FC3 = "functionName: resize\nruntime: custom\ncode: ./code\n"


def find(root: Path, **more: Any) -> App:
    return discover(root, **{"environ": ENVIRON, **more})


def test_the_face_of_the_room_is_exact() -> None:
    assert all(hasattr(fnfuzz.app, name) for name in fnfuzz.app.__all__)


def test_the_executable_of_an_app_leads_to_the_app(tmp_path: Path) -> None:
    app = find(app_folder(tmp_path) / "handler")
    assert (app.platform, app.command, len(app.functions)) == ("azure", (f"{tmp_path}/handler",), 1)


def test_another_executable_beside_host_json_is_started_instead(tmp_path: Path) -> None:
    other = executable(app_folder(tmp_path) / "other")
    app = find(other)
    assert (app.command, app.functions[0].name, app.problems) == ((str(other),), "hello", ())


def test_an_executable_in_a_subfolder_finds_the_app_above(tmp_path: Path) -> None:
    app_folder(tmp_path, host_json({"description": {"defaultExecutablePath": "bin/handler", "arguments": ["-v"]}}))
    app = find(executable(tmp_path / "bin/handler"))
    assert (app.root, app.command) == (tmp_path, (f"{tmp_path}/bin/handler", "-v"))
    fc = tmp_path / "fc"
    fc.mkdir()
    app = find(s_yaml(fc, FC3) / "code/bootstrap")
    assert (app.platform, app.root, app.cwd) == ("fc", fc, fc / "code")


def test_a_link_to_the_executable_keeps_its_own_place(tmp_path: Path) -> None:
    elsewhere = executable(tmp_path / "store/program")
    app_folder(tmp_path / "app")
    (tmp_path / "app/handler").unlink()
    (tmp_path / "app/handler").symlink_to(elsewhere)
    assert find(tmp_path / "app/handler").command == (f"{tmp_path}/app/handler",)


def test_the_current_folder_may_be_named_with_a_dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(app_folder(tmp_path))
    assert find(Path()).name == tmp_path.name


def test_a_command_runs_in_the_folder_and_its_files_are_read(tmp_path: Path) -> None:
    app = find(app_folder(tmp_path, host_json({"description": {}})), command=["sh", "-c", "x"])
    assert (app.platform, app.command, app.cwd, len(app.functions)) == ("azure", ("sh", "-c", "x"), tmp_path, 1)
    app = find(app_folder(tmp_path), command=["./handler", "-v"])
    assert app.command == (f"{tmp_path}/handler", "-v")
    (tmp_path / "host.json").unlink()
    s_yaml(tmp_path, FC3.replace("./code", "gone"))
    app = find(tmp_path, command=["sh"])
    assert (app.platform, app.command, app.cwd, app.functions[0].name) == ("fc", ("sh",), tmp_path, "resize")


def test_a_program_without_files_is_bare(tmp_path: Path) -> None:
    program = executable(tmp_path / "tool")
    for app in (find(program), find(tmp_path, command=[str(program)]), find(tmp_path, command=["sh"])):
        assert (app.platform, app.functions, app.problems, app.cwd) == ("bare", (), (), tmp_path)
        assert "found by trying" in app.reason


def test_a_bare_program_that_cannot_be_started_is_a_problem(tmp_path: Path) -> None:
    (problem,) = find(executable(tmp_path / "tool", mode=0o644)).problems
    assert problem.rule == "start-exec-missing"
    assert "chmod +x tool" in problem.message


@pytest.mark.parametrize(
    ("contract", "platform", "trigger", "port"),
    [
        ("azure-http", "azure", "http", None),
        ("azure-forward", "azure", "http", None),
        ("azure-stdio", "bare", "http", None),
        ("fc-event", "fc", "raw", 9000),
        ("fc-web", "fc", "http", 9000),
    ],
)
def test_a_contract_gives_a_bare_program_its_function(
    tmp_path: Path, contract: str, platform: str, trigger: str, port: int | None
) -> None:
    app = find(executable(tmp_path / "tool"), contract=contract)
    assert (app.platform, app.port, app.settled) == (platform, port, True)
    assert [(f.trigger, f.contract) for f in app.functions] == [(trigger, contract)]
    assert f"--contract {contract}" in app.reason


def test_a_contract_keeps_the_functions_that_it_can_carry(tmp_path: Path) -> None:
    hub = [{"type": "eventHubTrigger", "direction": "in", "name": "e", "eventHubName": "hub"}]
    app_folder(tmp_path, None, hello=HTTP, order=QUEUE, telemetry=hub)

    def carried(contract: str) -> list[tuple[str, str, str]]:
        return [(f.name, f.contract, f.proxying) for f in find(tmp_path, contract=contract).functions]

    assert carried("azure-stdio") == [("hello", "azure-stdio", ""), ("order", "azure-stdio", "")]
    assert carried("azure-forward") == [
        ("hello", "azure-forward", "forward"),
        ("order", "azure-http", ""),
        ("telemetry", "azure-http", ""),
    ]
    assert carried("azure-http") == [(name, "azure-http", "") for name in ("hello", "order", "telemetry")]
    assert find(tmp_path, contract="azure-stdio").concurrency == 1


def test_bootstrap_with_fc_web_is_a_web_function(tmp_path: Path) -> None:
    executable(tmp_path / "bootstrap")
    app = find(tmp_path, contract="fc-web")
    assert [(f.trigger, f.contract, f.route) for f in app.functions] == [("http", "fc-web", "{*path}")]


def test_of_two_platforms_files_the_contract_decides(tmp_path: Path) -> None:
    s_yaml(app_folder(tmp_path), FC3)
    assert find(tmp_path).platform == "azure"
    assert find(tmp_path, contract="fc-event").name == "resize"


@pytest.mark.parametrize(
    ("arrange", "target", "more", "expected"),
    [
        (lambda root: None, "gone", {}, ["gone", "no such file or folder"]),
        (lambda root: None, "node server.js", {}, ["goes after --"]),
        (lambda root: None, "", {}, ["host.json", "s.yaml", "template.yml", "bootstrap", "after --"]),
        (lambda root: app_folder(root / "app"), "", {}, ["no function app here, but in app"]),
        (lambda root: None, "", {"contract": "azure"}, ["azure: there is no such contract", "azure-stdio"]),
        (lambda root: None, "", {"command": ["no-such-tool"]}, ["no-such-tool", "on PATH"]),
        (lambda root: executable(root / "x"), "", {"command": ["x"]}, ["write ./x"]),
        (lambda root: None, "", {"command": ["./x"]}, ["./x", "in "]),
        (lambda root: executable(root / "x"), "x", {"command": ["sh"]}, ["is no folder"]),
        (lambda root: (root / "host.json").mkdir(), "", {}, ["host.json: is no regular file"]),
        (lambda root: os.mkfifo(root / "s.yaml"), "", {}, ["s.yaml: is no regular file"]),
        (lambda root: (root / "host.json").write_bytes(b'{\n"a": "\xff"}'), "", {}, ["host.json:2", "not UTF-8"]),
        (lambda root: (root / "loop").symlink_to(root / "loop"), "loop", {}, ["loop"]),
        (lambda root: None, "a\0b", {}, ["no such file or folder"]),
    ],
)
def test_what_is_no_app_is_told_with_what_to_do(
    tmp_path: Path, arrange: Any, target: str, more: dict[str, Any], expected: list[str]
) -> None:
    arrange(tmp_path)
    with pytest.raises(AppError) as error:
        find(tmp_path / target, **more)
    assert [part for part in expected if part not in str(error.value)] == []


def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app_folder(tmp_path)

    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(AppError, match="Permission denied; check its permissions"):
        find(tmp_path)


@given(st.text(alphabet="{}[]:,\"'\\/*ab1-.tru \n", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    try:
        line, column = read_json(text)[1][()]
    except JsonTextError as error:
        line, column = error.line, error.column
    assert 1 <= line <= text.count("\n") + 1
    assert 1 <= column <= len(text) + 1


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_strict_json_is_read_as_it_is(value: Any) -> None:
    assert read_json(json.dumps(value))[0] == value
