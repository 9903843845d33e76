"""What the user named to be started: nothing, an executable, or a whole command."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fnfuzz.app.bootstrap import find_program
from fnfuzz.app.model import AppError

__all__ = ["Start", "checked_command", "same_file"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """``folder`` is where the user points, ``executable`` the file if it is one, ``command`` what is after ``--``."""

    folder: Path
    executable: Path | None = None
    command: tuple[str, ...] = ()


def checked_command(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The command, its program made absolute if it is a relative path. Raises AppError if there is no such program."""
    if not command:
        return ()
    name, *rest = command
    found = find_program(name, folder, environ.get("PATH"))
    if found is None:
        where = f"in {folder}" if "/" in name else "on PATH"
        here = "" if "/" in name or not (folder / name).is_file() else f"; for the file in {folder} write ./{name}"
        raise AppError(f"{name}: there is no such program {where}{here or '; correct the command after --'}")
    return (str(found) if "/" in name else name, *rest)


def same_file(first: str | Path, second: str | Path) -> bool:
    """Do both names lead to one existing file?"""
    try:
        return Path(first).samefile(second)
    except (OSError, ValueError):
        return False
