from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.text import Text
from tests.harness.kit.streams import Terminal, a_context, a_stream, a_warning, an_error, feed

from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.report.console import ConsoleReporter
from fnfuzz.report.marks import MATTERS, NO_MATTER, marked_event, matter_lines
from fnfuzz.report.page import Page
from fnfuzz.report.plain_data import finding_data
from fnfuzz.report.wording import event_lines

QTY = Part(
    "items[0].qty",
    "some",
    "fails when it is greater than 10; absent passes",
    "passes",
    (("message", "json", "items", 0, "qty"),),
)
NAME = Part("name of items", "only", "only this name fails, 2 others pass", "", (("message", "json", "name of items"),))
NOTE = Part("note", "any", "any value fails, 6 tried", "passes", (("message", "json", "note"),))
COUNT = Part("dequeue count", "any", "any value fails, 2 tried", "", (("dequeue_count",),), usual=True)
EVENT = QueueEvent(message=b'{"note":"\xc3\xa9\\u0001","items":[{"qty":11}]}')


def marked(lines: list[Text], style: str) -> list[str]:
    return [line.plain[span.start : span.end] for line in lines for span in line.spans if span.style == style]


def test_what_matters_is_marked_where_it_stands() -> None:
    lines = marked_event(EVENT, (NAME, QTY, NOTE, COUNT))
    assert marked(lines, MATTERS) == ['"items"', "11"]
    assert marked(lines, NO_MATTER) == ['"é\\u0001"']


def test_a_text_that_was_looked_into_is_marked_as_a_whole() -> None:
    inner = Part("p(json).n", "some", "", "", (("body", "json", "p", "(json)", "n"),))
    lines = marked_event(RawEvent(body=b'{"p":"{\\"n\\":1}"}'), (inner,))
    assert marked(lines, MATTERS) == ['"{\\"n\\":1}"']


def test_parts_of_requests_and_blobs_are_marked() -> None:
    event = HttpEvent(method="POST", query=(("a b", "1"), ("page", "ü&")), headers=(("X-Tag", "t\x01"),))
    spots = [("query", 1, 1), ("headers", 0, 1), ("method",)]
    parts = [Part(str(number), "only", "", "", (spot,)) for number, spot in enumerate(spots)]
    assert sorted(marked(marked_event(event, parts), MATTERS)) == ["%C3%BC%26", "POST", "t\\x01"]
    blob = BlobEvent(name="a.txt", content=b"\xff", metadata=(("owner", "me"),))
    parts = [
        Part("name", "any", "", "", (("name",), ("content", "bytes"))),
        Part("metadata owner", "only", "", "", (("metadata", 0, 1),)),
    ]
    assert marked(marked_event(blob, parts), NO_MATTER) == ["a.txt", "\\xff"]
    assert marked(marked_event(blob, parts), MATTERS) == ["me"]


@pytest.mark.parametrize("data", [b'{ "qty": 11 }', b'{"a":1,"a":2}', b"x" * 2000, b"a\nb", b"\xff", b"", b"[" * 500])
def test_what_cannot_be_told_for_sure_stays_plain(data: bytes) -> None:
    parts = (Part("qty", "only", "", "", (("body", "json", "qty"), ("body", "json", "a"))),)
    lines = marked_event(RawEvent(body=data), parts)
    assert [line.plain for line in lines] == event_lines(RawEvent(body=data))
    assert not any(line.spans for line in lines)


@settings(max_examples=80, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=5), st.text(max_size=8) | st.integers(0, 99) | st.lists(st.text(max_size=3)), max_size=4
    )
)
def test_marks_never_change_the_lines_and_cut_them_at_values(value: dict[str, object]) -> None:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    parts = [Part(key, "only", "", "", (("body", "json", key),)) for key in value]
    event: Event = RawEvent(body=body)
    lines = marked_event(event, parts)
    assert [line.plain for line in lines] == event_lines(event)
    assert all(text[:1] in '"0123456789[' for text in marked(lines, MATTERS))


def test_the_lines_tell_first_what_says_most_and_last_what_does_not_matter() -> None:
    only = Part("id", "only", "only this value fails, 8 others pass", "passes")
    assert matter_lines((NAME, NOTE, only, QTY, COUNT)) == [
        "items[0].qty: fails when it is greater than 10; absent passes",
        "id: only this value fails, 8 others pass",
        "no matter what: note",
    ]
    assert matter_lines(()) == []


def test_lines_are_safe_and_few() -> None:
    nasty = [Part(f"a\x1b{number}", "only", "x\r\u202e") for number in range(20)]
    lines = matter_lines(nasty)
    assert lines[0] == "a\\x1b0: x\\r\\u202e"
    assert lines[-1] == "and 14 more"
    assert len(lines) == 7


def test_folded_lines_keep_text_and_styles() -> None:
    out = io.StringIO()
    page = Page(out)
    long = Text("  " + "x" * 300)
    long.stylize("bold", 2, 302)
    page.block("sent", [long])
    plain = io.StringIO()
    Page(plain).block("sent", [long.plain], exact=True)
    assert out.getvalue() == plain.getvalue()


def test_the_console_tells_what_matters_with_and_without_colour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "CI", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    finding = replace(an_error(EVENT), explanation=(NAME, QTY, NOTE))
    context, out = a_context(tmp_path)
    feed(ConsoleReporter(context), a_stream(tmp_path, finding))
    assert (
        '               {"note":"é\\u0001","items":[{"qty":11}]}\n'
        "                                 ^^^^^^^         ^^ fails when it is greater than 10; absent passes\n"
        "  no matter  note: any value fails\n"
    ) in out.getvalue()
    assert "\x1b" not in out.getvalue()
    terminal = Terminal()
    feed(ConsoleReporter(replace(context, out=terminal)), a_stream(tmp_path, finding))
    assert '"qty":\x1b[1;35m11\x1b[0m' in terminal.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    terminal = Terminal()
    feed(ConsoleReporter(replace(context, out=terminal)), a_stream(tmp_path, finding))
    assert "35m" not in terminal.getvalue()
    assert "\x1b[1m11\x1b[0m" in terminal.getvalue()


def test_a_warning_has_one_line_of_it(tmp_path: Path) -> None:
    context, out = a_context(tmp_path)
    feed(ConsoleReporter(context), a_stream(tmp_path, replace(a_warning(), explanation=(QTY, NOTE))))
    assert out.getvalue().count("matters ") == 1
    assert "no matter what" not in out.getvalue()


def test_the_json_report_holds_the_parts_and_the_notes() -> None:
    data = finding_data(replace(an_error(EVENT), explanation=(QTY, NAME), notes=("n",)), "")
    assert data["notes"] == ["n"]
    assert data["explanation"][0] == {
        "path": "items[0].qty",
        "verdict": "some",
        "text": "fails when it is greater than 10; absent passes",
        "absent": "passes",
        "spots": [["message", "json", "items", 0, "qty"]],
    }
    assert data["explanation"][1]["absent"] is None
