"""The line channel against real programs, most of which do something that no handler should."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from tests.harness.kit.driven import eventually, resident, running

from fnfuzz.contracts.model import Exit, LineReply, LineRequest, Observed
from fnfuzz.drivers import HandlerGone, HandlerProcess, StdioChannel, StdioInstance

ANSWER = b'{"status":200,"body":"ok"}'
ANSWER_LINE = ANSWER + b"\n"
LOOP = "for line in sys.stdin.buffer:\n    "


def ask(
    process: HandlerProcess, data: bytes = b'{"url":"/"}\n', limit: float = 5.0, channel: StdioChannel | None = None
) -> Observed:
    return (channel or StdioChannel(process)).exchange(data, limit)


def told(observed: Observed) -> str:
    return observed.fault.kind if observed.fault else ""


def lines(observed: Observed) -> LineReply:
    assert isinstance(observed.reply, LineReply), observed
    return observed.reply


def test_lines_go_out_and_come_back_one_by_one(tmp_path: Path) -> None:
    with running(tmp_path, LOOP + "say(line)", stdin="pipe") as process:
        instance = StdioInstance(process)
        for number in range(200):
            request = LineRequest(b'{"url":"/%d"}' % number)
            observed = instance.exchange(request, 5)
            assert observed.reply == LineReply((request.line,), 0)
            assert observed.fault is None


def test_a_large_line_passes_both_ways(tmp_path: Path) -> None:
    with running(tmp_path, LOOP + "sys.stdout.buffer.write(line); sys.stdout.buffer.flush()", stdin="pipe") as process:
        data = b'{"body":"' + b"x" * 5_000_000 + b'"}\n'
        observed = ask(process, data, 20)
        assert lines(observed).lines == (data[:-1],)
        assert observed.fault is None


def test_an_answer_in_pieces_is_one_line(tmp_path: Path) -> None:
    source = LOOP + "\n    ".join(["for byte in b'{\"status\":200}\\n':", "    say(bytes([byte])); time.sleep(0.002)"])
    with running(tmp_path, source, stdin="pipe") as process:
        channel = StdioChannel(process)
        assert [lines(ask(process, channel=channel)).lines for _ in range(2)] == [(b'{"status":200}',)] * 2


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (b"log line\n{}\n", LineReply((b"log line", b"{}"), 1)),
        (b"{}\n{}\n", LineReply((b"{}", b"{}"), 0)),
        (b"\n{}\r\n\n", LineReply((b"", b"{}\r", b""), 1)),
        (b"\xff\xfe\n{}\nhalf", LineReply((b"\xff\xfe", b"{}"), 1, b"half")),
        (b'{\n{"a": [1}\n{"a": 1}\n', LineReply((b"{", b'{"a": [1}', b'{"a": 1}'), 2)),
    ],
)
def test_everything_around_the_answer_is_kept_as_it_is(tmp_path: Path, said: bytes, expected: LineReply) -> None:
    with running(tmp_path, LOOP + f"say({said!r})", stdin="pipe") as process:
        observed = ask(process)
        assert (observed.reply, observed.fault) == (expected, None)


@pytest.mark.parametrize(
    "said", [b"hello\n", b"[1]\n", b"\xff\xfe\n", b'{"a":\n1}\n', b"\n", b'\xef\xbb\xbf{"status":200}\n']
)
def test_output_without_an_answer_comes_back_as_noise_and_only_the_first_takes_the_whole_limit(
    tmp_path: Path, said: bytes
) -> None:
    with running(tmp_path, LOOP + f"say({said!r})", stdin="pipe") as process:
        channel = StdioChannel(process)
        first = ask(process, limit=0.3, channel=channel)
        assert (lines(first).lines, lines(first).answer, first.fault) == (tuple(said.split(b"\n")[:-1]), None, None)
        second = ask(process, limit=5, channel=channel)
        assert (lines(second).answer, second.fault) == (None, None)
        assert second.elapsed < 3


def test_what_was_there_before_the_request_is_stale(tmp_path: Path) -> None:
    with running(
        tmp_path, "say('banner\\n> '); open('ready', 'w')\n" + LOOP + f"say({ANSWER_LINE!r})", stdin="pipe"
    ) as process:
        assert eventually((tmp_path / "ready").exists)
        channel = StdioChannel(process)
        assert lines(ask(process, channel=channel)) == LineReply((ANSWER,), 0, b"", b"banner\n> ")
        assert lines(ask(process, channel=channel)) == LineReply((ANSWER,), 0)


@pytest.mark.parametrize(
    ("source", "kind", "whole"),
    [
        ("import sys\nfor line in sys.stdin: print('{}')", "unflushed", True),
        ("import sys\nfor line in sys.stdin: print('{}', end='', flush=True)", "unterminated", False),
        ("import sys\nfor line in sys.stdin: print('{}', end='')", "unterminated", False),
        (LOOP + "say('{'); rest = '}\\n'\nsay(rest)", "unflushed", True),
        (LOOP + "pass", "timeout", None),
        (LOOP + "say('half')", "timeout", None),
    ],
)
def test_a_held_back_answer_is_told_from_a_missing_one(
    tmp_path: Path, source: str, kind: str, whole: bool | None
) -> None:
    with running(tmp_path, source, stdin="pipe") as process:
        observed = ask(process, limit=0.3)
        assert told(observed) == kind
        if whole is not None:
            assert (lines(observed).answer == 0) is whole
            assert (lines(observed).partial == b"{}") is not whole


@pytest.mark.parametrize(
    ("end", "kind", "code"),
    [
        ("os._exit(3)", "exited", 3),
        ("os.kill(os.getpid(), signal.SIGSEGV); time.sleep(9)", "exited", -11),
        ("say('noise\\nhalf'); os._exit(0)", "exited", 0),
        ("say('{}'); os._exit(1)", "unterminated", 1),
        ("say('x')\n    if os.fork() == 0: time.sleep(60)\n    os._exit(4)", "exited", 4),
        ("os.close(1); time.sleep(60)", "exited", None),
    ],
)
def test_an_end_in_the_middle_of_a_request_is_told_with_its_code(
    tmp_path: Path, end: str, kind: str, code: int | None
) -> None:
    with running(tmp_path, LOOP + end, stdin="pipe") as process:
        observed = ask(process)
        assert (told(observed), observed.exit) == (kind, None if code is None else Exit(code))
        assert observed.elapsed < 1
        if code is not None:
            with pytest.raises(HandlerGone):
                ask(process)


def test_an_end_behind_the_answer_leaves_the_answer_and_the_next_finds_the_handler_gone(tmp_path: Path) -> None:
    for _ in range(3):
        with running(
            tmp_path, f"sys.stdin.buffer.readline(); say({ANSWER_LINE!r}); time.sleep(0.02); os._exit(5)", stdin="pipe"
        ) as process:
            channel = StdioChannel(process)
            assert lines(ask(process, channel=channel)).lines == (ANSWER,)
            # The process may live a moment longer and even take the line into the pipe, but never reads it.
            with pytest.raises(HandlerGone) as gone:
                ask(process, channel=channel)
            assert gone.value.exit == Exit(5)


def test_a_handler_that_closes_its_stdin_is_told_at_once(tmp_path: Path) -> None:
    with running(tmp_path, "os.close(0); open('ready', 'w'); time.sleep(60)", stdin="pipe") as process:
        assert eventually((tmp_path / "ready").exists)
        observed = ask(process)
        assert (told(observed), observed.exit) == ("reset", None)
        assert observed.elapsed < 2
    with running(
        tmp_path, f"os.read(0, 100); say({ANSWER_LINE!r}); os.close(0); time.sleep(60)", stdin="pipe"
    ) as process:
        observed = ask(process, b'"' + b"x" * 1_000_000 + b'"\n')
        assert (lines(observed).lines, observed.fault) == ((ANSWER,), None)
        assert told(ask(process)) == "reset"
    with running(tmp_path, LOOP + "say(line)", stdin="pipe") as process:
        process.close_stdin()
        assert told(ask(process)) == "reset"


def test_a_handler_that_does_not_read_a_large_line_runs_into_the_limit(tmp_path: Path) -> None:
    data = b'"' + b"x" * 1_000_000 + b'"\n'
    with running(tmp_path, "time.sleep(60)", stdin="pipe") as process:
        began = time.process_time()
        observed = ask(process, data, 0.3)
        assert told(observed) == "timeout"
        assert observed.elapsed < 4
        assert time.process_time() - began < 1
    with running(tmp_path, f"say({ANSWER_LINE!r}); time.sleep(60)", stdin="pipe") as process:
        observed = ask(process, data, 0.5)
        assert told(observed) == "timeout"


@pytest.mark.parametrize(
    ("piece", "kind"), [("b'x' * 1000000", "line-too-long"), ("b'log line\\n' * 100000", ""), ("b'\\n' * 1000000", "")]
)
def test_a_flood_stays_bounded_in_memory_and_time(tmp_path: Path, piece: str, kind: str) -> None:
    source = LOOP + f"\n    for _ in range(100): sys.stdout.buffer.write({piece})\n    sys.stdout.buffer.flush()"
    with running(tmp_path, source, stdin="pipe") as process:
        before, began = resident(), time.monotonic()
        observed = ask(process, limit=20)
        assert (told(observed), lines(observed).answer) == (kind, None)
        assert resident() - before < 120_000_000
        assert time.monotonic() - began < 10
        assert observed.fault is None or len(observed.fault.raw) <= 4096


def test_an_endless_drip_of_noise_ends_at_the_limit(tmp_path: Path) -> None:
    with running(tmp_path, LOOP + "\n    while True: say('.\\n'); time.sleep(0.001)", stdin="pipe") as process:
        observed = ask(process, limit=0.4)
        assert lines(observed).answer is None
        assert 0.4 <= observed.elapsed < 3


def test_a_flood_on_stderr_neither_blocks_nor_grows(tmp_path: Path) -> None:
    flood = "for _ in range(500): os.write(2, b'e' * 99999 + b'\\n')"
    with running(tmp_path, LOOP + f"\n    {flood}\n    say({ANSWER_LINE!r})", stdin="pipe") as process:
        before = resident()
        observed = ask(process, limit=30)
        assert lines(observed).lines == (ANSWER,)
        process.drain_logs()
        assert process.stderr.total == 50_000_000
        assert len(process.stderr.since(0)) <= 2 * process.stderr.limit
        assert resident() - before < 20_000_000


def test_a_flood_on_stderr_does_not_outlive_the_limit(tmp_path: Path) -> None:
    with running(tmp_path, LOOP + "\n    while True: os.write(2, b'e' * 100000)", stdin="pipe") as process:
        observed = ask(process, limit=0.3)
        assert told(observed) == "timeout"
        assert observed.elapsed < 4


def test_lines_are_read_ahead_and_the_rest_kept_for_the_next_exchange(tmp_path: Path) -> None:
    with running(tmp_path, LOOP + "say(line * 2)", stdin="pipe") as process:
        channel = StdioChannel(process)
        assert channel.write_only(b"{1}\n{2}\n")
        assert channel.read_lines(3, 5) == [b"{1}", b"{1}", b"{2}"]
        assert channel.read_lines(2, 0.3) == [b"{2}"]
        assert channel.write_only(b"{3}\n")
        assert channel.read_lines(1, 5) == [b"{3}"]
        assert lines(ask(process, channel=channel)).stale.startswith(b"{3}\n")


def test_at_the_end_of_input_all_that_is_still_printed_is_given(tmp_path: Path) -> None:
    with running(tmp_path, LOOP + "say(line)\nsay('bye'); sys.exit(3)", stdin="pipe") as process:
        channel = StdioChannel(process)
        assert lines(ask(process, channel=channel)).answer == 0
        assert channel.finish() == b"bye"
        assert process.exit == Exit(3)
        assert not channel.write_only(b"more\n")
    with running(tmp_path, "signal.pause()", stdin="pipe") as process:
        began = time.monotonic()
        assert StdioChannel(process).finish(0.2) == b""
        assert process.exit is None
        assert time.monotonic() - began < 2


def test_after_a_line_that_was_meant_as_the_answer_no_other_one_is_waited_for_long(tmp_path: Path) -> None:
    with running(tmp_path, LOOP + """say(b'{"status":200,"body":"\\n')""", stdin="pipe") as process:
        observed = ask(process, limit=60.0)
    assert lines(observed).answer is None
    assert observed.elapsed < 30
