"""Event bodies of POST /invoke, by trigger (alibaba-fc.md 6, and 3.5 for a client's request).

JSON goes out compact, in the order of the samples, with non-ASCII text as it is.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias
from urllib.parse import unquote

import orjson

from fnfuzz.app.model import Function
from fnfuzz.contracts.fc_headers import EPOCH, FcSettings, hex_digits, moment
from fnfuzz.contracts.model import Delivery
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, RawEvent, TimerEvent

__all__ = ["BRIDGED", "cloud_event", "event_body"]

SOURCE_IP = "203.0.113.9"
INSTANCE = "instance"
"""Of a broker, in subjects and properties."""


def event_body(settings: FcSettings, function: Function, event: Event, delivery: Delivery) -> bytes:
    """The bytes that the host sends for ``event``.

    ``function.form`` picks among the forms of a queue event (``mns-topic-stream``, ``mns-topic-json``, ``mns-queue``,
    ``mns-queue-single``, ``kafka``, ``rocketmq``, ``rabbitmq``); a form that does not belong to the event's trigger is
    passed over for the trigger's own.
    """
    if isinstance(event, RawEvent):
        return event.body
    if isinstance(event, TimerEvent):
        return orjson.dumps(_timer(function, event))
    if isinstance(event, BlobEvent):
        return orjson.dumps(_oss(settings, function, event, delivery))
    if isinstance(event, HttpEvent):
        return orjson.dumps(_http(settings, function, event, delivery))
    return _QUEUE_FORMS.get(function.form, _queue_batch)(settings, function, event, delivery)


def _timer(function: Function, event: TimerEvent) -> dict[str, Any]:
    return {
        "triggerTime": _seconds(event.due),
        "triggerName": function.trigger_name or "timer",
        "payload": event.payload,
    }


def _oss(settings: FcSettings, function: Function, event: BlobEvent, delivery: Delivery) -> dict[str, Any]:
    bucket = function.source.partition("/")[0] or "bucket"
    account, size = settings.account_id, len(event.content)
    stored = {
        "deltaSize": size,
        "eTag": _md5(event.content),
        "key": event.name,
        "objectMeta": {
            "mimeType": event.content_type,
            "userMeta": {f"x-oss-meta-{name}": value for name, value in event.metadata},
        },
        "size": size,
    }
    record = {
        "eventName": "ObjectCreated:PutObject",
        "eventSource": "acs:oss",
        "eventTime": _milliseconds(event.modified),
        "eventVersion": "1.0",
        "oss": {
            "bucket": {
                "arn": f"acs:oss:{settings.region}:{account}:{bucket}",
                "name": bucket,
                "ownerIdentity": account,
                "virtualBucket": "",
            },
            "object": stored,
            "ossSchemaVersion": "1.0",
            "ruleId": "8872c90ead7375674d61d6dc89087d9f87698990",
        },
        "region": settings.region,
        "requestParameters": {"sourceIPAddress": SOURCE_IP},
        "responseElements": {"requestId": hex_digits(delivery.id)[:24].upper()},
        "userIdentity": {"principalId": account},
    }
    return {"events": [record]}


def _topic_stream(settings: FcSettings, function: Function, event: QueueEvent, delivery: Delivery) -> bytes:
    """STREAM form: the bare message; only attributes make it JSON (alibaba-fc.md 6.6)."""
    if not event.attributes:
        return event.message
    attributes = orjson.dumps(dict(event.attributes)).decode("utf-8")
    return orjson.dumps({"body": _text(event.message), "attrs": {"Extend": attributes}})


def _topic_json(settings: FcSettings, function: Function, event: QueueEvent, delivery: Delivery) -> bytes:
    document: dict[str, Any] = {
        "TopicOwner": settings.account_id,
        "Message": _text(event.message),
        "Subscriber": settings.account_id,
        "PublishTime": _epoch_milliseconds(event.inserted),
        "SubscriptionName": function.trigger_name or "subscription",
        "MessageMD5": _md5(event.message),
        "TopicName": function.source or "topic",
        "MessageId": hex_digits(event.id)[:32].upper(),
    }
    for name, value in event.attributes:
        # Which one wins when an attribute has the name of a system key is open; the system key keeps its type.
        document.setdefault(name, value)
    return orjson.dumps(document)


def _queue_batch(settings: FcSettings, function: Function, event: QueueEvent, delivery: Delivery) -> bytes:
    return orjson.dumps([_queue_message(settings, function, event, delivery)])


def _queue_single(settings: FcSettings, function: Function, event: QueueEvent, delivery: Delivery) -> bytes:
    return orjson.dumps(_queue_message(settings, function, event, delivery))


def _queue_message(settings: FcSettings, function: Function, event: QueueEvent, delivery: Delivery) -> dict[str, Any]:
    queue, account, region = function.source or "queue", settings.account_id, settings.region
    bus = f"MNS-Function-{function.trigger_name or queue}"
    return {
        "id": delivery.id,
        "source": bus,
        "specversion": "1.0",
        "type": "mns:Queue:SendMessage",
        "datacontenttype": "application/json; charset=utf-8",
        "subject": f"acs:mns:{region}:{account}:queues/{queue}",
        "time": _milliseconds(event.inserted),
        "aliyunaccountid": account,
        "aliyunpublishtime": _milliseconds(delivery.now),
        "aliyunoriginalaccountid": account,
        "aliyuneventbusname": bus,
        "aliyunregionid": region,
        "aliyunpublishaddr": SOURCE_IP,
        "data": {
            "requestId": hex_digits(delivery.id)[:24].upper(),
            "messageId": hex_digits(event.id)[:32].upper(),
            "messageBody": base64.b64encode(event.message).decode("ascii"),
        },
    }


def _kafka(settings: FcSettings, function: Function, event: QueueEvent, delivery: Delivery) -> bytes:
    topic = function.source or "topic"
    data = {
        "topic": topic,
        "partition": 0,
        # Every message has its own; the same one when it is delivered again.
        "offset": int(hex_digits(event.id)[20:32], 16),
        "timestamp": _epoch_milliseconds(event.inserted),
        "headers": {"headers": [], "isReadOnly": False},
        "value": _text(event.message),
    }
    subject = f"acs:alikafka:{INSTANCE}:topic:{topic}"
    return _streamed(settings, event, delivery, "acs:alikafka", "alikafka:Topic:Message", subject, data)


def _rocketmq(settings: FcSettings, function: Function, event: QueueEvent, delivery: Delivery) -> bytes:
    topic, again = function.source or "topic", event.dequeue_count - 1
    data = {
        "topic": topic,
        "systemProperties": {
            "MIN_OFFSET": "0",
            "MAX_OFFSET": "8",
            "TRACE_ON": "true",
            "MSG_REGION": settings.region,
            "KEYS": "k",
            "TAGS": "a",
            **({"RECONSUME_TIMES": str(again)} if again else {}),
            "CONSUME_START_TIME": _epoch_milliseconds(delivery.now),
            "UNIQ_KEY": hex_digits(event.id)[:32].upper(),
            "INSTANCE_ID": INSTANCE,
        },
        "userProperties": dict(event.attributes),
        "body": _text(event.message),
    }
    source = f"RocketMQ-Function-{function.trigger_name or topic}"
    subject = f"acs:mq:{settings.region}:{settings.account_id}:{INSTANCE}%{topic}"
    return _streamed(settings, event, delivery, source, "mq:Topic:SendMessage", subject, data)


def _rabbitmq(settings: FcSettings, function: Function, event: QueueEvent, delivery: Delivery) -> bytes:
    queue = function.source or "queue"
    data = {
        "envelope": {
            "deliveryTag": 98,
            "exchange": "",
            "redeliver": event.dequeue_count > 1,
            "routingKey": queue,
        },
        "body": _object_or_text(event.message),
        "props": {"contentEncoding": "UTF-8", "messageId": event.id},
    }
    source = f"RabbitMQ-Function-{function.trigger_name or queue}"
    subject = f"acs:amqp:{settings.region}:{settings.account_id}:/instances/{INSTANCE}/vhosts/v/queues/{queue}"
    return _streamed(settings, event, delivery, source, "amqp:Queue:SendMessage", subject, data)


def _streamed(
    settings: FcSettings,
    event: QueueEvent,
    delivery: Delivery,
    source: str,
    kind: str,
    subject: str,
    data: Mapping[str, Any],
) -> bytes:
    """A batch of one, as a stream of EventBridge sends it."""
    time = _milliseconds(event.inserted)
    return orjson.dumps([cloud_event(delivery.id, source, kind, subject, time, settings.account_id, data)])


def cloud_event(
    id: str, source: str, kind: str, subject: str, time: str, account: str, data: Mapping[str, Any]
) -> dict[str, Any]:
    """The envelope of a message in a stream of EventBridge (alibaba-fc.md 6.8)."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": kind,
        "subject": subject,
        "datacontenttype": "application/json; charset=utf-8",
        "time": time,
        "aliyunaccountid": account,
        "data": data,
    }


def _object_or_text(message: bytes) -> object:
    """A JSON object as one, anything else as text."""
    try:
        value = orjson.loads(message)
        return value if isinstance(value, dict) and orjson.dumps(value) else _text(message)
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        return _text(message)


def _http(settings: FcSettings, function: Function, event: HttpEvent, delivery: Delivery) -> dict[str, Any]:
    """The event document of an HTTP trigger (alibaba-fc.md 3.5); a body that is not UTF-8 goes as base64."""
    domain = settings.domain_of(function)
    try:
        body, is_base64 = event.body.decode("utf-8"), False
    except UnicodeDecodeError:
        body, is_base64 = base64.b64encode(event.body).decode("ascii"), True
    headers = _joined(event.headers)
    return {
        "version": "v1",
        "rawPath": event.path,
        "body": body,
        "isBase64Encoded": is_base64,
        "headers": headers,
        "queryParameters": _joined(event.query, any_case=False),
        "requestContext": {
            "accountId": settings.account_id,
            "domainName": domain,
            "domainPrefix": domain.split(".", 1)[0],
            "http": {
                "method": event.method,
                "path": unquote(event.path),
                "protocol": "HTTP/1.1",
                "sourceIp": SOURCE_IP,
                "userAgent": next((value for name, value in headers.items() if name.lower() == "user-agent"), ""),
            },
            "requestId": settings.request_id(delivery),
            "time": _seconds(delivery.now),
            "timeEpoch": str(_epoch_milliseconds(delivery.now)),
        },
    }


def _joined(pairs: Pairs, *, any_case: bool = True) -> dict[str, str]:
    """One value a name: repeated ones are joined with a comma, under the first spelling."""
    spelling: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, value in pairs:
        name = spelling.setdefault(name.lower() if any_case else name, name)
        values[name] = f"{values[name]},{value}" if name in values else value
    return values


def _text(message: bytes) -> str:
    """Topics carry text: a message that is not UTF-8 can only have been published as base64."""
    try:
        return message.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(message).decode("ascii")


def _md5(data: bytes) -> str:
    return hashlib.md5(data, usedforsecurity=False).hexdigest().upper()


def _seconds(text: str) -> str:
    return moment(text).isoformat(timespec="seconds").replace("+00:00", "Z")


def _milliseconds(text: str) -> str:
    return moment(text).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _epoch_milliseconds(text: str) -> int:
    return (moment(text) - EPOCH) // timedelta(milliseconds=1)


_QueueForm: TypeAlias = Callable[[FcSettings, Function, QueueEvent, Delivery], bytes]

_QUEUE_FORMS: Mapping[str, _QueueForm] = {
    "mns-topic-stream": _topic_stream,
    "mns-topic-json": _topic_json,
    "mns-queue": _queue_batch,
    "mns-queue-single": _queue_single,
    "kafka": _kafka,
    "rocketmq": _rocketmq,
    "rabbitmq": _rabbitmq,
}

BRIDGED = tuple(form for form in _QUEUE_FORMS if not form.startswith("mns-topic"))
"""The forms of messages that come through EventBridge (alibaba-fc.md 6.7, 6.8)."""
