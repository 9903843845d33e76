"""What a corpus holds: exchanges at the handler's door, as they were recorded."""

from __future__ import annotations

from fnfuzz.contracts.model import Delivery, Exit, Fault, Reply, Request
from fnfuzz.events import Event
from fnfuzz.frozen import quick_dataclass

__all__ = ["Record"]


@quick_dataclass(frozen=True, kw_only=True)
class Record:
    """One exchange: what the handler was sent, and what it answered.

    ``event`` and ``delivery`` are what ``request`` stands for, None where it could not be read back as an event (a
    health check, a request that no host sends). ``request`` is None for an event that never went over a wire (an
    imported one). ``reply`` is None where there was no whole answer; then ``fault`` or ``exit`` says why, and both are
    None for an event that was never answered.
    """

    contract: str = ""
    """The protocol it was recorded on, as in ``fnfuzz.contracts``; empty for an event without a wire."""

    function: str = ""
    event: Event | None = None
    delivery: Delivery | None = None
    request: Request | None = None
    reply: Reply | None = None
    fault: Fault | None = None
    exit: Exit | None = None
    at: int = 0
    """Microseconds since 1970 (UTC) at which the request began; 0 when that is not known."""

    elapsed: int = 0
    """Microseconds from the request's first byte to the answer's last one."""

    connection: int = 0
    """Which connection of the recording it came over, counted from 1; 0 when that is not known."""

    number: int = 0
    """Its place in the order in which requests began, counted from 1 in one recording."""
