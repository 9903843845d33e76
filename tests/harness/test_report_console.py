from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from tests.harness.kit.streams import Terminal, a_context, a_stream, a_warning, an_error, feed

from fnfuzz.events import HttpEvent, QueueEvent
from fnfuzz.fuzz.stream import Noted, PhaseStarted, ProbeFinished, Progressed, RunEvent
from fnfuzz.fuzz.traces import ESCAPES
from fnfuzz.report import ReportError
from fnfuzz.report.console import ConsoleReporter
from fnfuzz.report.progress import Pace
from fnfuzz.report.screen import RunScreen

WHOLE = """\
host.json in shop
functions: Orders (queue, azure-http)
seed 42, at most 30 s
left out: Feed: no events for eventHub
handler ready after 120 ms on port 4321
found error[resp-status-non2xx] Orders, KeyError at handler.py:18: The answer has status 500.
found warning[out-undeclared] Orders, Outputs: Outputs has 1 key that is no output binding.

--- 1 error ---

error[resp-status-non2xx]: The answer has status 500.
  --> handler.py:18, KeyError
      Orders (queue, azure-http), seen 3 times

  sent       message, 2 bytes:
               {}
  came back  HTTP/1.1 500 Internal Server Error, after 4.2 ms
             Content-Type: text/plain
             body, 4 bytes:
               oops
  it said    KeyError: 'qty'
  the host   the invocation fails: HttpRequestException: 500
             the message is delivered again
  rule       A handled event is answered with status 200 to 299.
  why        Any other status throws HttpRequestException: the body, Logs and Outputs are ignored,
             the HTTP caller gets 500 without a body, a queue message or blob is delivered again.
  fix        Answer 200 and tell the caller's status in the http output: {"Outputs": {"res":
             {"statusCode": 404, "body": "no such order"}}}.
  again      fnfuzz invoke shop --event CASES/57b48103.json

--- 1 warning ---

warning[out-undeclared]: Outputs has 1 key that is no output binding.
  --> Orders (queue), Outputs
  fix        Declare the binding with direction out, or correct the key.
  again      fnfuzz invoke shop --event CASES/ff4e90ec.json

the time is used up after 2 s: 100 cases (50/s), 7 behaviours, 1 restart
  function  trigger  contract    cases  turned away    mean
  Orders    queue    azure-http    100         25 %  2.1 ms
1 error, 1 warning
  next       mend the first one, then give its `again` command: it says FIXED or STILL FAILING
             the same run again: fnfuzz run shop --seed 42 --max-cases 100
"""


EXPLORING = Progressed(phase="explore", cases=5, elapsed=1.0, behaviours=1, restarts=0, findings=0)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """An environment in which ``Terminal`` is one."""
    for name in ("NO_COLOR", "FORCE_COLOR", "CI", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return monkeypatch


def on_a_terminal(folder: Path, *events: RunEvent) -> str:
    """What stands there at last, without escape sequences."""
    out = Terminal()
    context, _ = a_context(folder)
    feed(ConsoleReporter(replace(context, out=out)), events)
    return ESCAPES.sub("", out.getvalue())


def printed(folder: Path, *events: object, **more: object) -> str:
    context, out = a_context(folder, **more)
    feed(ConsoleReporter(context), events)  # type: ignore[arg-type] # events of a run
    return out.getvalue().replace(str(folder / "state" / "findings"), "CASES")


def test_a_whole_run_reads_like_this(tmp_path: Path) -> None:
    assert printed(tmp_path, *a_stream(tmp_path, an_error(), a_warning())) == WHOLE


def test_a_finding_is_told_once(tmp_path: Path) -> None:
    text = printed(tmp_path, *a_stream(tmp_path, an_error(), told=[an_error(), an_error()]))
    assert text.count("error[resp-status-non2xx]:") == 1


def test_a_finding_that_comes_with_the_end_only_is_told_too(tmp_path: Path) -> None:
    assert "error[resp-status-non2xx]:" in printed(tmp_path, *a_stream(tmp_path, an_error(), told=[]))


def test_quiet_is_one_line_each_and_keeps_the_cases(tmp_path: Path) -> None:
    text = printed(tmp_path, *a_stream(tmp_path, an_error(), a_warning()), verbosity=-1)
    assert text.splitlines() == [
        "error[resp-status-non2xx] Orders, KeyError at handler.py:18: The answer has status 500.",
        "warning[out-undeclared] Orders, Outputs: Outputs has 1 key that is no output binding.",
        "1 error, 1 warning; 100 cases (50/s); the time is used up",
    ]
    assert len(list((tmp_path / "state" / "findings").iterdir())) == 2


def test_verbose_tells_phases_and_probes_and_warnings_in_full(tmp_path: Path) -> None:
    probe = ProbeFinished(probe="p", title="Pings", function="", rules=(), broken=(), seconds=0.01, skipped="no time")
    start, ready, *rest = a_stream(tmp_path, a_warning())
    text = printed(tmp_path, start, ready, PhaseStarted(phase="probes"), probe, *rest, verbosity=1)
    assert "phase: probes\n" in text
    assert "probe the app: Pings: skipped: no time (10 ms)\n" in text
    assert "  why " in text


def test_hostile_bytes_never_reach_the_page(tmp_path: Path) -> None:
    nasty = "\x1b]0;x\x07\r\x00\x7f\x9b\u202e\u2066"
    event = HttpEvent(path="/" + nasty, headers=((nasty, nasty),), body=nasty.encode() + b"\xff")
    finding = replace(
        an_error(event, body=nasty.encode(), message=nasty),
        trace=(nasty,),
        notes=(nasty,),
        minimal=(event, QueueEvent(message=nasty.encode())),
    )
    text = printed(tmp_path, *a_stream(tmp_path, finding, error=nasty, stderr=(nasty,)), Noted(text=nasty), verbosity=1)
    assert not set(text) & set(nasty) - set("]0;x")
    assert "\\x1b]0;x\\x07\\r\\x00\\x7f\\u009b\\u202e\\u2066" in text


def test_a_pipe_gets_neither_colour_nor_progress_at_once(tmp_path: Path) -> None:
    start, *rest = a_stream(tmp_path, an_error())
    text = printed(tmp_path, start, EXPLORING, *rest)
    assert "\x1b" not in text
    assert "explore" not in text


def test_a_pipe_gets_a_line_after_five_seconds_and_then_every_ten(tmp_path: Path) -> None:
    now = 0.0
    context, out = a_context(tmp_path)
    reporter = ConsoleReporter(context)
    reporter._pace = Pace(drawn=False, clock=lambda: now)
    reporter._screen = RunScreen(lambda: now)
    reporter.start()
    start, *rest = a_stream(tmp_path)
    reporter.handle(start)
    for _ in range(120):
        now += 0.25
        reporter.handle(replace(EXPLORING, elapsed=now, cases=int(40 * now)))
    reporter.handle(rest[-1])
    reporter.finish()
    lines = [line for line in out.getvalue().splitlines() if ", explore, " in line]
    assert lines == [
        f"{at} s of 30 s, explore, {at * 40:,} cases, 40/s, 1 behaviour, no findings, 0 restarts" for at in (5, 15, 25)
    ]


def test_a_file_gets_no_progress(tmp_path: Path) -> None:
    context, _ = a_context(tmp_path)
    reporter = ConsoleReporter(context, tmp_path / "report.txt")
    reporter.start()
    reporter._pace = Pace(drawn=False, clock=iter(range(0, 10**6, 1000)).__next__)
    for event in (*a_stream(tmp_path)[:1], EXPLORING, EXPLORING):
        reporter.handle(event)
    reporter.finish()
    assert "explore" not in (tmp_path / "report.txt").read_text(encoding="utf-8")


def test_the_most_important_findings_come_first_and_a_rule_is_explained_once(tmp_path: Path) -> None:
    unsure = replace(an_error(), confirmed="unstable")
    other = replace(an_error(), identity=replace(an_error().identity, place="ValueError at handler.py:9"))
    text = printed(tmp_path, *a_stream(tmp_path, a_warning(), unsure, other))
    details = text[text.index("--- 2 errors ---") :]
    assert details.index("ValueError") < details.index("KeyError") < details.index("--- 1 warning ---")
    assert details.count("  why  ") == 1
    assert "why, fix   as told above; `fnfuzz rules resp-status-non2xx` tells it again" in details


def test_what_was_found_is_told_when_the_end_never_comes(tmp_path: Path) -> None:
    text = printed(tmp_path, *a_stream(tmp_path, an_error())[:-1])
    assert "error[resp-status-non2xx]:" in text
    assert "  again " in text


def test_many_findings_are_listed_at_the_end(tmp_path: Path) -> None:
    found = [replace(an_error(), identity=replace(an_error().identity, place=f"place {number}")) for number in range(6)]
    text = printed(tmp_path, *a_stream(tmp_path, *found))
    rows = [line for line in text.splitlines() if line.startswith("error  ")]
    assert [row.split("  ")[-2].strip() for row in rows] == [f"place {number}" for number in range(6)]


@pytest.mark.parametrize("width", [40, 80, 140])
def test_findings_fit_the_width(tmp_path: Path, watched: pytest.MonkeyPatch, width: int) -> None:
    watched.setenv("COLUMNS", str(width))
    event = HttpEvent(method="POST", path="/x", body=("äß漢字 " * 90).encode())
    message = "The answer is wrong because " + "of reasons " * 20
    finding = replace(an_error(event, message=message), trace=("x" * 300,), notes=("n " * 200,))
    shown = on_a_terminal(tmp_path, *a_stream(tmp_path, finding, a_warning()))
    details = shown[shown.index("--- 1 error") : shown.index("the time is used up")]
    free = ("  again", "  --> ", "found ")
    assert [line for line in details.split("\n") if cell_len(line) > width and not line.startswith(free)] == []


def test_letters_that_a_terminal_does_not_have_are_escaped(tmp_path: Path) -> None:
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", errors="strict", write_through=True)
    context, _ = a_context(tmp_path)
    event = QueueEvent(message="é漢".encode())
    feed(ConsoleReporter(replace(context, out=out)), a_stream(tmp_path, an_error(event)))
    assert b"               \\xe9\\u6f22\n" in raw.getvalue()


def test_a_terminal_gets_colour_and_a_screen(tmp_path: Path, watched: pytest.MonkeyPatch) -> None:
    start, *rest = a_stream(tmp_path, an_error())
    context, _ = a_context(tmp_path)
    out = Terminal()
    feed(ConsoleReporter(replace(context, out=out)), [start, EXPLORING, *rest])
    assert "\x1b[1;31merror[resp-status-non2xx]" in out.getvalue()
    assert "Ctrl-C ends it with the report" in out.getvalue()
    assert "\x1b[?25l" not in out.getvalue()


@pytest.mark.parametrize(("name", "value"), [("CI", "true"), ("TERM", "dumb")])
def test_ci_and_dumb_terminals_get_lines(tmp_path: Path, watched: pytest.MonkeyPatch, name: str, value: str) -> None:
    watched.setenv(name, value)
    out = Terminal()
    context, _ = a_context(tmp_path)
    feed(ConsoleReporter(replace(context, out=out)), a_stream(tmp_path, an_error()))
    assert "Ctrl-C" not in out.getvalue()
    assert "\x1b[2K" not in out.getvalue()


def test_forced_colour_does_not_make_a_pipe_a_terminal(tmp_path: Path, watched: pytest.MonkeyPatch) -> None:
    watched.setenv("FORCE_COLOR", "1")
    text = printed(tmp_path, *a_stream(tmp_path, an_error()))
    assert "\x1b[1;31m" in text
    assert "Ctrl-C" not in text


def test_the_wish_to_end_is_told_at_once(tmp_path: Path, watched: pytest.MonkeyPatch) -> None:
    for out, verbosity, told in ((Terminal(), 0, 1), (io.StringIO(), 0, 1), (io.StringIO(), -1, 0)):
        context, _ = a_context(tmp_path)
        reporter = ConsoleReporter(replace(context, out=out, verbosity=verbosity))
        reporter.start()
        reporter.handle(a_stream(tmp_path)[0])
        reporter.ending()
        assert out.getvalue().count("ending; press Ctrl-C again to end at once") == told
        reporter.finish()


def test_no_color_is_honoured(tmp_path: Path, watched: pytest.MonkeyPatch) -> None:
    watched.setenv("NO_COLOR", "1")
    context, _ = a_context(tmp_path)
    out = Terminal()
    feed(ConsoleReporter(replace(context, out=out)), a_stream(tmp_path, an_error()))
    assert "31m" not in out.getvalue()


def test_a_handler_that_never_started_is_told_with_what_it_said(tmp_path: Path) -> None:
    end = {"ended": "not-started", "error": "the process ended", "stderr": ("Boom",), "functions": (), "cases": 0}
    text = printed(tmp_path, *a_stream(tmp_path, **end))
    assert "the process ended\n  it said    Boom\n" in text
    assert "start it by hand and look at what it says: ./handler" in text


def test_the_conformance_table_comes_before_the_findings(tmp_path: Path) -> None:
    def probe(title: str, *broken: str, skipped: str = "") -> ProbeFinished:
        return ProbeFinished(
            probe="p", title=title, function="Orders", rules=broken, broken=broken, seconds=0.0, skipped=skipped
        )

    start, ready, *rest = a_stream(tmp_path, an_error())
    probes = (
        probe("Pings"),
        probe("Decodes", "resp-status-non2xx"),
        probe("Waits", skipped="no time"),
        probe("Logs", "out-undeclared"),
    )
    text = printed(tmp_path, start, ready, *probes, *rest, table=True)
    assert (
        "function  check    verdict  rules\n"
        "Orders    Pings    ok\n"
        "Orders    Decodes  ERROR    resp-status-non2xx\n"
        "Orders    Waits    skipped  no time\n"
        "Orders    Logs     warning  out-undeclared\n"
    ) in text
    assert text.index("Decodes") < text.index("error[resp-status-non2xx]:")


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "state").write_text("in the way")
    text = printed(tmp_path, *a_stream(tmp_path, an_error()))
    assert "note: " in text
    assert "--state names another folder" in " ".join(text.split())


def test_the_console_report_can_go_to_a_file(tmp_path: Path) -> None:
    context, out = a_context(tmp_path)
    feed(ConsoleReporter(context, tmp_path / "report.txt"), a_stream(tmp_path, an_error()))
    assert out.getvalue() == ""
    assert (tmp_path / "report.txt").read_text(encoding="utf-8").startswith("host.json in shop\n")
    with pytest.raises(ReportError, match="cannot be written"):
        ConsoleReporter(context, tmp_path / "no" / "report.txt").start()
