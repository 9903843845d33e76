"""Findings and exchanges as JSON types; parts of the document ``fnfuzz.report/1`` (docs/design.md)."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from fnfuzz.contracts.model import (
    CallerReply,
    Exit,
    Fault,
    HostOutcome,
    HttpReply,
    HttpRequest,
    LineReply,
    Reply,
    Request,
    Violation,
)
from fnfuzz.events import Event, to_data
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.ignoring import IgnoredFinding
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.fuzz.shrinking.shrink import size
from fnfuzz.fuzz.stream import FunctionTally, KnownTried, ProbeFinished
from fnfuzz.host.exchange import Exchange
from fnfuzz.rules import RULES

if TYPE_CHECKING:
    from fnfuzz.report.model import ReportContext

__all__ = [
    "dumps",
    "exchange_data",
    "finding_data",
    "ignored_data",
    "known_data",
    "part_data",
    "probe_data",
    "sound",
    "standing_data",
    "tally_data",
    "violation_data",
]

MAX_BYTES = 65536
"""Bytes of one body or log that are kept; ``<key>_size`` tells the whole size of one that was longer."""


def dumps(data: object) -> str:
    """JSON text that is pure printable ASCII, so that no terminal acts on it."""
    return json.dumps(data, indent=2, ensure_ascii=True).replace("\x7f", "\\u007f")


def sound(data: dict[str, Any]) -> dict[str, Any]:
    """The same without halves of characters, which strict readers of JSON refuse."""
    whole: dict[str, Any] = json.loads(json.dumps(data, ensure_ascii=False).encode("utf-8", "replace"))
    return whole


def finding_data(finding: Finding, reproduce: str) -> dict[str, Any]:
    """One entry of ``findings``. ``minimal`` is one event, a list for a sequence, null where no event is needed.

    ``explanation`` has one entry for each part of the (last) event that was changed: ``{"path": "items[0].qty",
    "verdict": "any"|"only"|"some", "text": "fails when ...", "absent": "fails"|"passes"|null, "spots": [[key or
    position, ...], ...]}``. any: the part does not matter, every other value that was tried fails too. only: none does.
    some: some do. ``spots`` begin with the event's key and, for a payload, its format; ``(json)`` in them steps into
    what a text stands for, ``name of KEY`` means a member's name. ``passing`` is the event most like the last one of
    ``minimal`` that does not show the finding, ``path`` the characters of the ever smaller events on the way to it.
    """
    rule = RULES[finding.identity.rule]
    return {
        "id": finding.id,
        "rule": rule.id,
        "severity": finding.severity,
        "function": finding.identity.function or None,
        "trigger": finding.identity.trigger or None,
        "message": finding.message,
        "count": finding.count,
        "first_case": finding.first_case,
        "first_seconds": round(finding.first_seconds, 3),
        "minimal": _minimal(finding.minimal),
        "exchange": exchange_data(finding.exchange) if finding.exchange is not None else None,
        "reproduce": reproduce,
        "explanation": [part_data(part) for part in finding.explanation],
        "passing": to_data(finding.passing) if finding.passing is not None else None,
        "path": [size(event)[0] for event in finding.path],
        "notes": list(finding.notes),
        "place": finding.identity.place,
        "confirmed": finding.confirmed,
        "cut_short": finding.cut_short,
        "regressed": finding.regressed or None,
        "original": to_data(finding.original) if finding.original is not None else None,
        "trace": list(finding.trace),
        "title": rule.title,
        "reason": rule.reason,
        "remedy": rule.remedy,
        "source": rule.source,
    }


def exchange_data(exchange: Exchange) -> dict[str, Any]:
    """``{request, reply, fault, exit, elapsed_s, outcome, stderr}`` and a few more.

    The port of the instance is ``PORT`` in the request's Host, so that two runs alike have reports alike.
    """
    observed = exchange.observed
    data: dict[str, Any] = {
        "function": exchange.function.name,
        "contract": exchange.function.contract,
        "request": _request(exchange.request, exchange.delivery.port),
        "reply": _reply(observed.reply),
        "fault": _fault(observed.fault),
        "exit": _exit(observed.exit),
        "elapsed_s": round(observed.elapsed, 6),
        "outcome": _outcome(exchange.outcome),
    }
    _put(data, "stderr", exchange.stderr)
    _put(data, "stdout", exchange.stdout)
    return data


def violation_data(violation: Violation) -> dict[str, Any]:
    """A broken rule with its severity and where it shows."""
    rule = RULES[violation.rule]
    return {
        "rule": rule.id,
        "severity": rule.severity,
        "message": violation.message,
        "place": violation.place,
        "remedy": rule.remedy,
    }


def part_data(part: Part) -> dict[str, Any]:
    """One entry of ``explanation``."""
    return {
        "path": part.path,
        "verdict": part.verdict,
        "text": part.text,
        "absent": part.absent or None,
        "spots": [list(spot) for spot in part.spots],
    }


def standing_data(finding: Finding, context: ReportContext) -> dict[str, Any]:
    """``standing`` (new, earlier, known, expired: see ``baseline.Standing``), and ``fails``: does it fail the run?"""
    return {"standing": context.standing(finding).kind, "fails": context.fails(finding)}


def tally_data(tally: FunctionTally) -> dict[str, Any]:
    """An entry of ``functions``."""
    return {
        "name": tally.name,
        "trigger": tally.trigger,
        "contract": tally.contract,
        "cases": tally.cases,
        "rejected": tally.rejected,
        "mean_s": round(tally.mean_seconds, 6),
        "behaviours": tally.behaviours,
        "answers": dict(zip(("none", "1xx", "2xx", "3xx", "4xx", "5xx"), tally.answers, strict=False)),
    }


def ignored_data(item: IgnoredFinding) -> dict[str, Any]:
    """An entry of ``ignored``."""
    identity = item.identity
    return {
        "id": identity.id,
        "rule": identity.rule,
        "severity": RULES[identity.rule].severity,
        "function": identity.function or None,
        "trigger": identity.trigger or None,
        "place": identity.place,
        "count": item.count,
        "reason": item.reason,
    }


def known_data(event: KnownTried) -> dict[str, Any]:
    """An entry of ``known``."""
    identity = event.case.identity
    return {
        "id": identity.id,
        "rule": identity.rule,
        "function": identity.function,
        "trigger": identity.trigger,
        "place": identity.place,
        "verdict": event.verdict,
        "now": event.finding.id if event.finding is not None else None,
        "reason": event.reason,
    }


def probe_data(event: ProbeFinished) -> dict[str, Any]:
    """An entry of ``probes``."""
    return {
        "probe": event.probe,
        "title": event.title,
        "function": event.function or None,
        "rules": list(event.rules),
        "broken": list(event.broken),
        "seconds": round(event.seconds, 3),
        "skipped": event.skipped,
    }


def _minimal(events: tuple[Event, ...]) -> Any:
    if len(events) == 1:
        return to_data(events[0])
    return [to_data(event) for event in events] or None


def _request(request: Request, port: int) -> dict[str, Any]:
    data: dict[str, Any]
    if not isinstance(request, HttpRequest):
        data = {}
        _put(data, "line", request.line)
        return data
    data = {
        "method": request.method,
        "target": request.target,
        "headers": [
            [name, value.removesuffix(f":{port}") + ":PORT" if name == "Host" and value.endswith(f":{port}") else value]
            for name, value in request.headers
        ],
        "framing": request.framing,
    }
    _put(data, "body", request.body)
    return data


def _reply(reply: Reply | None) -> dict[str, Any] | None:
    if isinstance(reply, HttpReply):
        data: dict[str, Any] = {
            "version": reply.version,
            "status": reply.status,
            "reason": reply.reason,
            "headers": [list(pair) for pair in reply.headers],
        }
        _put(data, "body", reply.body)
        return data
    return _line_reply(reply) if isinstance(reply, LineReply) else None


def _line_reply(reply: LineReply) -> dict[str, Any]:
    data: dict[str, Any] = {
        "lines": [_line(line) for line in reply.lines[:100]],
        "line_count": len(reply.lines),
        "answer": reply.answer,
    }
    _put(data, "partial", reply.partial)
    _put(data, "stale", reply.stale)
    return data


def _line(line: bytes) -> dict[str, Any]:
    data: dict[str, Any] = {}
    _put(data, "text", line)
    return data


def _fault(fault: Fault | None) -> dict[str, Any] | None:
    if fault is None:
        return None
    data: dict[str, Any] = {"kind": fault.kind, "message": fault.message}
    _put(data, "raw", fault.raw)
    return data


def _exit(exit: Exit | None) -> dict[str, Any] | None:  # the word of the contract's model
    if exit is None:
        return None
    return {
        "code": exit.code if exit.code >= 0 else None,
        "signal": -exit.code if exit.code < 0 else None,
        "text": str(exit),
    }


def _outcome(outcome: HostOutcome) -> dict[str, Any]:
    data: dict[str, Any] = {
        "status": outcome.status,
        "error": outcome.error,
        "until_s": outcome.until,
        "caller": _caller(outcome.caller),
        "outputs": [
            {
                "binding": output.binding,
                "type": output.type,
                "payloads": [_line(payload) for payload in output.payloads],
            }
            for output in outcome.outputs
        ],
        "delivery": outcome.delivery or None,
        "logs": list(outcome.logs),
    }
    if outcome.result is not None:
        _put(data, "result", outcome.result)
    return data


def _caller(caller: CallerReply | None) -> dict[str, Any] | None:
    if caller is None:
        return None
    data: dict[str, Any] = {"status": caller.status, "headers": [list(pair) for pair in caller.headers]}
    _put(data, "body", caller.body)
    return data


def _put(data: dict[str, Any], key: str, value: bytes) -> None:
    """UTF-8 under ``key``, other bytes under ``<key>_base64``, long ones cut with their size under ``<key>_size``."""
    kept = value[:MAX_BYTES]
    try:
        data[key] = kept.decode("utf-8")
    except UnicodeDecodeError as error:
        if len(value) > MAX_BYTES and error.reason == "unexpected end of data":
            data[key] = kept[: error.start].decode("utf-8")
        else:
            data[f"{key}_base64"] = base64.b64encode(kept).decode("ascii")
    if len(value) > MAX_BYTES:
        data[f"{key}_size"] = len(value)
