"""Words that mean something to this handler: literals and comparisons of its own source files, printable texts of its
binary, and the sample files beside it.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from fnfuzz.app.model import App
from fnfuzz.fuzz.numbers import is_number
from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.asked import Row, asked
from fnfuzz.fuzz.words.choices import choices
from fnfuzz.fuzz.words.comparisons import Value, comparisons
from fnfuzz.fuzz.words.formats import formats
from fnfuzz.fuzz.words.literals import literals
from fnfuzz.fuzz.words.patterns import Filler
from fnfuzz.fuzz.words.phrases import MOST_PHRASES, phrases_in
from fnfuzz.fuzz.words.routes import ANYTHING, apart, places, route_patterns, shown_paths, templates

__all__ = ["Dictionary", "mine"]

CODE = frozenset(
    [
        *(
            ".py",
            ".js",
            ".mjs",
            ".cjs",
            ".ts",
            ".mts",
            ".jsx",
            ".tsx",
            ".go",
            ".rb",
            ".php",
            ".rs",
            ".java",
            ".kt",
            ".scala",
        ),
        *(".cs", ".fs", ".sh", ".bash", ".pl", ".lua", ".r", ".jl", ".swift", ".ex", ".exs", ".c", ".cc", ".cpp", ".h"),
        *(".hpp", ".zig", ".nim", ".dart", ".clj", ".hs", ".ml", ".erl", ".ps1"),
    ]
)
SAMPLES = frozenset([".json", ".csv", ".tsv", ".ndjson", ".jsonl", ".xml"])
SOURCES = CODE | SAMPLES | {".yaml", ".yml", ".toml", ".txt"}
NOT_SAMPLES = frozenset(["host.json", "function.json", "package.json", "composer.json", "deno.json", "global.json"])
NOT_A_SAMPLE = re.compile(
    r"(?:^tsconfig|settings|schema|config|lock|swagger|openapi|manifest|\.deps|\.runtimeconfig)", re.I
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

LONGEST_LITERAL = 64
WRITTEN = re.compile(rb"[$\n]")
"""In a template: more than the text itself."""

MEMBER = re.compile(rb"(?:\.|\[['\"]?|->)([A-Za-z_][A-Za-z0-9_]{1,31})\b(?!\s*\()")
TAG = re.compile(rb"""(?:json|form|query|uri|yaml|xml|bson|db|schema|mapstructure):"([A-Za-z_][\w.-]{0,40})[",]""")
"""Names of members in the tags of Go's structs, which its binaries keep."""

PRINTABLE = re.compile(rb"(?<=\x00)[\x20-\x7e]{3,48}(?=\x00)")
WIDE = re.compile(rb"(?:[\x20-\x7e]\x00){3,32}")
"""Literals in .NET assemblies: UTF-16."""

NUMBER = re.compile(rb"(?<![\w.])(\d{1,12}(?:\.\d{1,6})?)(?![\w.])")
KEY = re.compile(rb"(?:[{,]|^)\s{0,16}([A-Za-z_]\w{0,31})\s?:(?!:)", re.MULTILINE)
LIKELY = re.compile(r"[a-z][a-zA-Z]{2,24}(?:[_-][a-z]{1,12}){0,2}\Z|[A-Z]{3,6}\Z")
"""What a member or a value could be called, in a binary full of other words."""

NAME = re.compile(r"[A-Za-z_][\w.-]{0,31}\Z")
SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~@:+-]*")
MAX_FILE = 512 * 1024
MAX_SCRIPT = 64 * 1024
"""Bytes of a file without a suffix that is still taken for a script."""

MAX_FILES, MAX_BYTES = 200, 4 * 1024 * 1024
MAX_ENTRIES = 20_000
"""Names that are looked at, in all folders together."""

MAX_WORDS, MAX_PATHS = 400, 40
MAX_ROUTES, MAX_PLACES = 60, 160
MAX_MATCHES, FIRST_MATCHES = 120, 16
MAX_FILLING, LONGEST_FILLING = 300, 40
"""Words that are held against patterns, to stand for what varies in them."""

EACH_APPLIED = 6
"""Texts for one name that a pattern is held against."""

EACH_CHOSEN = 8
"""Texts of the tables in which one name is looked up that count as what it is compared with."""

MAX_ASKED = 60
MAX_COMPARED = 128 * 1024
"""Bytes of a file in which comparisons are looked for."""

MAX_SAMPLE, MAX_SAMPLES = 16 * 1024, 24
MAX_BINARY = 8 * 1024 * 1024
MAX_PRINTED = 150
"""Words from a binary that are not members by their form."""


@dataclass(frozen=True, slots=True)
class Dictionary:
    """``names`` look like member names, ``texts`` are other literals, ``numbers`` are number literals, ``paths`` are
    URL paths with ``7`` for what varies in them, ``pairs`` are names and the values that they are compared with,
    ``lengths`` are compared with the length of something, ``prefixes`` and ``suffixes`` are what texts are asked to
    begin and end with, ``samples`` are the contents of sample files and of examples in comments. ``asked`` are the
    names that the source reads from its input, surest first, ``headers`` those of headers; ``keys`` are texts in its
    tables and ``rows`` the same with the numbers beside them, ``queries`` are examples of queries, ``pumped`` are long
    texts that nearly match its patterns, ``phrases`` are the first words of what its literals say. ``heads`` are head
    lines of tables, ``metadata`` the names of an object's metadata, ``multipart``: are such bodies spoken of?
    ``media`` are the kinds of files that are. Each in a fixed order, what stands together in a source together.
    ``matches`` are texts that its patterns match, and ``places`` paths that its routes match, both with words of the
    source where a pattern leaves room for them. ``choices`` are names with the texts of the tables in which the source
    looks them up, ``kinds`` names with the kind of value that the source declares for them.
    """

    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    numbers: tuple[int | float, ...] = ()
    paths: tuple[str, ...] = ()
    pairs: tuple[tuple[str, Value], ...] = ()
    lengths: tuple[int, ...] = ()
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    queries: tuple[tuple[tuple[str, str], ...], ...] = ()
    pumped: tuple[str, ...] = ()
    matches: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    phrases: frozenset[bytes] = frozenset()
    heads: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    multipart: bool = False
    media: frozenset[str] = frozenset()
    choices: tuple[tuple[str, tuple[str, ...]], ...] = ()
    kinds: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Found:
    """Ordered sets of words."""

    names: dict[str, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    numbers: dict[int | float, None] = field(default_factory=dict)
    paths: dict[str, None] = field(default_factory=dict)
    pairs: dict[tuple[str, Value], None] = field(default_factory=dict)
    lengths: dict[int, None] = field(default_factory=dict)
    prefixes: dict[str, None] = field(default_factory=dict)
    suffixes: dict[str, None] = field(default_factory=dict)
    samples: dict[str, None] = field(default_factory=dict)
    asked: dict[str, None] = field(default_factory=dict)
    perhaps: dict[str, None] = field(default_factory=dict)
    headers: dict[str, None] = field(default_factory=dict)
    keys: dict[str, None] = field(default_factory=dict)
    rows: dict[Row, None] = field(default_factory=dict)
    queries: dict[tuple[tuple[str, str], ...], None] = field(default_factory=dict)
    pumped: dict[str, None] = field(default_factory=dict)
    patterns: dict[str, None] = field(default_factory=dict)
    applied: dict[tuple[str, str], None] = field(default_factory=dict)
    routes: dict[str, None] = field(default_factory=dict)
    shown: dict[str, None] = field(default_factory=dict)
    matches: dict[str, None] = field(default_factory=dict)
    places: dict[str, None] = field(default_factory=dict)
    phrases: dict[bytes, None] = field(default_factory=dict)
    heads: dict[str, None] = field(default_factory=dict)
    metadata: dict[str, None] = field(default_factory=dict)
    multipart: bool = False
    media: frozenset[str] = frozenset()
    tables: dict[str, dict[str, None]] = field(default_factory=dict)
    choices: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)


def mine(app: App) -> Dictionary:
    """Read the app's own files; bounded in files, bytes and words, and in an order that does not depend on the file
    system.
    """
    found = _Found()
    left = MAX_BYTES
    # Code first: what it says must not be crowded out by data.
    for path in sorted(_sources(app), key=lambda item: item.suffix.lower() in SOURCES - CODE):
        data = _read(path, min(left, MAX_FILE))
        left -= len(data)
        _take(data, found)
        expressions: Iterable[str] = ()
        if path.suffix.lower() in SAMPLES:
            _sample(path.name, data, found)
        elif path.suffix.lower() in CODE or not path.suffix:
            found.phrases |= dict.fromkeys(phrases_in(data))
            text = data[:MAX_COMPARED].decode("utf-8", "replace")
            _read_as(text, found)
            _ask(text, found)
            expressions = _compare(text, found)
        _route(data, found, expressions)
        if left <= 0:
            break
    for path in _binaries(app):
        _print(_binary(path), found)
    _fill(found)
    return Dictionary(
        tuple(found.names)[:MAX_WORDS],
        tuple(found.texts)[:MAX_WORDS],
        tuple(found.numbers)[:MAX_WORDS],
        tuple(found.paths)[:MAX_PATHS],
        tuple(found.pairs)[:MAX_WORDS],
        tuple(found.lengths)[:MAX_WORDS],
        tuple(found.prefixes)[:MAX_WORDS],
        tuple(found.suffixes)[:MAX_WORDS],
        tuple(found.samples)[:MAX_SAMPLES],
        tuple(found.asked | found.perhaps)[:MAX_ASKED],
        tuple(found.headers)[:MAX_ASKED],
        tuple(found.keys)[:MAX_WORDS],
        tuple(found.rows)[:MAX_ASKED],
        tuple(found.queries)[:MAX_SAMPLES],
        tuple(found.pumped)[:MAX_SAMPLES],
        tuple(found.matches)[:MAX_MATCHES],
        tuple(found.places)[:MAX_PLACES],
        frozenset(tuple(found.phrases)[:MOST_PHRASES]),
        heads=tuple(found.heads)[:MAX_SAMPLES],
        metadata=tuple(found.metadata)[:MAX_SAMPLES],
        multipart=found.multipart,
        media=found.media,
        choices=tuple(found.choices.items())[:MAX_ASKED],
        kinds=tuple(found.kinds.items())[:MAX_ASKED],
    )


def _take(data: bytes, found: _Found) -> None:
    for literal, template in literals(data):
        if not 0 < len(literal) <= LONGEST_LITERAL or b"\\" in literal or (template and WRITTEN.search(literal)):
            continue
        word = literal.decode("utf-8", "replace")
        (found.names if NAME.match(word) else found.texts)[word] = None
    for pattern in (MEMBER, TAG, KEY):
        found.names |= dict.fromkeys(match.group(1).decode() for match in pattern.finditer(data))
    for match in NUMBER.finditer(data):
        text = match.group(1)
        found.numbers[float(text) if b"." in text else int(text)] = None


def _read_as(text: str, found: _Found) -> None:
    seen = formats(text)
    found.heads |= seen.heads
    found.metadata |= seen.metadata
    found.multipart |= seen.multipart
    found.media |= seen.media


def _ask(text: str, found: _Found) -> None:
    seen = asked(text)
    found.asked |= seen.names
    found.perhaps |= seen.perhaps
    found.headers |= seen.headers
    found.keys |= seen.keys
    found.rows |= seen.rows
    found.queries |= seen.queries
    found.samples |= seen.examples
    found.kinds = seen.kinds | found.kinds
    for name, told in choices(text).items():
        found.tables.setdefault(name, {}).update(dict.fromkeys(told))


def _compare(text: str, found: _Found) -> Iterable[str]:
    """Take what the source compares, and give its regular expressions."""
    seen = comparisons(text)
    found.patterns |= seen.patterns
    found.applied |= seen.applied
    found.pumped |= seen.pumped
    found.pairs |= seen.pairs
    found.lengths |= seen.lengths
    found.prefixes |= seen.prefixes
    found.suffixes |= seen.suffixes
    found.texts |= seen.texts
    found.numbers |= seen.numbers
    for _, value in seen.pairs:
        if is_number(value):
            found.numbers[value] = None
    return seen.patterns


def _route(data: bytes, found: _Found, expressions: Iterable[str]) -> None:
    text = data.decode("utf-8", "replace")
    found.routes |= dict.fromkeys(route_patterns(text, expressions))
    found.shown |= dict.fromkeys(shown_paths(text))


def _fill(found: _Found) -> None:
    """Make texts and paths that the patterns of all sources match."""
    compared = (value for _, value in found.pairs if isinstance(value, str))
    told = dict.fromkeys((*found.keys, *compared, *found.names, *found.texts, *map(str, found.numbers)))
    words = [word for word in told if 0 < len(word) <= LONGEST_FILLING and word.isprintable()][:MAX_FILLING]
    filler = Filler(words)
    made = {pattern: filler.texts(pattern) for pattern in list(found.patterns)[:MAX_ROUTES] if "/" not in pattern}
    found.matches |= {text: None for text in in_turn(made.values()) if text.strip()}
    found.texts = dict.fromkeys((*islice(found.matches, FIRST_MATCHES), *found.texts, *found.matches))
    for name, pattern in islice(found.applied, MAX_ROUTES):
        texts = made[pattern] if pattern in made else filler.texts(pattern)
        found.pairs |= {(name, text): None for text in texts[:EACH_APPLIED]}
    for name in (*found.asked, *found.perhaps, *found.names):
        if taken := tuple(text for text in found.tables.get(name.lower(), ()) if text != name):
            found.choices[name] = taken
            found.pairs |= {(name, text): None for text in taken[:EACH_CHOSEN]}
    found.paths |= {path: None for route in found.routes for path in templates(route)}
    examples, more = apart(found.shown, found.paths)
    found.paths |= dict.fromkeys(more)
    # Of two routes that mean the same, the one that says more.
    routes = sorted(islice(found.routes, MAX_ROUTES), key=lambda route: ANYTHING in route)
    ids = sorted(found.matches, key=lambda text: text.isdigit())
    values = [text for text in in_turn((ids, words)) if SEGMENT.fullmatch(text)]
    filled = islice(places(routes, Filler(values)), 2 * MAX_PLACES)
    found.places |= {path: None for path in (*examples, *filled) if path not in found.paths}


def _sample(name: str, data: bytes, found: _Found) -> None:
    """Take a small data file as one whole payload, unless it configures something."""
    if name in NOT_SAMPLES or NOT_A_SAMPLE.search(name) or not 0 < len(data) <= MAX_SAMPLE:
        return
    try:
        found.samples[data.decode("utf-8")] = None
    except UnicodeDecodeError:
        return


def _binaries(app: App) -> Iterator[Path]:
    """The programs that the command names, if they lie in the app's folder (or, of a bare command, anywhere)."""
    for word in app.command[:3]:
        path = app.cwd / word
        try:
            inside = app.platform == "bare" or path.resolve().is_relative_to(app.root.resolve())
            if inside and "/" in str(path) and stat.S_ISREG(path.stat().st_mode):
                yield path
        except (OSError, ValueError):
            continue
    yield from sorted(path for path in app.cwd.glob("*.dll") if path.is_file())[:3]


def _binary(path: Path) -> bytes:
    """The beginning of an ELF, PE or Mach-O file; empty for another."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BINARY)
    except OSError:
        return b""
    return data if data.startswith((b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")) else b""


def _print(data: bytes, found: _Found) -> None:
    for match in TAG.finditer(data):
        found.names[match.group(1).decode()] = None
    if not data or b"Go buildinf:" in data:
        # The literals of Go stand in one long text without ends.
        return
    wide = (match.group().replace(b"\0", b"") for match in WIDE.finditer(data))
    plain = (match.group() for match in PRINTABLE.finditer(data))
    words = dict.fromkeys(word.decode() for words in (wide, plain) for word in islice(words, 20_000))
    likely = [word for word in words if LIKELY.match(word)]
    for word in likely[:MAX_PRINTED]:
        (found.names if NAME.match(word) else found.texts)[word] = None


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
