"""The real handler's process: started where the recorder stands, sent every signal, ended with the recorder."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

from fnfuzz.contracts.model import Exit
from fnfuzz.drivers import CannotStart, guard
from fnfuzz.drivers.process import start_guard, why_not_started

__all__ = ["Handler", "Signals", "end_like"]

OUR_OWN: Final = {
    "SIGKILL", "SIGSTOP", "SIGCHLD", "SIGPIPE", "SIGTSTP", "SIGTTIN", "SIGTTOU",
    "SIGSEGV", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS", "SIGXCPU", "SIGXFSZ",
}  # fmt: skip
"""Signals that cannot be caught, that stop the whole job, or that tell of this very process."""

FROM_A_TERMINAL: Final = {signal.SIGINT, signal.SIGQUIT}
"""A terminal sends them to all processes in the foreground, not to one."""


class Handler:
    """``pidfd`` can be read once the process has ended. stdin, stdout and stderr are ours, unless ``pipes``.

    Raises CannotStart.
    """

    def __init__(self, command: Sequence[str], env: Mapping[str, str], *, pipes: bool = False) -> None:
        run = uuid.uuid4().hex
        self._guard = start_guard(run)
        pipe = subprocess.PIPE if pipes else None
        try:
            # A session of its own, so that the guard can end it as a group.
            self._popen = subprocess.Popen(
                command, env={**env, guard.MARKER: run}, stdin=pipe, stdout=pipe, bufsize=0, start_new_session=True
            )
        except (OSError, ValueError) as error:
            raise CannotStart(why_not_started(command, Path.cwd(), env, error)) from error
        self.pid = self._popen.pid
        self._tell(f"+{self.pid}")
        self.pidfd = os.pidfd_open(self.pid)
        self.stdin, self.stdout = self._popen.stdin, self._popen.stdout
        self._at_terminal = _is_terminal(0)

    def send(self, number: int) -> None:
        """Pass a signal on."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._at_terminal and number in FROM_A_TERMINAL:
                os.killpg(self.pid, number)
            else:
                os.kill(self.pid, number)

    def ended(self) -> bool:
        """Has the process ended? It is still there as a zombie, so that its id belongs to nobody else."""
        with contextlib.suppress(ChildProcessError):
            return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
        return True

    def reap(self) -> Exit:
        """End what the process left behind, and tell how it ended."""
        guard.kill_group(self.pid)
        code = self._popen.wait()
        self._tell(f"-{self.pid}")
        os.close(self.pidfd)
        return Exit(code)

    def _tell(self, line: str) -> None:
        with contextlib.suppress(OSError):
            self._guard.write(line.encode() + b"\n")


class Signals:
    """A context in which every signal that is meant for the handler can be read from ``number`` instead of ending us.

    Signals that were ignored when we were started stay ignored, for the handler too (nohup).
    """

    def __init__(self) -> None:
        self.number, self._inlet = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._wakeup = -1
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Signals:
        self._wakeup = signal.set_wakeup_fd(self._inlet, warn_on_full_buffer=False)
        own = {getattr(signal, name) for name in OUR_OWN if hasattr(signal, name)}
        for number in signal.valid_signals() - own:
            if signal.getsignal(number) is not signal.SIG_IGN:
                with contextlib.suppress(OSError, ValueError):
                    self._before[number] = signal.signal(number, _caught)
        return self

    def __exit__(self, *_: object) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, before in self._before.items():
            if before is not None:
                signal.signal(number, before)
        os.close(self.number)
        os.close(self._inlet)

    def read(self) -> bytes:
        """The numbers of the signals that came since the last time."""
        try:
            return os.read(self.number, 4096)
        except BlockingIOError:
            return b""


def _caught(number: int, frame: FrameType | None) -> None:
    """The wakeup descriptor has told already."""


def end_like(exit: Exit) -> NoReturn:
    """End this process at once, as the handler ended: with its code, or by the same signal."""
    sys.stdout.flush()
    sys.stderr.flush()
    if exit.code < 0:
        _end_by(-exit.code)
    os._exit(exit.code if exit.code >= 0 else 128 - exit.code)


def _end_by(number: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        # The handler has left its core already.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    with contextlib.suppress(OSError, ValueError):
        signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def _is_terminal(number: int) -> bool:
    try:
        return os.isatty(number)
    except OSError:
        return False
