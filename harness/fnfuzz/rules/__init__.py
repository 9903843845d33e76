"""The rule catalogue: every fact of the contracts that a handler must respect, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from fnfuzz.rules.azure import AZURE_RULES
from fnfuzz.rules.common import COMMON_RULES
from fnfuzz.rules.fc import FC_RULES
from fnfuzz.rules.hostile import HOSTILE_RULES
from fnfuzz.rules.model import Rule, Severity
from fnfuzz.rules.stdio import STDIO_RULES

__all__ = ["RULES", "Rule", "Severity", "admitted_rules"]

_RULES = {rule.id: rule for rule in (*COMMON_RULES, *AZURE_RULES, *STDIO_RULES, *FC_RULES, *HOSTILE_RULES)}
RULES: Mapping[str, Rule] = _RULES
"""Every rule by its id, in the order of the contract files; then those that are admitted."""


@contextmanager
def admitted_rules(rules: Iterable[Rule]) -> Iterator[None]:
    """Within, these rules of users are in the catalogue; their ids are none of ours."""
    added = {rule.id: rule for rule in rules}
    _RULES.update(added)
    try:
        yield
    finally:
        for name in added:
            del _RULES[name]
