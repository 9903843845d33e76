"""JUnit XML, as GitHub actions, GitLab, Jenkins and Azure DevOps read it.

A ``testsuite`` for the app and one for each function. Its test cases are the run itself, each experiment, and each rule
that the events of the function can break. ``failure`` (``type`` is the rule) holds findings that fail the run, as the
console tells them; what the baseline lets pass, or the configuration ignores, is ``skipped``; warnings and the like
are in ``system-out`` of a case that passes. ``error`` says that the handler did not start or live, or that the run has
not ended. ``properties`` of a suite: ``fnfuzz`` (version), ``seed``, ``ended``, ``reproduce`` (the same run again), and
for functions ``trigger``, ``contract``, ``cases``, ``turned_away``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import fnfuzz
from fnfuzz.app.model import Function
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import FunctionTally, ProbeFinished
from fnfuzz.report.model import ReportContext
from fnfuzz.report.plain_text import FindingTexts
from fnfuzz.report.story import Story
from fnfuzz.report.visible import cut_middle, visible
from fnfuzz.report.whole import WholeReport
from fnfuzz.rules import RULES

__all__ = ["JUnit", "junit_reporter"]

OF_THE_APP = ("start-", "cfg-", "hostile-")
"""Rules that begin so are not about the events of one function."""

LONGEST = 500
UNSTARTED = ("not-started", "lost")


@dataclass(frozen=True, slots=True)
class Case:
    """A test case; ``outcome`` is error, failure, skipped or empty."""

    name: str
    seconds: float = 0.0
    outcome: str = ""
    kind: str = ""
    message: str = ""
    text: str = ""
    said: str = ""


def junit_reporter(context: ReportContext, path: Path | None) -> WholeReport:
    """Writes JUnit XML to ``path``, or to standard output at the end."""
    return WholeReport(context, path, JUnit(context))


class JUnit:
    """Renders the document."""

    def __init__(self, context: ReportContext) -> None:
        self._context = context
        self._texts = FindingTexts(context)
        self._began = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")

    def __call__(self, story: Story) -> str:
        suites = [self._suite(story, None)]
        suites += [self._suite(story, function) for function in _functions(story)]
        root = ET.Element("testsuites", {"name": "fnfuzz", **_totals(suites)}, time=f"{_seconds(story):.3f}")
        root.extend(suites)
        ET.indent(root)
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="us-ascii").decode("ascii")}\n'

    def _suite(self, story: Story, function: Function | None) -> ET.Element:
        name = function.name if function is not None else ""
        app = visible(story.started.app.name) if story.started is not None else "app"
        title = f"{app}.{visible(name)}" if name else app
        cases = [] if function is not None else _of_the_run(story)
        cases += self._cases(story, function)
        seconds = f"{sum(case.seconds for case in cases):.3f}"
        suite = ET.Element("testsuite", {"name": title, **_counts(cases)}, time=seconds, timestamp=self._began)
        properties = ET.SubElement(suite, "properties")
        for key, value in self._properties(story, name).items():
            ET.SubElement(properties, "property", name=key, value=value)
        suite.extend(_element(case, f"fnfuzz.{title}") for case in cases)
        return suite

    def _cases(self, story: Story, function: Function | None) -> list[Case]:
        name = function.name if function is not None else ""
        left = [finding for finding in story.ranked() if finding.identity.function == name]
        cases = []
        for probe in (probe for probe in story.probes if probe.function == name):
            shown = [item for item in left if item.confirmed == "probe" and item.identity.rule in probe.broken]
            left = [item for item in left if item not in shown]
            cases.append(self._probe(story, probe, shown))
        by_rule: dict[str, list[Finding]] = {}
        for finding in left:
            by_rule.setdefault(finding.identity.rule, []).append(finding)
        held = () if function is None or self._context.table else _rules(story, function)
        ignored = _ignored(story, name)
        for rule in dict.fromkeys((*by_rule, *held, *ignored)):
            title = f"{rule}: {RULES[rule].title}"
            passed_over = rule in ignored and rule not in by_rule
            cases.append(
                Case(title, outcome="skipped", message=ignored[rule])
                if passed_over
                else self._case(story, title, by_rule.get(rule, ()))
            )
        return cases

    def _probe(self, story: Story, probe: ProbeFinished, shown: Sequence[Finding]) -> Case:
        name = f"{visible(probe.probe)}: {visible(probe.title)}"
        if probe.skipped and not shown:
            return Case(name, probe.seconds, "skipped", message=visible(probe.skipped))
        said = "" if shown or not probe.broken else f"also told elsewhere: {', '.join(probe.broken)}"
        return self._case(story, name, shown, probe.seconds, said)

    def _case(self, story: Story, name: str, findings: Sequence[Finding], seconds: float = 0.0, said: str = "") -> Case:
        failing = [finding for finding in findings if self._context.fails(finding)]
        others = [finding for finding in findings if finding not in failing]
        known = [finding for finding in others if self._context.standing(finding).kind == "known"]
        said = "\n\n".join(part for part in (said, *(self._text(story, finding) for finding in others)) if part)
        if failing:
            text = "\n\n".join(self._text(story, finding) for finding in failing)
            return Case(name, seconds, "failure", failing[0].identity.rule, _first(failing), text, said)
        if known and len(known) == len(findings):
            message = visible(str(self._context.standing(known[0])))
            return Case(name, seconds, "skipped", message=cut_middle(message, LONGEST), said=said)
        return Case(name, seconds, said=said)

    def _text(self, story: Story, finding: Finding) -> str:
        standing = visible(str(self._context.standing(finding)))
        root = story.started.app.root if story.started is not None else None
        more = f"\n  baseline   {standing}" if standing else ""
        return self._texts.of(finding, root) + more

    def _properties(self, story: Story, name: str) -> dict[str, str]:
        properties = {"fnfuzz": fnfuzz.__version__, "ended": _ended(story)}
        if story.started is not None and not self._context.table:
            words = self._context.cases.words
            properties["seed"] = str(story.started.seed)
            properties["reproduce"] = visible(words.line("run", "--seed", str(story.started.seed)))
        tally = next((tally for tally in story.functions if name and tally.name == name), None)
        return properties | _tally(tally) if tally is not None else properties


def _of_the_run(story: Story) -> list[Case]:
    started = Case("the handler starts", story.handler.seconds if story.handler is not None else 0.0)
    finished = story.finished
    if finished is not None and finished.ended in UNSTARTED:
        said = "\n".join(visible(line) for line in finished.stderr)
        name = started.name if finished.ended == "not-started" else "the handler stays alive"
        return [Case(name, outcome="error", kind=finished.ended, message=visible(finished.error), text=said)]
    if finished is None:
        why = "it was cut off" if story.cut_off else "it still goes on, or was killed"
        return [started, Case("the run ends", outcome="error", kind="running", message=f"the run has no end: {why}")]
    message = "the run was interrupted" if finished.ended == "interrupted" else ""
    rest = max(0.0, finished.duration_s - started.seconds - sum(probe.seconds for probe in story.probes))
    return [started, Case("the run ends", rest, "skipped" if message else "", message=message)]


def _functions(story: Story) -> list[Function]:
    """Those of the app, and those that only findings name."""
    listed = list(story.started.app.functions) if story.started is not None else []
    names = {function.name for function in listed}
    for finding in story.ranked():
        identity = finding.identity
        if identity.function and identity.function not in names:
            names.add(identity.function)
            listed.append(Function(name=identity.function, trigger=identity.trigger, contract="azure-http"))
    return listed


def _ignored(story: Story, name: str) -> dict[str, str]:
    """The rules that the configuration ignores in a function, and why, where they were broken."""
    items = story.finished.ignored if story.finished is not None else ()
    return {
        item.identity.rule: f"ignored by the configuration: {cut_middle(visible(item.reason), LONGEST)}"
        for item in items
        if item.identity.function == name
    }


def _rules(story: Story, function: Function) -> list[str]:
    """The rules that the events of a function have respected, if it got any; what probes look at is told by these."""
    tally = next((tally for tally in story.functions if tally.name == function.name), None)
    if tally is None or not tally.cases:
        return []
    probed = {rule for probe in story.probes for rule in probe.rules}
    return [
        rule.id
        for rule in RULES.values()
        if tally.contract in rule.contracts
        and not rule.undecided
        and rule.id not in probed
        and not rule.id.startswith(OF_THE_APP)
    ]


def _element(case: Case, group: str) -> ET.Element:
    element = ET.Element("testcase", name=case.name, classname=group, time=f"{case.seconds:.3f}")
    if case.outcome:
        result = ET.SubElement(element, case.outcome, message=case.message)
        if case.kind:
            result.set("type", case.kind)
        result.text = case.text or None
    if case.said:
        ET.SubElement(element, "system-out").text = case.said
    return element


def _counts(cases: Iterable[Case]) -> dict[str, str]:
    outcomes = [case.outcome for case in cases]
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    return {"tests": str(len(outcomes))} | {key: str(outcomes.count(kind)) for key, kind in kinds.items()}


def _totals(suites: Sequence[ET.Element]) -> dict[str, str]:
    return {key: str(sum(int(suite.get(key, "0")) for suite in suites)) for key in ("tests", "failures", "errors")}


def _first(findings: Sequence[Finding]) -> str:
    more = f" (and {len(findings) - 1:,} more)" if len(findings) > 1 else ""
    return cut_middle(visible(findings[0].message), LONGEST) + more


def _ended(story: Story) -> str:
    if story.finished is not None:
        return story.finished.ended
    return "interrupted" if story.cut_off else "running"


def _seconds(story: Story) -> float:
    return story.finished.duration_s if story.finished is not None else story.last.elapsed


def _tally(tally: FunctionTally) -> dict[str, str]:
    return {
        "trigger": visible(tally.trigger),
        "contract": visible(tally.contract),
        "cases": str(tally.cases),
        "turned_away": str(tally.rejected),
    }
