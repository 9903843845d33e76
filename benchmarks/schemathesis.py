"""fnfuzz against Schemathesis: cases a second on the same server with the same operation."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.runs import explored
from benchmarks.table import Row, Skipped, Table
from benchmarks.targets import CACHE, echo

from fnfuzz.host import Host

__all__ = ["schemathesis"]

SECONDS = 10
FASTEST = ("--mode", "positive", "--checks", "not_a_server_error", "--no-shrink")
SETTINGS: dict[str, tuple[str, ...]] = {
    "as it comes": (),
    "positive data, one check, no shrinking": FASTEST,
    "the same with two workers": (*FASTEST, "--workers", "2"),
}
COUNT = re.compile(r"(\d+) generated")
TOOK = re.compile(r"Fuzzing \(in ([0-9.]+)s\)")
BODY = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {"id": {"type": "integer"}, "name": {"type": "string"}},
}
OPERATION = {
    "parameters": [{"name": "name", "in": "query", "schema": {"type": "string"}}],
    "requestBody": {"required": True, "content": {"application/json": {"schema": BODY}}},
    "responses": {"200": {"description": "fine"}},
}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "hello", "version": "1"},
    "paths": {"/api/hello": {"post": OPERATION}},
}


def schemathesis(rounds: int, *, full: bool) -> Table:
    """One row for each of its settings."""
    title = "Against Schemathesis"
    says = (
        "Cases a second in the explore phase against those of Schemathesis's fuzzing phase, on the minimal HTTP "
        "handler, given an OpenAPI document of the same operation."
    )
    try:
        program = _installed()
    except Skipped as why:
        return Table(title, says, (), str(why))
    document = CACHE / "openapi.json"
    document.write_text(json.dumps(DOCUMENT), "utf-8")
    found: dict[str, list[float]] = {name: [] for name in SETTINGS}
    for _ in range(rounds):
        ours = explored(echo("azure-forward")[0])
        for name, options in SETTINGS.items():
            found[name].append(ours / _theirs(program, document, options))
    return Table(title, says, tuple(Row(name, tuple(values), "100") for name, values in found.items()))


def _installed() -> Path:
    """The program, in an environment of its own in the cache."""
    folder = CACHE / "schemathesis"
    program = folder / "bin" / "schemathesis"
    if program.exists():
        return program
    try:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True)
        command = [str(folder / "bin" / "pip"), "install", "--quiet", "schemathesis"]
        subprocess.run(command, check=True, capture_output=True, timeout=300)
    except (subprocess.SubprocessError, OSError) as error:
        raise Skipped(f"Schemathesis cannot be installed: {error}") from error
    return program


def _theirs(program: Path, document: Path, options: Sequence[str]) -> float:
    app, _ = echo("azure-forward")
    with Host(app) as host:
        host.start()
        command = [str(program), "run", str(document), "--url", f"http://127.0.0.1:{host.port}", "--no-color"]
        command += ["--phases", "fuzzing", "--max-time", str(SECONDS), "--suppress-health-check", "all", *options]
        told = subprocess.run(command, capture_output=True, text=True, cwd=CACHE, env={**os.environ}, timeout=300)
    count, took = COUNT.search(told.stdout), TOOK.search(told.stdout)
    if count is None or took is None:
        raise RuntimeError(f"Schemathesis says nothing of its cases:\n{told.stdout[-2000:]}{told.stderr[-500:]}")
    return int(count[1]) / float(took[1])
