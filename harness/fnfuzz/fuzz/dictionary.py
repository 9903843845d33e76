"""Words that mean something to this handler: literals of its own source files, and members of sample files beside
it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fnfuzz.app.model import App

__all__ = ["Dictionary", "mine"]

SOURCES = frozenset(
    [
        ".py",
        ".js",
        ".mjs",
        ".cjs",
        ".ts",
        ".go",
        ".rb",
        ".php",
        ".rs",
        ".java",
        ".kt",
        ".cs",
        ".sh",
        ".bash",
        ".pl",
        ".lua",
        ".r",
        ".jl",
        ".swift",
        ".ex",
        ".exs",
        ".json",
        ".yaml",
        ".yml",
        ".toml",
        ".txt",
    ]
)
NOT_OURS = frozenset(
    [
        "node_modules",
        "venv",
        "__pycache__",
        "dist",
        "target",
        "vendor",
        "local.settings.json",
        "package-lock.json",
        "composer.lock",
        "poetry.lock",
    ]
)
"""Folders and files that say nothing about the handler, or hold secrets; hidden ones are left out as well."""

LITERAL = re.compile(rb"""(?<![\w])"([^"\\\n]{1,64})"|'([^'\\\n]{1,64})'|`([^`\\\n$]{1,64})`""")
MEMBER = re.compile(rb"(?:\.|\[['\"]?|->)([A-Za-z_][A-Za-z0-9_]{1,31})\b(?!\s*\()")
COMPARED = re.compile(
    rb"""([A-Za-z_][A-Za-z0-9_]{1,31})["'`]?[\])]{0,3}\s{0,3}[!=]={1,2}\s{0,3}["'`]([^"'`\\\n$]{1,64})["'`]"""
)
NUMBER = re.compile(rb"(?<![\w.])(\d{1,12}(?:\.\d{1,6})?)(?![\w.])")
PATH = re.compile(rb"""["'`^](/[A-Za-z0-9_(][^"'`\s]{0,80}?)\$?["'`]""")
VARIABLE_PART = re.compile(
    r"\((?:[^()]|\([^()]*\))*\)[+*?]?|\[[^\]]*\][+*]?|\\[dwS][+*]?|\$?\{[^{}]*\}|<[^<>]*>|(?<=/):\w+"
)
CLEAN_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\Z")
NAME = re.compile(r"[A-Za-z_][\w.-]{0,31}\Z")
MAX_FILE = 512 * 1024
MAX_SCRIPT = 64 * 1024
"""Bytes of a file without a suffix that is still taken for a script."""

MAX_FILES, MAX_BYTES = 200, 4 * 1024 * 1024
MAX_ENTRIES = 20_000
"""Names that are looked at, in all folders together."""

MAX_WORDS, MAX_PATHS = 400, 40


@dataclass(frozen=True, slots=True)
class Dictionary:
    """``names`` look like member names, ``texts`` are other literals, ``numbers`` are number literals, ``paths`` are
    URL paths with ``7`` for what varies in them, ``pairs`` are names and the texts that they are compared with; each in
    a fixed order."""

    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: tuple[int | float, ...] = ()
    paths: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Found:
    """Ordered sets of words."""

    names: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    numbers: dict[int | float, None] = field(default_factory=dict)
    paths: dict[str, None] = field(default_factory=dict)
    pairs: dict[tuple[str, str], None] = field(default_factory=dict)


def mine(app: App) -> Dictionary:
    """Read the app's own files; bounded in files, bytes and words, and in an order that does not depend on the file
    system.
    """
    found = _Found()
    left = MAX_BYTES
    for path in _sources(app):
        data = _read(path, min(left, MAX_FILE))
        left -= len(data)
        _take(data, found)
        if left <= 0:
            break
    return Dictionary(
        tuple(found.names)[:MAX_WORDS],
        tuple(found.texts)[:MAX_WORDS],
        tuple(found.numbers)[:MAX_WORDS],
        tuple(found.paths)[:MAX_PATHS],
        tuple(found.pairs)[:MAX_WORDS],
    )


def _take(data: bytes, found: _Found) -> None:
    for match in LITERAL.finditer(data):
        word = (match.group(1) or match.group(2) or match.group(3)).decode("utf-8", "replace")
        (found.names if NAME.match(word) else found.texts)[word] = None
    for match in MEMBER.finditer(data):
        found.names[match.group(1).decode()] = None
    for match in COMPARED.finditer(data):
        found.pairs[match.group(1).decode(), match.group(2).decode("utf-8", "replace")] = None
    for match in PATH.finditer(data):
        url = VARIABLE_PART.sub("7", match.group(1).decode("latin-1")).replace("?", "").replace("\\", "")
        if CLEAN_PATH.match(url) and "//" not in url:
            found.paths[url.rstrip("/") or "/"] = None
    for match in NUMBER.finditer(data):
        text = match.group(1)
        found.numbers[float(text) if b"." in text else int(text)] = None


def _read(path: Path, limit: int) -> bytes:
    """The first bytes of a text file; empty for one that cannot be read or is none."""
    try:
        with path.open("rb") as file:
            data = file.read(limit)
    except OSError:
        return b""
    return b"" if b"\0" in data else data


def _sources(app: App) -> Iterator[Path]:
    if app.platform == "bare":
        # A command beside which anything may lie: only what it names is its own.
        yield from (path for word in app.command if _is_source(path := app.cwd / word))
        return
    roots = sorted({app.root.resolve(), app.cwd.resolve()})
    outer = [root for root in roots if not any(root != other and root.is_relative_to(other) for other in roots)]
    files = (path for root in outer for path in _walk(root))
    yield from (path for path, _ in zip(files, range(MAX_FILES), strict=False))


def _walk(root: Path) -> Iterator[Path]:
    left = MAX_ENTRIES
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if _is_ours(name))
        for name in sorted(filter(_is_ours, files)):
            path = Path(folder, name)
            if _is_source(path):
                yield path
        left -= len(folders) + len(files)
        if left <= 0:
            return


def _is_ours(name: str) -> bool:
    return name not in NOT_OURS and not name.startswith(".")


def _is_source(path: Path) -> bool:
    try:
        about = path.stat()
    except (OSError, ValueError):
        return False
    return stat.S_ISREG(about.st_mode) and (
        path.suffix.lower() in SOURCES or (not path.suffix and about.st_size < MAX_SCRIPT)
    )
