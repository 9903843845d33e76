"""Rules."""

from __future__ import annotations

from fnfuzz.rules.model import Rule

__all__ = ["AZURE_RULES"]

AZURE_RULES: tuple[Rule, ...] = ()
