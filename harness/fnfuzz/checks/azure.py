"""All checks of the Azure custom handler contracts: probes in the order in which they run, and observers."""

from __future__ import annotations

from fnfuzz.checks.azure_decoding import DECODING_PROBES
from fnfuzz.checks.azure_forwarding import FORWARDING_PROBES
from fnfuzz.checks.azure_framing import FRAMING_PROBES
from fnfuzz.checks.azure_logs import LOG_OBSERVERS, LOG_PROBES
from fnfuzz.checks.azure_process import PROCESS_PROBES
from fnfuzz.checks.azure_requests import REQUEST_PROBES
from fnfuzz.checks.azure_routes import ROUTE_PROBES
from fnfuzz.checks.azure_start import START_PROBES
from fnfuzz.checks.azure_together import TOGETHER_PROBES
from fnfuzz.checks.model import Observer, Probe

__all__ = ["AZURE_OBSERVERS", "AZURE_PROBES"]

AZURE_PROBES: tuple[Probe, ...] = (
    *ROUTE_PROBES,
    *FRAMING_PROBES,
    *REQUEST_PROBES,
    *DECODING_PROBES,
    *FORWARDING_PROBES,
    *LOG_PROBES,
    *TOGETHER_PROBES,
    *START_PROBES,
    *PROCESS_PROBES,
)

AZURE_OBSERVERS: tuple[Observer, ...] = LOG_OBSERVERS
