"""A plain, legal event for a function: what probes send when the payload does not matter."""

from __future__ import annotations

import re
from collections.abc import Mapping

from fnfuzz.app.model import Function
from fnfuzz.events import BlobEvent, Event, HttpEvent, QueueEvent, RawEvent, TimerEvent

__all__ = ["blob_name", "http_path", "typical_event"]

PARAMETER = re.compile(r"\{\*?(\w+)(?::([^}?]*))?(\?)?\}")
SAMPLES: Mapping[str, str] = {
    "int": "7",
    "long": "7",
    "guid": "5d1b7a52-93f0-4c7e-9d0a-2f6b1c9e8a44",
    "bool": "true",
    "alpha": "mira",
}


def typical_event(function: Function, text: str = '{"id": "7", "name": "mira"}') -> Event:
    """One event that the trigger of ``function`` delivers every day, with ``text`` as its payload."""
    body = text.encode()
    match function.trigger:
        case "http":
            method = function.methods[-1] if function.methods else "POST"
            with_body = method not in ("GET", "HEAD", "OPTIONS", "DELETE")
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


def http_path(function: Function) -> str:
    """The path of a function's route with a plain value for each parameter (azure-functions.md 3.3)."""
    if function.contract == "fc-web":
        return function.route if function.route.startswith("/") and "{" not in function.route else "/"
    prefix = f"/{function.route_prefix.strip('/')}" if function.route_prefix else ""
    route = function.route or function.name

    def value(match: re.Match[str]) -> str:
        kind = (match.group(2) or "").split(":")[0].split("(")[0]
        return SAMPLES.get(kind, "mira")

    return f"{prefix}/{PARAMETER.sub(value, route).strip('/')}"


def blob_name(function: Function, name: str) -> str:
    """``name`` made to match the function's blob path (``uploads/{name}.csv`` takes ``{name}.csv`` inside the
    container).
    """
    _, slash, pattern = function.source.partition("/")
    if not slash or not PARAMETER.search(pattern):
        return pattern or name
    stem, _, suffix = name.rpartition(".")
    values = iter(
        [name] if len(PARAMETER.findall(pattern)) == 1 and "." not in pattern else [stem or name, suffix or "txt"]
    )
    return PARAMETER.sub(lambda match: next(values, "a"), pattern)
