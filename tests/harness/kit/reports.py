"""Runs made for reports: an app with sources in a repository, nasty findings, and what a reporter makes of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from hypothesis import strategies as st
from tests.harness.kit.streams import a_context, a_stream, an_error, an_exchange, feed

from fnfuzz.contracts.model import HttpReply
from fnfuzz.events import QueueEvent
from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.stream import ProbeFinished, RunEvent, RunStarted
from fnfuzz.report import ReportContext
from fnfuzz.report.baseline import Entry, FailOn
from fnfuzz.report.registry import open_reporters
from fnfuzz.report.standing import Kept, Standings

__all__ = [
    "NASTY",
    "a_nasty_finding",
    "a_repository",
    "a_shop_stream",
    "judged",
    "nasty_texts",
    "reported",
    "traced",
]

NASTY = (
    "\x1b[31m\x00\x07\u202e\ufffe\U0001f600\udc80 ]]> <script>alert(1)</script> &amp; </pre></details>\r\n"
    "::error::x %0A %25 | `code` **b** [a](http://e.example) ![i](//e.example/x) {0} @octocat #1 www.e.example $x$"
    " ~~y~~ _z_"
)
nasty_texts = st.one_of(
    st.text(st.characters(), max_size=40),
    st.lists(st.sampled_from([*NASTY, "](", "<b>", "&lt;", "\n", "::", "|", "```", "\\"]), max_size=12).map("".join),
)


def a_repository(root: Path) -> Path:
    """The folder of an app in a repository, with a handler of 40 lines; its root is ``root``."""
    app = root / "apps" / "shop"
    (app / "Orders").mkdir(parents=True)
    (root / ".git").mkdir()
    (app / "handler.py").write_text("".join(f"line_{number}\n" for number in range(1, 41)))
    (app / "host.json").write_text("{}")
    (app / "Orders" / "function.json").write_text("{}")
    return app


def a_shop_stream(app: Path, *findings: Finding, **finished: object) -> list[RunEvent]:
    """A whole run of that app, with two experiments."""
    start, *rest = a_stream(app, *findings, **finished)
    assert isinstance(start, RunStarted)
    probe = {"title": "Requests at once", "function": "Orders", "rules": ("req-concurrent",), "seconds": 0.25}
    return [
        start,
        rest[0],
        ProbeFinished(probe="together", broken=(), **probe),  # type: ignore[arg-type] # fields of ProbeFinished
        ProbeFinished(probe="later", broken=(), skipped="no time", **probe),  # type: ignore[arg-type] # the same
        *rest[1:],
    ]


def traced(place: str, *trace: str, rule: str = "resp-status-non2xx") -> Finding:
    """An error that shows at ``place``."""
    return replace(an_error(), identity=Identity(rule, "Orders", "queue", place), trace=trace)


def a_nasty_finding(text: str = NASTY) -> Finding:
    """An error with ``text`` wherever a handler or an event can put it."""
    data = text.encode("utf-8", "surrogatepass")
    event = QueueEvent(message=data, attributes=((text, text),))
    exchange = an_exchange(event, body=data, stderr=data)
    reply = HttpReply(500, text, ((text, text), ("Set-Cookie", text)), data)
    exchange = replace(exchange, observed=replace(exchange.observed, reply=reply))
    return replace(
        an_error(event, message=text),
        identity=Identity("resp-status-non2xx", text, "queue", text),
        exchange=exchange,
        trace=(text,),
        notes=(text,),
    )


def judged(context: ReportContext, folder: Path, *known: dict[str, str], fail_on: FailOn = "error") -> ReportContext:
    """The context with a baseline of these entries."""
    entries = tuple(Entry(**entry) for entry in known)
    standings = Standings(context.cases, fail_on, Kept(folder / "baseline.json", entries), "2026-06-01")
    return replace(context, standings=standings)


def reported(name: str, folder: Path, events: Iterable[RunEvent], context: ReportContext | None = None) -> str:
    """What the reporter of this name writes."""
    path = folder / f"report.{name}"
    context = context or a_context(folder)[0]
    reporter = open_reporters([f"{name}={path}"], context)[0]
    standings = context.standings
    if standings is not None:
        events = list(events)
        for event in events:
            standings.handle(event)
    feed(reporter, events)
    return path.read_text("utf-8")
