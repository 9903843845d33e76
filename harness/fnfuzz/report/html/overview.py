"""The head of the page: how the run came out, in one line and a few numbers."""

from __future__ import annotations

from collections import Counter

from fnfuzz.report.baseline_text import baseline_lines, standing_counts
from fnfuzz.report.html.elements import Child, Html, element
from fnfuzz.report.html.evidence import block, folded
from fnfuzz.report.html.scales import spent
from fnfuzz.report.html.tables import badge
from fnfuzz.report.model import ReportContext
from fnfuzz.report.story import Story
from fnfuzz.report.summary import ENDINGS
from fnfuzz.report.visible import cut_middle
from fnfuzz.report.wording import duration, many

__all__ = ["app_name", "overview", "verdict"]

MAX_SAID = 60
MAX_TEXT = 2000


def app_name(story: Story) -> str:
    """The app's name, or what stands for it before it is known."""
    return cut_middle(story.started.app.name, 120) if story.started is not None else "an app"


def verdict(story: Story, context: ReportContext) -> tuple[str, str]:
    """A tone (error, warning, ok or going), and the verdict in a few words."""
    findings = list(story.findings.values())
    number = Counter(finding.severity for finding in findings)
    words = ", ".join(many(number[kind], kind) for kind in ("error", "warning") if number[kind])
    words += standing_counts(findings, context)
    tone = "error" if any(context.fails(finding) for finding in findings) else "warning"
    ended = story.finished.ended if story.finished is not None else None
    if ended in ("not-started", "lost"):
        failed = "not started" if ended == "not-started" else "not kept alive"
        return "error", f"{failed}, {words}" if words else failed
    if words:
        return tone, words
    if ended is None and not story.cut_off:
        return "going", "nothing found so far"
    return ("ok" if ended in ("done", "time", "cases") else "quiet"), "nothing found"


def overview(story: Story, context: ReportContext, begun: str) -> list[Html | None]:
    """The verdict, the numbers, and how to do it again."""
    tone, words = verdict(story, context)
    return [
        element("p", badge(tone, words), class_="verdict"),
        element("p", _end(story), class_="lead"),
        element("dl", [_fact(name, value) for name, value in _numbers(story, context).items()], class_="numbers"),
        _failure(story),
        *(element("p", line, class_="dim small") for line in (baseline_lines(context) if story.finished else ())),
        _about(story, context, begun),
    ]


def _end(story: Story) -> str:
    took = spent(story.last.elapsed)
    if story.finished is not None:
        ending = ENDINGS[story.finished.ended]
        return f"{ending[:1].upper()}{ending[1:]} after {took}."
    if story.cut_off:
        return f"It was broken off after {took}."
    return f"It is still running, {took} so far; load the page again to see more."


def _numbers(story: Story, context: ReportContext) -> dict[str, str]:
    last = story.last
    numbers = {"Cases": f"{last.cases:,}"}
    if not context.table and last.cases and last.elapsed > 0.001:
        numbers["Cases a second"] = f"{last.cases / last.elapsed:,.0f}"
    numbers |= {"Behaviours": f"{last.behaviours:,}", "Restarts": f"{last.restarts:,}"}
    if story.known:
        fixed = sum(1 for event in story.known if event.verdict == "fixed")
        numbers["Known findings fixed"] = f"{fixed:,} of {len(story.known):,}"
    if story.started is not None:
        numbers["Seed"] = str(story.started.seed)
    return numbers


def _failure(story: Story) -> Html | None:
    end = story.finished
    if end is None or not end.error:
        return None
    said: list[Child] = [block(cut_middle(line, 1000) for line in end.stderr[-MAX_SAID:])] if end.stderr else []
    return element("div", element("p", element("b", cut_middle(end.error, MAX_TEXT))), said, class_="failure")


def _about(story: Story, context: ReportContext, begun: str) -> Html | None:
    started = story.started
    if started is None:
        return None
    limits = [duration(started.max_time)] if started.max_time is not None else []
    limits += [f"{started.max_cases:,} cases"] if started.max_cases is not None else []
    facts = {
        "Detected": started.app.reason,
        "Folder": str(started.app.root),
        "Command": " ".join(started.app.command),
        "Contracts": ", ".join(dict.fromkeys(item.contract for item in started.app.functions)),
        "Limit": " and ".join(limits) or "none",
        "Begun": begun,
    }
    if story.handler is not None:
        port = f" on port {story.handler.port}" if story.handler.port else ", over stdin and stdout"
        facts["Ready"] = f"after {duration(story.handler.seconds)}{port}"
    rows = [_fact(name, cut_middle(value, MAX_TEXT)) for name, value in facts.items() if value]
    again: list[Child] = []
    if story.last.cases and not context.table:
        line = context.cases.words.line("run", "--seed", str(started.seed), "--max-cases", str(story.last.cases))
        again = [element("p", "The same run again:", class_="dim small"), block([line], "command")]
    return folded("what was run, and how to run it again", element("dl", rows, class_="facts"), again)


def _fact(name: str, value: str) -> Html:
    return element("div", element("dt", name), element("dd", value))
