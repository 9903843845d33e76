"""Reads pages: fences, what the comments before them say, the commands in them and what these are shown to print."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Command", "Copy", "Fence", "commands_of", "page_name", "pages", "steps"]

ROOT = Path(__file__).resolve().parents[2]
OPENING = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>[\w-]*)(?P<rest>.*)$")
TITLE = re.compile(r'title="([^"]+)"')
COMMENT = re.compile(r"^\s*<!-- (?P<word>copy|not run|needs): (?P<text>.+?) -->\s*$")


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. Its inner lines are those from ``first`` (counted from 0) to ``last``, which is not included."""

    page: Path
    language: str
    title: str
    lines: tuple[str, ...]
    first: int
    last: int
    not_run: str = ""
    needs: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """A folder or file of the project that the page's commands find in their own folder."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command and what it is shown to print; ``first`` to ``last`` are the numbers of the lines of that output."""

    text: str
    shown: tuple[str, ...]
    first: int
    last: int


def pages() -> list[Path]:
    """All pages for readers, those of the site and those beside it."""
    return [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "examples" / "README.md",
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def page_name(page: Path) -> str:
    """A page as people name it, from the project's root."""
    return page.relative_to(ROOT).as_posix()


def steps(page: Path) -> Iterator[Fence | Copy]:
    """What a page's reader does, in order."""
    lines = page.read_text(encoding="utf-8").split("\n")
    said: dict[str, str] = {}
    at = 0
    while at < len(lines):
        line = lines[at]
        if comment := COMMENT.match(line):
            if comment["word"] == "copy":
                source, _, target = comment["text"].partition(" ")
                yield Copy(source, target or source)
            else:
                said[comment["word"]] = comment["text"]
        elif opening := OPENING.match(line):
            last = _closing(lines, at + 1, opening["ticks"])
            yield _fence(page, opening, lines, (at + 1, last), said)
            at, said = last, {}
        elif line.strip():
            said = {}
        at += 1


def commands_of(fence: Fence) -> list[Command]:
    """The commands of a ``console`` fence. Raises ValueError for lines that no command prints."""
    found: list[Command] = []
    text, start, end = "", 0, 0
    for number, line in enumerate((*fence.lines, "$ ")):
        if line.startswith("> ") and text.endswith("\\") and start == number:
            text, start = f"{text}\n{line[2:]}", number + 1
        elif line.startswith("$ ") or (number == len(fence.lines)):
            if text:
                found.append(Command(text, fence.lines[start:end], fence.first + start, fence.first + end))
            text, start = line[2:], number + 1
        elif not text:
            raise ValueError(f"{page_name(fence.page)}:{fence.first + number + 1}: output that no command prints")
        end = number + 1
    return found


def _closing(lines: list[str], at: int, ticks: str) -> int:
    while at < len(lines) and lines[at].strip() != ticks:
        at += 1
    return at


def _fence(page: Path, opening: re.Match[str], lines: list[str], at: tuple[int, int], said: dict[str, str]) -> Fence:
    title = TITLE.search(opening["rest"])
    inner = tuple(line.removeprefix(opening["indent"]) for line in lines[at[0] : at[1]])
    return Fence(
        page,
        opening["language"],
        title[1] if title else "",
        inner,
        *at,
        not_run=said.get("not run", ""),
        needs=said.get("needs", ""),
    )
