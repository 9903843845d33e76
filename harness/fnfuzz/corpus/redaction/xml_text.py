"""Edits in XML and HTML: by the names of elements and attributes, and in the texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fnfuzz.corpus.redaction.layers import ENTITIES, Edit, shifted

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["xml_edits"]

PART: Final = re.compile(
    r"<!\[CDATA\[(?P<data>(?:[^\]]|\](?!\]>))*+)(?:\]\]>|\Z)|<!--(?P<comment>(?:[^-]|-(?!->))*+)(?:-->|\Z)"
    r"|<[?!][^>]*+>?|</(?P<end>[^>]*+)>?"
    r"|<(?P<start>[A-Za-z_][\w:.-]*+)(?P<attributes>(?:[^<>\"']|\"[^\"<]*+\"|'[^'<]*+')*+)>?|(?P<text>[^<]++)"
)
ATTRIBUTE: Final = re.compile(r"([\w:.-]++)\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)')")
NAMING: Final = frozenset({"name", "key", "id", "field"})
VALUES: Final = frozenset({"value", "val"})


def xml_edits(finder: Finder, text: str, depth: int) -> list[Edit] | None:
    """What to replace in ``text``, or None if it has no element."""
    edits: list[Edit] = []
    rules: list[tuple[str, str]] = []
    elements = 0
    for part in PART.finditer(text):
        kind = part.lastgroup
        if kind == "attributes":
            elements += 1
            named = _attributes(finder, part["attributes"], part.start("attributes"), depth, edits)
            outer = rules[-1][1] if rules else ""
            if not part[0].endswith("/>"):
                rules.append((part["start"], finder.rule_of(_local(part["start"])) or named or outer))
        elif kind == "end":
            _close(rules, part["end"].strip())
        elif kind in ("text", "data", "comment") and part[kind].strip():
            rule = rules[-1][1] if rules and kind != "comment" else ""
            edits += _text(finder, part[kind], part.start(kind), rule, depth, entities=kind == "text")
    return edits if elements else None


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _close(rules: list[tuple[str, str]], name: str) -> None:
    for at in range(len(rules) - 1, max(-1, len(rules) - 64), -1):
        if rules[at][0] == name:
            del rules[at:]
            return


def _attributes(finder: Finder, text: str, at: int, depth: int, edits: list[Edit]) -> str:
    """Edits of the attributes; the rule that one of them names for the element."""
    if "=" not in text:
        return ""
    found = [
        (match[1], match[2] or match[3] or "", match.start(match.lastindex or 0)) for match in ATTRIBUTE.finditer(text)
    ]
    named = next((rule for name, value, _ in found if name.lower() in NAMING and (rule := finder.rule_of(value))), "")
    for name, value, start in found:
        rule = finder.rule_of(_local(name)) or (named if name.lower() in VALUES else "")
        edits += _text(finder, value, at + start, rule, depth, entities=True)
    return named


def _text(finder: Finder, raw: str, at: int, rule: str, depth: int, *, entities: bool) -> list[Edit]:
    if not raw or rule == "keep":
        return []
    layer = ENTITIES.layer(raw) if entities else None
    text = layer.text if layer else raw
    if rule:
        edits = finder.value(text, rule, depth + 1)
    elif finder.suspicious(text):
        edits = finder.find(text, depth + 1)
    else:
        return []
    return shifted(layer.outward(edits) if layer else edits, at)
