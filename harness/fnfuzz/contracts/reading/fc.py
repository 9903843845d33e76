"""Invocations of Function Compute read back: event functions and web functions (alibaba-fc.md 3.2, 3.4).

Of a delivery an event request carries id, second (to the millisecond in some bodies), attempt, framing and port; a web
request all of these but the port. A web request does not carry the client's Host, x-fc-* and connection headers; an
X-Forwarded-For that is fnfuzz's own client, put last, is taken for none. ``fc_bodies`` tells what event bodies lack.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from fnfuzz.app.model import Function
from fnfuzz.contracts.azure_patterns import BlobPattern
from fnfuzz.contracts.fc_events import event_body
from fnfuzz.contracts.fc_headers import FcSettings
from fnfuzz.contracts.fc_web import CLIENT_IP
from fnfuzz.contracts.model import Delivery, HttpRequest
from fnfuzz.contracts.reading.fc_bodies import Told, read_shape, topic_stream
from fnfuzz.contracts.reading.fc_headers import delivery_of
from fnfuzz.contracts.reading.wire import target_parts, without
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent

__all__ = ["SHAPES_OF", "read_fc_event", "read_fc_web", "web_event"]

QUEUE_SHAPES = ("mns-topic-json", "mns-queue", "kafka", "rocketmq", "rabbitmq")
SHAPES_OF = {"timer": ("timer",), "blob": ("oss",), "http": ("http",), "queue": QUEUE_SHAPES}
STREAM = "mns-topic-stream"


def read_fc_event(functions: list[Function], request: HttpRequest) -> tuple[Function, Event, Delivery]:
    """The event of POST /invoke, and which of ``functions`` (one in the cloud, with several triggers) it is for.

    A body that none of the triggers sends is a RawEvent: somebody called InvokeFunction.
    """
    found = [(function, told) for function, told in _fits(functions, request.body)]
    function, told = next((item for item in found if _comes_from(*item)), found[0] if found else (None, None))
    if function is None or told is None:
        raw = next((item for item in functions if item.trigger == "raw"), functions[0])
        return raw, RawEvent(body=request.body), delivery_of(request)
    delivery = delivery_of(request, exact_id=told.exact_id, middle=told.middle, now=told.now)
    return function, told.event, delivery


def _fits(functions: Iterable[Function], body: bytes) -> Iterator[tuple[Function, Told]]:
    """The functions whose trigger may have sent ``body``; a stream, which may send anything, comes last."""
    for function in sorted(functions, key=lambda item: item.form == STREAM):
        if function.form == STREAM and function.trigger == "queue":
            yield function, _stream(body)
        elif shape := read_shape(body, SHAPES_OF.get(function.trigger, ())):
            yield function, shape[1]


def _stream(body: bytes) -> Told:
    """The form with attributes only where it gives the same bytes again: a bare message may look like it."""
    told = topic_stream(body)
    if told is not None and isinstance(told.event, QueueEvent):
        function = Function(name="", trigger="queue", contract="fc-event", form=STREAM)
        if event_body(FcSettings(), function, told.event, Delivery()) == body:
            return told
    return Told(event=QueueEvent(message=body))


def _comes_from(function: Function, told: Told) -> bool:
    """Is the function's trigger fed by the bucket, topic, queue or timer that the body names?"""
    if isinstance(told.event, BlobEvent):
        pattern = BlobPattern.of(function.source)
        key = not pattern.names or pattern.regex.fullmatch(told.event.name) is not None
        return function.source.partition("/")[0] == told.origin and key
    return told.origin in (function.trigger_name, function.source)


def read_fc_web(functions: list[Function], request: HttpRequest) -> tuple[Function, Event, Delivery]:
    """The client's request, and which of ``functions`` takes it: by method and route, else the first."""
    event = web_event(request)
    routed = (item for item in functions if _takes(item, event))
    return next(routed, functions[0]), event, replace(delivery_of(request), port=0)


def web_event(request: HttpRequest) -> HttpEvent:
    """The client's request without what the host added."""
    path, query = target_parts(request.target)
    kept = without(request.headers, "host", "connection", "keep-alive")
    kept = tuple(pair for pair in kept if not pair[0].lower().startswith("x-fc-"))
    if kept and kept[-1] == ("X-Forwarded-For", CLIENT_IP):
        kept = kept[:-1]
    return HttpEvent(method=request.method, path=path, query=query, headers=kept, body=request.body)


def _takes(function: Function, event: HttpEvent) -> bool:
    methods = [method.upper() for method in function.methods]
    return (not methods or event.method in methods) and route_of(function).values(event.path) is not None
