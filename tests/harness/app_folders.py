"""Builds small function apps on disk for the tests of fnfuzz.app."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["HTTP", "QUEUE", "app_folder", "executable", "host_json", "s_yaml"]

HTTP: list[dict[str, Any]] = [
    {"type": "httpTrigger", "direction": "in", "name": "req"},
    {"type": "http", "direction": "out", "name": "res"},
]
QUEUE: list[dict[str, Any]] = [
    {"type": "queueTrigger", "direction": "in", "name": "job", "queueName": "orders"},
    {"type": "queue", "direction": "out", "name": "audit", "queueName": "audit"},
]


def executable(path: Path, text: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
    """A file that can be started."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    path.chmod(mode)
    return path


def host_json(handler: Mapping[str, Any] | None = None, **others: Any) -> str:
    """The text of a host.json whose customHandler starts ``handler``, with ``handler`` merged into that section."""
    section = {"description": {"defaultExecutablePath": "handler"}, **(handler or {})}
    return json.dumps({"version": "2.0", "customHandler": section, **others}, indent=1)


def app_folder(root: Path, host: str | None = None, /, **functions: list[dict[str, Any]]) -> Path:
    """An Azure app with an executable ``handler`` and the bindings of each function; one http function by default."""
    executable(root / "handler")
    (root / "host.json").write_text(host_json() if host is None else host)
    for name, bindings in (functions or {"hello": HTTP}).items():
        (root / name).mkdir(parents=True, exist_ok=True)
        (root / name / "function.json").write_text(json.dumps({"bindings": bindings}))
    return root


def s_yaml(root: Path, props: str, *, edition: str = "3.0.0", component: str = "fc3") -> Path:
    """An s.yaml with one resource ``demo``; ``props`` are the lines of its props, without indentation."""
    executable(root / "code" / "bootstrap")
    key = "resources" if component.startswith("fc3") else "services"
    lines = "\n".join(f"      {line}" for line in props.strip("\n").split("\n"))
    (root / "s.yaml").write_text(
        f"edition: {edition}\nname: demo\n{key}:\n  demo:\n    component: {component}\n    props:\n{lines}\n"
    )
    return root
