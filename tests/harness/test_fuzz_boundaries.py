from __future__ import annotations

import base64
import json
import sys
from itertools import islice

import pytest
from tests.harness.kit.functions import FUNCTIONS
from tests.harness.kit.legal import reaches

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent
from fnfuzz.fuzz.mutation.boundaries import MEMBER_VALUES, boundaries, changes
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz_strategies.feed import seeds_for

WORDS = Dictionary(names=("qty", "größe", "a-b"), texts=("a b",), numbers=(7,), paths=())
QUEUE = Function(name="q", trigger="queue", contract="azure-http")
RAW = Function(name="r", trigger="raw", contract="fc-event", form="raw")
HTTP = Function(name="h", trigger="http", contract="azure-forward", route="items/{id}")


def events_of(function: Function, words: Dictionary = WORDS, seed: int = 1) -> list[Event]:
    return list(boundaries(list(seeds_for(function, 50, 0))[:4], function, words, seed))


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda item: item.name)
def test_boundaries_are_legal_and_told_once(function: Function) -> None:
    found = list(islice(boundaries(list(seeds_for(function, 50, 0)), function, WORDS, 1), 700))
    assert [event for event in found if not reaches(event, function)] == []
    assert len(found) == len(set(found)) > 1


def test_boundaries_are_a_function_of_their_arguments() -> None:
    assert events_of(HTTP) == events_of(HTTP)
    other = events_of(HTTP, seed=2)
    assert other != events_of(HTTP)
    assert set(other) == set(events_of(HTTP))


def test_the_seeds_come_first_and_then_all_kinds_in_turn() -> None:
    seeds = [RawEvent(body=b'{"a":1,"b":"x"}'), RawEvent(body=b"[]")]
    found = list(boundaries(seeds, RAW, WORDS, 1))
    assert found[0] == seeds[0]
    assert RawEvent(body=b'{"b":"x"}') in found[:6]
    soon = [event.body for event in found[:60] if isinstance(event, RawEvent)]
    assert any(b"qty" in body for body in soon)
    assert any(not body.startswith((b"{", b"[")) for body in soon)


def test_every_named_member_gets_every_value() -> None:
    found = {event.message for event in boundaries([QueueEvent(message=b"{}")], QUEUE, WORDS, 1)}  # type: ignore[union-attr]
    for name in WORDS.names:
        for value in MEMBER_VALUES:
            text = json.dumps({name: value}, ensure_ascii=False, separators=(",", ":"))
            assert text.encode() in found


def test_query_parameters_paths_and_methods_are_tried() -> None:
    found = [event for event in boundaries([typical_event(HTTP)], HTTP, WORDS, 1) if isinstance(event, HttpEvent)]
    assert {event.method for event in found} == {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"}
    assert any(event.query == (("qty", "-1"),) for event in found)
    assert {"/api/items/%FF", "/api/items/%25", "/api/items/a%20b"} <= {event.path for event in found}


def test_query_parameters_leave_the_range_of_integers_and_name_inherited_members() -> None:
    found = [event for event in boundaries([typical_event(HTTP)], HTTP, WORDS, 1) if isinstance(event, HttpEvent)]
    texts = {text for event in found for name, text in event.query if name == "qty"}
    assert {"255", "2147483648", "99999999999999999999", "constructor"} <= texts


def test_a_name_gets_the_text_that_the_source_compares_it_with() -> None:
    words = Dictionary(names=("kind",), pairs=(("kind", "refund"),))
    messages = {event.message for event in boundaries([QueueEvent(message=b'{"a":1}')], QUEUE, words, 1)}  # type: ignore[union-attr]
    assert b'{"a":1,"kind":"refund"}' in messages
    asked = [event for event in boundaries([typical_event(HTTP)], HTTP, words, 1) if isinstance(event, HttpEvent)]
    assert any(("kind", "refund") in event.query for event in asked)


def test_a_payload_is_nested_deeper_than_the_stack() -> None:
    messages = [event.message for event in boundaries([QueueEvent()], QUEUE, WORDS, 1) if isinstance(event, QueueEvent)]
    assert any(message.startswith(b"[" * 10_000) for message in messages)


def test_blobs_and_timers_have_boundaries() -> None:
    blob = Function(name="b", trigger="blob", contract="azure-http", source="up/{name}")
    found = [event for event in boundaries([BlobEvent()], blob, WORDS, 1) if isinstance(event, BlobEvent)]
    assert any(event.content == b"\xff" for event in found)
    assert len({event.name for event in found}) > 10
    azure, fc = (Function(name="t", trigger="timer", contract=item) for item in ("azure-http", "fc-event"))  # type: ignore[arg-type]
    assert list(boundaries([TimerEvent()], azure, WORDS, 1)) == [TimerEvent(), TimerEvent(past_due=True)]
    assert TimerEvent(payload="{}") in list(boundaries([TimerEvent()], fc, WORDS, 1))


def test_many_seeds_share_the_values(monkeypatch: pytest.MonkeyPatch) -> None:
    words = Dictionary(names=tuple(f"name{number}" for number in range(400)))
    monkeypatch.setattr(sys.modules[boundaries.__module__], "MAX_OF_A_KIND", 3000)
    seeds = [HttpEvent(method="POST", path=f"/api/items/{number}", body=b'{"a":1}') for number in range(100)]
    found = sum(1 for _ in boundaries(seeds, HTTP, words, 1))
    assert 400 * 19 < found < 4 * 3000 + 400 * 25


def test_formats_in_texts_have_boundaries() -> None:
    inner = base64.b64encode(b'{"kind":"a"}').decode()
    seed = RawEvent(body=json.dumps({"at": "2025-03-11", "data": inner}).encode())
    bodies = {event.body for event in boundaries([seed], RAW, WORDS, 1) if isinstance(event, RawEvent)}
    assert any(b'"2024-02-29"' in body for body in bodies)
    assert any(base64.b64encode(b'{"kind":null}') in body for body in bodies)
    rows = RawEvent(body=b"id,price\n1,2\n3,4")
    tables = {event.body for event in boundaries([rows], RAW, WORDS, 1) if isinstance(event, RawEvent)}
    assert b"id,price\n1,2\n3," in tables


def test_compared_members_are_tried_alone_and_together() -> None:
    words = Dictionary(pairs=(("qty", 1000), ("currency", "XAU")))
    seed = QueueEvent(message=b'{"currency":"EUR","lines":[{"qty":1}]}')
    found = [json.loads(event.message) for event in boundaries([seed], QUEUE, words, 1) if is_json(event)]
    assert {"currency": "XAU", "lines": [{"qty": 1001}]} in found
    assert {"currency": "EUR", "lines": [{"qty": 999}]} in found


def is_json(event: Event) -> bool:
    assert isinstance(event, QueueEvent)
    return event.message.startswith(b'{"currency"')


def test_texts_and_lists_get_the_lengths_of_the_source() -> None:
    words = Dictionary(names=("note",), lengths=(137,))
    seed = RawEvent(body=b'{"text":"x","tags":[1]}')
    found = [event.body for event in boundaries([seed], RAW, words, 1) if isinstance(event, RawEvent)]
    for size in (136, 137, 138):
        assert json.dumps({"text": "a" * size, "tags": [1]}, separators=(",", ":")).encode() in found
        assert json.dumps({"text": "x", "tags": [1] * size}, separators=(",", ":")).encode() in found
        assert any(f'"note":"{"a" * size}"'.encode() in body for body in found)


def test_samples_come_first_and_no_run_is_endless() -> None:
    words = Dictionary(names=tuple(f"name{number}" for number in range(400)), samples=('{"order":1}',))
    found = events_of(HTTP, words)
    assert len(found) == 8000
    raw = list(islice(boundaries([RawEvent(body=b"{}")], RAW, words, 1), 2))
    assert raw == [RawEvent(body=b"{}"), RawEvent(body=b'{"order":1}')]


def test_changes_of_one_event_try_every_name_before_another_value() -> None:
    words = Dictionary(names=("alpha", "beta", "gamma"))
    raw = Function(name="r", trigger="raw", contract="fc-event", form="raw")
    bodies = [
        event.body for event in changes(RawEvent(body=b'{"x":"7"}'), raw, words, 1) if isinstance(event, RawEvent)
    ]
    first = [
        next(at for at, body in enumerate(bodies) if b'"%b":"a"' % name in body)
        for name in (b"alpha", b"beta", b"gamma")
    ]
    second = next(at for at, body in enumerate(bodies) if b'"alpha":0' in body)
    assert max(first) < second
    assert len(bodies) == len(set(bodies))
    assert b'{"x":"7","beta":"7"}' in bodies


def test_headers_and_literals_of_the_source_are_tried() -> None:
    words = Dictionary(names=("x",), texts=("x-tenant-id", "EUR 7"))
    web = Function(name="w", trigger="http", contract="fc-web", route_prefix="")
    event = HttpEvent(method="POST", path="/", query=(("to", "a"),), body=b"{}")
    found = [item for item in changes(event, web, words, 1) if isinstance(item, HttpEvent)]
    assert any(("x-tenant-id", "a") in item.headers for item in found)
    assert any(("to", "EUR 7") in item.query for item in found)
