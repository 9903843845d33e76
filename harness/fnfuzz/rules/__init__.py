"""The rule catalogue: every fact of the contracts that a handler must respect, as data."""

from __future__ import annotations

from collections.abc import Mapping

from fnfuzz.rules.azure import AZURE_RULES
from fnfuzz.rules.common import COMMON_RULES
from fnfuzz.rules.fc import FC_RULES
from fnfuzz.rules.hostile import HOSTILE_RULES
from fnfuzz.rules.model import Rule, Severity
from fnfuzz.rules.stdio import STDIO_RULES

__all__ = ["RULES", "Rule", "Severity"]

RULES: Mapping[str, Rule] = {
    rule.id: rule for rule in (*COMMON_RULES, *AZURE_RULES, *STDIO_RULES, *FC_RULES, *HOSTILE_RULES)
}
"""Every rule by its id, in the order of the contract files."""
