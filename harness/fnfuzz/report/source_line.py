"""The line of the handler's own source at which a finding shows."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fnfuzz.fuzz.finding import Finding
from fnfuzz.fuzz.traces import ESCAPES

__all__ = ["SourceLine", "source_line", "without_root"]

MAX_BYTES = 4 * 1024 * 1024
LONGEST = 2000
"""Characters of a line of a trace that are looked at."""

_FRAME = re.compile(r"^(?:(?P<kind>.*) at )?(?P<file>[^\s/\\]+):(?P<line>\d{1,7})$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SourceLine:
    """``kind`` is the exception, ``path`` the file as it is named from the current folder, or only its name where the
    app has no such file; ``text`` the line itself, empty where it cannot be read.
    """

    kind: str
    path: str
    line: int
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"


def source_line(finding: Finding, root: Path | None) -> SourceLine | None:
    """Where the trace of a finding says that it is in the app below ``root``; None where it names no line."""
    match = _FRAME.match(finding.identity.place)
    if match is None:
        return None
    kind, name, number = match["kind"] or "", match["file"], int(match["line"])
    if root is not None:
        files = [Path(file) for file in _named(finding.trace, name, number)]
        for path in (*(file for file in files if file.is_absolute()), root / name):
            if _is_inside(path, root):
                return SourceLine(kind, _from_here(path), number, _text(path, number))
    return SourceLine(kind, name, number)


def without_root(line: str, root: Path | None) -> str:
    """A line of a trace with the paths of the app as they are named from its folder."""
    return line.replace(f"{root.absolute()}{os.sep}", "") if root is not None else line


def _is_inside(path: Path, root: Path) -> bool:
    """Is it a file of the app? A trace is the handler's word, and no other file is any of its business."""
    try:
        return path.resolve().is_relative_to(root.resolve()) and path.is_file()
    except (OSError, ValueError, RuntimeError):
        return False


def _named(trace: Sequence[str], name: str, number: int) -> list[str]:
    """The files of this name that stand in the trace with this line."""
    pattern = re.compile(rf"([^\s\"'():]*[/\\]{re.escape(name)})(?:\", line |:){number}\b")
    return [match[1] for line in reversed(trace) for match in pattern.finditer(ESCAPES.sub("", line[:LONGEST]))]


def _from_here(path: Path) -> str:
    full, here = path.absolute(), Path.cwd()
    return os.fspath(full.relative_to(here) if full.is_relative_to(here) else full)


def _text(path: Path, number: int) -> str:
    try:
        if path.stat().st_size > MAX_BYTES:
            return ""
        lines = path.read_bytes().split(b"\n")
    except OSError:
        return ""
    return lines[number - 1].decode("utf-8", "replace").strip() if 0 < number <= len(lines) else ""
