"""Runs whose every text is hostile, and a reader of the pages that are made of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import cast

from tests.harness.kit.streams import ORDERS, an_app, an_exchange

from fnfuzz.app.model import Function
from fnfuzz.contracts.model import (
    CallerReply,
    Exit,
    Fault,
    HostOutcome,
    HttpReply,
    HttpRequest,
    Observed,
    Output,
    Verdict,
    Violation,
)
from fnfuzz.drivers.usage import Usage
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent
from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.plan import KnownCase
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.fuzz.stream import (
    FindingFound,
    FindingSuspected,
    FunctionTally,
    HandlerStarted,
    KnownTried,
    Noted,
    PhaseStarted,
    ProbeFinished,
    Progressed,
    RunEvent,
    RunFinished,
    RunStarted,
)
from fnfuzz.host.exchange import Exchange

__all__ = ["Read", "hostile_stream", "progress", "read_page"]

VOID = ("meta", "br")


@dataclass(slots=True)
class Read:
    """What a parser makes of a page: its elements with their attributes, its texts, and what was wrong with it."""

    elements: list[tuple[str, tuple[tuple[str, str | None], ...]]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All texts but the style sheet's."""
        return "".join(self.texts)

    def values(self, attribute: str) -> list[str]:
        """All values of an attribute."""
        return [value or "" for _, pairs in self.elements for name, value in pairs if name == attribute]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.read = Read()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.read.elements.append((tag, tuple(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.read.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1] != "style":
            self.read.texts.append(data)

    def handle_comment(self, data: str) -> None:
        self.read.wrong.append(f"<!--{data}")

    def handle_pi(self, data: str) -> None:
        self.read.wrong.append(f"<?{data}")

    def unknown_decl(self, data: str) -> None:
        self.read.wrong.append(f"<![{data}")

    def end(self) -> Read:
        self.close()
        self.read.wrong += [f"<{tag}> stays open" for tag in self._open]
        return self.read


def read_page(page: str) -> Read:
    """The page as a parser reads it."""
    reader = _Reader()
    reader.feed(page)
    return reader.end()


def progress(elapsed: float, cases: int = 0, **more: object) -> Progressed:
    """The state of a run after so many seconds."""
    usual = Progressed(phase="explore", cases=cases, elapsed=elapsed, behaviours=cases // 10, restarts=0, findings=0)
    return replace(usual, **more)  # type: ignore[arg-type] # the test names fields of Progressed


def hostile_stream(root: Path, evil: str, *, body: bytes = b"") -> list[RunEvent]:
    """A run in which ``evil`` stands wherever a text of the app, the handler or the user can stand, and ``body``, or
    ``evil`` too, in payloads and logs.
    """
    raw = body or evil.encode("utf-8", "surrogatepass")
    function = Function(name=evil, trigger=evil, contract="azure-http")
    app = replace(
        an_app(root), root=root / "app", name=evil, reason=evil, command=(evil, evil), functions=(function, ORDERS)
    )
    events: tuple[Event, ...] = (
        HttpEvent(method=evil, path=f"/{evil}", query=((evil, evil),), headers=((evil, evil),), body=raw),
        QueueEvent(message=b'{"a":%b}' % raw, id=evil, pop_receipt=evil, attributes=((evil, evil),)),
        BlobEvent(name=evil, content=raw, content_type=evil, metadata=((evil, evil),)),
    )
    findings = [_finding(number, event, evil, raw, function) for number, event in enumerate(events)]
    sequence = replace(
        findings[0],
        identity=replace(findings[0].identity, place=f"{findings[0].identity.place} sequence"),
        minimal=events[1:2] * 20,
        functions=(evil,) * 20,
        passing=None,
        confirmed="sequence",
    )
    findings.append(sequence)
    tally = FunctionTally(
        name=evil, trigger=evil, contract=evil, cases=9, rejected=3, mean_seconds=0.002, behaviours=2,
        latencies=(0,) * 9 + (4, 5), answers=(1, 0, 4, 0, 3, 1),
    )  # fmt: skip
    case = KnownCase(identity=findings[0].identity, events=events[:1], functions=(evil,), regressed=evil)
    stream: list[RunEvent] = [
        RunStarted(app=app, seed=7, max_time=30.0, max_cases=None, skipped=(evil,)),
        HandlerStarted(seconds=0.2, port=4000),
        PhaseStarted(phase=evil),
        KnownTried(case=case, verdict="not tried", reason=evil),
        KnownTried(case=case, verdict="still failing", finding=findings[0]),
        ProbeFinished(probe=evil, title=evil, function=evil, rules=("resp-status-non2xx",), broken=(), seconds=0.1),
        ProbeFinished(probe=evil, title=evil, function=evil, rules=(), broken=(), seconds=0.0, skipped=evil),
        ProbeFinished(
            probe=evil, title=evil, function=evil, rules=(), broken=("resp-status-non2xx",), seconds=0.1
        ),
        progress(1.0, 5, phase=evil, functions=(tally,), usage=Usage(30 << 20, 3, 9)),
        progress(2.0, 9, phase=evil, restarts=1, functions=(tally,), usage=Usage(31 << 20, 3, 9)),
        *(FindingSuspected(finding=finding) for finding in findings),
        *(FindingFound(finding=finding) for finding in findings),
        Noted(text=evil),
    ]  # fmt: skip
    end = RunFinished(
        ended="lost", cases=9, duration_s=2.5, behaviours=2, restarts=1, functions=(tally,), findings=tuple(findings),
        error=evil, stderr=(evil, evil),
    )  # fmt: skip
    return [*stream, end]


def _finding(number: int, event: Event, evil: str, raw: bytes, function: Function) -> Finding:
    spots = (("method",), ("query", 0, 0), ("headers", 0, 1), ("name",), ("metadata", 0, 1), ("message", "text"))
    # No half of a surrogate pair gets into an identity.
    named = evil.encode("utf-8", "replace").decode()
    parts = tuple(Part(evil, verdict, evil, "passes", (spot,)) for spot, verdict in zip(spots, _VERDICTS, strict=True))
    return Finding(
        identity=Identity("resp-status-non2xx", named, named, f"{named} {number}"),
        message=evil,
        count=3,
        first_case=2,
        first_seconds=0.7,
        minimal=(event,),
        original=_other(event, raw + raw),
        exchange=_exchange(event, evil, raw, function),
        trace=(evil, evil),
        notes=(evil,),
        explanation=parts,  # type: ignore[arg-type] # the table holds verdicts
        passing=_other(event, raw + b"x"),
        path=(_other(event, raw * 3), _other(event, raw * 2), event),
        cut_short=True,
        regressed=evil,
    )


_VERDICTS = ("any", "only", "some", "any", "only", "some")


def _other(event: Event, data: bytes) -> Event:
    key = {"http": "body", "queue": "message", "blob": "content"}[event.trigger]
    return cast("Event", replace(event, **{key: data}))  # type: ignore[arg-type] # bytes


def _exchange(event: Event, evil: str, raw: bytes, function: Function) -> Exchange:
    outcome = HostOutcome(
        status="failed",
        error=evil,
        caller=CallerReply(500, ((evil, evil),), raw),
        outputs=(Output(evil, evil, (raw, raw)),),
        delivery="lost",
        result=raw,
        logs=(evil,),
    )
    return replace(
        an_exchange(event),
        function=function,
        request=HttpRequest(
            "POST", f"/{evil}".encode("utf-8", "replace").decode(), (("X-Evil", "<b>"),), raw, "chunked"
        ),
        observed=Observed(
            reply=HttpReply(500, evil, ((evil, evil),), raw), fault=Fault("bad-head", evil, raw), exit=Exit(-9)
        ),
        verdict=Verdict(outcome, (Violation("resp-status-non2xx", evil, evil),)),
        stderr=raw + b"\n" + raw,
        stdout=raw,
    )
