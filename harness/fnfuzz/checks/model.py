"""Two kinds of checks: observers look at every exchange, probes are small scripted experiments (docs/design.md)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from fnfuzz.app.model import App, ContractId, Function
from fnfuzz.contracts.model import Violation
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["Applies", "Breach", "Observer", "Probe", "always", "fed_by"]


@dataclass(frozen=True, slots=True)
class Breach:
    """A violation together with the exchange that shows it, None where no single exchange does."""

    violation: Violation
    exchange: Exchange | None = None


Watch: TypeAlias = Callable[[App, Exchange], Iterable[Violation]]
Experiment: TypeAlias = Callable[[Host, Function], Iterator[Breach]]
Applies: TypeAlias = Callable[[App, Function], bool]


def alone(experiment: Experiment) -> Experiment:
    """The same experiment on a host that keeps no spare instance beside the one that is looked at."""

    @functools.wraps(experiment)
    def run(host: Host, function: Function) -> Iterator[Breach]:
        with host.alone():
            yield from experiment(host, function)

    return run


def always(app: App, function: Function) -> bool:
    """The experiment makes sense for every function of its contracts."""
    return True


def fed_by(*triggers: str) -> Applies:
    """The experiment makes sense for functions with one of these triggers."""
    return lambda app, function: function.trigger in triggers


@dataclass(frozen=True, slots=True, kw_only=True)
class Observer:
    """Looks at one exchange after the contract did; a pure function, called for every exchange, so it must be quick."""

    name: str
    rules: tuple[str, ...]
    contracts: tuple[ContractId, ...]
    watch: Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One experiment. ``scope`` app runs it once (with the app's first function of these contracts), function once for
    each.

    ``applies`` says for which functions it means anything; for others it has no line in the table.

    ``title`` is its line in the conformance table. ``slow`` probes (idle connections, time-outs) run last. The
    experiment may restart or end the host's instance as it likes; it must leave no other process and stay within
    ``seconds``.
    """

    name: str
    title: str
    rules: tuple[str, ...]
    contracts: tuple[ContractId, ...]
    run: Experiment
    applies: Applies = always
    scope: Literal["app", "function"] = "function"
    slow: bool = False
    seconds: float = 10.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "run", alone(self.run))
