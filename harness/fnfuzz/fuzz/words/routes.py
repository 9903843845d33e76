"""The routes that a handler's source names: in templates, regular expressions, comments, and paths taken apart.

Every one is told as the regular expression of a path. What only looks like a route costs a few cases and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import islice
from urllib.parse import quote

from fnfuzz.fuzz.turns import in_turn
from fnfuzz.fuzz.words.expressions import Node, NotSimpleError, read
from fnfuzz.fuzz.words.patterns import Filler, Way, ways
from fnfuzz.fuzz.words.split_paths import ANYTHING, split_routes

__all__ = ["ANYTHING", "VARIES", "apart", "is_example", "places", "route_patterns", "shown_paths", "templates"]

VARIES = "7"
"""Stands in a template for what varies."""

VERB = r"(?:GET|POST|PUT|DELETE|PATCH|HEAD|OPTIONS)"
QUOTED = re.compile(rf"[\"'`^](?:{VERB}\s)?(/(?:[A-Za-z0-9_(\[]|[:<{{][\w?:*]|\$\{{)[^\"'`\s]{{0,120}}?)\$?[\"'`]")
JS = re.compile(
    r"(?<![\w/])/\^?(\\/[A-Za-z0-9_(\[\\](?:[^\"'`\s/\\]|\\.){0,120}?)\$?/(?=[a-z]{0,4}[\s.,;)\]}:]|[a-z]{0,4}\Z)"
)
COMMENTED = re.compile(rf"\b{VERB}[ \t|`*:]{{1,8}}(/[\w:<{{(\[][^\s\"'`,;|]{{0,80}})")
DJANGO = re.compile(r"\b(?:path|url|route)\(\s?r?[\"']\^?([A-Za-z0-9_(<{][^\"'`\s]{0,80}/[^\"'`\s]{0,40})\$?[\"']")
"""Without a slash at its beginning."""

PREFIXED = re.compile(
    r"(?:[sS]tarts?_?[wW]ith|HasPrefix|hasPrefix|start_with\?|str_starts_with)\([^\"'`\n]{0,40}[\"'`](/[\w./-]{1,60})[\"'`]"
    r"(?:[^\n]{0,60}?(?:\n[^\n]{0,60}?)?(?:[eE]nds?_?[wW]ith|HasSuffix|hasSuffix|end_with\?)\([^\"'`\n]{0,40}[\"'`]([/.][\w./-]{1,60})[\"'`])?"
)
TYPED = re.compile(r"(?<!\?)(?<!\?P)<(?:(\w{1,20})(?:\([^()<>]{0,40}\))?:)?\w{1,40}>")
BRACED = re.compile(r"\$?\{\*{0,2}[A-Za-z_][\w.]{0,60}(?::((?:[^{}]|\{[^{}]{0,20}\}){0,60}))?\??(?:\.\.\.)?\}")
COLON = re.compile(r"(?<=[/.-]):\w{1,40}(\((?:[^()]|\([^()]{0,40}\)){1,60}\))?([?+*]?)")
SPLAT = re.compile(r"/\*{1,2}\w{0,20}(?=/|\Z)")
DOT = re.compile(r"(?<!\\)\.(?![*+?{])")
SPECIAL = re.compile(r"[\\\[\]()|+*]")
QUERY = re.compile(r"\\?\?(?=\w{1,30}=|\Z)")
NUMBERS = frozenset(
    ("int", "integer", "long", "i32", "i64", "u32", "u64", "number", "num", "float", "decimal", "double")
)
KINDS = {"path": "(.+)", "uuid": "([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", "guid": "([^/]+)"}
CLEAN = re.compile(r"/[A-Za-z0-9._~/-]*\Z")
LETTER = re.compile(r"[A-Za-z]")
SIMPLE = re.compile(r"\((?:[^()]|\([^()]*\))*\)[+*?]?|\[[^\]]*\][+*]?|\\[dwS][+*]?")
ROOTS = ("/", "(/", "(?:/")
VARYING = re.compile(r"\\.|\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\]|\{[^}]*\}")
WORD = re.compile(r"[A-Za-z]{2}")
PARAMETER = re.compile(r"[:<{(\[]")
HOLE = "\0"
MAX_PATH = 200
MAX_TOLD = 400
"""Of each form so many are looked at."""

EACH = 12
"""Templates of one route."""


def route_patterns(text: str, expressions: Iterable[str] = ()) -> list[str]:
    """Patterns of the paths that the source names, each once; ``expressions`` are its regular expressions."""
    told: list[tuple[int, str]] = []
    for pattern, convert in FORMS:
        told += [(match.start(), convert(match)) for match in islice(pattern.finditer(text), MAX_TOLD)]
    inner = [_rooted(expression) for expression in expressions if _is_route(expression)]
    found = dict.fromkeys((*(route for _, route in sorted(told)), *split_routes(text), *inner))
    return [route for route in found if 0 < len(route) <= MAX_PATH]


def shown_paths(text: str) -> list[str]:
    """Paths that stand behind a method as they are, mostly in comments: examples, and routes where nothing varies."""
    told = (match[1].rstrip(".:)*,") for match in islice(COMMENTED.finditer(text), MAX_TOLD))
    return [_whole(path) for path in dict.fromkeys(told) if CLEAN.match(path) and "//" not in path]


def apart(shown: Iterable[str], paths: Collection[str]) -> tuple[list[str], list[str]]:
    """Those that are examples of one of the paths, in which something varies, and the others."""
    varied = [path for path in paths if VARIES in path.split("/")]
    examples = [path for path in shown if any(is_example(path, of) for of in varied)]
    return examples, [path for path in shown if path not in examples]


def is_example(path: str, of: str) -> bool:
    """Has the path the same segments, whatever stands where something varies?"""
    one, other = path.split("/"), of.split("/")
    return len(one) == len(other) and all(right in (VARIES, left) for left, right in zip(one, other, strict=True))


def _template(text: str) -> str:
    """The regular expression of a template; one stays what it is."""
    text = QUERY.split(text.replace("\\\\", "\\"))[0]
    text = BRACED.sub(lambda match: _typed(match[1]), text)
    text = TYPED.sub(lambda match: _typed(match[1]), text)
    text = COLON.sub(lambda match: (match[1] or ANYTHING) + ("?" if match[2] in ("?", "*") and match[2] else ""), text)
    return DOT.sub(r"\\.", SPLAT.sub("/" + ANYTHING, text))


def _typed(kind: str | None) -> str:
    """What may stand for a parameter of this kind: the name of a kind, or a pattern."""
    name = (kind or "").partition("(")[0].partition(":")[0].partition("=")[0].lower()
    if kind and SPECIAL.search(kind) and not name.isalnum():
        return f"({kind.strip('^$')})"
    return r"(\d{1,6})" if name in NUMBERS else KINDS.get(name, ANYTHING)


def _commented(match: re.Match[str]) -> str:
    return _template(match[1].rstrip(".:)*"))


def _affixed(match: re.Match[str]) -> str:
    prefix, suffix = re.escape(match[1]), re.escape(match[2] or "")
    return prefix + (ANYTHING if match[1].endswith("/") else f"/{ANYTHING}") + suffix


def _is_route(expression: str) -> bool:
    """A path, whole or without its first slash; ``(\\d+)/(\\d+)`` is a fraction or the like."""
    plain = _plain(expression)
    return "/" in plain and (plain.startswith(ROOTS) or WORD.search(VARYING.sub("", plain)) is not None)


def _rooted(expression: str) -> str:
    plain = _plain(expression)
    return DOT.sub(r"\\.", plain if plain.startswith(ROOTS) else f"/{plain}")


def _plain(expression: str) -> str:
    return re.sub(r"\A(?:\(\?[a-z]+\))?(?:\^|\\A)?", "", expression).replace("\\/", "/")


FORMS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (QUOTED, lambda match: _template(match[1])),
    (JS, lambda match: DOT.sub(r"\\.", match[1].replace("\\/", "/"))),
    (COMMENTED, lambda match: _commented(match) if PARAMETER.search(match[1]) else ""),
    (PREFIXED, _affixed),
    (DJANGO, lambda match: "/" + _template(match[1])),
)


# -- paths


def templates(route: str) -> list[str]:
    """The paths of a route with ``7`` for what varies, each fixed alternative for itself; none where that is no path
    that could be sent as it is.
    """
    node = _read(route)
    if node is None:
        # Looks ahead, or something as odd: what is between brackets varies.
        plain = SIMPLE.sub(HOLE, route).replace("?", "").replace("\\", "")
        told = [plain]
    else:
        told = ["".join(part if isinstance(part, str) else HOLE for part in way) for way in ways(node)]
    made = dict.fromkeys(_whole("/".join(map(_segment, path.split("/")))) for path in told)
    return [path for path in made if CLEAN.match(path) and "//" not in path][:EACH]


def _segment(text: str) -> str:
    """One segment; the whole of it varies where nothing that is fixed says anything."""
    rest = text.replace(HOLE, "")
    return VARIES if HOLE in text and not LETTER.search(rest) else text.replace(HOLE, VARIES)


def _whole(path: str) -> str:
    return path.rstrip("/") or "/"


def places(routes: Iterable[str], filler: Filler) -> Iterator[str]:
    """Paths that the routes match, with words in the places of what varies: the first of each route, then the second
    of each, and so on.
    """
    nodes = [node for route in routes if (node := _read(route)) is not None]
    return in_turn([_filled(node, filler) for node in nodes])


def _filled(node: Node, filler: Filler) -> Iterator[str]:
    varied: list[Way] = [way for way in ways(node) if not all(isinstance(part, str) for part in way)]
    for text in islice(in_turn([filler.fill(way) for way in varied]), 2 * EACH):
        path = quote(_whole(text), safe="/~")
        if path.startswith("/") and not any(part in ("", ".", "..") for part in path[1:].split("/")):
            yield path


def _read(route: str) -> Node | None:
    try:
        return read(route)
    except NotSimpleError:
        return None
