"""Rules as data: the default ones, with those of a project put on top."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fnfuzz.corpus.redaction.defaults import HARMLESS, NAME_RULES, RULE_IDS
from fnfuzz.corpus.redaction.names import spoken
from fnfuzz.corpus.redaction.shapes import SHAPES, Shape

__all__ = ["DEFAULT_RULES", "USER_KINDS", "RedactionRules", "RulesError"]

USER_KINDS: Final = ("secret", "digits", "phone", "email", "date", "words")
KEYS: Final = ("off", "keys", "keep", "patterns")
MOST: Final = 1000
"""Entries in one list."""


class RulesError(ValueError):
    """Rules that cannot be used; the text names the key and what is expected there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactionRules:
    """What a project changes in the default rules.

    ``off`` names default rules that do not apply. ``keys`` gives the kind of stand-in for values under a name, whatever
    its spelling. ``keep`` lists names whose values are left alone, whatever they look like. ``patterns`` gives, by the
    id of a new rule, a regular expression and the kind for what it matches anywhere.
    """

    off: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    keep: tuple[str, ...] = ()
    patterns: tuple[tuple[str, str, str], ...] = ()

    @classmethod
    def from_data(cls, data: object) -> RedactionRules:
        """From plain data, as in ``{"off": ["phone"], "keys": {"loyaltyNo": "digits"}, "keep": ["traceparent"],
        "patterns": {"ticket": {"regex": "T-[0-9]{6}", "kind": "digits"}}}``. Raises RulesError.
        """
        if not isinstance(data, Mapping):
            raise RulesError(f"redaction rules are an object, not {type(data).__name__}")
        for key in data:
            if key not in KEYS:
                raise RulesError(f"{key}: redaction rules have no such key; they have {', '.join(KEYS)}")
        return cls(
            off=tuple(_known_rule(at, name) for at, name in _texts(data, "off")),
            keys=tuple(_named_kinds(data)),
            keep=tuple(_name(at, name) for at, name in _texts(data, "keep")),
            patterns=tuple(_patterns(data)),
        )

    def to_data(self) -> dict[str, Any]:
        """Plain data that ``from_data`` reads."""
        return {
            "off": list(self.off),
            "keys": dict(self.keys),
            "keep": list(self.keep),
            "patterns": {name: {"regex": regex, "kind": kind} for name, regex, kind in self.patterns},
        }

    def names(self) -> list[tuple[str, str]]:
        """Pairs of name pattern and ``rule:kind``; ``keep`` for one that is left alone, nothing for a harmless one."""
        pairs = [(name, "") for name in HARMLESS]
        for rule in NAME_RULES:
            if rule.id not in self.off:
                pairs += [(name, f"{rule.id}:{rule.kind}") for name in rule.names]
        pairs += [(name, f"keys.{name}:{kind}") for name, kind in self.keys]
        return pairs + [(name, "keep") for name in self.keep]

    def shapes(self) -> tuple[Shape, ...]:
        """What is looked for in texts, a project's own patterns first."""
        own = [Shape(f"patterns.{name}", kind, re.compile(regex)) for name, regex, kind in self.patterns]
        return (*own, *(shape for shape in SHAPES if shape.rule not in self.off))

    def on(self, rule: str) -> bool:
        """Does this rule apply?"""
        return rule not in self.off


DEFAULT_RULES: Final = RedactionRules()


def _texts(data: Mapping[str, object], key: str) -> Iterator[tuple[str, str]]:
    values = data.get(key, ())
    if not isinstance(values, (list, tuple)):
        raise RulesError(f"{key}: expected a list of texts, not {type(values).__name__}")
    if len(values) > MOST:
        raise RulesError(f"{key}: {len(values)} entries; {MOST} at most")
    for at, value in enumerate(values):
        if not isinstance(value, str):
            raise RulesError(f"{key}[{at}]: expected a text, not {type(value).__name__}")
        yield f"{key}[{at}]", value


def _object(data: Mapping[str, object], key: str) -> Mapping[str, object]:
    values = data.get(key, {})
    if not isinstance(values, Mapping):
        raise RulesError(f"{key}: expected an object, not {type(values).__name__}")
    if len(values) > MOST:
        raise RulesError(f"{key}: {len(values)} entries; {MOST} at most")
    return values


def _known_rule(place: str, name: str) -> str:
    if name in RULE_IDS and name != "size":
        return name
    close = difflib.get_close_matches(name, RULE_IDS, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(RULE_IDS[:-1])}"
    raise RulesError(f"{place}: no rule {name!r} can be switched off; {hint}")


def _name(place: str, name: object) -> str:
    if not isinstance(name, str) or not spoken(name):
        raise RulesError(f"{place}: {name!r} is no name; it needs letters")
    return name


def _kind(place: str, kind: object) -> str:
    if kind not in USER_KINDS:
        raise RulesError(f"{place}: no kind of stand-in {kind!r}; there are {', '.join(USER_KINDS)}")
    return str(kind)


def _named_kinds(data: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, kind in _object(data, "keys").items():
        yield _name("keys", name), _kind(f"keys.{name}", kind)


def _patterns(data: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    for name, entry in _object(data, "patterns").items():
        place = f"patterns.{name}"
        if not isinstance(entry, Mapping) or set(entry) != {"regex", "kind"} or not isinstance(entry["regex"], str):
            raise RulesError(f"{place}: expected an object with the texts regex and kind")
        try:
            pattern = re.compile(entry["regex"])
        except re.error as error:
            raise RulesError(f"{place}.regex: not a regular expression: {error}") from error
        if pattern.match(""):
            raise RulesError(f"{place}.regex: it matches the empty text; make it match something")
        yield str(name), entry["regex"], _kind(f"{place}.kind", entry["kind"])
