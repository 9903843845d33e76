"""Laws of reading back: what ``encode`` wrote gives an event that encodes to the same bytes and equals the one sent."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.harness.kit.functions import FUNCTIONS

from fnfuzz.app.model import App, Binding, Function
from fnfuzz.contracts import contracts_for
from fnfuzz.contracts.azure_client import header_groups
from fnfuzz.contracts.azure_values import hoisted, text_of
from fnfuzz.contracts.dotnet import fold, second
from fnfuzz.contracts.fc_headers import hex_digits
from fnfuzz.contracts.model import Delivery, HttpRequest, Request
from fnfuzz.contracts.reading import Read, guess_request, read_request
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, to_data
from fnfuzz.fuzz.mutation.mutate import Mutator
from fnfuzz.fuzz.trees.tree import to_event, to_tree
from fnfuzz.fuzz.words.dictionary import Dictionary
from fnfuzz_strategies import CARRIED_TRIGGERS, deliveries, events_for, example_function
from fnfuzz_strategies.feed import seeds_for

DELIVERY = Delivery(id="7c4d1e2a-55f0-4b11-8f3e-0a1b2c3d4e5f", now="2026-01-02T03:04:05.4471936Z", attempt=2, port=9000)
WORDS = Dictionary(names=("id", "sys", "x-fnfuzz-id"), texts=("a b", "größe"), numbers=(7,), paths=("/p",))


def app_of(*functions: Function) -> App:
    platform: Any = "fc" if functions[0].contract.startswith("fc-") else "azure"
    here = Path()
    return App(root=here, name="app", platform=platform, reason="", command=(), cwd=here, functions=functions)


def carried(function: Function, contract: str, trigger: str) -> Function:
    return replace(function, name=f"{contract}-{trigger}{function.proxying}{function.form}", contract=contract)


def every_function() -> list[Function]:
    """One function for each contract, trigger and form, and those of the kit."""
    found = [
        carried(example_function(contract, trigger), contract, trigger)  # type: ignore[arg-type]
        for contract, triggers in CARRIED_TRIGGERS.items()
        for trigger in triggers
    ]
    topic = next(item for item in found if item.form == "mns-topic-json")
    found += [
        replace(topic, form=form, name=f"topic-{form}")
        for form in ("mns-topic-stream", "mns-queue", "mns-queue-single", "kafka", "rocketmq", "rabbitmq")
    ]
    forward = next(item for item in found if item.contract == "azure-forward")
    found += [replace(forward, proxying=way, name=f"forward-{way}") for way in ("proxy", "legacy")]
    queue = next(item for item in found if (item.contract, item.trigger) == ("azure-http", "queue"))
    binary = Binding(name="event", type="queueTrigger", direction="in", data_type="binary")
    found.append(replace(queue, name="binary", bindings=(binary,)))
    unwatched = Binding(name="tick", type="timerTrigger", direction="in", options={"useMonitor": False})
    timer = next(item for item in found if (item.contract, item.trigger) == ("azure-http", "timer"))
    found += [replace(timer, name="unwatched", bindings=(unwatched,)), replace(timer, name="retried", max_retries=3)]
    return [*found, *FUNCTIONS]


EVERY = every_function()


CODECS = contracts_for(app_of(EVERY[0]))


def sent(function: Function, event: Event, delivery: Delivery) -> Request:
    return CODECS[function.contract].encode(function, event, delivery)


def without_etag(request: Request) -> Request:
    """An OSS event without the digest of a content that is not on the wire."""
    if not isinstance(request, HttpRequest) or b'"acs:oss"' not in request.body:
        return request
    document = orjson.loads(request.body)
    document["events"][0]["oss"]["object"].pop("eTag")
    return replace(request, body=orjson.dumps(document))


def check_law(function: Function, event: Event, delivery: Delivery) -> None:
    request = sent(function, event, delivery)
    read = read_request(app_of(function), request)
    assert read is not None
    assert (read.contract, read.function) == (function.contract, function.name)
    bare = without_etag if isinstance(read.event, BlobEvent) else lambda item: item
    assert bare(sent(function, read.event, read.delivery)) == bare(request)
    if "x-fnfuzz-id" not in repr(event).lower():
        assert bare(sent(function, read.event, delivery)) == bare(request)
        assert shown(read.event, function) == as_carried(event, function)


# -- what each wire carries of an event, written down once more


def as_carried(event: Event, function: Function) -> Event:
    """``event`` as far as the wire of ``function`` carries it."""
    told: Event = _CARRIED[function.contract, event.trigger](event, function)
    return told


def _http_enveloped(event: HttpEvent, function: Function) -> Event:
    groups = header_groups(event)
    headers = tuple((name, value) for name, values in groups.items() for value in values)
    kept = tuple(pair for pair in headers if pair != ("Host", "localhost:7071") and pair[0] != "Content-Length")
    media = "".join(value for name, value in event.headers if name.lower() == "content-type").lower()
    event = replace(event, headers=kept)
    return event if media.startswith(("application/octet-stream", "multipart/")) else with_lookalike(event)


def with_lookalike(event: HttpEvent) -> HttpEvent:
    """Bodies that are no UTF-8 are compared by what the host shows and by their length alone."""
    if text_of(event.body).encode() == event.body:
        return event
    return replace(event, body=b"%d:" % len(event.body) + text_of(event.body).encode())


def shown(event: Event, function: Function) -> Event:
    """A read event, made comparable with ``as_carried``."""
    if function.contract != "azure-http" or not isinstance(event, HttpEvent):
        return event
    return _http_enveloped(event, function)


def _queue_enveloped(event: QueueEvent, function: Function) -> Event:
    usual = QueueEvent()
    binary = function.bindings[:1] and function.bindings[0].data_type == "binary"
    text = event.message.decode("utf-8", "replace")
    gone = set() if binary else {fold(name) for name, _ in hoisted(text)}
    return QueueEvent(
        message=event.message if binary else text.encode(),
        id=usual.id if "ID" in gone else event.id,
        dequeue_count=1 if "DEQUEUECOUNT" in gone else event.dequeue_count,
        inserted=usual.inserted if "INSERTIONTIME" in gone else second(event.inserted),
        expires=usual.expires if "EXPIRATIONTIME" in gone else event.expires and second(event.expires),
        pop_receipt=usual.pop_receipt if "POPRECEIPT" in gone else event.pop_receipt,
    )


def _blob_enveloped(event: BlobEvent, function: Function) -> Event:
    return replace(event, metadata=tuple(dict(event.metadata).items()), modified=second(event.modified))


def _forwarded(event: HttpEvent, function: Function) -> Event:
    lost = {"content-encoding", "content-language", "content-md5", "allow", "expires", "last-modified"}
    lost |= {"content-disposition", "content-location", "content-range"} | (set() if event.body else {"content-type"})
    if function.proxying == "proxy":
        gone = {"connection", "keep-alive", "te", "trailer", "upgrade", "host", "transfer-encoding"}
        return replace(event, headers=dropped(event.headers, gone))
    path = route_of(function).plain_path() if function.proxying == "legacy" else event.path
    query = tuple(joined(event.query, ",", any_case=True).items())
    return replace(event, path=path, query=query, headers=dropped(event.headers, lost))


def dropped(headers: Pairs, names: set[str]) -> Pairs:
    return tuple(pair for pair in headers if pair[0].lower() not in names)


def joined(pairs: Pairs, separator: str, *, any_case: bool) -> dict[str, str]:
    spelling: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, value in pairs:
        name = spelling.setdefault(fold(name) if any_case else name, name)
        values[name] = f"{values[name]}{separator}{value}" if name in values else value
    return values


def _http_line(event: HttpEvent, function: Function) -> Event:
    lowered = tuple((name.lower(), value) for name, value in event.headers)
    return replace(event, headers=tuple(joined(lowered, ", ", any_case=False).items()))


def _queue_line(event: QueueEvent, function: Function) -> Event:
    usual = QueueEvent()
    return replace(
        event,
        inserted=event.inserted.replace("Z", "+00:00"),
        expires=usual.expires,
        pop_receipt=usual.pop_receipt,
        attributes=(),
    )


def _blob_line(event: BlobEvent, function: Function) -> Event:
    return replace(event, metadata=(), modified=BlobEvent().modified)


def utc(time: str, timespec: str = "auto") -> str:
    moment = datetime.fromisoformat(time)
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return datetime.fromisoformat(moment.isoformat(timespec=timespec)).isoformat()


def _fc_queue(event: QueueEvent, function: Function) -> Event:
    usual = QueueEvent()
    if function.form == "mns-topic-stream":
        text = event.attributes and not is_text(event.message)
        message = base64.b64encode(event.message) if text else event.message
        return replace(usual, message=message, attributes=tuple(dict(event.attributes).items()))
    if function.form in _STREAMED:
        message = event.message if is_text(event.message) else base64.b64encode(event.message)
        return _STREAMED[function.form](replace(event, message=message, inserted=utc(event.inserted, "milliseconds")))
    topic = function.form == "mns-topic-json"
    message = base64.b64encode(event.message) if topic and not is_text(event.message) else event.message
    first: dict[str, str] = {}
    for name, value in event.attributes:
        first.setdefault(name, value)
    return replace(
        usual,
        message=message,
        id=event.id.lower(),
        inserted=utc(event.inserted, "milliseconds"),
        attributes=tuple(first.items()) if topic else (),
    )


def _of_kafka(event: QueueEvent) -> Event:
    last = hex_digits(event.id)[20:32]
    return QueueEvent(message=event.message, id=f"00000000-0000-0000-0000-{last}", inserted=event.inserted)


def _of_rocketmq(event: QueueEvent) -> Event:
    usual = QueueEvent()
    attributes = tuple(dict(event.attributes).items())
    return replace(event, expires=usual.expires, pop_receipt=usual.pop_receipt, attributes=attributes)


def _of_rabbitmq(event: QueueEvent) -> Event:
    usual = QueueEvent()
    try:
        value = orjson.loads(event.message)
    except orjson.JSONDecodeError:
        value = None
    return QueueEvent(
        message=orjson.dumps(value) if isinstance(value, dict) else event.message,
        id=event.id,
        dequeue_count=min(2, event.dequeue_count),
        inserted=event.inserted,
        expires=usual.expires,
    )


_STREAMED: Mapping[str, Callable[[QueueEvent], Event]] = {
    "kafka": _of_kafka,
    "rocketmq": _of_rocketmq,
    "rabbitmq": _of_rabbitmq,
}


def is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _fc_blob(event: BlobEvent, function: Function) -> Event:
    own = tuple(dict(event.metadata).items())
    content = bytes(min(len(event.content), 1024 * 1024))
    return replace(event, content=content, metadata=own, modified=utc(event.modified, "milliseconds"))


def _fc_http(event: HttpEvent, function: Function) -> Event:
    spelled: dict[str, str] = {}
    same = tuple((spelled.setdefault(name.lower(), name), value) for name, value in event.headers)
    return replace(
        event,
        headers=tuple(joined(same, ",", any_case=False).items()),
        query=tuple(joined(event.query, ",", any_case=False).items()),
    )


def _web(event: HttpEvent, function: Function) -> Event:
    return replace(event, headers=dropped(event.headers, {"host", "connection", "keep-alive"}))


_CARRIED: Mapping[tuple[str, str], Any] = {
    ("azure-http", "http"): _http_enveloped,
    ("azure-http", "queue"): _queue_enveloped,
    ("azure-http", "blob"): _blob_enveloped,
    ("azure-http", "timer"): lambda event, function: replace(
        event, payload="", due="2026-01-02T03:04:05+00:00" if function.name == "unwatched" else event.due
    ),
    ("azure-forward", "http"): _forwarded,
    ("azure-stdio", "http"): _http_line,
    ("azure-stdio", "queue"): _queue_line,
    ("azure-stdio", "blob"): _blob_line,
    ("azure-stdio", "timer"): lambda event, function: replace(event, payload=""),
    ("fc-event", "raw"): lambda event, function: event,
    ("fc-event", "queue"): _fc_queue,
    ("fc-event", "blob"): _fc_blob,
    ("fc-event", "timer"): lambda event, function: replace(event, past_due=False, due=utc(event.due, "seconds")),
    ("fc-event", "http"): _fc_http,
    ("fc-web", "http"): _web,
}


# -- the laws


@pytest.mark.parametrize("function", EVERY, ids=lambda item: item.name)
def test_seeds_and_their_mutants_read_back(function: Function) -> None:
    mutator = Mutator(Random(11), WORDS)
    count = 0
    for event in seeds_for(function, 20, 0):
        check_law(function, event, DELIVERY)
        tree = to_tree(event, function)
        for _ in range(3):
            mutant = to_event(mutator.mutate(tree), event, function)
            if mutant is not None:
                check_law(function, mutant, DELIVERY)
                count += 1
    assert count or function.trigger == "timer"


@pytest.mark.parametrize("function", [item for item in EVERY if item not in FUNCTIONS[3:]], ids=lambda item: item.name)
@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_drawn_events_read_back_with_any_delivery(function: Function, data: st.DataObject) -> None:
    try:
        events = events_for(function)
    except ValueError:
        events = st.sampled_from(list(seeds_for(function, 20, 0)))
    event = data.draw(events)
    delivery = data.draw(deliveries())
    request = sent(function, event, delivery)
    read = read_request(app_of(function), request)
    assert read is not None
    bare = without_etag if isinstance(event, BlobEvent) else lambda item: item
    assert bare(sent(function, read.event, read.delivery)) == bare(request)
    assert bare(sent(function, read.event, delivery)) == bare(request)


@pytest.mark.parametrize("function", [item for item in EVERY if item in FUNCTIONS[:3]], ids=lambda item: item.name)
@given(
    body=st.one_of(
        st.binary(max_size=12),
        st.text(max_size=5).map(lambda text: text.encode("utf-16")),
        # Cut off in the middle of a character.
        st.text(max_size=5).map(lambda text: text.encode("utf-16")[:-1]),
    ),
    media=st.sampled_from(("text/plain", "application/octet-stream", "multipart/form-data", "")),
)
def test_bodies_of_any_bytes_look_the_same_again(function: Function, body: bytes, media: str) -> None:
    event = HttpEvent(method="POST", path="/api/Http0", headers=(("Content-Type", media),), body=body)
    request = sent(function, event, DELIVERY)
    read = read_request(app_of(function), request)
    assert read is not None
    assert sent(function, read.event, read.delivery) == request


@pytest.mark.parametrize("function", EVERY, ids=lambda item: item.name)
def test_the_guess_without_an_app_agrees_or_says_nothing(function: Function) -> None:
    for event in seeds_for(function, 20, 0):
        request = sent(function, event, DELIVERY)
        read, guess = read_request(app_of(function), request), guess_request(request)
        assert read is not None
        if guess is not None:
            assert guess.contract == read.contract
            assert guess.function in (function.name, function.name.split("/")[0], "")
            if guess.event != read.event:
                assert isinstance(guess.event, RawEvent) or function.proxying == "legacy" or differs_by_source(function)


def differs_by_source(function: Function) -> bool:
    """Shapes of one trigger are told by the body; a function of another kind may be meant."""
    return function.trigger == "raw" or function.form == "mns-topic-stream"


def test_everything_read_is_plain_data_again() -> None:
    function = example_function("azure-http", "queue")
    read = read_request(app_of(function), sent(function, QueueEvent(message=b'{"Id":5}'), DELIVERY))
    assert isinstance(read, Read)
    assert to_data(read.event)["id"] == QueueEvent().id
    assert read.delivery == replace(DELIVERY, attempt=0)
