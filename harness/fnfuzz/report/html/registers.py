"""The tables of the page: functions, experiments, findings of earlier runs; and the notes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TypeAlias

from fnfuzz.fuzz.finding import Finding, Identity
from fnfuzz.fuzz.stream import FunctionTally, KnownTried, ProbeFinished, Verdict
from fnfuzz.report.html.elements import Child, Html, element
from fnfuzz.report.html.evidence import folded
from fnfuzz.report.html.findings import anchor
from fnfuzz.report.html.tables import badge, table
from fnfuzz.report.story import Story
from fnfuzz.report.verdict_words import MEANINGS
from fnfuzz.report.visible import cut_middle
from fnfuzz.report.wording import duration, many
from fnfuzz.rules import RULES

__all__ = ["conformance", "functions_table", "ignored_table", "known_table", "notes"]

MAX_ROWS = 300
MAX_TEXT = 1000

Sections: TypeAlias = Mapping[tuple[str, str], str]
"""The id of the finding for a rule and a function."""

_TONES: dict[Verdict, str] = {
    "still failing": "error",
    "unstable": "warning",
    "fixed": "ok",
    "not seen": "quiet",
    "not tried": "quiet",
}


def functions_table(tallies: Sequence[FunctionTally]) -> list[Html]:
    """What each function got, the ones that were driven first."""
    if not tallies:
        return []
    every = sum(tally.cases for tally in tallies)
    columns = (
        ("function", ""),
        ("trigger", ""),
        ("contract", ""),
        ("cases", "number"),
        ("share", "number"),
        ("behaviours", "number"),
        ("turned away", "number"),
        ("mean", "number"),
    )
    rows = [
        (
            tally.name,
            tally.trigger,
            tally.contract,
            f"{tally.cases:,}",
            _share(tally.cases, every),
            f"{tally.behaviours:,}",
            _share(tally.rejected, tally.cases),
            duration(tally.mean_seconds) if tally.cases else "–",
        )
        for tally in sorted(tallies, key=lambda tally: tally.cases == 0)[:MAX_ROWS]
    ]
    caption = "Cases that each function got; it turned away itself (4xx) that share of them"
    return [table("functions-all", caption, columns, rows), *_more(len(tallies) - MAX_ROWS, "function")]


def conformance(story: Story, told: Iterable[Finding]) -> list[Html]:
    """One table for each function: which experiment showed what; folded where nothing is broken. ``told`` are the
    findings with a section of their own.
    """
    sections = {(finding.identity.rule, finding.identity.function): finding.id for finding in told}
    groups: dict[str, list[ProbeFinished]] = {}
    for probe in story.probes:
        groups.setdefault(probe.function, []).append(probe)
    shown = list(groups.items())[:MAX_ROWS]
    tables = [_group(number, name, probes, sections) for number, (name, probes) in enumerate(shown)]
    return [*tables, *_more(story.left_out.get("probes", 0) + len(groups) - len(shown), "line")]


def known_table(story: Story, told: Collection[str]) -> list[Html]:
    """What became of the findings of earlier runs; ``told`` are the ids with a section of their own."""
    if not story.known:
        return []
    columns = (("verdict", "word"), ("rule", ""), ("where", ""), ("finding", "word"), ("remark", ""))
    rows = [_known(event, told) for event in story.known[:MAX_ROWS]]
    left_out = story.left_out.get("known", 0) + len(story.known) - len(rows)
    return [table("known-all", "Findings of earlier runs, tried again", columns, rows), *_more(left_out, "finding")]


def ignored_table(story: Story) -> list[Html]:
    """What the configuration says is not to be told."""
    ignored = story.finished.ignored if story.finished is not None else ()
    if not ignored:
        return []
    columns = (("rule", ""), ("where", ""), ("seen", "number"), ("reason", ""))
    rows = [
        (element("code", item.identity.rule), _where(item.identity), f"{item.count:,}", item.reason)
        for item in ignored[:MAX_ROWS]
    ]
    caption = "Findings that the configuration ignores"
    return [table("ignored-all", caption, columns, rows), *_more(len(ignored) - MAX_ROWS, "finding")]


def notes(story: Story) -> list[Html]:
    """What the user should know besides."""
    skipped = [f"left out: {reason}" for reason in story.started.skipped] if story.started is not None else []
    said = list(dict.fromkeys([*skipped, *story.notes]))
    if not said:
        return []
    items = [element("li", cut_middle(text, MAX_TEXT)) for text in said[:MAX_ROWS]]
    return [element("ul", items), *_more(story.left_out.get("notes", 0) + len(said) - len(items), "note")]


def _group(number: int, function: str, probes: Sequence[ProbeFinished], sections: Sections) -> Html:
    name = cut_middle(function, 200) or "The app"
    broken = sum(1 for probe in probes if probe.broken)
    skipped = sum(1 for probe in probes if probe.skipped and not probe.broken)
    counts = [f"{broken} broken"] if broken else []
    counts += [f"{len(probes) - broken - skipped} ok"] if len(probes) > broken + skipped else []
    counts += [f"{skipped} skipped"] if skipped else []
    columns = (("check", ""), ("verdict", "word"), ("rules", ""), ("time", "number"))
    rows = [
        (probe.title, _verdict(probe), _rules(probe, sections), duration(probe.seconds) if probe.seconds else "–")
        for probe in probes
    ]
    whole = table(f"conformance-{number}", ["Experiments with ", name], columns, rows)
    summary: list[Child] = [
        element("b", name),
        " ",
        element("span", ", ".join(counts), class_="error-text" if broken else "dim"),
    ]
    return folded(summary, whole, is_open=bool(broken))


def _verdict(probe: ProbeFinished) -> Html:
    if probe.broken:
        error = any(RULES[rule].severity == "error" for rule in probe.broken)
        return badge("error", "error") if error else badge("warning", "warning")
    return badge("quiet", "skipped") if probe.skipped else badge("ok", "ok")


def _rules(probe: ProbeFinished, sections: Sections) -> Child:
    """The broken rules, or why it was skipped; else the rules that hold, not to be in the way."""
    if not probe.broken:
        return cut_middle(probe.skipped, MAX_TEXT) or element("span", ", ".join(probe.rules[:12]), class_="dim small")
    shown: list[Child] = []
    for rule in probe.broken:
        key = sections.get((rule, probe.function)) or sections.get((rule, ""))
        name = element("code", rule)
        shown += [element("a", name, href=f"#{anchor(key)}") if key else name, " "]
    return shown


def _known(event: KnownTried, told: Collection[str]) -> tuple[Child, ...]:
    tone, meaning = _TONES[event.verdict], MEANINGS[event.verdict]
    identity = event.case.identity
    now = event.finding.id if event.finding is not None else ""
    remarks = [meaning] if meaning else []
    if now and now != identity.id:
        remarks.append(f"elsewhere than before, now {now}")
    if event.case.regressed and now:
        remarks.append(f"was fixed on {event.case.regressed[:10]}")
    if event.reason:
        remarks.append(cut_middle(event.reason, MAX_TEXT))
    name = element("code", identity.id)
    return (
        badge(tone, event.verdict),
        element("code", identity.rule),
        _where(identity),
        element("a", name, href=f"#{anchor(now)}") if now in told else name,
        "; ".join(remarks),
    )


def _where(identity: Identity) -> str:
    names = (cut_middle(identity.function, 160) or "the app", cut_middle(identity.place, 160))
    return ", ".join(part for part in names if part)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _more(number: int, word: str) -> list[Html]:
    return [element("p", f"{many(number, f'more {word}')} left out.", class_="dim")] if number > 0 else []
