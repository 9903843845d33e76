"""What came of a replay, for people."""

from __future__ import annotations

from collections.abc import Iterable

from fnfuzz.replay.groups import Group
from fnfuzz.replay.masks import Dependence, Mask, Noise
from fnfuzz.replay.model import Broken, Result
from fnfuzz.replay.noise_file import NAME
from fnfuzz.report.finding_text import STYLES
from fnfuzz.report.page import Page
from fnfuzz.report.visible import cut_middle, visible
from fnfuzz.report.wording import duration, many
from fnfuzz.rules import RULES

__all__ = ["print_explanation", "print_replay"]

GRADE_STYLES = {"high": "bold red", "medium": "bold yellow", "low": "bold cyan"}
SHOWN = 40
"""Groups that are told one by one."""

FEW = 8
LONGEST = 240
CAUSES = {"": "", "repeated": ", when messages come again", "delayed": ", when messages come late"}


def print_replay(page: Page, result: Result, words: str = "fnfuzz replay", command: str = "") -> None:
    """Everything; ``words`` and, behind all options, ``command`` name the same replay on the command line."""
    _numbers(page, result)
    for group in result.groups[:SHOWN]:
        _group(page, result, group)
    if len(result.groups) > SHOWN or result.beyond:
        page.line()
        page.line(f"{len(result.groups) - SHOWN + result.beyond:,} more; --report json=PATH tells all")
    for broken in result.broken:
        _broken(page, broken, result.corpus)
    if result.ignored:
        page.line(f"{many(len(result.ignored), 'finding')} ignored by configuration")
    _state(page, result.dependences)
    _unused(page, result.unused)
    _end(page, result, words, command)


def print_explanation(page: Page, noise: Noise | None, path: str) -> bool:
    """Why a path is masked, and with what evidence; False where nothing is known of it."""
    masks, states = (noise or Noise()).about(path)
    for mask in masks:
        page.parts((f"{visible(mask.function)} {visible(mask.path)}", "bold"), (f" is masked as {mask.title}", ""))
        for kind in sorted(mask.kinds):
            page.block(kind, [MEANINGS[kind]])
        _evidence(page, mask)
    for state in states:
        page.parts((f"{visible(state.function)} {visible(state.path)}", "bold"), (" depends on the events before", ""))
        _evidence(page, state)
    if not masks and not states:
        known = ", ".join(sorted({visible(mask.path) for mask in noise.masks})) if noise is not None else ""
        if noise is None:
            page.line("nothing was learnt for this corpus yet; `fnfuzz replay --learn` does it")
        else:
            page.line(f"{visible(path)} is not masked: every difference there counts. Masked: {known or 'nothing'}")
    return bool(masks or states)


MEANINGS = {
    "clock": "a time; it must stay one of the same kind (a date, an hour, seconds since 1970)",
    "uuid": "a GUID; it must stay one",
    "counter": "a number that counts events; it must stay a whole number",
    "number": "a number; it must stay one",
    "id": "letters and digits made anew each time; they must stay such",
    "flag": "true or false; it must stay one of them",
    "word": "a text with one word that is another one each time; the others must stay the same",
    "text": "a text; it must stay one",
    "null": "null at times; what is there else must stay of its type",
    "order": "a list or words in any order; they must stay the same",
    "optional": "a member that is sometimes not there",
    "any": "anything, even of another type, but not nothing; look whether that is meant",
}


def _evidence(page: Page, item: Mask | Dependence) -> None:
    counts = ", ".join(f"{visible(name)}: {count:,}" for name, count in item.evidence.items())
    page.block("evidence", [f"differed among {many(item.samples, 'event')} asked ({counts or 'written by hand'})"])
    page.block("values", [visible(text) for text in item.examples], exact=True)


def _numbers(page: Page, result: Result) -> None:
    rate = f", {result.replayed / result.seconds:,.0f} a second" if result.seconds > 0 and not result.lateness else ""
    rounds = f", {many(result.rounds, 'round')}" if result.rounds > 1 else ""
    page.line(f"{many(result.replayed, 'event')} replayed in {duration(result.seconds)}{rate}{rounds}")
    like = f"as {visible(result.against)} gives them" if result.against else "as recorded"
    like = "as in the clean run" if result.deliveries else like
    parts = [f"{many(result.same, 'answer')} {like}", f"{result.compared - result.same:,} not"]
    if result.masked:
        parts.append(f"{many(result.masked, 'difference')} masked as noise")
    if result.unanswered:
        parts.append(f"{result.unanswered:,} without a recorded answer")
    page.line("; ".join(parts))
    if result.by_outcome:
        page.line(f"{result.by_outcome:,} compared as the caller sees them: recorded on another contract")
    if result.deliveries:
        counts = result.deliveries
        page.line(
            f"{counts['events']:,} queue and blob events, {many(counts['repeated'], 'delivery').replace('ys', 'ies')} "
            f"more in the repeated run, {counts['delayed']:,} late in the delayed run"
        )
    for why, count in sorted(result.skipped.items(), key=lambda item: -item[1])[:FEW]:
        page.line(f"{count:,} not replayable: {visible(why)}", "yellow")
    if result.lateness is not None:
        late = result.lateness
        page.line(
            f"late by {duration(late.median)} (median), {duration(late.most_of)} (95 in 100), "
            f"{duration(late.worst)} at most; {late.late:,} of {many(late.requests, 'request')} by more than 10 ms",
            "yellow" if late.late else "",
        )
    if result.learnt:
        where = f", kept in {visible(result.noise_file)}" if result.noise_file else ""
        page.line(f"noise was learnt: {many(len(result.masks), 'mask')}{where}")


def _group(page: Page, result: Result, group: Group) -> None:
    page.line()
    done = result.accepted is not None and group.id in result.accepted.groups
    page.parts(
        (f"{group.grade}[{group.id}]", GRADE_STYLES[group.grade]),
        (f" {visible(group.function)} {visible(group.path)}", "bold"),
        (f" {_what(group)}{CAUSES[group.cause]}, {many(group.count, 'time')}{', accepted' if done else ''}", ""),
    )
    example = group.example
    before = (visible(result.against) or "recorded") if not group.cause else "clean run"
    page.block("before" if result.against else before, [_value(example.recorded)], exact=True)
    page.block("now", [_value(example.got)], exact=True)
    page.block("in", [f"{visible(example.place)}; fnfuzz corpus show {visible(result.corpus)} {example.record[:12]}"])


def _what(group: Group) -> str:
    return {
        "removed": "is gone",
        "type": "has another type",
        "value": "has another value",
        "added": "is new",
        "status": "is another one",
        "fault": "is another one",
    }[group.kind]


def _value(text: str | None) -> str:
    return "(nothing)" if text is None else cut_middle(visible(text), LONGEST)


def _broken(page: Page, broken: Broken, corpus: str) -> None:
    rule, violation = RULES[broken.violation.rule], broken.violation
    page.line()
    page.parts(
        (f"{rule.severity}[{rule.id}]", STYLES[rule.severity]),
        (f" {visible(violation.message)}", "bold"),
        (f" {visible(broken.function)}, {many(broken.count, 'time')}", ""),
    )
    page.block("fix", [rule.remedy])
    if broken.record:
        page.block("in", [f"fnfuzz corpus show {visible(corpus)} {broken.record[:12]}"])


def _state(page: Page, states: Iterable[Dependence]) -> None:
    for item in states:
        page.line()
        page.parts(
            ("warning[order]", STYLES["warning"]),
            (f" {visible(item.function)} {visible(item.path)}", "bold"),
            (" depends on the events before: the handler keeps state from one event to the next", ""),
        )
        _evidence(page, item)


def _unused(page: Page, masks: tuple[Mask, ...]) -> None:
    if not masks:
        return
    page.line()
    page.line(f"{many(len(masks), 'mask')} not needed this time; what never is can be taken out of {NAME}:", "dim")
    for mask in masks[:FEW]:
        page.line(f"  {visible(mask.function)} {visible(mask.path)} ({mask.title})", "dim")
    if len(masks) > FEW:
        page.line(f"  and {len(masks) - FEW:,} more", "dim")


def _end(page: Page, result: Result, words: str, command: str) -> None:
    page.line()
    if result.accepted is not None:
        left = ""
        if result.accepted.left:
            left = f"; {result.accepted.left:,} left: something else differs in them too, or they break a rule"
        page.line(f"accepted: {many(result.accepted.changed, 'record')} changed{left}", "bold")
    if result.ended != "done":
        page.line(f"{result.ended}: what follows is of the events so far", "yellow")
    if not result.failed:
        page.line("PASSED: nothing differs", "bold green")
        if result.unanswered and result.accepted is None and not result.read_only and not result.deliveries:
            page.line(f"next: {visible(words)} --accept all{visible(command)} keeps the first answers, to compare with")
        return
    parts = []
    if result.open_groups or result.beyond:
        parts.append(many(len(result.open_groups) + result.beyond, "difference"))
    if result.errors:
        parts.append(f"{many(len(result.errors), 'rule')} broken")
    page.line(f"FAILED: {', '.join(parts)}", "bold red")
    if result.open_groups and result.read_only and not result.against and not result.deliveries:
        page.line(f"next: `fnfuzz corpus merge NEW {visible(result.corpus)}` makes a copy that can be changed")
    elif result.open_groups and not result.against and not result.deliveries:
        # What fails, or breaks a rule, is never accepted.
        wrong = {item.function for item in result.errors}
        meant = [item for item in result.open_groups if item.kind != "fault" and item.function not in wrong]
        if meant:
            page.line(f"next: if a difference is meant, {visible(words)} --accept {meant[0].id}{visible(command)}")
        if result.noise_file and not result.learnt:
            page.line(f"next: if it differs by itself, {visible(words)} --learn{visible(command)}")
