"""What an answer says, apart from what the host put into the request: the thing that oracles compare."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fnfuzz.contracts.model import HttpReply, HttpRequest, LineReply
from fnfuzz.host.exchange import Exchange

__all__ = ["Answer", "Text", "answer_of", "opened", "shallow"]

LARGEST = 256 * 1024
"""Bytes of an answer that are compared."""

DEEPEST = 60
"""Objects and arrays within each other; what is deeper is compared as text."""

TRANSPORT = frozenset(
    ("connection", "keep-alive", "date", "server", "transfer-encoding", "content-length", "age", "via", "alt-svc")
)
"""Headers that say nothing about the event."""

SAID_BY_LOGS = frozenset(("Logs", "logs"))
"""Members of an Azure answer that are log lines."""


@dataclass(frozen=True, slots=True)
class Text:
    """An answer that is no JSON."""

    text: str


@dataclass(frozen=True, slots=True)
class Answer:
    """``status`` is the handler's own (0 without one), ``headers`` have lower-case names, ``body`` is parsed JSON or a
    Text.

    ``words`` are texts that the host put into this very request, such as ids, and what stands for them.
    """

    status: int
    headers: Mapping[str, str]
    body: Any
    words: tuple[tuple[str, str], ...] = ()


def answer_of(exchange: Exchange) -> Answer | None:
    """The answer of a process that lives on; None when there was none, or when it is too large to be compared."""
    observed = exchange.observed
    if observed.exit is not None or observed.fault is not None:
        return None
    reply = observed.reply
    match reply:
        case HttpReply() if len(reply.body) <= LARGEST:
            headers = _headers(reply)
            body = _body(reply.body)
            if exchange.function.contract == "azure-http" and isinstance(body, dict):
                body = {key: value for key, value in body.items() if key not in SAID_BY_LOGS}
            return Answer(reply.status, headers, body, _own_words(exchange))
        case LineReply() if reply.answer is not None and len(reply.lines[reply.answer]) <= LARGEST:
            body = _body(reply.lines[reply.answer])
            status = body.get("status", body.get("statusCode")) if isinstance(body, dict) else None
            return Answer(status if isinstance(status, int) else 0, {}, body, _own_words(exchange))
    return None


def opened(text: str) -> Any:
    """The object or array that is written in ``text``, else None."""
    if text[:1] not in ("{", "["):
        return None
    try:
        value = orjson.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, (dict, list)) and shallow(value) else None


def shallow(value: Any) -> bool:
    """Can the value be walked through by recursion?"""
    level = [value]
    for _ in range(DEEPEST):
        inner = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, (dict, list)))
        level = [item for items in inner for item in items]
        if not level:
            return True
    return False


def _headers(reply: HttpReply) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in reply.headers:
        lower = name.lower()
        if lower not in TRANSPORT:
            found[lower] = f"{found[lower]}, {value}" if lower in found else value
    return found


def _body(data: bytes) -> Any:
    if not data:
        return Text("")
    with contextlib.suppress(ValueError):
        value = orjson.loads(data)
        if shallow(value):
            return value
    return Text(data.decode("utf-8", "backslashreplace"))


def _own_words(exchange: Exchange) -> tuple[tuple[str, str], ...]:
    """The longest first, so that none is replaced inside another one."""
    delivery, request = exchange.delivery, exchange.request
    words = {delivery.id: "<id>", delivery.nonce: "<nonce>", delivery.now: "<time>"}
    if isinstance(request, HttpRequest):
        words |= {value: f"<{name.lower()}>" for name, value in request.headers if name.lower() in OWN_HEADERS}
    return tuple((word, words[word]) for word in sorted(words, key=len, reverse=True) if len(word) > 5)


OWN_HEADERS = frozenset(("x-fc-request-id", "x-azure-functions-invocationid", "host", "traceparent", "request-id"))
