"""The start of fnfuzz against that of a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import time

from benchmarks.table import Row, Table, alternated

__all__ = ["start"]

COMMANDS = {
    "fnfuzz --help": ("-m", "fnfuzz", "--help"),
    "import fnfuzz.cli": ("-c", "import fnfuzz.cli"),
    "import fnfuzz": ("-c", "import fnfuzz"),
}
NOTHING = ("-c", "pass")


def start(rounds: int, *, full: bool) -> Table:
    """One row for each command."""
    rows = []
    for name, command in COMMANDS.items():
        pairs = alternated(4 * rounds, lambda command=command: _seconds(command), lambda: _seconds(NOTHING))
        rows.append(Row(name, tuple(ours / bare for ours, bare in pairs)))
    return Table("Start", "Against the start of an interpreter that does nothing (`python -c pass`).", tuple(rows))


def _seconds(command: tuple[str, ...]) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began
