"""The x-fc-* headers that a request may lack, and what becomes of a handler without them (alibaba-fc.md 3.3)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeAlias

from fnfuzz.app.model import Function
from fnfuzz.checks.fc_trials import Change, breach, crashed, deliver, event_maker
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.contracts.model import HttpRequest
from fnfuzz.events import Event, Pairs
from fnfuzz.host.session import Host

__all__ = ["FC_HEADER_PROBES"]

MAY_BE_EMPTY = frozenset(
    f"x-fc-{name}"
    for name in (
        "version-id",
        "service-name",
        "service-logproject",
        "service-logstore",
        "access-key-id",
        "access-key-secret",
        "security-token",
        "function-initializer",
        "initialization-timeout",
    )
)
"""Headers that the host sends without a value: no role, version LATEST, FC3, no log store (alibaba-fc.md 3.3)."""


def drop_fc(headers: Pairs) -> Pairs:
    """Without any x-fc-* header, as local drivers leave out some of them and a direct call has none."""
    return tuple(pair for pair in headers if not _is_fc(pair[0]))


def empty_optional(headers: Pairs) -> Pairs:
    """As for a function without role, log store and version."""
    return tuple((name, "" if name.lower() in MAY_BE_EMPTY else value) for name, value in headers)


def _is_fc(name: str) -> bool:
    return name.lower().startswith("x-fc-")


HeaderChange: TypeAlias = Callable[[Pairs], Pairs]

HEADER_FORMS: Mapping[str, HeaderChange] = {"empty": empty_optional, "absent": drop_fc}


def bears_missing_headers(host: Host, function: Function) -> Iterator[Breach]:
    """The same request with its optional x-fc-* headers empty, and without them."""
    event = event_maker(host, function)("mira")
    told: set[str] = set()
    for form, change in HEADER_FORMS.items():
        shown = None
        for _ in range(2):
            if crashed(deliver(host, function, event)):
                return
            shown = deliver(host, function, event, with_headers(change))
            if not crashed(shown):
                break
        else:
            culprits = _culprits(host, function, event, change)
            name = next((name for name in culprits if name not in told), "")
            if told and not name:
                return
            told.add(name)
            what = f"the header {name} is {form}" if name else f"the optional x-fc-* headers are {form}"
            message = f"The handler fails when {what}, on a request that it answers otherwise."
            yield breach("missing-or-empty-fc-header-crash", message, name.lower() or form, shown)


def with_headers(change: HeaderChange, only: str = "") -> Change:
    """A change of all headers, or of the one that is named ``only``."""

    def apply(request: HttpRequest) -> HttpRequest:
        each = (change((pair,)) if pair[0] == only or not only else (pair,) for pair in request.headers)
        return replace(request, headers=tuple(itertools.chain.from_iterable(each)))

    return apply


def _culprits(host: Host, function: Function, event: Event, change: HeaderChange) -> list[str]:
    """The headers whose change alone makes the handler fail; empty when only several together do."""
    full = deliver(host, function, event).request
    assert isinstance(full, HttpRequest)
    changed = [pair for pair in full.headers if change((pair,)) != (pair,)]
    return [name for name, _ in changed if crashed(deliver(host, function, event, with_headers(change, name)))]


FC_HEADER_PROBES: tuple[Probe, ...] = (
    Probe(
        name="fc-headers",
        title="Bears missing x-fc-* headers",
        rules=("missing-or-empty-fc-header-crash",),
        contracts=("fc-event", "fc-web"),
        run=bears_missing_headers,
        seconds=20.0,
    ),
)
