"""How one entry of the Azure rule tables is written down."""

from __future__ import annotations

from typing import Final

from fnfuzz.rules.model import Rule, Severity

__all__ = ["BOTH", "FORWARD", "HTTP", "entry"]

HTTP: Final = ("azure-http",)
FORWARD: Final = ("azure-forward",)
BOTH: Final = ("azure-http", "azure-forward")


def entry(
    contracts: tuple[str, ...], name: str, severity: Severity, section: str, title: str, reason: str, remedy: str
) -> Rule:
    """One rule; ``section`` is the section of azure-functions.md that it comes from."""
    return Rule(
        id=name,
        severity=severity,
        title=title,
        reason=reason,
        remedy=remedy,
        source=f"azure-functions.md {section}",
        contracts=contracts,
    )
