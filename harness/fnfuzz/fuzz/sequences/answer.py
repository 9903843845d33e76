"""What an answer says, apart from what the host put into the request: the thing that oracles compare."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fnfuzz.contracts.model import Delivery, HttpReply, HttpRequest, LineReply, Reply, Request
from fnfuzz.events import Pairs
from fnfuzz.host.exchange import Exchange

__all__ = ["LARGEST", "Answer", "Text", "answer_in", "answer_of", "opened", "own_words", "shallow", "telling_headers"]

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
    return answer_in(exchange.function.contract, observed.reply, own_words(exchange.delivery, exchange.request))


def answer_in(contract: str, reply: Reply | None, words: tuple[tuple[str, str], ...]) -> Answer | None:
    """The answer in a whole ``reply``; None when there is none, or when it is too large to be compared."""
    match reply:
        case HttpReply() if len(reply.body) <= LARGEST:
            body = _body(reply.body)
            if contract == "azure-http" and isinstance(body, dict):
                body = {key: value for key, value in body.items() if key not in SAID_BY_LOGS}
            return Answer(reply.status, telling_headers(reply.headers), body, words)
        case LineReply() if reply.answer is not None and len(reply.lines[reply.answer]) <= LARGEST:
            body = _body(reply.lines[reply.answer])
            status = body.get("status", body.get("statusCode")) if isinstance(body, dict) else None
            return Answer(status if isinstance(status, int) else 0, {}, body, words)
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


def telling_headers(headers: Pairs) -> dict[str, str]:
    """The headers that may say something about the event, by their names in lower case; repeated ones are joined."""
    found: dict[str, str] = {}
    for name, value in headers:
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


def own_words(delivery: Delivery, request: Request | None) -> tuple[tuple[str, str], ...]:
    """What the host put into a request by itself, and names that stand for it; the longest first, so that none is
    replaced inside another one.
    """
    words = {delivery.id: "<id>", delivery.nonce: "<nonce>", delivery.now: "<time>"}
    if isinstance(request, HttpRequest):
        words |= {value: f"<{name.lower()}>" for name, value in request.headers if name.lower() in OWN_HEADERS}
    return tuple((word, words[word]) for word in sorted(words, key=len, reverse=True) if len(word) > 5)


OWN_HEADERS = frozenset(("x-fc-request-id", "x-azure-functions-invocationid", "host", "traceparent", "request-id"))
