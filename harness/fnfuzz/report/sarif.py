"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/), as code scanning and editors read it.

One run. ``tool.driver.rules`` has the rules that findings name, with their help. Each finding is a result: ``level``
its severity, ``locations`` the line of the handler's source that its stack trace names, else the file that declares the
function or the app (relative to the repository, ``%SRCROOT%``) with the function as logical location;
``partialFingerprints`` carry its id, so that an alert stays the same one when lines move. With a baseline
``baselineState`` tells known from new, and ``suppressions`` why it is let pass. ``properties`` hold ``id``, ``place``,
``count``, ``confirmed``, ``sent`` (the smallest event, in words), ``reproduce``, ``standing``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import fnfuzz
from fnfuzz.fuzz.finding import Finding
from fnfuzz.report.model import ReportContext
from fnfuzz.report.places import Place, Places
from fnfuzz.report.plain_data import dumps
from fnfuzz.report.story import Story
from fnfuzz.report.visible import cut_middle, visible
from fnfuzz.report.whole import WholeReport
from fnfuzz.report.wording import event_lines
from fnfuzz.rules import RULES, Rule

__all__ = ["Sarif", "sarif_reporter"]

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
BASE = "%SRCROOT%"
LONGEST = 1000


def sarif_reporter(context: ReportContext, path: Path | None) -> WholeReport:
    """Writes SARIF to ``path``, or to standard output at the end."""
    return WholeReport(context, path, Sarif(context))


class Sarif:
    """Renders the document."""

    def __init__(self, context: ReportContext) -> None:
        self._context = context
        self._places: Places | None = None
        self._began = _now()

    def __call__(self, story: Story) -> str:
        findings = story.ranked() if story.started is not None else []
        if story.started is not None and self._places is None:
            self._places = Places(story.started.app)
        names = {finding.identity.rule for finding in findings}
        rules = [rule for rule in RULES.values() if rule.id in names]
        numbers = {rule.id: number for number, rule in enumerate(rules)}
        run: dict[str, Any] = {
            "tool": {
                "driver": {
                    "name": "fnfuzz",
                    "version": fnfuzz.__version__,
                    "semanticVersion": fnfuzz.__version__,
                    "rules": [_rule(rule) for rule in rules],
                }
            },
            "originalUriBaseIds": {BASE: {"description": {"text": "The root of the repository."}}},
            "columnKind": "unicodeCodePoints",
            "invocations": [self._invocation(story)],
            "results": [self._result(finding, numbers) for finding in findings],
        }
        if story.started is not None:
            run["automationDetails"] = {"id": f"fnfuzz/{quote(visible(story.started.app.name), safe='')}/"}
        return dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}) + "\n"

    def _result(self, finding: Finding, numbers: dict[str, int]) -> dict[str, Any]:
        identity, standing = finding.identity, self._context.standing(finding)
        reproduce = visible(self._context.cases.reproduce(finding))
        where = visible(identity.function) or "the app"
        told = cut_middle(visible(finding.message), LONGEST)
        text = f"{where}: {told}\nAgain: {reproduce}"
        result: dict[str, Any] = {
            "ruleId": identity.rule,
            "ruleIndex": numbers[identity.rule],
            "kind": "fail",
            "level": finding.severity,
            "message": {"text": _message(text)},
            "locations": [self._location(finding)],
            "partialFingerprints": {"fnfuzzId/v1": finding.id, "primaryLocationLineHash": f"{finding.id}:1"},
            "occurrenceCount": max(1, finding.count),
        }
        if self._context.standings is not None and self._context.standings.kept is not None:
            result["baselineState"] = "new" if standing.entry is None else "unchanged"
        if standing.kind == "known":
            result["suppressions"] = [
                {"kind": "external", "status": "accepted", "justification": visible(str(standing))}
            ]
        result["properties"] = self._properties(finding, reproduce)
        return result

    def _properties(self, finding: Finding, reproduce: str) -> dict[str, Any]:
        return {
            "id": finding.id,
            "place": visible(finding.identity.place),
            "trigger": visible(finding.identity.trigger),
            "count": finding.count,
            "confirmed": finding.confirmed,
            "sent": [line for event in finding.minimal[-1:] for line in event_lines(event)],
            "reproduce": reproduce,
            "standing": self._context.standing(finding).kind,
        }

    def _location(self, finding: Finding) -> dict[str, Any]:
        place = self._places.of(finding) if self._places is not None else Place(".")
        location: dict[str, Any] = {
            "physicalLocation": {
                "artifactLocation": {"uri": _uri(place.file), "uriBaseId": BASE},
                # Without a line it is about the whole file; code scanning wants to know where to show it.
                "region": {"startLine": place.line or 1},
            }
        }
        name = visible(finding.identity.function)
        if name:
            location["logicalLocations"] = [{"name": name, "fullyQualifiedName": name, "kind": "function"}]
        return location

    def _invocation(self, story: Story) -> dict[str, Any]:
        finished = story.finished
        done = finished is not None and finished.ended not in ("not-started", "lost")
        invocation: dict[str, Any] = {"executionSuccessful": done, "startTimeUtc": self._began}
        if finished is not None:
            invocation["endTimeUtc"] = _now()
        notes: Sequence[str] = [*story.notes, *([finished.error] if finished is not None and finished.error else [])]
        if notes:
            level = "note" if done else "error"
            invocation["toolExecutionNotifications"] = [
                {"level": level, "message": {"text": _message(cut_middle(visible(note), LONGEST))}} for note in notes
            ]
        ended = finished.ended if finished is not None else "interrupted" if story.cut_off else "running"
        seed = story.started.seed if story.started is not None else None
        return invocation | {"properties": {"ended": ended, "seed": seed, "cases": story.last.cases}}


def _rule(rule: Rule) -> dict[str, Any]:
    text = f"{rule.reason}\n\nFix: {rule.remedy}\n\nSource: {rule.source}"
    markdown = f"{_plain(rule.reason)}\n\n**Fix:** {_plain(rule.remedy)}\n\n**Source:** {_plain(rule.source)}"
    return {
        "id": rule.id,
        "shortDescription": {"text": _message(rule.title)},
        "fullDescription": {"text": _message(rule.reason)},
        "help": {"text": _message(text), "markdown": markdown},
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": ["serverless", *rule.contracts], "precision": "very-high"},
    }


def _message(text: str) -> str:
    """A plain text message: braces stand for placeholders in it, and ``[...](...)`` for a link."""
    return text.replace("{", "{{").replace("}", "}}").replace("](", "] (")


def _plain(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>#|~&!" else letter for letter in text)


def _uri(file: str) -> str:
    return quote(file, safe="/")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
