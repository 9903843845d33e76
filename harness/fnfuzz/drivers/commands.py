"""One command of the user's, from its start to its end: bounded in time, its output kept for whoever asks."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

__all__ = ["CommandEnded", "run_command"]

KEPT = 16 * 1024
"""Bytes of output, the last ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandEnded:
    """``problem`` says in words what went wrong, empty after an end with 0; ``output`` has the last lines of stdout and
    stderr together.
    """

    problem: str
    output: tuple[str, ...] = ()


def run_command(
    words: Sequence[str], *, cwd: Path, environ: Mapping[str, str], seconds: float, most_lines: int = 20
) -> CommandEnded:
    """Run a command without a shell and wait for it, ``seconds`` at most; then it is killed with all that it started.

    What it leaves running on purpose goes on. Ctrl-C reaches fnfuzz alone; an exception here ends the command.
    """
    with tempfile.TemporaryFile() as output:
        try:
            # A file takes the output: a pipe would stay open as long as anything that the command has left behind.
            process = subprocess.Popen(
                list(words),
                cwd=cwd,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return CommandEnded(problem=f"cannot be started: {getattr(error, 'strerror', None) or error}")
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            _kill(process)
            return CommandEnded(problem=f"has not ended after {seconds:g} s", output=_lines(output, most_lines))
        except BaseException:
            _kill(process)
            raise
        problem = f"ended by {_signal(-code)}" if code < 0 else f"ended with exit code {code}" if code else ""
        return CommandEnded(problem=problem, output=_lines(output, most_lines))


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _lines(output: IO[bytes], most: int) -> tuple[str, ...]:
    size = output.seek(0, os.SEEK_END)
    output.seek(max(0, size - KEPT))
    text = output.read().decode("utf-8", "surrogateescape")
    return tuple(text.splitlines()[-most:])
