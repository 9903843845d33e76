"""Several events on one instance: what came before, what comes at the same time, what is left behind."""

from __future__ import annotations

from fnfuzz.fuzz.sequences.history import HISTORY, LEAK, OWN_LEAK
from fnfuzz.fuzz.sequences.phase import Sequences

__all__ = ["COMPARED", "Sequences"]

COMPARED = frozenset(
    (
        *(HISTORY, LEAK, *OWN_LEAK.values(), "req-redelivery", "retry-not-idempotent"),
        *("resource-growth", "fd-or-thread-growth"),
    )
)
"""Rules that no single exchange shows: to try such a case again, answers or batches have to be compared."""
