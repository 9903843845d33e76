"""HAR 1.2 of the exchanges behind findings, for contracts over HTTP, as browsers and proxies read it.

An entry for each finding with an exchange: request and answer as they went between host and handler, bytes that are no
UTF-8 as base64, long bodies cut (``comment`` says so, the sizes stay). ``_fnfuzz`` in an entry: ``id``, ``rule``,
``severity``, ``function``, ``trigger``, ``contract``, ``place``, ``message``, ``outcome`` (what the host makes of it),
``standing`` and ``reproduce``; in the log: ``ended`` and ``left_out``, the ids of findings that no entry can hold.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import fnfuzz
from fnfuzz.contracts.model import HttpReply, HttpRequest
from fnfuzz.corpus.exporting.har import har_entry
from fnfuzz.corpus.model import Record
from fnfuzz.fuzz.finding import Finding
from fnfuzz.host.exchange import Exchange
from fnfuzz.report.model import ReportContext
from fnfuzz.report.plain_data import dumps, sound
from fnfuzz.report.story import Story
from fnfuzz.report.whole import WholeReport

__all__ = ["Har", "har_reporter"]

MOST = 1024 * 1024
"""Bytes of one body."""


def har_reporter(context: ReportContext, path: Path | None) -> WholeReport:
    """Writes the log to ``path``, or to standard output at the end."""
    return WholeReport(context, path, Har(context))


class Har:
    """Renders the log."""

    def __init__(self, context: ReportContext) -> None:
        self._context = context
        self._made: dict[str, tuple[Finding, dict[str, Any]]] = {}

    def __call__(self, story: Story) -> str:
        findings = story.ranked()
        entries = [entry for finding in findings if (entry := self._entry(finding)) is not None]
        ended = story.finished.ended if story.finished is not None else "interrupted" if story.cut_off else "running"
        log = {
            "version": "1.2",
            "creator": {"name": "fnfuzz", "version": fnfuzz.__version__},
            "pages": [],
            "entries": entries,
            "_fnfuzz": {"ended": ended, "left_out": [item.id for item in findings if _request(item) is None]},
        }
        return dumps({"log": log}) + "\n"

    def _entry(self, finding: Finding) -> dict[str, Any] | None:
        exchange, request = finding.exchange, _request(finding)
        if exchange is None or request is None:
            return None
        known = self._made.get(finding.id)
        if known is None or known[0] is not finding:
            self._made[finding.id] = known = finding, sound(_http_entry(finding.id, exchange, request))
        identity = finding.identity
        told = {
            "id": finding.id,
            "rule": identity.rule,
            "severity": finding.severity,
            "function": identity.function,
            "trigger": identity.trigger,
            "contract": exchange.function.contract,
            "place": identity.place,
            "message": finding.message,
            "outcome": exchange.outcome.status,
            "standing": self._context.standing(finding).kind,
            "reproduce": self._context.cases.reproduce(finding),
        }
        return known[1] | {"_fnfuzz": sound(told)}


def _request(finding: Finding) -> HttpRequest | None:
    """What went over HTTP, if anything did."""
    request = finding.exchange.request if finding.exchange is not None else None
    return request if isinstance(request, HttpRequest) else None


def _http_entry(id: str, exchange: Exchange, request: HttpRequest) -> dict[str, Any]:
    observed, reply = exchange.observed, exchange.observed.reply
    short = replace(request, body=request.body[:MOST])
    answer = replace(reply, body=reply.body[:MOST]) if isinstance(reply, HttpReply) else None
    record = Record(
        contract=exchange.function.contract,
        function=exchange.function.name,
        request=short,
        reply=answer,
        fault=observed.fault,
        exit=observed.exit,
        elapsed=round(observed.elapsed * 1_000_000),
        connection=exchange.number,
    )
    entry = har_entry(id, record, short)
    entry["startedDateTime"] = exchange.delivery.now
    cut = [name for name, whole in (("request", request), ("response", reply)) if _is_long(whole)]
    if cut:
        entry["comment"] += f"; cut: the body of the {' and of the '.join(cut)}"
    entry["request"]["bodySize"] = len(request.body)
    if isinstance(reply, HttpReply):
        entry["response"]["bodySize"] = entry["response"]["content"]["size"] = len(reply.body)
    return entry


def _is_long(message: object) -> bool:
    return isinstance(message, (HttpRequest, HttpReply)) and len(message.body) > MOST
