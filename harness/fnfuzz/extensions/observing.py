"""What all observers in force, ours and those of extensions, say of one exchange."""

from __future__ import annotations

from fnfuzz.app.model import App
from fnfuzz.contracts.model import Violation
from fnfuzz.extensions.force import in_force
from fnfuzz.host.exchange import Exchange

__all__ = ["observed", "violations_of"]


def observed(app: App, exchange: Exchange) -> tuple[Violation, ...]:
    """What the observers of the exchange's contract say."""
    fitting = in_force().observers_of(exchange.function.contract)
    return tuple(violation for observer in fitting for violation in observer.watch(app, exchange))


def violations_of(app: App, exchange: Exchange) -> tuple[Violation, ...]:
    """The rules that an exchange breaks: what the contract says, and what the observers see."""
    return (*exchange.violations, *observed(app, exchange))
