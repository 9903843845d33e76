"""Edits in tables: the first line names the columns."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from fnfuzz.corpus.redaction.layers import DOUBLED, Edit, shifted
from fnfuzz.corpus.redaction.persons import person_rules

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["csv_edits"]

DELIMITERS: Final = ",;\t|"
FIELDS: Final = {
    sign: re.compile(
        rf'"((?:[^"]|"")*+)"?|([^{re.escape(sign)}\r\n"][^{re.escape(sign)}\r\n]*+)|({re.escape(sign)})|(\r?\n)'
    )
    for sign in DELIMITERS
}


def csv_edits(finder: Finder, text: str, depth: int) -> list[Edit]:
    """What to replace in the columns with telling names."""
    end = text.find("\n")
    head = text[:end].strip("\r\ufeff")
    sign = max(DELIMITERS, key=head.count)
    names = [name.strip(' "') for name in head.split(sign)]
    rules = person_rules(finder, names, [finder.rule_of(name) for name in names])
    edits: list[Edit] = []
    column = 0
    for field in FIELDS[sign].finditer(text, end + 1):
        if field.lastindex == 3:
            column += 1
        elif field.lastindex == 4:
            column = 0
        elif field.lastindex and column < len(rules) and rules[column]:
            group = field.lastindex
            layer = DOUBLED.layer(field[group])
            edits += shifted(layer.outward(finder.value(layer.text, rules[column], depth + 1)), field.start(group))
    return edits
