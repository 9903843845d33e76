"""The case file: the smallest event or sequence of one finding, and what is known of it.

JSON. Files of older versions have the keys of the first paragraph only; unknown keys are ignored.

``schema`` ``fnfuzz.case/1``; ``function``, ``rule``, ``place``, ``message`` texts; ``events`` a list of EVENT, the
failing one last; ``functions`` the name of the function that gets each event of a sequence.

``trigger`` that of the function. ``state`` suspected (seen, not tried again yet), confirmed, unstable (seen, but not
every time), shrinking cut short (there may be a smaller case: ``fnfuzz shrink``), fixed, or moved (the same case now
shows another finding, ``moved_to``). ``confirmed`` and ``explanation`` as in the report. ``original`` the EVENT that
showed it first. ``before`` pairs of a function's name and an EVENT that may have led to a failure that did not come
again. ``count`` how often it was seen in all runs, ``first_seen`` and ``last_seen``, ``fixed`` when it was fixed last:
times in UTC, ISO 8601. ``fnfuzz`` the version that wrote it. ``app``, ``options``, ``command`` name the app as the user
did.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast, get_args

from fnfuzz.events import Event, EventDataError, from_data, to_data
from fnfuzz.fuzz.finding import Confirmed, Identity
from fnfuzz.fuzz.plan import KnownCase
from fnfuzz.fuzz.shrinking.explain import Part
from fnfuzz.report.plain_data import part_data

__all__ = ["CASE_SCHEMA", "STATES", "Case", "CaseError", "case_bytes", "known_case", "read_case"]

CASE_SCHEMA = "fnfuzz.case/1"
STATES = ("suspected", "confirmed", "unstable", "shrinking cut short", "fixed", "moved")

TEXTS = (
    "function",
    "rule",
    "place",
    "message",
    "trigger",
    "state",
    "confirmed",
    "first_seen",
    "last_seen",
    "fixed",
    "moved_to",
    "fnfuzz",
    "app",
)
LISTS = ("functions", "options", "command")


class CaseError(ValueError):
    """Text that is neither an event nor a case; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Case:
    """One event, or several for one instance in this order; the other fields are the keys of a case file, empty for a
    plain event.
    """

    events: tuple[Event, ...]
    function: str = ""
    rule: str = ""
    place: str = ""
    functions: tuple[str, ...] = ()
    message: str = ""
    trigger: str = ""
    state: str = ""
    confirmed: Confirmed = "always"
    explanation: tuple[Part, ...] = ()
    passing: Event | None = None
    original: Event | None = None
    before: tuple[tuple[str, Event], ...] = ()
    count: int = 0
    first_seen: str = ""
    last_seen: str = ""
    fixed: str = ""
    moved_to: str = ""
    fnfuzz: str = ""
    app: str = ""
    options: tuple[str, ...] = ()
    command: tuple[str, ...] = ()

    @property
    def identity(self) -> Identity:
        """The finding's identity; files of older versions do not name the trigger."""
        return Identity(self.rule, self.function, self.trigger or self.events[-1].trigger, self.place)

    @property
    def cut_short(self) -> bool:
        """May there be a smaller case?"""
        return self.state == "shrinking cut short"


def read_case(text: str | bytes) -> Case:
    """The case in ``text``: a case file, one event, or a list of events. Raises CaseError."""
    try:
        data = json.loads(text)
    except UnicodeDecodeError as error:
        raise CaseError(f"is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        raise CaseError(f"is not JSON: {error.msg} in line {error.lineno}, column {error.colno}") from error
    except RecursionError as error:
        raise CaseError("is nested too deeply") from error
    if isinstance(data, Mapping) and "schema" in data:
        return _read_case_file(data)
    return Case(_read_events(data if isinstance(data, list) else [data]))


def case_bytes(case: Case) -> bytes:
    """The file of a case, pure ASCII."""
    data: dict[str, Any] = {
        "schema": CASE_SCHEMA,
        "state": case.state,
        "function": case.function,
        "rule": case.rule,
        "trigger": case.trigger,
        "place": case.place,
        "message": case.message,
        "functions": list(case.functions),
        "events": [to_data(event) for event in case.events],
        "confirmed": case.confirmed,
        "explanation": [{**part_data(part), "usual": part.usual} for part in case.explanation],
        "passing": to_data(case.passing) if case.passing is not None else None,
        "count": case.count,
        "first_seen": case.first_seen,
        "last_seen": case.last_seen,
        "fixed": case.fixed or None,
        "moved_to": case.moved_to or None,
        "original": to_data(case.original) if case.original is not None else None,
        "before": [[name, to_data(event)] for name, event in case.before],
        "fnfuzz": case.fnfuzz,
        "app": case.app,
        "options": list(case.options),
        "command": list(case.command),
    }
    return json.dumps(data, indent=2).encode("ascii") + b"\n"


def known_case(case: Case) -> KnownCase:
    """The finding of an earlier run that a case file tells of."""
    return KnownCase(
        identity=case.identity,
        events=case.events,
        functions=case.functions or (case.function,) * len(case.events),
        original=case.original,
        before=case.before,
        confirmed=case.confirmed,
        explanation=case.explanation,
        passing=case.passing,
        cut_short=case.cut_short,
        regressed=case.fixed,
    )


def _read_case_file(data: Mapping[str, object]) -> Case:
    if data["schema"] != CASE_SCHEMA:
        raise CaseError(
            f"schema: {data['schema']!r} is not {CASE_SCHEMA!r}; update fnfuzz, or name a case file of `fnfuzz run`"
        )
    events = data.get("events")
    if not isinstance(events, list):
        raise CaseError("events: expected a list of events")
    texts = {key: _text(data, key) for key in TEXTS}
    lists = {key: _texts(data, key) for key in LISTS}
    if lists["functions"] and len(lists["functions"]) != len(events):
        raise CaseError("functions: expected one name for each event")
    count = data.get("count") or 0
    if not isinstance(count, int) or count < 0:
        raise CaseError("count: expected a number")
    sure = texts.pop("confirmed") or ("always" if len(events) == 1 else "sequence")
    if sure not in get_args(Confirmed):
        raise CaseError(f"confirmed: {sure!r} is none of {', '.join(get_args(Confirmed))}")
    named: dict[str, Any] = {**texts, **lists}
    return Case(
        _read_events(events),
        **named,
        confirmed=cast("Confirmed", sure),
        explanation=_parts(data.get("explanation") or []),
        count=count,
        passing=_event(data, "passing"),
        original=_event(data, "original"),
        before=_before(data.get("before") or []),
    )


def _text(data: Mapping[str, object], key: str) -> str:
    value = data.get(key) or ""
    if not isinstance(value, str):
        raise CaseError(f"{key}: expected a text")
    return value


def _texts(data: Mapping[str, object], key: str) -> tuple[str, ...]:
    value = data.get(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise CaseError(f"{key}: expected a list of texts")
    return tuple(value)


def _event(data: Mapping[str, object], key: str) -> Event | None:
    item = data.get(key)
    return _read_events([item])[0] if item is not None else None


def _before(items: object) -> tuple[tuple[str, Event], ...]:
    if not isinstance(items, list) or not all(
        isinstance(item, list) and len(item) == 2 and isinstance(item[0], str) for item in items
    ):
        raise CaseError("before: expected a list of pairs: the name of a function, an event")
    return tuple((name, _read_events([event])[0]) for name, event in items)


def _parts(items: object) -> tuple[Part, ...]:
    """What ``part_data`` described; not checked more than is needed to show it."""
    try:
        return tuple(
            Part(
                str(item["path"]),
                item["verdict"],
                str(item["text"]),
                item["absent"] or "",
                tuple(tuple(spot) for spot in item["spots"]),
                bool(item.get("usual")),
            )
            for item in cast("list[dict[str, Any]]", items)
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise CaseError("explanation: expected a list of parts of the event") from error


def _read_events(items: list[object]) -> tuple[Event, ...]:
    if not items:
        raise CaseError("holds no event")
    try:
        return tuple(from_data(item) for item in items)
    except EventDataError as error:
        raise CaseError(str(error)) from error
