"""The rules that an app's own files break: for each one app that breaks it and one that respects it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.harness.app_folders import HTTP, QUEUE, app_folder, executable, host_json

from fnfuzz.app import discover

HANDLER = {"defaultExecutablePath": "handler"}
FORWARDING = {"enableForwardingHttpRequest": True}
THIRD = [*HTTP, {"type": "queue", "direction": "out", "name": "audit", "queueName": "audit"}]


def arguments(*words: str) -> str:
    return host_json({"description": {**HANDLER, "arguments": list(words)}})


TABLE = {
    "cfg-arg-split": ((arguments("--name", "two words"), {}), (arguments("--name", '"two words"'), {})),
    "cfg-percent-lost": ((arguments("100%NOWHERE%"), {}), (arguments("100"), {})),
    "cfg-mixed-sections": ((host_json(httpWorker={"description": HANDLER}), {}), (host_json(), {})),
    "cfg-routes-and-function-json": (
        (host_json({"http": {"routes": [{"route": "{*path}"}]}}), {"hello": HTTP}),
        (host_json(), {"hello": HTTP}),
    ),
    "cfg-name-invalid": ((host_json(), {"1st": HTTP}), (host_json(), {"first": HTTP})),
    "cfg-forward-extra-binding": ((host_json(FORWARDING), {"hello": THIRD}), (host_json(FORWARDING), {"hello": HTTP})),
}
BREAKS = (*TABLE, "start-exec-missing")


def rules(folder: Path) -> list[str]:
    return [problem.rule for problem in discover(folder, environ={"PATH": "/usr/bin"}).problems]


@pytest.mark.parametrize("rule", TABLE)
def test_the_rule_is_seen_in_the_files(rule: str, tmp_path: Path) -> None:
    (broken, functions), (respected, others) = TABLE[rule]
    assert rules(app_folder(tmp_path / "broken", broken, **functions)) == [rule]
    assert rules(app_folder(tmp_path / "respected", respected, **others)) == []


def test_an_executable_has_to_be_there_and_executable(tmp_path: Path) -> None:
    folder = app_folder(tmp_path / "app", hello=QUEUE)
    assert rules(folder) == []
    executable(folder / "handler", mode=0o644)
    assert rules(folder) == ["start-exec-missing"]
    (folder / "handler").unlink()
    assert rules(folder) == ["start-exec-missing"]
