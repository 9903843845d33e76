"""The command line."""

from __future__ import annotations

import contextlib
import os
import sys

import click

from fnfuzz.cli.group import fnfuzz

__all__ = ["fnfuzz", "main"]

INTERRUPTED = 130


def main() -> None:
    """What the ``fnfuzz`` command runs; ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr] # a TextIOWrapper, or caught
    try:
        code = fnfuzz.main(prog_name="fnfuzz", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has left, as `fnfuzz rules | head` does; nothing more can be written to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    sys.exit(code)
