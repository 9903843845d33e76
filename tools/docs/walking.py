"""Goes through a page as its reader would: copies, writes the files, runs the commands."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.docs.pages import ROOT, Command, Copy, Fence, commands_of, page_name, steps
from tools.docs.shell import Shell

__all__ = ["Outcome", "walk"]

LEAVE_OUT = shutil.ignore_patterns("__pycache__", ".fnfuzz", "node_modules")


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command, and what it printed; None where a tool that it needs is not there."""

    command: Command
    printed: str | None
    needs: str = ""


def walk(page: Path) -> Iterator[Outcome]:
    """Each command of the page with what it prints. Raises ValueError for a page that cannot be followed."""
    with Shell() as shell:
        for step in steps(page):
            if isinstance(step, Copy):
                _copy(step, shell.folder)
            elif step.title:
                _write(step, shell.folder)
            elif step.language == "console" and not step.not_run:
                missing = next((tool for tool in step.needs.split() if shutil.which(tool) is None), "")
                for command in commands_of(step):
                    yield Outcome(command, None if missing else shell.run(command.text), missing)


def _copy(step: Copy, folder: Path) -> None:
    source, target = ROOT / step.source, folder / step.target
    if source.is_dir():
        shutil.copytree(source, target, ignore=LEAVE_OUT, dirs_exist_ok=True)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _write(fence: Fence, folder: Path) -> None:
    path = folder / fence.title
    if fence.language == "diff":
        path.write_text(_changed(fence, path.read_text(encoding="utf-8")), encoding="utf-8")
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(fence.lines) + "\n", encoding="utf-8")
    if fence.lines[:1] and fence.lines[0].startswith("#!"):
        path.chmod(0o755)


def _changed(fence: Fence, text: str) -> str:
    """``text`` after the change. The lines that stay or go have to be in it, once."""
    old = "".join(f"{line[1:]}\n" for line in fence.lines if line[:1] != "+")
    new = "".join(f"{line[1:]}\n" for line in fence.lines if line[:1] != "-")
    if text.count(old) != 1:
        raise ValueError(f"{page_name(fence.page)}:{fence.first + 1}: the change does not fit {fence.title}")
    return text.replace(old, new)
