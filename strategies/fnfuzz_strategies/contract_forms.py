"""Events together with the bytes that a real host would send for them, one form for each contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias, cast

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from fnfuzz.app.model import Binding, ContractId, Function
from fnfuzz.events import Event
from fnfuzz_strategies.arguments import check_choice, check_strategy
from fnfuzz_strategies.blob import blob_events
from fnfuzz_strategies.http import METHODS, http_events
from fnfuzz_strategies.queue import queue_events
from fnfuzz_strategies.raw import raw_events
from fnfuzz_strategies.timer import timer_events
from fnfuzz_strategies.times import instants

if TYPE_CHECKING:
    from fnfuzz.contracts.model import Contract, Delivery

__all__ = [
    "CARRIED_TRIGGERS",
    "Form",
    "azure_forward_requests",
    "azure_http_requests",
    "azure_stdio_lines",
    "contract_forms",
    "deliveries",
    "events_for",
    "example_function",
    "fc_event_requests",
    "fc_web_requests",
]

Form: TypeAlias = tuple[Event, bytes]
"""An event, and the request that carries it as it goes over the wire."""

_CODECS: Mapping[str, tuple[str, str]] = {
    # Loaded when first used, so that the event strategies alone need no codec.
    "azure-http": ("fnfuzz.contracts.azure_http", "AzureHttp"),
    "azure-forward": ("fnfuzz.contracts.azure_forward", "AzureForward"),
    "azure-stdio": ("fnfuzz.contracts.azure_stdio", "AzureStdio"),
    "fc-event": ("fnfuzz.contracts.fc_event", "FcEvent"),
    "fc-web": ("fnfuzz.contracts.fc_web", "FcWeb"),
}

CARRIED_TRIGGERS: Mapping[str, tuple[str, ...]] = {
    "azure-http": ("http", "queue", "blob", "timer"),
    "azure-forward": ("http",),
    "azure-stdio": ("http", "queue", "blob", "timer"),
    "fc-event": ("raw", "queue", "blob", "timer", "http"),
    "fc-web": ("http",),
}
"""Which triggers a contract carries."""

_SOURCES: Mapping[str, str] = {"queue": "orders", "blob": "uploads/{name}"}
_FORMS: Mapping[str, str] = {"queue": "mns-topic-json", "blob": "oss", "timer": "timer", "raw": "raw"}


def example_function(contract: ContractId, trigger: str) -> Function:
    """A function ``Example`` that ``contract`` feeds with events of ``trigger``; raises ValueError for a wrong pair."""
    check_choice("contract", contract, tuple(CARRIED_TRIGGERS))
    check_choice("trigger", trigger, CARRIED_TRIGGERS[contract])
    source = _SOURCES.get(trigger, "")
    bindings = [Binding(name="event", type=f"{trigger}Trigger", direction="in")]
    if trigger == "http":
        bindings.append(Binding(name="res", type="http", direction="out"))
    function = Function(name="Example", trigger=trigger, contract=contract, bindings=tuple(bindings), source=source)
    if contract.startswith("fc-"):
        form, name = _FORMS.get(trigger, ""), "" if trigger in ("http", "raw") else "example-trigger"
        return replace(function, bindings=(), form=form, trigger_name=name, route_prefix="")
    if trigger == "http":
        routed = replace(function, route="example/{*rest}", methods=METHODS)
        return replace(routed, proxying="forward") if contract == "azure-forward" else routed
    return function


def _http(function: Function) -> SearchStrategy[Event]:
    methods = tuple(method.upper() for method in function.methods) or METHODS
    if function.contract.startswith("fc-"):
        return http_events(methods=methods, route=function.route or "{*path}", route_prefix="")
    return http_events(methods=methods, route=function.route or function.name, route_prefix=function.route_prefix)


def _queue(function: Function) -> SearchStrategy[Event]:
    attributed = function.form.startswith("mns-topic") or function.form == "rocketmq"
    return queue_events(
        encoding="none" if function.form else "base64",
        max_dequeue_count=max(1, function.max_dequeue_count),
        attributes=attributed,
    )


def _blob(function: Function) -> SearchStrategy[Event]:
    oss = function.contract == "fc-event"
    return blob_events(
        path=function.source or "uploads/{name}",
        folders=oss and not function.source,
        store="oss" if oss else "azure",
    )


_EVENTS: Mapping[str, Callable[[Function], SearchStrategy[Event]]] = {
    "http": _http,
    "queue": _queue,
    "blob": _blob,
    "timer": lambda function: timer_events(),
    "raw": lambda function: raw_events(),
}


def events_for(function: Function) -> SearchStrategy[Event]:
    """Events that can reach ``function``: its route and methods, its blob path, its queue.

    Raises ValueError for a trigger without a strategy.
    """
    return _EVENTS[check_choice("trigger", function.trigger, tuple(_EVENTS))](function)


def deliveries() -> SearchStrategy[Delivery]:
    """What the host adds: an id, a time with seven digits of fraction, and both framings."""
    from fnfuzz.contracts.model import Delivery  # loads every codec, see _CODECS

    times = st.builds(lambda at, ticks: f"{at.isoformat()}.{ticks:07d}Z", instants(), st.integers(0, 9_999_999))
    drawn = st.builds(
        Delivery, id=st.uuids().map(str), now=times, framing=st.sampled_from(("chunked", "length")), port=st.just(9000)
    )
    return st.one_of(st.just(Delivery(port=9000)), drawn)


def contract_forms(
    contract: ContractId,
    trigger: str = "http",
    *,
    function: Function | None = None,
    events: SearchStrategy[Event] | None = None,
    delivered: SearchStrategy[Delivery] | None = None,
) -> SearchStrategy[Form]:
    """Events of ``trigger`` with the bytes of the request by which ``contract`` carries them.

    ``function`` is the one that is invoked (an example by default), ``events`` replaces the events that fit it,
    ``delivered`` what the host adds.
    Raises ValueError if the contract does not carry the trigger.
    """
    check_choice("contract", contract, tuple(CARRIED_TRIGGERS))
    check_choice("trigger", trigger, CARRIED_TRIGGERS[contract])
    target = function or example_function(contract, trigger)
    drawn = events_for(target) if events is None else check_strategy("events", events)
    codec = _codec(contract)

    def form(event: Event, delivery: Delivery) -> Form:
        return event, codec.encode(target, event, delivery).to_bytes()

    added = deliveries() if delivered is None else check_strategy("delivered", delivered)
    return st.builds(form, drawn, added)


def _codec(contract: ContractId) -> Contract:
    module, name = _CODECS[contract]
    return cast("Contract", getattr(import_module(module), name)())


def azure_http_requests(trigger: str = "http", *, function: Function | None = None) -> SearchStrategy[Form]:
    """Requests of the Azure Functions host, with its Data and Metadata envelope (azure-functions.md 3)."""
    return contract_forms("azure-http", trigger, function=function)


def azure_forward_requests(*, function: Function | None = None) -> SearchStrategy[Form]:
    """HTTP requests that the Azure Functions host passes through (azure-functions.md 4)."""
    return contract_forms("azure-forward", "http", function=function)


def azure_stdio_lines(trigger: str = "http", *, function: Function | None = None) -> SearchStrategy[Form]:
    """Lines of the stdio protocol, with their line feed (azure-functions.md 8.1)."""
    return contract_forms("azure-stdio", trigger, function=function)


def fc_event_requests(trigger: str = "raw", *, function: Function | None = None) -> SearchStrategy[Form]:
    """Event invocations of Function Compute (alibaba-fc.md 3.2, 3.5 and 6)."""
    return contract_forms("fc-event", trigger, function=function)


def fc_web_requests(*, function: Function | None = None) -> SearchStrategy[Form]:
    """HTTP invocations of Function Compute (alibaba-fc.md 3.4)."""
    return contract_forms("fc-web", "http", function=function)
