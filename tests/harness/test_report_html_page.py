from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.harness.kit.html_pages import Read, hostile_stream, progress, read_page
from tests.harness.kit.streams import a_context, a_stream, a_warning, an_error

from fnfuzz.events import QueueEvent
from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.ignoring import IgnoredFinding
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.fuzz.stream import FindingFound, FindingSuspected, Noted, ProbeFinished, RunEvent
from fnfuzz.report import AppWords, CaseFiles, ReportContext
from fnfuzz.report.baseline import Entry
from fnfuzz.report.html.elements import element, style_sheet
from fnfuzz.report.html.findings import prose
from fnfuzz.report.html.page import MAX_SECTIONS, POLICY, Page
from fnfuzz.report.standing import Kept, Standings
from fnfuzz.report.story import Story
from fnfuzz.report.visible import visible
from fnfuzz.rules import RULES

# fmt: off
TAGS = frozenset((
    "html", "head", "meta", "title", "style", "body", "header", "h1", "h2", "h3", "h4", "p", "a", "b", "code",
    "pre", "mark", "span", "div", "section", "article", "main", "nav", "ul", "ol", "li", "footer", "dl", "dt", "dd",
    "table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption", "details", "summary", "del",
    "ins", "svg", "desc", "rect", "line", "text", "path",
))
# fmt: on
LOADING = frozenset(("src", "srcset", "style", "xlink:href", "action", "data", "poster", "background"))
EVILS = [
    "</script><script>document.title='owned'</script>",
    "</style><img src=http://127.0.0.1:9/x onerror=alert(1)>",
    "</title></textarea><svg onload=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "' autofocus onfocus='alert(1)",
    "<!--<script>",
    "]]><![CDATA[<b>",
    "&#x3c;script&#x3e;&lt;b&gt;&nbsp;",
    "javascript:alert(1)",
    "\x00\x08\x1b[31m\x7f\x9b\r\n\t",
    "\ud800\udfff\udcff",
    "\u202e\u2066\u200f\u200b\ufeff\u2028\x85",
    "</pre></code></details></section><plaintext>",
    "<a href=//evil.example>\uff1cscript\uff1e",
]


def page_of(events: list[RunEvent], context: ReportContext) -> str:
    story = Story()
    for event in events:
        story.take(event)
    return Page(context).render(story)


def evil_context(evil: str) -> ReportContext:
    words = AppWords(app=evil, options=(evil,), functions=(evil,), command=(evil,))
    context, _ = a_context(Path("nowhere"))
    return replace(context, cases=CaseFiles(Path("nowhere"), words))


def read(folder: Path, *findings: Finding, more: tuple[RunEvent, ...] = (), **finished: object) -> Read:
    context, _ = a_context(folder)
    stream = a_stream(folder, *findings, **finished)
    return read_page(page_of([*stream[:2], *more, *stream[2:]], context))


def looks_right(page: Read) -> None:
    """Well-nested, of known elements only, nothing that loads or runs, each link and label leads somewhere."""
    assert page.wrong == []
    assert {tag for tag, _ in page.elements} <= TAGS
    names = {name for _, pairs in page.elements for name, _ in pairs}
    assert not names & LOADING
    assert not any(name.startswith("on") for name in names)
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    assert {link.removeprefix("#") for link in page.values("href")} <= {*ids, "findings"}
    assert all(link.startswith("#") for link in page.values("href"))
    assert {name for value in page.values("aria-labelledby") for name in value.split()} <= set(ids)


@pytest.mark.parametrize("evil", EVILS)
def test_hostile_text_in_every_field_is_text_and_nothing_else(evil: str, tmp_path: Path) -> None:
    page = page_of(hostile_stream(tmp_path, evil), evil_context(evil))
    assert page.isascii()
    seen = read_page(page)
    looks_right(seen)
    assert visible(evil)[:40] in seen.text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u202e\u2066\ud800-\udfff]", seen.text)


SHAPES = (
    "(case|chart|finding-[0-9a-f]{8}|parts-[0-9a-f]{8}|[a-z]+|latency-[0-9]+|conformance-[0-9]+|answers-section)"
    "(-title|-text|-caption|-all-caption)?"
)
WORDS = re.compile(
    rf"[#]?{SHAPES}( {SHAPES})?|[\d.]+%?|-?\d+|0 0 1000 130|[ML\d. Z-]+|[a-z0-9 -]*|utf-8|en|none|"
    r"Content-Security-Policy|width=device-width, initial-scale=1|light dark|telephone=no, .*|Sections|"
    + re.escape(POLICY)
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from([*"<>&\"'`=/ ;#!-[]%\\", "QzXq", "script", "\x00", "\x1b", "\ud800", "\u202e"])
        | st.characters(),
        max_size=30,
    )
)
def test_no_element_and_no_attribute_ever_comes_from_a_payload(tmp_path: Path, letters: list[str]) -> None:
    evil = "QzXq" + "".join(letters)
    page = read_page(page_of(hostile_stream(tmp_path, evil), evil_context(evil)))
    looks_right(page)
    for tag, pairs in page.elements:
        assert "qzxq" not in tag
        for name, value in pairs:
            assert "qzxq" not in f"{name}{value}".lower()
            assert WORDS.fullmatch(value or ""), (tag, name, value)
    assert "QzXq" in page.text


def test_the_policy_comes_before_anything_that_it_forbids(tmp_path: Path) -> None:
    page = read(tmp_path, an_error())
    head = page.elements[:4]
    assert [tag for tag, _ in head] == ["html", "head", "meta", "meta"]
    assert dict(head[3][1]) == {"http-equiv": "Content-Security-Policy", "content": POLICY}
    assert "default-src 'none'" in POLICY


@pytest.mark.parametrize("tag", ["script", "style", "a b", "", "x>", "1"])
def test_elements_of_other_kinds_cannot_be_made(tag: str) -> None:
    with pytest.raises(ValueError, match="no element"):
        element(tag, "text")


@pytest.mark.parametrize("name", ["onclick", "style", "a b", "x=", ""])
def test_attributes_that_run_or_break_out_cannot_be_made(name: str) -> None:
    with pytest.raises(ValueError, match="no attribute"):
        element("p", **{name: "x"})


@pytest.mark.parametrize("css", ["</style>", "a{background:url(x)}", "@import 'x'"])
def test_a_style_sheet_loads_nothing(css: str) -> None:
    with pytest.raises(ValueError, match="style sheet"):
        style_sheet(css)


def test_a_finding_tells_all_that_is_known_of_it(tmp_path: Path) -> None:
    sent = QueueEvent(message=b'{"items":[],"note":"x"}')
    part = Part("items", "some", "[] fails, [1] passes", "passes", (("message", "json", "items"),))
    free = Part("note", "any", "any value fails, 6 tried", "passes", (("message", "json", "note"),))
    finding = replace(
        an_error(sent),
        explanation=(part, free),
        passing=QueueEvent(message=b'{"items":[1],"note":"x"}'),
        path=(QueueEvent(message=b"x" * 90), QueueEvent(message=b"x" * 40), sent),
        notes=("the worker was restarted",),
        first_seconds=0.25,
    )
    page = read(tmp_path, finding, a_warning())
    looks_right(page)
    rule = RULES["resp-status-non2xx"]
    for text in (
        rule.title,
        rule.reason,
        rule.remedy,
        rule.source,
        "KeyError at handler.py:18",
        "The answer has status 500.",
        "HTTP/1.1 500 Internal Server Error, after 4.2 ms",
        "the message is delivered again",
        "fails: ",
        "passes: ",
        "3 events on the way, from 90 characters to 23",
        "the worker was restarted",
        "KeyError: 'qty'",
        "fnfuzz check shop",
        "case 17, after 250 ms",
        "3 times",
        "[] fails, [1] passes",
        "the event that showed it first, 10 characters",
    ):
        assert text in page.text, text
    marks = [tag for tag, _ in page.elements if tag == "mark"]
    assert len(marks) >= 2


def test_every_finding_is_listed_and_linked_errors_first(tmp_path: Path) -> None:
    page = read(tmp_path, a_warning(), an_error())
    links = [link for link in page.values("href") if link.startswith("#finding-")]
    assert links == [f"#finding-{an_error().id}", f"#finding-{a_warning().id}"]
    assert "1 error, 1 warning" in page.text


def test_a_run_with_nothing_found_says_so(tmp_path: Path) -> None:
    page = read(tmp_path, ended="done")
    looks_right(page)
    assert "nothing found" in page.text
    assert "nothing was left to do" in page.text


def test_a_handler_that_did_not_start_is_the_headline(tmp_path: Path) -> None:
    page = read(tmp_path, ended="not-started", error="exit code 3", stderr=("no module named flask",), functions=())
    assert "not started" in page.text
    assert "exit code 3" in page.text
    assert "no module named flask" in page.text


def test_tables_have_captions_and_plots_have_words(tmp_path: Path) -> None:
    seen = read_page(page_of(hostile_stream(tmp_path, "plain"), evil_context("plain")))
    tags = [tag for tag, _ in seen.elements]
    assert tags.count("caption") == tags.count("table") >= 5
    pictures = [dict(pairs) for tag, pairs in seen.elements if tag == "svg" and ("role", "img") in pairs]
    assert len(pictures) >= 5
    assert all(len((picture["aria-labelledby"] or "").split()) == 2 for picture in pictures)
    levels = [int(tag[1]) for tag in tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(later - level <= 1 for level, later in pairwise(levels))


def test_the_conformance_table_has_a_line_for_each_experiment(tmp_path: Path) -> None:
    def probe(title: str, broken: tuple[str, ...] = (), skipped: str = "", function: str = "Orders") -> ProbeFinished:
        return ProbeFinished(
            probe="p",
            title=title,
            function=function,
            rules=("req-base64-body",),
            broken=broken,
            seconds=0.1,
            skipped=skipped,
        )

    probes = (
        probe("Answers"),
        probe("Takes big ones", broken=("resp-status-non2xx",)),
        probe("Is skipped", skipped="no queue"),
        probe("Starts", function=""),
    )
    page = read(tmp_path, an_error(), more=probes)
    looks_right(page)
    assert "1 broken, 1 ok, 1 skipped" in page.text
    assert "no queue" in page.text
    assert "The app" in page.text
    assert [pairs for tag, pairs in page.elements if tag == "details" and ("open", "") in pairs]
    assert page.values("href").count(f"#finding-{an_error().id}") == 2


def test_a_payload_of_a_megabyte_is_cut_and_its_size_told(tmp_path: Path) -> None:
    big = "<b>é\x00" * 200_000
    page = page_of(hostile_stream(tmp_path, "<b>" * 2000, body=big.encode()), evil_context("shop"))
    assert len(page) < 2_000_000
    seen = read_page(page)
    looks_right(seen)
    assert "1,200,000 bytes" in seen.text


def test_the_page_stays_small_however_much_is_found(tmp_path: Path) -> None:
    error = an_error()
    many = [replace(error, identity=replace(error.identity, place=f"line {number}")) for number in range(1500)]
    noted = tuple(Noted(text=f"note {number}") for number in range(5000))
    page = read(tmp_path, *many, more=noted)
    looks_right(page)
    assert sum(1 for tag, _ in page.elements if tag == "article") == MAX_SECTIONS
    assert "1,500 errors" in page.text
    assert "4,701 more notes left out" in page.text


def test_a_sequence_shows_the_first_and_the_last_events(tmp_path: Path) -> None:
    events = tuple(QueueEvent(message=b"%d" % number) for number in range(40))
    finding = replace(an_error(), minimal=events, functions=("Orders",) * 40, confirmed="sequence")
    page = read(tmp_path, finding)
    assert "1. to Orders" in page.text
    assert "40. to Orders" in page.text
    assert "28 events left out" in page.text


def test_what_is_ignored_and_what_was_known_is_told(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    entry = Entry(id=an_error().id, rule="resp-status-non2xx", first_seen="2025-01-02", reason="<old> ticket 12")
    standings = Standings(context.cases, kept=Kept(tmp_path / "b.json", (entry,)), day="2025-02-01")
    ignored = IgnoredFinding(identity=a_warning().identity, reason="we <want> that", count=4)
    stream = a_stream(tmp_path, an_error(), ignored=(ignored,))
    for event in stream:
        standings.handle(event)
    page = read_page(page_of(stream, replace(context, standings=standings)))
    looks_right(page)
    assert "known since 2025-01-02: <old> ticket 12" in page.text
    assert "1 error (1 known)" in page.text
    assert "we <want> that" in page.text
    assert ("class", "badge warning") in [pair for _, pairs in page.elements for pair in pairs]


def test_a_section_follows_what_becomes_of_its_finding(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    story, page = Story(), Page(context)
    suspected = replace(an_error(), confirmed="suspected")
    story.take(FindingSuspected(finding=suspected))
    assert "not tried again yet" in page.render(story)
    story.take(FindingFound(finding=an_error()))
    assert "not tried again yet" not in page.render(story)


def test_backticks_in_a_rule_are_code_and_nothing_else(tmp_path: Path) -> None:
    assert str(prose("a `b<` c")) == "a <code>b&lt;</code> c"
    assert str(prose("a ` c <")) == "a ` c &lt;"


def test_plots_need_something_to_show(tmp_path: Path) -> None:
    assert "How the run went" not in read_page(page_of([], a_context(tmp_path)[0])).text
    assert "How the run went" not in read(tmp_path, more=(progress(0.5, 2),), cases=2).text
    page = read(tmp_path, more=(progress(0.5, 40), progress(1.5, 90)))
    assert "How the run went" in page.text
    assert "Memory of the handler" not in page.text
