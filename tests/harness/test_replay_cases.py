"""What is sent again is what was recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fnfuzz.app import discover
from fnfuzz.contracts import contracts_for
from fnfuzz.contracts.model import Delivery, HttpRequest
from fnfuzz.contracts.reading import read_request
from fnfuzz.corpus import Record
from fnfuzz.events import QueueEvent
from fnfuzz.replay import Cases
from fnfuzz.replay.cases import Case

APP = discover(Path(__file__).parents[2] / "examples" / "azure-http-python", environ={})
FUNCTION = next(item for item in APP.functions if item.trigger == "queue")
JSON = (("Content-Type", "application/json"),)


def case_of(request: HttpRequest) -> Case:
    read = read_request(APP, request)
    assert read is not None
    record = Record(contract="azure-http", function=FUNCTION.name, event=read.event, request=request)
    case = Cases(APP).case("1", record)
    assert isinstance(case, Case)
    return case


def test_what_a_host_sent_is_sent_as_an_event() -> None:
    event = QueueEvent(message=b'{"id":7,"Metadata":{"a":1}}')
    case = case_of(contracts_for(APP)["azure-http"].encode(FUNCTION, event, Delivery()))
    assert case.event == event


def test_how_a_host_lays_out_its_json_does_not_matter() -> None:
    event = QueueEvent(message=b'{"id":7}')
    sent = contracts_for(APP)["azure-http"].encode(FUNCTION, event, Delivery())
    document = dict(reversed(json.loads(sent.body).items()))
    assert case_of(replace(sent, body=json.dumps(document, indent=1).encode())).event == event


@pytest.mark.parametrize("metadata", ["{}", '{"DequeueCount":"1"}'])
def test_what_no_host_sends_is_sent_byte_for_byte(metadata: str) -> None:
    # A host writes a message that is a text as JSON text of that text.
    document = {"Data": {FUNCTION.trigger_name or "order": '{"id":7}'}, "Metadata": json.loads(metadata)}
    body = json.dumps(document)
    assert case_of(HttpRequest("POST", f"/{FUNCTION.name}", JSON, body.encode(), "length")).event is None
