"""All checks of the line protocol: probes in the order in which they run, and observers.

The contract decides by itself what one exchange shows; these experiments find what needs several, or an end of input.
"""

from __future__ import annotations

from fnfuzz.checks.model import Observer, Probe
from fnfuzz.checks.stdio_end import END_PROBES
from fnfuzz.checks.stdio_order import ORDER_PROBES
from fnfuzz.checks.stdio_pipes import PIPE_PROBES
from fnfuzz.checks.stdio_repeat import REPEAT_PROBES

__all__ = ["STDIO_OBSERVERS", "STDIO_PROBES"]

STDIO_PROBES: tuple[Probe, ...] = (*ORDER_PROBES, *REPEAT_PROBES, *END_PROBES, *PIPE_PROBES)
STDIO_OBSERVERS: tuple[Observer, ...] = ()
