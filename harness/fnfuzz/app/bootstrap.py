"""Can Linux start this file? What a platform finds by trying, seen before anything is started (alibaba-fc.md 1.1)."""

from __future__ import annotations

import platform
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

__all__ = ["Flaw", "find_program", "start_flaw"]

_ELF = b"\x7fELF"
_X86_64 = 0x3E
_FOREIGN = (
    (b"MZ", "a Windows program"),
    (b"\xca\xfe\xba\xbe", "a macOS program or a Java class"),
    (b"\xcf\xfa\xed\xfe", "a macOS program"),
    (b"\xfe\xed\xfa\xcf", "a macOS program"),
    (b"PK\x03\x04", "an archive"),
)


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a file cannot be started: ``kind`` for the choice of a rule, ``message`` with what to do."""

    kind: Literal["missing", "not-executable", "bad-format"]
    message: str


def start_flaw(path: Path, search: str | None = None, *, machine_here: bool = False) -> Flaw | None:
    """What keeps ``path`` from being started, or None.

    ``search`` is the PATH that interpreters are looked up on. A program is for x86-64; with ``machine_here`` one for
    this machine will do.
    """
    try:
        if not path.exists():
            return Flaw("missing", f"{path} does not exist; build it, or correct the name")
        if not path.is_file():
            return Flaw("missing", f"{path} is no file; name the executable itself")
        if not path.stat().st_mode & 0o111:
            return Flaw("not-executable", f"{path} has no executable bit; run: chmod +x {path.name}")
        with path.open("rb") as file:
            head = file.read(4096)
    except PermissionError:
        return None  # may well be started by somebody who is not allowed to read it
    except OSError as error:
        return Flaw("missing", f"{path} cannot be looked at: {error.strerror or error}")
    wrong = _format_flaw(head, search, machine_here)
    return Flaw("bad-format", f"{path} {wrong}") if wrong else None


def find_program(name: str, folder: Path, search: str | None) -> Path | None:
    """The file that starting ``name`` in ``folder`` runs: a path if it has a slash, else looked up on ``search``."""
    if "/" in name:
        path = folder / name
        return path if path.exists() else None
    found = shutil.which(name, path=search)
    return Path(found) if found else None


def _format_flaw(head: bytes, search: str | None, machine_here: bool) -> str:
    if head.startswith(_ELF):
        return "" if machine_here and platform.machine() not in ("x86_64", "amd64") else _elf_flaw(head)
    if head.startswith(b"#!"):
        return _script_flaw(head, search)
    foreign = next((what for magic, what in _FOREIGN if head.startswith(magic)), "")
    if foreign:
        return f"is {foreign}; build for linux/amd64"
    if not head:
        return "is empty; put the program into it"
    if head.startswith(b"\xef\xbb\xbf#!"):
        return "has a byte order mark before #!; save it as UTF-8 without one"
    return "is neither an ELF program nor a script with a #! line; begin it with #!/bin/sh or the like"


def _elf_flaw(head: bytes) -> str:
    machine = int.from_bytes(head[18:20], "big" if head[5:6] == b"\x02" else "little")
    if len(head) < 20 or head[4] != 2 or machine != _X86_64:
        return "is an ELF program, but not for x86-64; build for linux/amd64"
    return ""


def _script_flaw(head: bytes, search: str | None) -> str:
    line = head.split(b"\n", 1)[0]
    if line.endswith(b"\r"):
        return "has CRLF line ends, so that its interpreter is not found; save it with LF line ends"
    words = line[2:].decode("utf-8", "replace").split()
    if not words:
        return "has a #! line that names no interpreter; write #!/bin/sh or the like"
    if not Path(words[0]).exists():
        return (
            f"is run by {words[0]}, which does not exist here; install it, or name another interpreter in the #! line"
        )
    named = words[1] if Path(words[0]).name == "env" and len(words) > 1 else ""
    if named and not named.startswith("-") and "=" not in named and shutil.which(named, path=search) is None:
        return f"is run by {named}, which is not on PATH here; install it, or name another interpreter in the #! line"
    return ""
