"""What a finding rests on: events, bytes, answers and logs, as blocks of lines that are cut where they are long."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from fnfuzz.contracts.model import HttpReply, LineReply, Observed
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.fuzz.shrinking.reduction import text_of
from fnfuzz.host.exchange import Exchange
from fnfuzz.report.html.charts import bar
from fnfuzz.report.html.elements import Child, Html, element, join
from fnfuzz.report.html.tables import table
from fnfuzz.report.marks import MarkedLine, marked_lines
from fnfuzz.report.visible import cut_middle, payload_lines, size, visible
from fnfuzz.report.wording import event_lines, many, observed_lines, outcome_lines, request_lines, stream_lines

__all__ = ["block", "came_back", "first_event", "folded", "logs", "outcome", "parts_table", "sent", "shrinking"]

MAX_EVENTS = 12
MAX_NAME = 160
MAX_STEPS = 30
SHORT_BYTES, SHORT_LINES = 480, 12
"""A payload up to here is shown whole at once."""

LONG_BYTES, LONG_LINES = 8192, 120
"""Of a longer one so much can be unfolded."""

MAX_LOG = 40
MAX_LINE = 300
LAST_BYTES = 64 * 1024
"""Of a log at most its last lines are shown, and no more of it is looked at."""


def block(lines: Iterable[Child], class_: str | None = None) -> Html:
    """Lines as they are, each blank kept."""
    shown = (_unbroken(line, line) if isinstance(line, str) else line for line in lines)
    return element("pre", element("code", join(shown, "\n")), class_=class_, tabindex=0)


def folded(summary: Child, *inside: Child, is_open: bool = False) -> Html:
    """What is out of the way until it is asked for."""
    return element("details", element("summary", summary), *inside, open="" if is_open else None)


def sent(finding: Finding) -> list[Child]:
    """The smallest event with what matters marked, or each one of the sequence; and the bytes of the last one."""
    events = finding.minimal or ((finding.exchange.event,) if finding.exchange is not None else ())
    shown: list[Child] = []
    for number, event in enumerate(events, 1):
        last = number == len(events)
        if number > MAX_EVENTS // 2 and len(events) - number >= MAX_EVENTS // 2:
            if number == MAX_EVENTS // 2 + 1:
                shown.append(element("p", f"... {len(events) - MAX_EVENTS:,} events left out ...", class_="dim"))
            continue
        if len(events) > 1:
            name = finding.functions[number - 1] if number <= len(finding.functions) else ""
            shown.append(
                element("p", f"{number}. {f'to {cut_middle(name, MAX_NAME)}' if name else ''}".strip(), class_="step")
            )
        lines = marked_lines(event, finding.explanation if last else ())
        shown += [block(_marked(line) for line in lines), _more("its payload", _payload(event))]
    if any(part.verdict != "any" for part in finding.explanation):
        shown.append(_LEGEND)
    if finding.exchange is not None:
        shown.append(folded("the request as it goes over the wire", block(request_lines(finding.exchange.request))))
    return shown


def came_back(exchange: Exchange) -> list[Child]:
    """The answer, and more of its body."""
    return [block(observed_lines(exchange.observed)), _more("its body", _answer(exchange.observed))]


def outcome(exchange: Exchange) -> Html:
    """What the real host makes of it."""
    return block(outcome_lines(exchange.outcome, exchange.event), "host")


def logs(finding: Finding) -> list[Child]:
    """The lines that go with the finding, and all that was said during the exchange."""
    trace = [cut_middle(visible(line), MAX_LINE) for line in finding.trace[-MAX_LOG:]]
    shown: list[Child] = [block(trace)] if trace else []
    for name in ("stderr", "stdout"):
        said = stream_lines(getattr(finding.exchange, name, b"")[-LAST_BYTES:], MAX_LOG)
        if not set(said) <= set(trace):
            shown.append(folded(f"{many(len(said), 'line')} of {name} during this exchange", block(said)))
    return shown


def parts_table(finding: Finding) -> Html:
    """Each part of the event, and what happens when it is changed; what matters first."""
    ranked = sorted(finding.explanation, key=lambda part: (part.verdict == "any", part.verdict != "some"))
    rows = [
        (cut_middle(part.path, MAX_NAME), _matters(part), cut_middle(part.text, MAX_LINE), _ABSENT[part.absent])
        for part in ranked
    ]
    columns = (("part", ""), ("matters", "word"), ("when it is changed", ""), ("without it", "word"))
    return table(f"parts-{finding.id}", "What each part of the event does", columns, rows)


def shrinking(finding: Finding) -> list[Child]:
    """The way from the first event to the smallest one."""
    steps = _some(finding.path)
    if len(steps) < 2:
        return []
    sizes = [len(text_of(event)) for event in steps]
    most = max(*sizes, 1)
    items = []
    for event, letters in zip(steps, sizes, strict=True):
        lines = event_lines(event)
        preview = cut_middle(" ".join(line.strip() for line in lines), 140)
        head = join([element("b", many(letters, "character")), " ", element("code", preview)])
        items.append(element("li", bar(letters / most), folded(head, block(lines))))
    said = f"{many(len(finding.path), 'event')} on the way, from {many(sizes[0], 'character')} to {sizes[-1]:,}"
    return [folded(said, element("ol", items, class_="path"))]


def first_event(finding: Finding) -> list[Child]:
    """The event that showed it first, when it is another one."""
    original = finding.original
    if original is None or original in finding.minimal:
        return []
    letters = many(len(text_of(original)), "character")
    inside = [block(event_lines(original)), _more("its payload", _payload(original))]
    return [folded(f"the event that showed it first, {letters}", inside)]


_UNBROKEN = re.compile(r" +\S{40}")
_LEGEND = element(
    "p",
    element("mark", "Marked"),
    " is what matters, ",
    element("span", "pale", class_="no-matter"),
    " what does not.",
    class_="dim small",
)
_ABSENT = {"fails": "fails", "passes": "passes", "": "–"}


def _matters(part: Part) -> str:
    return {"any": "no", "only": "yes", "some": "yes, partly"}[part.verdict]


def _unbroken(text: str, shown: Child) -> Child:
    """A line that has no blank to be folded at, but its indent, is folded anywhere."""
    return element("span", shown, class_="unbroken") if _UNBROKEN.match(text) else shown


def _marked(line: MarkedLine) -> Html:
    """The line with its marks as elements; where two overlap the later one holds."""
    ends = (end for mark in line.marks for end in (mark.start, mark.end))
    parts: list[Child] = []
    for start, end in pairwise(sorted({0, len(line.text), *ends})):
        text = line.text[start:end]
        over = next((mark for mark in reversed(line.marks) if mark.start <= start and end <= mark.end), None)
        if over is None:
            parts.append(text)
        else:
            parts.append(element("mark", text) if over.matters else element("span", text, class_="no-matter"))
    return join([_unbroken(line.text, parts)])


def _more(name: str, data: bytes) -> Child:
    if len(data) <= SHORT_BYTES and data.count(b"\n") < SHORT_LINES:
        return None
    return folded(f"more of {name}, {size(len(data))}", block(payload_lines(data, limit=LONG_BYTES, most=LONG_LINES)))


def _payload(event: Event) -> bytes:
    match event:
        case HttpEvent(body=data) | RawEvent(body=data) | QueueEvent(message=data) | BlobEvent(content=data):
            return data
        case _:
            return b""


def _answer(observed: Observed) -> bytes:
    reply = observed.reply
    if isinstance(reply, HttpReply):
        return reply.body
    return b"\n".join(reply.lines[:8]) if isinstance(reply, LineReply) else b""


def _some(events: Sequence[Event]) -> list[Event]:
    """At most so many of them, evenly, with the first and the last."""
    if len(events) <= MAX_STEPS:
        return list(events)
    return [events[round(number * (len(events) - 1) / (MAX_STEPS - 1))] for number in range(MAX_STEPS)]
