"""Event bodies of Function Compute read back, one reader for each shape (alibaba-fc.md 3.5, 6).

What a body does not carry:

* OSS: the object's content. As many NULs as the object has bytes (1 MiB at most) stand for it, so that of the request
  encoded again only ``eTag`` differs. Fractions of ``modified`` below the millisecond, and of metadata of one name
  all but the last.
* MNS topic, STREAM: everything but message and attributes. Both topic forms: a message that is not UTF-8 is its base64.
* MNS topic, JSON: ``dequeue_count``, ``expires``, ``pop_receipt``, attributes named like a system key, case and dashes
  of ``id``, parts of the millisecond. MNS queue: the same, and all attributes.
* Kafka: ``id`` but for what makes the offset, ``dequeue_count``, ``expires``, ``pop_receipt``, attributes. RocketMQ:
  ``expires`` and ``pop_receipt``. RabbitMQ: these, attributes, deliveries after the second, spaces in an object. All: a
  message that is not UTF-8 is its base64, and parts of the millisecond.
* timer: ``past_due`` and fractions of seconds. HTTP event: values of one name come joined, and the spelling of a header
  that comes again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import orjson

from fnfuzz.contracts.fc_headers import EPOCH, moment
from fnfuzz.contracts.reading.wire import (
    FRAMING,
    base64_content,
    document,
    exact_time,
    guid,
    stand_in,
    target_parts,
    text_members,
)
from fnfuzz.events import BlobEvent, Event, HttpEvent, Pairs, QueueEvent, TimerEvent

__all__ = ["SHAPES", "Told", "queue_messages", "read_shape", "topic_stream"]

HEX = re.compile(r"[0-9A-Fa-f]{32}")
META_PREFIX = "x-oss-meta-"
TOPIC_KEYS = frozenset(
    ("TopicOwner", "Message", "Subscriber", "PublishTime", "SubscriptionName", "MessageMD5", "TopicName", "MessageId")
)
QUEUE_TYPE = "mns:Queue:SendMessage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An event, and what its body says besides.

    ``origin`` is the bucket, topic, queue or the trigger's name. ``exact_id`` and ``middle`` are an id and the first 24
    digits of one, ``now`` is when the host sent it.
    """

    event: Event
    origin: str = ""
    exact_id: str = ""
    middle: str = ""
    now: str = ""


def read_shape(body: bytes, shapes: tuple[str, ...] | None = None) -> tuple[str, Told] | None:
    """The first of ``shapes`` (of all by default) that ``body`` has, and what it tells; None if it has none.

    The names are those of ``SHAPES``. A bare text, and a batch of several events, have none.
    """
    if body.lstrip()[:1] not in (b"{", b"["):
        return None
    value = document(body)
    for name in SHAPES if shapes is None else shapes:
        told = SHAPES[name](value)
        if told is not None:
            return name, told
    return None


def topic_stream(body: bytes) -> Told | None:
    """A STREAM message with attributes; None for any other, which is the bare message."""
    value = document(body) if body.startswith(b'{"body":') else None
    if not isinstance(value, dict) or set(value) != {"body", "attrs"} or not isinstance(value["body"], str):
        return None
    attrs = value["attrs"]
    extend = document(attrs["Extend"]) if _has_text(attrs, "Extend") and len(attrs) == 1 else None
    if not isinstance(extend, dict) or not extend or not all(isinstance(text, str) for text in extend.values()):
        return None
    return Told(event=QueueEvent(message=value["body"].encode("utf-8"), attributes=tuple(extend.items())))


def queue_messages(value: object) -> list[Told]:
    """All messages of a queue or topic in an EventBridge batch, or the one outside of a batch; empty for other
    events.
    """
    elements = value if isinstance(value, list) else [value]
    told = [next(filter(None, (read(element) for read in _MESSAGES.values())), None) for element in elements]
    return [item for item in told if item is not None] if all(told) else []


def _timer(value: object) -> Told | None:
    keys = ("triggerTime", "triggerName", "payload")
    if not isinstance(value, dict) or set(value) != set(keys) or not _has_text(value, *keys):
        return None
    event = TimerEvent(due=_offset(value["triggerTime"]), payload=value["payload"])
    return Told(event=event, origin=value["triggerName"])


def _oss(value: object) -> Told | None:
    """An object that was written; what was deleted or only begun is no blob event."""
    record = _only(value.get("events")) if isinstance(value, dict) else None
    if record is None or record.get("eventSource") != "acs:oss":
        return None
    stored, bucket = _within(record, "oss", "object"), _within(record, "oss", "bucket")
    if not _has_text(record, "eventName", "eventTime") or not _has_text(stored, "key"):
        return None
    if not record["eventName"].removeprefix("oss:").startswith("ObjectCreated:"):
        return None
    meta = _within(stored, "objectMeta")
    kind = meta.get("mimeType")
    event = BlobEvent(
        name=stored["key"],
        content=stand_in(stored.get("size")),
        content_type=kind if isinstance(kind, str) else BlobEvent().content_type,
        metadata=tuple((name.removeprefix(META_PREFIX), text) for name, text in text_members(meta.get("userMeta"))),
        modified=_offset(record["eventTime"]),
    )
    digits = _within(record, "responseElements").get("requestId")
    return Told(event=event, origin=str(bucket.get("name", "")), middle=_digits(digits))


def _topic(value: object) -> Told | None:
    if not isinstance(value, dict) or not _has_text(value, "TopicOwner", "TopicName", "Message", "MessageId"):
        return None
    inserted = _of_milliseconds(value.get("PublishTime"))
    if inserted is None:
        return None
    event = QueueEvent(
        message=value["Message"].encode("utf-8"),
        id=_guid_of(value["MessageId"]),
        inserted=inserted.isoformat(),
        attributes=text_members({name: text for name, text in value.items() if name not in TOPIC_KEYS}),
    )
    return Told(event=event, origin=value["TopicName"])


def _queue(element: object) -> Told | None:
    if not isinstance(element, dict) or element.get("type") != QUEUE_TYPE:
        return None
    data = _within(element, "data")
    if not _has_text(data, "messageBody") or not _has_text(element, "id"):
        return None
    message = base64_content(data["messageBody"])
    told: dict[str, Any] = {"id": _guid_of(data["messageId"])} if _has_text(data, "messageId") else {}
    if _has_text(element, "time"):
        told["inserted"] = _offset(element["time"])
    event = QueueEvent(message=data["messageBody"].encode("utf-8") if message is None else message, **told)
    return Told(
        event=event,
        origin=str(element.get("subject", "")).rpartition("/")[2],
        exact_id=element["id"],
        middle=_digits(data.get("requestId")),
        now=exact_time(element.get("aliyunpublishtime")) or "",
    )


def _kafka(message: object) -> Told | None:
    element, data = _streamed(message, "alikafka:Topic:Message")
    offset = data.get("offset")
    if not _has_text(data, "topic", "value") or not isinstance(offset, int) or not 0 <= offset < 16**12:
        return None
    event = QueueEvent(
        message=data["value"].encode("utf-8"),
        id=guid("0" * 8, f"{offset:012x}"),
        inserted=_offset(element["time"]),
    )
    return Told(event=event, origin=data["topic"], exact_id=element["id"])


def _rocketmq(message: object) -> Told | None:
    element, data = _streamed(message, "mq:Topic:SendMessage")
    system = _within(data, "systemProperties")
    if not _has_text(data, "topic", "body") or not _has_text(system, "UNIQ_KEY"):
        return None
    again = _number(system.get("RECONSUME_TIMES", "0"))
    event = QueueEvent(
        message=data["body"].encode("utf-8"),
        id=_guid_of(system["UNIQ_KEY"]),
        dequeue_count=1 + max(0, again or 0),
        inserted=_offset(element["time"]),
        attributes=text_members(data.get("userProperties")),
    )
    sent = _of_milliseconds(system.get("CONSUME_START_TIME"))
    return Told(event=event, origin=data["topic"], exact_id=element["id"], now=_exact(sent))


def _rabbitmq(message: object) -> Told | None:
    element, data = _streamed(message, "amqp:Queue:SendMessage")
    body, envelope = data.get("body"), _within(data, "envelope")
    if not isinstance(body, str | dict) or not _has_text(envelope, "routingKey"):
        return None
    props = _within(data, "props")
    told: dict[str, Any] = {"id": props["messageId"]} if _has_text(props, "messageId") else {}
    event = QueueEvent(
        message=body.encode("utf-8") if isinstance(body, str) else orjson.dumps(body),
        dequeue_count=2 if envelope.get("redeliver") is True else 1,
        inserted=_offset(element["time"]),
        **told,
    )
    return Told(event=event, origin=envelope["routingKey"], exact_id=element["id"])


def _streamed(element: object, kind: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """One message of a stream of EventBridge, and its data; both empty for anything else."""
    if not isinstance(element, dict) or element.get("type") != kind or not _has_text(element, "id", "time"):
        return {}, {}
    return element, _within(element, "data")


def _http(value: object) -> Told | None:
    context = _within(value, "requestContext")
    http = _within(context, "http")
    if not isinstance(value, dict) or not _has_text(value, "rawPath") or not _has_text(http, "method"):
        return None
    if value.get("version") != "v1":
        return None
    body = value.get("body")
    text = body if isinstance(body, str) else ""
    content = base64_content(text) if str(value.get("isBase64Encoded")).lower() == "true" else None
    event = HttpEvent(
        method=http["method"],
        path=target_parts(value["rawPath"])[0],
        query=text_members(value.get("queryParameters")),
        headers=_headers(value.get("headers")),
        body=text.encode("utf-8") if content is None else content,
    )
    sent = _of_milliseconds(_number(context.get("timeEpoch")))
    return Told(event=event, origin=str(context.get("domainPrefix", "")), now=_exact(sent))


_Reader: TypeAlias = Callable[[object], Told | None]

_MESSAGES: Mapping[str, _Reader] = {
    "mns-queue": _queue,
    "kafka": _kafka,
    "rocketmq": _rocketmq,
    "rabbitmq": _rabbitmq,
}
"""What reads one message of a batch of EventBridge."""


def _alone(read: _Reader) -> _Reader:
    """What reads it as a batch of one, or outside of a batch."""
    return lambda value: read(_only(value) if isinstance(value, list) else value)


SHAPES: Mapping[str, _Reader] = {
    "timer": _timer,
    "oss": _oss,
    "mns-topic-json": _topic,
    **{name: _alone(read) for name, read in _MESSAGES.items()},
    "http": _http,
}


def _headers(value: object) -> Pairs:
    return tuple(pair for pair in text_members(value) if pair[0].lower() not in FRAMING)


def _only(value: object) -> dict[str, Any] | None:
    """The one object in a list of one."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return value[0]
    return None


def _within(value: object, *names: str) -> dict[str, Any]:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def _has_text(value: object, *names: str) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in names)


def _offset(time: str) -> str:
    """A time as events hold it, in UTC; text that is no time stays as it is."""
    return time if moment(time) == EPOCH else moment(time).isoformat()


def _of_milliseconds(value: object) -> datetime | None:
    try:
        return EPOCH + timedelta(milliseconds=value) if isinstance(value, int) else None
    except OverflowError:
        return None


def _exact(sent: datetime | None) -> str:
    """When the host sent it, as deliveries hold it; empty for a time that is not told."""
    now = f"{sent.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z" if sent else ""
    return exact_time(now) or ""


def _number(value: object) -> int | None:
    text = str(value)
    return int(text) if len(text) < 18 and re.fullmatch(r"-?\d+", text, re.ASCII) else None


def _digits(value: object) -> str:
    return value if isinstance(value, str) and len(value) == 24 else ""


def _guid_of(text: str) -> str:
    """Bare hex digits with the dashes of a GUID."""
    return guid(text[:8], text[20:], text[8:20]) if HEX.fullmatch(text) else text
