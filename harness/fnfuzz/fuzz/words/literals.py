"""The texts in quotes of a source, in most languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["literals"]

LITERAL = re.compile(
    rb"(?<!\w)(?:[fFrRbBuU]{1,2})?"
    rb"(?:\"((?:[^\"\\\n]|\\.){0,4096}+)\"|'((?:[^'\\\n]|\\.){0,4096}+)'|`([^`]{0,4096}+)`)"
)
"""Also empty ones and long ones: where one is passed over, what stands between two others is taken for a text."""


def literals(source: bytes) -> Iterator[tuple[bytes, bool]]:
    """What stands between the quotes, as it is written; and whether a part of it may be put in, as in a template."""
    for match in LITERAL.finditer(source):
        yield match[match.lastindex or 1], match.lastindex == 3
