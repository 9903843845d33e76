"""An own contract as the codec that the host asks: what it makes is looked at before it is sent or believed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fnfuzz.app.model import ContractId, Function
from fnfuzz.contracts.model import (
    Delivery,
    HostOutcome,
    HttpRequest,
    LineReply,
    LineRequest,
    NotCarried,
    Observed,
    Request,
    Verdict,
    Violation,
)
from fnfuzz.events import Event
from fnfuzz.extensions.checking import bounded
from fnfuzz.extensions.fuse import Fuse
from fnfuzz.extensions.marks import ContractMark
from fnfuzz.rules import RULES, Rule

__all__ = ["OwnCodec", "codec_of", "no_answer_rule"]

MOST = 20
"""Violations of one answer that are taken."""


def no_answer_rule(name: str) -> Rule:
    """The rule that every own contract has."""
    return Rule(
        id=f"{name}/no-answer",
        severity="error",
        title="Every event gets a whole answer",
        reason="The process ended, or closed the connection, hung, or sent more or less than an answer.",
        remedy="Look at the trace or the last lines of the log; answer every event, and go on after it.",
        source="",
        contracts=(name,),
    )


def codec_of(target: Callable[..., Any], mark: ContractMark, fuse: Fuse) -> Callable[[], OwnCodec]:
    """Makes a codec with an object of the user's class of its own."""

    def make() -> OwnCodec:
        return OwnCodec(mark, fuse.attempt(target), fuse)

    return make


class OwnCodec:
    """The user's object behind a fuse. It never raises anything but NotCarried, whatever that object does."""

    def __init__(self, mark: ContractMark, codec: Any, fuse: Fuse) -> None:
        self.mark = mark
        self._codec = codec
        self._fuse = fuse

    @property
    def id(self) -> ContractId:
        """The contract's name."""
        return self.mark.name  # type: ignore[return-value] # an own id

    def encode(self, function: Function, event: Event, delivery: Delivery) -> Request:
        """The request of the user's ``encode``. Raises NotCarried where that has none."""
        made = self._fuse.call(self._encoded, function, event, delivery)
        if isinstance(made, NotCarried):
            raise made
        if made is None:
            raise NotCarried(self._fuse.why or f"{self._fuse.name} makes no request of it")
        return made

    def _encoded(self, function: Function, event: Event, delivery: Delivery) -> Request | NotCarried:
        try:
            made = self._codec.encode(function, event, delivery)
        except ValueError as error:
            return NotCarried(f"contract {self.mark.name} does not carry the event: {error}")
        if self.mark.transport == "lines":
            return _checked_line(made)
        return _checked_request(made, delivery)

    def decode(self, function: Function, event: Event, delivery: Delivery, observed: Observed) -> Verdict:
        """What the user's ``decode`` concludes from a whole answer; without one, that there is none."""
        broken = self._unanswered(observed)
        reply = observed.reply
        if reply is None or (isinstance(reply, LineReply) and reply.answer is None):
            if observed.timed_out:
                return Verdict(HostOutcome(status="hung", error=broken[0].message, until=function.timeout), broken)
            return Verdict(HostOutcome(status="failed", error=broken[0].message if broken else ""), broken)
        verdict = self._fuse.call(self._decoded, function, event, delivery, observed)
        if verdict is None:
            return Verdict(HostOutcome(status="failed", error=f"{self._fuse.name} does not conclude anything"), broken)
        return Verdict(verdict.outcome, (*broken, *verdict.violations)) if broken else verdict

    def _decoded(self, function: Function, event: Event, delivery: Delivery, observed: Observed) -> Verdict:
        made = self._codec.decode(function, event, delivery, observed)
        verdict = Verdict(made) if isinstance(made, HostOutcome) else made
        if not isinstance(verdict, Verdict) or not isinstance(verdict.outcome, HostOutcome):
            raise TypeError(f"decode gives {type(made).__name__}; a HostOutcome or a Verdict is wanted")
        if not verdict.violations:
            return verdict
        for item in verdict.violations:
            if not isinstance(item, Violation) or item.rule not in RULES:
                raise ValueError(f"decode reports {getattr(item, 'rule', item)!r}, which is none of the known rules")
        return Verdict(verdict.outcome, tuple(bounded(item) for item in verdict.violations[:MOST]))

    def _unanswered(self, observed: Observed) -> tuple[Violation, ...]:
        rule = f"{self.mark.name}/no-answer"
        if observed.exit is not None:
            return (Violation(rule, f"The process ended ({observed.exit}).", str(observed.exit)),)
        if observed.fault is not None:
            message = observed.fault.message
            return (Violation(rule, f"{message[:1].upper()}{message[1:]}.", observed.fault.kind),)
        if isinstance(observed.reply, LineReply) and observed.reply.answer is None:
            return (Violation(rule, "No line is a JSON object.", "answer"),)
        return ()


def _checked_request(made: object, delivery: Delivery) -> HttpRequest:
    if not isinstance(made, HttpRequest):
        raise TypeError(f"encode gives {type(made).__name__}; an HttpRequest is wanted")
    names = {name.lower() for name, _ in made.headers}
    if names & {"content-length", "transfer-encoding"}:
        raise TypeError("encode gives a header of the framing, which fnfuzz adds by itself")
    if any(
        char in text
        for text in (made.method, made.target, *(part for pair in made.headers for part in pair))
        for char in "\r\n\0"
    ):
        raise TypeError("encode gives a line break or a zero inside a name, a header or the target")
    if "host" not in names:
        made = replace(made, headers=(("Host", f"127.0.0.1:{delivery.port}"), *made.headers))
    return replace(made, framing="length") if made.body and made.framing is None else made


def _checked_line(made: object) -> LineRequest:
    if not isinstance(made, LineRequest):
        raise TypeError(f"encode gives {type(made).__name__}; a LineRequest is wanted")
    if b"\n" in made.line:
        raise TypeError("encode gives a line with a line feed in it")
    return made
