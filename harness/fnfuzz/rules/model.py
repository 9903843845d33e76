"""What a rule is: one numbered fact of a contract that a handler must respect, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

__all__ = ["Rule", "Severity"]

Severity: TypeAlias = Literal["error", "warning"]
"""error: the invocation fails, hangs, is lost or wrong on the real host. warning: works by luck, loses data or
surprises.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One entry of the catalogue.

    ``contracts`` lists the contract ids that the rule belongs to. ``undecided`` is empty for a rule that fnfuzz
    checks; otherwise it says why nothing outside the handler can decide it, and no check may report it.
    """

    id: str
    severity: Severity
    title: str
    """The claim, in the present tense: what a good handler does."""
    reason: str
    """Why the host cares: what the real host does when the rule is broken."""
    remedy: str
    """What to change in the handler."""
    source: str
    """Contract file and section, e.g. ``azure-functions.md 5.1``."""
    contracts: tuple[str, ...]
    undecided: str = ""
