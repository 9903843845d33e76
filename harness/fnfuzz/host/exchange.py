"""One exchange: what was sent, what came back, what the host makes of it."""

from __future__ import annotations

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import Delivery, HostOutcome, Observed, Request, Verdict, Violation
from fnfuzz.events import Event
from fnfuzz.frozen import quick_dataclass

__all__ = ["Exchange"]


@quick_dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """An invocation and everything observed. ``stdout`` and ``stderr`` are the log bytes that came during it, bounded.

    ``number`` counts the exchanges of this instance from 1, so 1 is the first event of a fresh instance.
    """

    function: Function
    event: Event
    delivery: Delivery
    request: Request
    observed: Observed
    verdict: Verdict
    stdout: bytes = b""
    stderr: bytes = b""
    number: int = 1

    @property
    def outcome(self) -> HostOutcome:
        """What the real host concludes."""
        return self.verdict.outcome

    @property
    def succeeded(self) -> bool:
        """Is everybody content: the host, the rules, and the caller, if there is one?"""
        caller = self.outcome.caller
        well = self.outcome.status == "completed" and self.observed.exit is None and not self.violations
        return well and (caller is None or caller.status < 400)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """The rules that this exchange broke."""
        return self.verdict.violations
