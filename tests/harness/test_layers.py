from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import fnfuzz

ROOT = Path(fnfuzz.__file__).parent
ROOMS = (
    "frozen",
    "events",
    "traps",
    "rules",
    "config",
    "app",
    "contracts",
    "drivers",
    "host",
    "corpus",
    "record",
    "checks",
    "extensions",
    "fuzz",
    "replay",
    "report",
    "cli",
    "pytest_plugin",
)
"""Lowest first; a room imports itself and what is below it."""

SANS_IO = (
    "socket",
    "subprocess",
    "select",
    "selectors",
    "asyncio",
    "threading",
    "multiprocessing",
    "time",
    "random",
    "psutil",
)


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files_of(room: str) -> list[Path]:
    return [ROOT / f"{room}.py"] if (ROOT / f"{room}.py").exists() else sorted((ROOT / room).rglob("*.py"))


def test_every_room_is_in_the_list() -> None:
    found = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert found - {"__init__", "__main__"} == set(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_what_is_below_it(room: str) -> None:
    below = ROOMS[: ROOMS.index(room) + 1]
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in files_of(room)
        for name in imports(path)
        if name.startswith("fnfuzz.") and name.split(".")[1] not in below
    ]
    assert wrong == []


@pytest.mark.parametrize("room", ["frozen", "events", "traps", "rules", "contracts"])
def test_the_lowest_rooms_do_no_input_or_output(room: str) -> None:
    wrong = [
        f"{path.name}: {name}" for path in files_of(room) for name in imports(path) if name.split(".")[0] in SANS_IO
    ]
    assert wrong == []


def test_the_harness_reaches_the_strategies_only_through_entry_points() -> None:
    wrong = [str(path) for path in ROOT.rglob("*.py") for name in imports(path) if name.startswith("fnfuzz_strategies")]
    assert [path for path in wrong if "/cli/" not in path] == []


@pytest.mark.parametrize("module", ["fnfuzz", "fnfuzz.cli", "fnfuzz.contracts", "fnfuzz.rules"])
def test_importing_is_light(module: str) -> None:
    code = f"import sys, {module}; print(sorted({{'hypothesis', 'faker', 'rich', 'pytest'}} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
