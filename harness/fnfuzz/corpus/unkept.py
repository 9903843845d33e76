"""What stands in a record's fault for a body that was too large to be kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fnfuzz.contracts.model import Fault

__all__ = ["Unkept", "unkept"]

TOLD: Final = re.compile(r"the body of the (request|answer) was not kept: ([0-9]{1,18}) bytes, SHA-256 ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Unkept:
    """The body ``of`` a request or an answer: ``size`` in bytes, ``digest`` is its SHA-256."""

    of: str
    size: int
    digest: str

    def fault(self, raw: bytes) -> Fault:
        """The fault that tells it; ``raw`` is the head that was received."""
        text = f"the body of the {self.of} was not kept: {self.size} bytes, SHA-256 {self.digest}"
        return Fault("too-large", text, raw)


def unkept(fault: Fault | None, of: str) -> Unkept | None:
    """What was not kept of the request or the answer, if that is what the fault tells first."""
    told = TOLD.match(fault.message) if fault is not None and fault.kind == "too-large" else None
    return Unkept(told[1], int(told[2]), told[3]) if told and told[1] == of else None
