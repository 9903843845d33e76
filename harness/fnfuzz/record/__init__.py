"""Takes the handler's place: relays every byte between host and handler, and records each exchange.

Two processes, so that traffic never waits for a parser. The *relay* has the place that the host gave the handler and
copies what passes into a ring in shared memory; the *writer* reads the ring, puts exchanges together, redacts and
stores them. When the relay is killed, the writer still has all that it copied.
"""

from fnfuzz.record.recorder import CannotRecord, Plan, record
from fnfuzz.record.summary import Summary

__all__ = ["CannotRecord", "Plan", "Summary", "record"]
