"""Memory of the fnfuzz process after many cases; a program of its own measures itself."""

from __future__ import annotations

import subprocess
import sys

import psutil
from benchmarks.table import Row, Table
from benchmarks.targets import echo

from fnfuzz.fuzz import Plan, run
from fnfuzz.fuzz.stream import Progressed

__all__ = ["memory"]

MIB = 1024 * 1024
MARKS = (10_000, 100_000)
FULL = (*MARKS, 1_000_000)


def memory(rounds: int, *, full: bool) -> Table:
    """RSS after each mark, and the growth since the first one."""
    marks = FULL if full else MARKS
    command = [sys.executable, "-m", "benchmarks.memory", *map(str, marks)]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    sizes = dict(zip(marks, map(float, told), strict=True))
    rows = [Row(f"after {count:,} cases", (size,), "under 250", " MB") for count, size in sizes.items()]
    growth = sizes[marks[-1]] - sizes[marks[0]]
    rows.append(Row(f"growth from {marks[0]:,} to {marks[-1]:,}", (growth,), "", " MB"))
    says = "Resident memory of the fnfuzz process in a run on the minimal `azure-http` handler."
    return Table("Memory", says, tuple(rows))


def measure(marks: list[int]) -> None:
    """Print the size at each mark."""
    app, _ = echo("azure-http, queue")
    process = psutil.Process()
    for event in run(app, Plan(max_time=None, max_cases=marks[-1], phases=frozenset(("explore",)))):
        while marks and isinstance(event, Progressed) and event.cases >= marks[0]:
            print(process.memory_info().rss / MIB, flush=True)
            del marks[0]
    for _ in marks:
        print(process.memory_info().rss / MIB, flush=True)


if __name__ == "__main__":
    measure([int(text) for text in sys.argv[1:]])
