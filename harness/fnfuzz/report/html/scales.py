"""Axes of plots: round values for ticks and short words for them."""

from __future__ import annotations

import math

from fnfuzz.report.wording import duration

__all__ = ["bucket_edge", "bytes_ticks", "count_ticks", "seconds_text", "spent", "time_ticks"]

_TIMES = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
_MOST_TICKS = 4


def time_ticks(end: float) -> list[float]:
    """Round times from 0 to ``end`` seconds."""
    step = next((step for step in _TIMES if end / step <= _MOST_TICKS), max(86400.0, end / _MOST_TICKS))
    return [number * step for number in range(int(end / step + 1e-9) + 1)]


def count_ticks(low: float, high: float, unit: float = 1.0) -> list[float]:
    """Two to five round values, the first at most ``low``, the last at least ``high``; steps of whole ``unit``."""
    room = max(high - low, unit)
    power = 10.0 ** math.floor(math.log10(room / 3 / unit))
    step = unit * max(1.0, next(factor * power for factor in (1, 2, 5, 10) if factor * power * unit * 3 >= room))
    first = math.floor(low / step)
    return [number * step for number in range(first, max(math.ceil(high / step), first + 1) + 1)]


def bytes_ticks(low: float, high: float) -> list[float]:
    """The same for bytes, in steps of whole mebibytes."""
    return count_ticks(low, high, 2.0**20)


def seconds_text(seconds: float) -> str:
    """``0``, ``0.5 s``, ``30 s``, ``5 min``, ``2 h``."""
    if seconds < 120:
        return f"{seconds:g} s" if seconds else "0"
    return f"{seconds / 60:g} min" if seconds < 7200 else f"{seconds / 3600:g} h"


def spent(seconds: float) -> str:
    """A time in words with no more digits than it needs: ``0.4 ms``, ``7.6 s``, ``62.1 min``."""
    for least, step in ((7200, 360.0), (120, 6.0), (1, 0.1)):
        if seconds >= least:
            return duration(round(seconds / step) * step)
    return duration(seconds)


def bucket_edge(power: int) -> str:
    """``2**power`` microseconds in words, to two digits: ``128 µs``, ``1 ms``, ``4.2 s``."""
    microseconds = 2.0**power
    for size, unit in ((1e6, "s"), (1e3, "ms")):
        if microseconds >= size:
            return f"{float(f'{microseconds / size:.2g}'):g} {unit}"
    return f"{microseconds:g} µs"
