from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from tests.harness.kit.streams import a_context, a_stream, a_warning, an_error, feed

from fnfuzz.events import HttpEvent, QueueEvent
from fnfuzz.fuzz.stream import Noted, PhaseStarted, ProbeFinished, Progressed
from fnfuzz.report import ReportError
from fnfuzz.report.console import ConsoleReporter

WHOLE = """\
host.json in shop
functions: Orders (queue, azure-http)
seed 42, at most 30 s
left out: Feed: no events for eventHub
handler ready after 120 ms on port 4321

error[resp-status-non2xx] broken rule: A handled event is answered with status 200 to 299
  Orders (queue, azure-http), KeyError at handler.py:18
  The answer has status 500.

  sent       message, 2 bytes:
               {}
  came back  HTTP/1.1 500 Internal Server Error, after 4.2 ms
             Content-Type: text/plain
             body, 4 bytes:
               oops
  it said    KeyError: 'qty'
  the host   the invocation fails: HttpRequestException: 500
             the message is delivered again
  why        Any other status throws HttpRequestException: the body, Logs and Outputs are ignored,
             the HTTP caller gets 500 without a body, a queue message or blob is delivered again.
  fix        Answer 200 and tell the caller's status in the http output: {"Outputs": {"res":
             {"statusCode": 404, "body": "no such order"}}}.
  again      fnfuzz invoke shop --event CASES/57b48103.json

warning[out-undeclared] broken rule: Every member of `Outputs` is a declared output binding
  Orders (queue), Outputs: Outputs has 1 key that is no output binding.
  fix        Declare the binding with direction out, or correct the key.
  again      fnfuzz invoke shop --event CASES/ff4e90ec.json

the time is used up after 2 s: 100 cases (50/s), 7 behaviours, 1 restart
  function  trigger  contract    cases  turned away    mean
  Orders    queue    azure-http    100         25 %  2.1 ms
error[resp-status-non2xx] Orders, KeyError at handler.py:18: The answer has status 500. (seen 3 times, 57b48103)
warning[out-undeclared] Orders, Outputs: Outputs has 1 key that is no output binding. (seen once, ff4e90ec)
1 error, 1 warning
  next       mend the first one, then give its `again` command; it says FIXED or STILL FAILING
             the same run again: fnfuzz run shop --seed 42 --max-cases 100
"""


class Terminal(io.StringIO):
    """Takes itself for a terminal."""

    def isatty(self) -> bool:
        return True


def printed(folder: Path, *events: object, **more: object) -> str:
    context, out = a_context(folder, **more)
    feed(ConsoleReporter(context), events)  # type: ignore[arg-type] # events of a run
    return out.getvalue().replace(str(folder / "state" / "findings"), "CASES")


def test_a_whole_run_reads_like_this(tmp_path: Path) -> None:
    assert printed(tmp_path, *a_stream(tmp_path, an_error(), a_warning())) == WHOLE


def test_a_finding_is_told_once(tmp_path: Path) -> None:
    text = printed(tmp_path, *a_stream(tmp_path, an_error(), told=[an_error(), an_error()]))
    assert text.count("broken rule") == 1


def test_a_finding_that_comes_with_the_end_only_is_told_too(tmp_path: Path) -> None:
    assert "broken rule" in printed(tmp_path, *a_stream(tmp_path, an_error(), told=[]))


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


def test_a_pipe_gets_neither_colour_nor_progress(tmp_path: Path) -> None:
    progress = Progressed(phase="explore", cases=5, elapsed=1.0, behaviours=1, restarts=0, findings=0)
    start, *rest = a_stream(tmp_path, an_error())
    text = printed(tmp_path, start, progress, *rest)
    assert "\x1b" not in text
    assert "explore" not in text


def test_a_terminal_gets_colour_and_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    progress = Progressed(phase="explore", cases=5, elapsed=1.0, behaviours=1, restarts=0, findings=0)
    start, *rest = a_stream(tmp_path, an_error())
    context, _ = a_context(tmp_path)
    out = Terminal()
    feed(ConsoleReporter(replace(context, out=out)), [start, progress, *rest])
    assert "\x1b[1;31merror[resp-status-non2xx]" in out.getvalue()
    assert "explore: 5 cases in 1 s (5/s)" in out.getvalue()
    assert out.getvalue().rindex("\x1b[?25h") > out.getvalue().rindex("\x1b[?25l")


def test_no_color_is_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
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
    assert text.index("Decodes") < text.index("broken rule")


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
