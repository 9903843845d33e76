"""All checks of Function Compute: probes in the order in which they run, and observers."""

from __future__ import annotations

from fnfuzz.checks.fc_concurrency import FC_CONCURRENCY_PROBES
from fnfuzz.checks.fc_connections import FC_CONNECTION_PROBES
from fnfuzz.checks.fc_events import FC_EVENT_PROBES
from fnfuzz.checks.fc_lifecycle import FC_LIFECYCLE_PROBES
from fnfuzz.checks.fc_logs import FC_LOG_OBSERVERS, FC_LOG_PROBES
from fnfuzz.checks.fc_missing_headers import FC_HEADER_PROBES
from fnfuzz.checks.fc_resources import FC_RESOURCE_PROBES
from fnfuzz.checks.fc_start import FC_START_PROBES
from fnfuzz.checks.model import Observer, Probe

__all__ = ["FC_OBSERVERS", "FC_PROBES"]

FC_PROBES: tuple[Probe, ...] = (
    *FC_START_PROBES,
    *FC_LIFECYCLE_PROBES,
    *FC_EVENT_PROBES,
    *FC_HEADER_PROBES,
    *FC_LOG_PROBES,
    *FC_CONNECTION_PROBES,
    *FC_CONCURRENCY_PROBES,
    *FC_RESOURCE_PROBES,
)

FC_OBSERVERS: tuple[Observer, ...] = FC_LOG_OBSERVERS
