"""Rules."""

from __future__ import annotations

from fnfuzz.rules.model import Rule

__all__ = ["STDIO_RULES"]

STDIO_RULES: tuple[Rule, ...] = ()
