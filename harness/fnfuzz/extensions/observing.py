"""What all observers in force, ours and those of extensions, say of one exchange."""

from __future__ import annotations

from collections.abc import Mapping

from fnfuzz.app.model import App
from fnfuzz.contracts.model import Violation
from fnfuzz.extensions.force import in_force
from fnfuzz.host.exchange import Exchange

__all__ = ["observed", "violations_of"]


def observed(
    app: App, exchange: Exchange, checks: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Violation, ...]:
    """What the observers of the exchange's contract say.

    ``checks`` names the own ones that are wanted, by function; for a function that is not in it all are.
    """
    extensions = in_force()
    fitting = extensions.observers_of(exchange.function.contract)
    if checks:
        named = checks.get(exchange.function.name)
        fitting = tuple(item for item in fitting if extensions.wants(item.name, named))
    return tuple(violation for observer in fitting for violation in observer.watch(app, exchange))


def violations_of(
    app: App, exchange: Exchange, checks: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Violation, ...]:
    """The rules that an exchange breaks: what the contract says, and what the observers see; ``checks`` as above."""
    return (*exchange.violations, *observed(app, exchange, checks))
