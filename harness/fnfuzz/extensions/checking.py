"""Own checks and probes as the observers and probes that they are for everybody else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from fnfuzz.app.model import App, Function
from fnfuzz.checks.model import Breach, Observer, Probe, always, fed_by
from fnfuzz.contracts.model import Violation
from fnfuzz.drivers import DriverError
from fnfuzz.extensions.fuse import Fuse
from fnfuzz.extensions.marks import CheckMark, ProbeMark
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["bounded", "observer_of", "probe_of"]

MOST = 20
"""Violations of one exchange, and breaches of one probe, that are taken."""

LONGEST_MESSAGE, LONGEST_PLACE = 2000, 200


def observer_of(target: Callable[..., Any], mark: CheckMark, fuse: Fuse, contracts: tuple[str, ...]) -> Observer:
    """The observer that calls an own check."""
    rule = mark.rule.id

    def look(app: App, exchange: Exchange) -> tuple[Violation, ...]:
        return tuple([_violation(item, rule) for item in _several(target(app, exchange))])

    def watch(app: App, exchange: Exchange) -> Iterable[Violation]:
        return fuse.call(look, app, exchange) or ()

    return Observer(name=rule, rules=(rule,), contracts=contracts, watch=watch)  # type: ignore[arg-type] # own ids too


def probe_of(target: Callable[..., Any], mark: ProbeMark, fuse: Fuse, contracts: tuple[str, ...]) -> Probe:
    """The probe that runs an own experiment. What fails in it ends it with a DriverError, which says why."""
    rule = mark.rule.id
    over = object()

    def begun(host: Host, function: Function) -> Iterator[Any]:
        return iter(_several(target(host, function)))

    def step(steps: Iterator[Any]) -> object:
        item = next(steps, over)
        return item if item is over else _breach(item, rule)

    def run(host: Host, function: Function) -> Iterator[Breach]:
        steps = fuse.call(begun, host, function)
        for _ in range(MOST):
            item = fuse.call(step, steps) if steps is not None else None
            if item is over:
                return
            if not isinstance(item, Breach):
                raise DriverError(fuse.why)
            yield item

    return Probe(
        name=rule,
        title=mark.rule.title,
        rules=(rule,),
        contracts=contracts,  # type: ignore[arg-type] # own ids too
        run=run,
        applies=fed_by(*mark.triggers) if mark.triggers else always,
        scope=mark.scope,
        slow=mark.slow,
        seconds=mark.seconds,
    )


def bounded(violation: Violation) -> Violation:
    """The violation with no more text than a report can bear. Raises TypeError for one that holds no texts."""
    texts = (violation.rule, violation.message, violation.place)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("rule, message and place of a Violation are texts")
    message, place = violation.message[:LONGEST_MESSAGE], violation.place[:LONGEST_PLACE]
    return Violation(violation.rule, _encodable(message), _encodable(place))


def _several(said: Any) -> Iterable[Any]:
    """What a check or a probe gave: nothing, one thing, or several."""
    if said is None:
        return ()
    if isinstance(said, (str, Violation, Breach)):
        return (said,)
    if not isinstance(said, Iterable) or isinstance(said, bytes):
        raise TypeError(f"it gives {type(said).__name__}; texts or Violations are wanted")
    return islice(said, MOST)


def _violation(item: Any, rule: str) -> Violation:
    if isinstance(item, str):
        return bounded(Violation(rule, item))
    if not isinstance(item, Violation):
        raise TypeError(f"it gives {type(item).__name__}; texts or Violations are wanted")
    if item.rule != rule:
        raise ValueError(f"it reports the rule {item.rule!r}, but is the check of {rule!r}")
    return bounded(item)


def _breach(item: Any, rule: str) -> Breach:
    if not isinstance(item, Breach):
        return Breach(_violation(item, rule))
    if item.exchange is not None and not isinstance(item.exchange, Exchange):
        raise TypeError(f"it gives a Breach with {type(item.exchange).__name__}; an Exchange or None is wanted")
    return Breach(_violation(item.violation, rule), item.exchange)


def _encodable(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
