"""Whose a mere ``name`` is: a person's, where an address or a number of theirs stands beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fnfuzz.corpus.redaction.finder import Finder

__all__ = ["NAME_RULE", "is_name", "is_person", "of_person", "person_rules", "tells_of_person"]

NAME_RULE: Final = "name:words"
BESIDE: Final = ("email:", "phone:", "birth:", "identity:", "name:")


def is_name(name: str) -> bool:
    """Is it called that and nothing more?"""
    return len(name) == 4 and name.lower() == "name"


def tells_of_person(rule: str) -> bool:
    """Is what this rule applies to a part of what is known of a person?"""
    return rule.startswith(BESIDE)


def is_person(finder: Finder, rules: Iterable[str]) -> bool:
    """Do things with these rules, beside each other, tell of a person?"""
    return finder.rules.on("name") and any(map(tells_of_person, rules))


def of_person(name: str, rule: str) -> str:
    """The rule for what is called ``name`` among a person's, and had ``rule`` elsewhere."""
    return rule or (NAME_RULE if is_name(name) else "")


def person_rules(finder: Finder, names: Sequence[str], rules: Sequence[str]) -> Sequence[str]:
    """The rules of all ``names`` that stand beside each other, with one for ``name`` among a person's."""
    return list(map(of_person, names, rules)) if is_person(finder, rules) else rules
