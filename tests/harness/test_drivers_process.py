"""Handler processes: started with a clear word when that fails, ended for certain, nothing left behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.harness.kit.driven import PRELUDE, alive, eventually, numbers, running

from fnfuzz.contracts.model import Exit
from fnfuzz.drivers import CannotStart, HandlerProcess
from fnfuzz.drivers.logs import LogTail
from fnfuzz.drivers.ports import free_port, holders, is_taken, listeners

FAMILY = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGHUP, signal.SIG_IGN)
def note():
    with open(os.environ["FOLDER"] + "/pids", "a") as file:
        file.write(f"{os.getpid()}\\n")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        note()
        time.sleep(60)
    note()
    time.sleep(60)
note()
time.sleep(60)
"""


def test_a_handler_has_its_own_group_and_session(tmp_path: Path) -> None:
    with running(tmp_path, "time.sleep(60)") as process:
        assert os.getpgid(process.pid) == os.getsid(process.pid) == process.pid != os.getpgid(0)


def test_logs_are_kept_and_the_exit_is_told(tmp_path: Path) -> None:
    with running(tmp_path, "say('out\\n'); os.write(2, b'err 1\\n\\nerr \\xff\\n'); sys.exit(7)") as process:
        assert process.wait_exit(5) == Exit(7)
        assert (process.stdout.since(0), process.stderr.last_lines(5)) == (b"out\n", ["err 1", "err �"])


def test_stop_gives_a_willing_handler_its_grace_and_no_more(tmp_path: Path) -> None:
    source = (
        "signal.signal(signal.SIGTERM, lambda *_: (say('bye'), os._exit(3)))\nsay('up')\nwhile True: time.sleep(60)"
    )
    with running(tmp_path, source) as process:
        assert eventually(lambda: process.wait_for(0.0) or process.stdout.total)
        began = time.monotonic()
        assert process.stop(5) == Exit(3)
        assert time.monotonic() - began < 3
        assert process.stdout.since(0) == b"upbye"


@pytest.mark.parametrize("grace", [0.0, 0.1])
def test_stop_ends_all_that_ignore_sigterm_fork_and_leave_the_session(tmp_path: Path, grace: float) -> None:
    with running(tmp_path, FAMILY) as process:
        pids = numbers(tmp_path / "pids", 3)
        assert len(pids) == 3
        assert process.stop(grace) == Exit(-signal.SIGKILL)
        assert eventually(lambda: not any(alive(pid) for pid in pids), 2)


def test_stop_ends_children_of_a_handler_that_is_gone_already(tmp_path: Path) -> None:
    source = FAMILY.replace("note()\ntime.sleep(60)\n", "note()\n") + "os._exit(2)"
    with running(tmp_path, source) as process:
        pids = numbers(tmp_path / "pids", 3)
        assert process.wait_exit(5) == Exit(2)
        assert process.stop() == Exit(2)
        assert eventually(lambda: not any(alive(pid) for pid in pids), 2)


def test_stopping_one_handler_leaves_the_others_alone(tmp_path: Path) -> None:
    with running(tmp_path, "time.sleep(60)") as one, running(tmp_path, "time.sleep(60)") as other:
        one.stop()
        assert other.check_exit() is None
        one.stop()
        assert other.check_exit() is None


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_stop_leaves_no_descriptor_open(tmp_path: Path) -> None:
    with running(tmp_path, "time.sleep(60)", stdin="pipe"):
        pass
    before = descriptors()
    for _ in range(3):
        with running(tmp_path, "time.sleep(60)", stdin="pipe"):
            pass
    assert descriptors() == before


def test_waiting_keeps_its_deadline_while_the_log_is_flooded(tmp_path: Path) -> None:
    with running(tmp_path, "while True: os.write(2, b'x' * 65536)") as process:
        began = time.monotonic()
        assert process.wait_for(began + 0.2) == []
        assert 0.2 <= time.monotonic() - began < 2
        assert len(process.stderr.since(0)) <= 2 * process.stderr.limit


def test_the_end_of_the_process_wakes_a_wait_at_once(tmp_path: Path) -> None:
    with running(tmp_path, "os._exit(4)") as process:
        began = time.monotonic()
        assert process.wait_for(began + 20) == []
        assert (process.exit, time.monotonic() - began < 5) == (Exit(4), True)
        assert process.wait_for(time.monotonic() + 20) == []


WORKER = """
import os, signal, sys, time
from pathlib import Path
from fnfuzz.drivers import HandlerProcess
folder = Path(sys.argv[1])
def start():
    env = {**os.environ, "FOLDER": str(folder)}
    return HandlerProcess((sys.executable, "-I", "-S", str(folder / "family.py")), cwd=folder, env=env)
process = start()
deadline = time.monotonic() + 10
while not (folder / "pids").exists() or len((folder / "pids").read_text().split()) < 3:
    assert time.monotonic() < deadline
    time.sleep(0.01)
print("ready", flush=True)
"""


@pytest.mark.parametrize(
    ("ending", "number"),
    [
        ("time.sleep(60)", signal.SIGKILL),
        ("time.sleep(60)", signal.SIGTERM),
        ("raise RuntimeError", None),
        ("pass", None),
        ("os._exit(3)", None),
    ],
)
def test_nothing_is_left_however_fnfuzz_ends(tmp_path: Path, ending: str, number: signal.Signals | None) -> None:
    (tmp_path / "family.py").write_text(PRELUDE + FAMILY)
    worker = [sys.executable, "-W", "ignore", "-c", WORKER + ending, str(tmp_path)]
    with subprocess.Popen(worker, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as fnfuzz:
        assert fnfuzz.stdout is not None
        assert fnfuzz.stdout.readline() == b"ready\n"
        pids = numbers(tmp_path / "pids", 3)
        assert len(pids) == 3
        if number is not None:
            assert all(alive(pid) for pid in pids)
            fnfuzz.send_signal(number)
        fnfuzz.wait(10)
    assert eventually(lambda: not any(alive(pid) for pid in pids), 2)


def test_a_forked_worker_has_a_guard_of_its_own(tmp_path: Path) -> None:
    """A worker that is killed takes its own handler with it, and not its parent's."""
    (tmp_path / "family.py").write_text(PRELUDE + FAMILY)
    source = WORKER + (
        "if os.fork() == 0:\n"
        "    (folder / 'pids').rename(folder / 'parent')\n"
        "    start()\n"
        "    time.sleep(60)\n"
        "(folder / 'go').touch()\n"
        "time.sleep(60)\n"
    )
    source = source.replace(
        "if os.fork() == 0:", "child = os.fork()\nif child:\n    (folder / 'child').write_text(f'{child}\\n')\nelse:"
    )
    worker = [sys.executable, "-W", "ignore", "-c", source, str(tmp_path)]
    with subprocess.Popen(worker, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as fnfuzz:
        assert eventually((tmp_path / "parent").exists, 10)
        theirs, child = numbers(tmp_path / "pids", 3), numbers(tmp_path / "child")
        ours = numbers(tmp_path / "parent", 3)
        os.kill(child[0], signal.SIGKILL)
        assert eventually(lambda: not any(alive(pid) for pid in theirs), 2)
        assert all(alive(pid) for pid in ours)
        fnfuzz.kill()
    assert eventually(lambda: not any(alive(pid) for pid in ours), 2)


def refusal(command: tuple[str, ...], folder: Path, **env: str) -> str:
    with pytest.raises(CannotStart) as refused:
        HandlerProcess(command, cwd=folder, env={"PATH": os.defpath, **env})
    return str(refused.value)


def test_a_refused_start_says_why_and_what_to_do(tmp_path: Path) -> None:
    def file(name: str, content: bytes, mode: int = 0o755) -> str:
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(mode)
        return f"./{name}"

    (tmp_path / "folder").mkdir()
    absent = tmp_path / "absent"
    for command, words in {
        ("./missing",): f"'./missing' was not found in {tmp_path}",
        ("no-such-program-here",): "was not found on PATH",
        (file("beside", b"#!/bin/sh\n")[2:],): "write ./beside",
        ("./folder",): "is a folder",
        (file("plain", b"#!/bin/sh\n", 0o644),): f"chmod +x {tmp_path}/plain",
        (
            file("alien", b"#!/no/such/interpreter -x\nhello\n"),
        ): "the interpreter of ./alien, '/no/such/interpreter -x', does not exist",
        (file("windows", b"#!/bin/sh\r\necho\r\n"),): "Windows line ends (CRLF)",
        (file("text", b"hello\n"),): "neither a program nor a script",
        (file("empty", b""),): "neither a program nor a script",
        (file("machine", b"\x7fELF" + bytes(100)),): "a program for another machine",
        (file("blocked", f"#!{tmp_path}/plain\n".encode()),): "may not be executed; mend its first line",
        ("./nul\0byte",): "could not be started",
        (): "no command",
    }.items():
        assert words in refusal(command, tmp_path)
    assert f"the working directory {absent} does not exist" in refusal(("/bin/sh",), absent)
    file("onpath", b"#!/no/such/interpreter\n")
    assert "the interpreter of onpath" in refusal(("onpath",), tmp_path, PATH=str(tmp_path))


@given(limit=st.integers(1, 50), steps=st.lists(st.one_of(st.binary(max_size=70), st.none()), max_size=30))
def test_a_log_tail_is_the_end_of_the_stream(limit: int, steps: list[bytes | None]) -> None:
    tail, stream, marks = LogTail(limit), b"", [0]
    for step in steps:
        if step is None:
            marks.append(tail.total)
        else:
            tail.add(step)
            stream += step
        assert tail.total == len(stream)
        for mark in marks:
            kept, whole = tail.since(mark), stream[mark:]
            assert whole.endswith(kept)
            assert len(kept) >= min(limit, len(whole))
            assert len(kept) <= 2 * limit
            assert kept.endswith(tail.since(marks[-1]))
            assert kept == tail.since(mark, marks[-1]) + tail.since(max(mark, marks[-1]))


def test_the_sockets_of_a_child_are_seen(tmp_path: Path) -> None:
    port = free_port()
    with running(
        tmp_path, "if os.fork() == 0:\n    server = listen()\n    time.sleep(60)\ntime.sleep(60)", port=port
    ) as process:
        found = eventually(lambda: listeners(process.pid))
        assert [(item.address, item.port) for item in found] == [("127.0.0.1", port)]
        assert found[0].pid != process.pid
        assert is_taken(port)
        assert [(item.pid, item.instance) for item in holders(port)] == [(found[0].pid, process.instance_id)]
    assert eventually(lambda: not is_taken(port))
    assert listeners(process.pid) == ()


def test_a_port_is_taken_on_any_address() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert is_taken(server.getsockname()[1])
    assert not is_taken(free_port())
