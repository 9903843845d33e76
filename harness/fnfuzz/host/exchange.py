"""One exchange: what was sent, what came back, what the host makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import Delivery, HostOutcome, HttpReply, Observed, Request, Verdict, Violation
from fnfuzz.drivers import Instance
from fnfuzz.events import Event
from fnfuzz.frozen import quick_dataclass

__all__ = ["Answer", "Exchange"]


@quick_dataclass(frozen=True, kw_only=True)
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


@dataclass(slots=True, kw_only=True)
class Answer:
    """What came back, for a host to judge now or while the handler works on the next event.

    ``exchange`` is what the host made of it, None as long as it was not judged. ``out`` and ``err`` are the positions
    in the logs of ``instance`` before and after; ``number`` is that of the exchange.
    """

    instance: Instance
    function: Function
    event: Event
    delivery: Delivery
    request: Request
    observed: Observed
    number: int
    out: tuple[int, int]
    err: tuple[int, int]
    earlier: int = 0
    """The position in stderr from which on the last words of a process may be that says nothing in this exchange."""

    exchange: Exchange | None = None

    @property
    def may_wait(self) -> bool:
        """Is it whole, and does it look like one that everybody is content with?"""
        observed = self.observed
        if observed.fault is not None or observed.exit is not None:
            return False
        reply = observed.reply
        if isinstance(reply, HttpReply):
            return reply.status < 400
        return reply is not None and reply.is_answer_alone
