"""Whose a mere ``name`` is: a person's, where an address or a number of theirs stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["NAME_RULE", "is_name", "is_person", "person_rules", "tells_of_person"]

NAME_RULE: Final = "name:words"
BESIDE: Final = ("email:", "phone:", "birth:", "identity:", "name:")


def is_name(name: str) -> bool:
    """Is it called that and nothing more?"""
    return len(name) == 4 and name.lower() == "name"


def tells_of_person(rule: str) -> bool:
    """Is what this rule applies to a part of what is known of a person?"""
    return rule.startswith(BESIDE)


def is_person(finder: Finder, names: Iterable[str]) -> bool:
    """Do these names, beside each other, tell of a person?"""
    return finder.rules.on("name") and any(tells_of_person(finder.rule_of(name)) for name in names)


def person_rules(finder: Finder, names: Sequence[str], rules: list[str]) -> list[str]:
    """The rules of all ``names`` that stand beside each other, with one for ``name`` among a person's."""
    if not is_person(finder, names):
        return rules
    return [rule or (NAME_RULE if is_name(name) else "") for name, rule in zip(names, rules, strict=True)]
