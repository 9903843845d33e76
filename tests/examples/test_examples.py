"""Every example app, run as a user runs it: clean ones give no error, faulty ones give the rule that the README
names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fnfuzz.app import discover
from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import FindingFound, RunFinished
from fnfuzz.host import settle

EXAMPLES = Path(__file__).parents[2] / "examples"
CLEAN = (
    "azure-stdio-python-fixed",
    "azure-http-python",
    "azure-http-node",
    "azure-http-go",
    "azure-forward-node",
    "fc-event-flask-fixed",
    "fc-event-node",
    "fc-event-go",
    "fc-web-python",
)
FAULTY = {
    "azure-http-python-faulty": {"resp-status-non2xx"},
    "azure-http-node-faulty": {"resp-status-204"},
    "azure-forward-node-faulty": {"proc-crash"},
    "fc-event-flask": {"error-not-reported"},
    "fc-event-node-faulty": {"process-exit-on-request", "non-json-event-crash", "rejects-empty-event"},
    "fc-web-python-faulty": {"server-error"},
}
NEEDS = {"node": "node", "go": "go"}


def environment() -> dict[str, str]:
    """``python3`` is the interpreter of the tests, which has Flask."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "PYTHONIOENCODING": "utf-8:strict", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local"}


@pytest.fixture
def app_folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the example, built if it has to be; skipped by name where its toolchain is absent."""
    name: str = request.param
    for suffix, program in NEEDS.items():
        if f"-{suffix}" in name and shutil.which(program) is None:
            pytest.skip(f"{name} needs {program}, which is not installed")
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns(".fnfuzz"))
    build = folder / "build.sh"
    if build.exists():
        subprocess.run([build], cwd=folder, check=True, env=environment(), timeout=300, capture_output=True)
    return folder


def findings(folder: Path, **plan: object) -> Iterator[Finding | RunFinished]:
    app = settle(discover(folder, environ=environment()), environment())
    arguments: dict[str, object] = {"seed": 1, "max_time": 30.0, **plan}
    for event in run(app, Plan(**arguments), environment()):  # type: ignore[arg-type] # a plan's own keys
        if isinstance(event, FindingFound):
            yield event.finding
        elif isinstance(event, RunFinished):
            yield event


def test_every_example_is_tried() -> None:
    found = {path.name for path in EXAMPLES.iterdir() if path.is_dir()}
    assert found == {*CLEAN, *FAULTY, "azure-stdio-python"}


@pytest.mark.slow
@pytest.mark.parametrize("app_folder", CLEAN, indirect=True, ids=CLEAN)
def test_a_clean_example_gives_no_error(app_folder: Path) -> None:
    *found, last = findings(app_folder, max_time=9.0)
    assert isinstance(last, RunFinished)
    assert last.ended in ("time", "done"), last.error
    assert last.cases > 40
    errors = [(item.identity, item.message) for item in found if isinstance(item, Finding) and item.severity == "error"]
    assert errors == []


@pytest.mark.slow
@pytest.mark.parametrize("app_folder", FAULTY, indirect=True, ids=list(FAULTY))
def test_a_faulty_example_gives_its_rule(app_folder: Path) -> None:
    wanted = FAULTY[app_folder.name]
    seen = []
    stream = findings(app_folder)
    for item in stream:
        assert isinstance(item, Finding), f"the run ended without {wanted}; it saw {seen}"
        seen.append(item.identity.rule)
        if item.identity.rule in wanted:
            break
    stream.close()  # type: ignore[attr-defined] # a generator
    assert wanted & set(seen)


@pytest.mark.slow
@pytest.mark.parametrize("app_folder", ["azure-stdio-python"], indirect=True, ids=["azure-stdio-python"])
def test_the_tutorial_handler_runs_and_shows_what_it_does_wrong(app_folder: Path) -> None:
    *found, last = findings(app_folder, max_time=8.0)
    assert isinstance(last, RunFinished)
    assert last.cases > 1000
    assert {item.identity.rule for item in found if isinstance(item, Finding)} == {"line-die-on-bad-input"}
