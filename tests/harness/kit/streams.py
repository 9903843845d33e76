"""Hand-made findings and streams of a run, for tests of what is made from them."""

from __future__ import annotations

import io
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from fnfuzz.app.model import App, Function
from fnfuzz.contracts.model import Delivery, HostOutcome, HttpReply, HttpRequest, Observed, Verdict, Violation
from fnfuzz.events import Event, QueueEvent
from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.stream import FindingFound, FunctionTally, HandlerStarted, RunEvent, RunFinished, RunStarted
from fnfuzz.host.exchange import Exchange
from fnfuzz.report import AppWords, CaseFiles, ReportContext, Reporter

__all__ = ["ORDERS", "Terminal", "a_context", "a_stream", "a_warning", "an_app", "an_error", "an_exchange", "feed"]

ORDERS = Function(name="Orders", trigger="queue", contract="azure-http", timeout=1800.0)


class Terminal(io.StringIO):
    """Takes itself for a terminal."""

    def isatty(self) -> bool:
        """Yes."""
        return True


def an_app(root: Path) -> App:
    """An Azure app with one queue function."""
    return App(
        root=root,
        name="shop",
        platform="azure",
        reason="host.json in shop",
        command=("./handler",),
        cwd=root,
        functions=(ORDERS,),
    )


def an_exchange(event: Event, *, body: bytes = b"oops", stderr: bytes = b"KeyError: 'qty'\n") -> Exchange:
    """A queue message that was answered with 500."""
    return Exchange(
        function=ORDERS,
        event=event,
        delivery=Delivery(),
        request=HttpRequest("POST", "/Orders", (("Host", "127.0.0.1:9"),), b'{"Data":{}}', "chunked"),
        observed=Observed(
            reply=HttpReply(500, "Internal Server Error", (("Content-Type", "text/plain"),), body), elapsed=0.0042
        ),
        verdict=Verdict(
            HostOutcome(status="failed", error="HttpRequestException: 500", delivery="redelivered"),
            (Violation("resp-status-non2xx", "The answer has status 500.", "status 500"),),
        ),
        stderr=stderr,
    )


def an_error(
    event: Event | None = None, *, body: bytes = b"oops", message: str = "The answer has status 500."
) -> Finding:
    """An error with its minimal event."""
    sent = QueueEvent(message=b"{}") if event is None else event
    return Finding(
        identity=Identity("resp-status-non2xx", "Orders", "queue", "KeyError at handler.py:18"),
        message=message,
        count=3,
        first_case=17,
        minimal=(sent,),
        original=QueueEvent(message=b'{"id":"7"}'),
        exchange=an_exchange(sent, body=body),
        trace=("KeyError: 'qty'",),
    )


def a_warning() -> Finding:
    """A warning that the start showed."""
    return Finding(
        identity=Identity("out-undeclared", "Orders", "queue", "Outputs"),
        message="Outputs has 1 key that is no output binding.",
        minimal=(QueueEvent(),),
    )


def a_stream(
    root: Path, *findings: Finding, told: Iterable[Finding] | None = None, **finished: object
) -> list[RunEvent]:
    """A whole run with these findings; ``told`` are the ones told as they came."""
    tally = FunctionTally(
        name="Orders", trigger="queue", contract="azure-http", cases=100, rejected=25, mean_seconds=0.0021
    )
    end = RunFinished(
        ended="time",
        cases=100,
        duration_s=2.0,
        behaviours=7,
        restarts=1,
        functions=(tally,),
        findings=findings,
    )
    return [
        RunStarted(app=an_app(root), seed=42, max_time=30.0, max_cases=None, skipped=("Feed: no events for eventHub",)),
        HandlerStarted(seconds=0.12, port=4321),
        *(FindingFound(finding=finding) for finding in (findings if told is None else told)),
        replace(end, **finished),  # type: ignore[arg-type] # the test names fields of RunFinished
    ]


def a_context(folder: Path, **more: object) -> tuple[ReportContext, io.StringIO]:
    """A context that prints into the second value."""
    out = io.StringIO()
    cases = CaseFiles(folder / "state", AppWords(app="shop"))
    return replace(ReportContext(cases=cases, out=out), **more), out  # type: ignore[arg-type] # fields of ReportContext


def feed(reporter: Reporter, events: Iterable[RunEvent]) -> None:
    """Start, all events, finish; the cases are kept first, as in a run."""
    context: ReportContext = reporter.context  # type: ignore[attr-defined] # all of ours have one
    reporter.start()
    for event in events:
        context.cases.handle(event)
        reporter.handle(event)
    reporter.finish()
