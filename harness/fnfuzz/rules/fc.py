"""Rules."""

from __future__ import annotations

from fnfuzz.rules.model import Rule

__all__ = ["FC_RULES"]

FC_RULES: tuple[Rule, ...] = ()
