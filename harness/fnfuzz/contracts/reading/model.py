"""What is read back from a request, and why there may be nothing to read."""

from __future__ import annotations

from dataclasses import dataclass

from fnfuzz.app.model import ContractId
from fnfuzz.contracts.model import Delivery
from fnfuzz.events import Event

__all__ = ["NoInvocationError", "Read"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What one request stands for.

    ``function`` is the function's name; empty where neither an app nor the request says which one is meant.
    """

    contract: ContractId
    function: str
    event: Event
    delivery: Delivery


class NoInvocationError(Exception):
    """A request that stands for no event; the message is the reason, without payload."""
