"""Edits in queries and forms: ``name=value&name=value``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fnfuzz.corpus.redaction.defaults import QUERY_ONLY
from fnfuzz.corpus.redaction.layers import FORM, Edit, shifted
from fnfuzz.corpus.redaction.persons import person_rules
from fnfuzz.corpus.redaction.shapes import OPAQUE

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["code_rule", "form_edits", "is_form", "query_rule"]

LONG_KEY, SHORT_KEY = 16, 8
"""Characters of a key of any kind, and of one that is no word: own function keys may be short."""

FORM_TEXT: Final = re.compile(r"[\w.~+%\[\]!*()$:@-]++=(?!=*\Z)[^\s&<>\"{}]*+(?:&[^\s&<>\"{}]*+)*+")


def is_form(text: str) -> bool:
    """Is the whole text a form? Base64 with padding is none, nor is a connection string."""
    return FORM_TEXT.fullmatch(text) is not None and (";" not in text or "&" in text)


def query_rule(finder: Finder, name: str, value: str) -> str:
    """The rule for a parameter."""
    return finder.rule_of(name) or code_rule(finder, name, value)


def code_rule(finder: Finder, name: str, value: str) -> str:
    """The rule for ``code`` in a query: a key if it is long, or if letters and digits are mixed in it."""
    identifier, kind, key = QUERY_ONLY
    if name.lower() != key or not finder.rules.on(identifier):
        return ""
    long = len(value) >= LONG_KEY or (len(value) >= SHORT_KEY and OPAQUE.search(value))
    return f"{identifier}:{kind}" if long else ""


def form_edits(finder: Finder, text: str, depth: int) -> list[Edit]:
    """What to replace in a form or in a query without its question mark."""
    edits: list[Edit] = []
    at = 0
    parts = [pair.partition("=") for pair in text.split("&")]
    names = [FORM.layer(raw_name) for raw_name, _, _ in parts]
    values = [FORM.layer(raw) for _, _, raw in parts]
    told = [query_rule(finder, name.text, value.text) for name, value in zip(names, values, strict=True)]
    rules = person_rules(finder, [name.text for name in names], told)
    for (raw_name, sign, raw), name, value, rule in zip(parts, names, values, rules, strict=True):
        if len(name.text) > 5 and finder.suspicious(name.text):
            edits += shifted(name.outward(finder.find(name.text, depth + 1)), at)
        start = at + len(raw_name) + len(sign)
        if raw and rule:
            edits += shifted(value.outward(finder.value(value.text, rule, depth + 1)), start)
        elif raw and finder.suspicious(value.text):
            edits += shifted(value.outward(finder.find(value.text, depth + 1)), start)
        at = start + len(raw) + 1
    return edits
