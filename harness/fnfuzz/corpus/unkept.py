"""What stands in a record's fault for a body that was too large to be kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from fnfuzz.contracts.model import Fault

__all__ = ["Unkept", "unkept"]

TEXT: Final = "the body of the {} was not kept: {} bytes, SHA-256 {}"
TOLD: Final = {
    of: re.compile(TEXT.format(of, "([0-9]{1,18})", "([0-9a-f]{64})") + behind, re.DOTALL)
    for of, behind in (("request", "(?:; .*)?"), ("answer", ""))
}
"""Behind what is said of the request may stand what is wrong with the answer."""


@dataclass(frozen=True, slots=True)
class Unkept:
    """The body ``of`` a request or an answer: ``size`` in bytes, ``digest`` is its SHA-256."""

    of: str
    size: int
    digest: str

    def fault(self, raw: bytes) -> Fault:
        """The fault that tells it; ``raw`` is the head that was received."""
        return Fault("too-large", TEXT.format(self.of, self.size, self.digest), raw)


def unkept(fault: Fault | None, of: str) -> Unkept | None:
    """What was not kept of the request or the answer, if that is what the fault tells first."""
    told = TOLD[of].fullmatch(fault.message) if fault is not None and fault.kind == "too-large" else None
    return Unkept(of, int(told[1]), told[2]) if told else None
