"""What experiments on a line handler are made of (azure-functions.md 8)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import orjson

from fnfuzz.app.model import Function
from fnfuzz.checks.typical import typical_event
from fnfuzz.contracts.model import LineReply
from fnfuzz.drivers import StdioChannel
from fnfuzz.events import Event, HttpEvent
from fnfuzz.host.exchange import Exchange
from fnfuzz.host.session import Host

__all__ = ["answer", "both_times", "fresh_channel", "line_of", "members", "sized_event"]

T = TypeVar("T")


def answer(exchange: Exchange) -> bytes:
    """The line that is the answer, empty without one."""
    reply = exchange.observed.reply
    return reply.lines[reply.answer] if isinstance(reply, LineReply) and reply.answer is not None else b""


def members(line: bytes) -> dict[str, Any]:
    """The members of the object on ``line``, none if it holds no object."""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def fresh_channel(host: Host) -> StdioChannel:
    """The line channel of a new instance, for experiments that go past ``invoke``; stop the instance afterwards."""
    host.fresh()
    return host.lines.channel


def line_of(host: Host, function: Function, event: Event) -> bytes:
    """The request of ``event`` as it goes into stdin, with its line feed."""
    return host.encode(function, event, host.delivery()).to_bytes()


def sized_event(function: Function, mark: str, size: int) -> Event:
    """The typical event with ``mark`` and ``size`` more bytes in its payload."""
    event = typical_event(function, json.dumps({"id": mark, "name": mark, "note": "x" * size}))
    return replace(event, query=(("name", mark), ("id", mark))) if isinstance(event, HttpEvent) else event


def both_times(trial: Callable[[], T | None]) -> T | None:
    """What ``trial`` finds, if it finds something twice: chance and a busy machine decide nothing."""
    return None if trial() is None else trial()
