"""What azure-http sends: the JSON examples of azure-functions.md 3.3 to 3.6 and 3.11, member by member and in order."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fnfuzz.app.model import Binding, Function
from fnfuzz.contracts.azure_http import AzureHttp
from fnfuzz.contracts.model import Delivery, HttpRequest
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent

GUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

NOBODY = """[{"AuthenticationType": null, "IsAuthenticated": false, "Actor": null, "BootstrapContext": null,
 "Claims": [], "Label": null, "Name": null, "NameClaimType": "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
 "RoleClaimType": "http://schemas.microsoft.com/ws/2008/06/identity/claims/role"}]"""


def bound(trigger: str, name: str, **options: Any) -> Binding:
    data_type = options.pop("data_type", "")
    return Binding(name=name, type=f"{trigger}Trigger", direction="in", data_type=data_type, options=options)


GREET = Function(
    name="Greet",
    trigger="http",
    contract="azure-http",
    route="greet/{who}",
    bindings=(bound("http", "req"), Binding(name="res", type="http", direction="out")),
)
ON_ORDER = Function(name="OnOrder", trigger="queue", contract="azure-http", bindings=(bound("queue", "job"),))
ON_UPLOAD = Function(
    name="OnUpload",
    trigger="blob",
    contract="azure-http",
    source="uploads/{name}",
    bindings=(bound("blob", "file"),),
)
TICK = Function(name="Tick", trigger="timer", contract="azure-http", bindings=(bound("timer", "tick"),))
TICK_UNMONITORED = Function(
    name="Tick", trigger="timer", contract="azure-http", bindings=(bound("timer", "tick", useMonitor=False),)
)
ENRICH = Function(
    name="Enrich",
    trigger="queue",
    contract="azure-http",
    bindings=(
        bound("queue", "job"),
        Binding(name="profile", type="blob", direction="in"),
        Binding(name="avatar", type="blob", direction="in", data_type="binary"),
        Binding(name="missing", type="blob", direction="in"),
        Binding(name="copy", type="blob", direction="out"),
    ),
)

GREET_EVENT = HttpEvent(
    method="POST",
    path="/api/greet/mira",
    query=(("lang", "pt"), ("lang", "en")),
    headers=(
        ("X-Tag", "a"),
        ("User-Agent", "probe/1"),
        ("Accept", "*/*"),
        ("Content-Type", "application/json"),
        ("X-Tag", "b"),
    ),
    body=b'{"mood":"sunny","tags":["x"]}',
)
ORDER = b'{"orderId":7,"note":"rush","ok":true,"tags":["a"],"ship":{"zip":"1000"},"gone":null}'

SYS = '"sys": {"MethodName": "%s", "UtcNow": "2025-03-11T09:15:02.4471936Z", "RandGuid": "GUID"}'

EXAMPLES: dict[str, tuple[Function, Event, Delivery, str]] = {
    "http with a JSON body": (
        GREET,
        GREET_EVENT,
        Delivery(),
        r"""{"Data": {"req": {"Url": "http://localhost:7071/api/greet/mira?lang=pt&lang=en", "Method": "POST",
        "Query": {"lang": "pt,en"},
        "Headers": {"Accept": ["*/*"], "Host": ["localhost:7071"], "User-Agent": ["probe/1"],
        "Content-Type": ["application/json"], "Content-Length": ["29"], "X-Tag": ["a", "b"]},
        "Params": {"who": "mira"}, "Identities": """
        + NOBODY
        + r""", "Body": "{\"mood\":\"sunny\",\"tags\":[\"x\"]}"}},
        "Metadata": {"mood": "\"sunny\"", "lang": "\"en\"", "who": "\"mira\"", "Query": {"lang": "en"},
        "Headers": {"Accept": "*/*", "Host": "localhost:7071", "User-Agent": "probe/1",
        "Content-Type": "application/json", "Content-Length": "29", "X-Tag": "a,b"}, """
        + SYS % "Greet"
        + "}}",
    ),
    "http with a binary body": (
        Function(name="Greet", trigger="http", contract="azure-http", bindings=(bound("http", "req"),)),
        HttpEvent(
            method="PUT",
            path="/api/Greet",
            headers=(("Host", "localhost:7071"), ("Content-Type", "application/octet-stream")),
            body=base64.b64decode("AP8QCg=="),
        ),
        Delivery(),
        r"""{"Data": {"req": {"Url": "http://localhost:7071/api/Greet", "Method": "PUT", "Query": {},
        "Headers": {"Host": ["localhost:7071"], "Content-Type": ["application/octet-stream"], "Content-Length": ["4"]},
        "Params": {}, "Identities": """
        + NOBODY
        + r""", "Body": "AP8QCg=="}},
        "Metadata": {"Query": {}, "Headers": {"Host": "localhost:7071", "Content-Type": "application/octet-stream",
        "Content-Length": "4"}, """
        + SYS % "Greet"
        + "}}",
    ),
    "queue message that is a JSON object": (
        ON_ORDER,
        QueueEvent(message=ORDER),
        Delivery(),
        r"""{"Data": {"job": "\"{\\\"orderId\\\":7,\\\"note\\\":\\\"rush\\\",\\\"ok\\\":true,"""
        r"""\\\"tags\\\":[\\\"a\\\"],\\\"ship\\\":{\\\"zip\\\":\\\"1000\\\"},\\\"gone\\\":null}\""},
        "Metadata": {"DequeueCount": "1", "ExpirationTime": "2025-03-18T09:15:01+00:00",
        "Id": "\"4a0e6b1c-7c55-4d0e-8f0b-b2f3e1a9c001\"", "InsertionTime": "2025-03-11T09:15:01+00:00",
        "NextVisibleTime": "2025-03-11T09:25:02+00:00", "PopReceipt": "\"AgAAAAMAAAAAAAAAsX9fZ4mS2wE=\"", """
        + SYS % "OnOrder"
        + r""", "orderId": "\"7\"", "note": "\"rush\"", "ok": "\"True\"", "ship": {"zip": "1000"}}}""",
    ),
    "queue message that is text": (
        ON_ORDER,
        QueueEvent(
            message=b'hello "you"',
            id="d9c7f8aa-0f67-4a3b-a1f0-7f6f0d1f7b10",
            dequeue_count=3,
            expires=None,
            pop_receipt="AgAAAAMAAAAAAAAA9g==",
        ),
        Delivery(),
        r"""{"Data": {"job": "\"hello \\\"you\\\"\""},
        "Metadata": {"DequeueCount": "3", "ExpirationTime": "9999-12-31T23:59:59+00:00",
        "Id": "\"d9c7f8aa-0f67-4a3b-a1f0-7f6f0d1f7b10\"", "InsertionTime": "2025-03-11T09:15:01+00:00",
        "NextVisibleTime": "2025-03-11T09:25:02+00:00", "PopReceipt": "\"AgAAAAMAAAAAAAAA9g==\"", """
        + SYS % "OnOrder"
        + "}}",
    ),
    "blob": (
        ON_UPLOAD,
        BlobEvent(name="cat.txt", content=b"meow\n", content_type="text/plain", metadata=(("owner", "mira"),)),
        Delivery(),
        r"""{"Data": {"file": "bWVvdwo="},
        "Metadata": {"Uri": "\"http://127.0.0.1:10000/devstoreaccount1/uploads/cat.txt\"",
        "Properties": {"LastModified": "2025-03-11T09:14:58+00:00", "CreatedOn": "2025-03-11T09:14:58+00:00",
        "Metadata": {"owner": "mira"}, "ObjectReplicationDestinationPolicyId": null,
        "ObjectReplicationSourceProperties": [], "BlobType": 0, "CopyCompletedOn": "0001-01-01T00:00:00+00:00",
        "CopyStatusDescription": null, "CopyId": null, "CopyProgress": null, "CopySource": null, "CopyStatus": 0,
        "BlobCopyStatus": null, "IsIncrementalCopy": false, "DestinationSnapshot": null, "LeaseDuration": 0,
        "LeaseState": 0, "LeaseStatus": 1, "ContentLength": 5, "ContentType": "text/plain", "ETag": {},
        "ContentHash": "rWBtaiSi3smCvCmTqq+RYA==", "ContentEncoding": null, "ContentDisposition": null,
        "ContentLanguage": null, "CacheControl": null, "BlobSequenceNumber": 0, "AcceptRanges": "bytes",
        "BlobCommittedBlockCount": 0, "IsServerEncrypted": true, "EncryptionKeySha256": null, "EncryptionScope": null,
        "AccessTier": "Hot", "AccessTierInferred": true, "ArchiveStatus": null,
        "AccessTierChangedOn": "0001-01-01T00:00:00+00:00", "SmartAccessTier": null, "VersionId": null,
        "IsLatestVersion": false, "TagCount": 0, "ExpiresOn": "0001-01-01T00:00:00+00:00", "IsSealed": false,
        "RehydratePriority": null, "LastAccessed": "0001-01-01T00:00:00+00:00",
        "ImmutabilityPolicy": {"ExpiresOn": null, "PolicyMode": null}, "HasLegalHold": false},
        "Metadata": {"owner": "mira"}, "name": "\"cat.txt\"", """
        + SYS % "OnUpload"
        + "}}",
    ),
    "timer": (
        TICK,
        TimerEvent(due="2025-03-11T09:15:00+00:00"),
        Delivery(),
        r"""{"Data": {"tick": {"Schedule": {"AdjustForDST": true},
        "ScheduleStatus": {"Last": "2025-03-11T09:10:00.0012+00:00", "Next": "2025-03-11T09:15:00+00:00",
        "LastUpdated": "2025-03-11T09:10:00.0012+00:00"}, "IsPastDue": false}},
        "Metadata": {"""
        + SYS % "Tick"
        + "}}",
    ),
    "timer under a retry policy": (
        TICK_UNMONITORED,
        TimerEvent(past_due=True),
        Delivery(attempt=1),
        r"""{"Data": {"tick": {"Schedule": {"AdjustForDST": true}, "ScheduleStatus": null, "IsPastDue": true}},
        "Metadata": {"""
        + SYS % "Tick"
        + r""", "RetryContext": {"RetryCount": 1, "MaxRetryCount": 3,
        "Exception": {"ClassName": "System.Net.Http.HttpRequestException",
        "Message": "Response status code does not indicate success: 500 (Internal Server Error)."},
        "Instance": null, "State": {}}}}""",
    ),
    "input bindings": (
        ENRICH,
        QueueEvent(message=b"42", id="aa", pop_receipt="AgAA"),
        Delivery(),
        r"""{"Data": {"job": "\"42\"", "profile": "\"name=Mira\\n\"", "avatar": "iVBORw==", "missing": "null"},
        "Metadata": {"DequeueCount": "1", "ExpirationTime": "2025-03-18T09:15:01+00:00", "Id": "\"aa\"",
        "InsertionTime": "2025-03-11T09:15:01+00:00", "NextVisibleTime": "2025-03-11T09:25:02+00:00",
        "PopReceipt": "\"AgAA\"", """
        + SYS % "Enrich"
        + "}}",
    ),
}

INPUTS = {"profile": b"name=Mira\n", "avatar": base64.b64decode("iVBORw==")}


def send(function: Function, event: Event, delivery: Delivery | None = None) -> HttpRequest:
    return AzureHttp(inputs=INPUTS).encode(function, event, delivery or Delivery())


def sent(function: Function, event: Event) -> dict[str, Any]:
    document = json.loads(send(function, event).body)
    assert isinstance(document, dict)
    return document


def greet(**changes: Any) -> dict[str, Any]:
    return sent(GREET, HttpEvent(**{"method": "POST", "path": "/api/greet/mira", **changes}))


def metadata(message: str) -> dict[str, Any]:
    own = {"DequeueCount", "ExpirationTime", "Id", "InsertionTime", "NextVisibleTime", "PopReceipt", "sys"}
    whole = sent(ON_ORDER, QueueEvent(message=message.encode()))["Metadata"]
    return {key: value for key, value in whole.items() if key not in own}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_body_is_the_example_of_the_contract_in_the_same_order(name: str) -> None:
    function, event, delivery, example = EXAMPLES[name]
    body = send(function, event, delivery).body.decode()
    wanted = json.loads(example)
    document = json.loads(body)
    guid = document["Metadata"]["sys"].pop("RandGuid")
    wanted["Metadata"]["sys"].pop("RandGuid")
    assert GUID.fullmatch(guid)
    assert json.dumps(document, indent=1) == json.dumps(wanted, indent=1)


def test_the_request_is_a_post_to_the_function_name_with_the_host_headers() -> None:
    request = send(GREET, GREET_EVENT, Delivery(id="1d", port=8123, framing="length"))
    assert (request.method, request.target, request.framing) == ("POST", "/Greet", "length")
    assert request.headers == (
        ("Host", "127.0.0.1:8123"),
        ("Content-Type", "application/json; charset=utf-8"),
        ("X-Azure-Functions-HostVersion", "4.1037.0.0"),
        ("X-Azure-Functions-InvocationId", "1d"),
        ("User-Agent", "Azure-Functions-Host/4.1037.0.0"),
    )


def test_the_same_delivery_gives_the_same_bytes_and_another_id_another_guid() -> None:
    first = send(GREET, GREET_EVENT, Delivery(id="a"))
    again = send(GREET, GREET_EVENT, Delivery(id="a"))
    other = send(GREET, GREET_EVENT, Delivery(id="b"))
    assert first == again
    assert first.body != other.body


def test_an_event_without_a_trigger_of_this_host_is_refused() -> None:
    with pytest.raises(ValueError, match="raw"):
        send(GREET, RawEvent(body=b"x"))


def test_a_request_without_body_has_no_body_member_and_no_length() -> None:
    request = greet(method="GET")["Data"]["req"]
    assert "Body" not in request
    assert "Content-Length" not in request["Headers"]


@pytest.mark.parametrize(
    ("media", "body", "wanted"),
    [
        ("text/plain", b"caf\xc3\xa9", "café"),
        ("text/plain", b"\xff\xe9", "��"),
        ("text/plain", b"\xef\xbb\xbfhi", "hi"),
        ("text/plain", b"\xff\xfeh\x00i\x00", "hi"),
        ("image/png", b"\x89PNG", "�PNG"),
        ("Application/Octet-Stream; x=1", b"\x00", "AA=="),
        ("multipart/form-data; boundary=b", b"--b--", "LS1iLS0="),
        ("", b"plain", "plain"),
    ],
)
def test_a_body_is_base64_for_binary_types_and_text_otherwise(media: str, body: bytes, wanted: str) -> None:
    headers = (("Content-Type", media),) if media else ()
    assert greet(headers=headers, body=body)["Data"]["req"]["Body"] == wanted


@pytest.mark.parametrize(
    ("prefix", "route", "path", "wanted"),
    [
        ("api", "greet/{who}", "/api/greet/mira%20x", {"who": "mira x"}),
        ("api", "greet/{who}", "/API/Greet/a%2Fb", {"who": "a%2Fb"}),
        ("api", "o/{id:int}/{note?}", "/api/o/7", {"id": "7", "note": None}),
        ("api", "o/{id:int}/{note?}", "/api/o/7/n", {"id": "7", "note": "n"}),
        ("", "{*rest}", "/a/b/c", {"rest": "a/b/c"}),
        ("", "{*rest}", "/", {"rest": None}),
        ("api", "f/{name}.{ext}", "/api/f/a.b.c", {"name": "a.b", "ext": "c"}),
        ("api", "p/{page=1}", "/api/p", {"page": "1"}),
        ("api", r"z/{zip:regex(^\\d{{5}}$)}", "/api/z/12345", {"zip": "12345"}),
        ("api", "greet/{who}", "/api/other", {}),
        ("api", "", "/api/Greet", {}),
    ],
)
def test_route_parameters_come_from_the_template(prefix: str, route: str, path: str, wanted: dict[str, Any]) -> None:
    function = Function(name="Greet", trigger="http", contract="azure-http", route=route, route_prefix=prefix)
    document = sent(function, HttpEvent(path=path))
    assert document["Data"]["req"]["Params"] == wanted
    present = {name: json.dumps(value) for name, value in wanted.items() if value is not None}
    assert {name: document["Metadata"].get(name) for name in present} == present


def test_the_function_key_stays_in_the_url_and_out_of_the_parameters() -> None:
    document = greet(query=(("code", "s3cret="), ("q", "a b&")))
    assert document["Data"]["req"]["Url"].endswith("?code=s3cret%3D&q=a%20b%26")
    assert "code" not in document["Metadata"]
    assert document["Metadata"]["q"] == '"a b&"'


def test_query_and_header_names_are_compared_without_case_and_keep_the_first_spelling() -> None:
    document = greet(query=(("A", "1"), ("a", "2")), headers=(("x-Tag", "1"), ("X-TAG", "2")))
    assert document["Data"]["req"]["Query"] == {"A": "1,2"}
    assert document["Data"]["req"]["Headers"]["x-Tag"] == ["1", "2"]
    assert document["Metadata"]["A"] == '"2"'


def test_a_parameter_named_query_or_headers_takes_the_place_of_the_object() -> None:
    document = greet(query=(("query", "x"),), body=b'{"HEADERS": 1}')["Metadata"]
    assert document["query"] == '"x"'
    assert document["HEADERS"] == '"1"'
    assert "Query" not in document
    assert "Headers" not in document


def test_later_sources_overwrite_earlier_ones_and_keep_their_spelling() -> None:
    document = greet(query=(("WHO", "query"), ("mood", "q")), body=b'{"Mood":"body","sys":1}')["Metadata"]
    assert document["WHO"] == '"mira"'
    assert document["Mood"] == '"q"'
    assert document["sys"]["MethodName"] == "Greet"


def test_message_members_overwrite_metadata_in_any_case() -> None:
    document = sent(ON_ORDER, QueueEvent(message=b'{"id":1,"dequeueCount":99,"SYS":"x"}'))["Metadata"]
    assert (document["Id"], document["DequeueCount"], document["sys"]) == ('"1"', '"99"', '"x"')
    assert "id" not in document


def test_keys_that_end_in_trigger_are_never_sent() -> None:
    assert metadata('{"hairTrigger":1,"TRIGGER":2,"triggers":3}') == {"triggers": '"3"'}


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ("7", '"7"'),
        ("-0", '"0"'),
        ("21.5", '"21.5"'),
        ("1.0", '"1"'),
        ("1e20", '"1E+20"'),
        ("0.00001", '"1E-05"'),
        ("12345678901234567890123", '"12345678901234567890123"'),
        ("true", '"True"'),
        ('"2025-03-11T09:15:00Z"', '"03/11/2025 09:15:00"'),
        ('"2025-03-11"', '"2025-03-11"'),
        ('"a\\"b"', '"a\\"b"'),
        ('"\\u2028"', '"\\u2028"'),
        ('"\\ud800"', '"�"'),
        ('{"at":"2025-03-11T09:15:00.500Z","n":1.50}', {"at": "2025-03-11T09:15:00.5Z", "n": 1.5}),
        ("NaN", '"NaN"'),
        ("null", None),
        ("[1]", None),
    ],
)
def test_members_become_text_as_dotnet_writes_it(value: str, wanted: Any) -> None:
    assert metadata(f'{{"v":{value}}}') == ({} if wanted is None else {"v": wanted})


@pytest.mark.parametrize(
    "message", ["[1]", '{"a":1', "{hello}", '{"a":1}{"b":2}', "", "{}", '{"v":' * 65 + "{}" + "}" * 65]
)
def test_a_message_that_is_no_readable_object_adds_nothing(message: str) -> None:
    assert metadata(message) == {}


def test_a_lenient_object_is_read_like_a_strict_one() -> None:
    assert metadata("  {a:'b', // c\n d:1,}  ") == {"a": '"b"', "d": '"1"'}


def test_a_binary_queue_trigger_gets_base64_and_no_members() -> None:
    function = Function(
        name="OnOrder", trigger="queue", contract="azure-http", bindings=(bound("queue", "job", data_type="binary"),)
    )
    document = sent(function, QueueEvent(message=b'{"a":1}'))
    assert document["Data"]["job"] == base64.b64encode(b'{"a":1}').decode()
    assert "a" not in document["Metadata"]


def test_blob_placeholders_come_from_the_path_pattern() -> None:
    function = Function(
        name="OnUpload", trigger="blob", contract="azure-http", source="in/{day}/{name}.{ext}", trigger_name="b"
    )
    document = sent(function, BlobEvent(name="mon/a b.tar.gz"))
    assert [document["Metadata"][key] for key in ("day", "name", "ext")] == ['"mon"', '"a b.tar"', '"gz"']
    assert document["Metadata"]["Uri"] == '"http://127.0.0.1:10000/devstoreaccount1/in/mon/a%20b.tar.gz"'
    assert document["Data"] == {"b": ""}


def test_times_with_a_fraction_are_cut_to_the_second() -> None:
    document = sent(ON_ORDER, QueueEvent(inserted="2025-03-11T09:15:01.75Z", expires="2025-03-11T10:15:01+01:00"))
    assert document["Metadata"]["InsertionTime"] == "2025-03-11T09:15:01+00:00"
    assert document["Metadata"]["ExpirationTime"] == "2025-03-11T10:15:01+01:00"


def test_the_first_try_under_a_retry_policy_has_a_context_without_exception() -> None:
    function = Function(name="Tick", trigger="timer", contract="azure-http", max_retries=5)
    assert sent(function, TimerEvent())["Metadata"]["RetryContext"] == {
        "RetryCount": 0,
        "MaxRetryCount": 5,
        "Exception": None,
        "Instance": None,
        "State": {},
    }


words = st.text(st.characters(codec="utf-8"), max_size=12)
pairs = st.lists(st.tuples(words, words), max_size=4).map(tuple)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.just("2025-03-11T09:15:00+02:00")
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3))
contents = st.binary(max_size=60) | st.dictionaries(words, values, max_size=5).map(lambda v: json.dumps(v).encode())
events: st.SearchStrategy[Event] = st.one_of(
    st.builds(HttpEvent, path=words.map("/api/greet/{}".format), query=pairs, headers=pairs, body=contents),
    st.builds(QueueEvent, message=contents, dequeue_count=st.integers(1, 9), id=words, pop_receipt=words),
    st.builds(BlobEvent, name=words, content=contents, content_type=words, metadata=pairs),
    st.builds(TimerEvent, past_due=st.booleans()),
)


def no_constants(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@given(event=events)
def test_every_event_can_be_sent_and_its_body_is_strict_json(event: Event) -> None:
    functions = {"http": GREET, "queue": ON_ORDER, "blob": ON_UPLOAD, "timer": TICK}
    document = json.loads(send(functions[event.trigger], event).body, parse_constant=no_constants)
    assert list(document) == ["Data", "Metadata"]
    assert "sys" in {key.lower() for key in document["Metadata"]}
