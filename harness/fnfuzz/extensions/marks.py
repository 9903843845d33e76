"""The decorators: each leaves a mark on a function or class, which stays what it was and can be called in tests.

All of them raise TypeError or ValueError for arguments that make no sense; while an extension is loaded, that becomes
an error with file and line.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar, get_args

from fnfuzz.events import EVENT_TYPES
from fnfuzz.rules.model import Rule, Severity

__all__ = [
    "CheckMark",
    "ContractMark",
    "EventsMark",
    "Mark",
    "MutatorMark",
    "ProbeMark",
    "ReporterMark",
    "Transport",
    "check",
    "contract",
    "events",
    "marks_of",
    "mutator",
    "probe",
    "reporter",
    "rule",
]

T = TypeVar("T", bound=Callable[..., Any])
Transport: TypeAlias = Literal["http", "lines"]
Scope: TypeAlias = Literal["app", "function"]

MARKS = "__fnfuzz_marks__"
RULE_ID = re.compile(r"[a-z][a-z0-9-]{0,31}/[a-z][a-z0-9-]{0,63}")
NAME = re.compile(r"[a-z][a-z0-9-]{0,31}")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
LONGEST_TEXT = 500
MOST_WEIGHT = 0.5
LONGEST_PROBE = 600.0
REASON = "This project asks for it; what the real host does about it is not known to fnfuzz."


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMark:
    """An own check: ``(app, exchange)`` -> messages. ``contracts`` empty for all."""

    rule: Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbeMark:
    """An own experiment: ``(host, function)`` -> messages."""

    rule: Rule
    triggers: tuple[str, ...]
    scope: Scope
    slow: bool
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MutatorMark:
    """An own mutation: ``(event, random)`` -> event or None. ``weight`` is its part of the explored events."""

    name: str
    weight: float
    triggers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventsMark:
    """An own source of events: ``(function, count, seed)`` -> events. ``pattern`` is a trigger or a function's name."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractMark:
    """An own contract: a class with ``encode`` and ``decode``. ``ports`` are the variables that name the port."""

    name: str
    triggers: tuple[str, ...]
    transport: Transport
    ports: tuple[str, ...]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReporterMark:
    """An own report: ``(context, path)`` -> Reporter."""

    name: str


Mark: TypeAlias = CheckMark | ProbeMark | MutatorMark | EventsMark | ContractMark | ReporterMark


def marks_of(target: object) -> tuple[Mark, ...]:
    """The marks of a function or class itself, not of what it inherits from."""
    found: tuple[Mark, ...] = getattr(target, "__dict__", {}).get(MARKS, ())
    return found


def rule(
    id: str, *, title: str, severity: Severity, remedy: str, reason: str = "", contracts: Iterable[str] = ()
) -> Rule:
    """A rule of one's own, for contracts that break several. ``id`` is GROUP/NAME, so that it is never one of ours;
    ``contracts`` empty for all.
    """
    if not isinstance(id, str) or not RULE_ID.fullmatch(id):
        raise ValueError(f"rule {id!r}: own rules are named GROUP/NAME in small letters, such as 'shop/no-stack-trace'")
    if severity not in get_args(Severity):
        raise ValueError(f"rule {id}: severity is 'error' or 'warning', not {severity!r}")
    return Rule(
        id=id,
        severity=severity,
        title=_text(title, f"rule {id}: title"),
        reason=_text(reason, f"rule {id}: reason") if reason else REASON,
        remedy=_text(remedy, f"rule {id}: remedy"),
        source="",
        contracts=_texts(contracts, "contracts"),
    )


def check(
    *,
    rule: str,
    title: str,
    severity: Severity,
    remedy: str,
    reason: str = "",
    contracts: Iterable[str] = (),
) -> Callable[[T], T]:
    """A function ``(app, exchange)`` that looks at every exchange and gives a text, or several, for what is wrong.

    A text is the message of a finding; a Violation with the same rule also says in which place. It is called for every
    case, so it has to be quick, and must depend on nothing but its arguments.
    """
    mark = CheckMark(rule=_rule(rule, title, severity, remedy, reason, contracts))
    return _marking(mark, "a check", ("app", "exchange"))


def probe(
    *,
    rule: str,
    title: str,
    severity: Severity,
    remedy: str,
    reason: str = "",
    contracts: Iterable[str] = (),
    triggers: Iterable[str] = (),
    scope: Scope = "function",
    slow: bool = False,
    seconds: float = 10.0,
) -> Callable[[T], T]:
    """A function ``(host, function)`` that sends what it likes and yields a text, a Violation or a Breach for what is
    wrong. ``title`` is its line in the table of ``fnfuzz check``; ``seconds`` is how long it takes at most.
    """
    if scope not in get_args(Scope):
        raise ValueError(f"scope is 'app' or 'function', not {scope!r}")
    mark = ProbeMark(
        rule=_rule(rule, title, severity, remedy, reason, contracts),
        triggers=_triggers(triggers),
        scope=scope,
        slow=bool(slow),
        seconds=_number(seconds, "seconds", LONGEST_PROBE),
    )
    return _marking(mark, "a probe", ("host", "function"))


def mutator(name: str, *, weight: float = 0.1, triggers: Iterable[str] = ()) -> Callable[[T], T]:
    """A function ``(event, random)`` that makes another event of one that showed something, or None.

    ``weight`` is its part of the explored events: 0.1 for about every tenth; all mutators together get no more than
    half. Chance has to come from ``random`` alone, so that runs can be repeated.
    """
    mark = MutatorMark(name=_name(name), weight=_number(weight, "weight", MOST_WEIGHT), triggers=_triggers(triggers))
    return _marking(mark, "a mutator", ("event", "random"))


def events(pattern: str) -> Callable[[T], T]:
    """A function ``(function, count, seed)`` that gives events to begin with, ``count`` at most.

    ``pattern`` is a trigger (``queue``), or the name of a function in which ``*`` stands for anything (``Orders*``).
    """
    pattern = _text(pattern, "the pattern")

    def mark_it(target: T) -> T:
        mark = EventsMark(name=getattr(target, "__name__", "events"), pattern=pattern)
        return _marking(mark, "an event source", ("function", "count", "seed"))(target)

    return mark_it


def contract(
    name: str,
    *,
    triggers: Iterable[str] = ("http",),
    transport: Transport = "http",
    port: str | Iterable[str] = ("PORT",),
    rules: Iterable[Rule] = (),
) -> Callable[[T], T]:
    """A class, made without arguments, with ``encode(function, event, delivery)`` -> HttpRequest or LineRequest and
    ``decode(function, event, delivery, observed)`` -> HostOutcome or Verdict; ``--contract NAME`` takes it.

    ``decode`` gets whole answers only: where there is none, fnfuzz reports the rule NAME/no-answer by itself.
    ``transport`` lines is one line to stdin and one JSON object back. ``port`` names the variables that tell the
    handler its port. ``rules`` are those that ``decode`` reports.
    """
    if transport not in get_args(Transport):
        raise ValueError(f"contract {name}: transport is 'http' or 'lines', not {transport!r}")
    ports = (port,) if isinstance(port, str) else tuple(port)
    wrong = [item for item in ports if not isinstance(item, str) or not VARIABLE.fullmatch(item)]
    if wrong or (transport == "http" and not ports):
        raise ValueError(f"contract {name}: port names variables of the environment, such as 'PORT', not {port!r}")
    own = tuple(rules)
    if not all(isinstance(item, Rule) and RULE_ID.fullmatch(item.id) for item in own):
        raise TypeError(f"contract {name}: rules are made by rule(...)")
    mark = ContractMark(
        name=_name(name),
        triggers=_triggers(triggers) or ("http",),
        transport=transport,
        ports=ports if transport == "http" else (),
        rules=own,
    )

    def mark_it(target: T) -> T:
        for method, names in (
            ("encode", ("function", "event", "delivery")),
            ("decode", ("function", "event", "delivery", "observed")),
        ):
            _check_call(getattr(target, method, None), f"{method} of contract {name}", ("self", *names))
        return _marking(mark, "a contract", ())(target)

    return mark_it


def reporter(name: str) -> Callable[[T], T]:
    """A class or function ``(context, path)`` that makes a Reporter; ``--report NAME[=PATH]`` takes it."""
    return _marking(ReporterMark(name=_name(name)), "a report", ("context", "path"))


def _marking(mark: Mark, what: str, names: tuple[str, ...]) -> Callable[[T], T]:
    def mark_it(target: T) -> T:
        _check_call(target, what, names)
        try:
            setattr(target, MARKS, (*marks_of(target), mark))
        except (AttributeError, TypeError) as error:
            raise TypeError(f"{what} is a function or a class, not {target!r}") from error
        return target

    return mark_it


def _check_call(target: object, what: str, names: tuple[str, ...]) -> None:
    if not callable(target):
        raise TypeError(f"{what} is something that can be called, not {target!r}")
    if inspect.iscoroutinefunction(target) or inspect.isasyncgenfunction(target):
        raise TypeError(f"{what} is no async function: nobody would wait for it")
    try:
        inspect.signature(target).bind(*names)
    except TypeError as error:
        raise TypeError(f"{what} is called with ({', '.join(names)}): {error}") from error
    except ValueError:
        # What is not written in Python does not tell its arguments.
        return


def _rule(id: str, title: str, severity: Severity, remedy: str, reason: str, contracts: Iterable[str]) -> Rule:
    return rule(id, title=title, severity=severity, remedy=remedy, reason=reason, contracts=contracts)


def _name(name: object) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise ValueError(f"{name!r}: a name has small letters, digits and hyphens, such as 'swap-currency'")
    return name


def _text(text: object, what: str) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{what} is a text, not {text!r}")
    plain = " ".join(text.split())
    if len(plain) > LONGEST_TEXT:
        raise ValueError(f"{what} has {len(plain)} characters, {LONGEST_TEXT} are the most")
    return plain


def _texts(items: Iterable[str], what: str) -> tuple[str, ...]:
    if isinstance(items, str):
        items = (items,)
    return tuple(_text(item, what) for item in items)


def _triggers(items: Iterable[str]) -> tuple[str, ...]:
    found = _texts(items, "triggers")
    for item in found:
        if item not in EVENT_TYPES:
            raise ValueError(f"trigger {item!r} is none of {', '.join(EVENT_TYPES)}")
    return found


def _number(value: object, what: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value <= most:
        raise ValueError(f"{what} is a number above 0, {most:g} at most, not {value!r}")
    return float(value)
