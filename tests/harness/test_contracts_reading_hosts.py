"""What real hosts send is wider than what ``encode`` writes, and not every request is an invocation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import App, Binding, Function, Hook
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.fc_lifecycle import health_check_request, hook_request
from fnfuzz.contracts.fc_samples import SAMPLES
from fnfuzz.contracts.model import Delivery, HttpRequest, LineRequest
from fnfuzz.contracts.reading import guess_request, read_request, why_unread
from fnfuzz.events import BlobEvent, HttpEvent, QueueEvent, RawEvent, TimerEvent

HERE = Path()
ID = "0d6a4f0e-3b0e-4a55-9a6c-6f1f9f0c7a11"
HOST_HEADERS = (("traceparent", "00-1-2-01"), ("x-azure-functions-invocationid", ID), ("host", "127.0.0.1:41234"))


def azure(*functions: Function) -> App:
    return App(
        root=HERE, name="shop", platform="azure", reason="", command=(), cwd=HERE, functions=functions, settled=True
    )


def cloud(*functions: Function, **more: Any) -> App:
    return App(root=HERE, name="shop", platform="fc", reason="", command=(), cwd=HERE, functions=functions, **more)


def bound(name: str, trigger: str, parameter: str, **more: Any) -> Function:
    binding = Binding(name=parameter, type=f"{trigger}Trigger", direction="in")
    return Function(name=name, trigger=trigger, contract="azure-http", bindings=(binding,), **more)


SHOP = azure(
    bound("Greet", "http", "req", route="greet/{who}"),
    bound("OnOrder", "queue", "job"),
    bound("OnUpload", "blob", "file", source="uploads/{name}"),
    bound("Tick", "timer", "tick"),
    bound("OnStream", "eventHubTrigger", "reading"),
)
FORWARDING = azure(
    Function(name="Any", trigger="http", contract="azure-forward", route="{*path}", proxying="forward"),
    Function(name="Item", trigger="http", contract="azure-forward", route="items/{id}", proxying="forward"),
    Function(name="Top", trigger="http", contract="azure-forward", route="items/top", proxying="forward"),
)


def posted(name: str, data: Any, metadata: Any) -> HttpRequest:
    body = orjson.dumps({"Metadata": metadata, "Data": data, "Extra": 1})
    return HttpRequest("POST", f"/{name}", HOST_HEADERS, body, "length")


def invoked(body: bytes, *headers: tuple[str, str]) -> HttpRequest:
    said = (("x-fc-request-id", "1-695735a5-15c49df0-b7dc1f2e3a4b"), ("x-fc-control-path", "/invoke"), *headers)
    return HttpRequest("POST", "/invoke", said, body, "length")


def event_of(app: App, request: Any) -> Any:
    read = read_request(app, request)
    assert read is not None
    return read.event


def test_an_http_envelope_of_another_host_version_is_read() -> None:
    request = posted(
        "greet",
        {
            "req": {
                "Url": "https://shop.azurewebsites.net/api/greet/mira?lang=pt+br&x&code=k%3D",
                "Method": "POST",
                "Query": "{}",
                "Headers": {"X-Forwarded-For": "1.2.3.4", "Content-Length": ["0"], "Accept": ["a", "b"]},
                "Identities": [{"Claims": [{"Type": "t"}]}],
                "Unknown": [1],
            }
        },
        {"sys": {"MethodName": "Greet"}, "other": 5},
    )
    read = read_request(SHOP, request)
    assert read is not None
    assert read.function == "Greet"
    assert (read.delivery.id, read.delivery.port, read.delivery.framing) == (ID, 41234, "length")
    assert read.event == HttpEvent(
        method="POST",
        path="/api/greet/mira",
        query=(("lang", "pt br"), ("x", ""), ("code", "k=")),
        headers=(("X-Forwarded-For", "1.2.3.4"), ("Accept", "a"), ("Accept", "b")),
    )


def test_a_message_whose_members_overwrite_metadata_is_not_taken_for_the_platforms_word() -> None:
    metadata = {
        "DequeueCount": '"\\"99\\""',
        "Id": '"\\"1\\""',
        "PopReceipt": '"r"',
        "InsertionTime": "2025-03-11T09:15:01+00:00",
    }
    event = event_of(SHOP, posted("OnOrder", {"job": '"{\\"id\\":1,\\"dequeueCount\\":99}"'}, metadata))
    assert event == QueueEvent(message=b'{"id":1,"dequeueCount":99}', pop_receipt="r")


@pytest.mark.parametrize(
    "uri",
    [
        "https://acct.blob.core.windows.net/uploads/in/ca%20t.txt",
        "http://127.0.0.1:10000/devstoreaccount1/uploads/in/ca%20t.txt",
        "http://azurite:10000/acct/uploads/in/ca%20t.txt?snapshot=1",
    ],
)
def test_a_blobs_name_is_found_in_any_accounts_address(uri: str) -> None:
    metadata = {"Uri": orjson.dumps(uri).decode(), "Properties": {"ContentType": "text/plain", "New": {}}}
    event = event_of(SHOP, posted("OnUpload", {"file": "bWVvdwo="}, metadata))
    assert isinstance(event, BlobEvent)
    assert (event.name, event.content, event.content_type) == ("in/ca t.txt", b"meow\n", "text/plain")


def test_without_an_address_the_placeholders_name_the_blob() -> None:
    event = event_of(SHOP, posted("OnUpload", {"file": "bWVvdwo="}, {"name": '"cat.txt"'}))
    assert event.name == "cat.txt"


def test_a_retried_timer_tells_its_attempt() -> None:
    request = posted("Tick", {"tick": {"IsPastDue": True, "ScheduleStatus": None}}, {"RetryContext": {"RetryCount": 2}})
    read = read_request(SHOP, request)
    assert read is not None
    assert read.delivery.attempt == 2
    assert isinstance(read.event, TimerEvent)
    assert read.event.past_due


def test_the_most_exact_route_names_the_forwarded_function() -> None:
    for path, name in (("/api/items/top", "Top"), ("/api/items/7", "Item"), ("/api/x", "Any")):
        read = read_request(FORWARDING, HttpRequest("GET", path, HOST_HEADERS))
        assert read is not None
        assert read.function == name


def test_a_forwarded_clients_own_headers_stay() -> None:
    headers = (
        ("user-agent", "curl/8 Azure-Functions-Host/4.1"),
        ("X-Azure-Functions-InvocationId", "mine"),
        ("Host", "shop.example"),
        ("X-Azure-Functions-HostVersion", "4.1"),
        ("X-Azure-Functions-InvocationId", ID),
        ("Content-Length", "0"),
    )
    read = read_request(FORWARDING, HttpRequest("GET", "/api/x?a=1,2", headers))
    assert read is not None
    assert isinstance(read.event, HttpEvent)
    assert read.delivery.id == ID
    assert read.event.headers == (
        ("user-agent", "curl/8"),
        ("X-Azure-Functions-InvocationId", "mine"),
        ("Host", "shop.example"),
    )


@pytest.mark.parametrize(
    ("app", "request_", "why"),
    [
        (SHOP, HttpRequest("GET", "/", (("Host", "127.0.0.1:1"),)), "ping"),
        (FORWARDING, HttpRequest("GET", "/", ()), "ping"),
        (SHOP, HttpRequest("POST", "/OnOrder", HOST_HEADERS, b"{}", "length"), "Data and Metadata"),
        (SHOP, HttpRequest("POST", "/OnOrder", HOST_HEADERS, b"\xff[", "length"), "Data and Metadata"),
        (SHOP, posted("Nobody", {"x": "1"}, {}), "there is no function Nobody"),
        (SHOP, posted("OnStream", {"reading": '"x"'}, {}), "eventHubTrigger"),
        (SHOP, posted("Greet", {"req": "text"}, {}), "no HTTP request"),
        (SHOP, posted("OnOrder", {}, {}), "Data is empty"),
        (SHOP, LineRequest(b"{}"), "no function of the app"),
        (FORWARDING, HttpRequest("GET", "/api/x", ()), "no header of the Functions host"),
    ],
    ids=lambda item: item if isinstance(item, str) else "",
)
def test_what_is_no_invocation_says_why(app: App, request_: Any, why: str) -> None:
    assert read_request(app, request_) is None
    assert why in why_unread(app, request_)


RESIZE = Function(name="resize", trigger="raw", contract="fc-event", form="raw")
SITE = Function(name="site", trigger="http", contract="fc-web", methods=("GET",))
TIMED = Function(name="jobs/nightly", trigger="timer", contract="fc-event", form="timer", trigger_name="nightly")
PICTURES = Function(name="jobs/pics", trigger="blob", contract="fc-event", form="oss", source="pics/in/{name}")
OTHERS = Function(name="jobs/all", trigger="blob", contract="fc-event", form="oss", source="other/{name}")
STREAM = Function(name="jobs/said", trigger="queue", contract="fc-event", form="mns-topic-stream", source="said")


@pytest.mark.parametrize("name", ["initialize", "pre-stop", "pre-freeze"])
def test_lifecycle_hooks_are_no_invocations(name: Any) -> None:
    for function in (RESIZE, SITE):
        request = hook_request(FcSettings(), function, Hook(name=name, timeout=3), Delivery())
        assert why_unread(cloud(function), request) == f"lifecycle hook {name}"
        assert guess_request(request) is None


def test_health_checks_are_no_invocations() -> None:
    check = {"httpGetUrl": "/ready"}
    request = health_check_request(FcSettings(), check, Delivery())
    assert why_unread(cloud(SITE, health_check=check), request) == "health check"
    assert guess_request(request) is None


def test_a_client_of_a_web_function_may_ask_for_the_path_of_a_hook() -> None:
    headers = (("X-Fc-Request-Id", ID), ("X-Fc-Control-Path", "/http-invoke"), ("X-Forwarded-For", "9.9.9.9"))
    read = read_request(cloud(SITE), HttpRequest("GET", "/pre-stop", headers))
    assert read is not None
    assert read.event == HttpEvent(path="/pre-stop", headers=(("X-Forwarded-For", "9.9.9.9"),))
    assert read.delivery.id == ID


OBJECT = orjson.loads(
    """{"events":[{"eventName":"ObjectCreated:PutObject","eventSource":"acs:oss","eventTime":"2026-01-02T03:04:05.000Z",
    "oss":{"bucket":{"name":"pics"},"object":{"deltaSize":-3,"key":"in/a.png","size":5}},"new":1}]}"""
)


def test_the_trigger_of_a_function_is_found_by_what_feeds_it() -> None:
    app = cloud(STREAM, OTHERS, PICTURES, TIMED)
    timer = b'{"triggerTime":"2026-01-02T03:04:05Z","triggerName":"nightly","payload":"x"}'
    read = read_request(app, invoked(timer, ("x-fc-function-name", "jobs")))
    assert read is not None
    assert (read.function, read.event) == ("jobs/nightly", TimerEvent(due="2026-01-02T03:04:05+00:00", payload="x"))
    assert read.delivery.now == "2026-01-02T03:04:05Z"
    read = read_request(app, invoked(orjson.dumps(OBJECT)))
    assert read is not None
    assert read.function == "jobs/pics"
    assert isinstance(read.event, BlobEvent)
    assert (read.event.name, read.event.content) == ("in/a.png", b"\0" * 5)
    read = read_request(app, invoked(b"paid"))
    assert read is not None
    assert (read.function, read.event) == ("jobs/said", QueueEvent(message=b"paid"))


def test_what_no_event_can_express_keeps_its_bytes() -> None:
    deleted = orjson.dumps(OBJECT).replace(b"ObjectCreated:PutObject", b"ObjectRemoved:DeleteObject")
    two = orjson.dumps({"events": OBJECT["events"] * 2})
    for body in (deleted, two, b"", b"\xff", b"[" * 100_000, *SAMPLES.values()):
        assert event_of(cloud(PICTURES, TIMED), invoked(body)) == RawEvent(body=body)
        guess = guess_request(invoked(body, ("X-Fc-Function-Name", "jobs")))
        assert guess is not None
        assert guess.function == "jobs"
        # A message of another broker says itself what it is.
        assert guess.event == RawEvent(body=body) or b":SendMessage" in body or b"alikafka:" in body


def test_a_single_message_of_older_editions_is_read() -> None:
    message = {
        "id": ID,
        "type": "mns:Queue:SendMessage",
        "subject": "acs:mns:cn-hangzhou:1:queues/q1",
        "time": "2026-01-02T03:04:05.093Z",
        "data": {"messageId": "C6DB60D1574661357FA2272774450001", "messageBody": "not base64!"},
    }
    function = Function(name="pay", trigger="queue", contract="fc-event", form="mns-queue", source="q1")
    event = event_of(cloud(function), invoked(orjson.dumps(message)))
    assert event.message == b"not base64!"
    assert event.id == "c6db60d1-5746-6135-7fa2-272774450001"


def test_a_line_with_more_members_than_ours_is_read() -> None:
    greet = Function(name="Greet", trigger="http", contract="azure-stdio", route="greet")
    line = b'{"id":1,"body":"x","method":"POST","url":"/api/greet","query":{"a":"b"},"headers":{"A":"1"}}'
    app = App(root=HERE, name="s", platform="bare", reason="", command=(), cwd=HERE, functions=(greet,))
    event = event_of(app, LineRequest(line))
    assert event == HttpEvent(method="POST", path="/api/greet", query=(("a", "b"),), headers=(("a", "1"),), body=b"x")
    assert guess_request(LineRequest(b'{"url":"/","method":"GET"}')) is None


def test_a_plain_clients_request_is_no_guess() -> None:
    assert guess_request(HttpRequest("GET", "/", (("Host", "a"), ("User-Agent", "curl")))) is None
    assert guess_request(HttpRequest("POST", "/x", (), b'{"Data":{"a":"\\"b\\""},"Metadata":{}}', "length")) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(
    ("req", "job", "Url", "Method", "Headers", "Id", "sys", "Uri", "Properties", "DequeueCount", "UtcNow")
)
MEMBERS = st.dictionaries(KEYS, JSON | st.dictionaries(KEYS, JSON, max_size=3), max_size=4)


@given(
    name=st.sampled_from(("Greet", "OnOrder", "OnUpload", "Tick", "../x")),
    data=MEMBERS,
    metadata=MEMBERS,
)
def test_hostile_envelopes_are_read_or_refused(name: str, data: Any, metadata: Any) -> None:
    try:
        request = posted(name, data, metadata)
    except TypeError:
        return
    read = read_request(SHOP, request)
    assert (read is None) == bool(why_unread(SHOP, request))
    assert guess_request(request) is None or read is not None


@given(body=st.binary(max_size=30) | JSON.map(lambda value: orjson.dumps(str(value))))
def test_hostile_bytes_are_read_or_refused(body: bytes) -> None:
    for app in (SHOP, FORWARDING, cloud(RESIZE, TIMED, PICTURES, STREAM), cloud(SITE)):
        for request in (invoked(body), LineRequest(body), HttpRequest("POST", body.decode("latin-1"), (), body)):
            assert read_request(app, request) is None or not why_unread(app, request)
