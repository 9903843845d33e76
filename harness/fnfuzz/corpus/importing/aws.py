"""Event files of AWS, as ``sam local generate-event`` writes them and Lambda's console keeps them.

API Gateway (v1 and v2), load balancers and function URLs give HTTP events; SQS and SNS queue messages, one for each
record; S3 blob events, whose content is unknown (as many NULs as the object has bytes, 1 MiB at most, stand for it);
a schedule gives a timer.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from fnfuzz.contracts.reading.wire import query_pairs, stand_in, target_parts
from fnfuzz.corpus.importing.documents import documents
from fnfuzz.corpus.importing.http_requests import client_headers
from fnfuzz.corpus.importing.model import NO_ID, Options, Tally, Unfit, converted
from fnfuzz.corpus.importing.sample import Sample
from fnfuzz.corpus.importing.source import utf8
from fnfuzz.corpus.importing.times import iso, micros
from fnfuzz.corpus.model import Record
from fnfuzz.events import BlobEvent, HttpEvent, Pairs, QueueEvent, TimerEvent

__all__ = ["looks", "read"]


def looks(sample: Sample) -> str:
    """Has it Records of an AWS source, the members of an HTTP front, or a schedule's?"""
    source = sample.text("Records.eventSource") or sample.text("Records.EventSource")
    if source.startswith("aws:"):
        return f"it has Records with source {source}: an event of AWS"
    if sample.text("version") == "2.0" and sample.has("rawPath", "requestContext.http.method"):
        return "it has version 2.0, rawPath and requestContext.http: an event of API Gateway v2"
    if sample.has("httpMethod", "path", "requestContext"):
        return "it has httpMethod, path and requestContext: an event of API Gateway v1 or a load balancer"
    if sample.text("source") == "aws.events" and sample.has("detail-type"):
        return "it has source aws.events and detail-type: a schedule of AWS"
    return ""


def read(path: Path, options: Options, tally: Tally) -> Iterator[Record]:
    """One record for each HTTP event or schedule, and for each of the Records."""
    yield from converted(documents(path), convert, options, tally)


def convert(value: Any, options: Options) -> Iterator[Record | Unfit]:
    """What one AWS event stands for."""
    if not isinstance(value, dict):
        raise Unfit("no object")
    if isinstance(records := value.get("Records"), list):
        yield from (_from_record(record, options) for record in records)
    elif value.get("source") == "aws.events":
        due = iso(value.get("time")) or TimerEvent().due
        yield Record(function=options.function, event=TimerEvent(due=due), at=micros(value.get("time")))
    elif "rawPath" in value:
        yield _http_v2(value, options)
    elif "httpMethod" in value:
        yield _http_v1(value, options)
    else:
        raise Unfit("no event of API Gateway, SQS, SNS, S3 or a schedule")


def _from_record(record: Any, options: Options) -> Record | Unfit:
    source = _text(record, "eventSource") or _text(record, "EventSource")
    reader = _SOURCES.get(source)
    if reader is None:
        return Unfit(f"records of {source[:40] or 'no source'} have no event here")
    try:
        return reader(record, options)
    except Unfit as reason:
        return reason


def _sqs(record: Mapping[str, Any], options: Options) -> Record:
    attributes = _member(record, "attributes")
    sent = attributes.get("SentTimestamp")
    count = str(attributes.get("ApproximateReceiveCount", "1"))
    usual = QueueEvent()
    event = QueueEvent(
        message=utf8(_text(record, "body")),
        id=_text(record, "messageId") or NO_ID,
        dequeue_count=max(1, int(count)) if count.isdecimal() and len(count) < 10 else 1,
        inserted=iso(sent) or usual.inserted,
        expires=None,
        pop_receipt=_text(record, "receiptHandle") or usual.pop_receipt,
        attributes=_attributes(_member(record, "messageAttributes"), "stringValue"),
    )
    return Record(function=options.function, event=event, at=micros(sent))


def _sns(record: Mapping[str, Any], options: Options) -> Record:
    told = _member(record, "Sns")
    usual = QueueEvent()
    event = QueueEvent(
        message=utf8(_text(told, "Message")),
        id=_text(told, "MessageId") or NO_ID,
        inserted=iso(told.get("Timestamp")) or usual.inserted,
        expires=None,
        attributes=_attributes(_member(told, "MessageAttributes"), "Value"),
    )
    return Record(function=options.function, event=event, at=micros(told.get("Timestamp")))


def _s3(record: Mapping[str, Any], options: Options) -> Record:
    if not _text(record, "eventName").removeprefix("s3:").startswith("ObjectCreated"):
        raise Unfit("an object that was not written (ObjectRemoved and others)")
    stored = _member(_member(record, "s3"), "object")
    if not _text(stored, "key"):
        raise Unfit("an S3 record without a key")
    event = BlobEvent(
        name=unquote_plus(stored["key"]),
        content=stand_in(stored.get("size")),
        modified=iso(record.get("eventTime")) or BlobEvent().modified,
    )
    return Record(function=options.function, event=event, at=micros(record.get("eventTime")))


_SOURCES: Mapping[str, Callable[[Mapping[str, Any], Options], Record]] = {
    "aws:sqs": _sqs,
    "aws:sns": _sns,
    "aws:s3": _s3,
}


def _http_v1(value: Mapping[str, Any], options: Options) -> Record:
    context = _member(value, "requestContext")
    query = _many(value, "multiValueQueryStringParameters", "queryStringParameters")
    if "elb" in context:
        # A load balancer passes the query on as the client wrote it.
        query = tuple((unquote_plus(name), unquote_plus(text)) for name, text in query)
    return Record(
        function=options.function,
        event=HttpEvent(
            method=_text(value, "httpMethod") or "GET",
            path=target_parts(_text(value, "path") or "/")[0],
            query=query,
            headers=client_headers(_many(value, "multiValueHeaders", "headers")),
            body=_body(value),
        ),
        at=micros(context.get("requestTimeEpoch")),
    )


def _http_v2(value: Mapping[str, Any], options: Options) -> Record:
    context = _member(value, "requestContext")
    headers = tuple((name, str(text)) for name, text in _member(value, "headers").items())
    cookies = value.get("cookies")
    if isinstance(cookies, list) and cookies:
        headers = (*headers, ("cookie", "; ".join(map(str, cookies))))
    return Record(
        function=options.function,
        event=HttpEvent(
            method=_text(_member(context, "http"), "method") or "GET",
            path=target_parts(_text(value, "rawPath") or "/")[0],
            query=query_pairs(_text(value, "rawQueryString")),
            headers=client_headers(headers),
            body=_body(value),
        ),
        at=micros(context.get("timeEpoch")),
    )


def _body(value: Mapping[str, Any]) -> bytes:
    text = _text(value, "body")
    if value.get("isBase64Encoded") is not True:
        return utf8(text)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unfit("a body that is no base64 although the event says so") from error


def _many(value: Mapping[str, Any], several: str, single: str) -> Pairs:
    """All values of each name, from the member that has them all if it is there."""
    lists = _member(value, several)
    if lists:
        return tuple((name, str(text)) for name, texts in lists.items() if isinstance(texts, list) for text in texts)
    return tuple((name, str(text)) for name, text in _member(value, single).items() if text is not None)


def _attributes(value: Mapping[str, Any], key: str) -> Pairs:
    return tuple((name, item[key]) for name, item in value.items() if _text(item, key))


def _text(value: object, name: str) -> str:
    text = value.get(name) if isinstance(value, Mapping) else None
    return text if isinstance(text, str) else ""


def _member(value: object, name: str) -> dict[str, Any]:
    member = value.get(name) if isinstance(value, Mapping) else None
    return member if isinstance(member, dict) else {}
