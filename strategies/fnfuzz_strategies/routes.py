"""Request paths for a route template of an HTTP function, percent-encoded.

The template language is that of ASP.NET Core routing: literals, ``{name}``, ``{name?}``, ``{name=default}``,
``{*rest}``, and constraints such as ``{id:int:min(1)}``. A path has no empty, ``.`` or ``..`` segment and no control
character, because fronts and servers rewrite or refuse those before a function sees them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from urllib.parse import quote

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.traps import TEXT_TRAPS
from fnfuzz_strategies.arguments import check_text

__all__ = ["paths"]

MAX_SEGMENT = 40
"""Characters of one drawn segment; with four of them a path stays below 2 KiB encoded."""

_TOKEN = re.compile(r"\{\{|\}\}|\{(?:[^{}]|\{\{|\}\})*\}|[{}]|[^{}]+")
_PARAMETER = re.compile(r"(\*{0,2})([^:=?*{}/]+)((?::[^:(=?]+(?:\((?:[^()]|\([^()]*\))*\))?)*)(\?|=.*)?")
_CONSTRAINT = re.compile(r":([^:(=?]+)(?:\(((?:[^()]|\([^()]*\))*)\))?")
_LONGEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    rest: bool
    optional: bool
    constraints: tuple[tuple[str, str], ...]


_Part: TypeAlias = str | _Parameter


def paths(*, route: str = "{*path}", route_prefix: str = "") -> SearchStrategy[str]:
    """Percent-encoded paths that match ``route`` under ``route_prefix``; the smallest has the shortest values.

    Raises ValueError for a template or a constraint that cannot be read or met.
    """
    parts = _parse(check_text("route", route).strip("/"))
    prefix = check_text("route_prefix", route_prefix).strip("/")
    lone = _lone_segments(parts)
    values = [st.just(part) if isinstance(part, str) else _values(route, part, part in lone) for part in parts]
    head = f"/{quote(prefix)}" if prefix else ""
    return st.tuples(*values).map(lambda drawn: _join(head, parts, drawn))


def _parse(route: str) -> tuple[_Part, ...]:
    parts: list[_Part] = []
    for token in _TOKEN.findall(route):
        if token in ("{", "}"):
            raise ValueError(f"route: {route!r} has a lone {token!r}; a literal one is written twice")
        if token in ("{{", "}}") or not token.startswith("{"):
            parts.append(token[0] if token in ("{{", "}}") else token)
        else:
            parts.append(_parameter(route, token[1:-1].replace("{{", "{").replace("}}", "}")))
    names = [part.name.lower() for part in parts if isinstance(part, _Parameter)]
    if len(set(names)) != len(names):
        raise ValueError(f"route: {route!r} names a parameter twice")
    return tuple(parts)


def _parameter(route: str, text: str) -> _Parameter:
    match = _PARAMETER.fullmatch(text)
    if match is None:
        raise ValueError(f"route: {route!r} has a parameter {{{text}}} that cannot be read")
    stars, name, constraints, end = match.groups()
    found = tuple((kind.lower(), arguments) for kind, arguments in _CONSTRAINT.findall(constraints))
    return _Parameter(name, bool(stars), end is not None, found)


def _lone_segments(parts: tuple[_Part, ...]) -> set[_Parameter]:
    """The parameters that fill a whole segment; others share theirs and keep to letters and digits."""
    bounded = ("/", *parts, "/")
    lone = set()
    for before, part, after in zip(bounded, parts, bounded[2:], strict=False):
        if isinstance(part, _Parameter) and str(before).endswith("/") and str(after).startswith("/"):
            lone.add(part)
    return lone


def _join(head: str, parts: tuple[_Part, ...], drawn: tuple[str | None, ...]) -> str:
    path = ""
    for part, value in zip(parts, drawn, strict=True):
        if value is None:
            path = path[:-1] if path.endswith(("/", ".")) else path
        elif isinstance(part, str):
            path += quote(part, safe="/")
        else:
            path += quote(value, safe="/" if part.rest else "")
    path = path.strip("/")
    return f"{head}/{path}" if path else head or "/"


def _segments() -> SearchStrategy[str]:
    """Decoded texts that may stand between two slashes."""
    alphabet = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="/\\")
    traps = [trap for trap in TEXT_TRAPS.values() if _is_segment(trap)]
    words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=8)
    return st.one_of(words, st.sampled_from(traps), st.text(alphabet, min_size=1, max_size=MAX_SEGMENT)).filter(
        _is_segment
    )


def _is_segment(text: str) -> bool:
    clean = all(ch.isprintable() or ord(ch) > 0x9F for ch in text)
    return clean and 0 < len(text) <= MAX_SEGMENT and not set("/\\") & set(text) and text.strip(" .") != ""


def _values(route: str, parameter: _Parameter, lone: bool) -> SearchStrategy[str | None]:
    try:
        values = _constrained(parameter.constraints, lone)
    except ValueError as error:
        raise ValueError(f"route: {route!r}, parameter {parameter.name}: {error}") from error
    if parameter.rest and not parameter.constraints:
        return st.lists(_segments(), max_size=4).map(lambda found: "/".join(found) or None)
    return st.one_of(st.none(), values) if parameter.optional else values


def _numbers(text: str, count: int) -> list[int]:
    found = [part.strip() for part in text.split(",")] if text else []
    if len(found) != count or not all(re.fullmatch(r"-?\d+", part) for part in found):
        raise ValueError(f"{text!r} is not {count} whole number{'s' * (count > 1)}")
    return [int(part) for part in found]


_BOUNDS: Mapping[str, Callable[[str], tuple[int, int]]] = {
    "int": lambda text: (-(2**31), 2**31 - 1),
    "long": lambda text: (-(2**63), _LONGEST),
    "min": lambda text: (_numbers(text, 1)[0], _LONGEST),
    "max": lambda text: (-(2**63), _numbers(text, 1)[0]),
    "range": lambda text: (_numbers(text, 2)[0], _numbers(text, 2)[1]),
}
_LENGTHS: Mapping[str, Callable[[str], tuple[int, int]]] = {
    "alpha": lambda text: (1, MAX_SEGMENT),
    "required": lambda text: (1, MAX_SEGMENT),
    "length": lambda text: (_numbers(text, 1 + ("," in text))[0], _numbers(text, 1 + ("," in text))[-1]),
    "minlength": lambda text: (_numbers(text, 1)[0], max(MAX_SEGMENT, _numbers(text, 1)[0])),
    "maxlength": lambda text: (1, _numbers(text, 1)[0]),
}


def _decimals() -> SearchStrategy[str]:
    return st.tuples(st.integers(0, 9999), st.integers(0, 99)).map(lambda drawn: f"{drawn[0]}.{drawn[1]:02d}")


def _matching(pattern: str) -> SearchStrategy[str]:
    try:
        compiled = re.compile(pattern.replace("\\\\", "\\"))
    except re.error as error:
        raise ValueError(f"regex {pattern!r}: {error}") from error
    alphabet = st.characters(min_codepoint=0x20, max_codepoint=0x7E, exclude_characters="/\\")
    return st.from_regex(compiled, alphabet=alphabet).filter(lambda text: text.strip(" .") != "" and text.isprintable())


_WHOLE: Mapping[str, Callable[[str], SearchStrategy[str]]] = {
    "bool": lambda text: st.sampled_from(("true", "false")),
    "guid": lambda text: st.uuids().map(str),
    "datetime": lambda text: st.dates().map(str),
    "decimal": lambda text: _decimals(),
    "double": lambda text: _decimals(),
    "float": lambda text: _decimals(),
    "regex": _matching,
}


def _constrained(constraints: tuple[tuple[str, str], ...], lone: bool) -> SearchStrategy[str]:
    kinds = [kind for kind, _ in constraints]
    for kind in kinds:
        if kind not in {*_BOUNDS, *_LENGTHS, *_WHOLE}:
            raise ValueError(f"no constraint is called {kind!r}")
    if not constraints:
        return _segments() if lone else st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=8)
    if all(kind in _BOUNDS for kind in kinds):
        low, high = _meet([_BOUNDS[kind](text) for kind, text in constraints])
        return st.integers(low, high).map(str)
    if all(kind in _LENGTHS for kind in kinds):
        low, high = _meet([_LENGTHS[kind](text) for kind, text in constraints])
        letters = "abcdefghijklmnopqrstuvwxyz" if "alpha" in kinds else "abcdefghijklmnopqrstuvwxyz0123456789-_"
        return st.text(letters, min_size=max(1, low), max_size=high)
    if len(constraints) == 1:
        return _WHOLE[kinds[0]](constraints[0][1])
    raise ValueError(f"the constraints {', '.join(kinds)} cannot be combined here; pass a route with fewer")


def _meet(spans: list[tuple[int, int]]) -> tuple[int, int]:
    low, high = max(span[0] for span in spans), min(span[1] for span in spans)
    if low > high:
        raise ValueError(f"nothing is both at least {low} and at most {high}")
    return low, high
