from __future__ import annotations

import json
import re
from collections.abc import Callable
from fnmatch import fnmatchcase

import pytest
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from tests.strategies.kit import assert_all_examples, find_any, minimal
from tests.strategies.legality import is_legal, is_xml_char

from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent, from_data, to_data
from fnfuzz_strategies import Payload, blob_events, http_events, queue_events, raw_events, timer_events

EVERY: dict[str, SearchStrategy[Event]] = {
    "http": http_events(),
    "http at the root": http_events(route_prefix="", methods=("HEAD", "OPTIONS", "POST")),
    "http with a route": http_events(route="albums/{id:int:min(1)}/{*rest}"),
    "http with little room": http_events(max_body=3),
    "queue": queue_events(),
    "queue without base64": queue_events(encoding="none", max_message=40_000),
    "topic": queue_events(attributes=True, encoding="none", max_message=1000),
    "blob": blob_events(),
    "blob in folders": blob_events(path="in/{year}/{name}.{ext}", metadata=False),
    "blob folder": blob_events(path="in", folders=True),
    "blob with little room": blob_events(max_content=1),
    "timer": timer_events(),
    "raw": raw_events(),
}
each = pytest.mark.parametrize("strategy", EVERY.values(), ids=EVERY)


@each
def test_every_example_is_legal(strategy: SearchStrategy[Event]) -> None:
    assert_all_examples(strategy, is_legal)


@each
def test_every_example_survives_a_round_trip_through_json(strategy: SearchStrategy[Event]) -> None:
    assert_all_examples(strategy, lambda event: from_data(json.loads(json.dumps(to_data(event)))) == event, count=60)


@pytest.mark.parametrize(
    ("strategy", "dullest"),
    [
        (http_events(), HttpEvent(path="/api")),
        (http_events(route_prefix="", methods=["PUT"]), HttpEvent(method="PUT")),
        (http_events(route="items/{id:int}"), HttpEvent(path="/api/items/0")),
        (http_events(methods=["POST"], bodies=st.binary()), HttpEvent(method="POST", path="/api")),
        (queue_events(), QueueEvent()),
        (queue_events(encoding="none", attributes=True), QueueEvent()),
        (blob_events(), BlobEvent(name="a")),
        (blob_events(path="in/{name}.csv"), BlobEvent(name="a.csv")),
        (timer_events(), TimerEvent()),
        (raw_events(), RawEvent()),
    ],
)
def test_the_smallest_example_is_the_dullest_event(strategy: SearchStrategy[Event], dullest: Event) -> None:
    assert minimal(strategy) == dullest


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, UnicodeDecodeError):
        return False
    return True


def _media(event: HttpEvent) -> str:
    return next((value for name, value in event.headers if name == "Content-Type"), "")


HTTP_CASES: dict[str, Callable[[HttpEvent], bool]] = {
    "every method": lambda e: e.method == "DELETE",
    "POST without a body": lambda e: e.method == "POST" and not e.body,
    "JSON type without a body": lambda e: e.method == "POST" and not e.body and "json" in _media(e),
    "JSON object": lambda e: "json" in _media(e) and e.body[:1] == b"{" and len(e.body) > 2 and _is_json(e.body),
    "malformed JSON": lambda e: "json" in _media(e) and bool(e.body) and not _is_json(e.body),
    "form": lambda e: "urlencoded" in _media(e) and b"=" in e.body,
    "multipart with a file": lambda e: "multipart/" in _media(e) and b"filename=" in e.body,
    "CSV": lambda e: _media(e) == "text/csv" and e.body.count(b"\n") > 1,
    "body that is not UTF-8": lambda e: not _is_utf8(e.body),
    "body without a media type": lambda e: bool(e.body) and not _media(e),
    "large body": lambda e: len(e.body) >= 16384,
    "query name twice": lambda e: len({name for name, _ in e.query}) < len(e.query),
    "query with an empty value": lambda e: any(not value for _, value in e.query),
    "Unicode in the query": lambda e: any(not value.isascii() for _, value in e.query),
    "Unicode in the path": lambda e: "%C3%A9" in e.path,
    "blank in the path": lambda e: "%20" in e.path,
    "four segments": lambda e: e.path.count("/") == 5,
    "header name twice": lambda e: [name for name, _ in e.headers].count("X-Tag") > 1,
    "header without a value": lambda e: any(not value for _, value in e.headers),
    "large header": lambda e: any(len(value) > 4000 for _, value in e.headers),
}


@pytest.mark.parametrize("condition", HTTP_CASES.values(), ids=HTTP_CASES)
def test_http_events_reach(condition: Callable[[HttpEvent], bool]) -> None:
    assert condition(find_any(http_events(), condition))


QUEUE_CASES: dict[str, Callable[[QueueEvent], bool]] = {
    "empty message": lambda e: e.message == b"",
    "JSON object": lambda e: e.message[:1] == b"{" and len(e.message) > 10 and _is_json(e.message),
    "plain text": lambda e: e.message.isalpha() and not _is_json(e.message),
    "NUL": lambda e: b"\x00" in e.message,
    "Unicode": lambda e: not e.message.isascii(),
    "large message": lambda e: len(e.message) >= 16384,
    "last delivery": lambda e: e.dequeue_count == 5,
    "no expiry": lambda e: e.expires is None,
    "overwrites metadata": lambda e: b"dequeueCount" in e.message,
}


@pytest.mark.parametrize("condition", QUEUE_CASES.values(), ids=QUEUE_CASES)
def test_queue_events_reach(condition: Callable[[QueueEvent], bool]) -> None:
    assert condition(find_any(queue_events(), condition))


def test_a_queue_without_base64_carries_only_what_xml_takes() -> None:
    def fits(event: QueueEvent) -> bool:
        return all(is_xml_char(ch) for ch in event.message.decode())

    assert_all_examples(queue_events(encoding="none"), fits)
    assert find_any(queue_events(encoding="none"), lambda event: not event.message.isascii())


def test_attributes_come_only_when_asked_for() -> None:
    assert_all_examples(queue_events(), lambda event: event.attributes == (), count=30)
    assert find_any(queue_events(attributes=True), lambda event: len(event.attributes) == 2).attributes


BLOB_CASES: dict[str, Callable[[BlobEvent], bool]] = {
    "empty content": lambda e: e.content == b"",
    "content that is not UTF-8": lambda e: not _is_utf8(e.content),
    "folder in the name": lambda e: "/" in e.name,
    "blank in the name": lambda e: " " in e.name,
    "percent in the name": lambda e: "%" in e.name,
    "Unicode in the name": lambda e: not e.name.isascii(),
    "longest name": lambda e: len(e.name.encode()) == 1023,
    "metadata": lambda e: len(e.metadata) > 1,
    "large content": lambda e: len(e.content) >= 16384,
    "another time": lambda e: e.modified != BlobEvent().modified,
}


@pytest.mark.parametrize("condition", BLOB_CASES.values(), ids=BLOB_CASES)
def test_blob_events_reach(condition: Callable[[BlobEvent], bool]) -> None:
    assert condition(find_any(blob_events(), condition))


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("uploads/{name}", "*"),
        ("uploads/{name}.csv", "*.csv"),
        ("uploads/in/{year}/{name}.{ext}", "in/*/*.*"),
        ("uploads/{{x}}-{name}", "{x}-*"),
        ("uploads/fixed.txt", "fixed.txt"),
    ],
)
def test_blob_names_match_their_path(path: str, shape: str) -> None:
    assert_all_examples(blob_events(path=path), lambda event: fnmatchcase(event.name, shape), count=60)


def test_a_name_with_several_placeholders_can_be_taken_apart_in_one_way() -> None:
    one = re.compile(r"in/[^/.]+/[^/.]+\.[^/.]+")
    events = blob_events(path="up/in/{year}/{name}.{ext}")
    assert_all_examples(events, lambda event: one.fullmatch(event.name) is not None, count=60)


def test_folders_are_empty_objects_whose_name_ends_in_a_slash() -> None:
    folder = find_any(blob_events(path="pics", folders=True), lambda event: event.name.endswith("/"))
    assert folder.content == b""


def test_timers_fire_late_and_carry_text() -> None:
    assert find_any(timer_events(), lambda event: event.past_due and bool(event.payload)).past_due
    assert find_any(timer_events(), lambda event: event.payload.startswith("{")).payload
    assert find_any(timer_events(), lambda event: event.due != TimerEvent().due).due


@pytest.mark.parametrize(
    "wanted", [lambda b: not _is_utf8(b), lambda b: len(b) > 10 and _is_json(b), lambda b: b"\x00" in b]
)
def test_raw_events_reach_any_bytes(wanted: Callable[[bytes], bool]) -> None:
    assert wanted(find_any(raw_events(), lambda event: wanted(event.body)).body)


def test_bodies_of_the_caller_are_the_only_bodies_of_methods_that_carry_one() -> None:
    events = http_events(methods=("GET", "POST"), bodies=st.just(Payload("a/b", b"x")))
    wanted = {("GET", b""), ("POST", b"x")}
    assert_all_examples(events, lambda event: (event.method, event.body) in wanted, count=60)
    assert _media(find_any(events, lambda event: event.method == "POST")) == "a/b"


def test_contents_and_messages_of_the_caller_are_used_as_they_are() -> None:
    assert_all_examples(blob_events(contents=st.just(b"x")), lambda event: event.content == b"x", count=20)
    assert_all_examples(queue_events(messages=st.just(b"x")), lambda event: event.message == b"x", count=20)
    assert_all_examples(raw_events(bodies=st.just(b"x")), lambda event: event.body == b"x", count=20)
    assert_all_examples(timer_events(texts_configured=st.just("x")), lambda event: event.payload == "x", count=20)


@pytest.mark.parametrize("size", [0, 1, 5, 300])
def test_sizes_are_kept(size: int) -> None:
    assert_all_examples(http_events(max_body=size), lambda event: len(event.body) <= size, count=60)
    assert_all_examples(queue_events(max_message=size), lambda event: len(event.message) <= size, count=60)
    assert_all_examples(blob_events(max_content=size), lambda event: len(event.content) <= size, count=60)
    assert_all_examples(raw_events(max_body=size), lambda event: len(event.body) <= size, count=60)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: http_events(methods=()), "methods: () is not a non-empty list"),
        (lambda: http_events(methods="GET"), "methods: 'GET' is not a non-empty list"),
        (lambda: http_events(methods=("CONNECT",)), "methods: 'CONNECT' is none of"),
        (lambda: http_events(max_body=-1), "max_body: -1 is not a whole number"),
        (lambda: http_events(max_body=True), "max_body: True is not a whole number"),
        (lambda: http_events(bodies=b"x"), "bodies: b'x' is not a Hypothesis strategy"),  # type: ignore[arg-type]
        (lambda: http_events(methods=("GET",), bodies=st.binary()), "bodies: none of the methods GET carries a body"),
        (lambda: http_events(route=None), "route: None is not text"),  # type: ignore[arg-type]
        (lambda: queue_events(encoding="gzip"), "encoding: 'gzip' is none of base64, none"),  # type: ignore[arg-type]
        (lambda: queue_events(max_message=49153), "max_message: 49153 is not a whole number from 0 to 49152"),
        (lambda: queue_events(max_dequeue_count=0), "max_dequeue_count: 0 is not a whole number"),
        (lambda: blob_events(path="in/{name"), "path: 'in/{name' has a lone '{'"),
        (lambda: blob_events(path="in/{a}{b}"), "path: 'in/{a}{b}' has two placeholders with nothing between"),
        (lambda: blob_events(path="in/a\x00"), "holds a character that no blob name may hold"),
        (lambda: blob_events(path="in/" + "a" * 1023 + "{name}"), "leaves no room"),
        (lambda: blob_events(path="in/{name}.txt", folders=True), "folders: no name that ends in '/'"),
        (lambda: timer_events(texts_configured="x"), "texts_configured: 'x' is not a Hypothesis strategy"),  # type: ignore[arg-type]
        (lambda: raw_events(max_body=2**40), "max_body: 1099511627776 is not a whole number"),
    ],
)
def test_a_wrong_argument_is_named_with_its_value(call: Callable[[], object], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


@pytest.mark.parametrize(
    ("strategy", "message"),
    [
        (queue_events(messages=st.just(b"\xff")), "which is not UTF-8"),
        (queue_events(messages=st.just(b"\x00"), encoding="none"), "which XML 1.0 cannot carry"),
        (queue_events(messages=st.just(b"abc"), max_message=2), "drew 3 bytes, the queue takes 2"),
        (queue_events(messages=st.just("a")), "drew 'a', which is not bytes"),  # type: ignore[arg-type]
        (http_events(methods=["POST"], bodies=st.just("a")), "neither bytes nor a Payload"),  # type: ignore[arg-type]
        (blob_events(contents=st.just("a")), "neither bytes nor a Payload"),  # type: ignore[arg-type]
    ],
)
def test_a_value_that_cannot_be_sent_is_an_error_and_not_left_out(
    strategy: SearchStrategy[Event], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        assert_all_examples(strategy, is_legal, count=5)
