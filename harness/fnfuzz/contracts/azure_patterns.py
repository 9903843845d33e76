"""Route templates and blob path patterns: which parameters a path gives (azure-functions.md 3.3, 3.5).

Constraints (``{id:int}``) are not enforced: one function has one route, and an event that does not fit it
gives no parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

__all__ = ["BlobPattern", "RoutePattern"]

PARAMETER = re.compile(r"\{((?:[^{}]|\{\{|\}\})*)\}")
AFTER_NAME = re.compile(r"[:=?].*", re.DOTALL)
DEFAULT = re.compile(r"=([^:?]*)\??$")
ENCODED_SLASH = re.compile(r"%2f", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RoutePattern:
    """A compiled route template; ``names`` in the order of the template, ``defaults`` for those that have one."""

    regex: re.Pattern[str]
    names: tuple[str, ...]
    defaults: Mapping[str, str]

    @classmethod
    def of(cls, prefix: str, template: str) -> RoutePattern:
        """The pattern of ``template`` (``orders/{id:int}/{note?}``, ``{*rest}``) under the route prefix."""
        whole = "/".join(part for part in (prefix.strip("/"), template.strip("/")) if part)
        regex, names, defaults, at = "", [], {}, 0
        for match in PARAMETER.finditer(whole):
            literal, inner = whole[at : match.start()], match[1]
            at = match.end()
            everything = inner.startswith("*")
            default = DEFAULT.search(inner)
            optional = everything or inner.endswith("?") or default is not None
            regex += _parameter(literal, everything=everything, optional=optional)
            names.append(AFTER_NAME.sub("", inner.lstrip("*")))
            if default:
                defaults[names[-1]] = default[1]
        regex += re.escape(whole[at:])
        return cls(re.compile(f"/?{regex}/?", re.IGNORECASE | re.DOTALL), tuple(names), defaults)

    def parameters(self, path: str) -> dict[str, str | None]:
        """The decoded parameters of a percent-encoded path, None for unused ones; ``{}`` if it does not fit."""
        if not self.names:
            return {}
        match = self.regex.fullmatch(path)
        if match is None:
            return {}
        return {
            name: _decoded(value) if value else self.defaults.get(name)
            for name, value in zip(self.names, match.groups(), strict=True)
        }


@dataclass(frozen=True, slots=True)
class BlobPattern:
    """The path pattern of a blob trigger: ``container`` and what follows it."""

    container: str
    regex: re.Pattern[str]
    names: tuple[str, ...]

    @classmethod
    def of(cls, source: str) -> BlobPattern:
        """The pattern of ``uploads/{name}.{ext}``; a container that is itself a placeholder is named like that."""
        container, _, rest = source.strip("/").partition("/")
        regex, names, at = "", [], 0
        for match in PARAMETER.finditer(rest):
            regex += f"{re.escape(rest[at : match.start()])}(.*)"
            names.append(match[1])
            at = match.end()
        regex += re.escape(rest[at:])
        return cls(container.strip("{}") or "container", re.compile(regex, re.DOTALL), tuple(names))

    def placeholders(self, name: str) -> list[tuple[str, str]]:
        """What the placeholders stand for in the blob ``name``; nothing if it does not fit."""
        match = self.regex.fullmatch(name)
        return list(zip(self.names, match.groups(), strict=True)) if match else []


def _parameter(literal: str, *, everything: bool, optional: bool) -> str:
    value = "(.*)" if everything else "([^/]+)"
    if not optional:
        return re.escape(literal) + value
    if literal[-1:] in ("/", "."):
        return f"{re.escape(literal[:-1])}(?:{re.escape(literal[-1])}{value}?)?"
    return f"{re.escape(literal)}{value}?"


def _decoded(text: str) -> str:
    """Percent-decoded, but for the slash, which the web server leaves encoded."""
    return text if "%" not in text else unquote(ENCODED_SLASH.sub("%252F", text))
