"""A short Markdown page, for the summary of a job or a comment on a merge request.

The verdict, a table of the findings, all that is known of each of them folded away, and what was driven. Nothing that
an event, an answer or a log holds can make Markdown or HTML, and it stays below the megabyte that GitHub takes.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.stream import ProbeFinished
from fnfuzz.report.model import ReportContext
from fnfuzz.report.places import Places
from fnfuzz.report.plain_text import FindingTexts
from fnfuzz.report.story import Story
from fnfuzz.report.summary import ENDINGS
from fnfuzz.report.visible import cut_middle, visible
from fnfuzz.report.whole import WholeReport
from fnfuzz.report.wording import duration, many
from fnfuzz.rules import RULES

__all__ = ["Markdown", "inert", "markdown_reporter"]

MOST_ROWS = 200
MOST_BYTES = 900_000
"""Of all details together; GitHub takes a summary of 1 MiB."""

LONGEST = 300
UNSTARTED = ("not-started", "lost")

_MARKUP = re.compile(r"[!-~](?<![A-Za-z0-9,.;:'\"/%?-])")
_LINKED = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=[@#])(?=\w)", re.IGNORECASE)
"""Where a renderer would begin a link by itself: of a URL, a user, an issue."""

NOTHING = "\u200b"


def markdown_reporter(context: ReportContext, path: Path | None) -> WholeReport:
    """Writes Markdown to ``path``, or to standard output at the end."""
    return WholeReport(context, path, Markdown(context))


def inert(text: str) -> str:
    """``text`` on one line, shown as it is: no Markdown, HTML, link, mention or cell of a table comes of it."""
    return _MARKUP.sub(_entity, _LINKED.sub(NOTHING, visible(text)))


class Markdown:
    """Renders the page."""

    def __init__(self, context: ReportContext) -> None:
        self._context = context
        self._texts = FindingTexts(context)
        self._places: Places | None = None

    def __call__(self, story: Story) -> str:
        if story.started is not None and self._places is None:
            self._places = Places(story.started.app)
        blocks = [self._verdict(story), *self._table(story), *self._details(story)]
        blocks += [*_probes(story.probes), *_functions(story), *self._rest(story)]
        return "\n\n".join(blocks) + "\n"

    # -- the verdict

    def _verdict(self, story: Story) -> str:
        app = f" of {inert(story.started.app.name)}" if story.started is not None else ""
        lines = [f"## fnfuzz{app}: {self._word(story)}", "", f"{self._counts(story)}. {_driven(story)}"]
        finished = story.finished
        if finished is not None and finished.error:
            lines += ["", f"**{inert(cut_middle(finished.error, LONGEST))}**"]
            lines += ["", _pre([visible(line) for line in finished.stderr])] if finished.stderr else []
        return "\n".join(lines)

    def _word(self, story: Story) -> str:
        finished = story.finished
        if finished is None:
            return "interrupted" if story.cut_off else "still running, or killed"
        if finished.ended in UNSTARTED:
            return "the handler does not run"
        failed = any(self._context.fails(finding) for finding in story.findings.values())
        return "failed" if failed else "interrupted" if finished.ended == "interrupted" else "passed"

    def _counts(self, story: Story) -> str:
        findings = list(story.findings.values())
        number = Counter(finding.severity for finding in findings)
        standings: Counter[str] = Counter(self._context.standing(finding).kind for finding in findings)
        more = [f"{standings[kind]:,} {word}" for kind, word in _STANDINGS.items() if standings[kind]]
        ignored = len(story.finished.ignored) if story.finished is not None else 0
        more += [f"{ignored:,} ignored by the configuration"] if ignored else []
        counts = ", ".join(many(number[kind], kind) for kind in ("error", "warning"))
        return f"{counts} ({', '.join(more)})" if more else counts

    # -- the findings

    def _table(self, story: Story) -> Iterator[str]:
        findings = self._ranked(story)
        if findings:
            rows = [self._row(finding) for finding in findings[:MOST_ROWS]]
            table = _rows(("", "rule", "function", "where", "what", "id"), rows)
            left = len(findings) - MOST_ROWS
            yield f"{table}\n\n{left:,} more are left out here." if left > 0 else table

    def _row(self, finding: Finding) -> Sequence[str]:
        identity, standing = finding.identity, self._context.standing(finding)
        word = f"{finding.severity}, {standing.kind}" if standing.kind != "new" else str(finding.severity)
        place = self._places.of(finding) if self._places is not None else None
        where = f"{place.file}:{place.line}" if place is not None and place.line else identity.place
        what = cut_middle(visible(finding.message), LONGEST)
        function = identity.function or "the app"
        return (
            f"**{word}**" if self._context.fails(finding) else word,
            *(inert(text) for text in (identity.rule, function, cut_middle(visible(where), 120), what, finding.id)),
        )

    def _details(self, story: Story) -> Iterator[str]:
        left = MOST_BYTES
        findings = self._ranked(story)
        root = story.started.app.root if story.started is not None else None
        for number, finding in enumerate(findings):
            standing = str(self._context.standing(finding))
            text = self._texts.of(finding, root) + (f"\n  baseline   {visible(standing)}" if standing else "")
            block = _folded(self._title(finding), _pre(text.split("\n")))
            left -= len(block.encode("utf-8", "backslashreplace"))
            if left < 0:
                yield f"The details of {len(findings) - number:,} more findings are left out here."
                return
            yield block

    def _title(self, finding: Finding) -> str:
        identity = finding.identity
        where = inert(identity.function) or "the app"
        return f"{finding.severity} in {where}: {inert(RULES[identity.rule].title)} ({finding.id})"

    def _ranked(self, story: Story) -> list[Finding]:
        return sorted(story.ranked(), key=lambda finding: not self._context.fails(finding))

    # -- the rest

    def _rest(self, story: Story) -> Iterator[str]:
        standings = self._context.standings
        gone = standings.gone() if standings is not None else ()
        if gone:
            names = [f"{entry.rule} in {entry.function or 'the app'} ({entry.id})" for entry in gone[:MOST_ROWS]]
            yield "\n".join(("In the baseline, but gone:", "", *(f"- {inert(name)}" for name in names)))
        if story.notes:
            notes = [f"- {inert(cut_middle(note, LONGEST))}" for note in story.notes[:20]]
            yield _folded(many(len(story.notes), "note"), "\n".join(notes))
        started, finished = story.started, story.finished
        if started is not None and finished is not None and finished.cases and not self._context.table:
            limits = ("--seed", str(started.seed), "--max-cases", str(finished.cases))
            yield _folded("The same run again", _pre([visible(self._context.cases.words.line("run", *limits))]))


_STANDINGS = {"known": "known", "expired": "expired", "earlier": "of earlier runs"}


def _driven(story: Story) -> str:
    finished = story.finished
    if finished is None:
        last = story.last
        return f"{many(last.cases, 'case')} so far."
    return f"{many(finished.cases, 'case')} in {duration(finished.duration_s)}: {ENDINGS[finished.ended]}."


def _probes(probes: Sequence[ProbeFinished]) -> Iterator[str]:
    if probes:
        broken, skipped = sum(bool(probe.broken) for probe in probes), sum(bool(probe.skipped) for probe in probes)
        title = f"{many(len(probes), 'experiment')}: {broken:,} saw a rule broken, {skipped:,} skipped"
        rows = [
            (
                inert(probe.function or "the app"),
                inert(probe.title),
                "broken" if probe.broken else "skipped" if probe.skipped else "ok",
                inert(", ".join(probe.broken) or cut_middle(probe.skipped, LONGEST)),
            )
            for probe in probes[:MOST_ROWS]
        ]
        yield _folded(title, _rows(("function", "experiment", "verdict", "rules"), rows))


def _functions(story: Story) -> Iterator[str]:
    tallies = [tally for tally in story.functions if tally.cases][:MOST_ROWS]
    if tallies:
        rows = [
            (
                inert(tally.name),
                inert(tally.trigger),
                inert(tally.contract),
                f"{tally.cases:,}",
                f"{100 * tally.rejected / tally.cases:.0f} %",
                duration(tally.mean_seconds),
            )
            for tally in tallies
        ]
        headings = ("function", "trigger", "contract", "cases", "turned away", "mean")
        yield _folded(f"{many(len(tallies), 'function')} driven", _rows(headings, rows))


def _rows(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _pre(lines: Iterable[str]) -> str:
    return f"<pre>{html.escape(chr(10).join(lines))}</pre>"


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"
