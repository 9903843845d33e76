"""How one entry of the rule tables is written down: positions instead of names, because there are two hundred."""

from __future__ import annotations

from fnfuzz.rules.model import Rule, Severity

__all__ = ["entry"]


def entry(
    document: str,
    contracts: tuple[str, ...],
    name: str,
    severity: Severity,
    section: str,
    title: str,
    reason: str,
    remedy: str,
) -> Rule:
    """One rule of section ``section`` of a contract document."""
    return Rule(
        id=name,
        severity=severity,
        title=title,
        reason=reason,
        remedy=remedy,
        source=f"{document} {section}",
        contracts=contracts,
    )
