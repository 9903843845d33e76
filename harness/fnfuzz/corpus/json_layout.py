"""JSON with one member a line, token by token: numbers, escapes and members that come twice stay as they were sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

__all__ = ["laid_out"]

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_INDENT: Final = "  "
_CLOSES: Final = {"{": "}", "[": "]"}


def laid_out(text: str) -> Iterator[str]:
    """The lines of ``text``, which is valid JSON."""
    line, depth = "", 0
    tokens = _TOKEN.findall(text)
    for token, after in zip(tokens, [*tokens[1:], ""], strict=True):
        if token in _CLOSES and after != _CLOSES[token]:
            yield line + token
            depth += 1
            line = _INDENT * depth
        elif token in ("}", "]") and not line.endswith(("{", "[")):
            yield line
            depth -= 1
            line = _INDENT * depth + token
        elif token == ",":
            yield line + token
            line = _INDENT * depth
        else:
            line += ": " if token == ":" else token
    yield line
