from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt
from tests.harness.kit.reports import (
    NASTY,
    a_nasty_finding,
    a_repository,
    a_shop_stream,
    judged,
    nasty_texts,
    reported,
)
from tests.harness.kit.streams import a_context, a_warning, an_error

from fnfuzz.fuzz.finding import Finding
from fnfuzz.report import markdown
from fnfuzz.report.markdown import inert

TAGS = {"h2", "p", "table", "thead", "tbody", "tr", "th", "td", "strong", "details", "summary", "pre", "ul", "li"}


class Tags(HTMLParser):
    """What a browser makes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert attrs == []
        self.open.append(tag)
        self.seen.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)


def shown(text: str) -> Tags:
    """The page as it is shown; nothing in it is markup that is not ours."""
    tags = Tags()
    tags.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))
    tags.close()
    assert tags.open == []
    assert tags.seen <= TAGS
    return tags


def page(folder: Path, *findings: Finding, **finished: object) -> str:
    app = folder / "apps" / "shop"
    return reported(
        "markdown", folder, a_shop_stream(app if app.exists() else a_repository(folder), *findings, **finished)
    )


def test_the_verdict_comes_first_and_the_details_are_folded_away(tmp_path: Path) -> None:
    text = page(tmp_path, an_error(), a_warning())
    assert text.startswith("## fnfuzz of shop: failed\n\n1 error, 1 warning. 100 cases in 2 s: the time is used up.\n")
    assert "| **error** | resp-status-non2xx | Orders | apps/shop/handler.py:18 | The answer has status 500. |" in text
    assert text.count("<details>") == text.count("</details>") == 5
    assert "the message is delivered again" in shown(text).text
    assert "--seed 42 --max-cases 100" in shown(text).text


def test_a_run_that_found_nothing_passed(tmp_path: Path) -> None:
    text = page(tmp_path)
    assert text.startswith("## fnfuzz of shop: passed\n\n0 errors, 0 warnings. ")
    assert "2 experiments: 0 saw a rule broken, 1 skipped" in text


def test_a_handler_that_does_not_run_is_told_with_what_it_said(tmp_path: Path) -> None:
    text = page(tmp_path, ended="not-started", error="it ended with <4>", stderr=("no `settings`",))
    assert text.startswith("## fnfuzz of shop: the handler does not run\n")
    assert "it ended with <4>" in shown(text).text
    assert "<pre>no `settings`</pre>" in text


def test_known_findings_and_gone_ones_are_told(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    known = {"id": an_error().id, "rule": "resp-status-non2xx", "reason": "see #12"}
    gone = {"id": "0123abcd", "rule": "out-undeclared", "function": "Old"}
    context = judged(a_context(tmp_path)[0], tmp_path, known, gone)
    text = reported("markdown", tmp_path, a_shop_stream(app, an_error()), context)
    assert text.startswith("## fnfuzz of shop: passed\n\n1 error, 0 warnings (1 known). ")
    assert "| error, known | resp-status-non2xx |" in text
    assert "In the baseline, but gone:\n\n- out-undeclared in Old &#40;0123abcd&#41;" in text
    assert "baseline   known: see #12" in text


def test_every_state_of_the_page_is_whole(tmp_path: Path) -> None:
    app = a_repository(tmp_path)
    for length in range(6):
        text = reported("markdown", tmp_path, a_shop_stream(app, an_error())[:length])
        assert ": interrupted\n" in text
        shown(text)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nasty_texts)
def test_no_payload_can_make_markup(tmp_path: Path, text: str) -> None:
    shown(page(tmp_path, a_nasty_finding(text)))


def test_the_worst_payload_is_shown_as_it_is(tmp_path: Path) -> None:
    seen = shown(page(tmp_path, a_nasty_finding())).text
    assert "<script>alert(1)</script>" in seen
    assert "</pre></details>" in seen
    assert "\\x1b[31m\\x00" in seen
    assert "[a](http:\u200b//e.example)" in seen


@given(nasty_texts)
def test_inert_text_links_to_nothing(text: str) -> None:
    made = inert(text)
    assert "\n" not in made
    assert not re.search(r"://|www\.|[@#]\w(?!\d*;)", made)
    assert not set("|`<>*_[]()!~\\{}$") & set(made)
    assert shown(f"x {made} x").seen == {"p"}


def test_a_page_stays_below_what_github_takes(tmp_path: Path) -> None:
    findings = []
    for number in range(220):
        error = an_error(message=NASTY)
        findings.append(replace(error, identity=replace(error.identity, place=f"place {number}"), notes=(NASTY * 80,)))
    text = page(tmp_path, *findings)
    assert len(text.encode()) < 1024 * 1024
    assert "more are left out here." in text
    assert "more findings are left out here." in text
    assert markdown.MOST_BYTES < 1024 * 1024
