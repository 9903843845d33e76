"""A plain, legal event for a function: what probes send when the payload does not matter."""

from __future__ import annotations

import re

from fnfuzz.app.model import Function
from fnfuzz.contracts.route_template import route_of
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent

__all__ = ["blob_name", "http_path", "typical_event"]

PLACEHOLDER = re.compile(r"\{\w+\}")
USUAL_METHODS = ("POST", "PUT", "PATCH", "GET", "DELETE")
BODILESS = ("GET", "HEAD", "OPTIONS", "DELETE")


def typical_event(function: Function, text: str = '{"id": "7", "name": "mira"}') -> Event:
    """One event that the trigger of ``function`` delivers every day, with ``text`` as its payload."""
    body = text.encode()
    match function.trigger:
        case "http":
            method = _usual_method(function.methods)
            with_body = method not in BODILESS
            headers = (("Host", "localhost:7071"), ("User-Agent", "fnfuzz"), ("Accept", "*/*"))
            return HttpEvent(
                method=method,
                path=http_path(function),
                headers=(*headers, ("Content-Type", "application/json")) if with_body else headers,
                body=body if with_body else b"",
            )
        case "queue":
            return QueueEvent(message=body)
        case "blob":
            return BlobEvent(name=blob_name(function, "sample.json"), content=body, content_type="application/json")
        case "timer":
            return TimerEvent()
        case _:
            return RawEvent(body=body)


def _usual_method(methods: tuple[str, ...]) -> str:
    if not methods:
        return "POST"
    return next((method for method in USUAL_METHODS if method in methods), methods[0])


def http_path(function: Function) -> str:
    """The path of a function's route with a plain value for each parameter (azure-functions.md 3.3)."""
    route = route_of(function)
    return "/" if function.contract == "fc-web" and route.parameters else route.plain_path()


def blob_name(function: Function, name: str) -> str:
    """``name`` made to match the function's blob path (``uploads/{name}.csv`` takes ``{name}.csv`` inside the
    container).
    """
    _, slash, pattern = function.source.partition("/")
    if not slash or not PLACEHOLDER.search(pattern):
        return pattern or name
    stem, _, suffix = name.rpartition(".")
    values = iter(
        [name] if len(PLACEHOLDER.findall(pattern)) == 1 and "." not in pattern else [stem or name, suffix or "txt"]
    )
    return PLACEHOLDER.sub(lambda match: next(values, "a"), pattern)
