"""One shell in a folder of its own, in which the commands of one page are run as a reader would type them."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

__all__ = ["HOME", "Shell"]

HOME = "/home/charlie"
"""What pages show for the folder. As long as its real name, so that lines are folded at the same places."""

LIMIT = 180.0
MARK = "\x01"
FOREIGN = ("CI", "FNFUZZ", "GITHUB", "GITLAB", "PYTEST", "NO_COLOR", "FORCE_COLOR", "PYTHON", "FUNCTIONS_", "FC_")
SETTINGS = {
    "LC_ALL": "C.UTF-8",
    "COLUMNS": "80",
    "PYTHONDONTWRITEBYTECODE": "1",
    # The plug-ins of whoever runs the documentation are none of the reader's.
    "PYTEST_ADDOPTS": "-p no:randomly -p no:xdist -p no:rerunfailures -p no:cacheprovider",
}
TOOLCHAINS = {"RUSTUP_HOME": ".rustup", "CARGO_HOME": ".cargo", "GOCACHE": ".cache/go-build"}
"""Compilers find themselves, and what they compiled before, in the home of whoever runs the documentation."""


class Shell:
    """A context manager; ``folder`` is where the commands run, and is gone afterwards with all that they started."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="", dir="/tmp"))
        self._home = Path(tempfile.mkdtemp(prefix="fnfuzz-home-"))
        environment = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        path = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=self.folder,
            env={
                **{name: str(Path.home() / path) for name, path in TOOLCHAINS.items()},
                **environment,
                **SETTINGS,
                "PATH": path,
                "HOME": str(self._home),
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                stream.close()  # type: ignore[union-attr] # both are pipes
        for folder in (self.folder, self._home):
            shutil.rmtree(folder, ignore_errors=True)

    def run(self, text: str) -> str:
        """What it prints on both streams. Raises TimeoutError after 3 minutes, RuntimeError if the shell ends."""
        order = f"{{ {text}\n}} </dev/null; _code=$?; printf '{MARK}\\n'; (exit $_code)\n"
        assert self._process.stdin is not None
        self._process.stdin.write(order.encode())
        self._process.stdin.flush()
        told = self._until_mark(text).decode("utf-8", "replace")
        return told.replace(str(self.folder), HOME)

    def _until_mark(self, text: str) -> bytes:
        assert self._process.stdout is not None
        told, end, deadline = b"", f"{MARK}\n".encode(), time.monotonic() + LIMIT
        while not told.endswith(end):
            if not select.select([self._process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(f"{text}: no end after {LIMIT:.0f} s; so far it printed {told!r}")
            piece = os.read(self._process.stdout.fileno(), 65536)
            if not piece:
                raise RuntimeError(f"{text}: the shell has ended; it printed {told!r}")
            told += piece
        return told.removesuffix(end)
