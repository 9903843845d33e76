"""What an exchange looked like, without its payload: an event that shows a new behaviour is worth mutating further."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, TypeAlias

import orjson

from fnfuzz.contracts.model import HttpReply, LineReply
from fnfuzz.host.exchange import Exchange

__all__ = ["Signature", "signature"]

Signature: TypeAlias = tuple[object, ...]

VARIABLE = re.compile(rb"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d+|\"[^\"]*\"|'[^']*'")
SHAPE_LIMIT = 8192


def signature(exchange: Exchange) -> Signature:
    """Function, outcome, statuses, rules broken, shape of the answer, last line of the log without its variable
    parts.
    """
    outcome, reply = exchange.outcome, exchange.observed.reply
    body = reply.body if isinstance(reply, HttpReply) else _answer(reply) if isinstance(reply, LineReply) else b""
    log = exchange.stderr or exchange.stdout
    return (
        exchange.function.name,
        outcome.status,
        reply.status if isinstance(reply, HttpReply) else None,
        outcome.caller.status if outcome.caller else None,
        tuple(sorted(violation.rule for violation in exchange.violations)),
        _shape(body),
        _template(log[-200:]) if log else b"",
    )


def _answer(reply: LineReply) -> bytes:
    return reply.lines[reply.answer] if reply.answer is not None else b""


@lru_cache(maxsize=4096)
def _template(tail: bytes) -> bytes:
    lines = [line for line in tail.split(b"\n") if line.strip()]
    return VARIABLE.sub(b"#", lines[-1])[:120] if lines else b""


@lru_cache(maxsize=4096)
def _shape(body: bytes) -> object:
    if not body:
        return ""
    if len(body) > SHAPE_LIMIT:
        return "large"
    try:
        return _shape_of(orjson.loads(body), 4)
    except orjson.JSONDecodeError:
        return "text"


def _shape_of(value: Any, depth: int) -> object:
    if isinstance(value, dict):
        return (
            tuple(sorted((str(key), _shape_of(item, depth - 1)) for key, item in value.items())[:32])
            if depth
            else "object"
        )
    if isinstance(value, list):
        return ("list", _shape_of(value[0], depth - 1)) if value and depth else "list"
    if isinstance(value, str) and value[:1] in "{[":
        try:
            return ("text", _shape_of(orjson.loads(value), depth - 1)) if depth else "text"
        except orjson.JSONDecodeError:
            return "text"
    return type(value).__name__
