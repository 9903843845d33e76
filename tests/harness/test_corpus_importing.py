"""Every format that can be imported: what it is taken for, and which records it gives."""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_forward import AzureForward
from fnfuzz.contracts.fc_event import FcEvent
from fnfuzz.contracts.fc_samples import SAMPLES
from fnfuzz.contracts.model import Delivery, HttpReply, HttpRequest
from fnfuzz.corpus import record_id
from fnfuzz.corpus.exporting import EXPORTERS
from fnfuzz.corpus.importing import FORMATS, ImportRefused, Options, Tally, detect, read_records
from fnfuzz.corpus.model import Record
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent, to_data
from fnfuzz_strategies import blob_events, http_events, queue_events, raw_events, timer_events


def put(folder: Path, name: str, content: object) -> Path:
    """A file with text, bytes, or the JSON of anything else."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, (str, bytes)):
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    else:
        path.write_text(json.dumps(content), encoding="utf-8")
    return path


def imported(path: Path, format: str = "", **options: Any) -> tuple[list[Record], Tally]:
    tally = Tally()
    return list(read_records(path, tally, format=format, options=Options(**options))), tally


def events(path: Path, format: str = "", **options: Any) -> list[Event | None]:
    return [record.event for record in imported(path, format, **options)[0]]


# -- HAR


def entry(
    method: str = "GET", url: str = "https://shop.example/api/items?q=a%20b&q=c", **request: Any
) -> dict[str, Any]:
    return {
        "startedDateTime": "2026-01-02T03:04:05.678Z",
        "time": 12.5,
        "request": {
            "method": method,
            "url": url,
            "httpVersion": "HTTP/2",
            "headers": [
                {"name": ":authority", "value": "shop.example"},
                {"name": "Accept", "value": "*/*"},
                {"name": "content-length", "value": "2"},
            ],
            **request,
        },
        "response": {
            "status": 200,
            "statusText": "OK",
            "headers": [],
            "content": {"text": "b2s=", "encoding": "base64"},
        },
    }


def archive(*entries: Any) -> dict[str, Any]:
    return {"log": {"version": "1.2", "creator": {"name": "x", "version": "1"}, "pages": [], "entries": list(entries)}}


def test_an_archive_gives_the_clients_requests(tmp_path: Path) -> None:
    post = entry("POST", postData={"mimeType": "application/json", "text": '{"ü":1}'})
    path = put(tmp_path, "traffic.har", archive(entry(), post))
    assert "HTTP archive 1.2" in str(detect(path))
    records, tally = imported(path, function="Items")
    query = (("q", "a b"), ("q", "c"))
    assert records[0] == Record(
        function="Items",
        event=HttpEvent(path="/api/items", query=query, headers=(("Accept", "*/*"),)),
        at=1767323045678000,
        number=1,
    )
    assert isinstance(records[1].event, HttpEvent)
    assert records[1].event.body == '{"ü":1}'.encode()
    assert sum(tally.notes.values()) == 2


def test_forms_and_binary_bodies_of_an_archive_are_put_together(tmp_path: Path) -> None:
    params = [{"name": "a", "value": "1 2"}, {"name": "b", "value": "ü"}]
    form = {"mimeType": "application/x-www-form-urlencoded", "params": params}
    binary = {"mimeType": "image/png", "text": "AP8=", "encoding": "base64"}
    path = put(tmp_path, "x.har", archive(entry("POST", postData=form), entry("PUT", postData=binary)))
    assert [event.body for event in events(path) if isinstance(event, HttpEvent)] == [b"a=1+2&b=%C3%BC", b"\0\xff"]


def test_entries_that_are_no_requests_are_counted_with_their_reason(tmp_path: Path) -> None:
    multipart = {"mimeType": "multipart/form-data; boundary=x", "params": [{"name": "f", "fileName": "a.png"}]}
    path = put(
        tmp_path,
        "x.har",
        archive(
            entry(url="wss://shop.example/socket"),
            entry(url="data:text/plain,x"),
            entry("POST", postData=multipart),
            entry("POST", bodySize=7),
            {"request": "none"},
            5,
        ),
    )
    records, tally = imported(path)
    assert records == []
    assert tally.skipped == {
        "a URL that is not HTTP": 2,
        "a multipart body that was saved without its text": 1,
        "a body that was not saved": 1,
        "an entry without a request": 2,
    }
    assert tally.first["a URL that is not HTTP"] == "item 1"


def test_an_archive_that_was_exported_gives_the_names_of_functions_and_the_ids_back(tmp_path: Path) -> None:
    function = Function(name="intake", trigger="queue", contract="fc-event", form="mns-topic-json", source="t")
    event = QueueEvent(message=b"paid")
    record = Record(
        contract="fc-event",
        function="intake/orders",
        event=event,
        request=FcEvent().encode(function, event, Delivery()),
        reply=HttpReply(200, "OK", (("Content-Length", "2"),), b"ok"),
        number=1,
    )
    text = "".join(EXPORTERS["har"]([(record_id(record), record)], lambda name, why: None))
    [again], _ = imported(put(tmp_path, "back.har", text))
    assert again.function == "intake/orders"
    assert record_id(again) == record_id(record)


def test_an_archive_from_the_handlers_door_gives_the_whole_exchange(tmp_path: Path) -> None:
    function = Function(name="Items", trigger="http", contract="azure-forward", proxying="forward")
    event = HttpEvent(path="/api/items", headers=(("Accept", "*/*"),))
    sent = AzureForward().encode(function, event, Delivery())
    headers = [{"name": name, "value": value} for name, value in sent.headers]
    path = put(tmp_path, "x.har", archive(entry(url=f"http://127.0.0.1:8080{sent.target}", headers=headers)))
    (record,), tally = imported(path)
    assert (record.contract, record.event, record.elapsed) == ("azure-forward", event, 12500)
    assert isinstance(record.request, HttpRequest)
    assert record.delivery == Delivery()
    assert record.reply == HttpReply(200, "OK", (), b"ok")
    assert not tally.notes


# -- CloudEvents

CLOUD = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/shop",
    "type": "order.paid",
    "time": "2026-01-02T03:04:05Z",
    "datacontenttype": "application/json",
    "tenant": "a",
    "data": {"order": 17, "n": 12345678901234567890, "ü": [1.5]},
}
PAID = QueueEvent(
    message='{"order":17,"n":12345678901234567890,"ü":[1.5]}'.encode(),
    id="e-1",
    inserted="2026-01-02T03:04:05+00:00",
    expires=None,
    attributes=(
        ("specversion", "1.0"),
        ("source", "/shop"),
        ("type", "order.paid"),
        ("datacontenttype", "application/json"),
        ("tenant", "a"),
    ),
)


def test_cloud_events_are_read_alone_in_batches_and_by_line(tmp_path: Path) -> None:
    single = put(tmp_path, "one.json", CLOUD)
    batch = put(tmp_path, "batch.json", [CLOUD, {"id": "x"}, CLOUD])
    lines = put(tmp_path, "all.txt", "\n".join((json.dumps(CLOUD), "{broken", "", json.dumps(CLOUD))))
    assert events(single) == [PAID]
    assert imported(single)[0][0].at == 1767323045000000
    for path in (batch, lines):
        records, tally = imported(path)
        assert detect(path).format == "cloudevents"
        assert [record.event for record in records] == [PAID, PAID]
        assert [record.number for record in records] == [1, 2]
        assert sum(tally.skipped.values()) == 1
    assert tally.first == {"no JSON": "line 2"}


def test_data_of_cloud_events_keeps_its_bytes(tmp_path: Path) -> None:
    without = {key: value for key, value in CLOUD.items() if key not in ("data", "datacontenttype")}
    cases = [
        ({"data_base64": "AP8="}, b"\0\xff"),
        ({"data": "plain", "datacontenttype": "text/plain"}, b"plain"),
        ({"data": "json text"}, b'"json text"'),
        ({}, b""),
    ]
    path = put(tmp_path, "x.json", [{**without, **data} for data, _ in cases])
    assert [event.message for event in events(path) if isinstance(event, QueueEvent)] == [body for _, body in cases]


def test_a_storage_event_is_a_blob_that_was_written(tmp_path: Path) -> None:
    created = {
        **CLOUD,
        "type": "Microsoft.Storage.BlobCreated",
        "subject": "/blobServices/default/containers/up/blobs/in/cat.txt",
        "data": {"contentType": "text/plain", "contentLength": 5},
    }
    (event,) = events(put(tmp_path, "x.json", created))
    assert event == BlobEvent(
        name="in/cat.txt", content=b"\0" * 5, content_type="text/plain", modified="2026-01-02T03:04:05+00:00"
    )


def test_cloud_events_become_requests_or_raw_events_when_asked(tmp_path: Path) -> None:
    path = put(tmp_path, "x.json", CLOUD)
    (posted,) = events(path, trigger="http", function="Hook")
    assert isinstance(posted, HttpEvent)
    assert posted.path == "/api/Hook"
    assert json.loads(posted.body) == CLOUD
    (raw,) = events(path, trigger="raw")
    assert isinstance(raw, RawEvent)


BINARY = [
    {"name": "ce-specversion", "value": "1.0"},
    {"name": "CE-Id", "value": "e-1"},
    {"name": "ce-source", "value": "/sh%C3%B6p"},
    {"name": "ce-type", "value": "t"},
    {"name": "Content-Type", "value": "text/plain; charset=utf-8"},
]


def test_all_three_http_modes_are_found_in_archives(tmp_path: Path) -> None:
    def mode(media: str, body: object) -> dict[str, Any]:
        data = {"mimeType": media, "text": json.dumps(body)}
        return entry("POST", headers=[{"name": "content-type", "value": media}], postData=data)

    binary = entry("POST", headers=BINARY, postData={"mimeType": "text/plain", "text": "hi"})
    structured = mode("application/cloudevents+json", CLOUD)
    batch = mode("application/cloudevents-batch+json; charset=utf-8", [CLOUD, CLOUD])
    path = put(tmp_path, "x.har", archive(entry(), binary, structured, batch))
    records, tally = imported(path, "cloudevents")
    found = [record.event for record in records]
    assert found[1:] == [PAID, PAID, PAID]
    assert isinstance(found[0], QueueEvent)
    assert (found[0].message, dict(found[0].attributes)["source"]) == (b"hi", "/shöp")
    assert tally.skipped == {"a request that carries no CloudEvent": 1}


def test_a_request_as_text_is_an_http_event_or_its_cloud_event(tmp_path: Path) -> None:
    cloud = "ce-specversion: 1.0\r\nce-id: 1\r\nce-source: s\r\nce-type: t\r\n"
    head = f"POST /hook?a=1 HTTP/1.1\r\nHost: shop.example\r\n{cloud}"
    path = put(tmp_path, "x.http", f"{head}Content-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi!")
    (event,) = events(path)
    assert isinstance(event, HttpEvent)
    assert (event.method, event.path, event.query, event.body) == ("POST", "/hook", (("a", "1"),), b"hi")
    (found,) = events(path, "cloudevents")
    assert isinstance(found, QueueEvent)
    assert found.message == b"hi"
    chunked = put(tmp_path, "y.http", "PUT / HTTP/1.1\nTransfer-Encoding: chunked\n\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n")
    assert [item.body for item in events(chunked) if isinstance(item, HttpEvent)] == [b"abcd"]


# -- events of fnfuzz


@settings(max_examples=25, deadline=None)
@given(
    drawn=st.lists(
        st.one_of(http_events(), queue_events(), blob_events(), timer_events(), raw_events()), min_size=1, max_size=4
    )
)
def test_events_in_plain_form_come_back_by_line_and_in_arrays(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[Event]
) -> None:
    folder = tmp_path_factory.mktemp("plain")
    data = [to_data(event) for event in drawn]
    lines = put(folder, "a.ndjson", "\n".join(json.dumps(item) for item in data))
    wrapped = put(folder, "b.json", [{"function": "F", "event": item, "at": "2026-01-02T03:04:05Z"} for item in data])
    assert events(lines) == drawn
    records, _ = imported(wrapped)
    assert [(record.event, record.function, record.at) for record in records] == [
        (event, "F", 1767323045000000) for event in drawn
    ]


def test_a_wrong_event_is_told_without_its_payload(tmp_path: Path) -> None:
    path = put(tmp_path, "x.ndjson", '{"trigger":"queue"}\n{"trigger":"queue","message":["secret"]}\n[]')
    records, tally = imported(path)
    assert len(records) == 1
    assert tally.skipped == {"an event with a wrong message": 1, "no object with a trigger": 1}


# -- queues

CLI = {
    "content": base64.b64encode(b'{"order":17}').decode(),
    "dequeueCount": 5,
    "expirationTime": "2026-01-09T03:04:05+00:00",
    "id": "a5c1",
    "insertionTime": "2026-01-02T03:04:05+00:00",
    "popReceipt": None,
    "timeNextVisible": None,
}
ORDER = QueueEvent(
    message=b'{"order":17}',
    id="a5c1",
    dequeue_count=5,
    inserted="2026-01-02T03:04:05+00:00",
    expires="2026-01-09T03:04:05+00:00",
)


@pytest.mark.parametrize(
    "export",
    [
        [CLI],
        {"value": [CLI]},
        {
            "MessageText": '{"order":17}',
            "DequeueCount": 5,
            "ExpirationTime": "Fri, 09 Jan 2026 03:04:05 GMT",
            "MessageId": "a5c1",
            "InsertionTime": "Fri, 02 Jan 2026 03:04:05 GMT",
        },
        [
            {
                "messageId": "a5c1",
                "messageText": CLI["content"],
                "insertedOn": "2026-01-02T03:04:05.000Z",
                "expiresOn": "2026-01-09T03:04:05.000Z",
                "dequeueCount": 5,
            }
        ],
    ],
    ids=["az", "list in a member", "REST names", "SDK names"],
)
def test_messages_of_a_storage_queue_are_read_as_each_tool_writes_them(tmp_path: Path, export: object) -> None:
    path = put(tmp_path, "orders-poison.json", export)
    assert detect(path).format == "azure-queue"
    assert events(path) == [ORDER]


def test_only_base64_of_text_is_decoded_unless_told(tmp_path: Path) -> None:
    path = put(tmp_path, "x.json", [{**CLI, "content": text} for text in ("test", "aGVsbG8=", "hello you", "AAEC")])
    found = [event.message for event in events(path) if isinstance(event, QueueEvent)]
    assert found == [b"test", b"hello", b"hello you", b"AAEC"]
    kept = [event.message for event in events(path, encoding="none") if isinstance(event, QueueEvent)]
    assert kept == [b"test", b"aGVsbG8=", b"hello you", b"AAEC"]
    records, tally = imported(path, encoding="base64")
    assert len(records) == 3
    assert tally.skipped == {"a message that is no base64": 1}


def test_dead_letters_of_service_bus_are_read_as_far_as_they_map(tmp_path: Path) -> None:
    letter = {
        "body": {"order": 17},
        "messageId": "m-1",
        "deliveryCount": 10,
        "enqueuedTimeUtc": "2026-01-02T03:04:05.118Z",
        "sequenceNumber": 42,
        "deadLetterReason": "MaxDeliveryCountExceeded",
        "lockToken": "7ebe3bcf",
        "applicationProperties": {"tenant": "a", "n": 1},
    }
    buffer = {**letter, "body": {"type": "Buffer", "data": [0, 255]}}
    path = put(tmp_path, "dead.json", [letter, buffer, {**letter, "body": "aGVsbG8="}])
    assert detect(path).format == "service-bus"
    found = [event for event in events(path) if isinstance(event, QueueEvent)]
    assert found[0] == QueueEvent(
        message=b'{"order":17}',
        id="m-1",
        dequeue_count=10,
        inserted="2026-01-02T03:04:05.118000+00:00",
        expires=None,
        pop_receipt="7ebe3bcf",
        attributes=(("tenant", "a"), ("n", "1")),
    )
    assert [event.message for event in found[1:]] == [b"\0\xff", b"aGVsbG8="]


# -- Event Hubs

CAPTURE = {
    "type": "record",
    "name": "EventData",
    "namespace": "Microsoft.ServiceBus.Messaging",
    "fields": [
        {"name": "SequenceNumber", "type": "long"},
        {"name": "Offset", "type": "string"},
        {"name": "EnqueuedTimeUtc", "type": "string"},
        {"name": "SystemProperties", "type": {"type": "map", "values": ["long", "double", "string", "bytes"]}},
        {"name": "Properties", "type": {"type": "map", "values": ["long", "double", "string", "bytes", "null"]}},
        {"name": "Body", "type": ["null", "bytes"]},
    ],
}


def captured(body: bytes | None, number: int = 7) -> dict[str, Any]:
    return {
        "SequenceNumber": number,
        "Offset": "4096",
        "EnqueuedTimeUtc": "1/2/2026 3:04:05 AM",
        "SystemProperties": {"x-opt-enqueued-time": 1767323045000},
        "Properties": {"tenant": "a", "n": 5, "none": None},
        "Body": body,
    }


def avro(records: list[dict[str, Any]], codec: str = "null") -> bytes:
    content = io.BytesIO()
    fastavro.writer(content, fastavro.parse_schema(dict(CAPTURE)), records, codec=codec)
    return content.getvalue()


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_captured_events_are_messages_with_attributes(tmp_path: Path, codec: str) -> None:
    path = put(tmp_path, "capture.avro", avro([captured(b"\0{"), captured(None), captured(b"", 8)], codec))
    records, tally = imported(path)
    assert records[0].event == QueueEvent(
        message=b"\0{",
        id="7",
        inserted="2026-01-02T03:04:05+00:00",
        expires=None,
        attributes=(("tenant", "a"), ("n", "5"), ("none", "")),
    )
    assert (len(records), records[1].number) == (2, 2)
    assert tally.skipped == {"an event without a body": 1}


def test_without_fastavro_the_install_command_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = put(tmp_path, "capture.avro", avro([captured(b"x")]))
    monkeypatch.setitem(sys.modules, "fastavro", None)
    with pytest.raises(ImportRefused, match=r"pip install 'fnfuzz\[avro\]'"):
        imported(path)


# -- AWS


def test_events_of_api_gateway_are_requests(tmp_path: Path) -> None:
    first = {
        "resource": "/{proxy+}",
        "path": "/path/to resource",
        "httpMethod": "POST",
        "headers": {"Accept": "last"},
        "multiValueHeaders": {"Accept": ["a", "b"]},
        "queryStringParameters": {"foo": "bar"},
        "requestContext": {"requestTimeEpoch": 1767323045678},
        "body": "eyJ0ZXN0IjoiYm9keSJ9",
        "isBase64Encoded": True,
    }
    second = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": "/my/path",
        "rawQueryString": "a=1&a=2&b=x+y",
        "cookies": ["c=1", "d=2"],
        "headers": {"header1": "value1,value2"},
        "requestContext": {"http": {"method": "PUT", "path": "/my/path"}, "timeEpoch": 1767323045678},
        "body": "Hello",
        "isBase64Encoded": False,
    }
    assert events(put(tmp_path, "1.json", first)) == [
        HttpEvent(
            method="POST",
            path="/path/to%20resource",
            query=(("foo", "bar"),),
            headers=(("Accept", "a"), ("Accept", "b")),
            body=b'{"test":"body"}',
        )
    ]
    records, _ = imported(put(tmp_path, "2.json", second))
    assert records[0].at == 1767323045678000
    assert records[0].event == HttpEvent(
        method="PUT",
        path="/my/path",
        query=(("a", "1"), ("a", "2"), ("b", "x y")),
        headers=(("header1", "value1,value2"), ("cookie", "c=1; d=2")),
        body=b"Hello",
    )
    balanced = {**first, "requestContext": {"elb": {}}, "queryStringParameters": {"q": "a%20b"}}
    (event,) = events(put(tmp_path, "3.json", balanced))
    assert isinstance(event, HttpEvent)
    assert event.query == (("q", "a b"),)


def test_records_of_queues_topics_and_buckets_are_events_of_their_own(tmp_path: Path) -> None:
    sqs = {
        "messageId": "19dd0b57",
        "receiptHandle": "MessageReceiptHandle",
        "body": "Hello from SQS!",
        "attributes": {"ApproximateReceiveCount": "3", "SentTimestamp": "1767323045678"},
        "messageAttributes": {"k": {"stringValue": "v", "dataType": "String"}, "b": {"binaryValue": "AA=="}},
        "eventSource": "aws:sqs",
    }
    sns = {
        "EventSource": "aws:sns",
        "Sns": {"MessageId": "95df", "Message": "hi", "Timestamp": "2026-01-02T03:04:05Z", "MessageAttributes": {}},
    }
    bucket = {"s3": {"object": {"key": "test%2Fk+y", "size": 4}}, "eventTime": "2026-01-02T03:04:05Z"}
    written = {**bucket, "eventSource": "aws:s3", "eventName": "ObjectCreated:Put"}
    removed = {**written, "eventName": "ObjectRemoved:Delete"}
    path = put(tmp_path, "x.json", {"Records": [sqs, sns, written, removed, {"eventSource": "aws:kinesis"}]})
    records, tally = imported(path, function="F")
    assert [record.event for record in records] == [
        QueueEvent(
            message=b"Hello from SQS!",
            id="19dd0b57",
            dequeue_count=3,
            inserted="2026-01-02T03:04:05.678000+00:00",
            expires=None,
            pop_receipt="MessageReceiptHandle",
            attributes=(("k", "v"),),
        ),
        QueueEvent(message=b"hi", id="95df", inserted="2026-01-02T03:04:05+00:00", expires=None),
        BlobEvent(name="test/k y", content=b"\0" * 4, modified="2026-01-02T03:04:05+00:00"),
    ]
    assert tally.skipped == {
        "an object that was not written (ObjectRemoved and others)": 1,
        "records of aws:kinesis have no event here": 1,
    }


def test_a_schedule_of_aws_is_a_timer(tmp_path: Path) -> None:
    path = put(
        tmp_path, "x.json", {"source": "aws.events", "detail-type": "Scheduled Event", "time": "2026-01-02T03:04:05Z"}
    )
    assert events(path) == [TimerEvent(due="2026-01-02T03:04:05+00:00")]


# -- Function Compute


def test_samples_of_function_compute_are_the_events_that_they_stand_for(tmp_path: Path) -> None:
    timer = {"triggerTime": "2026-01-02T03:04:05Z", "triggerName": "t1", "payload": "nightly"}
    message = {
        "id": "c2a7",
        "specversion": "1.0",
        "source": "MNS-Function-q1",
        "type": "mns:Queue:SendMessage",
        "time": "2026-01-02T03:04:05.093Z",
        "data": {"messageId": "C6DB60D1574661357FA2272774450001", "messageBody": "eyJvcmRlciI6MTd9"},
    }
    due = "2026-01-02T03:04:05+00:00"
    assert events(put(tmp_path, "timer.json", timer)) == [TimerEvent(due=due, payload="nightly")]
    batch = put(tmp_path, "batch.json", [message, message])
    assert detect(batch).format == "fc"
    assert [event.message for event in events(batch) if isinstance(event, QueueEvent)] == [b'{"order":17}'] * 2
    assert (
        events(put(tmp_path, "both.jsonl", f"{json.dumps(timer)}\n{json.dumps(timer)}"))
        == [TimerEvent(due=due, payload="nightly")] * 2
    )


MESSAGES = {
    "kafka-object": b"hello",
    "kafka-array": b"hello",
    "rocketmq-array": b"TEST",
    "rabbitmq-array": b'{"Hello":"R"}',
    "rabbitmq-array-text-body": b"hello",
}


@pytest.mark.parametrize("name", MESSAGES)
def test_messages_of_other_brokers_are_those_of_a_queue(tmp_path: Path, name: str) -> None:
    [event] = events(put(tmp_path, "one.json", SAMPLES[name]))
    assert isinstance(event, QueueEvent)
    assert event.message == MESSAGES[name]
    both = put(tmp_path, "both.json", json.loads(SAMPLES["kafka-array"]) + json.loads(SAMPLES["rocketmq-array"]))
    assert [event.message for event in events(both) if isinstance(event, QueueEvent)] == [b"hello", b"TEST"]


@pytest.mark.parametrize("name", sorted(SAMPLES.keys() - MESSAGES))
def test_every_other_sample_of_function_compute_keeps_its_bytes(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, f"{name}.json", SAMPLES[name])
    assert events(path, "fc") == [RawEvent(body=SAMPLES[name])]


# -- payloads and folders


def test_messages_that_came_without_an_id_have_each_their_own_and_the_same_again(tmp_path: Path) -> None:
    for name in "abc":
        put(tmp_path, f"take/{name}.json", {"k": 1})
    put(
        tmp_path,
        "take/d.jsonl",
        '{"trigger": "queue", "message": "x"}\n{"trigger": "queue", "message": "x", "id": "7"}',
    )
    told = [event.id for event in events(tmp_path / "take") if isinstance(event, QueueEvent)]
    assert len(set(told)) == len(told) == 5
    assert told[-1] == "7"
    assert told == [event.id for event in events(tmp_path / "take") if isinstance(event, QueueEvent)]


@pytest.mark.parametrize("format", sorted(FORMATS.keys() - {"folder", "payload", "event-hubs", "fc"}))
def test_a_file_that_gives_nothing_is_told(tmp_path: Path, format: str) -> None:
    records, tally = imported(put(tmp_path, "x.json", {"nothing": 1}), format)
    assert records == []
    assert sum(tally.skipped.values()) == 1


def test_an_empty_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "e").mkdir()
    assert sum(imported(tmp_path / "e")[1].skipped.values()) == 1


def test_half_a_surrogate_pair_in_a_url_leaves_out_its_entry_only(tmp_path: Path) -> None:
    path = put(tmp_path, "x.har", {"log": {"entries": [entry(url="http://h/\ud800"), entry()]}})
    records, tally = imported(path, "har")
    assert len(records) == 1
    assert tally.skipped == {"half of a surrogate pair in a text": 1}


def test_bare_payloads_are_what_the_option_says(tmp_path: Path) -> None:
    path = put(tmp_path, "order.json", b'{"order": 17}\n')
    [message] = events(path)
    assert isinstance(message, QueueEvent)
    assert message == QueueEvent(message=b'{"order": 17}\n', id=message.id)
    assert events(path, trigger="raw") == [RawEvent(body=b'{"order": 17}\n')]
    assert events(path, trigger="http", function="Pay") == [
        HttpEvent(
            method="POST", path="/api/Pay", headers=(("Content-Type", "application/json"),), body=b'{"order": 17}\n'
        )
    ]
    assert events(path, trigger="blob") == [
        BlobEvent(name="order.json", content=b'{"order": 17}\n', content_type="application/json")
    ]


def test_a_folder_gives_its_files_in_order_and_names_the_functions(tmp_path: Path) -> None:
    put(tmp_path, "Shop/OnOrder/2.bin", b"\0\xff")
    put(tmp_path, "Shop/OnOrder/1.json", {"trigger": "queue", "message": "one"})
    put(tmp_path, "Shop/OnOrder/deep/3.txt", "three")
    put(tmp_path, "Shop/top.json", {"order": 1})
    put(tmp_path, "Shop/README.md", "# no event")
    put(tmp_path, "Shop/.git/config.txt", "x")
    put(tmp_path, "Shop/zbad.json", b'[{"trigger": "queue"}, {')
    (tmp_path / "Shop" / "link.json").symlink_to("/etc/passwd")
    assert "a folder" in detect(tmp_path / "Shop").reason
    records, tally = imported(tmp_path / "Shop")
    found = [(record.function, getattr(record.event, "message", b"")) for record in records]
    assert found == [
        ("OnOrder", b"one"),
        ("OnOrder", b"\0\xff"),
        ("OnOrder", b"three"),
        ("Shop", b'{"order": 1}'),
        ("Shop", b""),
    ]
    assert [record.number for record in records] == [1, 2, 3, 4, 5]
    reasons = sorted(reason.partition(":")[0][:25] for reason in tally.skipped)
    assert reasons == sorted(
        ["a file whose suffix is no", "a hidden file or folder", "a symbolic link", "a file that cannot be rea"]
    )
    assert {record.function for record in imported(tmp_path / "Shop", function="F")[0]} == {"F"}


def test_files_of_powershell_are_read(tmp_path: Path) -> None:
    text = json.dumps([CLI], indent=2).replace("\n", "\r\n")
    assert events(put(tmp_path, "a.json", text.encode("utf-16"))) == [ORDER]
    assert events(put(tmp_path, "b.json", b"\xef\xbb\xbf" + text.encode())) == [ORDER]


def test_every_format_has_a_name_a_title_and_is_found(tmp_path: Path) -> None:
    assert list(FORMATS) == [item.name for item in FORMATS.values()]
    assert all(item.title for item in FORMATS.values())
    assert str(detect(put(tmp_path, "x.json", CLOUD))).startswith(f"{tmp_path}/x.json: cloudevents, because it")


def test_the_format_can_be_overruled_and_a_wrong_name_suggests_one(tmp_path: Path) -> None:
    path = put(tmp_path, "x.json", CLOUD)
    assert [type(event) for event in events(path, "payload")] == [QueueEvent]
    with pytest.raises(ImportRefused, match="did you mean cloudevents"):
        imported(path, "cloudevent")
    with pytest.raises(ImportRefused, match="is a folder"):
        imported(tmp_path, "har")
