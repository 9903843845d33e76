"""Route templates both ways: the values that a path gives to its parameters, and the path that values give.

The language is that of ASP.NET Core routing (azure-functions.md 3.3): literals, ``{name}``, ``{name?}``,
``{name=default}``, ``{*rest}``, ``{**rest}``, and constraints such as ``{id:int:min(1)}``. A value that breaks a
constraint makes the host answer 404 by itself, so such a path never reaches a handler.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from urllib.parse import quote, unquote_to_bytes

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_patterns import PARAMETER, RoutePattern

__all__ = ["Parameter", "RouteTemplate", "route_of"]

INNER = re.compile(r"(\*{0,2})([^:=?*{}/]+)((?::[^:(=?]+(?:\((?:[^()]|\([^()]*\))*\))?)*)(\?|=.*)?", re.DOTALL)
CONSTRAINT = re.compile(r":([^:(=?]+)(?:\(((?:[^()]|\([^()]*\))*)\))?")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
MAX_PATH = 2000
"""Characters. Together with the query a target must stay below 4 KiB (alibaba-fc.md 3.4)."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One placeholder; ``rest`` takes several segments, ``constraints`` are pairs of a name and its arguments."""

    name: str
    rest: bool
    optional: bool
    constraints: tuple[tuple[str, str], ...]

    def takes(self, value: str) -> bool:
        """Does the host route a path with this value to the function? An unknown constraint takes nothing."""
        if not value:
            return self.optional or self.rest
        try:
            return all(CHECKS[kind](value, given) for kind, given in self.constraints)
        except (KeyError, ValueError, re.error):
            return False

    def sample(self) -> str:
        """A plain value that the parameter takes, as far as one is known."""
        given = " ".join(text for _, text in self.constraints)
        numbers = re.findall(r"-?\d+", given)
        sizes = [int(text) for text in numbers if 0 < len(text) <= 3 and int(text) > 0]
        fitted = (letter * size for size in sizes for letter in "a1")
        return next((value for value in (*SAMPLES, *numbers, *fitted) if self.takes(value)), SAMPLES[0])


@dataclass(frozen=True, slots=True)
class RouteTemplate:
    """A template in literal texts and parameters; made by ``of``."""

    parts: tuple[str | Parameter, ...]
    pattern: RoutePattern

    @classmethod
    def of(cls, prefix: str, template: str) -> RouteTemplate:
        """The template under its route prefix, both without regard to slashes at their ends."""
        whole = "/".join(part for part in (prefix.strip("/"), template.strip("/")) if part)
        parts: list[str | Parameter] = []
        at = 0
        for match in PARAMETER.finditer(whole):
            parts += [whole[at : match.start()]] if match.start() > at else []
            parts.append(_parameter(match[1]))
            at = match.end()
        parts += [whole[at:]] if at < len(whole) else []
        return cls(tuple(parts), RoutePattern.of(prefix, template))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The placeholders in their order."""
        return tuple(part for part in self.parts if isinstance(part, Parameter))

    def values(self, path: str) -> dict[str, str] | None:
        """The decoded values of a percent-encoded path, empty for unused ones; None if the path does not fit.

        Bytes that are no UTF-8 become surrogates (PEP 383), so that ``path`` gives them back.
        """
        match = self.pattern.regex.fullmatch(path)
        if match is None:
            return None
        texts = (unquote_to_bytes(text or "").decode("utf-8", "surrogateescape") for text in match.groups())
        return dict(zip(self.pattern.names, texts, strict=True))

    def path(self, values: Mapping[str, str]) -> str | None:
        """The percent-encoded path with these values, or None for one that would not reach the function as it is."""
        if not all(part.takes(values.get(part.name, "")) for part in self.parameters):
            return None
        path = self._joined(values)
        open_end = bool(self.parts) and isinstance(self.parts[-1], Parameter) and self.parts[-1].rest
        if len(path) > MAX_PATH or not _arrives(path, open_end=open_end):
            return None
        # Values that share a segment could be taken apart in another way.
        return path if self.values(path) == {name: values.get(name, "") for name in self.pattern.names} else None

    def _joined(self, values: Mapping[str, str]) -> str:
        path = ""
        for part in self.parts:
            if isinstance(part, str):
                path += quote(part, safe="/")
            elif value := values.get(part.name, ""):
                path += quote(value.encode("utf-8", "surrogateescape"), safe="/" if part.rest else "")
            elif path.endswith(("/", ".")):
                path = path[:-1]
        return f"/{path}"

    def plain_path(self) -> str:
        """The path with a plain value for each parameter."""
        values = {part.name: part.sample() for part in self.parameters}
        return self.path(values) or self._joined(values)


def route_of(function: Function) -> RouteTemplate:
    """The template of an HTTP function; a web function of Function Compute takes every path unless it says so."""
    if function.contract == "fc-web":
        return _template("", function.route or "{*path}")
    return _template(function.route_prefix, function.route or function.name)


_template = lru_cache(maxsize=256)(RouteTemplate.of)


def _parameter(inner: str) -> Parameter:
    match = INNER.fullmatch(inner)
    if match is None:
        return Parameter(inner, rest=False, optional=False, constraints=(("unreadable", ""),))
    stars, name, constraints, end = match.groups()
    found = tuple((kind.lower(), given or "") for kind, given in CONSTRAINT.findall(constraints))
    return Parameter(name, rest=bool(stars), optional=end is not None, constraints=found)


def _arrives(path: str, *, open_end: bool) -> bool:
    """Fronts and servers resolve dots and empty segments and refuse control characters, encoded ones too."""
    decoded = unquote_to_bytes(path).decode("utf-8", "surrogateescape")
    *segments, last = decoded[1:].split("/")
    inner = all(segment not in ("", ".", "..") for segment in segments)
    end = last not in (".", "..") and (last != "" or open_end or path == "/")
    return inner and end and CONTROL.search(decoded) is None


# -- constraints


def _between(text: str, low: int, high: int) -> bool:
    return re.fullmatch(r"-?\d{1,19}", text, re.ASCII) is not None and low <= int(text) <= high


def _within(text: str, given: str) -> bool:
    low, _, high = given.partition(",")
    return int(low) <= len(text) <= int(high or low)


def _in_range(text: str, given: str) -> bool:
    low, high = given.split(",")
    return _between(text, int(low), int(high))


def _is_date(text: str, given: str) -> bool:
    # Python reads dates by week as well.
    return "W" not in text and bool(date.fromisoformat(text))


def _is_decimal(text: str, given: str) -> bool:
    return re.fullmatch(r"-?\d{1,12}(\.\d{1,6})?", text, re.ASCII) is not None


CHECKS: Mapping[str, Callable[[str, str], bool]] = {
    "int": lambda text, given: _between(text, -(2**31), 2**31 - 1),
    "long": lambda text, given: _between(text, -(2**63), 2**63 - 1),
    "min": lambda text, given: _between(text, int(given), 2**63 - 1),
    "max": lambda text, given: _between(text, -(2**63), int(given)),
    "range": _in_range,
    "bool": lambda text, given: text.lower() in ("true", "false"),
    "guid": lambda text, given: re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", text) is not None,
    "datetime": _is_date,
    "decimal": _is_decimal,
    "double": _is_decimal,
    "float": _is_decimal,
    "alpha": lambda text, given: text.isascii() and text.isalpha(),
    "required": lambda text, given: bool(text),
    "length": _within,
    "minlength": lambda text, given: len(text) >= int(given),
    "maxlength": lambda text, given: len(text) <= int(given),
    "regex": lambda text, given: (
        re.search(given.replace("\\\\", "\\").replace("{{", "{").replace("}}", "}"), text, re.IGNORECASE) is not None
    ),
}

SAMPLES = (
    *("mira", "7", "true", "5d1b7a52-93f0-4c7e-9d0a-2f6b1c9e8a44", "2025-03-11", "1.5"),
    *("a", "ab", "abc", "12", "123", "1234", "12345", "A1", "a-1", "AB-123", "en-US"),
)
