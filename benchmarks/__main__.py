"""All benchmarks, or those that are named:  python -m benchmarks [NAME ...] [--rounds N] [--full] [--markdown PATH]"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.corpus import corpus
from benchmarks.exchanges import exchanges
from benchmarks.memory import memory
from benchmarks.recording import recording
from benchmarks.replaying import replaying
from benchmarks.restarts import restarts
from benchmarks.runs import jobs, minimal, ordinary
from benchmarks.schemathesis import schemathesis
from benchmarks.start import start
from benchmarks.table import Table, markdown

BENCHMARKS: Mapping[str, Callable[..., Table]] = {
    "minimal": minimal,
    "ordinary": ordinary,
    "jobs": jobs,
    "exchanges": exchanges,
    "restarts": restarts,
    "recording": recording,
    "replay": replaying,
    "schemathesis": schemathesis,
    "memory": memory,
    "start": start,
    "corpus": corpus,
}


def main() -> None:
    """Run them one after the other, and print each table as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of: {', '.join(BENCHMARKS)}")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each side (3)")
    parser.add_argument("--full", action="store_true", help="a million cases for memory, which takes minutes")
    parser.add_argument("--markdown", type=Path, metavar="PATH", help="write the tables there")
    chosen = parser.parse_args()
    unknown = set(chosen.names) - BENCHMARKS.keys()
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    tables = []
    for name, measure in BENCHMARKS.items():
        if chosen.names and name not in chosen.names:
            continue
        print(f"... {name}", file=sys.stderr, flush=True)
        tables.append(measure(chosen.rounds, full=chosen.full))
        show(tables[-1])
    if chosen.markdown:
        chosen.markdown.write_text(markdown(tables), "utf-8")


def show(table: Table) -> None:
    """One table for people."""
    print(f"\n{table.title}" + (f"  (left out: {table.skipped})" if table.skipped else ""), flush=True)
    for row in table.rows:
        name, median, spread, goal, note = row.cells()
        print(f"  {name:42} {median:>9}  {spread:18} {f'goal {goal}' if goal else '':16} {note}", flush=True)


if __name__ == "__main__":
    main()
