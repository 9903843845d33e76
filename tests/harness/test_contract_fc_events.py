"""Event bodies, each against the sample of the contract file."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from typing import Any

import pytest

from fnfuzz.app.model import Function
from fnfuzz.contracts.fc_events import event_body
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.fc_samples import BATCH_SHAPES, SAMPLES
from fnfuzz.contracts.model import Delivery
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent

DELIVERY = Delivery(id="c2a71017-6f65-4fcf-a814-a396fc8d0001", now="2026-01-02T03:04:06.0281Z")
ORDER = QueueEvent(
    message=b"order-17 paid", id="2F5B3C082B923D4EAC694B76D9280001", inserted="2026-01-02T03:04:05.678+00:00"
)


def body(event: Event, form: str = "", **function: Any) -> bytes:
    made = Function(name="resize", trigger=event.trigger, contract="fc-event", form=form, **function)
    return event_body(FcSettings(), made, event, DELIVERY)


def test_a_timer_event_is_the_documented_one() -> None:
    event = TimerEvent(due="2026-01-02T04:04:05+01:00", payload="nightly")
    assert body(event, "timer", trigger_name="t1") == (
        b'{"triggerTime":"2026-01-02T03:04:05Z","triggerName":"t1","payload":"nightly"}'
    )


def test_an_oss_event_is_the_documented_one() -> None:
    event = BlobEvent(
        name="in/ä b+1.png",
        content=b"x" * 7107,
        content_type="image/png",
        metadata=(("by", "ada"),),
        modified="2026-01-02T03:04:05+00:00",
    )
    sent = body(event, "oss", source="pics")
    documented = (
        '{"events":[{"eventName":"ObjectCreated:PutObject","eventSource":"acs:oss",'
        '"eventTime":"2026-01-02T03:04:05.000Z","eventVersion":"1.0",'
        '"oss":{"bucket":{"arn":"acs:oss:cn-hangzhou:1234567890123456:pics","name":"pics",'
        '"ownerIdentity":"1234567890123456","virtualBucket":""},'
        '"object":{"deltaSize":7107,"eTag":"0D1B95964986C0ED15C539E17F602680","key":"in/ä b+1.png",'
        '"objectMeta":{"mimeType":"image/png","userMeta":{"x-oss-meta-by":"ada"}},"size":7107},'
        '"ossSchemaVersion":"1.0","ruleId":"8872c90ead7375674d61d6dc89087d9f87698990"},'
        '"region":"cn-hangzhou","requestParameters":{"sourceIPAddress":"203.0.113.9"},'
        '"responseElements":{"requestId":"6956F0A5FDF078363260257A"},"userIdentity":{"principalId":"1234567890123456"}}]}'
    )
    # The documented entity tag and request id belong to an object and a request of their own.
    tag = json.loads(sent)["events"][0]["oss"]["object"]["eTag"]
    assert len(tag) == 32
    expected = documented.replace("0D1B95964986C0ED15C539E17F602680", tag)
    assert sent.decode("utf-8") == expected.replace("6956F0A5FDF078363260257A", "C2A710176F654FCFA814A396")


@pytest.mark.parametrize("message", [b"order-17 paid", b'"order-17 paid"', b"", b"\xff\x00"])
def test_a_topic_in_stream_form_sends_the_bare_message(message: bytes) -> None:
    assert body(QueueEvent(message=message), "mns-topic-stream") == message


def test_a_topic_in_stream_form_with_attributes_is_the_documented_one() -> None:
    event = QueueEvent(message=b"order-17 paid", attributes=(("key", "value"),))
    assert body(event, "mns-topic-stream") == (b'{"body":"order-17 paid","attrs":{"Extend":"{\\"key\\":\\"value\\"}"}}')


def test_a_topic_in_json_form_is_the_documented_one() -> None:
    documented = {
        "TopicOwner": "1234567890123456",
        "Message": "order-17 paid",
        "Subscriber": "1234567890123456",
        "PublishTime": 1767323045678,
        "SubscriptionName": "sub1",
        "MessageMD5": "38D6B00283AFC76F0F93657C6EF7D350",
        "TopicName": "orders",
        "MessageId": "2F5B3C082B923D4EAC694B76D9280001",
    }
    sent = json.loads(body(ORDER, "mns-topic-json", source="orders", trigger_name="sub1"))
    assert list(sent) == list(documented)
    assert sent == documented


def test_topic_attributes_become_top_level_keys_and_leave_system_keys_alone() -> None:
    event = QueueEvent(message=b"m", attributes=(("key", "value"), ("PublishTime", "never")))
    sent = json.loads(body(event, "mns-topic-json"))
    assert sent["key"] == "value"
    assert isinstance(sent["PublishTime"], int)


def test_a_topic_message_that_is_not_text_goes_as_base64() -> None:
    assert json.loads(body(QueueEvent(message=b"\xff\x00"), "mns-topic-json"))["Message"] == "/wA="


def queue_document() -> dict[str, Any]:
    return {
        "id": "c2a71017-6f65-4fcf-a814-a396fc8d0001",
        "source": "MNS-Function-q1",
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8",
        "subject": "acs:mns:cn-hangzhou:1234567890123456:queues/q1",
        "time": "2026-01-02T03:04:05.093Z",
        "aliyunaccountid": "1234567890123456",
        "aliyunpublishtime": "2026-01-02T03:04:06.028Z",
        "aliyunoriginalaccountid": "1234567890123456",
        "aliyuneventbusname": "MNS-Function-q1",
        "aliyunregionid": "cn-hangzhou",
        "aliyunpublishaddr": "203.0.113.9",
        "data": {
            "requestId": "C2A710176F654FCFA814A396",
            "messageId": "C6DB60D1574661357FA2272774450001",
            "messageBody": "eyJvcmRlciI6MTd9",
        },
    }


PAID = QueueEvent(
    message=b'{"order":17}', id="C6DB60D1574661357FA2272774450001", inserted="2026-01-02T03:04:05.093+00:00"
)


@pytest.mark.parametrize("form", ["mns-queue", "", "no-such-form"])
def test_a_queue_message_is_the_documented_batch_of_one(form: str) -> None:
    sent = body(PAID, form, source="q1")
    assert sent == json.dumps([queue_document()], separators=(",", ":")).encode()


def test_edition_2_sends_a_queue_message_as_a_single_object() -> None:
    sent = body(PAID, "mns-queue-single", source="q1")
    assert sent == json.dumps(queue_document(), separators=(",", ":")).encode()


def cloud_event(source: str, kind: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "c2a71017-6f65-4fcf-a814-a396fc8d0001",
        "source": source,
        "type": kind,
        "subject": subject,
        "datacontenttype": "application/json; charset=utf-8",
        "time": "2026-01-02T03:04:05.093Z",
        "aliyunaccountid": "1234567890123456",
        "data": data,
    }


def test_a_message_of_kafka_is_the_documented_batch_of_one() -> None:
    data = {
        "topic": "t",
        "partition": 0,
        "offset": 0x272774450001,
        "timestamp": 1767323045093,
        "headers": {"headers": [], "isReadOnly": False},
        "value": '{"order":17}',
    }
    subject = "acs:alikafka:instance:topic:t"
    assert json.loads(body(PAID, "kafka", source="t")) == [
        cloud_event("acs:alikafka", "alikafka:Topic:Message", subject, data)
    ]


def test_a_message_of_rocketmq_is_the_documented_batch_of_one() -> None:
    event = replace(PAID, dequeue_count=3, attributes=(("shop", "7"),))
    data = {
        "topic": "t",
        "systemProperties": {
            "MIN_OFFSET": "0",
            "MAX_OFFSET": "8",
            "TRACE_ON": "true",
            "MSG_REGION": "cn-hangzhou",
            "KEYS": "k",
            "TAGS": "a",
            "RECONSUME_TIMES": "2",
            "CONSUME_START_TIME": 1767323046028,
            "UNIQ_KEY": "C6DB60D1574661357FA2272774450001",
            "INSTANCE_ID": "instance",
        },
        "userProperties": {"shop": "7"},
        "body": '{"order":17}',
    }
    subject = "acs:mq:cn-hangzhou:1234567890123456:instance%t"
    documented = cloud_event("RocketMQ-Function-t", "mq:Topic:SendMessage", subject, data)
    assert json.loads(body(event, "rocketmq", source="t")) == [documented]
    first = json.loads(body(PAID, "rocketmq", source="t"))[0]["data"]["systemProperties"]
    assert "RECONSUME_TIMES" not in first


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (b'{"order": 17}', {"order": 17}),
        (b"[17]", "[17]"),
        (b"17", "17"),
        (b"no json {", "no json {"),
        ("{größe}".encode(), "{größe}"),
        (b"\xff", "/w=="),
    ],
)
def test_a_message_of_rabbitmq_is_the_documented_batch_of_one(message: bytes, told: object) -> None:
    data = {
        "envelope": {"deliveryTag": 98, "exchange": "", "redeliver": False, "routingKey": "q"},
        "body": told,
        "props": {"contentEncoding": "UTF-8", "messageId": PAID.id},
    }
    subject = "acs:amqp:cn-hangzhou:1234567890123456:/instances/instance/vhosts/v/queues/q"
    documented = cloud_event("RabbitMQ-Function-q", "amqp:Queue:SendMessage", subject, data)
    assert json.loads(body(replace(PAID, message=message), "rabbitmq", source="q")) == [documented]


def test_a_clients_request_becomes_the_documented_event() -> None:
    event = HttpEvent(
        method="PUT",
        path="/albums/7%20b",
        query=(("x", "1"), ("x", "2")),
        headers=(
            ("Content-Type", "application/json"),
            ("X-Multi", "a"),
            ("x-multi", "b"),
            ("User-Agent", "curl/8.5.0"),
        ),
        body=b'{"title":"a"}',
    )
    function = Function(name="t9", trigger="http", contract="fc-event")
    delivery = Delivery(id="15c49df0-0000-4000-8000-b7dc1f2e3a4b", now="2026-01-02T03:04:05.123Z")
    settings = FcSettings(domain="t9.cn-hangzhou.fcapp.run")
    documented = (
        '{"version":"v1","rawPath":"/albums/7%20b","body":"{\\"title\\":\\"a\\"}","isBase64Encoded":false,'
        '"headers":{"Content-Type":"application/json","X-Multi":"a,b","User-Agent":"curl/8.5.0"},'
        '"queryParameters":{"x":"1,2"},'
        '"requestContext":{"accountId":"1234567890123456","domainName":"t9.cn-hangzhou.fcapp.run","domainPrefix":"t9",'
        '"http":{"method":"PUT","path":"/albums/7 b","protocol":"HTTP/1.1","sourceIp":"203.0.113.9",'
        '"userAgent":"curl/8.5.0"},'
        '"requestId":"1-695735a5-15c49df0-b7dc1f2e3a4b","time":"2026-01-02T03:04:05Z","timeEpoch":"1767323045123"}}'
    )
    assert event_body(settings, function, event, delivery).decode() == documented


def test_a_binary_client_body_is_base64_and_says_so() -> None:
    sent = json.loads(body(HttpEvent(method="POST", body=b"\xff")))
    assert (sent["body"], sent["isBase64Encoded"]) == (base64.b64encode(b"\xff").decode(), True)


def test_raw_bytes_go_verbatim() -> None:
    assert body(RawEvent(body=b"\x00\xff{")) == b"\x00\xff{"


def test_a_form_of_another_trigger_is_passed_over() -> None:
    assert json.loads(body(TimerEvent(payload="p"), "mns-queue"))["payload"] == "p"


def test_samples_are_compact_json_except_for_tablestore() -> None:
    for name, sample in SAMPLES.items():
        if name != "tablestore-cbor":
            assert sample == json.dumps(json.loads(sample), separators=(",", ":"), ensure_ascii=False).encode()
    assert len(SAMPLES["tablestore-cbor"]) == 206
    assert SAMPLES["tablestore-cbor"].startswith(b"\xa2gVersiongSync-v1gRecords\x81")


def test_kafka_samples_are_the_documented_one_in_each_shape() -> None:
    documented = json.loads(
        '[{"specversion":"1.0","id":"8e215af8-ca18-4249-8645-f96c10260001","source":"acs:alikafka",'
        '"type":"alikafka:Topic:Message","subject":"acs:alikafka:alikafka_pre-cn-x:topic:t",'
        '"datacontenttype":"application/json; charset=utf-8","time":"2026-01-02T03:04:05.589Z",'
        '"aliyunaccountid":"1234567890123456","data":{"topic":"t","partition":7,"offset":25,'
        '"timestamp":1767323045589,"headers":{"headers":[],"isReadOnly":false},"key":"k1","value":"hello"}}]'
    )
    assert json.loads(SAMPLES["kafka-array"]) == documented
    assert [json.loads(SAMPLES["kafka-object"])] == documented
    assert [json.loads(text) for text in json.loads(SAMPLES["kafka-text-array"])] == documented


def test_every_batch_shape_is_a_sample() -> None:
    assert set(BATCH_SHAPES) <= set(SAMPLES)
