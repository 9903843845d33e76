"""The start of ``fnfuzz --help`` against that of an interpreter which imports click and ends, in turn, in one run.

python benchmarks/start.py [ROUNDS]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time


def seconds(*command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    pairs = [
        (seconds(sys.executable, "-m", "fnfuzz", "--help"), seconds(sys.executable, "-c", "import click"))
        for _ in range(rounds + 1)
    ][1:]
    ratios = [ours / bare for ours, bare in pairs]
    print("| start | against importing click | median seconds here |")
    print("|---|---|---|")
    print(f"| fnfuzz --help | {statistics.median(ratios):.2f} | {statistics.median(ours for ours, _ in pairs):.3f} |")


if __name__ == "__main__":
    main()
