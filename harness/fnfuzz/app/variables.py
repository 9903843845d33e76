"""The ``${...}`` variables of Serverless Devs files: env, vars, this and other resources; all else stays as written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["Variables"]

MAX_DEPTH = 8
MAX_STEPS = 10_000
MAX_TEXT = 65536

_VARIABLE = re.compile(r"\$\{\s*([^${}]+?)\s*\}")
_ENV = re.compile(r"env\(\s*['\"]?([^'\",()]+?)['\"]?\s*(?:,\s*['\"]?([^'\")]*?)['\"]?\s*)?\)", re.IGNORECASE)
_UNKNOWN = object()


class Variables:
    """Resolves the variables of one file. ``left`` holds those that could not be resolved, as written."""

    def __init__(self, tree: Any, environ: Mapping[str, str]) -> None:
        self.tree = tree
        self.environ = environ
        self.left: dict[str, None] = {}
        self._steps = 0

    def resolve(self, value: Any, this: Any, depth: int = 0) -> Any:
        """``value`` with its variables replaced; ``this`` is the resource around it."""
        if isinstance(value, str):
            return self._text(value, this, depth)
        if isinstance(value, Mapping):
            return {key: self.resolve(inner, this, depth) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.resolve(inner, this, depth) for inner in value]
        return value

    def _text(self, text: str, this: Any, depth: int) -> Any:
        whole = _VARIABLE.fullmatch(text)
        if whole is not None:
            return self._value(whole, this, depth)
        replaced = _VARIABLE.sub(lambda match: _shown(self._value(match, this, depth), match[0]), text)
        return replaced if len(replaced) <= MAX_TEXT else text

    def _value(self, match: re.Match[str], this: Any, depth: int) -> Any:
        self._steps += 1
        found = self._look_up(match[1], this) if depth < MAX_DEPTH and self._steps < MAX_STEPS else _UNKNOWN
        if found is _UNKNOWN:
            self.left[match[0]] = None
            return match[0]
        return self.resolve(found, this, depth + 1)

    def _look_up(self, name: str, this: Any) -> Any:
        if env := _ENV.fullmatch(name):
            return self.environ.get(env[1], _UNKNOWN if env[2] is None else env[2])
        head, *path = name.split(".")
        if head == "this":
            return _walk(this, path)
        return _walk(self.tree, [head, *path]) if head in ("vars", "resources", "services") else _UNKNOWN


def _walk(value: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return _UNKNOWN
        value = value[name]
    return value


def _shown(value: Any, written: str) -> str:
    if isinstance(value, (Mapping, list)):
        return written
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
