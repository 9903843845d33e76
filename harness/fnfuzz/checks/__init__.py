"""Observers look at every exchange, probes are small scripted experiments; both report rules of the catalogue."""

from __future__ import annotations

from fnfuzz.checks.azure import AZURE_OBSERVERS, AZURE_PROBES
from fnfuzz.checks.fc import FC_OBSERVERS, FC_PROBES
from fnfuzz.checks.hostile import HOSTILE_PROBES
from fnfuzz.checks.model import Breach, Observer, Probe
from fnfuzz.checks.stdio import STDIO_OBSERVERS, STDIO_PROBES
from fnfuzz.checks.typical import typical_event

__all__ = ["HOSTILE_PROBES", "OBSERVERS", "PROBES", "Breach", "Observer", "Probe", "typical_event"]

PROBES: tuple[Probe, ...] = (*AZURE_PROBES, *STDIO_PROBES, *FC_PROBES)
OBSERVERS: tuple[Observer, ...] = (*AZURE_OBSERVERS, *STDIO_OBSERVERS, *FC_OBSERVERS)
