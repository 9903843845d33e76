"""What a Function Compute handler logs, and whether a credential is among it (alibaba-fc.md 3.3, 4.2, 5)."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace

from fnfuzz.app.model import App, Function
from fnfuzz.checks.fc_trials import breach, crashed, deliver, event_maker, request_id
from fnfuzz.checks.model import Breach, Observer, Probe
from fnfuzz.checks.secrets import credentials, leaks
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import Violation
from fnfuzz.drivers import HandlerProcess
from fnfuzz.events import Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["FC_LOG_OBSERVERS", "FC_LOG_PROBES", "invoke_lines", "settled_logs"]

START = re.compile(rb"FC\s+Invoke\s+Start\s+RequestId:[ \t]*+([^\s,]*+)(?=[\s,])", re.IGNORECASE)
END = re.compile(rb"FC\s+Invoke\s+End\s+RequestId:[ \t]*+([^\s,]*+)(?=[\s,])", re.IGNORECASE)
"""Official samples deviate in case and blanks (alibaba-fc.md 5). A line without its end is still on its way."""

AROUND = "\"'`<>[]().;"
NO_ID = frozenset({"", "none", "null", "undefined", "nil", "nan", "object"})
LINE_LIMIT = 32 * 1024
ARRIVE = 0.05
LATE = 1.0
"""Seconds: what lines usually need to arrive, and how long is waited before one is called missing."""

REQUESTS = 3


def invoke_lines(logs: bytes) -> tuple[list[str], list[str]]:
    """The ids of all start lines and of all end lines, in their order."""
    starts, ends = (
        [name.decode("utf-8", "replace").strip(AROUND) for name in pattern.findall(logs)] for pattern in (START, END)
    )
    return starts, ends


def settled_logs(process: HandlerProcess, seconds: float = ARRIVE) -> None:
    """Wait for log lines that are on their way."""
    process.wait_for(time.monotonic() + seconds)


# -- observers


def closes_what_it_opens(app: App, exchange: Exchange) -> Iterable[Violation]:
    """Lines that certainly belong to this exchange and contradict each other."""
    if b"nvoke" not in exchange.stdout and b"NVOKE" not in exchange.stdout:
        return
    starts, ends = invoke_lines(exchange.stdout)
    own = request_id(exchange)
    if own and any(name.lower() in NO_ID for name in (*starts, *ends)):
        yield _mismatch("A start or end line has no request id, although the request had one.", "id")
    elif own in starts and own in ends and _ends_first(exchange.stdout, own.encode()):
        yield _mismatch("The end line of an invocation comes before its start line.", "order")


def _ends_first(logs: bytes, own: bytes) -> bool:
    start = next(match.start() for match in START.finditer(logs) if match[1] == own)
    return next(match.start() for match in END.finditer(logs) if match[1] == own) < start


def _mismatch(message: str, place: str) -> Violation:
    return Violation("log-start-end-mismatched", message, place)


def keeps_lines_short(app: App, exchange: Exchange) -> Iterable[Violation]:
    """Lines over 32 KB; one whose beginning or end is missing here counts with what is there."""
    for name, text in (("stdout", exchange.stdout), ("stderr", exchange.stderr)):
        if len(text) > LINE_LIMIT and any(len(line) > LINE_LIMIT for line in text.split(b"\n")):
            yield Violation("log-line-too-long", f"A line on {name} is longer than 32 KB; the host cuts it.", name)


def keeps_credentials(app: App, exchange: Exchange) -> Iterable[Violation]:
    """The access key secret or the security token of the request, in the logs or in the answer."""
    for secret, where in leaks(credentials(exchange.request), exchange):
        place = "the answer" if where == "answer" else where
        yield Violation("secret-in-log", f"{secret.name[:1].upper()}{secret.name[1:]} shows in {place}.", where)


# -- probes


def logs_each_invocation(host: Host, function: Function) -> Iterator[Breach]:
    """Start and end lines of a few plain events, and of events that a handler may give up on early."""
    exchanges, (starts, ends) = _logged(host, function, [typical_event(function)] * REQUESTS)
    if any(crashed(exchange) for exchange in exchanges):
        return
    if not starts and not ends:
        message = "No start and end lines come, neither on stdout nor on stderr; print them and flush stdout."
        yield breach("log-start-end-missing", message, "invoke", exchanges[-1])
        return
    own = [request_id(exchange) for exchange in exchanges]
    wrong = [word for word, ids in (("start", starts), ("end", ends)) if not set(own) & set(ids)]
    if wrong:
        word = wrong[0]
        found = starts if word == "start" else ends
        what = f"The {word} lines carry other ids than the requests" if found else f"There are no {word} lines"
        yield Breach(_mismatch(f"{what}.", word), exchanges[-1])
    elif set(own) <= set(starts) & set(ends):
        yield from _gives_up_silently(host, function)


def _gives_up_silently(host: Host, function: Function) -> Iterator[Breach]:
    """A start line without its end line, for events that are no JSON."""
    if function.form not in ("raw", "mns-topic-stream"):
        return
    for payload in (b"order-17 paid", b""):
        event: Event = QueueEvent(message=payload) if function.form == "mns-topic-stream" else RawEvent(body=payload)
        exchanges, (starts, ends) = _logged(host, function, [event] * 2)
        answered = [item for item in exchanges if item.observed.reply is not None and item.observed.exit is None]
        own = {request_id(exchange) for exchange in answered}
        if len(answered) == 2 and own <= set(starts) and not own & set(ends):
            message = "An event that the handler gives up on leaves a start line without an end line."
            yield Breach(_mismatch(message, "early return"), answered[-1])
            return


def _logged(host: Host, function: Function, events: list[Event]) -> tuple[list[Exchange], tuple[list[str], list[str]]]:
    """Deliver the events; the ids of all lines that came since, after waiting for late ones if some are missing."""
    host.live()
    instance = host.http
    marks = instance.stdout.total, instance.stderr.total
    exchanges = [deliver(host, function, event) for event in events]
    own = {request_id(exchange) for exchange in exchanges}
    deadline = time.monotonic() + LATE
    while True:
        starts, ends = invoke_lines(instance.stdout.since(marks[0]) + b"\n" + instance.stderr.since(marks[1]))
        complete = own <= set(starts) and own <= set(ends)
        if complete or time.monotonic() > deadline or host.instance is not instance:
            return exchanges, (starts, ends)
        settled_logs(instance.process)


def keeps_secrets_and_lines(host: Host, function: Function) -> Iterator[Breach]:
    """A plain event, and a long text where the trigger carries one: what is logged of them, late lines included."""
    told = set()
    for event in (event_maker(host, function)("mira"), *_long_events(function)):
        shown = _with_late_logs(host, function, event)
        for violation in (*keeps_credentials(host.app, shown), *keeps_lines_short(host.app, shown)):
            if (violation.rule, violation.place) not in told:
                told.add((violation.rule, violation.place))
                yield Breach(violation, shown)


def _long_events(function: Function) -> Iterator[Event]:
    text = b'"' + b"long " * 8000 + b'"'
    if function.form == "raw":
        yield RawEvent(body=text)
    elif function.trigger == "queue":
        yield QueueEvent(message=text)
    elif function.trigger == "http":
        event = typical_event(function)
        if isinstance(event, HttpEvent) and event.body:
            yield replace(event, body=text)


def _with_late_logs(host: Host, function: Function, event: Event) -> Exchange:
    host.live()
    instance = host.http
    out, err = instance.stdout.total, instance.stderr.total
    exchange = deliver(host, function, event)
    if host.instance is not instance:
        return exchange
    settled_logs(instance.process)
    return replace(exchange, stdout=instance.stdout.since(out), stderr=instance.stderr.since(err))


FC_LOG_OBSERVERS: tuple[Observer, ...] = (
    Observer(
        name="start-end",
        rules=("log-start-end-mismatched",),
        contracts=("fc-event",),
        watch=closes_what_it_opens,
    ),
    Observer(
        name="long-lines",
        rules=("log-line-too-long",),
        contracts=("fc-event", "fc-web"),
        watch=keeps_lines_short,
    ),
    Observer(
        name="credentials",
        rules=("secret-in-log",),
        contracts=("fc-event", "fc-web"),
        watch=keeps_credentials,
    ),
)

FC_LOG_PROBES: tuple[Probe, ...] = (
    Probe(
        name="log-pairs",
        title="Logs the start and the end of each invocation",
        rules=("log-start-end-missing", "log-start-end-mismatched"),
        contracts=("fc-event",),
        run=logs_each_invocation,
    ),
    Probe(
        name="log-content",
        title="Keeps credentials and long lines out of the logs",
        rules=("secret-in-log", "log-line-too-long"),
        contracts=("fc-event", "fc-web"),
        run=keeps_secrets_and_lines,
    ),
)
