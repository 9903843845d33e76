from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import httptools
import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tests.strategies.kit import assert_all_examples, find_any
from tests.strategies.legality import is_legal

from fnfuzz.app.model import ContractId
from fnfuzz.contracts.azure_patterns import BlobPattern, RoutePattern
from fnfuzz.contracts.model import Delivery
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent
from fnfuzz_strategies import (
    CARRIED_TRIGGERS,
    azure_forward_requests,
    azure_http_requests,
    azure_stdio_lines,
    contract_forms,
    deliveries,
    events_for,
    example_function,
    fc_event_requests,
    fc_web_requests,
)

PAIRS: list[tuple[ContractId, str]] = [
    (contract, trigger) for contract in get_args(ContractId) for trigger in CARRIED_TRIGGERS[contract]
]
each_pair = pytest.mark.parametrize(("contract", "trigger"), PAIRS)


class Received:
    """A request as an independent HTTP parser reads it."""

    def __init__(self, raw: bytes) -> None:
        self.target, self.body, self.complete = b"", b"", False
        self.headers: list[tuple[bytes, bytes]] = []
        parser = httptools.HttpRequestParser(self)
        parser.feed_data(raw)
        self.method = parser.get_method()

    def on_url(self, url: bytes) -> None:
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


def _is_line(raw: bytes) -> bool:
    request = json.loads(raw)
    texts = [*request["headers"].values(), *request["query"].values(), request["url"], request["method"]]
    return (
        raw.endswith(b"\n")
        and raw.count(b"\n") == 1
        and {"method", "url", "headers", "query", "body"} <= set(request)
        and all(isinstance(text, str) for text in texts)
        and isinstance(request["body"], str | None)
    )


def _is_invocation(raw: bytes) -> bool:
    received = Received(raw)
    document = json.loads(received.body)
    return received.complete and received.method == b"POST" and list(document) == ["Data", "Metadata"]


def _is_event(raw: bytes) -> bool:
    received = Received(raw)
    return received.complete and (received.method, received.target) == (b"POST", b"/invoke")


PARSES: dict[str, Callable[[bytes], bool]] = {
    "azure-http": _is_invocation,
    "azure-forward": lambda raw: Received(raw).complete,
    "azure-stdio": _is_line,
    "fc-event": _is_event,
    "fc-web": lambda raw: Received(raw).complete,
}


@each_pair
def test_every_form_is_a_legal_event_with_a_request_that_parses(contract: ContractId, trigger: str) -> None:
    forms = contract_forms(contract, trigger)
    assert_all_examples(forms, lambda form: is_legal(form[0]) and PARSES[contract](form[1]), count=80)


@pytest.mark.parametrize(
    ("forms", "contract"),
    [
        (azure_http_requests, "azure-http"),
        (azure_forward_requests, "azure-forward"),
        (azure_stdio_lines, "azure-stdio"),
        (fc_event_requests, "fc-event"),
        (fc_web_requests, "fc-web"),
    ],
)
def test_the_named_forms_need_no_argument(
    forms: Callable[[], SearchStrategy[tuple[Event, bytes]]], contract: str
) -> None:
    assert_all_examples(forms(), lambda form: PARSES[contract](form[1]), count=10)


def test_the_body_of_a_raw_event_arrives_as_it_is() -> None:
    def same(form: tuple[Event, bytes]) -> bool:
        return isinstance(form[0], RawEvent) and Received(form[1]).body == form[0].body

    assert_all_examples(fc_event_requests("raw"), same, count=60)


def test_the_body_of_a_web_request_arrives_as_it_is() -> None:
    def same(form: tuple[Event, bytes]) -> bool:
        received = Received(form[1])
        return (
            isinstance(form[0], HttpEvent)
            and received.method.decode() == form[0].method
            and received.body == form[0].body
        )

    assert_all_examples(fc_web_requests(), same, count=60)


def test_both_framings_occur() -> None:
    forms = azure_http_requests("queue")
    assert find_any(forms, lambda form: b"Transfer-Encoding: chunked" in form[1])
    assert find_any(forms, lambda form: b"Content-Length: " in form[1])


def test_the_host_adds_ids_and_times_of_its_own_form() -> None:
    shape = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z")
    assert_all_examples(deliveries(), lambda added: shape.fullmatch(added.now) is not None and len(added.id) == 36)


def test_events_and_delivery_can_be_given() -> None:
    event, added = QueueEvent(message=b"hello"), Delivery(framing="length", port=1234)
    forms = contract_forms("azure-http", "queue", events=st.just(event), delivered=st.just(added))
    found, raw = find_any(forms, lambda form: True)
    assert found == event
    assert b"127.0.0.1:1234" in raw


@each_pair
def test_events_for_a_function_are_legal_and_of_its_trigger(contract: ContractId, trigger: str) -> None:
    events = events_for(example_function(contract, trigger))
    assert_all_examples(events, lambda event: event.trigger == trigger and is_legal(event), count=30)


def test_events_fit_the_function() -> None:
    web = replace(example_function("azure-http", "http"), route="items/{id:int}", methods=("post",), route_prefix="v1")
    fits = re.compile(r"/v1/items/-?\d+")
    assert_all_examples(
        events_for(web),
        lambda e: isinstance(e, HttpEvent) and e.method == "POST" and fits.fullmatch(e.path) is not None,
    )
    blob = replace(example_function("azure-http", "blob"), source="in/{name}.csv")
    assert_all_examples(events_for(blob), lambda e: isinstance(e, BlobEvent) and e.name.endswith(".csv"), count=30)
    queue = replace(example_function("azure-http", "queue"), max_dequeue_count=2)
    assert_all_examples(events_for(queue), lambda e: isinstance(e, QueueEvent) and e.dequeue_count <= 2, count=30)


@pytest.mark.parametrize("route", ["{*rest}", "a/{b}/{c?}", "{name}.{ext?}", "items/{id:int}"])
def test_the_contract_finds_the_parameters_in_every_path_of_the_route(route: str) -> None:
    pattern = RoutePattern.of("api", route)
    events = events_for(replace(example_function("azure-http", "http"), route=route))
    assert_all_examples(
        events, lambda e: isinstance(e, HttpEvent) and set(pattern.parameters(e.path)) == set(pattern.names), count=50
    )


@pytest.mark.parametrize("source", ["up/{name}", "up/{name}.csv", "up/in/{year}/{name}.{ext}"])
def test_the_contract_finds_the_placeholders_in_every_blob_name(source: str) -> None:
    pattern = BlobPattern.of(source)

    def found(event: Event) -> bool:
        values = [value for _, value in pattern.placeholders(event.name)] if isinstance(event, BlobEvent) else []
        return len(values) == len(pattern.names) and all(values)

    assert_all_examples(events_for(replace(example_function("azure-http", "blob"), source=source)), found, count=50)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: contract_forms("aws", "http"), "contract: 'aws' is none of azure-http"),  # type: ignore[arg-type]
        (lambda: contract_forms("fc-web", "queue"), "trigger: 'queue' is none of http"),
        (lambda: contract_forms("azure-http", "raw"), "trigger: 'raw' is none of http, queue, blob, timer"),
        (lambda: contract_forms("azure-http", events=[]), "events: [] is not a Hypothesis strategy"),  # type: ignore[arg-type]
        (lambda: example_function("azure-forward", "timer"), "trigger: 'timer' is none of http"),
        (
            lambda: events_for(replace(example_function("azure-http", "queue"), trigger="eventHubTrigger")),
            "trigger: 'eventHubTrigger' is none of http",
        ),
    ],
)
def test_a_pair_that_no_contract_carries_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
