"""Words that mean something to this handler: literals of its own source files, and members of sample files beside
it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

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
NOT_OURS = frozenset(("node_modules", ".git", ".venv", "venv", "__pycache__", "dist", "target", "vendor", ".fnfuzz"))
LITERAL = re.compile(rb"""(?<![\w])"([^"\\\n]{1,64})"|'([^'\\\n]{1,64})'|`([^`\\\n$]{1,64})`""")
MEMBER = re.compile(rb"(?:\.|\[['\"]?|->)([A-Za-z_][A-Za-z0-9_]{1,31})\b(?!\s*\()")
NUMBER = re.compile(rb"(?<![\w.])(\d{1,12}(?:\.\d{1,6})?)(?![\w.])")
PATH = re.compile(rb"""["'`^](/[A-Za-z0-9_(][^"'`\s]{0,80}?)\$?["'`]""")
VARIABLE_PART = re.compile(
    r"\((?:[^()]|\([^()]*\))*\)[+*?]?|\[[^\]]*\][+*]?|\\[dwS][+*]?|\$?\{[^{}]*\}|<[^<>]*>|(?<=/):\w+"
)
CLEAN_PATH = re.compile(r"/[A-Za-z0-9._~/-]*\Z")
NAME = re.compile(r"[A-Za-z_][\w.-]{0,31}\Z")
MAX_FILE, MAX_FILES, MAX_WORDS = 512 * 1024, 200, 400


@dataclass(frozen=True, slots=True)
class Dictionary:
    """``names`` look like member names, ``texts`` are other literals, ``numbers`` are number literals, ``paths`` are
    URL paths with ``7`` for what varies in them; each in a fixed order."""

    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: tuple[int | float, ...] = ()
    paths: tuple[str, ...] = ()


def mine(app: App) -> Dictionary:
    """Read the app's own files; bounded in files, bytes and words, and in an order that does not depend on the file
    system.
    """
    names: dict[str, None] = {}
    texts: dict[str, None] = {}
    numbers: dict[int | float, None] = {}
    paths: dict[str, None] = {}
    for path in _sources(app):
        try:
            data = path.read_bytes()[:MAX_FILE]
        except OSError:
            continue
        for match in LITERAL.finditer(data):
            word = (match.group(1) or match.group(2) or match.group(3)).decode("utf-8", "replace")
            (names if NAME.match(word) else texts)[word] = None
        for match in MEMBER.finditer(data):
            names[match.group(1).decode()] = None
        for match in PATH.finditer(data):
            url = VARIABLE_PART.sub("7", match.group(1).decode("latin-1")).replace("?", "").replace("\\", "")
            if CLEAN_PATH.match(url) and "//" not in url:
                paths[url.rstrip("/") or "/"] = None
        for match in NUMBER.finditer(data):
            numbers[orjson.loads(match.group(1)) if not match.group(1).startswith(b"0") else 0] = None
    return Dictionary(tuple(names)[:MAX_WORDS], tuple(texts)[:MAX_WORDS], tuple(numbers)[:MAX_WORDS], tuple(paths)[:40])


def _sources(app: App) -> Iterator[Path]:
    roots = {app.root.resolve(), app.cwd.resolve()} if app.platform != "bare" else {app.root.resolve()}
    if app.platform == "bare":
        named = [Path(word) for word in app.command]
        yield from (
            app.cwd / item
            for item in named
            if (app.cwd / item).is_file() and (app.cwd / item).stat().st_size <= MAX_FILE
        )
        return
    seen = 0
    for root in sorted(roots):
        for path in sorted(root.rglob("*")):
            relative = path.relative_to(root).parts
            if NOT_OURS.intersection(relative) or not path.is_file():
                continue
            if path.suffix.lower() in SOURCES or (not path.suffix and path.stat().st_size < 64 * 1024):
                seen += 1
                if seen > MAX_FILES:
                    return
                yield path
