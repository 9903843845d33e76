"""Traits of what the host sends that break handlers: an event fails with the trait and succeeds without it.

The form that the host really sends is on the failing side, one that it does not send (or does not always send) on the
other. An event that fails for another reason fails on both sides, and nothing is said (azure-functions.md 3). A form
that no host sends may also succeed because the handler turns it down politely; so it must tell that form from nonsense.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from fnfuzz.app.model import App, Binding, Function
from fnfuzz.checks.experiment import Trial, deliver, failed, fails_only, meaning, unless_gone
from fnfuzz.checks.model import Breach, Probe
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import Violation
from fnfuzz.events import EVENT_TYPES, BlobEvent, HttpEvent, QueueEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["REQUEST_PROBES"]

SAMPLE = '{"id": "7", "name": "mira"}'
UNKNOWN = "fnfuzzUnknown"
BODY_METHODS = ("POST", "PUT", "PATCH")
NONSENSE = "~fnfuzz{"
OTHER_TEXTS = ("hello", "[]", "7", "{}")


@dataclass(frozen=True, slots=True)
class Sides:
    """Deliveries with the trait (``trial``) and without it (``control``).

    ``nonsense`` means nothing, and at least one of it must be told from ``control``. ``others`` have the trait and must
    fail as well, whatever they hold.
    """

    trial: Trial
    control: Trial
    nonsense: tuple[Trial, ...] = ()
    others: tuple[Trial, ...] = ()


@dataclass(frozen=True, slots=True)
class Trait:
    """``sides`` gives the deliveries to compare, or None where the function cannot get the trait."""

    rule: str
    title: str
    place: str
    message: str
    sides: Callable[[Function], Sides | None]

    def applies(self, app: App, function: Function) -> bool:
        """Can the function get the trait at all?"""
        return function.trigger in EVENT_TYPES and self.sides(function) is not None

    def run(self, host: Host, function: Function) -> Iterator[Breach]:
        """The experiment."""
        sides = self.sides(function)
        if sides is None:
            return
        shown = fails_only(host, function, sides.trial, sides.control)
        if shown is not None and understood(host, function, sides):
            yield Breach(Violation(self.rule, self.message, self.place), shown)


def understood(host: Host, function: Function, sides: Sides) -> bool:
    """Did the control succeed because of what it says, and the trial fail whatever it says?"""
    if any(not failed(deliver(host, function, other.event, other.reshape)) for other in sides.others):
        return False
    if not sides.nonsense:
        return True
    good = deliver(host, function, sides.control.event, sides.control.reshape)
    return not refused(good) and any(_told_apart(host, function, good, bad) for bad in sides.nonsense)


def _told_apart(host: Host, function: Function, good: Exchange, nonsense: Trial) -> bool:
    bad = deliver(host, function, nonsense.event, nonsense.reshape)
    return refused(bad) or meaning(good) != meaning(bad)


def refused(exchange: Exchange) -> bool:
    """Did the event fail, or was the HTTP caller told that it is wrong?"""
    caller = exchange.outcome.caller
    return failed(exchange) or (caller is not None and caller.status >= 400)


def trigger_name(function: Function, envelope: dict[str, Any]) -> str:
    """The key of the trigger's value, which the host writes first."""
    binding = function.trigger_binding
    return function.trigger_name or (binding.name if binding else next(iter(envelope["Data"])))


def _queue_event(function: Function) -> QueueEvent | None:
    event = typical_event(function)
    return event if isinstance(event, QueueEvent) else None


def _http_event(function: Function) -> HttpEvent | None:
    event = typical_event(function)
    return event if isinstance(event, HttpEvent) else None


def _http_event_with_body(function: Function) -> HttpEvent | None:
    method = next((item for item in function.methods or ("POST",) if item.upper() in BODY_METHODS), None)
    return _http_event(replace(function, methods=(method.upper(),))) if method else None


def _plain_count(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    envelope["Metadata"]["DequeueCount"] = int(envelope["Metadata"]["DequeueCount"])
    return envelope


def _no_count(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    envelope["Metadata"]["DequeueCount"] = {}
    return envelope


def number_as_text(function: Function) -> Sides | None:
    """DequeueCount as ``"1"``, and as ``1``."""
    event = _queue_event(function)
    return Sides(Trial(event), Trial(event, _plain_count), (Trial(event, _no_count),)) if event else None


def _query_as_text(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    request = envelope["Data"][trigger_name(function, envelope)]
    request["Query"] = json.dumps(request["Query"])
    return envelope


def _query_as_nonsense(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    envelope["Data"][trigger_name(function, envelope)]["Query"] = NONSENSE
    return envelope


def _query_as_number(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    envelope["Data"][trigger_name(function, envelope)]["Query"] = 7
    return envelope


def query_as_object(function: Function) -> Sides | None:
    """Query as an object, and as the JSON text that old hosts sent."""
    event = _http_event(function)
    if event is None:
        return None
    asked = replace(event, query=(("lang", "pt"),))
    return Sides(
        Trial(asked), Trial(asked, _query_as_text), (Trial(asked, _query_as_nonsense), Trial(asked, _query_as_number))
    )


def _headers_as_text(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    request = envelope["Data"][trigger_name(function, envelope)]
    request["Headers"] = {name: values[0] for name, values in request["Headers"].items()}
    return envelope


def _headers_as_nonsense(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    request = envelope["Data"][trigger_name(function, envelope)]
    request["Headers"] = dict.fromkeys(request["Headers"], 7)
    return envelope


def header_arrays(function: Function) -> Sides | None:
    """Header values as arrays, and as plain texts."""
    event = _http_event(function)
    return Sides(Trial(event), Trial(event, _headers_as_text), (Trial(event, _headers_as_nonsense),)) if event else None


def header_case(function: Function) -> Sides | None:
    """Header names in lower case, as many clients send them, and in their usual case."""
    event = _http_event(function)
    if event is None:
        return None
    lower = replace(event, headers=tuple((name.lower(), value) for name, value in event.headers))
    return Sides(Trial(lower), Trial(event))


def no_body(function: Function) -> Sides | None:
    """A request without Body, and one with it."""
    event = _http_event_with_body(function)
    return Sides(Trial(replace(event, body=b"")), Trial(event)) if event else None


def _content_as_text(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    name = trigger_name(function, envelope)
    value = envelope["Data"][name]
    if isinstance(value, dict):
        value["Body"] = base64.b64decode(value["Body"]).decode()
    else:
        envelope["Data"][name] = base64.b64decode(value).decode()
    return envelope


def _content_as_nonsense(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    name = trigger_name(function, envelope)
    value = envelope["Data"][name]
    if isinstance(value, dict):
        value["Body"] = NONSENSE
    else:
        envelope["Data"][name] = NONSENSE
    return envelope


def base64_content(function: Function) -> Sides | None:
    """Content as base64, and as the text that it is."""
    if function.trigger == "blob":
        blob = typical_event(function)
        if not isinstance(blob, BlobEvent):
            return None
        others = tuple(Trial(replace(blob, content=text.encode())) for text in OTHER_TEXTS)
        return Sides(Trial(blob), Trial(blob, _content_as_text), (Trial(blob, _content_as_nonsense),), others)
    event = _http_event_with_body(function)
    if event is None:
        return None
    kept = tuple(pair for pair in event.headers if pair[0].lower() != "content-type")
    binary = replace(event, headers=(*kept, ("Content-Type", "application/octet-stream")))
    others = tuple(Trial(replace(binary, body=text.encode())) for text in OTHER_TEXTS)
    return Sides(Trial(binary), Trial(binary, _content_as_text), (Trial(binary, _content_as_nonsense),), others)


def _decoded_once(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    name = trigger_name(function, envelope)
    envelope["Data"][name] = json.loads(envelope["Data"][name])
    return envelope


def _message_as_nonsense(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    envelope["Data"][trigger_name(function, envelope)] = NONSENSE
    return envelope


def message_in_json(function: Function) -> Sides | None:
    """A message as JSON text in a string, and as the string alone."""
    event = _queue_event(function)
    binding = function.trigger_binding
    if event is None or (binding is not None and binding.data_type == "binary"):
        return None
    others = tuple(Trial(replace(event, message=text.encode())) for text in OTHER_TEXTS)
    return Sides(Trial(event), Trial(event, _decoded_once), (Trial(event, _message_as_nonsense),), others)


def _with_unknown(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    value = envelope["Data"][trigger_name(function, envelope)]
    if isinstance(value, dict):
        value[UNKNOWN] = "new"
    envelope["Data"][UNKNOWN] = '"new"'
    envelope["Metadata"][UNKNOWN] = '"new"'
    return envelope


def unknown_members(function: Function) -> Sides | None:
    """An envelope with members that are not documented, and one without."""
    event = typical_event(function)
    return Sides(Trial(event, _with_unknown), Trial(event))


def _blob_inputs(function: Function) -> tuple[Binding, ...]:
    trigger = function.trigger_binding
    return tuple(
        item
        for item in function.bindings
        if item.direction == "in" and item is not trigger and item.type.lower() == "blob"
    )


def _with_inputs(envelope: dict[str, Any], function: Function) -> dict[str, Any]:
    for binding in _blob_inputs(function):
        binary = binding.data_type == "binary"
        envelope["Data"][binding.name] = base64.b64encode(SAMPLE.encode()).decode() if binary else json.dumps(SAMPLE)
    return envelope


def null_input(function: Function) -> Sides | None:
    """An input blob that does not exist, and one that does."""
    event = typical_event(function)
    return Sides(Trial(event), Trial(event, _with_inputs)) if _blob_inputs(function) else None


TRAITS = (
    Trait(
        "req-single-decode",
        "Strings are decoded twice",
        "Data",
        "A message is understood when it is encoded once, but not as the host sends it: JSON text in a JSON string.",
        message_in_json,
    ),
    Trait(
        "req-number-as-string",
        "Numbers that arrive as text are understood",
        "Metadata.DequeueCount",
        'The handler understands DequeueCount as the number 1, but not as the host sends it: as the text "1".',
        number_as_text,
    ),
    Trait(
        "req-missing-body",
        "A request without Body is handled",
        "Body",
        "The event succeeds with a body and fails without one, when the request has no member Body.",
        no_body,
    ),
    Trait(
        "req-query-string-form",
        "Query is read as an object",
        "Query",
        "The handler understands Query as JSON text, but not as the host sends it: as an object.",
        query_as_object,
    ),
    Trait(
        "req-header-array",
        "Header values are read as arrays",
        "Headers",
        "The handler understands header values as texts, but not as the host sends them: as arrays of texts.",
        header_arrays,
    ),
    Trait(
        "req-header-array",
        "Header names are read in any case",
        "Headers, lower case",
        "The event succeeds with headers spelled as Content-Type, and fails with them spelled as content-type.",
        header_case,
    ),
    Trait(
        "req-base64-body",
        "Binary content is decoded",
        "content",
        "The handler understands the content as plain text, but not as the host sends it: in base64.",
        base64_content,
    ),
    Trait(
        "req-unknown-member",
        "Unknown members are ignored",
        "Data and Metadata",
        "The event fails as soon as Data and Metadata have a member more.",
        unknown_members,
    ),
    Trait(
        "req-null-input",
        "An input without value is handled",
        "Data",
        "The event succeeds with a value for each input blob, and fails when they do not exist (null).",
        null_input,
    ),
)

REQUEST_PROBES = tuple(
    Probe(
        name=f"{trait.rule.removeprefix('req-')}-{number}",
        title=trait.title,
        rules=(trait.rule,),
        contracts=("azure-http",),
        run=unless_gone(trait.run),
        applies=trait.applies,
        seconds=30.0,
    )
    for number, trait in enumerate(TRAITS, 1)
)
