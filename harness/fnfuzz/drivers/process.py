"""One handler process: its own session and group, its logs drained without threads, ended for certain.

stdout and stderr are pipes that are emptied whenever fnfuzz waits for anything, so a handler can never block on them
for longer than fnfuzz computes; the kernel is asked for 1 MiB of room for that time. A process that ends wakes the same
wait through its pidfd.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import select
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Literal, TypeAlias

from fnfuzz.contracts.model import Exit
from fnfuzz.drivers import guard
from fnfuzz.drivers.errors import CannotStart
from fnfuzz.drivers.logs import LogTail
from fnfuzz.drivers.wakeful import Wakeful

__all__ = ["HandlerProcess", "StdinKind", "Work", "start_guard", "this_run"]

StdinKind = Literal["null", "open", "pipe"]
"""null: /dev/null. open: a pipe on which nothing ever comes. pipe: the line protocol."""

Work: TypeAlias = Callable[[], None]
"""What is done while the handler works on a request."""

PIPE_ROOM = 1024 * 1024
USUAL_ROOM = 64 * 1024


def start_guard(run: str) -> IO[bytes]:
    """Start a guard program for the processes that carry the mark ``run``; the pipe on which it is told of groups."""
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", guard.__file__, run],
        cwd="/",
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        bufsize=0,
        start_new_session=True,
    )
    # The guard outlives every handle on purpose: it ends by itself when this pipe closes.
    child.returncode = 0
    assert child.stdin is not None
    return child.stdin


class _Guard:
    """The guard program of this fnfuzz process, started with the first handler; a forked worker gets its own."""

    def __init__(self) -> None:
        self._pipe: IO[bytes] | None = None
        self.run = ""

    def start(self) -> None:
        """Start the guard program, if that was not done."""
        if self._pipe is not None:
            return
        self.run = uuid.uuid4().hex
        self._pipe = start_guard(self.run)

    def forget(self) -> None:
        """In a forked worker: let go of the parent's guard, which must see its own parent end."""
        if self._pipe is not None:
            with contextlib.suppress(OSError):
                self._pipe.close()
            self._pipe = None

    def tell(self, line: str) -> None:
        """Write ``+PGID`` or ``-PGID``."""
        if self._pipe is None:
            return
        with contextlib.suppress(BrokenPipeError):
            self._pipe.write(line.encode() + b"\n")
            self._pipe.flush()


_GUARD = _Guard()
os.register_at_fork(after_in_child=_GUARD.forget)


def this_run() -> str:
    """The mark of all handlers that this fnfuzz process started; empty before the first one."""
    return _GUARD.run


class HandlerProcess:
    """A started handler. Use ``wait_for`` to wait; it drains the logs and notices the end of the process.

    Raises CannotStart when the operating system refuses the command.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: StdinKind = "null",
        capture_stdout: bool = True,
    ) -> None:
        self.command = tuple(command)
        self.instance_id = uuid.uuid4().hex
        self.stdout = LogTail()
        self.stderr = LogTail()
        self.started = time.monotonic()
        self.exit: Exit | None = None
        self._stopped = False
        # Before the handler, which is then found by its variables even if fnfuzz is killed before it tells the group.
        _GUARD.start()
        self._run = _GUARD.run
        try:
            self._popen = subprocess.Popen(
                self.command,
                cwd=cwd,
                env={**env, guard.MARKER: self._run, guard.INSTANCE: self.instance_id},
                stdin=subprocess.DEVNULL if stdin == "null" else subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except (OSError, ValueError, IndexError) as error:
            raise CannotStart(why_not_started(self.command, cwd, env, error)) from error
        self.pid = self._popen.pid
        _GUARD.tell(f"+{self.pid}")
        self.poller = select.poll()
        self._wakeful = Wakeful()
        self._sinks: dict[int, LogTail] = {}
        self._watch(self._popen.stderr, self.stderr)
        self.stdout_fd = self._watch(self._popen.stdout, self.stdout if capture_stdout else None)
        self.stdin_fd = self._popen.stdin.fileno() if self._popen.stdin else -1
        if self.stdin_fd >= 0:
            os.set_blocking(self.stdin_fd, False)
        self.pidfd = -1
        with contextlib.suppress(OSError, AttributeError):
            self.pidfd = os.pidfd_open(self.pid)
            self.poller.register(self.pidfd, select.POLLIN)

    def _watch(self, pipe: IO[bytes] | None, sink: LogTail | None) -> int:
        assert pipe is not None
        number = pipe.fileno()
        os.set_blocking(number, False)
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(number, fcntl.F_SETPIPE_SZ, PIPE_ROOM)
        if sink is not None:
            self._sinks[number] = sink
            self.poller.register(number, select.POLLIN)
        return number

    def wait_for(self, deadline: float, *, soon: bool = False) -> list[int]:
        """Wait for a descriptor that others registered on ``poller``, the end of the process, or ``deadline``.

        ``deadline`` is of the monotonic clock; ``soon`` where an answer may be there any moment. Log descriptors are
        drained on the way. Returns the other ready descriptors, empty at the deadline or when only the end of the
        process woke it (then ``exit`` is set).
        """
        while True:
            ready = self._wakeful.poll(self.poller) if soon else []
            if not ready:
                # Once the process has ended, all that it wrote is there; what its children say is not waited for.
                left = max(0.0, deadline - time.monotonic()) if self.exit is None else 0.0
                slice_ms = left * 1000 if self.pidfd >= 0 else min(left * 1000, 50)
                ready = self.poller.poll(slice_ms)
            others = [number for number, _ in ready if not self._own(number)]
            if others or self.exit is not None:
                return others
            if self.pidfd < 0 and self.check_exit() is not None:
                return []
            if time.monotonic() >= deadline:
                return []

    def _own(self, number: int) -> bool:
        sink = self._sinks.get(number)
        if sink is not None:
            self._drain(number, sink)
            return True
        if number == self.pidfd:
            self.check_exit()
            self.poller.unregister(self.pidfd)
            return True
        return False

    def _drain(self, number: int, sink: LogTail) -> None:
        for _ in range(64):
            try:
                data = os.read(number, 65536)
            except BlockingIOError:
                return
            except OSError:
                data = b""
            if not data:
                with contextlib.suppress(KeyError):
                    self.poller.unregister(number)
                self._sinks.pop(number, None)
                return
            sink.add(data)
            if len(data) < 65536:
                return

    def drain_logs(self) -> None:
        """Take what is there now, without waiting."""
        for number, sink in list(self._sinks.items()):
            self._drain(number, sink)

    @staticmethod
    def is_readable(number: int) -> bool:
        """Is there something to read, or the end?"""
        poller = select.poll()
        poller.register(number, select.POLLIN)
        return bool(poller.poll(0))

    @contextlib.contextmanager
    def unread_stderr(self) -> Iterator[None]:
        """Leave stderr unread for a while, in a pipe of the usual 64 KiB, for probes."""
        assert self._popen.stderr is not None
        number = self._popen.stderr.fileno()
        self._drain(number, self.stderr)
        self._sinks.pop(number, None)
        with contextlib.suppress(KeyError):
            self.poller.unregister(number)
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(number, fcntl.F_SETPIPE_SZ, USUAL_ROOM)
        try:
            yield
        finally:
            self._sinks[number] = self.stderr
            self.poller.register(number, select.POLLIN)

    def check_exit(self) -> Exit | None:
        """How the process ended, or None while it lives; never waits."""
        if self.exit is None:
            code = self._popen.poll()
            if code is not None:
                self.exit = Exit(code)
        return self.exit

    def wait_exit(self, seconds: float) -> Exit | None:
        """Wait for the process to end, draining its logs."""
        deadline = time.monotonic() + seconds
        while self.check_exit() is None and time.monotonic() < deadline:
            self.wait_for(min(deadline, time.monotonic() + 0.05))
        self.drain_logs()
        return self.exit

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the handler's whole process group."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, number)

    def kill_alone(self) -> None:
        """SIGKILL to the process and to nothing that it started, as the Functions host does (azure-functions.md 2)."""
        self._popen.kill()

    def close_stdin(self) -> None:
        """End the handler's standard input."""
        if self._popen.stdin and self.stdin_fd >= 0:
            with contextlib.suppress(KeyError):
                self.poller.unregister(self.stdin_fd)
            with contextlib.suppress(OSError):
                self._popen.stdin.close()
            self.stdin_fd = -1

    def stop(self, grace: float = 0.0) -> Exit:
        """End the handler and all it started, at the latest after ``grace`` seconds of SIGTERM; safe to call twice."""
        if self._stopped:
            return self.exit or Exit(-signal.SIGKILL)
        self._stopped = True
        if grace > 0 and self.check_exit() is None:
            self.signal_group(signal.SIGTERM)
            self.wait_exit(grace)
        guard.kill_group(self.pid)
        self.close_stdin()
        if self.wait_exit(5.0) is None:
            self._popen.kill()
        # Processes that left the group (setsid) still carry this instance's variable.
        guard.sweep(self.instance_id, guard.INSTANCE)
        self.drain_logs()
        self._close()
        _GUARD.tell(f"-{self.pid}")
        return self.exit or Exit(-signal.SIGKILL)

    def _close(self) -> None:
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1
        for pipe in (self._popen.stdout, self._popen.stderr):
            if pipe and not pipe.closed:
                pipe.close()
        self._sinks.clear()
        self.poller = select.poll()


def why_not_started(command: Sequence[str], cwd: Path, env: Mapping[str, str], error: Exception) -> str:
    """One sentence for people: what the operating system said of ``command``, and what to do."""
    name = command[0] if command else ""
    if not cwd.is_dir():
        return f"the working directory {cwd} does not exist; mend workingDirectory, or create it"
    if not name:
        return "there is no command to start; name the executable"
    found = name if "/" in name else shutil.which(name, path=env.get("PATH", os.defpath))
    path = cwd / found if found else None
    if isinstance(error, FileNotFoundError) and (path is None or not path.exists()):
        beside = (
            f"; a file of that name lies in {cwd}, so write ./{name}" if path is None and (cwd / name).is_file() else ""
        )
        where = f"in {cwd}" if "/" in name else "on PATH"
        return f"the command {name!r} was not found {where}{beside}"
    if path is not None and path.is_dir():
        return f"{name} is a folder; name the program in it"
    if isinstance(error, PermissionError) and not (path and os.access(path, os.X_OK)):
        return f"{name} may not be executed; run: chmod +x {path or name}"
    first = _first_line(path)
    if isinstance(error, OSError) and error.errno == errno.ENOEXEC:
        kind = (
            "a program for another machine"
            if first.startswith(b"\x7fELF")
            else "neither a program nor a script with a first line such as #!/bin/sh"
        )
        return f"{name} is {kind} (exec format error)"
    if isinstance(error, (FileNotFoundError, PermissionError)) and first.startswith(b"#!"):
        interpreter = first[2:].decode("utf-8", "replace")
        if first.endswith(b"\r"):
            return f"{name} has Windows line ends (CRLF), so there is no interpreter {interpreter!r}; save it with LF"
        fault = "does not exist on this machine" if isinstance(error, FileNotFoundError) else "may not be executed"
        return f"the interpreter of {name}, {interpreter.strip()!r}, {fault}; mend its first line"
    if isinstance(error, FileNotFoundError):
        return (
            f"{name} was built for another system: its loader does not exist here; build it statically or for this libc"
        )
    return f"the command {name!r} could not be started: {error}"


def _first_line(path: Path | None) -> bytes:
    try:
        with Path(path or "").open("rb") as file:
            return file.read(200).split(b"\n")[0]
    except (OSError, ValueError):
        return b""
