"""Edits in multipart bodies: each part is a value under the name of its field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fnfuzz.corpus.redaction.layers import Edit, shifted

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["multipart_edits"]

BOUNDARY: Final = re.compile(r"\s*--([^\r\n]{1,200})\r?\n")
NAME: Final = re.compile(r"(?i)content-disposition:[^\r\n]*?[; ]name\*?=(?:\"([^\"\r\n]*)\"|([^\s;\"]+))")
GAP: Final = re.compile(r"\r?\n\r?\n")


def multipart_edits(finder: Finder, text: str, depth: int) -> list[Edit] | None:
    """What to replace in ``text``, or None if it is no multipart body."""
    first = BOUNDARY.match(text)
    if first is None:
        return None
    mark = "--" + first[1].rstrip()
    edits: list[Edit] = []
    at = text.find(mark) + len(mark)
    parts = 0
    while at < len(text):
        end = text.find("\n" + mark, at)
        end = len(text) if end < 0 else end
        gap = GAP.search(text, at, end)
        if gap is not None:
            parts += 1
            head = text[at : gap.start()]
            if finder.suspicious(head):
                edits += shifted(
                    finder.find(head.replace("--", "  ", 1) if head.startswith("--") else head, depth + 1), at
                )
            stop = end - 1 if text[end - 1 : end] == "\r" else end
            edits += shifted(_body(finder, head, text[gap.end() : stop], depth), gap.end())
        at = end + 1 + len(mark)
    return edits if parts else None


def _body(finder: Finder, head: str, body: str, depth: int) -> list[Edit]:
    name = NAME.search(head)
    rule = finder.rule_of(name[1] or name[2] or "") if name else ""
    if rule:
        return finder.value(body, rule, depth + 1)
    return finder.find(body, depth + 1) if finder.suspicious(body) else []
