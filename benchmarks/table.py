"""Rows of figures, each a ratio of two measurements of the same run, and their tables."""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

__all__ = ["Row", "Skipped", "Table", "alternated", "markdown"]


class Skipped(Exception):
    """This benchmark cannot run here; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: ``values`` one for each round, of which the median counts. ``unit`` follows it (x, MB)."""

    name: str
    values: tuple[float, ...]
    goal: str = ""
    unit: str = ""
    note: str = ""

    @property
    def median(self) -> float:
        """The figure."""
        return statistics.median(self.values)

    def cells(self) -> tuple[str, ...]:
        """The row as text."""
        spread = f"{shown(min(self.values))} to {shown(max(self.values))}" if len(self.values) > 1 else ""
        return (self.name, f"{shown(self.median)}{self.unit}", spread, self.goal, self.note)


@dataclass(frozen=True, slots=True)
class Table:
    """The figures of one benchmark, or why there are none."""

    title: str
    says: str
    rows: tuple[Row, ...]
    skipped: str = ""


def shown(value: float) -> str:
    """Two digits behind the point for small figures, none for large ones."""
    return f"{value:.2f}" if abs(value) < 10 else f"{value:.0f}"


def alternated(rounds: int, *sides: Callable[[], float]) -> list[tuple[float, ...]]:
    """Each side once in every round, one right after the other."""
    return [tuple(side() for side in sides) for _ in range(rounds)]


def markdown(tables: Sequence[Table]) -> str:
    """The whole page."""
    parts = [HEAD.format(cores=os.cpu_count())]
    for table in tables:
        parts.append(f"## {table.title}\n\n{table.says}\n")
        if table.skipped:
            parts.append(f"Left out: {table.skipped}.\n")
        if table.rows:
            parts.append("| what | median | lowest and highest round | goal | |\n|---|---|---|---|---|")
            parts.append("\n".join(f"| {' | '.join(row.cells())} |" for row in table.rows) + "\n")
    return "\n".join(parts)


HEAD = """# Benchmarks

Written by `python -m benchmarks --markdown docs/benchmarks.md`, run from a clone with the development environment, on
a shared machine with {cores} cores. Every figure but memory is a ratio: both sides are measured in turn in the same
run, because machines differ and are shared. The median of the rounds counts.
"""
