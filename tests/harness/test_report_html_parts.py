from __future__ import annotations

import json
import re
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.kit.html_pages import progress, read_page

from fnfuzz.drivers.usage import Usage
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent
from fnfuzz.fuzz.stream import FunctionTally
from fnfuzz.report.html.charts import Moment, TimeChart, bar, histogram
from fnfuzz.report.html.course import answers_table, latencies
from fnfuzz.report.html.difference import difference, json_lines
from fnfuzz.report.html.scales import bucket_edge, bytes_ticks, count_ticks, seconds_text, time_ticks
from fnfuzz.report.samples import MAX_SAMPLES, Sample, Samples

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


def tally(name: str = "Orders", **more: Any) -> FunctionTally:
    return FunctionTally(
        name=name, trigger="queue", contract="azure-http", cases=10, rejected=0, mean_seconds=0.1, **more
    )


# -- over time


def test_hours_of_progress_become_a_few_hundred_points() -> None:
    samples = Samples()
    for number in range(1, 40_001):
        used = Usage(900 if number == 27_777 else 100, 2, 5)
        samples.take(progress(number * 0.25, number, restarts=number // 1000, usage=used))
    assert MAX_SAMPLES / 4 < len(samples.points) <= MAX_SAMPLES
    assert samples.points[-1].cases == 40_000
    assert max(point.usage.memory for point in samples.points if point.usage) == 900
    gaps = [later.elapsed - point.elapsed for point, later in zip(samples.points, samples.points[1:], strict=False)]
    assert max(gaps) < 2.2 * (10_000 / len(samples.points))


@given(st.lists(st.tuples(st.floats(0, 1e6), st.integers(0, 10**9)), max_size=600))
def test_points_are_in_order_and_counts_never_fall(steps: list[tuple[float, int]]) -> None:
    samples = Samples()
    cases = 0
    for elapsed, more in steps:
        cases += more
        samples.add(Sample(elapsed, cases, 0, 0))
    times = [point.elapsed for point in samples.points]
    assert times == sorted(set(times))
    assert [point.cases for point in samples.points] == sorted(point.cases for point in samples.points)
    assert len(samples.points) < MAX_SAMPLES
    if steps:
        assert samples.points[-1].cases == cases


def test_a_phase_is_kept_once_for_as_long_as_it_goes_on() -> None:
    samples = Samples()
    for elapsed, phase in ((0.5, "probes"), (1.0, "probes"), (2.0, "explore"), (3.0, "explore")):
        samples.take(progress(elapsed, phase=phase))
    assert samples.phases == [("probes", 0.0), ("explore", 2.0)]


# -- axes


@given(st.floats(0, 1e12), st.floats(0, 1e12))
def test_ticks_are_few_and_hold_all_values(one: float, other: float) -> None:
    low, high = sorted((one, other))
    for ticks in (count_ticks(low, high), bytes_ticks(low, high)):
        assert 2 <= len(ticks) <= 6
        assert ticks[0] <= low
        assert ticks[-1] >= high
        assert ticks == sorted(set(ticks))


@given(st.floats(0.001, 1e8))
def test_times_have_at_most_a_few_ticks(end: float) -> None:
    ticks = time_ticks(end)
    assert 1 <= len(ticks) <= 5
    assert ticks[-1] <= end * 1.001


def test_axes_speak_in_short_words() -> None:
    assert [seconds_text(value) for value in (0, 0.5, 30, 120, 7200)] == ["0", "0.5 s", "30 s", "2 min", "2 h"]
    assert [bucket_edge(power) for power in (0, 7, 10, 12, 20, 22)] == [
        "1 µs",
        "128 µs",
        "1 ms",
        "4.1 ms",
        "1 s",
        "4.2 s",
    ]
    assert count_ticks(0, 249) == [0, 100, 200, 300]
    assert count_ticks(0, 0) == [0, 1]


# -- plots


def chart(points: list[tuple[float, float | None]], **more: Any) -> str:
    return str(
        TimeChart(
            name="c", title="t", text="d", points=points, end=10.0, ticks=[0, 5, 10], words=lambda v: f"{v:g}", **more
        ).svg()
    )


def test_a_curve_has_gaps_where_nothing_was_measured() -> None:
    svg = chart([(0, 1.0), (1, None), (2, 3.0), (3, 4.0), (4, None)])
    assert svg.count('class="curve"') == 2
    assert chart([(1, None)]).count('class="curve"') == 0


def test_values_are_where_the_axis_says() -> None:
    svg = chart([(0, 0.0), (5, 5.0), (10, 10.0)], moments=[Moment(2.5, "found")], breaks=[Moment(99.0, "restart")])
    assert "M0.0 130.0L500.0 65.0L1000.0 0.0" in svg
    assert 'x="25.00%"' in svg
    assert 'x1="100.00%"' in svg


def test_a_histogram_has_a_bar_for_each_bucket_and_tells_the_largest_share() -> None:
    page = read_page(str(histogram("h", "t", "d", [1, 3, 0], 10)))
    assert [pairs for tag, pairs in page.elements if tag == "rect"][2]
    assert "75 %" in page.text
    assert "512 µs to 1 ms: 1 (25.0 %)" in page.text


def test_all_histograms_share_one_range() -> None:
    first = tally(latencies=(2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8))
    second = tally("Other", latencies=(0,) * 12 + (5,))
    page = read_page("".join(str(part) for part in latencies([first, second, tally("Idle", latencies=(0,) * 32)])))
    assert sum(1 for tag, _ in page.elements if tag == "svg") == 2
    assert sum(1 for tag, _ in page.elements if tag == "rect") == 2 * 12
    assert "half under 1 ms, 95 % under 1 ms, all under 1 ms" in page.text
    assert "Idle" not in page.text


def test_each_class_of_answers_is_counted() -> None:
    page = read_page("".join(str(part) for part in answers_table([tally(answers=(1, 2, 30, 4, 5, 6))])))
    assert page.texts[-5:] == ["30", "6", "5", "6", "1"]
    assert answers_table([tally()]) == []


def test_only_the_busiest_functions_get_plots() -> None:
    many = [tally(f"F{number}", answers=(0, 0, 10), latencies=(0, 0, 10)) for number in range(60)]
    for parts in (latencies(many), answers_table(many)):
        assert "36 more are left out" in "".join(str(part) for part in parts)


def test_a_share_of_nothing_still_shows() -> None:
    assert 'width="0.50%"' in str(bar(0.0))


# -- what differs


def shown(failing: Event, passing: Event) -> tuple[list[str], list[str]]:
    """The marked texts of both, the failing event's first."""
    page = str(difference(failing, passing))
    return _marks(page, "del"), _marks(page, "ins")


def _marks(page: str, tag: str) -> list[str]:
    parts = [part.split(f"</{tag}>")[0] for part in page.split(f"<{tag} ")[1:]]
    return [text.split("</mark>")[0] for part in parts for text in part.split("<mark>")[1:]]


def test_the_words_that_differ_are_marked() -> None:
    one, other = QueueEvent(message=b'{"id":7,"qty":0,"n":[]}'), QueueEvent(message=b'{"id":7,"qty":12,"n":[]}')
    assert shown(one, other) == (["0"], ["12"])


def test_equal_lines_far_from_a_difference_are_only_counted() -> None:
    lines = [b"line %d" % number for number in range(100)]
    one = RawEvent(body=b"\n".join(lines))
    other = RawEvent(body=b"\n".join([*lines[:50], b"another", *lines[51:]]))
    page = read_page(str(difference(one, other)))
    assert "48 equal lines" in page.text
    assert "line 47" in page.text
    assert "line 46" not in page.text
    assert page.wrong == []


def test_fields_that_differ_are_shown_even_when_one_is_usual() -> None:
    page = read_page(str(difference(QueueEvent(message=b"x", dequeue_count=5), QueueEvent(message=b"x"))))
    assert "dequeue count: 5" in page.text
    assert "dequeue count: 1" in page.text
    page = read_page(str(difference(HttpEvent(body=b""), HttpEvent(body=b"{}", headers=(("A", "b"),)))))
    assert "body: nothing" in page.text
    assert "headers A: b" in page.text


def test_a_difference_in_layout_alone_is_shown_raw() -> None:
    page = read_page(str(difference(RawEvent(body=b'{"a":1}'), RawEvent(body=b'{"a": 1}'))))
    assert '{"a":1}' in page.text
    assert '{"a": 1}' in page.text


def test_the_end_of_a_long_line_is_shown_around_its_difference() -> None:
    one, other = RawEvent(body=b"x" * 500_000 + b"<y>" + b"z" * 500_000), RawEvent(body=b"x" * 500_000 + b"z" * 500_000)
    page = str(difference(one, other))
    assert len(page) < 3000
    assert "<mark>&lt;y&gt;</mark>" in page


def test_much_that_differs_is_cut() -> None:
    one = RawEvent(body=b"\n".join(b"a%d" % number for number in range(20_000)))
    other = RawEvent(body=b"\n".join(b"b%d" % number for number in range(20_000)))
    page = str(difference(one, other))
    assert "19,800 and 19,800 more lines are not compared" in page
    assert len(page) < 100_000


def test_events_that_are_equal_have_no_difference() -> None:
    assert "nothing that can be shown" in str(difference(TimerEvent(), TimerEvent()))


EVENTS = st.builds(RawEvent, body=st.binary(max_size=40)) | st.builds(
    BlobEvent, name=st.text(max_size=5), content=JSON.map(lambda value: json.dumps(value).encode())
)


@settings(max_examples=150, deadline=None)
@given(EVENTS, EVENTS)
def test_different_events_always_show_a_difference_that_parses(one: Event, other: Event) -> None:
    page = read_page(str(difference(one, other)))
    assert page.wrong == []
    kinds = {tag for tag, _ in page.elements}
    assert bool(kinds & {"del", "ins"}) == (one != other) or type(one) is not type(other)


@given(JSON, st.sampled_from([None, 1]))
def test_json_is_laid_out_without_changing_it(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    lines = json_lines(text)
    assert lines is not None
    assert json.loads("\n".join(lines)) == value


@pytest.mark.parametrize("text", ["", "{", "x", "[" * 3000, "NaN"])
def test_what_is_no_json_is_not_laid_out(text: str) -> None:
    assert json_lines(text) is None


def test_numbers_and_names_keep_their_spelling() -> None:
    assert json_lines('{"a":1.0,"a":1e2,"b":[],"c":{"d":12345678901234567890123}}') == [
        "{",
        '  "a": 1.0,',
        '  "a": 1e2,',
        '  "b": [],',
        '  "c": {',
        '    "d": 12345678901234567890123',
        "  }",
        "}",
    ]


# -- colours

PAIRS = [
    (text, ground)
    for text in ("text", "dim", "accent", "error", "warning")
    for ground in ("ground", "card", "sunk")
] + [
    ("error", "error-soft"),
    ("warning", "warning-soft"),
    ("ok", "ok-soft"),
    ("mark-text", "mark"),
    ("text", "fails"),
    ("text", "fails-mark"),
    ("text", "passes"),
    ("text", "passes-mark"),
    ("text", "error-soft"),
]  # fmt: skip


def palettes() -> list[dict[str, str]]:
    """Light, dark and print, as the style sheet has them."""
    css = files("fnfuzz.report.html").joinpath("style.css").read_text("utf-8")
    blocks = [block.split("}")[0] for block in css.split(":root {")[1:]]
    found = [dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    return [palette for palette in found if "ground" in palette]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_words_stand_out_from_their_ground_in_light_dark_and_print(text: str, ground: str) -> None:
    found = palettes()
    assert len(found) == 3
    for palette in found:
        dark, light = sorted((luminance(palette[text]), luminance(palette[ground])))
        assert (light + 0.05) / (dark + 0.05) >= 4.5
